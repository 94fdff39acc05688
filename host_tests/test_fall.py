"""Does the fall detector raise what it should, when it should, and nothing else? On made bodies and scenes."""

from pathlib import Path

import numpy as np
import pytest

from firmware.detect import features, model
from firmware.detect.fall import FELL, FallDetector
from firmware.detect.fall import Forest
from tools.cli import train
from tools.sim.body import Body
from tools.train import apart, grow, sensor, stir, synth
from tools.train.named import NAMES

STEP = 20
MASK = 0x3FFFFFFF


def lived(seed, *plays, ms=25000, turn=None):
    """Return samples of a body that does (activity, at ms) in turn, as a badge would measure them."""
    body, out, rows = Body(seed), [0, 0, 0], []
    for activity, at_ms in plays:
        body.play(activity, at_ms)
    for t_ms in range(0, ms, STEP):
        body.milli_g(t_ms, out)
        rows.append(tuple(out))
    rows = np.array(rows, dtype=float)
    if turn is not None:
        rows = rows @ turn.T
    return np.clip(np.rint(rows / 12) * 12, -18000, 18000).astype(int).tolist()


def worn(rows, detector=None, start=0):
    """Return [(impact ms, event ms)] since the first row."""
    detector = detector or FallDetector()
    events = []
    for i, (x, y, z) in enumerate(rows):
        now = (start + i * STEP) & MASK
        if detector.sample(x, y, z, now) == FELL:
            events.append(((detector.impact_at - start) & MASK, i * STEP))
    return events


@pytest.mark.parametrize("seed", range(20))
def test_a_fall_is_found_once_within_six_seconds_however_the_badge_is_turned(seed):
    turn = sensor.random_turn(np.random.default_rng(seed))
    rows = lived(seed, ("walking", 3000), ("fall", 12000), turn=turn)
    events = worn(rows)
    assert len(events) == 1
    impact, event = events[0]
    sizes = (np.array(rows) ** 2).sum(axis=1)
    assert abs(impact - STEP * int(sizes.argmax())) <= 100 and 5000 < event - impact <= 6000


@pytest.mark.parametrize("seed", range(20))
def test_jumping_sitting_walking_and_taking_off_are_not_falls(seed):
    assert not worn(lived(seed, ("walking", 2000), ("jump", 8000), ("sitting", 14000), ("taken_off", 18000)))


def test_time_may_wrap_anywhere():
    rows = lived(5, ("fall", 12000))
    wanted = worn(rows)
    assert wanted and all(worn(rows, start=MASK - ms) == wanted for ms in (1, 500, 11000, 12600, 14000, 18000))


def test_a_fall_after_a_jump_and_a_jump_after_a_fall_do_not_hide_it():
    for gap_ms in (1500, 2000, 2500, 3000, 4000, 5000):
        assert worn(lived(7, ("jump", 9000), ("fall", 9000 + gap_ms)))
    # ... and who is helped up at once has fallen all the same, when there were 5 s
    assert worn(lived(7, ("fall", 9000), ("walking", 16000)))


@pytest.mark.parametrize("way", stir.WAYS)
@pytest.mark.parametrize("mg, least", [(100, 0.95), (250, 0.95), (700, 0.8)])
def test_who_falls_and_goes_on_moving_has_fallen_and_a_fight_is_no_less_a_fall(way, mg, least):
    found = 0
    for seed in range(20):
        random = np.random.default_rng([seed, mg])
        rows = np.array(lived(seed, ("walking", 3000), ("fall", 12000), turn=sensor.random_turn(random)), dtype=float)
        hit = int((rows**2).sum(axis=1).argmax())
        moved = np.rint(stir.stirred(rows, 50, hit + 50, mg, way, random)).astype(int)
        found += any(abs(impact - STEP * hit) <= 2500 for impact, _ in worn(np.clip(moved, -18000, 18000).tolist()))
    assert found >= 20 * least


