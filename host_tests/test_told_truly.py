"""Is what is felt still true when it is felt: after a word that waited, a reset, a colleague's news, a lost link?"""

import pytest
from test_gateway import BEGAN_MS, House
from tools.sim.rig import HOLD, Rig, seen

from firmware.badge import SAVED_BYTES
from firmware.codes import (
    CALLING, FELL, KIND_ASSIST, RECEIVED, SAFE, STEP_TAKEN, STEP_UNANSWERED, TAKEN, UNANSWERED,
)
from firmware.feedback import patterns as feel
from firmware.limits import FEEL_UNHEARD_MS
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


OPEN = {RECEIVED: feel.RECEIVED, UNANSWERED: feel.UNANSWERED, TAKEN: feel.TAKEN}
STEPS = {UNANSWERED: STEP_UNANSWERED, TAKEN: STEP_TAKEN}


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("state", OPEN)
def test_what_holds_is_felt_again_at_once_after_a_reset_and_after_a_power_cut_once_it_is_known_to_hold(state, heard):
    for spent in (False, True):
        before = Rig()
        before.press(HOLD, 500)
        if state in STEPS:
            before.hand(before.down(downlink.step, before.badge.alarm.alarm_id, STEPS[state], 9))
        before.run(100)
        assert before.badge.alarm.state == state
        rig, buf = Rig(granted=200_000), bytearray(SAVED_BYTES)
        rig.linked = heard
        assert rig.badge.load(buf, before.badge.save(buf, 0), 0, undated=spent)
        assert rig.badge.player.playing == (feel.NONE if spent else OPEN[state])
        rig.run(FEEL_UNHEARD_MS + 100)
        if spent:
            assert rig.felt()[0] == (feel.RECEIVED if heard else feel.UNHEARD)
            assert rig.badge.alarm.state == (RECEIVED if heard else CALLING)
            assert not heard or rig.knew()[0] == CALLING, "so that the gateway says the rest"


@pytest.mark.parametrize("meanwhile", ["nothing", "withdraw", "close"])
def test_after_a_power_cut_a_wearer_learns_what_has_become_of_her_alarm_meanwhile(tmp_path, meanwhile):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    house.press(0)
    house.press(1, 100, 1500)
    assert house.state(0) == TAKEN
    house.run(3000)
    flash = bytearray(SAVED_BYTES)
    house.badges[0].save(flash, house.now)
    house.linked[0] = False
    if meanwhile != "nothing":
        house.radio.act(meanwhile, 1, {"by": "wearer 1"}, BEGAN_MS + house.now)
    house.run(5000)
    house.linked[0] = True
    house.loses_power(0, flash)
    house.run(40_000)
    rest = {"nothing": feel.TAKEN, "withdraw": feel.UNANSWERED, "close": feel.CLOSED}[meanwhile]
    assert [pattern for pattern in house.felt(0) if pattern != feel.TROUBLE] == [feel.RECEIVED, rest]


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
