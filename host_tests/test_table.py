"""Is the table well formed, and does a saved alarm come back? host_tests/test_walk.py walks the alarm itself."""

from firmware.alarm.alarm import NO_ID, Alarm
from firmware.alarm.table import STATES
from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, EMERGENCY_ASKED, EVENTS, KIND_EMERGENCY, RECEIVED, SAFE, TAKE_TOLD, TAKEN, TIMED_OUT,
)
from firmware.ticks import since
from tools.docs.rows import rows

GESTURES = (ASSIST_ASKED, EMERGENCY_ASKED)


def test_rows_are_unique_and_in_range():
    assert len({(state, event) for state, event, _, _ in rows()}) == len(rows())
    assert all(state < STATES and after < STATES and 0 < event < EVENTS for state, event, after, _ in rows())


def test_every_alarm_gesture_calls_in_every_state():
    arrows = {(state, event): after for state, event, after, _ in rows()}
    for state in range(STATES):
        for gesture in GESTURES:
            assert arrows[state, gesture] == CALLING


def test_every_state_but_safe_has_a_deadline_arrow():
    arrows = {(state, event) for state, event, _, _ in rows()}
    assert all((state, TIMED_OUT) in arrows for state in range(STATES) if state != SAFE)


def test_saved_alarms_come_back_and_damaged_ones_do_not():
    alarm = Alarm()
    buf = bytearray(32)
    for event, state in ((EMERGENCY_ASKED, CALLING), (ACKED, RECEIVED), (TAKE_TOLD, TAKEN)):
        alarm.on(event, 1000, 1000)
        alarm.alarm_id = 77
        n = alarm.save(buf, 3000)
        other = Alarm()
        assert other.load(buf, n, 2**30 - 5)
        assert (other.state, other.kind, other.alarm_id, other.unsent) == (state, KIND_EMERGENCY, 77, True)
        assert since(other.edge_at, 2**30 - 5) // 1000 == 2
        for i in range(n):
            for bit in range(8):
                damaged = bytearray(buf)
                damaged[i] ^= 1 << bit
                fresh = Alarm()
                assert not fresh.load(damaged, n, 0) and fresh.state == SAFE and fresh.alarm_id == NO_ID
