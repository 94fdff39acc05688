"""Who wears a badge? A hand on its button, a body under it, and a hip that feels it.

The body is quiet most of the day: then samples come from a ring of some seconds of walking, at the true rate.
"""

import functools
import random
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from firmware.badge import Badge
from firmware.limits import HOLD_MS, SAMPLE_MS
from firmware.trace import FELT, KEPT
from tools.sim.body import Body, push_mg
from tools.sim.demo.feeling import Feeling

CIRCLE_MS = 1 << 30
RING = 600  # samples: twelve seconds
_RINGS = 8  # walks that there are
_RISE_MS = 2000
_RINGS_MS = 300  # for as long the sensor still feels a run of the motor that is over


@functools.cache
def _walking(number: int) -> "array[int]":
    body, ring, place = Body(number), array("h"), [0, 0, 0]
    body.play("walking", 0)
    for i in range(RING):
        body.milli_g(2000 + i * SAMPLE_MS, place)
        ring.extend(place)
    return ring


class Pairing(NamedTuple):
    """What a gateway knows of a badge."""

    device: int
    uplink_key: bytes
    downlink_key: bytes


class Person:
    """One wearer in virtual time. began: the badge's clock at 0 ms. badge: None while a lifeboat runs."""

    def __init__(self, name: str, device: int, began: int, draw: random.Random) -> None:
        self.name = name
        self.device = device
        self.badge: Badge | None = None
        self.linked = True
        self.awake = True  # False while the badge restarts
        self.alarm_id = -1  # of the last alarm that was open
        self.still: tuple[int, int, int] | None = None  # milli-g, while the body keeps quite still
        self._began = began
        self._presses: list[tuple[int, int]] = []  # (down ms, up ms)
        self._feeling = Feeling()
        self._body = Body(draw.randrange(1 << 30))
        self._body.play("walking", 0)
        self._stirring = False
        self._rise_ms = 0
        self._lies = (0, 0)  # from when until when the body last kept still
        self._place = [0, 0, 0]
        self._ring = _walking(draw.randrange(_RINGS))
        self._counted = 0
        self.fights_ms = 0  # until when it is pushed about
        self.ran_ms = self._run_ms = 0  # the longest run of the motor; since when it runs
        self.quivers_mg = 0  # by so much the sensor feels it, to and fro
        self._runs: list[tuple[int, int]] = []  # (since when, until when) it ran, for as long as the sensor may feel it

    def clock(self, now: int) -> int:
        """Return the badge's clock at `now`."""
        return (now + self._began) % CIRCLE_MS

    # Body and hand

    def press(self, at_ms: int, down_ms: int, up_ms: int = 0, times: int = 1) -> int:
        """Press `times`; return when the last press begins."""
        begins = [at_ms + i * (down_ms + up_ms) for i in range(times)]
        self._presses += [(begin_ms, begin_ms + down_ms) for begin_ms in begins]
        return begins[-1]

    def hold(self, at_ms: int) -> int:
        """Hold the button as long as an emergency needs, and a little longer; return the deciding edge."""
        self._presses.append((at_ms, at_ms + HOLD_MS + 200))
        return at_ms + int(HOLD_MS)

    def fall(self, at_ms: int, rise_ms: int) -> None:
        """Fall at `at_ms` and stand up again at `rise_ms`."""
        self._body.forget(at_ms - 1000)
        self._body.play("standing", at_ms - 1000)
        self._body.play("fall", at_ms)
        self._body.play("walking", rise_ms)
        self._lies = (at_ms + _RISE_MS, rise_ms)
        self._stirring, self._rise_ms = True, rise_ms + _RISE_MS

    def play(self, activities: Sequence[tuple[str, int]], until_ms: int) -> None:
        """Do `activities`, (name, ms) each, and walk again from `until_ms` on."""
        self._body.forget(activities[0][1])
        for name, at_ms in activities:
            self._body.play(name, at_ms)
        self._body.play("walking", until_ms)
        self._lies = (activities[-1][1] + _RISE_MS, until_ms)
        self._stirring, self._rise_ms = True, until_ms + _RISE_MS

    def idle(self, now: int, span_ms: int) -> bool:
        """Return whether the hand is off the button for `span_ms` before and after `now`."""
        return not any(down - span_ms <= now <= up + span_ms for down, up in self._presses)

    def samples(self, block: "array[int]", count: int, now: int) -> None:
        """Fill `block` with the last `count` samples up to `now`."""
        for i in range(count):
            at_ms = now - (count - 1 - i) * SAMPLE_MS
            if self._stirring:
                self._body.milli_g(at_ms, self._place)
                block[3 * i : 3 * i + 3] = array("h", self._place)
            elif self.still:
                block[3 * i : 3 * i + 3] = array("h", self.still)
            else:
                turn = at_ms // SAMPLE_MS % RING * 3
                block[3 * i : 3 * i + 3] = self._ring[turn : turn + 3]
        if self._stirring and now >= self._rise_ms:
            self._stirring = False
        if self.quivers_mg and (self._runs or self._run_ms):
            self._quiver(block, count, now)
        if now < self.fights_ms:
            for i in range(3 * count):
                block[i] += push_mg(self.device, now - (count - 1 - i // 3) * SAMPLE_MS, i % 3)

    def _quiver(self, block: "array[int]", count: int, now: int) -> None:
        self._runs = [run for run in self._runs if run[1] + _RINGS_MS > now - count * SAMPLE_MS]
        runs = self._runs + [(self._run_ms, now)] * (self._run_ms > 0)
        for i in range(count):
            at_ms = now - (count - 1 - i) * SAMPLE_MS
            if any(from_ms <= at_ms < until_ms + _RINGS_MS for from_ms, until_ms in runs):
                by = self.quivers_mg if at_ms // SAMPLE_MS % 2 else -self.quivers_mg
                block[3 * i] += by
                block[3 * i + 1] -= by
                block[3 * i + 2] += by

    def moved(self, now: int, level: int) -> None:
        """The motor runs at `level`."""
        if not level and self._run_ms:
            self.ran_ms = max(self.ran_ms, now - self._run_ms)
            self._runs.append((self._run_ms, now))
        self._run_ms = (self._run_ms or now) if level else 0
        self._feeling.level(now, level)

    def stirs(self) -> bool:
        """Return whether the body does something of its own."""
        return self._stirring

    def meant(self) -> list[int]:
        """Return the patterns that the badge has meant to be felt since."""
        if not self.awake or self.badge is None:
            return []
        if self.badge.alarm.is_open():
            self.alarm_id = self.badge.alarm.alarm_id
        trace = self.badge.trace
        found: list[int] = []
        for i in range(max(self._counted, trace.count - KEPT), trace.count):
            if trace.code[i % KEPT] == FELT:
                found.append(trace.value[i % KEPT])
        self._counted = trace.count
        return found

    def felt(self, now: int) -> list[tuple[int, int]]:
        """Return [(ms, pattern)] that were really felt, each once it is over."""
        return self._feeling.felt(now)
