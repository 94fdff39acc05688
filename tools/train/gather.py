"""What does the detector weigh when it wears the recordings? Every decision's features, with what was right.

Each recording is worn several times: as it is, and as other sensors on other people would have it (turned, with errors
of gain and offset, at other rates, narrower, weaker and stronger, slower and quicker, and with a wearer who lies quite
still after the fall). The features are those that the badge's own code computed.
"""

import multiprocessing
from typing import NamedTuple

import numpy as np

from firmware.detect.fall import FallDetector
from tools.train import recordings, score, sensor, synth
from tools.train.sensor import RATE_HZ, Wearing

VARIANTS = ("plain", "worn", "slow logger", "narrow", "other sensor", "still", "20 a second", "from a height",
            "stirring")  # fmt: skip
_EARLIER_WEIGHT = 0.5  # an impact before the fall's own: most likely a step, but nobody says so


class Weighed(NamedTuple):
    """Decisions: features (n, f), fell (n,), weight (n,), subject (n,), kind (n,): activity code, set (n,)."""

    features: np.ndarray
    fell: np.ndarray
    weight: np.ndarray
    subject: np.ndarray
    kind: np.ndarray
    set: np.ndarray


def wearing(variant, recording, random):
    """Return how a sensor is worn in `variant`, one of VARIANTS."""
    if variant == "plain":
        return sensor.IDEAL
    if variant == "20 a second":
        return Wearing(source_hz=20)
    common = {
        "turn": sensor.random_turn(random),
        "gain": tuple(random.uniform(0.95, 1.05, 3)),
        "offset_mg": tuple(random.uniform(-60, 60, 3)),
        "rate_hz": random.uniform(48, 52),
        "stretch": random.uniform(0.88, 1.15),
        "strength": random.uniform(0.75, 1.3),
    }
    if variant == "slow logger":
        common.update(source_hz=20, clip_mg=random.choice([4000, 8000, 16000]))
    elif variant == "narrow":
        common.update(bandwidth_hz=RATE_HZ / 9)
    elif variant == "other sensor":
        common.update(source_hz=random.uniform(18, 35), clip_mg=random.choice([4000, 8000, 16000]),
                      bandwidth_hz=random.choice([0, 5.6, 9, 14]))  # fmt: skip
    elif variant == "still" and recording.is_fall:
        common.update(still_s=recording.impact_s + random.uniform(1, 2.5), bandwidth_hz=random.choice([0, 5.6]))
    elif variant == "stirring" and recording.is_fall:
        common.update(stir_s=recording.impact_s + random.uniform(0.5, 2), stir_mg=random.uniform(15, 150))
    elif variant == "from a height" and recording.is_fall:
        common.update(drop_until_s=recording.impact_s - 0.06, drop_s=random.uniform(0.15, 0.6))
    return Wearing(**common)


class Every:
    """A detector's stand-in that says "fell" at every decision of the forest and keeps its features in `values`."""

    def __init__(self):
        self.impact_at = 0
        self.values = []
        self._detector = FallDetector()

    def sample(self, x, y, z, now):
        """Take mg at `now`; return whether the detector has just decided."""
        before = self._detector.decided
        self._detector.sample(x, y, z, now)
        if self._detector.decided == before or self._detector.features.flew:
            return False  # nearly all of them are things: nothing that the forest need learn
        self.impact_at = self._detector.weighed_at
        self.values.append(tuple(self._detector.features.values))
        return True


def rows(recording, worn, random):
    """Return [(features, fell, weight, subject, kind, set)], one for each decision over the recording."""
    every = Every()
    impacts = [impact_s for impact_s, _ in score.wear(every, recording, worn, random)]
    kept = []
    off = [abs(impact_s - recording.impact_s) for impact_s in impacts]
    for values, impact_s, off_s in zip(every.values, impacts, off, strict=True):
        fell = recording.is_fall and off_s <= score.NEAR_S
        weight = 1.0
        if fell:
            weight = 1.0 if off_s == min(off) else 0.0  # one of them has to be seen as the fall, not all
        elif recording.is_fall:
            weight = _EARLIER_WEIGHT if impact_s < recording.impact_s else 0.0  # getting up is neither
        if weight:
            kept.append((values, fell, weight, recording.subject, recording.activity, recording.set))
    return kept


def _job(job):
    path, variants, seed = job
    kept = []
    for number, recording in enumerate(recordings.read(path)):
        for variant in variants:
            random = np.random.default_rng([seed, number, sum(map(ord, variant + recording.name))])
            kept += rows(recording, wearing(variant, recording, random), random)
    return kept


def _made_job(job):
    kind, seeds, weight = job
    kept = []
    for seed in seeds:
        recording = synth.make(kind, seed)
        random = np.random.default_rng([seed, 9])
        variant = VARIANTS[seed % 5]
        found = rows(recording, wearing(variant, recording, random), random)
        kept += [(values, fell, weight, *rest) for values, fell, given, *rest in found if fell or not recording.is_fall]
    return kept


def gather(paths, variants=VARIANTS, seed=1, made=None, processes=2, say=lambda text: None):
    """Return what was Weighed over the files `paths`, and over made scenes: made is {kind: (count, weight)}."""
    kept = []
    jobs = [(path, variants, seed) for path in paths]
    scenes = [(kind, range(count), weight) for kind, (count, weight) in sorted((made or {}).items())]
    with multiprocessing.Pool(processes) as pool:
        for done, found in enumerate(pool.imap(_job, jobs), 1):
            kept += found
            say(f"{done} of {len(jobs)} files worn")
        for found in pool.imap(_made_job, scenes):
            kept += found
    columns = list(zip(*kept, strict=True))
    return Weighed(np.array(columns[0], dtype=np.int32), np.array(columns[1], dtype=bool), np.array(columns[2]),
                   *[np.array(column) for column in columns[3:]])  # fmt: skip
