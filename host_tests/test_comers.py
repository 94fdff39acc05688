"""Who comes, to what, and who does not? What a colleague has said counts for what she was asked, and no more."""

import itertools
import random

import pytest
from gateway_rig import Rig as Gateway
from gateway_rig import badges, plan
from test_gateway import House
from tools.sim.rig import Rig, mash, seen

from firmware.alarm.calls import Calls
from firmware.codes import (
    CALLING, FAULT_QUEUE_LOST, FELL, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_FALL, MODE_LIFEBOAT, MODE_READY,
    ORDER_TEST, RECEIVED, RELIEVED, SAFE, STEP_RECEIVED, STEP_TAKEN, STEP_UNANSWERED, TAKEN, TILTED, UNANSWERED, WARNED,
    WHAT_PRACTICE,
)
from firmware.feedback import patterns as feel
from firmware.limits import CALL_FORGOTTEN_MS, CALL_SLOTS
from firmware.link import downlink, frame
from tools.gateway import acts

ASSIST = ((100, 1), (150, 0), (100, 1))
HOLD = ((900, 1),)


def hands(house, who, *gesture):
    for span, level in gesture:
        house.pressed[who] = level
        house.run(span)
    house.pressed[who] = 0
    house.run(1500)


def answers(rig):
    return [frame.get30(b, 9) for type, b in rig.heard if type == frame.ANSWER]


@pytest.fixture
def air(tmp_path):
    return Gateway(tmp_path / "kald.sqlite", "anna", "bo", "carla", plan=plan(badges(0), badges(60)))


# Somebody who comes to an assist, and then it is an emergency


def test_who_is_on_the_way_still_comes_when_the_same_is_pressed_again(tmp_path):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    hands(house, 0, *HOLD)
    hands(house, 1, (100, 1))
    assert house.state(0) == TAKEN
    hands(house, 0, *HOLD)
    assert house.state(0) == TAKEN and house.felt(0)[-1] == feel.TAKEN
    assert house.felt(1) == [feel.CALLED_EMERGENCY, feel.ANSWERED]
    house.run(40_000)
    assert house.state(0) == TAKEN and house.store.alarms()[0]["step"] == STEP_TAKEN


def test_who_has_arrived_is_called_again_and_can_answer_again(air):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY)
    bo.answer(anna)
    air.act("arrived", 1, "bo")
    anna.alarm(KIND_EMERGENCY, revision=1)
    assert air.alarm()["step"] == STEP_RECEIVED and len(bo.got(frame.CALL)) == 2
    bo.answer(anna)
    assert anna.steps()[-1] == STEP_TAKEN


@pytest.mark.parametrize("says", ["badge", "board"])
def test_who_is_on_the_way_is_not_called_by_the_steps_that_follow(air, says):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY)
    air.run(1)
    assert bo.answer(anna) if says == "badge" else air.act("take", 1, "bo")
    air.run(400)
    assert len(bo.got(frame.CALL)) == 1 < len(air["carla"].got(frame.CALL))


def test_others_are_called_on_although_somebody_was_on_the_way_before_it_was_pressed_again(air):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY)
    bo.answer(anna)
    anna.alarm(KIND_EMERGENCY, revision=1)
    assert len(air["carla"].got(frame.CALL)) == 2 and len(bo.got(frame.CALL)) == 1
    assert air.alarm()["taken_by"] == "bo" and anna.steps() == [STEP_TAKEN, STEP_TAKEN]
    assert "not_arrived" not in air.steps()
    air.run(181)
    assert "not_arrived" in air.steps()


@pytest.mark.parametrize("by", ["heartbeat", "alarm"])
@pytest.mark.parametrize("state, again", [
    (RECEIVED, True), (UNANSWERED, True), (TAKEN, False), (CALLING, "alarm"), (SAFE, False)])  # 0 in older frames
def test_who_has_lost_in_a_power_cut_that_somebody_comes_is_told_once_more(air, by, state, again):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY)
    bo.answer(anna)
    anna.state = state if by == "heartbeat" else SAFE

    def says():
        anna.beat() if by == "heartbeat" else anna.alarm(KIND_EMERGENCY, passed=state, refresh=False)

    says()  # which may have been under way before she was told
    assert anna.steps() == [STEP_TAKEN]
    air.run(3)
    says()
    assert anna.steps() == [STEP_TAKEN] * (1 + (again in (True, by)))
    says()
    assert len(anna.steps()) <= 2, "it is under way"


