"""Do the features say what they claim, against a plain reckoning with floats, wherever ring and badge are turned?"""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.detect import features as f
from firmware.detect.features import RING, Axes, Features
from firmware.detect.features import Flight
from firmware.detect.features import isqrt
from tools.train.named import NAMES
from tools.train.sensor import random_turn

axis = st.integers(-18000, 18000)
SETTINGS = settings(derandomize=True, max_examples=300, deadline=None)


@given(st.integers(0, 2**30 - 1))
@SETTINGS
def test_a_root_is_the_largest_whole_one(n):
    r = isqrt(n)
    assert r * r <= n < (r + 1) * (r + 1) and r == math.isqrt(n)


def test_roots_at_the_edges():
    assert [isqrt(n) for n in (-5, 0, 1, 2, 3, 4)] == [0, 0, 1, 1, 1, 2]
    assert [isqrt(n) for n in (2**30 - 1, 32767**2, 32767**2 - 1)] == [32767, 32767, 32766]


def attitude(x, y=0, z=0):
    axes = Axes()
    axes.put(x, y, z)
    return axes


@given(axis, axis, axis, axis, axis, axis)
@SETTINGS
def test_a_cosine_is_right_to_a_percent_for_attitudes_longer_than_a_tenth_of_g(ax, ay, az, bx, by, bz):
    a, b = math.hypot(ax, ay, az), math.hypot(bx, by, bz)
    mine = attitude(ax, ay, az).cosine(attitude(bx, by, bz))
    assert -1100 < mine < 1100
    if a > 100 and b > 100:
        assert abs(mine / 1024 - (ax * bx + ay * by + az * bz) / a / b) < 0.02


def test_no_length_has_no_direction():
    assert Axes().cosine(attitude(100)) == attitude(100).cosine(Axes()) == 0


def read(samples, impact, worn, place=0):
    """Return the features of the impact at row `impact` of samples (n, 3), laid into a ring at `place`; and slices."""
    xs, ys, zs = [0] * RING, [0] * RING, [0] * RING
    for offset in range(-200, 256):
        i = (place + offset) % RING
        xs[i], ys[i], zs[i] = (int(mg) for mg in samples[impact + offset])
    reader = Features(xs, ys, zs)
    reader.begin(place, *worn)
    slices = 1
    while not reader.step():
        slices += 1
    return list(reader.values), slices


def reckoned(samples, impact, worn):
    """Return the same with floats, from the words beside their places."""
    before = samples[impact - 150 : impact - 50].mean(axis=0)
    around = samples[impact - 50 : impact + 75].astype(float)
    after = samples[impact + 75 : impact + 250].astype(float)
    landed = samples[impact + 25 : impact + 75].mean(axis=0)
    ready = samples[impact - 50 : impact - 25].mean(axis=0)
    size = np.linalg.norm(around, axis=1)

    def cos(a, b):
        return 1024 * float(a @ b) / np.linalg.norm(a) / np.linalg.norm(b)
    worn = np.array(worn, dtype=float)
    pulse = max(len(part) for part in "".join(" x"[int(high)] for high in size > 1400).split())
    parts = after.reshape(7, 25, 3).mean(axis=1)
    halves = samples[impact - 150 : impact + 100].reshape(10, 25, 3).mean(axis=1)
    turns = [cos(one, other) for one, other in pairwise(halves)]
    along = around @ worn / np.linalg.norm(worn)
    return [size.max(), (size > 1400).sum(), np.sqrt(size**2 - along**2).max(), pulse,
            np.linalg.norm(after.mean(axis=0)), cos(after.mean(axis=0), worn), cos(before, worn), cos(landed, worn),
            min(turns[:3]), min(turns[3:]), sum(cos(part, worn) < 724 for part in parts), cos(ready, landed),
            cos(landed, after.mean(axis=0)), min(cos(part, worn) for part in parts),
            np.maximum(0, 1e6 - size[:60] ** 2).sum() / 2**15]


