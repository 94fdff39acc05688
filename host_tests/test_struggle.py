"""Is hard movement without a rhythm told within ten seconds where a house wants it, and nothing else?"""

from array import array

import numpy as np
import pytest

from firmware.badge import Badge
from firmware.codes import KIND_STRUGGLE, STRUGGLED, WHAT_CANCELLED
from firmware.detect.body import Body
from firmware.limits import CLAMP_MG, FOLLOW_UP_MS, MOTIONLESS_MS
from tools.train import sensor, stir, synth

STAND = np.tile([70.0, 975.0, 200.0], (50 * 40, 1))
HARD_MG = 900


def told(rows, **settings):
    """Return the seconds in which a body says STRUGGLED of `rows`, mg at 50 a second, taken in blocks."""
    body = Body(0, MOTIONLESS_MS, struggle=True, **settings)
    block, found = array("h", np.rint(rows).astype(np.int16).tobytes()), []
    at = 0
    while at < len(rows):
        end = min(at + 28, len(rows))
        while at < end:
            if body.samples(block, at, end, end * 20) == STRUGGLED:
                found.append(body.taken // 50)
            at = body.taken
    return found


def beaten(hz, mg=900, seed=1):
    """Samples of somebody who moves as hard, but in time."""
    t = np.arange(len(STAND)) / 50
    random = np.random.default_rng(seed)
    beat = np.sin(2 * np.pi * hz * t) + 0.5 * np.sin(4 * np.pi * hz * t + 1)
    lean = np.repeat(random.normal(0, 150, (40, 3)), 50, axis=0)
    return STAND + mg * beat[:, None] * np.array([0.3, 0.9, 0.3]) + lean


@pytest.mark.parametrize("way", stir.WAYS)
def test_who_is_pushed_about_is_told_within_ten_seconds(way):
    late = []
    for seed in range(12):
        rows = stir.stirred(STAND, 50, 500, HARD_MG, way, np.random.default_rng(seed))
        late += [second - 10 for second in told(np.round(rows / 16) * 16)[:1]]
    assert sum(s <= 10 for s in late) >= 9 and all(s >= 6 for s in late), late


@pytest.mark.parametrize("hz", [0.9, 1.4, 1.8, 2.3, 2.8, 3.2])
def test_what_is_done_in_time_is_no_struggle_however_hard(hz):
    assert not told(beaten(hz))


def test_standing_still_and_small_movements_are_none():
    assert not told(STAND)
    for way in stir.WAYS:
        assert not told(stir.stirred(STAND, 50, 0, 60, way, np.random.default_rng(3)))


@pytest.mark.parametrize("kind", ["knocked", "jumped", "sat_down", "banged", "dropped"])
def test_one_blow_or_jumps_are_none(kind):
    for seed in range(8):
        recording = synth.make(kind, 9000 + seed)
        assert not told(sensor.measure(recording.accel, recording.fs)[0]), (kind, seed)


def test_it_is_told_again_only_after_half_a_minute():
    rows = stir.stirred(np.tile(STAND, (3, 1)), 50, 0, HARD_MG, "rolling", np.random.default_rng(2))
    seconds = told(rows)
    assert len(seconds) >= 2 and min(np.diff(seconds)) >= 30


@pytest.mark.parametrize("mg", [0, 1, CLAMP_MG])
def test_the_hardest_samples_stay_in_thirty_bits(mg):
    random = np.random.default_rng(4)
    for rows in (mg * random.choice([-1, 1], (1500, 3)), mg * np.sign(np.sin(np.arange(4500) / 7)).reshape(-1, 3)):
        body = Body(0, MOTIONLESS_MS, struggle=True)
        struggle = body._struggle
        body.samples(array("h", rows.astype(np.int16).tobytes()), 0, 1, 20)
        told(rows)
        force = max(abs(v) for v in struggle._strength)
        assert 75 * (6 * CLAMP_MG >> 5) ** 2 < 2**30 and force * force * 75 < 2**30


def test_a_badge_that_was_not_told_to_does_not_even_load_it():
    body = Body(0, MOTIONLESS_MS)
    assert body._struggle is None
    badge = Badge(7, bytes(16), bytes(16), 0)
    assert badge.body._struggle is None
    assert Badge(7, bytes(16), bytes(16), 0, struggle=True).body._struggle is not None


def test_it_is_a_question_first_and_a_press_withdraws_it_with_a_check_in_to_follow():
    badge = Badge(7, bytes(16), bytes(range(16)), 0, struggle=True)
    rows = stir.stirred(STAND, 50, 0, HARD_MG, "rolling", np.random.default_rng(1))
    block = array("h", np.rint(rows).astype(np.int16).tobytes())
    badge.samples(block, 900, 18000)
    assert badge.alarm.kind == KIND_STRUGGLE and not badge.alarm.is_open()
    now = 18010
    for t in range(0, 1200, 10):
        badge.button(1 if t < 150 else 0, now + t)
    assert badge.alarm.what == WHAT_CANCELLED and not badge.alarm.is_open()
    asked = []
    for t in range(2000, FOLLOW_UP_MS + 5000, 1000):  # an assailant can press too
        badge.tick(now + t)
        asked.append(badge.shift.visit.asked)
    assert any(asked) and not asked[0]
