"""Is the table well formed, and does a saved alarm come back? host_tests/test_walk.py walks the alarm itself."""

import itertools

from tools.sim.rig import Rig

from firmware.alarm.alarm import NO_ID, Alarm
from firmware.alarm.table import STATES
from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, EMERGENCY_ASKED, EVENTS, KIND_EMERGENCY, KINDS, RECEIVED, SAFE, TAKE_TOLD, TAKEN,
)
from firmware.crc import crc16
from firmware.ticks import since
from tools.docs.rows import rows

GESTURES = (ASSIST_ASKED, EMERGENCY_ASKED)


def test_rows_are_unique_and_in_range():
    assert len({(state, event) for state, event, _, _ in rows()}) == len(rows())
    assert all(state < STATES and after < STATES and 0 < event < EVENTS for state, event, after, _ in rows())


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


def test_what_comes_back_from_any_bytes_with_a_right_sum_is_an_alarm_that_a_gateway_can_ack():
    """State, kind and what that contradict each other were asked for or called for ever, and felt as unheard."""
    buf = bytearray(16)
    buf[0] = 0xA2
    taken = 0
    for state, kind, what in itertools.product(range(8), range(16), range(16)):
        buf[1], buf[2] = state, kind << 4 | what
        buf[14:] = crc16(buf, 0, 14).to_bytes(2, "big")
        if Alarm().load(buf, 16, 0):
            taken += 1
            rig = Rig()
            rig.badge.alarm.load(buf, 16, rig.now)
            rig.badge.alarm.deadline = rig.now
            rig.run(40)
            assert rig.badge.alarm.state == SAFE or rig.alarms()[-1][1] == kind and rig.badge.alarm.state >= RECEIVED
    assert taken == 3 * KINDS + 6 * (KINDS - 2)
