"""Does every alarm gesture call in every mode of the shift, whatever is open, asked or called meanwhile?"""

from itertools import product

import pytest
from tools.sim.rig import Rig

from firmware.alarm import duty
from firmware.alarm.alarm import NO_ID
from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, CLOSE_TOLD, FELL, GREEN, KIND_ASSIST, KIND_EMERGENCY, KIND_TEST,
    MODE_CHARGING, MODE_LIFEBOAT, MODE_NOT_READY, MODE_OFF, MODE_PAUSED, MODE_PRACTICE, MODE_READY, MODE_TESTING,
    ORDER_OFF, ORDER_PAUSE, ORDER_PRACTICE, ORDER_TEST, PRESSED, RECEIVED, RELIEVED, SAFE, TAKE_TOLD, TAKEN,
    UNANSWERED, UNANSWERED_TOLD, WARNED, WHAT_PRACTICE, WHAT_RAISED,
)
from firmware.link import downlink, frame, outbox
from firmware.ticks import after

# gesture: spans of pressing and letting go, and the kind that it asks for
GESTURES = {
    "two presses": ((100, 100, 100, 100), KIND_ASSIST),
    "three presses": ((100, 100, 100, 100, 100, 100), KIND_EMERGENCY),
    "a hold": ((900, 100), KIND_EMERGENCY),
}
STATES = {
    SAFE: (), WARNED: (FELL,), RELIEVED: (FELL, PRESSED), CALLING: (ASSIST_ASKED,), RECEIVED: (ASSIST_ASKED, ACKED),
    UNANSWERED: (ASSIST_ASKED, ACKED, UNANSWERED_TOLD), TAKEN: (ASSIST_ASKED, ACKED, TAKE_TOLD),
}
MODES = (MODE_NOT_READY, MODE_READY, MODE_PAUSED, MODE_CHARGING, MODE_OFF, MODE_PRACTICE, MODE_TESTING)


def test_every_mode_is_walked():
    """A mode that is added to firmware/codes.py must be added here."""
    from firmware import codes

    named = {value for name, value in vars(codes).items() if name.startswith("MODE_")}
    assert named == {*MODES, MODE_LIFEBOAT} and {MODE_PAUSED, MODE_OFF, MODE_READY, MODE_PRACTICE} == set(duty._FLAGS)


def enter(rig, mode):
    """Bring the badge into a mode through its doors."""
    badge = rig.badge
    if mode == MODE_READY:
        rig.order(ORDER_TEST)
        badge.self_tested(True, rig.now)
        rig.press(100, 3000)
    elif mode == MODE_PAUSED:
        rig.order(ORDER_PAUSE, 5)
    elif mode == MODE_CHARGING:
        badge.battery(80, rig.now, charging=True)
    elif mode == MODE_OFF:
        rig.order(ORDER_OFF, 1)
    elif mode == MODE_PRACTICE:
        rig.order(ORDER_PRACTICE, 10)
    elif mode == MODE_TESTING:
        rig.order(ORDER_TEST)
        badge.self_tested(True, rig.now)
    assert badge.shift.mode() == mode


def stand(rig, state):
    """Bring the alarm into a state."""
    for event in STATES[state]:
        rig.badge.alarm.on(event, rig.now, rig.now)
    assert rig.badge.alarm.state == state


def alone(rig):
    """Nothing else is going on."""


def called(rig):
    """A colleague calls."""
    rig.hand(rig.down(downlink.call, 12, 4000, KIND_EMERGENCY))


def reminded(rig):
    """A check-in is due, and has been reminded of."""
    rig.badge.shift.visit.start(GREEN, 120, (rig.now - 70000) % 2**30)
    rig.run(100)
    assert rig.badge.shift.visit.asked


def faulty(rig):
    """The sensor has been silent and no gateway has been heard for long."""
    rig.linked = False
    for _ in range(400):
        rig.now = after(rig.now, 500)
        rig.badge.tick(rig.now)
    rig.linked = True
    rig.badge.tick(rig.now)
    assert rig.badge.faults


@pytest.mark.parametrize("around", (alone, called, reminded, faulty))
@pytest.mark.parametrize("mode", MODES)
def test_every_gesture_calls_in_every_mode_and_every_state(mode, around):
    for state, (name, (spans, kind)) in product(STATES, GESTURES.items()):
        rig = Rig(now=2**30 - 4000)
        rig.run(20)
        around(rig)
        enter(rig, mode)
        rig.acking = False
        stand(rig, state)
        rig.run(20)
        said = len(rig.alarms())
        rig.press(*spans)
        alarm = rig.badge.alarm
        where = (mode, state, name)
        assert alarm.state == CALLING and alarm.kind == kind and alarm.what == WHAT_RAISED, where
        told = [one for one in rig.alarms()[said:] if one[1] != KIND_TEST]  # the first press answers the test
        practice = mode == MODE_PRACTICE and state == SAFE
        assert told and told[-1][1:3] == (kind, WHAT_RAISED | (WHAT_PRACTICE if practice else 0)), where
        assert len({alarm_id for alarm_id, *_ in told}) == 1 and alarm.alarm_id != NO_ID, where


@pytest.mark.parametrize("state", STATES)
def test_in_practice_the_second_emergency_is_real_in_every_state(state):
    rig = Rig()
    rig.run(20)
    enter(rig, MODE_PRACTICE)
    rig.press(900, 1000)
    assert rig.alarms()[-1][2] & WHAT_PRACTICE
    rig.badge.alarm.on(CLOSE_TOLD, rig.now, rig.now)
    stand(rig, state)
    rig.press(900, 1000)
    assert rig.alarms()[-1][1:3] == (KIND_EMERGENCY, WHAT_RAISED)
    assert rig.badge.shift.mode() == MODE_NOT_READY


def test_an_emergency_s_frame_goes_before_everything_that_waits():
    rig = Rig()
    rig.run(20)
    rig.linked = False
    badge, now = rig.badge, rig.now
    for caller in range(1, 20):
        badge.uplink.answer(caller, caller, now)
        badge.outbox.put(outbox.TOLD_RANK, frame.TOLD, 100 + caller, 1, 0, now)
        badge.uplink.wish(caller, 0, now)
    badge.uplink.heartbeat(outbox.TECHNICAL_RANK, 0, 80, 1, now)
    badge.uplink.test(5, 7, now)
    badge.alarm.on(FELL, now, now)
    rig.run(20)
    rig.press(850)
    rig.heard.clear()
    rig.linked = True
    rig.run(10)
    first = [type for type, _ in rig.heard][0]
    assert first == frame.ALARM and rig.alarms()[0][1:3] == (KIND_EMERGENCY, WHAT_RAISED) and len(rig.heard) > 4
