"""Does the plan go on, to the second, until somebody comes; and is any plan that is not right refused in words?"""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig, badges, on_file, plan
from tools.cli import plan as plan_command
from tools.gateway import house_events, plans
from tools.gateway.columns import readable
from tools.gateway.store import open_store

NOTIFY = {"do": "notify", "after_s": 30, "to": ["json://127.0.0.1:1/"]}
SIREN = {"do": "siren", "after_s": 60, "topic": "kald/siren"}
WHOLE = plan(badges(0), badges(30, "all", "any"), NOTIFY, SIREN)


rig = on_file("anna", "bo", ("carla", "east"), plan=WHOLE)


def flipped(text):
    """Yield the text as it is read after each of its bits has flipped on the disk."""
    data = text.encode()
    for at in range(8 * len(data)):
        yield readable(data[: at // 8] + bytes((data[at // 8] ^ 1 << at % 8,)) + data[at // 8 + 1 :])


def test_whatever_bit_flips_in_a_plan_each_alarm_has_steps_that_can_be_done():
    for text in flipped(json.dumps({**plans.DEFAULT, "checklist": []})):
        house = plans.kept(text)
        for kind in codes.KIND_ASSIST, codes.KIND_EMERGENCY, None:
            part = plans.choose(house, "house", 1, kind, codes.RED)
            assert plans.begun(json.dumps(part)) == part and house["check_in_s"]["red"] + house["again_s"] > 0
    text = json.dumps(plans.choose(WHOLE, "house", 1, codes.KIND_FALL, codes.NO_VISIT))
    assert plans.begun(text) and all((plans.begun(one) or {"steps": [1]})["steps"] for one in flipped(text))


@pytest.mark.parametrize("was, now", [('"badges"', '"bqdges"'), ('"steps"', '"stexs"'), ("{", "["), ("30", "3p")])
def test_an_alarm_whose_own_plan_a_flipped_bit_has_spoilt_goes_on_by_the_house_s(rig, was, now):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    with rig.store.engine.begin() as db:
        assert db.exec_driver_sql("UPDATE alarms SET plan = replace(plan, ?, ?)", (was, now)).rowcount == 1
    rig.run(65)
    assert done(rig)[2] == 60 and rig["carla"].got(frame.CALL)
    rig.act("take", 1)
    rig.act("arrived", 1)
    assert rig.alarm()["step"] == codes.STEP_TAKEN


def done(rig):
    """Return {what the plan did: seconds after the alarm}, first time each."""
    alarm = rig.alarm()
    with rig.store.engine.connect() as db:
        from sqlalchemy import select

        from tools.gateway.tables import NOTIFICATION_JOBS

        jobs = select(NOTIFICATION_JOBS).where(NOTIFICATION_JOBS.c.alarm == alarm["id"])
        rows = db.execute(jobs.order_by(NOTIFICATION_JOBS.c.id)).all()
    first = {}
    for row in rows:
        first.setdefault(row.plan_step, (row.made_ms - alarm["received_ms"]) // 1000)
    return first


def test_nobody_answers_and_every_step_comes_in_its_second(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    assert rig["bo"].got(frame.CALL) and not rig["carla"].got(frame.CALL)
    rig.run(29)
    assert rig["anna"].steps() == [] and not rig["carla"].got(frame.CALL)
    rig.run(1)
    assert rig["anna"].steps() == [codes.STEP_UNANSWERED] and rig["carla"].got(frame.CALL)
    rig.run(29)
    assert rig.do_jobs() == []
    rig.run(1)
    (does, target, text), = rig.do_jobs()
    assert does == "notify" and [json.loads(target)] == NOTIFY["to"] and "anna" not in text and "brik 1" in text
    rig.run(60)
    (does, target, text), = rig.do_jobs()
    assert does == "siren" and json.loads(text) == {"on": True, "alarm": 1, "kind": "emergency", "badge": 1}
    assert done(rig) == {0: 0, 1: 30, 2: 60, 3: 120}
    rig.run(119)
    calls = len(rig["bo"].got(frame.CALL))
    rig.run(1)
    assert len(rig["bo"].got(frame.CALL)) == calls + 1, "the plan begins again 120 s after its last step"
    rig.act("close", 1)
    (does, target, text), = rig.do_jobs()
    assert does == "siren" and json.loads(text) == {"on": False, "alarm": 1}


@pytest.mark.parametrize("died_s, down_s", [(10, 5), (45, 10), (59, 0), (25, 4), (100, 19)])
def test_a_restart_in_the_middle_of_a_step_moves_no_deadline(rig, died_s, down_s):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(died_s)
    rig.do_jobs()
    rig.restart(down_s)
    for _ in range(150 - died_s - down_s):
        rig.run(1)
        rig.do_jobs()
    assert done(rig) == {0: 0, 1: 30, 2: 60, 3: 120}
    assert rig.alarm()["step"] == codes.STEP_UNANSWERED and len(rig.store.alarms()) == 1


def test_what_was_due_while_the_gateway_was_down_is_done_at_once(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(10)
    rig["anna"].refreshing = None
    rig.restart(400)
    rig.run(1)
    assert rig["anna"].steps()[-1] == codes.STEP_UNANSWERED
    assert [does for does, _, _ in rig.do_jobs()] == ["notify", "siren"]


def test_an_alarm_of_a_gateway_just_begun_calls_those_it_knew(rig):
    rig.restart(3000)
    rig["anna"].alarm(codes.KIND_FALL)
    assert rig["bo"].got(frame.CALL) == [(1, 50, codes.KIND_FALL)]


def test_taken_and_nobody_arrives_is_the_next_step(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig["bo"].answer(rig["anna"])
    rig.run(179)
    assert not rig["carla"].got(frame.CALL) and rig.alarm()["step"] == codes.STEP_TAKEN
    rig.run(1)
    assert rig["carla"].got(frame.CALL) and rig.alarm()["step"] == codes.STEP_TAKEN
    assert "not_arrived" in rig.steps() and codes.STEP_UNANSWERED not in rig["anna"].steps()
    rig.run(180)
    assert [does for does, _, _ in rig.do_jobs()] == ["notify"]
    assert rig.act("arrived", 1, by="bo") and rig.alarm()["coming"] == [{"who": "bo", "arrived": True}]
    rig.run(3600)
    assert rig.do_jobs() == [] and rig.alarm()["step"] == codes.STEP_TAKEN


def test_a_withdrawal_lets_the_plan_go_on_at_once(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig["bo"].answer(rig["anna"])
    rig.run(5)
    rig.act("withdraw", 1, by="bo")
    rig.run(1)
    assert rig["anna"].steps()[-1] == codes.STEP_UNANSWERED and rig["carla"].got(frame.CALL)
    assert len(rig["bo"].got(frame.CALL)) == 2, "who withdrew may change his mind"


def test_a_badge_silent_in_its_alarm_is_lost_and_the_plan_goes_on(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig["bo"].answer(rig["anna"])
    rig.act("arrived", 1, by="bo")
    rig["anna"].on = False
    rig.run(60)
    assert rig.alarm()["lost_ms"] and "lost" in rig.steps() and rig["carla"].got(frame.CALL)
    rig.run(86400 // 10)
    assert rig.alarm()["step"] != codes.STEP_CLOSED and rig.steps().count("lost") == 1
    rig["anna"].on = True
    rig["anna"].beat()
    assert rig.alarm()["lost_ms"] is None and rig.steps()[-1] == "found"


def test_a_gateway_that_was_down_does_not_call_its_own_silence_a_lost_badge(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.restart(300)
    rig.run(40)
    assert "lost" not in rig.steps() and rig.alarm()["lost_ms"] is None


def test_a_step_that_is_done_in_rounds_tells_when_it_was_done_and_when_it_comes_again(rig):
    rig["anna"].alarm(codes.KIND_FALL)
    rounds = set()
    for _ in range(60):
        rig.run(10)
        rig.do_jobs()
        for step in rig.alarm()["plan"]:
            assert step["state"] != "done" or step["at_ms"] <= rig.now_ms, "nothing is done at a time to come"
            if step["state"] == "done" and step["again_ms"]:
                assert step["again_ms"] >= rig.now_ms
                rounds.add(step["at_ms"])
    assert len(rounds) > 1


def test_a_step_that_reaches_nobody_is_followed_at_once(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=WHOLE)
    rig["anna"].alarm(codes.KIND_FALL)
    assert [does for does, _, _ in rig.do_jobs()] == ["notify"]
    assert [step["state"] for step in rig.alarm()["plan"]] == ["nobody", "nobody", "done", "next"]


def test_a_notification_that_fails_is_tried_again_and_then_passed_over(rig):
    rig["anna"].alarm(codes.KIND_FALL)
    tries, siren_s = 0, None
    for second in range(1, 180):
        rig.run(1)
        for does, _, _ in rig.do_jobs(why="it is gone"):
            tries += does == "notify"
            siren_s = second if does == "siren" and siren_s is None else siren_s
    assert tries == 4 and siren_s == 60 + 5 + 15 + 30 + 1, "the siren waits no longer than the tries"
    assert rig.alarm()["plan"][2]["state"] == "failed"


def test_a_notification_that_fails_late_hurries_nothing(rig):
    rig.plan(plan({**NOTIFY, "after_s": 0}, {**SIREN, "after_s": 20}, badges(120, "all", "any"), badges(60)))
    rig["anna"].alarm(codes.KIND_FALL)
    for _ in range(139):
        rig.run(1)
        for row in rig.radio.waiting_jobs(rig.now_ms):
            rig.radio.job_done(row.id, "it is gone" if row.channel == "notify" else "", rig.now_ms)
    assert rig.alarm()["plan"][0]["state"] == "failed" and not rig["carla"].got(frame.CALL)
    rig.run(1)
    assert rig["carla"].got(frame.CALL) and done(rig) == {0: 0, 1: 20, 2: 140}


def test_a_plan_that_is_edited_leaves_open_alarms_alone(rig):
    rig["anna"].alarm(codes.KIND_FALL)
    rig.plan(plan(badges(0)))
    rig.run(60)
    assert [does for does, _, _ in rig.do_jobs()] == ["notify"]


def test_group_badge_kind_and_colour_choose_the_plan():
    steps = [badges(0)]
    part = [{"name": name, "steps": steps, **rule} for name, rule in {
        "east": {"groups": ["east"]}, "three": {"badges": [3]}, "red": {"colours": ["red"], "kinds": ["check_in"]},
        "rest": {"agreement": "ring 112"}}.items()]
    whole = plans.check({**plans.DEFAULT, "plans": part})
    for expected, given_ in (
        ("east", ("east", 3, codes.KIND_FALL, 0)), ("three", ("house", 3, codes.KIND_FALL, 3)),
        ("red", ("house", 4, codes.KIND_CHECK_IN, codes.RED)), ("rest", ("house", 4, codes.KIND_FALL, codes.RED)),
    ):
        assert plans.choose(whole, *given_)["name"] == expected


def test_agreements_and_states_are_shown_and_addresses_are_not(rig):
    shown = copy.deepcopy(WHOLE)
    shown["plans"][0]["agreement"] = "Ring 112 <b>first</b>"
    rig.plan(shown)
    rig["anna"].alarm(codes.KIND_FALL)
    rig.run(70)
    text = json.dumps(rig.store.alarms())
    assert rig.alarm()["agreement"] == "Ring 112 <b>first</b>" and "127.0.0.1" not in text and "json:" not in text


def paths(value, path=()):
    """Return the paths of all values inside a plan."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [one for key, each in inside for one in paths(each, (*path, key))]


def changed(path, value):
    """Return the default plan with another value at `path`."""
    made = copy.deepcopy(plans.DEFAULT)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


def test_the_default_is_right_and_nonsense_anywhere_in_it_is_refused():
    assert plans.check(copy.deepcopy(plans.DEFAULT))
    everywhere = paths(plans.DEFAULT)
    assert len(everywhere) > 40
    for path in everywhere:
        for value in (None, True, -1, 1.5, 10**9, "\x1b[2J", "\ud800", [None], {"x": 1}, {}):
            with pytest.raises(plans.Wrong) as wrong:
                plans.check(changed(path, value))
            said = [wrong.value.said(lang) for lang in ("da", "en")]
            assert said[0] != said[1] == str(wrong.value) and "".join(said).isprintable() and max(map(len, said)) < 250


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner:
                    st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(plans.DEFAULT)), inner)))
def test_any_json_is_refused_in_words(value):
    with pytest.raises(plans.Wrong):
        plans.read(json.dumps(value))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 10_000, '{"a": NaN}', "null", "\x00", None])
def test_any_text_is_refused_in_words(text):
    twice = json.dumps(plans.DEFAULT).replace('"after_s"', '"after_s": 5, "after_s"', 1)  # right but for that
    with pytest.raises(plans.Wrong):
        plans.read(twice if text is None else text)


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "cp1252 to"])
def test_a_plan_comes_in_by_command_as_an_editor_has_written_it_and_the_house_knows_that(tmp_path, form, monkeypatch):
    given, (form, *shown) = {**WHOLE, "checklist": ["Gå → hjem"]}, form.split()
    written = json.dumps(given, indent=2, ensure_ascii=bool(shown)).replace("\n", "\r\n")
    (tmp_path / "plan.json").write_text(written, encoding=form)
    assert plan_command.main(["set", str(tmp_path / "plan.json"), "--data", str(tmp_path)]) == 0
    if shown:  # what it shows into a file, in the letters of Windows, is set again
        with (tmp_path / "plan.json").open("w", encoding=form, errors="replace") as out, monkeypatch.context() as here:
            here.setattr("sys.stdout", out)
            assert plan_command.main(["show", "--data", str(tmp_path)]) == 0
        assert plan_command.main(["set", str(tmp_path / "plan.json"), "--data", str(tmp_path)]) == 0
    with open_store(tmp_path / "kald.sqlite").engine.connect() as db:
        assert [plans.house(db)[key] for key in ("plans", "checklist")] == [given["plans"], given["checklist"]]
        assert {line.who for line in house_events.latest(db, ["plan"], 9)} == {"command line"}


def test_who_changes_the_plan_that_a_house_begins_with_changes_no_other_house(tmp_path):
    with open_store(tmp_path / "kald.sqlite").engine.connect() as db:
        plans.house(db)["check_in_s"]["red"] = 1
        assert plans.house(db)["check_in_s"]["red"] != 1


@pytest.mark.parametrize(("house", "step", "said"), [
    ({}, {}, "Kald: OVERFALDSALARM, brik 1, alarm 1. Se tavlen."),
    ({"lang": "en"}, {}, "Kald: EMERGENCY, badge 1, alarm 1. See the board."),
    ({"lang": "en", "address": "https://kald.example/"}, {"lang": "da"},
     "Kald: OVERFALDSALARM, brik 1, alarm 1. Se tavlen: https://kald.example/?alarm=1"),
    ({"address": "https://kald.example:8443/north"}, {"lang": "en"},
     "Kald: EMERGENCY, badge 1, alarm 1. See the board: https://kald.example:8443/north/?alarm=1&lang=en"),
])
def test_a_message_speaks_the_steps_or_the_houses_language_and_leads_to_its_alarm(tmp_path, house, step, said):
    hook = {"do": "webhook", "after_s": 0, "url": "https://hook.example/x", **step}
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan({**NOTIFY, "after_s": 0, **step}, hook, **house))
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(1)
    found = {does: text for does, _, text in rig.do_jobs()}
    assert found["notify"] == said
    told = json.loads(found["webhook"])
    assert told["text"] == said and told.get("url") == (said.split(": ")[2] if "address" in house else None)


@pytest.mark.parametrize("wrong", [
    {"address": "kald.example"}, {"address": "javascript:alert(1)"}, {"address": "https://"}, {"address": 7},
    {"address": "https://kald.example/?x=1"}, {"address": "https://kald.example/#x"},
    {"address": "https://" + "x" * 200},
    {"address": "https://kald.example/\x1b"}, {"lang": "fr"}, {"lang": ["da"]}, {"lang": None},
])
def test_an_address_or_a_language_that_is_none_is_refused(wrong):
    with pytest.raises(plans.Wrong):
        plans.check(plan(NOTIFY, **wrong))


@pytest.mark.parametrize("team, named", [("nat", "Nat"), ("Årø Ø", "a\u030arø  ø"), ("house", "Huset"), ("Dag", "dag")])
def test_a_plan_means_the_group_that_it_names_however_that_is_written(tmp_path, team, named):
    mine = {"name": "mine", "groups": [named], "steps": [badges(0, named)]}
    rest = {"name": "rest", "steps": [badges(0, "kitchen")]}
    rig = Rig(tmp_path / "kald.sqlite", ("anna", "kitchen"), ("bo", team), ("carla", team), ("eva", "kitchen"),
              plan={**plans.DEFAULT, "plans": [mine, rest]})
    for caller, called in (("bo", "carla"), ("anna", "eva")):
        rig[caller].alarm(codes.KIND_EMERGENCY)
        rig.run(1)
        assert [name for name, one in rig.fakes.items() if one.got(frame.CALL)] == [called]
        rig[called].heard.clear()
        rig.act("close", rig.alarm()["id"])


@pytest.mark.parametrize("step", ["own", "All"])
def test_a_group_that_an_older_version_let_be_called_all_is_not_everybody(tmp_path, step):
    rig = Rig(tmp_path / "kald.sqlite", ("anna", "kitchen"), ("bo", "All"), ("carla", "All"),
              plan=plan(badges(0, step)))
    rig["bo"].alarm(codes.KIND_EMERGENCY)
    rig.run(1)
    assert [name for name, one in rig.fakes.items() if one.got(frame.CALL)] == ["carla"]
