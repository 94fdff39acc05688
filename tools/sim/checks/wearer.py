"""Who wears a badge in virtual time, so that something can be timed? A Rig with a body and a clock."""

from collections.abc import Callable
from typing import Protocol

from firmware.codes import WHAT_RAISED
from firmware.link import frame
from firmware.ticks import since
from tools.sim.rig import Rig

POLL_MS = 10
START = 2**30 - 20000  # badge time: the wrap comes in the middle of things


Mg = tuple[int, int, int]


class Feels(Protocol):
    """A body, as the sensor on it feels it."""

    def milli_g(self, t_ms: int, out: list[int]) -> None:
        """Put what it feels into `out`, x, y, z."""


class Wearer(Rig):
    """A Rig on a simulated body, where there is one; else it has the attitude it is given, and may fidget.

    quivers_mg: by so much the sensor feels the badge's own motor while that runs, to and fro.
    """

    body: Feels | None = None
    fidgets = False
    quivers_mg = 200

    def __init__(self, **settings: object) -> None:
        self._attitude = (0, 0, 1000)
        self._turn = 0
        super().__init__(START, 1000, **settings)

    @property
    def attitude(self) -> Mg:
        """What the sensor feels now, mg."""
        self._turn ^= 1
        if self.fidgets:
            return (100 * self._turn, 0, 1000)
        out = list(self._attitude)
        if self.body:
            self.body.milli_g(since(START, self.now), out)
        by = (self.quivers_mg if self._turn else -self.quivers_mg) if self._level else 0
        return (out[0] + by, out[1] - by, out[2] + by)

    @attitude.setter
    def attitude(self, mg: Mg) -> None:
        """Give an attitude, x, y, z in mg."""
        self._attitude = mg

    def until(self, true: Callable[[], object], most_ms: int, step: int = POLL_MS, pressed: int = 0) -> int | None:
        """Let time pass until true(), looking every `step` ms; return the ms it took, None if more than `most_ms`."""
        begin = self.now
        while since(begin, self.now) < most_ms:
            self.run(step, step=step, pressed=pressed)
            if true():
                return since(begin, self.now)
        return None

    def raised(self, kind: int, what: int = WHAT_RAISED) -> Callable[[], bool]:
        """Return a question: has a frame with this kind and word left?"""
        return lambda: any(one[1:3] == (kind, what) for one in self.alarms())

    def told(self, fault: int) -> Callable[[], bool]:
        """Return a question: has a heartbeat told this fault?"""
        return lambda: any(type == frame.HEARTBEAT and frame.get16(b, 9) & fault for type, b in self.heard)


def longest_gap(moments: list[int], now: int) -> int | None:
    """Return the longest time between neighbours of `moments`, and from the last to `now`; None without two of them."""
    if len(moments) < 2:
        return None
    ends = [*moments[1:], now]
    return max(since(a, b) for a, b in zip(moments, ends, strict=True))
