"""Is practice practice, and everything after it real?"""

import pytest
from tools.sim.rig import HOLD, Rig, close, mash, seen

from firmware.codes import (
    FELL, KIND_EMERGENCY, MODE_NOT_READY, MODE_PRACTICE, ORDER_PRACTICE, TILTED, TORN_OFF, WHAT_PRACTICE,
    WHAT_RAISED,
)
from firmware.feedback import patterns as feel


def test_practice_calls_nobody_and_a_repeated_emergency_is_real():
    rig = Rig()
    rig.order(ORDER_PRACTICE, 10)
    rig.run(1000)
    assert rig.felt()[-1] == feel.PRACTISING and rig.beats()[-1][1] == MODE_PRACTICE
    mash(rig)
    assert rig.alarms()[-1][1:3] == (KIND_EMERGENCY, WHAT_RAISED | WHAT_PRACTICE)
    assert all(what & WHAT_PRACTICE for _, _, what, _ in rig.alarms())
    rig.run(2000)
    mash(rig)
    assert rig.alarms()[-1][1:3] == (KIND_EMERGENCY, WHAT_RAISED) and rig.badge.shift.mode() == MODE_NOT_READY


def test_a_repeated_emergency_is_real_though_the_order_to_practise_came_again():
    rig = Rig()
    rig.order(ORDER_PRACTICE, 10)
    rig.press(HOLD)
    close(rig)
    rig.run(3000)
    rig.order(ORDER_PRACTICE, 10)  # as a gateway says it that has not heard the answer
    rig.press(HOLD)
    assert rig.alarms()[-1][2] == WHAT_RAISED


@pytest.mark.parametrize("event", [FELL, TORN_OFF, TILTED])
def test_what_the_body_says_after_practice_is_real_though_a_practised_alarm_is_still_unheard(event):
    rig = Rig()
    rig.order(ORDER_PRACTICE, 1)
    rig.linked = False
    rig.press(HOLD)
    rig.run(62000)
    seen(rig, event)
    rig.linked = True
    rig.run(3000)
    assert rig.alarms()[-1][2] == WHAT_RAISED and not rig.badge.alarm.practice
    revision = rig.badge.alarm.revision
    seen(rig, event)
    assert rig.badge.alarm.revision == revision


def test_a_practice_alarm_survives_a_reset_as_practice():
    rig = Rig()
    rig.acking = False
    rig.order(ORDER_PRACTICE, 10)
    rig.press(HOLD)
    buf = bytearray(32)
    n = rig.badge.save(buf, rig.now)
    other = Rig()
    other.badge.load(buf, n, other.now)
    other.run(100)
    assert other.alarms()[-1][2] == WHAT_RAISED | WHAT_PRACTICE and other.badge.shift.duty.practising()