@pytest.mark.parametrize("seed", range(10))
def test_who_goes_on_moving_as_hard_on_their_feet_has_not(seed):
    random = np.random.default_rng(seed)
    rows = np.array(lived(seed, ("walking", 2000), ("jump", 8000), ("sitting", 14000), ms=24000), dtype=float)
    moved = stir.stirred(rows, 50, 425, 250, stir.WAYS[seed % len(stir.WAYS)], random)
    assert not worn(np.rint(moved).astype(int).tolist())


def test_a_second_fall_is_a_second_event():
    # Body stands up while it turns to the next activity
    assert len(worn(lived(8, ("fall", 9000), ("walking", 20000), ("fall", 35000), ms=50000))) == 2


def test_nothing_is_noted_in_the_first_four_seconds():
    detector = FallDetector()
    worn(lived(1, ("fall", 100), ms=10000), detector)
    assert detector.decided == 0


def test_what_is_not_believed_is_not_classified():
    detector = FallDetector()
    detector.believed = False
    assert not worn(lived(5, ("fall", 12000)), detector) and detector.decided > 0


def raised(kind, count):
    """Return the share of `count` made scenes that are raised, of seeds that training has not seen."""
    seen = 0
    for seed in range(1000, 1000 + count):
        recording = synth.make(kind, seed)
        samples, _ = sensor.measure(recording.accel, recording.fs)
        seen += bool(worn(sensor.pad(samples)[0].tolist()))
    return seen / count


# The shares are what was measured, with some room: a limit on getting worse.
@pytest.mark.parametrize("kind, most", [
    ("knocked", 0.05), ("driven", 0.05), ("jumped", 0.05), ("sat_down", 0.15), ("put_away", 0.2), ("dropped", 0.1),
    ("let_go", 0.1), ("slipped", 0.1), ("thrown", 0.25), ("tossed", 0.15), ("shaken", 0.3), ("rattled", 0.15),
])
def test_made_scenes_that_are_no_falls(kind, most):
    assert raised(kind, 20) <= most


@pytest.mark.parametrize("kind, least", [
    ("slump", 0.65), ("soft", 0.3), ("by_hand", 0.85), ("heavy", 0.65), ("off_chair", 0.6), ("off_ladder", 0.85),
    ("down_stairs", 0.9),
])
def test_made_falls_that_are_in_no_recording(kind, least):
    assert raised(kind, 20) >= least


def test_shaken_without_end_decides_and_goes_on():
    random = np.random.default_rng(2)
    rows = random.integers(-18000, 18001, (6000, 3)).tolist()
    detector = FallDetector()
    worn(rows, detector)
    assert 30 <= detector.decided <= 80  # a harder one within 1.5 s takes an impact's place, so 1.5 s and more apart


def test_no_more_impacts_wait_than_have_a_place():
    # Each harder than the one 1.5 s before it, so that none takes another's place: as close as impacts come.
    detector = FallDetector()
    worn([(0, 1000, 0)] * 300, detector)
    most = 0
    for k in range(3000):
        power = 0 if k % 75 else 2000 + k
        detector.sample(power, 1000, 0, 20 * k)
        most = max(most, detector._waiting)
    assert most == len(detector._at) and detector.decided >= 36


def test_the_votes_are_those_that_training_counts():
    random = np.random.default_rng(4)
    features = np.stack([random.choice(column, 400) for column in (
        [1600, 2500, 4000, 9000, 31176], [0, 8, 20, 60, 125], [0, 400, 1500, 31000], [0, 3, 9, 30, 60],
        [0, 700, 950, 1020, 1400], [-1000, 0, 300, 700, 1024], [-300, 700, 1000, 1024], [-900, 0, 800, 1000, 1024],
        [-900, 0, 600, 1024], [-900, 0, 600, 1024], [0, 1, 4, 6, 7], [-1024, 300, 1000], [-700, 0, 900, 1024],
        [-900, 200, 700, 1024], [0, 20, 400, 1800])], axis=1)
    forest = Forest(model)
    for values, wanted in zip(features.tolist(), grow.vote(model, features).tolist(), strict=True):
        forest.begin()
        while not forest.step(values):
            pass
        assert forest.points == wanted


