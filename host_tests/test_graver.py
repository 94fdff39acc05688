"""Does an alarm stay as grave as it was raised, when its badge falls back to what its flash had kept before?"""

import pytest
from gateway_rig import badges, on_file, plan
from test_acks import HOLD, MASH, hands, stored
from test_gateway import BEGAN_MS, House

from firmware.badge import SAVED_BYTES
from firmware.codes import (
    KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_FALL, KIND_STRUGGLE, RECEIVED, SAFE, STEP_CLOSED, STEP_RECEIVED,
    STEP_TAKEN, TAKEN, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from firmware.link import frame

air = on_file("anna", "bo", plan=plan(badges(0)))


@pytest.mark.parametrize(("kind", "less"), [(KIND_EMERGENCY, KIND_STRUGGLE), (KIND_EMERGENCY, KIND_ASSIST),
                                            (KIND_FALL, KIND_CHECK_IN), (KIND_STRUGGLE, KIND_FALL)])
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_badge_that_has_lost_its_graver_word_is_acked_and_lowers_no_alarm(air, kind, less, closed):
    anna, bo = air["anna"], air["bo"]
    assert anna.alarm(less) and anna.alarm(kind, revision=1) and bo.answer(anna)
    late = anna.sealed(frame.alarm, 50, less, WHAT_RAISED, 3, 12, 0, 0)
    overtaken = anna.counter
    if closed:
        assert air.act("close", 1)
    for _ in range(3):  # it calls on, and is acked again
        assert anna.alarm(less, revision=3, refresh=False)
        assert stored(air.alarm()) == (kind, WHAT_RAISED, 3)
        assert air.steps().count("received") == 3
    assert air.alarm()["step"] == (STEP_RECEIVED if closed else STEP_TAKEN) and air.alarm()["closed_ms"] is None
    air.carry([late])
    assert overtaken not in anna.acked and stored(air.alarm()) == (kind, WHAT_RAISED, 3)
    assert bo.got(frame.CALL)[-1][2] == kind
    assert air.act("close", 1) and anna.alarm(less, revision=3, refresh=False)
    assert air.alarm()["step"] == STEP_CLOSED  # of what it says a person has heard
    assert anna.alarm(less, revision=4) and air.alarm()["step"] == STEP_RECEIVED  # and not of what is pressed now
    assert stored(air.alarm()) == (kind, WHAT_RAISED, 4)


@pytest.mark.parametrize("what", [WHAT_CANCELLED, WHAT_PRE_ALARM])
def test_a_badge_that_asks_again_what_has_become_an_alarm_lowers_nothing_until_it_calls(air, what):
    anna = air["anna"]
    assert anna.alarm(KIND_FALL, what=WHAT_PRE_ALARM) and anna.alarm(KIND_EMERGENCY, revision=1)
    assert not anna.alarm(KIND_FALL, what=what, revision=0, refresh=False)
    assert stored(air.alarm()) == (KIND_EMERGENCY, WHAT_RAISED, 1)
    assert anna.alarm(KIND_FALL, revision=1, refresh=False) and anna.alarm(KIND_FALL, revision=2)
    assert stored(air.alarm()) == (KIND_EMERGENCY, WHAT_RAISED, 2)


@pytest.mark.parametrize("then", [WHAT_RAISED, WHAT_CANCELLED])
def test_a_badge_that_asks_again_what_a_person_has_closed_is_heard_and_lowers_nothing(air, then):
    anna = air["anna"]
    assert anna.alarm(KIND_STRUGGLE, what=WHAT_PRE_ALARM) and anna.alarm(KIND_EMERGENCY, revision=1)
    assert air.act("close", 1)
    assert anna.alarm(KIND_STRUGGLE, what=WHAT_PRE_ALARM, revision=0, refresh=False)  # all that its flash had kept
    assert stored(air.alarm()) == (KIND_EMERGENCY, WHAT_PRE_ALARM, 0) and air.alarm()["closed_ms"] is None
    assert anna.alarm(KIND_STRUGGLE, what=then, revision=1, refresh=False)
    assert stored(air.alarm()) == (KIND_EMERGENCY, then, 1)
    assert anna.alarm(KIND_ASSIST, revision=2, refresh=False)
    assert stored(air.alarm()) == (KIND_EMERGENCY, WHAT_RAISED, 2)


def test_what_was_denied_gives_way_to_what_is_asked_for_instead(air):
    anna = air["anna"]
    for what, revision in ((WHAT_PRE_ALARM, 0), (WHAT_CANCELLED, 1)):
        assert anna.alarm(KIND_FALL, 50 + revision, WHAT_PRE_ALARM)
        assert anna.alarm(KIND_FALL, 50 + revision, what, revision)
        assert anna.alarm(KIND_ASSIST, 50 + revision, revision=revision + 1)
        assert stored(air.alarm()) == (KIND_ASSIST, WHAT_RAISED, revision + 1)


def test_a_question_that_the_gateway_made_an_alarm_of_is_what_its_badge_says_when_it_is_back(air):
    anna = air["anna"]
    assert anna.alarm(KIND_FALL, what=WHAT_PRE_ALARM)
    anna.on = False
    air.run(80)
    assert stored(air.alarm())[:2] == (KIND_FALL, WHAT_RAISED)
    anna.on = True
    assert anna.alarm(KIND_CHECK_IN, revision=3, refresh=False)
    assert stored(air.alarm()) == (KIND_CHECK_IN, WHAT_RAISED, 3)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_power_cut_after_flash_refused_an_emergency_leaves_it_one_and_is_felt_as_received(tmp_path, closed):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    hands(house, MASH[:4])
    flash = bytearray(SAVED_BYTES)
    house.badges[0].save(flash, house.now)
    hands(house, HOLD)
    assert house.state(0) == RECEIVED and house.store.alarms()[0]["kind"] == KIND_EMERGENCY
    if closed:
        house.radio.close(1, "office", BEGAN_MS + house.now)
        house.run(500)
        assert house.state(0) == SAFE
    house.loses_power(0, flash)
    assert house.badges[0].alarm.kind == KIND_ASSIST
    house.run(3000)
    row, alarm = house.store.alarms()[0], house.badges[0].alarm
    assert house.state(0) == RECEIVED and stored(row) == (KIND_EMERGENCY, WHAT_RAISED, alarm.revision)
    house.press(1, 100, 1500)
    assert house.state(0) == TAKEN
    house.radio.close(1, "office", BEGAN_MS + house.now)
    house.run(1000)
    assert house.state(0) == SAFE and house.store.alarms()[0]["step"] == STEP_CLOSED
