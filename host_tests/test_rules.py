"""Does the gateway enforce what the house says, and nothing that it does not say?"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig, badges, plan
from tools.gateway import plans, rules
from tools.gateway.acts import Wrong
from tools.gateway.jobs import trials

ADDRESS = "ntfys://x.example/night"
ALL = {"red_not_alone": True, "within_call": {"to": [ADDRESS]}, "closed_s": 300}
STEPS = (badges(0), badges(30, "all", "any"))


@pytest.fixture
def rig(tmp_path):
    names = ("anna", "bo", ("carla", "east"), ("dan", "east"))
    made = Rig(tmp_path / "kald.sqlite", *names, plan=plan(*STEPS, rules=ALL))
    made.run(70)  # who comes first in the morning is not alone while the others come in
    return made


def faults(rig):
    return {(row["name"], row["fault"]) for row in rig.facts() if row["until_ms"] is None} - {("", "step_unreachable")}


def leaves(rig, name="bo", mode=codes.MODE_OFF):
    rig[name].mode = mode
    rig[name].beat()
    rig.run(1)


def red(rig, by="anna"):
    """Return whether a red visit begins at the board."""
    try:
        return rig.act("visit", rig[by].device, colour="red")
    except Wrong as wrong:
        assert wrong.refusal == "red_alone"
        return False


@pytest.mark.parametrize("how", ["home", "charging", "not worn", "silent", "in an alarm"])
def test_no_red_visit_begins_at_the_board_while_nobody_else_is_within_call(rig, how):
    assert red(rig) and rig.act("end", 1)
    if how == "silent":
        rig["bo"].on = False
        rig.run(200)
    elif how == "not worn":
        rig["bo"].beat(codes.FAULT_NOT_WORN)
    elif how == "in an alarm":
        rig["bo"].alarm(codes.KIND_EMERGENCY)
    else:
        leaves(rig, mode={"home": codes.MODE_OFF, "charging": codes.MODE_CHARGING}[how])
    assert not red(rig) and rig.badge("anna")["visit"] is None, "carla and dan are of another group"
    assert rig.act("visit", 1, colour="yellow") and not red(rig), "nor does one become red"
    assert rig.badge("anna")["visit"]["colour"] == "yellow"


def test_a_red_visit_that_the_badge_begins_protects_and_is_shown_and_so_is_one_that_is_left_alone(rig):
    leaves(rig)
    assert rig["anna"].wish(codes.ORDER_VISIT, codes.RED << 14)
    rig.run(1)
    assert rig.badge("anna")["visit"]["colour"] == "red" and ("anna", "red_alone") in faults(rig)
    leaves(rig, mode=codes.MODE_READY)
    assert not faults(rig)
    leaves(rig)
    assert ("anna", "red_alone") in faults(rig)
    rig.act("end", 1)
    rig.run(1)
    assert faults(rig) == {("anna", "nobody_within_call")}


def test_nobody_within_call_is_told_once_each_time_and_its_address_is_tried_each_week(rig):
    assert [one.target for one in trials.of(rig.radio._house.plan).values()] == [json.dumps(ADDRESS)]
    assert rig.do_jobs() == [] and not faults(rig)
    leaves(rig)
    assert faults(rig) == {("anna", "nobody_within_call")}
    (channel, target, text), = rig.do_jobs()
    assert (channel, json.loads(target)) == ("notify", ADDRESS) and "brik 1" in text and "anna" not in text
    rig.run(3600)
    rig.restart(5)
    rig.run(70)
    assert rig.do_jobs() == [] and not rig.radio._house.notification_jobs.rows, "told, and no longer in memory"
    leaves(rig, mode=codes.MODE_READY)
    assert not faults(rig)
    leaves(rig)
    for wait_s in (0, 5, 15, 30):  # in vain, and again
        rig.run(wait_s)
        assert len(rig.do_jobs("no answer")) == 1
    rig.run(600)
    assert rig.do_jobs() == []


def test_arrived_and_not_closed_goes_on_with_the_plan_until_a_person_closes(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig["bo"].answer(rig["anna"])
    rig.run(5)
    rig.act("arrived", 1, by="bo")
    rig.run(299)
    assert not rig["carla"].got(frame.CALL)
    rig.run(1)
    assert rig["carla"].got(frame.CALL) and "not_closed" in rig.steps() and "not_arrived" not in rig.steps()
    assert rig.alarm()["step"] == codes.STEP_TAKEN and codes.STEP_UNANSWERED not in rig["anna"].steps()
    calls = len(rig["carla"].got(frame.CALL))
    rig.run(600)
    assert len(rig["carla"].got(frame.CALL)) > calls, "round after round"
    rig.act("close", 1)
    calls = len(rig["carla"].got(frame.CALL))
    rig.run(900)
    assert len(rig["carla"].got(frame.CALL)) == calls


def test_who_is_there_and_leaves_again_leaves_the_others_no_more_time_than_to_arrive(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    for who in ("bo", "carla"):
        rig.act("take", 1, by=who)
    rig.act("arrived", 1, by="bo")
    rig.act("withdraw", 1, by="bo")
    assert rig.alarm()["due_ms"] == rig.now_ms + plans.ARRIVE_S * 1000


def test_a_practised_alarm_to_which_somebody_has_come_is_closed_by_itself(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED | codes.WHAT_PRACTICE)
    rig.run(6)
    rig.act("arrived", 1, by="bo")
    rig.run(10)
    assert rig.alarm()["step"] == codes.STEP_CLOSED


def test_without_a_word_nothing_is_enforced_and_what_is_taken_back_is_over(rig):
    leaves(rig)
    assert faults(rig)
    rig.plan(plan(*STEPS))
    rig.run(2)
    assert not faults(rig) and red(rig)
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.act("arrived", 1, by="bo")
    calls = rig["carla"].got(frame.CALL)
    rig.run(3600)
    assert not faults(rig) and rig["carla"].got(frame.CALL) == calls


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.recursive(st.none() | st.booleans() | st.integers(-9, 9000) | st.text(max_size=6) | st.just(ADDRESS),
                    lambda inner: st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from([*ALL, "to", "x"]), inner, max_size=3), max_leaves=8))
def test_any_rules_are_refused_in_words_or_are_such_as_can_be_enforced(value):
    try:
        found = plans.check({**plans.DEFAULT, "rules": value})["rules"]
    except plans.Wrong as wrong:
        assert str(wrong)
        return
    assert isinstance(found, dict) and isinstance(found.get("red_not_alone", False), bool)
    assert 60 <= found.get("closed_s", 60) <= 7200
    assert all("://" in address for address in found.get("within_call", {"to": []})["to"])
    assert set(found) <= set(ALL) and rules.STEP < -1