def test_who_has_lost_in_a_power_cut_that_nobody_comes_after_all_is_told_once_more(air):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY)
    bo.answer(anna)
    air.act("withdraw", 1, "bo")
    assert anna.steps() == [STEP_TAKEN, STEP_UNANSWERED]
    air.run(3)
    anna.alarm(KIND_EMERGENCY, passed=UNANSWERED)
    assert anna.steps() == [STEP_TAKEN, STEP_UNANSWERED]
    anna.alarm(KIND_EMERGENCY, passed=TAKEN)
    assert anna.steps() == [STEP_TAKEN, STEP_UNANSWERED, STEP_UNANSWERED]


@pytest.mark.parametrize("closed, mode, state, told", [
    (True, MODE_READY, SAFE, False), (True, MODE_READY, RECEIVED, True), (True, MODE_LIFEBOAT, SAFE, True),
    (False, MODE_READY, SAFE, True)])
def test_who_is_in_no_alarm_any_more_is_told_of_its_end_no_more(air, closed, mode, state, told):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_EMERGENCY, refresh=False)
    anna.deaf = True  # it has heard so, or started anew, and nobody has heard it say so
    assert air.act("close", 1) if closed else bo.answer(anna)
    anna.mode, anna.state = mode, state  # a lifeboat says always that it is in none
    anna.beat()
    with air.radio.moment(air.now_ms) as at:
        assert [row.type for row in at.downlinks.by("waits", anna.device)].count(frame.STEP) == told


def test_each_frame_of_an_alarm_says_what_its_wearer_knows_by_then():
    rig = Rig()
    rig.press(900, 100)
    said = [rig.knew()[0]]
    for step in (0, STEP_TAKEN, STEP_UNANSWERED):
        rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, step, 0))
        rig.run(21_000)
        said.append(rig.knew()[-1])
    assert said == [CALLING, RECEIVED, TAKEN, UNANSWERED]


@pytest.mark.parametrize("acked", [True, False])
def test_a_graver_call_is_felt_and_asks_for_another_answer(acked):
    rig = Rig()
    rig.walk(2)
    rig.acking = acked
    rig.hand(rig.down(downlink.call, 9, 500, KIND_ASSIST))
    rig.press(100, 1500)
    said = len(answers(rig))
    assert said >= 1
    rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
    assert rig.felt()[-1] == feel.CALLED_EMERGENCY
    rig.acking = True
    rig.run(1500)
    assert len(answers(rig)) == said, "what was said of the assist is told of the emergency"
    rig.press(100, 1500)
    assert len(answers(rig)) == said + 1 and rig.felt()[-1] == feel.ANSWERED


def test_a_call_by_a_gateway_that_had_the_answer_is_a_new_call_and_a_late_copy_is_none():
    rig = Rig()
    rig.walk(2)
    copy = rig.down(downlink.call, 9, 500, KIND_FALL)
    rig.hand(rig.down(downlink.call, 9, 500, KIND_FALL))
    rig.press(100, 1500)
    assert len(answers(rig)) == 1
    felt = len(rig.felt())
    rig.hand(copy)
    rig.run(5000)
    assert len(rig.felt()) == felt
    rig.hand(rig.down(downlink.call, 9, 500, KIND_FALL))
    assert rig.felt()[-1] == feel.CALLED_FALL and len(rig.felt()) == felt + 1
    rig.press(100, 1500)
    assert len(answers(rig)) == 2


def test_an_answer_is_the_word_that_a_call_was_felt(air):
    anna, bo = air["anna"], air["bo"]
    bo.deaf = True
    anna.alarm(KIND_EMERGENCY)
    bo.answer(anna)
    bo.deaf = False
    air.run(30)
    assert bo.got(frame.CALL) == []


SAID = ((downlink.call, KIND_ASSIST), (downlink.stand_down,), (downlink.call, KIND_FALL), (downlink.stand_down,))


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("seat", [0, 2])
def test_the_newest_word_of_a_call_wins_in_whatever_order_they_come(count, seat):
    for order in itertools.permutations(range(count)):
        rig = Rig()
        rig.walk(1)
        for n in range(seat):
            rig.hand(rig.down(downlink.call, 12, n, KIND_ASSIST))
        sent = [rig.down(SAID[n][0], 9, 500, *SAID[n][1:]) for n in range(count)]
        for n in order:
            rig.hand(sent[n])
            rig.run(20)
        slot = rig.badge.calls.find(9, 500)
        assert (slot >= 0) == (SAID[count - 1][0] is downlink.call), order
        assert slot < 0 or rig.badge.calls.kind[slot] == SAID[count - 1][1]
        assert all(rig.badge.calls.find(12, n) >= 0 for n in range(seat))


