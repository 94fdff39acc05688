"""Is what is felt still true when it is felt: after a word that waited, a reset, a colleague's news, a lost link?"""

import pytest
from tools.sim.rig import DEVICE, DOWN, HOLD, UP, Rig, seen

from firmware.badge import SAVED_BYTES, Badge
from firmware.codes import CALLING, FELL, KIND_ASSIST, SAFE, STEP_TAKEN
from firmware.feedback import patterns as feel
from firmware.link import downlink

GOOD = (feel.RECEIVED, feel.TAKEN, feel.CLOSED)


def test_received_that_had_to_wait_is_not_felt_once_the_alarm_was_raised_again_and_the_link_is_gone():
    rig = Rig()
    rig.run(100)
    rig.press(HOLD)
    rig.run(2500)
    rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, STEP_TAKEN, 9))
    rig.run(100)
    rig.press(100, 100, 100)  # raised and received again, while "somebody comes" is felt
    rig.run(200)
    rig.linked = False
    rig.press(100, 100, 100)
    rig.run(100)
    assert rig.badge.alarm.state == CALLING
    for _ in range(500):
        rig.run(10)
        assert rig.badge.player.playing not in GOOD


@pytest.mark.parametrize("spent", [False, True])
def test_what_holds_is_felt_again_after_a_reset_and_not_after_a_power_cut(spent):
    rig = Rig()
    rig.press(HOLD, 500)
    rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, STEP_TAKEN, 9))
    rig.run(100)
    buf = bytearray(SAVED_BYTES)
    n = rig.badge.save(buf, rig.now)
    badge = Badge(DEVICE, UP, DOWN, rig.now)
    assert badge.load(buf, n, rig.now, spent=spent)
    assert badge.player.playing == (feel.NONE if spent else feel.TAKEN)


def test_a_colleagues_alarm_that_is_over_is_never_felt_as_the_end_of_ones_own():
    for begin in (lambda rig: seen(rig, FELL), lambda rig: rig.press(HOLD, 3000)):
        rig = Rig()
        rig.run(100)
        rig.hand(rig.down(downlink.call, 12, 4000, KIND_ASSIST))
        begin(rig)
        rig.hand(rig.down(downlink.stand_down, 12, 4000))
        rig.run(20)
        assert rig.badge.alarm.state != SAFE and feel.STOOD_DOWN not in rig.felt()
        assert feel.TROUBLE in rig.felt()
