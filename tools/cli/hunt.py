"""looks for lives in which a promise is broken: kald hunt --seeds 1..200, or --hours 8

A life that breaks one is made smaller for as long as it still does, is told in words, and has a line that repeats it.
"""

import argparse
import collections
import contextlib
import functools
import hashlib
import itertools
import multiprocessing
import re
import tempfile
import time
import traceback
from collections.abc import Iterator
from multiprocessing.pool import Pool
from pathlib import Path
from typing import NamedTuple

from tools.cli import _help
from tools.sim.story import put_back, situations
from tools.sim.story.day import Day
from tools.sim.story.habits import HABITS, LATER
from tools.sim.story.luck import TROUBLES
from tools.sim.story.plan import CAUSES, OFF, Plan, smallest

_SAYS_LIVES = 500  # a hunt may last for hours
_PLACE = "/dev/shm"  # where a commit costs nothing, if this machine has it
Broken = tuple[str, int, str]  # promise, ms, sentence


class Life(NamedTuple):
    """What became of one seed. visited: what it had in it; digest: of its story; met: situations."""

    plan: Plan
    visited: list[str]
    broken: list[Broken]
    ms: int
    told: list[str]
    met: situations.Met = situations.Met()

    def digest(self) -> str:
        """Return eight digits that are the same only for the same story."""
        return hashlib.sha256(repr((self.told, self.broken)).encode()).hexdigest()[:8]


def scenes_of(seed: int) -> int:
    """Return how many scenes the life of `seed` has."""
    return 1 + seed % 2


def life(seed: int, plan: Plan | None = None) -> Life:
    """Live the life of `seed`, or a `plan`."""
    plan = plan or Plan(seed, scenes_of(seed))
    place = _PLACE if Path(_PLACE).is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kald-life-", dir=place) as folder:
        day = Day(seed, Path(folder), plan=plan)
        try:
            day.live()
            broken = day.promises.broken
        except Exception as error:  # noqa: BLE001  ours, in a badge, a gateway or the story: found as well
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            broken = [("error", day.world.now, said)]
        with contextlib.suppress(AttributeError):
            day.world.close()
        return Life(plan, plan.visited(), broken, day.world.now, day.narrator.lines(),
                    day.situations.met)


def shrunk(found: Life) -> Life:
    """Return the life of the smallest plan that breaks the same promise first."""

    def breaks(plan: Plan) -> bool:
        return bool(lived(plan).broken) and lived(plan).broken[0][0] == found.broken[0][0]

    @functools.cache
    def lived(plan: Plan) -> Life:
        return life(plan.seed, plan)

    return lived(smallest(found.plan, breaks))


def _seeds(words: str, hours: float | None, having: str = "") -> Iterator[int]:
    wanted = set(filter(None, having.split(",")))
    first, _, last = words.partition("..")
    until = time.monotonic() + hours * 3600 if hours else None
    seed = int(first)
    while (time.monotonic() < until) if until else seed <= int(last or first):
        if not wanted or wanted & set(Plan(seed, scenes_of(seed)).visited()):
            yield seed
        seed += 1


def _lives(pool: Pool, seeds: Iterator[int], count: int) -> Iterator[Life]:
    # a few at a time: a pool would take all the seeds that there are
    some = list(itertools.islice(seeds, count))
    while some:
        yield from pool.imap_unordered(life, some)
        some = list(itertools.islice(seeds, count))


def _list() -> None:
    for kind, known in (("cause", CAUSES), ("trouble", TROUBLES), ("habit", HABITS | LATER)):
        for name, act in known.items():
            first = (act.__doc__ or "").split("\n")[0]
            print(f"{kind:8} {name:16} {first}" + (f"  OFF: {OFF[name]}" if name in OFF else ""))


def _tell(found: Life, whole: bool) -> None:
    least = shrunk(found) if whole else found
    if not least.broken:  # but the load of the machine, or what a life before has left behind
        print("lived again, the next one is whole: something in it is not its seed's")
    found = least if least.broken else found
    promise, at_ms, said = found.broken[0]
    names = " ".join(found.visited)
    print(f"kald story {found.plan.words()}  # {promise} at {at_ms / 1000:.1f} s: {said}  [{names}]", flush=True)
    if whole:
        print("\n".join(f"    {line}" for line in found.told), flush=True)


def _defects(given: argparse.Namespace) -> int:
    unseen = 0
    for defect in put_back.known():
        if given.defects and defect.name not in given.defects:
            continue
        with tempfile.TemporaryDirectory(prefix="kald-defect-") as folder:
            tree = put_back.copied(Path(folder), defect)
            life = "" if defect.no_life else put_back.met(tree, given.seeds, given.having, given.jobs)
            test = put_back.tested(tree, defect.tests)
        unseen += not (life or test)
        print(f"{defect.name:4}{defect.words}\n    life: {life or defect.no_life or 'none'}")
        print(f"    test: {test or 'none'}", flush=True)
    return 1 if unseen else 0


def main(words: list[str]) -> int:
    """Live one life after the other; a line for each that broke a promise; exit code 1 if any did."""
    parser = _help.parser("hunt", __doc__)
    parser.add_argument("--seeds", default="1..100", help="from..to")
    parser.add_argument("--hours", type=float, help="go on for as long, from the first of --seeds")
    parser.add_argument("--having", default="", metavar="NAME,..", help="only lives that have one of these in them")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    parser.add_argument("--brief", action="store_true", help="only name a seed that breaks a promise")
    parser.add_argument("--first", action="store_true", help="end with the first that does")
    parser.add_argument("--list", action="store_true", help="say what can befall a life")
    parser.add_argument("--defects", nargs="*", metavar="NO", help="put back the faults of before, each in its turn: "
                        "which lives, of --seeds, and which tests find it?")
    given = parser.parse_args(words)
    if not re.fullmatch(r"[0-9]{1,9}([.][.][0-9]{1,9})?", given.seeds):
        parser.error(f"--seeds are two numbers, as in 1..100, not {given.seeds}")
    if given.defects is not None:
        return _defects(given)
    if given.list:
        _list()
        return 0
    began, lives, lived_ms = time.monotonic(), 0, 0
    visited: collections.Counter[str] = collections.Counter()
    promises: collections.Counter[str] = collections.Counter()
    met: situations.Met = situations.Met()
    bad = 0
    with multiprocessing.Pool(given.jobs) as pool:
        for found in _lives(pool, _seeds(given.seeds, given.hours, given.having), 32 * given.jobs):
            lives, lived_ms = lives + 1, lived_ms + found.ms
            visited.update(found.visited)
            met.update(found.met)
            promises.update({promise for promise, _, _ in found.broken})
            if found.broken:
                bad += 1
                _tell(found, not given.brief)
                if given.first:
                    break
            if not lives % _SAYS_LIVES:
                print(f"{lives} lives so far, {bad} broke a promise", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{lives} lives, {lived_ms / 3_600_000:.0f} hours lived, {lives / minutes:.0f} lives a minute; {bad} broke a "
          f"promise {dict(promises)}")  # fmt: skip
    print("visited:", ", ".join(f"{name} {count}" for name, count in visited.most_common()))
    never = [name for name in (*CAUSES, *TROUBLES, *HABITS, *LATER) if not visited[name]]
    print("never visited:", ", ".join(never) or "none of these", *situations.told(met), sep="\n    ")
    return 1 if bad else 0
