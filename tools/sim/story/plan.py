"""What will a day be? Drawn from its seed, so that the same seed is the same day; and less of it, where that is asked.

What is left out changes nothing else of what was drawn: each scene, the air, and each kind of people have their own
draws. So a day that breaks a promise can be made smaller, piece by piece, for as long as it still breaks it.
"""

import random
from collections.abc import Callable, Iterable, Sequence

from tools.sim.story.causes import CAUSES as HANDS
from tools.sim.story.faults import FAULTS
from tools.sim.story.habits import HABITS, LATER, SELDOM
from tools.sim.story.luck import SCENES, TROUBLES

NAMES = ("Anna", "Bo", "Carla")
CAUSES = {**HANDS, **SCENES, **FAULTS}
LONG = ("quiet", "short_boots", "crashes", "gauge", "away", "crowd", "broken_tree")  # seldom: long, or much work
MANY = 3  # scenes
OFF: dict[str, str] = {}  # name of a cause, trouble or habit: why no day has it by itself
_RATES = ("loss", "repeat", "damage")


Scene = tuple[str | None, str, int]  # cause, None where it was left out; trouble; seed


class Plan:
    """What a day will be: drawn from `seed`, or as given. scenes: how many; then (cause, trouble, seed) of each.

    less: what is left out: names of habits, "loss", "repeat", "damage", "lora", "scene-2", "trouble-1", counted from 1.
    """

    def __init__(self, seed: int, scenes: int = MANY, causes: Sequence[str] | None = None,
                 troubles: Sequence[str] | None = None, habits: Sequence[str] | None = None,
                 less: Sequence[str] = ()) -> None:
        self.seed = seed
        draw = random.Random(seed)
        self.air: Sequence[float] = [draw.choice((0, 0, most)) for most in (0.3, 0.2, 0.1)]  # as in _RATES
        self.share = draw.choice((0.2, 0.6, 0.9))
        if causes is None:
            causes = self._some(draw, CAUSES, 4)
            causes = [name for name in causes if name not in LONG or draw.random() < 0.3] or ["mash"]
        troubles = troubles or ["none", *self._some(draw, TROUBLES, 2)]
        drawn = [name for name in HABITS if name not in OFF and draw.random() < 0.2]
        drawn += [name for name in LATER if random.Random(f"{seed} {name}").random() < SELDOM[name]]
        self.habits = drawn if habits is None else list(habits)
        lora = draw.random() < 0.25
        self.ways = [draw.choice((7, 8, 9, 10, 12)) if lora else 0 for _ in NAMES]
        if "away" in causes and draw.random() < 0.8:
            self.ways = [draw.choice((7, 9, 10, 11, 12))] * len(NAMES)
        self.scenes: list[Scene] = [
            (draw.choice(causes), draw.choice(troubles), draw.randrange(1 << 30)) for _ in range(scenes)]
        self.many = scenes
        self.less = tuple(less)
        for name in less:
            self._leave_out(name)

    @staticmethod
    def _some(draw: random.Random, known: Iterable[str], count: int) -> list[str]:
        return draw.sample([name for name in known if name not in OFF], count)

    def _leave_out(self, name: str) -> None:
        what, _, number = name.partition("-")
        if number:
            cause, trouble, seed = self.scenes[int(number) - 1]
            self.scenes[int(number) - 1] = (cause if what == "trouble" else None, "none", seed)
        elif name == "lora":
            self.ways = [0] * len(NAMES)
        elif name in _RATES:
            self.air = [0 if rate == name else share for rate, share in zip(_RATES, self.air)]
        else:
            self.habits.remove(name)

    def parts(self) -> list[str]:
        """Return the names of what could be left out of this day, the greatest first."""
        acted = [number for number, scene in enumerate(self.scenes, 1) if scene[0]]
        found = [f"scene-{number}" for number in acted]
        found += [f"trouble-{number}" for number in acted if self.scenes[number - 1][1] != "none"]
        found += self.habits + [rate for rate, share in zip(_RATES, self.air) if share]
        return found + ["lora"] * any(self.ways)

    def without(self, name: str) -> "Plan":
        """Return the same day without one of its parts; only for one that was drawn."""
        return Plan(self.seed, self.many, less=(*self.less, name))

    def words(self) -> str:
        """Return the words after `kald story` that tell this day."""
        return f"--seed {self.seed} --scenes {self.many}" + (f" --without {','.join(self.less)}" if self.less else "")

    def visited(self) -> list[str]:
        """Return the names of all that this day has in it."""
        names = {name for cause, trouble, _ in self.scenes if cause for name in (cause, trouble)} | set(self.habits)
        return sorted(names | ({"lora"} if any(self.ways) else set()))


def smallest(plan: Plan, breaks: Callable[[Plan], object]) -> Plan:
    """Return the smallest day like `plan` for which `breaks(plan)` still holds."""
    smaller = True
    while smaller:
        smaller = False
        for name in plan.parts():
            less = plan.without(name)
            if any(scene[0] for scene in less.scenes) and breaks(less):
                plan, smaller = less, True
                break
    return plan