def test_a_full_table_of_calls_still_takes_and_ends_them():
    rig = Rig()
    rig.walk(1)
    for n in range(6):
        rig.hand(rig.down(downlink.call, 12, n, KIND_ASSIST))
    rig.hand(rig.down(downlink.call, 13, 1, KIND_EMERGENCY))
    assert rig.badge.calls.find(13, 1) >= 0
    rig.hand(rig.down(downlink.stand_down, 13, 1))
    assert rig.badge.calls.find(13, 1) < 0 and rig.felt()[-1] == feel.STOOD_DOWN
    rig.hand(rig.down(downlink.call, 13, 1, KIND_EMERGENCY))
    assert rig.badge.calls.find(13, 1) >= 0


@pytest.mark.parametrize("seed", range(3))
def test_who_is_called_to_more_than_a_badge_holds_knows_all_that_is_open_once_it_holds_that(tmp_path, seed):
    draw, calls = random.Random(seed), Calls()
    air = Gateway(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0), again_s=900))
    bo, open_ones = air["bo"], []
    hand = bo.hand

    def heard(data):
        before = len(bo.heard)
        hand(data)
        for type, fields in bo.heard[before:]:
            if type == frame.CALL:
                calls.called(*fields, air.now)
            elif type == frame.STAND_DOWN:
                calls.stand_down(*fields)

    bo.hand = heard
    for number in range(1, 13):
        air["anna"].alarm(draw.choice((KIND_ASSIST, KIND_FALL, KIND_EMERGENCY)), alarm_id=number, refresh=False)
        open_ones.append(number)
        bo.deaf = draw.random() < 0.3
        for _ in range(draw.randrange(3) if number < 12 else len(open_ones) - CALL_SLOTS):
            if len(open_ones) > CALL_SLOTS:
                air.act("close", open_ones.pop(draw.randrange(len(open_ones))))
        air.run(2)
    bo.deaf = False
    air.run(70)
    assert len(open_ones) == CALL_SLOTS and all(calls.find(1, number) >= 0 for number in open_ones)
    before = len(bo.got(frame.CALL))
    air.act("close", open_ones.pop())
    air.run(20)
    assert len(bo.got(frame.CALL)) == before, "it holds the others"


# Somebody who needs help herself


@pytest.mark.parametrize("state", [CALLING, RECEIVED, UNANSWERED, TAKEN])
def test_a_badge_in_an_open_alarm_answers_nobody_and_feels_the_call_when_that_is_over(state):
    rig = Rig()
    rig.walk(2)
    rig.acking = state != CALLING
    mash(rig)
    rig.run(2000)
    if state > RECEIVED:
        step = STEP_TAKEN if state == TAKEN else STEP_UNANSWERED
        rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, step, 9))
    assert rig.badge.alarm.state == state
    rig.walk(2)
    rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
    rig.press(100, 4500)
    assert not answers(rig) and not rig.waits(frame.ANSWER) and feel.CALLED_EMERGENCY not in rig.felt()
    rig.acking = True
    rig.run(3000)
    rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, 4, 0))
    assert rig.badge.alarm.state == SAFE
    rig.walk(6)
    assert rig.felt()[-1] == feel.CALLED_EMERGENCY
    rig.press(100, 1500)
    assert answers(rig) == [500]


WAITS, LATER = (9, 500), (12, 700)  # who calls as a press begins, and who may then


def called(rig, call, kind):
    rig.hand(rig.down(downlink.call, *call, kind))


@pytest.mark.parametrize("heard", [False, True])
def test_an_answer_that_no_gateway_has_when_its_call_is_forgotten_is_given_up_and_counted_as_lost(heard):
    rig = Rig()
    rig.walk(3)
    called(rig, WAITS, KIND_EMERGENCY)
    rig.run(CALL_FORGOTTEN_MS - 20_000, step=100)  # who answers late is not forgotten soon after
    rig.walk(8)
    rig.linked = heard  # a radio that the law keeps silent does not even try
    rig.press(100, 1000)
    rig.run(CALL_FORGOTTEN_MS - 10_000, step=100)
    assert rig.badge.calls.find(*WAITS) >= 0 and rig.waits(frame.ANSWER) != heard
    rig.run(10_000, step=100)
    assert rig.badge.calls.find(*WAITS) < 0 and not rig.waits(frame.ANSWER)
    assert rig.badge.faults & FAULT_QUEUE_LOST == (0 if heard else FAULT_QUEUE_LOST)
    rig.linked = True
    rig.run(2000)
    assert answers(rig) == ([500] if heard else [])