def test_the_model_fits_its_form():
    nodes = (1 << model.DEPTH) - 1
    assert len(model.NODES) == model.TREES * nodes
    assert len(model.FEATURES) == len(model.THRESHOLDS) == len(set(model.NODES)) == max(model.NODES) + 1
    assert len(model.LEAVES) == model.TREES * (nodes + 1)
    assert max(model.FEATURES) < len(NAMES)
    assert len(model.FEATURES) <= grow.QUESTIONS and grow.size(model) <= 4096
    most = model.BIAS + sum(max(model.LEAVES[t * (nodes + 1) : (t + 1) * (nodes + 1)]) for t in range(model.TREES))
    assert model.THRESHOLD < most < 2**15 and model.BIAS >= -(2**15)


def test_the_shipped_forest_was_grown_by_todays_recipe():
    # or `kald train` would give other bytes than are shipped, as it did when the sensor's range had changed
    assert model.__doc__ == train.head() and (model.TREES, model.DEPTH) == (train.TREES, train.DEPTH)
    assert model.THRESHOLD == train.THRESHOLD and len(train._probe()) >= 2


@pytest.mark.parametrize("where, name, value", [
    (sensor, "STEP_MG", 48), (train, "RATE", 0.3), (train, "NAMES", NAMES[1:]), (features, "_HIGH_MG2", 9000000),
    (train, "MADE", {}), (train.grow, "LEAF", 60), (sensor, "CLAMP_MG", 17000), (features, "_LANDED", 30),
])
def test_and_what_changes_its_bytes_changes_the_recipe(monkeypatch, where, name, value):
    before = train.head()
    monkeypatch.setattr(where, name, value)
    assert train.head() != before


def test_what_was_forced_holds_in_the_tables():
    # More of a forced feature never takes points in its wrong sense, all else equal.
    random = np.random.default_rng(6)
    base = np.stack([random.integers(low, high, 500) for low, high in (
        (1600, 12000), (1, 100), (0, 9000), (1, 30), (600, 1200), (-1024, 1024), (0, 1024), (-1024, 1024),
        (-1024, 1024), (-1024, 1024), (0, 8), (-1024, 1024), (-1024, 1024), (-1024, 1024), (0, 1800),
    )], axis=1)
    for name, sense in grow.MORE_IS_FALL.items():
        column = NAMES.index(name)
        more = base.copy()
        more[:, column] += random.integers(1, 400, 500)
        change = grow.vote(model, more) - grow.vote(model, base)
        assert (change * sense >= -2).all(), name  # rounding of leaves to whole points


def test_of_questions_that_hardly_differ_one_stays_and_what_is_never_asked_is_none_of_them(monkeypatch):
    monkeypatch.setattr(grow, "QUESTIONS", 4)
    features = np.random.default_rng(7).integers(0, 1000, (300, 2))
    asked = [(0, 10), (0, 11), (0, 500), (1, 4), (0, 10), (0, grow.NEVER)]
    assert grow._fewer(asked, features) == [(0, 10), (0, 10), *asked[2:]]
    assert grow._fewer(asked[:2], features) == asked[:2]


def test_each_held_out_forest_has_the_form_of_the_shipped_one():
    models = grow.unpack((Path(grow.__file__).parent / "held_out.json").read_text())
    names = [f"without people {n}" for n in range(apart.FOLDS)]
    names += ["without " + apart.family(name) for name in train.SETS]
    assert sorted(models) == sorted(set(names))
    for other in models.values():
        assert (other.DEPTH, other.TREES, other.THRESHOLD) == (model.DEPTH, model.TREES, model.THRESHOLD)
        assert len(other.LEAVES) == len(model.LEAVES) and other.LEAVES != model.LEAVES


def test_held_out_models_come_back_from_their_text():
    models = {"A": grow.Model(*[getattr(model, name) for name in grow.Model._fields])}
    assert grow.unpack(grow.pack(models)) == models
    space = {}
    exec(grow.source(models["A"], "head"), space)
    assert all(space[name] == getattr(models["A"], name) for name in grow.Model._fields)