def scene(seed):
    random = np.random.default_rng(seed)
    before, after = random.normal(size=3), random.normal(size=3)
    before, after = 1000 * before / np.linalg.norm(before), 1000 * after / np.linalg.norm(after)
    rows = np.concatenate([np.tile(before, (230, 1)), np.tile(after, (330, 1))])
    rows[200:215] *= random.uniform(0, 0.4)
    rows[228:240] += random.normal(0, 3000, (12, 3))
    rows += random.normal(0, random.uniform(5, 150), rows.shape)
    return np.clip(np.rint(rows), -18000, 18000).astype(int), 230, [int(mg) for mg in before + random.normal(0, 100, 3)]


NEAR = dict(zip(NAMES, (2, 1, 6, 1, 3, 14, 14, 14, 14, 14, 0, 14, 14, 14, 61), strict=True))


def test_the_features_are_what_they_say():
    for seed in range(60):
        samples, impact, worn = scene(seed)
        values, slices = read(samples, impact, worn)
        assert slices == 4 + 5 + 7 + 1
        for name, mine, wanted in zip(NAMES, values, reckoned(samples, impact, worn), strict=True):
            assert abs(mine - wanted) <= NEAR[name], (seed, name, mine, wanted)


def test_they_do_not_depend_on_where_the_ring_begins():
    samples, impact, worn = scene(3)
    wanted, _ = read(samples, impact, worn)
    for place in (1, 40, 75, 149, 150, 151, 255, 300, 511):
        assert read(samples, impact, worn, place)[0] == wanted


def test_nor_on_how_the_badge_is_turned():
    for seed in range(40):
        samples, impact, worn = scene(seed)
        turn = random_turn(np.random.default_rng(seed))
        turned = np.clip(np.rint(samples @ turn.T), -18000, 18000).astype(int)
        turned_worn = [int(mg) for mg in np.rint(turn @ np.array(worn))]
        here, there = read(samples, impact, worn)[0], read(turned, impact, turned_worn)[0]
        for name, mine, other in zip(NAMES, here, there, strict=True):
            assert abs(mine - other) <= NEAR[name] + 3, (seed, name, mine, other)


def test_the_ring_is_long_enough_for_a_reading():
    samples = 150 + f.AFTER_END + 22 + 8 + 2  # before, after, slices of reading, of voting, beginnings
    assert samples < RING


def flown(sizes, changes):
    flight = Flight()
    for size, change in zip(sizes, changes, strict=True):
        flight.sample(size * size, change)
    return flight.smooth()


def test_a_smooth_flight_is_a_thing_and_a_restless_or_short_one_is_not():
    fast = [1000, *[100] * 12, 4000, 1000]
    assert flown(fast, [0, 900, *[24] * 10, 300, 4000, 3000])  # letting go and touching down do not count
    assert not flown(fast, [0, 900, *[90] * 10, 300, 4000, 3000])
    assert flown([1000, *[100] * 6, 4000], [0, 900, *[48] * 5, 3900])
    assert not flown([1000, *[100] * 5, 4000], [0, 900, *[0] * 4, 3900])
    assert not flown([1000, *([100] * 5 + [500]) * 4, 4000], [0] * 26)  # on end, not in all
    assert not flown([], [])


def test_what_a_flight_was_is_forgotten_before_the_next_reading():
    xs, ys, zs = [0] * RING, [0] * RING, [1000] * RING
    for i in range(100, 112):
        zs[i] = 48
    reader = Features(xs, ys, zs)
    said = []
    for place in (115, 300):
        reader.begin(place, 0, 0, 1000)
        while not reader.step():
            pass
        said.append(reader.flew)
    assert said == [True, False]


def test_who_flies_smoothly_is_a_thing_only_when_it_was_handled_or_struck_hard_or_was_very_light():
    said = []
    for lying, pulse, flight in ((1000, 2, 200), (1000, 3, 200), (0, 3, 200), (1000, 3, 100)):
        xs, ys, zs = [1000 - lying] * RING, [0] * RING, [lying] * RING
        for i in range(100, 112):
            xs[i] = flight
            zs[i] = 0
        for i in range(112, 112 + pulse):
            xs[i] = 3000
        reader = Features(xs, ys, zs)
        reader.begin(113, 0, 0, 1000)
        while not reader.step():
            pass
        said.append((reader.flew, reader.thing))
    assert said == [(True, True), (True, False), (True, True), (True, True)]