def asked_by_the_test(rig):
    rig.order(ORDER_TEST)
    rig.badge.self_tested(True, rig.now)


ASKED_MEANWHILE = {  # what comes during a press or soon after; what the press answers all the same, and the next one
    "another call": (lambda rig: called(rig, LATER, KIND_EMERGENCY), [500], [700]),
    "a quieter call": (lambda rig: called(rig, LATER, KIND_CHECK_IN), [500], [700]),
    "a graver call of the same alarm": (lambda rig: called(rig, WAITS, KIND_EMERGENCY), [], [500]),
    "the end of that alarm": (lambda rig: rig.hand(rig.down(downlink.stand_down, *WAITS)), [], []),
    "a question of her own": (lambda rig: seen(rig, FELL), [], []),
    "the shift's test": (asked_by_the_test, [500], []),
}


@pytest.mark.parametrize("after_ms", [40, 110, 700])
@pytest.mark.parametrize("name", ASKED_MEANWHILE)
def test_a_press_answers_what_was_asked_before_it_began_and_nothing_that_came_since(name, after_ms):
    comes, at_once, then = ASKED_MEANWHILE[name]
    rig = Rig()
    rig.walk(3)
    called(rig, WAITS, KIND_ASSIST)
    rig.run(1000)
    for turn in range(80):
        if turn * 10 == after_ms:
            comes(rig)
        rig.run(10, pressed=turn < 8)
    rig.run(500)
    asks = rig.badge.alarm.state == WARNED, rig.badge.shift.asks()
    assert answers(rig) == at_once and asks == (name == "a question of her own", name == "the shift's test")
    rig.press(100, 1500)
    assert answers(rig) == at_once + then and rig.badge.alarm.state != WARNED and not rig.badge.shift.asks()


@pytest.mark.parametrize("asked", [asked_by_the_test, lambda rig: seen(rig, TILTED), lambda rig: None])
def test_a_press_that_began_before_a_fall_was_asked_about_does_not_deny_it(asked):
    rig = Rig()
    rig.walk(3)
    asked(rig)
    rig.run(60, pressed=1)
    seen(rig, FELL)
    rig.run(60, pressed=1)
    rig.run(2000)
    assert rig.badge.alarm.state == WARNED and rig.badge.alarm.kind == KIND_FALL
    rig.press(100, 100)
    assert rig.badge.alarm.state == RELIEVED


def test_a_gateway_counts_nobody_who_is_in_an_alarm_and_calls_the_others(air):
    anna, bo, carla = air["anna"], air["bo"], air["carla"]
    anna.alarm(KIND_FALL)
    bo.alarm(KIND_EMERGENCY, alarm_id=60)
    before = len(anna.got(frame.CALL)), len(bo.got(frame.CALL))
    assert not bo.answer(anna) and not anna.answer(bo, 60)
    air.run(70)
    assert (len(anna.got(frame.CALL)), len(bo.got(frame.CALL))) == before and len(carla.got(frame.CALL)) >= 3
    assert all(alarm["coming"] == [] and alarm["taken_by"] is None for alarm in air.store.alarms())
    assert bo.got(frame.STAND_DOWN)[-1] == (anna.device, 50)
    assert air.act("close", 2) and bo.answer(anna) and anna.steps()[-1] == STEP_TAKEN


@pytest.mark.parametrize("says", ["badge", "bo", "Bo", " BO", "b\u200bo\u00a0"])
@pytest.mark.parametrize("practice", [False, True])
def test_who_was_coming_and_needs_help_herself_comes_no_more(air, practice, says):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_ASSIST)
    assert bo.answer(anna) if says == "badge" else air.act("take", 1, says)
    assert [one["who"] for one in air.alarm()["coming"]] == ["bo"], "one person, however it is typed"
    assert anna.steps() == [STEP_TAKEN]
    bo.alarm(KIND_EMERGENCY, alarm_id=60, what=WHAT_PRACTICE if practice else 0)
    air.run(1)
    assert anna.steps()[1:] == ([] if practice else [STEP_UNANSWERED])


@pytest.mark.parametrize("verb, by", [("take", "anna"), ("take", "Anna "), ("arrived", "ANNA")])
def test_nobody_comes_to_her_own_alarm(air, verb, by):
    air["anna"].alarm(KIND_EMERGENCY)
    with pytest.raises(acts.Wrong, match="own alarm"):
        air.act(verb, 1, by)
    assert STEP_TAKEN not in air["anna"].steps() and not air.alarm()["coming"]
    assert air.act("unneeded", 1, by) and air.act(verb, 1, "inge")
