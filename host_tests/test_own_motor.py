"""Is what the badge's own motor does to its sensor nobody's movement, neither life nor an answer?"""

from array import array

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.codes import (
    FAULT_NOT_WORN, KIND_EMERGENCY, KIND_FALL, KIND_MOTIONLESS, KIND_POSITION, MODE_CHARGING, MODE_TESTING,
    ORDER_VISIT, RED, SAFE, STILL, WHAT_RAISED, YELLOW,
)
from firmware.detect.body import Body
from firmware.limits import BATTERY_UNKNOWN, COMES_MS, MOTIONLESS_MS, MOVED_MS, NOT_WORN_MS
from firmware.link import downlink, frame
from tools.sim.checks.wearer import Wearer

MASK = 2**30 - 1
START = 2**30 - 30000
QUIVER = np.array((200, -200, 200))


def lived(runs, seconds, block, told=True, start=START, each=True):
    """Return [(ms, event)] of who lies still while the motor runs in `runs`, [(from ms, until ms)].

    block: samples that are read at once, so that the first of them are as old. told: whether the badge knows. each:
    whether it looks at its motor at each sample; else only as the motor begins and ends, where a loop stood still.
    """
    body, said, before = Body(start, MOTIONLESS_MS), [], []
    body.samples(array("h", (0, 0, 1000) * 150), 0, 150, start)
    waiting = []
    for ms in range(20, 1000 * seconds, 20):
        on = [True for begin, end in runs if begin <= ms < end]
        swings = [True for begin, end in runs if begin <= ms < end + 300]
        now = (start + ms) & MASK
        if told and (on and each or on[:1] != before[:1]):
            body.shaken(255 if on else 0, now)
        before = on
        waiting += [*(np.array((600, 0, 800)) + (QUIVER * (-1) ** (ms // 20) if swings else 0))]
        if len(waiting) >= 3 * block:
            rows, at = array("h", waiting), 0
            waiting = []
            while at < block:
                event = body.samples(rows, at, block, now)
                at = body.taken
                if event:
                    said.append((ms - 20 * (block - at), event))
    return said


RUNS = st.lists(st.tuples(st.integers(1000, 85000), st.integers(100, 3000)), max_size=12)


@settings(max_examples=30, deadline=None)
@given(RUNS, st.integers(1, 90), st.booleans())
@example([(43440, 340)], 20, False)
@example([(50000, 2900)], 1, False)
def test_a_motor_keeps_nobody_from_being_found_and_withdraws_no_question(runs, block, each):
    said = lived([(begin, begin + lasts) for begin, lasts in runs], 100, block, each=each)
    assert [event for _, event in said] == [STILL]
    assert 30000 + 1000 <= said[0][0] <= 30000 + MOTIONLESS_MS + 5000


def test_what_the_badge_knows_no_motor_of_is_a_movement():
    assert STILL not in [event for _, event in lived([(t, t + 500) for t in range(5000, 90000, 9000)], 100, 5, False)]


@pytest.mark.parametrize("days", [3, 6, 7, 12])
def test_a_motor_that_rested_for_days_hides_no_movement(days):
    body = Body(START, MOTIONLESS_MS)
    body.shaken(255, START)
    body.shaken(0, START)
    later = (START + days * 86400000) & MASK
    body.stirred(later)
    assert body.moved_within(1000, later)


def test_the_wake_line_of_a_badge_that_shakes_itself_on_a_table_is_no_wearer():
    body = Body(START, MOTIONLESS_MS)
    later = (START + NOT_WORN_MS) & MASK
    body.shaken(255, later)
    body.stirred((later + 1800) & MASK)
    assert not body.moved_within(60000, later)


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("mg", [0, 100, 400, 1500])
def test_stillness_and_a_slump_are_asked_about_and_call_however_hard_the_motor_shakes_and_for_however_long(mg, called):
    for attitude, kind in (((600, 0, 800), KIND_MOTIONLESS), ((900, 0, 400), KIND_POSITION)):
        rig = Wearer()
        rig.quivers_mg = mg
        rig.order(ORDER_VISIT, YELLOW << 14)
        rig.walk(12)
        rig.attitude = attitude
        if called:
            rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
        slumps, falls = rig.raised(kind), rig.raised(KIND_FALL)  # to which such a shaking may look like a fall
        assert rig.until(lambda: slumps() or mg > 1000 and falls(), 90000, step=20), (kind, mg)


def test_who_is_asked_and_moves_withdraws_the_question_all_the_same():
    rig = Wearer()
    rig.order(ORDER_VISIT, YELLOW << 14)
    rig.run(1000)
    rig.attitude = (600, 0, 800)
    rig.until(lambda: rig.badge.alarm.kind == KIND_MOTIONLESS, 90000, step=20)
    rig.walk(15)
    assert not rig.raised(KIND_MOTIONLESS, WHAT_RAISED)()
    rig.run(40000, step=20)
    assert not rig.raised(KIND_MOTIONLESS, WHAT_RAISED)()


def strolls(rig, seconds):
    for turn in range(50 * seconds):
        rig.attitude = (0, 0, 1000 + round(260 * np.sin(turn / 4.3)))
        rig.run(20, step=20)


@pytest.mark.parametrize("mg", [40, 200, 1500])
def test_who_walks_while_she_is_called_is_not_asked_whether_she_is_well_and_one_press_answers(mg):
    rig = Wearer()
    rig.quivers_mg = mg
    rig.order(ORDER_VISIT, RED << 14)
    strolls(rig, 12)
    for minute in range(2):  # of nobody's help: the call is felt all the time
        rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
        strolls(rig, 60)
    assert not rig.alarms() and rig.badge.alarm.state == SAFE
    rig.run(150, pressed=1)
    strolls(rig, 5)
    assert any(type == frame.ANSWER for type, _ in rig.heard)


@pytest.mark.parametrize("away", ["sits on", "gets up", "begins to walk", "is nobody"])
@pytest.mark.parametrize(("since_ms", "mg"), [(300, 200), (2570, 1500), (20140, 200), (61_000, 1500)])
def test_who_has_sat_still_and_says_that_she_comes_is_heard_as_soon_as_she_moves_and_a_table_never(away, since_ms, mg):
    rig = Wearer()
    rig.quivers_mg = mg
    rig.walk(5)
    rig.attitude = (600, 0, 800)
    rig.run(2 * MOVED_MS, step=20)
    rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
    rig.run(since_ms, step=20)
    if away == "sits on":
        rig.attitude = (690, 0, 720)  # a hand leans on the badge
    rig.run(150, pressed=1)
    rig.run(3000 if away == "sits on" else 500, step=20)
    rig.attitude = (600, 0, 800)
    if away == "gets up":
        rig.run(5000, step=20)
        rig.attitude = (200, 0, 980)
    if away == "begins to walk":
        rig.walk(8)  # the call may be felt meanwhile
    rig.run(COMES_MS + 1500, step=20)
    assert [type == frame.ANSWER for type, _ in rig.heard].count(True) == (away != "is nobody")
    rig.attitude = (0, 0, 1000)  # a badge that is picked up later answers nothing
    rig.run(20000, step=20)
    assert [type == frame.ANSWER for type, _ in rig.heard].count(True) == (away != "is nobody")


@pytest.mark.parametrize(("mg", "called"), [(200, False), (600, True), (1500, True)])
def test_a_badge_on_a_table_that_tells_of_its_lost_gateway_or_a_call_is_not_worn(mg, called):
    rig = Wearer()
    rig.quivers_mg = mg
    rig.walk(2)
    rig.linked = False
    for _ in range((NOT_WORN_MS + 90000) // 30000):
        if called:
            rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
        rig.run(30000, step=20)
    assert rig.badge.faults & FAULT_NOT_WORN and any(level for _, level in rig.motor)


@pytest.mark.parametrize("mg", [40, 200, 600, 1500])
@pytest.mark.parametrize(("percent", "answers"), [(100, False), (BATTERY_UNKNOWN, False), (100, True)])
def test_a_full_badge_that_is_called_for_long_on_its_charger_begins_no_shift_until_it_is_taken_up(mg, percent, answers):
    rig = Wearer()
    rig.quivers_mg = mg
    rig.walk(2)
    rig.attitude = (0, 0, 1000)
    rig.badge.battery(min(percent, 60), rig.now, True)
    rig.run(20_000, step=20)
    for turn in range(9):
        rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
        for _ in range(10):
            rig.run(990 + 20 * turn)  # so that the sensor is read at any phase of the motor
            rig.badge.battery(percent, rig.now)
            assert rig.badge.shift.mode() == MODE_CHARGING
    if answers:
        rig.run(150, pressed=1)  # the motor rests for a while
        rig.run(850)
    else:
        rig.hand(rig.down(downlink.stand_down, 9, 500))
        rig.run(5000)
    rig.walk(3)
    rig.badge.battery(percent, rig.now)
    assert rig.badge.shift.mode() == MODE_TESTING
