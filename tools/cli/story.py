"""tells one life of a badge in words, and whether the promises were kept: kald story --seed N"""

import tempfile
from pathlib import Path

from tools.cli import _help
from tools.sim.story.day import Day
from tools.sim.story.plan import MANY, Plan
from tools.sim.story.promises import Promises

PROMISES = {
    "S1": "never told more than is true",
    "S2": "no press lost, none accepted twice",
    "S3": "what is forged or stolen changes nothing",
    "S4": "the law's hour is kept, and nothing is repeated without end",
    "S5": "power may fail at any tick",
    "L1": "stored and felt within 60 s of a whole way",
    "L2": "what is silent or wrong is told",
}


def verdict(promises: Promises) -> list[str]:
    """Return the lines that say which promises were checked, how often, and whether they held."""
    lines = []
    for name, sentence in PROMISES.items():
        broken = [(at_ms, said) for promise, at_ms, said in promises.broken if promise == name]
        looked = f"{promises.looked_at[name]} times"
        slowest = f", the slowest took {promises.slowest_ms() / 1000:.1f} s" if name == "L1" and not broken else ""
        lines.append(f"{name}  {sentence}: {'BROKEN' if broken else 'held'} (looked at {looked}{slowest})")
        lines += [f"    at {at_ms / 1000:.1f} s of the story: {said}" for at_ms, said in broken]
    return lines


def main(words: list[str]) -> int:
    """Tell the day of a seed; exit code 1 when a promise was broken."""
    parser = _help.parser("story", __doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed tells the same story")
    parser.add_argument("--scenes", type=int, default=MANY, help="how many things happen")
    parser.add_argument("--without", default="", help="leave out parts of it: scene-2,trouble-1,late,loss")
    given = parser.parse_args(words)
    plan = Plan(given.seed, given.scenes)
    for name in filter(None, given.without.split(",")):
        if name not in plan.parts():
            parser.error(f"--without {name}: this day has {', '.join(plan.parts())}")
        plan = plan.without(name)
    with tempfile.TemporaryDirectory(prefix="kald-story-") as folder:
        day = Day(given.seed, Path(folder), plan=plan)
        day.live()
        print(f"The story of seed {given.seed}.\n")
        print("\n".join([*day.narrator.lines(), "", *verdict(day.promises)]))
        day.world.close()
    return 1 if day.promises.broken else 0
