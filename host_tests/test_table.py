"""Does the table keep the promises, along every path of events?"""

from itertools import product

from firmware.alarm.alarm import NO_ID, Alarm
from firmware.alarm.table import STATES
from firmware.ticks import since
from firmware.words import (
    ACKED, ASSIST_ASKED, CALLING, CLOSE_TOLD, EMERGENCY_ASKED, EVENTS, FELL, KIND_EMERGENCY, PRESSED, RECEIVED,
    RELIEVED, SAFE, TAKE_TOLD, TAKEN, TIMED_OUT, UNANSWERED, UNANSWERED_TOLD, WARNED, WHAT_CANCELLED, WHAT_PRE_ALARM,
    WHAT_RAISED,
)  # fmt: skip
from tools.paper.rows import rows

ALL = (PRESSED, ASSIST_ASKED, EMERGENCY_ASKED, FELL, TIMED_OUT, ACKED, TAKE_TOLD, UNANSWERED_TOLD, CLOSE_TOLD)
OPEN = (CALLING, RECEIVED, UNANSWERED, TAKEN)
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


def test_every_path_of_five_events():
    for path in product(ALL, repeat=5):
        for start in (0, 2**30 - 40):
            walk(path, start)


def walk(path, start):
    alarm = Alarm()
    now = start
    for event in path:
        now = (now + 10) % 2**30
        before, revision, kind = alarm.state, alarm.revision, alarm.kind
        alarm.unsent = False
        took = alarm.on(event, now, now)
        state = alarm.state
        if not took:
            assert (state, alarm.revision, alarm.kind, alarm.unsent) == (before, revision, kind, False)
            continue
        if event in GESTURES:
            assert state == CALLING and alarm.unsent and alarm.what == WHAT_RAISED
        if event == EMERGENCY_ASKED:
            assert alarm.kind == KIND_EMERGENCY
        if state == RECEIVED and before != RECEIVED:
            assert event == ACKED  # never "received" but by an ack
        if state == TAKEN and before != TAKEN:
            assert event == TAKE_TOLD  # never "taken" but by a person
        if before in OPEN and state not in OPEN:
            assert event == CLOSE_TOLD  # no alarm disappears unclosed
        if state in OPEN and before in OPEN and kind > alarm.kind:
            raise AssertionError("an open alarm became less grave")
        if state == WARNED:
            assert alarm.what == WHAT_PRE_ALARM
        if state == RELIEVED:
            assert alarm.what == WHAT_CANCELLED and before == WARNED
        if state != SAFE:
            assert since(now, alarm.deadline) > 0
        if before != SAFE and alarm.unsent:
            assert alarm.revision == (revision + 1) % 16


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
        assert other.age_s(2**30 - 5) == 2
        for i in range(n):
            for bit in range(8):
                damaged = bytearray(buf)
                damaged[i] ^= 1 << bit
                fresh = Alarm()
                assert not fresh.load(damaged, n, 0) and fresh.state == SAFE and fresh.alarm_id == NO_ID
