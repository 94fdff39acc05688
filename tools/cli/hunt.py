"""looks for lives in which a promise is broken: kald hunt --seeds 1..200, or --hours 8"""

import argparse
import collections
import contextlib
import itertools
import multiprocessing
import tempfile
import time
import traceback
from pathlib import Path

from tools.sim.story.day import CAUSES, HABITS, OFF, TROUBLES, Day, Plan

_PLACE = "/dev/shm"  # where a commit costs nothing, if this machine has it


def scenes_of(seed):
    """Return how many scenes the life of `seed` has."""
    return 1 + seed % 2


def life(seed, told=None):
    """Live the life of `seed`; return (seed, what it had in it, [(promise, ms, sentence)], ms lived). told: Plan."""
    plan = told or Plan(seed, scenes_of(seed))
    place = _PLACE if Path(_PLACE).is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kald-life-", dir=place) as folder:
        day = Day(seed, Path(folder), plan=plan)
        try:
            day.live()
            broken = day.promises.broken
        except Exception:  # noqa: BLE001  ours, in a badge, a gateway or the story: found as well
            broken = [("error", day.world.now, traceback.format_exc().strip().split("\n")[-1])]
        with contextlib.suppress(AttributeError):
            day.world.close()
        return seed, plan.visited(), broken, day.world.now


def _seeds(words, hours):
    first, _, last = words.partition("..")
    until = time.monotonic() + hours * 3600 if hours else None
    seed = int(first)
    while (time.monotonic() < until) if until else seed <= int(last or first):
        yield seed
        seed += 1


def _lives(pool, seeds, count):
    # a few at a time: a pool would take all the seeds that there are
    some = list(itertools.islice(seeds, count))
    while some:
        yield from pool.map(life, some, 1)
        some = list(itertools.islice(seeds, count))


def _list():
    for kind, known in (("cause", CAUSES), ("trouble", TROUBLES), ("habit", HABITS)):
        for name, act in known.items():
            first = act.__doc__.split("\n")[0]
            print(f"{kind:8} {name:16} {first}" + (f"  OFF: {OFF[name]}" if name in OFF else ""))


def main(words):
    """Live one life after the other; a line for each that broke a promise; exit code 1 if any did."""
    parser = argparse.ArgumentParser(prog="kald hunt", description=__doc__)
    parser.add_argument("--seeds", default="1..100", help="from..to")
    parser.add_argument("--hours", type=float, help="go on for as long, from the first of --seeds")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    parser.add_argument("--list", action="store_true", help="say what can befall a life")
    given = parser.parse_args(words)
    if given.list:
        return _list()
    began, lives, lived_ms = time.monotonic(), 0, 0
    visited, promises, bad = collections.Counter(), collections.Counter(), 0
    with multiprocessing.Pool(given.jobs) as pool:
        for seed, names, broken, ms in _lives(pool, _seeds(given.seeds, given.hours), 4 * given.jobs):
            lives, lived_ms = lives + 1, lived_ms + ms
            visited.update(names)
            promises.update({promise for promise, _, _ in broken})
            if broken:
                bad += 1
                promise, at_ms, said = broken[0]
                again = f"kald story --seed {seed} --scenes {scenes_of(seed)}"
                print(f"{again}  # {promise} at {at_ms / 1000:.1f} s: {said}  [{' '.join(names)}]", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{lives} lives, {lived_ms / 3_600_000:.0f} hours lived, {lives / minutes:.0f} lives a minute; {bad} broke a "
          f"promise {dict(promises)}")
    print("visited:", ", ".join(f"{name} {count}" for name, count in visited.most_common()))
    return 1 if bad else 0
