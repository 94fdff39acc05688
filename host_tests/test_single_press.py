"""In a house where one press calls: does every press call, but for the answer to what the badge has asked?"""

import pytest
from tools.sim.rig import HOLD, Rig, seen

from firmware.codes import (
    FELL, GREEN, KIND_ASSIST, KIND_EMERGENCY, KIND_FALL, ORDER_TEST, ORDER_VISIT, PASSED_ALL, RELIEVED, SAFE, WARNED,
)
from firmware.feedback import patterns as feel
from firmware.link import downlink, frame

EVERY_S = 120  # a check-in; on green, where standing still is no alarm
CALLER = 9


def house(**settings):
    rig = Rig(single_calls=True, **settings)
    rig.run(200)
    return rig


def kinds(rig):
    return {kind for _, kind, _, _ in rig.alarms()}


def asked_by_a_fall(rig):
    seen(rig, FELL)
    assert rig.badge.alarm.state == WARNED
    rig.run(3000)


def asked_by_the_test(rig):
    rig.order(ORDER_TEST)
    rig.badge.self_tested(True, rig.now)
    rig.run(3000)


def asked_by_a_visit(rig):
    rig.order(ORDER_VISIT, GREEN << 14 | EVERY_S)
    rig.run(1000 * EVERY_S - 30_000)
    assert feel.REMINDER in rig.felt()


ANSWERED = {
    asked_by_a_fall: lambda rig: rig.badge.alarm.state == RELIEVED,
    asked_by_the_test: lambda rig: rig.badge.shift.test.passed == PASSED_ALL and feel.READY in rig.felt(),
    asked_by_a_visit: lambda rig: rig.felt()[-1] == feel.CANCELLED and not rig.alarms(),
}


def test_one_press_is_an_emergency_at_press_down():
    rig = house()
    rig.run(60, pressed=1)
    assert kinds(rig) == {KIND_EMERGENCY}


@pytest.mark.parametrize("ask", ANSWERED)
def test_one_press_answers_what_is_asked_and_the_next_one_calls_at_once(ask):
    rig = house()
    ask(rig)
    rig.press(120, 1500)
    assert ANSWERED[ask](rig) and KIND_EMERGENCY not in kinds(rig)
    rig.run(40_000)  # longer than a check-in was still due for
    assert rig.badge.alarm.state == SAFE and KIND_EMERGENCY not in kinds(rig)
    rig.run(60, pressed=1)
    assert KIND_EMERGENCY in kinds(rig)


@pytest.mark.parametrize("ask", ANSWERED)
@pytest.mark.parametrize("spans", [(120, 300, 120), (120, 1500, 120), (HOLD,)])
def test_who_is_asked_calls_by_a_hold_or_by_a_press_more(ask, spans):
    rig = house()
    ask(rig)
    rig.press(*spans)
    rig.run(200)
    assert KIND_EMERGENCY in kinds(rig) and KIND_ASSIST not in kinds(rig)


def test_a_question_that_was_over_before_the_press_is_not_answered_by_it():
    rig = house(pre_alarm_ms=10_000)
    asked_by_a_fall(rig)
    rig.run(8000)
    assert kinds(rig) == {KIND_FALL}
    rig.run(60, pressed=1)
    assert kinds(rig) == {KIND_FALL, KIND_EMERGENCY}


def test_a_colleagues_call_is_no_question_and_a_press_in_it_calls():
    rig = house()
    rig.walk(3)
    rig.hand(rig.down(downlink.call, CALLER, 77, KIND_EMERGENCY))
    rig.run(2000)
    assert feel.CALLED_EMERGENCY in rig.felt()
    rig.press(120, 1500)
    assert kinds(rig) == {KIND_EMERGENCY} and not any(type == frame.ANSWER for type, _ in rig.heard)
    assert rig.badge.calls.waiting() >= 0


def test_a_press_that_began_as_an_answer_answers_no_colleague():
    rig = house()
    rig.walk(3)
    rig.hand(rig.down(downlink.call, CALLER, 77, KIND_EMERGENCY))
    asked_by_the_test(rig)
    rig.run(60, pressed=1)
    rig.badge.shift.test.end()
    rig.run(1500)
    assert not any(type == frame.ANSWER for type, _ in rig.heard) and not kinds(rig)
