"""What does the detector weigh when it wears the recordings? Every decision's features, with what was right.

Each recording is worn several times: as it is, and as other sensors on other people would have it (turned, with errors
of gain and offset, at other rates, narrower, weaker and stronger, slower and quicker, with a wearer who lies quite
still after the fall, and with one who goes on moving, as far as a fight). Who moves on after something that is no fall
is in it, too, or movement itself would be learned. The features are those that the badge's own code computed.
"""

import multiprocessing
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware.detect.fall import FallDetector
from tools.train import grow, recordings, score, sensor, stir, synth
from tools.train.recordings import Recording
from tools.train.sensor import RATE_HZ, Wearing
from tools.train.stir import Random

VARIANTS = ("plain", "worn", "slow logger", "narrow", "other sensor", "still", "from a height", "struggling",
            "struggling on")
OF_FALLS = ("still", "from a height")
OF_DAYS = ("plain", "worn", "narrow", "other sensor")  # sets without falls: enough of them as it is
WITH_FALLS = ("sisfall", "fallalld_waist", "fallalld_neck")  # a person's file may hold none of them
_STRUGGLE_MG = (30, 1000)
_STRUGGLE_S = (0.5, 1.3)  # after the impact
_EARLIER_WEIGHT = 0.5  # an impact before the fall's own: most likely a step, but nobody says so


class Weighed(NamedTuple):
    """Decisions: features (n, f), fell (n,), weight (n,), subject (n,), kind (n,): activity code, set (n,)."""

    features: npt.NDArray[np.int32]
    fell: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.float64]
    subject: npt.NDArray[np.str_]
    kind: npt.NDArray[np.str_]
    set: npt.NDArray[np.str_]


Row = tuple[tuple[int, ...], bool, float, str, str, str]  # features, fell, weight, subject, kind, set


def wearing(variant: str, recording: Recording, random: Random) -> Wearing:
    """Return how a sensor is worn in `variant`, one of VARIANTS."""
    if variant == "plain":
        return sensor.IDEAL
    worn = Wearing(
        turn=sensor.random_turn(random),
        gain=tuple(random.uniform(0.95, 1.05, 3)),
        offset_mg=tuple(random.uniform(-60, 60, 3)),
        rate_hz=random.uniform(48, 52),
        stretch=random.uniform(0.88, 1.15),
        strength=random.uniform(0.75, 1.3),
    )
    if variant.startswith("struggling"):
        worn = worn._replace(stir_s=recording.impact_s + random.uniform(*_STRUGGLE_S),
                             stir_mg=float(np.exp(random.uniform(*np.log(_STRUGGLE_MG)))),
                             stir_way=stir.WAYS[random.integers(len(stir.WAYS))])
        variant = ("worn", "other sensor", "slow logger", "narrow")[random.integers(4)]
    if variant == "slow logger":
        worn = worn._replace(source_hz=20, clip_mg=random.choice([4000, 8000, 16000]))
    elif variant == "narrow":
        worn = worn._replace(bandwidth_hz=RATE_HZ / 9)
    elif variant == "other sensor":
        worn = worn._replace(source_hz=random.uniform(18, 35), clip_mg=random.choice([4000, 8000, 16000]),
                             bandwidth_hz=random.choice([0, 5.6, 9, 14]))
    elif variant == "still" and recording.is_fall:
        worn = worn._replace(still_s=recording.impact_s + random.uniform(1, 2.5), bandwidth_hz=random.choice([0, 5.6]))
    elif variant == "from a height" and recording.is_fall:
        worn = worn._replace(drop_until_s=recording.impact_s - 0.06, drop_s=random.uniform(0.15, 0.6))
    return worn


class Every:
    """A detector's stand-in that says "fell" at every decision of the forest and keeps its features in `values`."""

    def __init__(self) -> None:
        self.taken = 0
        self.values: list[tuple[int, ...]] = []
        self._detector = FallDetector(grow.NONE)  # no tree is asked: the shipped ones may ask other features

    def samples(self, block: "array[int]", at: int, end: int, now: int) -> bool:
        """Take mg as firmware/detect/body.py does; return whether the detector has just decided."""
        detector = self._detector
        decided = detector.decided
        while at < end and detector.decided == decided:
            quiet = detector.quiet(block, at, end)
            if quiet == at:
                quiet = at + 1
                x, y, z = block[3 * at : 3 * quiet]
                detector.sample(x, y, z, (now - (end - quiet) * score.SAMPLE_MS) & score.MASK)
            at = quiet
        self.taken = at
        # whatever flew was a thing, nearly always: nothing that the forest need learn
        return detector.decided != decided and not detector.features.flew

    def fell(self, event: int) -> int:
        """Keep what was weighed; return when the impact was."""
        self.values.append(tuple(self._detector.features.values))
        return self._detector.weighed_at


def rows(recording: Recording, worn: Wearing, random: Random) -> list[Row]:
    """Return a row for each decision over the recording."""
    every = Every()
    impacts = [impact_s for impact_s, _ in score.wear(every, recording, worn, random)]
    kept: list[Row] = []
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


def _job(job: tuple[Path, Sequence[str], int]) -> list[Row]:
    path, variants, seed = job
    kept: list[Row] = []
    found = recordings.read(path)
    days = not any(recording.is_fall for recording in found) and found[0].set not in WITH_FALLS
    for number, recording in enumerate(found):
        for variant in variants:
            if variant in OF_FALLS and not recording.is_fall or days and variant not in OF_DAYS:
                continue
            random = np.random.default_rng([seed, number, sum(map(ord, variant + recording.name))])
            kept += rows(recording, wearing(variant, recording, random), random)
    return kept


def _made_job(job: tuple[str, range, float]) -> list[Row]:
    kind, seeds, weight = job
    kept: list[Row] = []
    for seed in seeds:
        recording = synth.make(kind, seed)
        random = np.random.default_rng([seed, 9])
        variant = VARIANTS[seed % 5]
        found = rows(recording, wearing(variant, recording, random), random)
        kept += [(row[0], row[1], weight, *row[3:]) for row in found if row[1] or not recording.is_fall]
    return kept


def gather(paths: Sequence[Path], variants: Sequence[str] = VARIANTS, seed: int = 1,
           made: dict[str, tuple[int, float]] | None = None, processes: int = 2,
           say: Callable[[str], None] = lambda text: None) -> Weighed:
    """Return what was Weighed over the files `paths`, and over made scenes: made is {kind: (count, weight)}."""
    kept: list[Row] = []
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
                   *[np.array(column) for column in columns[3:]])
