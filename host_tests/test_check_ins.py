"""Does a check-in that is owed end by the wearer's press or in an alarm, whatever is ordered or happens meanwhile?

And what of a shift survives a reset, and what a power cut of unknown length? The hand is still throughout: so whatever
was owed must have become an alarm once the badge has watched for long enough.
"""

from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tools.sim.rig import DEVICE, DOWN, HOLD, UP, Rig, close, seen

from firmware.badge import SAVED_BYTES, Badge
from firmware.codes import (
    FELL, GREEN, KIND_CHECK_IN, KIND_EMERGENCY, MODE_CHARGING, MODE_NOT_READY, MODE_TESTING, NO_VISIT, ORDER_OFF,
    ORDER_PAUSE, ORDER_PRACTICE, ORDER_VISIT, RED, RIGHTED, SAFE, STILL, TILTED, WARNED, WHAT_PRACTICE, WHAT_PRE_ALARM,
    WHAT_RAISED, YELLOW,
)
from firmware.feedback import patterns as feel
from firmware.lifeboat import Lifeboat
from firmware.limits import (
    BATTERY_FULL, BATTERY_UNKNOWN, CHECK_IN_PRE_ALARM_MS, CHECK_IN_REMIND_MS, FOLLOW_UP_MS, PRE_ALARM_MS,
)

STEP_MS = 500
LEFT_MS = 150_000  # nothing that is owed here is due later


def again(rig, spent=False, boat_ms=0):
    """Reset the badge of `rig`; spent: by a power cut of unknown length. boat_ms: for how long a lifeboat runs then."""
    buf = bytearray(SAVED_BYTES)
    n = rig.badge.save(buf, rig.now)
    if boat_ms:
        kept = SimpleNamespace(
            load=lambda into: into.__setitem__(slice(n), buf) or n, save=lambda new, n: buf.__setitem__(slice(n), new),
            report=bytes(14), crashes=4, wants_boat=lambda: False)
        Lifeboat(SimpleNamespace(memory=kept, store=kept, now=lambda: rig.now), None)
        rig.now += boat_ms
    granted = rig.newest + 500
    if spent:
        rig.now = 5000
    rig.badge = Badge(DEVICE, UP, DOWN, rig.now)
    rig.badge.counter.grant(granted, granted + 100000)
    assert rig.badge.load(buf, n, rig.now, undated=spent)
    rig.run(20)


def denied_fall(rig):
    """A real fall, denied by one press: it is asked for again."""
    seen(rig, FELL)
    rig.run(1000)
    rig.press(100, 2500)
    assert rig.badge.alarm.state == SAFE


def denied_in_a_visit(rig):
    """The same in a visit."""
    rig.order(ORDER_VISIT, GREEN << 14 | 1800)
    denied_fall(rig)


@example(colour=RED, follows=0, interval_s=0, left_s=0)
@given(colour=st.integers(0, 15), follows=st.integers(0, 15), interval_s=st.integers(0, 200), left_s=st.integers(0, 90))
@settings(max_examples=30, deadline=None)
def test_a_visit_of_any_bytes_with_a_right_sum_asks_no_oftener_than_one_that_may_be_ordered(
        colour, follows, interval_s, left_s):
    """One of no length asked anew at each look, and sent 1,400 frames a minute."""
    rig = Rig()
    record = bytes([colour | follows << 4, *interval_s.to_bytes(2, "big"), *left_s.to_bytes(2, "big")])
    rig.badge.shift.visit.load(record, 0, rig.now, False)
    rig.run(20000, step=STEP_MS)
    assert len(rig.heard) < 20, record


def reminded(rig):
    """A check-in that has been asked for, and is due in less than a minute."""
    rig.order(ORDER_VISIT, GREEN << 14 | 120)
    rig.run(65000, step=STEP_MS)
    assert rig.badge.shift.asks()


