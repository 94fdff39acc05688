"""Do the once-a-second detectors see a lost attitude, a wearer who no longer moves, and a sensor that is wrong?"""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest

from firmware.detect import window as c
from firmware.detect.motionless import MOVED, STILL, STILL_S, Motionless
from firmware.detect.position import STAYS_S, TILTED, UPRIGHT, Position
from firmware.detect.position import Steps
from firmware.detect.window import Plausibility, Window
from tools.sim.body import Body
from tools.train.sensor import random_turn

MASK = 0x3FFFFFFF
RING = SimpleNamespace(xs=array("h", bytes(1024)), ys=array("h", bytes(1024)), zs=array("h", bytes(1024)), at=0)
START = MASK - 30000


def seconds(rows, *watchers):
    """Return [(second number, watcher number, what it said)], skipping 0. Times are checked to wrap without harm."""
    second, said, now = Window(), [], START
    for i, (x, y, z) in enumerate(rows):
        now = (now + 20) & MASK
        RING.at = i & 511
        RING.xs[RING.at], RING.ys[RING.at], RING.zs[RING.at] = int(x), int(y), int(z)
        if second.samples((int(x), int(y), int(z)), 0, 1):
            for k, watch in enumerate(watchers):
                word = watch(second, now)
                if word:
                    said.append((i // 50, k, word))
    return said


def upright(position=None):
    """Return (position, watcher): one that learns from steps, as on the badge."""
    position, steps = position or Position(), Steps(RING)
    return position, lambda second, now: position.second(second, now, steps.second(second))


def still(motionless=None, down=False):
    motionless = motionless or Motionless()
    return motionless, lambda second, now: motionless.second(second, now, down)


def body(*plays, ms, seed=1, turn=None):
    made, out, rows = Body(seed), [0, 0, 0], []
    for activity, at_ms in plays:
        made.play(activity, at_ms)
    for t_ms in range(0, ms, 20):
        made.milli_g(t_ms, out)
        rows.append(tuple(out))
    rows = np.array(rows, dtype=float)
    return np.rint((rows if turn is None else rows @ turn.T) / 12) * 12


def quiet(attitude, count_s, noise_mg=5, breath_mg=10, seed=1):
    random = np.random.default_rng(seed)
    count = 50 * count_s
    breath = breath_mg * np.sin(np.arange(count) * 2 * np.pi / 200)
    rows = np.array(attitude) + breath[:, None] * np.array([0.2, 0.3, 0.9]) + random.normal(0, noise_mg, (count, 3))
    return np.rint(rows / 12) * 12


@pytest.mark.parametrize("seed", range(8))
def test_lying_after_a_fall_is_a_lost_attitude_and_getting_up_restores_it(seed):
    rows = body(("walking", 1000), ("fall", 15000), ("walking", 65000), ms=80000, seed=seed,
                turn=random_turn(np.random.default_rng(seed)))
    position, watch = upright()
    said = seconds(rows, watch)
    assert [word for _, _, word in said] == [TILTED, UPRIGHT]
    assert abs(said[0][0] - (15 + STAYS_S)) <= 2 and 64 <= said[1][0] <= 68
    assert not position.tilted


def test_bending_and_sitting_are_not():
    bent = quiet((900, 300, 300), 20)
    rows = np.concatenate([body(("walking", 1000), ms=20000), bent, body(("sitting", 2000), ms=60000)])
    assert not seconds(rows, upright()[1])


def test_nothing_is_said_before_upright_is_known():
    assert not seconds(quiet((0, 0, 1000), 200), upright()[1])


def test_a_badge_put_on_another_way_round_is_learned_anew():
    turn = random_turn(np.random.default_rng(9))
    rows = np.concatenate([body(("walking", 1000), ms=20000), body(("walking", 0), ms=60000, turn=turn)])
    fallen = np.concatenate([rows, body(("walking", 0), ("fall", 5000), ms=60000, turn=turn)])
    assert not seconds(rows, upright()[1])
    assert [word for _, _, word in seconds(fallen, upright()[1])] == [TILTED]


def test_breath_alone_is_no_movement_and_a_turn_is():
    rows = [quiet((0, 1000, 0), 5), quiet((1000, 0, 0), STILL_S + 20), quiet((990, 140, 0), 20)]
    motionless, watch = still()
    said = seconds(np.concatenate(rows), watch)
    assert [word for _, _, word in said] == [STILL, MOVED]
    assert abs(said[0][0] - STILL_S - 5) <= 1 and abs(said[1][0] - (STILL_S + 25)) <= 1
    assert not motionless.still


def test_who_shifts_now_and_then_is_not_motionless():
    parts = [quiet((1000, 8 * i % 160, 0), 40, seed=i) for i in range(0, 40, 10)]
    parts = [np.concatenate([part, quiet((950, 200, 0), 1)]) for part in parts]
    assert not seconds(np.concatenate(parts), still()[1])


def watched(rows):
    check = Plausibility()
    return check, seconds(rows, lambda second, now: check.second(second))


def test_a_good_sensor_is_believed():
    _, said = watched(np.concatenate([body(("walking", 1000), ("jump", 9000), ms=30000), quiet((0, 1000, 0), 90)]))
    assert not said


def test_errors_of_gain_and_offset_that_are_allowed_are_believed():
    rows = quiet((0, 950, 0), 30) + 60
    assert not watched(rows)[1] and not watched(quiet((0, 1050, 0), 30) - 60)[1]


def test_repeated_codes_ask_for_a_test_before_anything_is_said():
    check, said = watched(np.tile([0, 996, 12], (50 * 61 + 50, 1)))
    assert not said and check.wants_test
    check.tested(True)
    assert not check.wants_test and check.wrong == c.GOOD
    check, _ = watched(np.tile([0, 996, 12], (50 * 61 + 50, 1)))
    check.tested(False)
    assert check.wrong == c.STUCK
    second = Window()
    for i in range(100):
        if second.samples((12 * (i % 3), 996, 0), 0, 1):
            check.second(second)
    assert check.wrong == c.GOOD


def test_a_quiet_badge_asks_again_every_minute():
    check, asked, second = Plausibility(), 0, Window()
    for _ in range(50 * 200):
        if second.samples((0, 996, 0), 0, 1):
            check.second(second)
            if check.wants_test:
                asked += 1
                check.tested(True)
    assert asked == 3


def test_one_stuck_axis_is_found_while_the_others_move():
    rows = body(("walking", 0), ms=90000)
    rows[:, 1] = 972
    check, said = watched(rows)
    assert said[0][2] == c.AXIS_STUCK and 59 <= said[0][0] <= 64
    assert check.wrong == c.AXIS_STUCK


def test_samples_cut_off_second_after_second_are_found_and_one_blow_is_not():
    blow = quiet((0, 1000, 0), 20)
    blow[300:304] = (18000, 0, 0)
    assert not watched(blow)[1]
    cut = quiet((0, 1000, 0), 20)
    cut[300::7] = (0, -18000, 0)
    assert watched(cut)[1][0][2] == c.CUT


@pytest.mark.parametrize("length", [500, 2000])
def test_gravity_of_another_length_is_found(length):
    _, said = watched(quiet((0, 0, length), 50))
    assert said and {word for _, _, word in said} == {c.SCALE} and 29 <= said[0][0] <= 31