def missed(rig):
    """A check-in that nobody has given."""
    rig.order(ORDER_VISIT, GREEN << 14 | 120)
    rig.run(121000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED
    rig.order(ORDER_VISIT, NO_VISIT)  # and there will be no other


def slumped_and_due(rig):
    """A question of position, which a check-in joins."""
    rig.order(ORDER_VISIT, GREEN << 14 | 120)
    rig.run(115000, step=STEP_MS)
    seen(rig, TILTED)
    rig.run(6000, step=STEP_MS)
    rig.order(ORDER_VISIT, NO_VISIT)


OWED = (denied_fall, denied_in_a_visit, reminded, missed, slumped_and_due)


def ordered(order, value):
    return lambda rig: rig.order(order, value)


THINGS = {
    "tilted": lambda rig: seen(rig, TILTED),
    "still": lambda rig: seen(rig, STILL),
    "righted": lambda rig: seen(rig, RIGHTED),
    "visit ends": ordered(ORDER_VISIT, NO_VISIT),
    "visit on green": ordered(ORDER_VISIT, GREEN << 14 | 1800),
    "visit on yellow": ordered(ORDER_VISIT, YELLOW << 14),
    "visit on red": ordered(ORDER_VISIT, RED << 14 | 300),
    "pause": ordered(ORDER_PAUSE, 5),
    "no pause": ordered(ORDER_PAUSE, 0),
    "off": ordered(ORDER_OFF, 1),
    "on": ordered(ORDER_OFF, 0),
    "practice": ordered(ORDER_PRACTICE, 10),
    "no practice": ordered(ORDER_PRACTICE, 0),
    "charger": lambda rig: rig.badge.battery(60, rig.now, True),
    "off the charger": lambda rig: rig.badge.battery(60, rig.now, False),
    "reset": again,
    "power cut": lambda rig: again(rig, spent=True),
    "lifeboat": lambda rig: again(rig, boat_ms=240_000),
    "5 s": lambda rig: rig.run(5000, step=STEP_MS),
    "40 s": lambda rig: rig.run(40000, step=STEP_MS),
    "3 min": lambda rig: rig.run(180000, step=STEP_MS),
}


def becomes_an_alarm(owed, things):
    rig = Rig()
    rig.run(100)
    owed(rig)
    for thing in things:
        THINGS[thing](rig)
    for thing in ("no pause", "on", "off the charger"):
        THINGS[thing](rig)
    rig.run(LEFT_MS + CHECK_IN_PRE_ALARM_MS, step=STEP_MS)
    raised = {what for _, _, what, _ in rig.alarms() if what & ~WHAT_PRACTICE == WHAT_RAISED}
    practised = "practice" in things and owed not in (denied_fall, denied_in_a_visit)
    assert WHAT_RAISED in raised or practised and raised, things


@pytest.mark.parametrize("owed", OWED)
@pytest.mark.parametrize("thing", list(THINGS))
def test_a_check_in_that_is_owed_becomes_an_alarm_whatever_comes_between(owed, thing):
    becomes_an_alarm(owed, [thing])


@pytest.mark.parametrize("owed", (missed, slumped_and_due))
def test_who_slumps_and_stands_up_again_has_not_given_a_check_in(owed):
    becomes_an_alarm(owed, ["tilted", "5 s", "reset", "righted"])


@settings(max_examples=30, deadline=None)
@given(owed=st.sampled_from(OWED), things=st.lists(st.sampled_from(list(THINGS)), max_size=8))
def test_a_check_in_that_is_owed_becomes_an_alarm_whatever_comes_in_whatever_order(owed, things):
    becomes_an_alarm(owed, things)


def test_a_new_order_brings_a_check_in_nearer_and_never_puts_it_off():
    rig = Rig()
    rig.order(ORDER_VISIT, GREEN << 14 | 300)
    rig.run(200000, step=STEP_MS)
    rig.order(ORDER_VISIT, GREEN << 14 | 1800)
    rig.run(101000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED
    rig.press(100, 3000)
    rig.order(ORDER_VISIT, GREEN << 14 | 150)
    rig.run(151000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED


def test_a_pause_holds_a_check_in_until_it_is_over():
    rig = Rig()
    denied_fall(rig)
    rig.order(ORDER_PAUSE, 10)
    rig.run(590000, step=STEP_MS)
    assert rig.badge.alarm.state == SAFE and feel.REMINDER not in rig.felt()
    rig.run(15000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED


@pytest.mark.parametrize("before", [denied_fall, reminded])
def test_a_fall_that_is_denied_while_a_check_in_is_asked_is_followed_up_all_the_same(before):
    rig = Rig()
    before(rig)
    rig.run(61_000, step=STEP_MS)
    asked = rig.felt().count(feel.REMINDER)
    denied_fall(rig)
    rig.press(100, 2500)  # who has just pressed for the fall presses for what was asked, too
    rig.run(FOLLOW_UP_MS, step=STEP_MS)
    assert asked and rig.felt().count(feel.REMINDER) > asked


def test_the_follow_up_of_a_practised_fall_is_practice():
    rig = Rig()
    rig.order(ORDER_PRACTICE, 10)
    denied_fall(rig)
    rig.run(FOLLOW_UP_MS + CHECK_IN_PRE_ALARM_MS, step=STEP_MS)
    assert rig.alarms()[-1][2] == WHAT_RAISED | WHAT_PRACTICE


@pytest.mark.parametrize("closed", [None, False, True])  # None: the first fell into the restart, and nothing is left
def test_the_second_emergency_of_a_practice_is_real_after_a_reset_too(closed):
    rig = Rig()
    rig.order(ORDER_PRACTICE, 10)
    if closed is not None:
        rig.press(HOLD, 3000)
        assert rig.alarms()[-1][2] == WHAT_RAISED | WHAT_PRACTICE
    if closed:
        close(rig)
        rig.run(3000)
    again(rig)
    assert rig.badge.shift.duty.practising()
    rig.press(HOLD, 3000)
    assert rig.alarms()[-1][2] == WHAT_RAISED


@pytest.mark.parametrize("order, value", [(ORDER_OFF, 1), (ORDER_PAUSE, 120), (ORDER_PRACTICE, 10), (None, 0)])
def test_after_a_power_cut_a_badge_is_on_duty_and_not_ready_and_asks_for_its_test(order, value):
    rig = Rig()
    rig.run(100)
    if order is None:
        rig.badge.shift.duty.tested(rig.now)
    else:
        rig.order(order, value)
    rig.run(100)
    rig.heard.clear()
    again(rig, spent=True)
    rig.run(100)
    duty = rig.badge.shift.duty
    assert duty.mode() == MODE_NOT_READY and duty.watching() and not duty.practising()
    assert rig.badge.self_test_wanted() and rig.beats()[-1][1] == MODE_TESTING
    rig.badge.self_tested(True, rig.now)
    assert rig.felt()[-1] == feel.TEST_ASK
    rig.press(HOLD)
    assert rig.alarms()[-1][2] == WHAT_RAISED


@pytest.mark.parametrize("owed", [denied_fall, THINGS["visit on green"]])
@pytest.mark.parametrize("how", [{"spent": True}, {"boat_ms": 240_000}], ids=["power cut", "lifeboat"])
def test_a_check_in_is_asked_for_at_once_where_nobody_has_counted_the_time(owed, how):
    rig = Rig()
    rig.run(100)
    owed(rig)
    rig.heard.clear()
    again(rig, **how)
    rig.run(CHECK_IN_REMIND_MS + 100, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED and rig.badge.alarm.kind == KIND_CHECK_IN


def test_the_test_after_a_power_cut_waits_for_an_open_alarm_to_be_over():
    rig = Rig()
    rig.press(HOLD)
    again(rig, spent=True)
    rig.run(3000)
    assert not rig.badge.self_test_wanted()
    close(rig)
    rig.run(100)
    assert rig.badge.alarm.state == SAFE and rig.badge.self_test_wanted()


def test_a_reset_keeps_what_a_power_cut_does_not():
    rig = Rig()
    rig.run(100)
    rig.order(ORDER_OFF, 1)
    again(rig)
    assert not rig.badge.shift.duty.watching()


@pytest.mark.parametrize("percent", [100, BATTERY_FULL, BATTERY_UNKNOWN])
def test_a_cell_that_may_be_full_is_no_cell_that_was_taken_off_its_charger(percent):
    rig = Rig()
    rig.walk(1)
    rig.badge.battery(min(percent, 60), rig.now, True)
    rig.run(1000)
    for _ in range(5):
        rig.badge.battery(percent, rig.now, False)
        rig.run(10000, step=100)
        assert rig.badge.shift.mode() == MODE_CHARGING and not rig.badge.self_test_wanted()
    rig.walk(2)
    rig.badge.battery(percent, rig.now, False)
    assert rig.badge.shift.mode() == MODE_TESTING and rig.badge.shift.duty.watching()


@pytest.mark.parametrize("percent, spent, mode", [
    (100, False, MODE_CHARGING), (60, False, MODE_TESTING), (100, True, MODE_TESTING)])  # after a cut nobody can tell
def test_a_badge_that_starts_again_on_its_charger_knows_so(percent, spent, mode):
    rig = Rig()
    rig.badge.battery(60, rig.now, True)
    rig.run(1000)
    again(rig, spent)
    for _ in range(5 if mode == MODE_CHARGING else 1):
        rig.badge.battery(percent, rig.now, False)
        rig.run(10_000, step=100)
        assert rig.badge.shift.mode() == mode
    rig.walk(2)
    rig.badge.battery(percent, rig.now, False)
    assert rig.badge.shift.mode() == MODE_TESTING


def asks_for_all(rig):
    """Everything that one press answers: a check-in whose reminder was felt, and the test after a power cut."""
    rig.order(ORDER_VISIT, RED << 14 | 120)
    again(rig, spent=True)
    rig.run(500)
    rig.badge.self_tested(True, rig.now)
    rig.run(3000)
    assert {feel.REMINDER, feel.TEST_ASK} <= set(rig.felt())


def test_one_press_answers_all_that_is_asked_since_all_of_it_feels_alike():
    rig = Rig()
    asks_for_all(rig)
    rig.press(100, 3000)
    assert feel.READY in rig.felt() and not rig.badge.shift.asks()
    rig.run(110_000, step=STEP_MS)
    assert rig.badge.alarm.state == SAFE and not {WHAT_PRE_ALARM, WHAT_RAISED} & {said[2] for said in rig.alarms()[1:]}
    rig.run(12_000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED


GRAVE = {"missed": lambda rig: rig.run(121_000 + CHECK_IN_PRE_ALARM_MS, step=STEP_MS),
         "fall": lambda rig: (seen(rig, FELL), rig.run(PRE_ALARM_MS + 500)), "hold": lambda rig: rig.press(HOLD, 3000)}


@pytest.mark.parametrize("raise_", GRAVE.values(), ids=GRAVE)
def test_beside_an_open_alarm_as_grave_no_check_in_is_asked_and_the_next_is_counted_from_its_end(raise_):
    rig = Rig()
    rig.order(ORDER_VISIT, RED << 14 | 120)
    raise_(rig)
    felt = len(rig.felt())
    rig.run(300_000, step=STEP_MS)
    assert rig.badge.alarm.is_open() and feel.REMINDER not in rig.felt()[felt:]
    close(rig)
    rig.run(115_000, step=STEP_MS)
    assert rig.badge.alarm.state == SAFE and rig.felt()[-1] == feel.REMINDER
    rig.run(6000, step=STEP_MS)
    assert rig.badge.alarm.state == WARNED


def test_a_check_in_missed_beside_an_alarm_less_grave_makes_that_graver():
    rig = Rig()
    rig.order(ORDER_VISIT, RED << 14 | 120)
    rig.press(100, 100, 100, 3000)
    rig.run(121_000, step=STEP_MS)
    assert feel.REMINDER in rig.felt() and rig.badge.alarm.kind == KIND_CHECK_IN


def test_a_practised_alarm_takes_no_real_check_in_away():
    rig = Rig()
    denied_fall(rig)
    rig.order(ORDER_PRACTICE, 10)
    rig.press(HOLD, 3000)
    rig.run(FOLLOW_UP_MS, step=STEP_MS)
    assert rig.alarms()[-1][1:3] == (KIND_EMERGENCY, WHAT_RAISED)


@pytest.mark.parametrize("seconds", [10, 20, 50])
def test_a_contact_of_the_charger_that_comes_and_goes_begins_few_shifts(seconds):
    """Each begins with a test, which the motor asks for: it asked 90 times, and told the board as often."""
    rig = Rig()
    tests = 0
    for turn in range(120):
        rig.badge.battery(60, rig.now, charging=turn * 10 // seconds % 2 == 0)
        rig.run(10000, step=500)
        if rig.badge.self_test_wanted():
            tests += 1
            rig.badge.self_tested(True, rig.now)
    assert tests <= 5
    rig.badge.battery(60, rig.now, charging=False)
    assert rig.badge.shift.duty.watching(), "who is off it is watched at once"
    for _ in range(7):
        rig.badge.battery(60, rig.now, charging=True)
        rig.run(10000, step=500)
    assert not rig.badge.shift.duty.watching(), "and a minute on it is on it"
