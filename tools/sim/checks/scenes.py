"""How many ms pass until the alarm, in one scene after the other? Each function plays one and returns its figure.

Each clock begins at the last moment at which nothing had happened yet: just after the poll or the sample before, so
that a poll's delay is in the figure; it ends when the alarm's frame leaves. None: it never did.
"""

import random
from collections.abc import Callable, Iterable
from typing import Protocol

from firmware.codes import (
    CALLING, FAULT_BATTERY_LOW, FAULT_BUTTON_STUCK, FAULT_NO_GATEWAY, FAULT_NOT_WORN, FAULT_SENSOR_SILENT,
    FAULT_SENSOR_STUCK, GREEN, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_FALL, KIND_MOTIONLESS, KIND_POSITION,
    KIND_STRUGGLE, KIND_TORN, ORDER_VISIT, RED, STEP_TAKEN, WHAT_PRE_ALARM, YELLOW,
)
from firmware.feedback import patterns as feel
from firmware.link import downlink
from firmware.ticks import since
from tools.sim.body import Body
from tools.sim.checks.wearer import POLL_MS, Mg, Wearer, longest_gap

FALLS = range(8)  # seeds
PHASES = (0, 2, 4, 8, 24, 48)  # samples into the second of which the body's detectors take stock
INTERVALS_S = {RED: 300, YELLOW: 900, GREEN: 1800}  # as firmware/alarm/visit.py has them; the orders below name none
_PUSH_MS, _PUSH_MG = 200, 900
LONG_MS = 1800000  # nothing here is waited for longer
Settings = dict[str, object]


class Scene(Protocol):
    """A scene with a badge of these settings."""

    def __call__(self, **settings: object) -> int | None: ...


def emergency(**settings: object) -> int | None:
    """Return the ms from the third press-down to the emergency's frame."""
    rig = Wearer(**settings)
    rig.press(100, 100, 100, 100)
    return rig.until(rig.raised(KIND_EMERGENCY), 5000, pressed=1)


def hold(**settings: object) -> int | None:
    """Return the ms from press-down of a hold to the emergency's frame."""
    rig = Wearer(**settings)
    rig.run(100)
    return rig.until(rig.raised(KIND_EMERGENCY), 5000, pressed=1)


def single() -> int | None:
    """Return the ms from press-down in a house where one press calls."""
    rig = Wearer(single_calls=True)
    rig.run(100)
    return rig.until(rig.raised(KIND_EMERGENCY), 5000, pressed=1)


def assist() -> int | None:
    """Return the ms from the second press-down to the assist's frame."""
    rig = Wearer()
    rig.press(100, 100)
    return rig.until(rig.raised(KIND_ASSIST), 5000, pressed=1)


def overtaken() -> int | None:
    """Return the ms from press-down of a hold, while an assist is open."""
    rig = Wearer()
    rig.press(100, 100, 100, 2000)
    return rig.until(rig.raised(KIND_EMERGENCY), 5000, pressed=1)


def fall(**settings: object) -> int | None:
    """Return the longest time of all FALLS from impact to alarm, None if one is never raised."""
    return _all_of(_one_fall(seed, **settings) for seed in FALLS)


def _one_fall(seed: int, **settings: object) -> int | None:
    rig = Wearer(**settings)
    rig.body = Body(seed)
    rig.body.play("walking", 1000)
    rig.body.play("fall", 25000)
    rig.run(25000)
    hardest, impact = 0, rig.now
    for _ in range(100):
        rig.run(20)
        size = sum(mg * mg for mg in rig.attitude)
        if size > hardest:
            hardest, impact = size, rig.now
    later = since(impact, rig.now)
    took = rig.until(rig.raised(KIND_FALL), 120000)
    return None if took is None else took + later


class _Struggling:
    """A body that is pushed about from `begin_ms` on: five random pushes a second, along every axis."""

    def __init__(self, seed: int, begin_ms: int) -> None:
        self._random = random.Random(seed)
        self._begin_ms = begin_ms
        self._at = -1
        self._from: tuple[float, ...] = (0, 0, 0)
        self._to: tuple[float, ...] = (0, 0, 0)

    def milli_g(self, t_ms: int, out: list[int]) -> None:
        """Put what the badge feels into `out`."""
        step = max(0, t_ms - self._begin_ms) // _PUSH_MS
        while self._at < step:
            self._at += 1
            self._from, self._to = self._to, tuple(self._random.gauss(0, _PUSH_MG) for _ in range(3))
        share = (t_ms - self._begin_ms) % _PUSH_MS / _PUSH_MS if t_ms > self._begin_ms else 0
        for axis, rest in enumerate((0, 0, 1000)):
            out[axis] = rest + round(self._from[axis] + share * (self._to[axis] - self._from[axis]))


def struggle(**settings: object) -> int | None:
    """Return the longest time of all PHASES from the beginning of hard movement, in a house that wants it heeded."""
    return _longest(_struggle, {"struggle": True, **settings})


def _struggle(phase: int, settings: Settings) -> int | None:
    rig = Wearer(**settings)
    rig.body = _Struggling(1, 10000 + 20 * phase)
    rig.run(10000 + 20 * phase)
    return rig.until(rig.raised(KIND_STRUGGLE), 120000)


def motionless(attitude: Mg = (600, 0, 800), colour: int = YELLOW) -> Scene:
    """Return a question: the longest time of all PHASES from the last movement, a turn to `attitude`, in a visit."""
    def still(phase: int, settings: Settings) -> int | None:
        rig = Wearer(**settings)
        rig.order(ORDER_VISIT, colour << 14)
        rig.walk(10)
        rig.run(20 * phase)
        rig.attitude = attitude
        rig.run(20)
        return rig.until(rig.raised(KIND_MOTIONLESS), 200000, step=20)

    return lambda **settings: _longest(still, settings)


def position(**settings: object) -> int | None:
    """Return the longest time of all PHASES from losing the attitude that walking has taught."""
    return _longest(_position, settings)


def _position(phase: int, settings: Settings) -> int | None:
    rig = Wearer(**settings)
    rig.walk(20)
    rig.run(20 * phase)
    rig.attitude = (800, 0, 600)  # 53 degrees
    return rig.until(rig.raised(KIND_POSITION), 200000)


def _longest(scene: Callable[[int, Settings], int | None], settings: Settings) -> int | None:
    return _all_of(scene(phase, settings) for phase in PHASES)


def _all_of(times_ms: Iterable[int | None]) -> int | None:
    """Return the longest, None if one of them is."""
    longest = 0
    for ms in times_ms:
        if ms is None:
            return None
        longest = max(longest, ms)
    return longest


def check_in(colour: int) -> Scene:
    """Return a question: how many ms after its due time is a check-in of this colour an alarm?"""

    def missed(**settings: object) -> int | None:
        rig = Wearer(**settings)
        rig.fidgets = True
        rig.order(ORDER_VISIT, colour << 14)
        rig.run(INTERVALS_S[colour] * 1000 - 2000, step=100)
        rig.run(2000)
        return rig.until(rig.raised(KIND_CHECK_IN), LONG_MS)

    return missed


def torn(**settings: object) -> int | None:
    """Return the ms from the clip's opening."""
    rig = Wearer(**{**settings, "clip": True})
    rig.run(100)

    def open_and_raised() -> bool:
        rig.badge.clip(1, rig.now)
        return rig.raised(KIND_TORN)()

    return rig.until(open_and_raised, 200000)


def asked(**settings: object) -> int | None:
    """Return the longest pre-alarm of those that ask: from its first frame to the alarm's."""
    longest = 0
    for begin, kind in ((_slump, KIND_POSITION), (_late, KIND_CHECK_IN)):
        rig = begin(**settings)
        if rig.until(rig.raised(kind, WHAT_PRE_ALARM), 200000) is None:
            return None
        longest = max(longest, rig.until(rig.raised(kind), 200000) or 10**6)
    return longest


def _slump(**settings: object) -> Wearer:
    rig = Wearer(**settings)
    rig.walk(20)
    rig.attitude = (800, 0, 600)
    return rig


def _late(**settings: object) -> Wearer:
    rig = Wearer(**settings)
    rig.fidgets = True
    rig.order(ORDER_VISIT, RED << 14 | 120)
    return rig


def unheard() -> int | None:
    """Return the ms from the decision to "unheard" being felt."""
    rig = Wearer()
    rig.linked = False
    rig.until(lambda: rig.badge.alarm.state == CALLING, 5000, pressed=1)
    return rig.until(lambda: feel.UNHEARD in rig.felt(), 60000)


def unheard_again() -> int | None:
    """Return the longest time between two "unheard" in five minutes."""
    rig = Wearer()
    rig.linked = False
    rig.press(900)
    moments: list[int] = []
    for _ in range(300 * 1000 // POLL_MS):
        rig.run(POLL_MS)
        if rig.badge.player.playing == feel.UNHEARD and not (moments and since(moments[-1], rig.now) < 3000):
            moments.append(rig.now)
    return longest_gap(moments, rig.now)


def repeated(acking: bool) -> Callable[[], int | None]:
    """Return a question: how long is an open alarm not said at most, in five minutes?"""

    def longest() -> int | None:
        rig = Wearer()
        rig.acking = acking
        rig.press(900)
        if acking:
            rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, STEP_TAKEN, 9))
        moments, count = [rig.now], len(rig.alarms())
        for _ in range(300 * 1000 // POLL_MS):
            rig.run(POLL_MS)
            if len(rig.alarms()) > count:
                count = len(rig.alarms())
                moments.append(rig.now)
        return longest_gap(moments, rig.now)

    return longest


def silent() -> int | None:
    """Return the ms from the last sample to a heartbeat that tells it."""
    rig = Wearer()
    rig.run(1000)
    setattr(rig.badge, "samples", lambda *_: None)  # the sensor says nothing more
    return rig.until(rig.told(FAULT_SENSOR_SILENT), LONG_MS)


def stuck() -> int | None:
    """Return the ms from the sensor's last change, with its self-test failing."""
    rig = Wearer()
    rig.walk(10)
    last = rig.now
    while since(last, rig.now) < LONG_MS and not rig.told(FAULT_SENSOR_STUCK)():
        rig.run(POLL_MS)
        if rig.badge.self_test_wanted():
            rig.badge.self_tested(False, rig.now)
    return since(last, rig.now)


def no_gateway(**settings: object) -> int | None:
    """Return the ms from the last ack to the wearer's feeling it."""
    rig = Wearer(**settings)
    rig.fidgets = True
    rig.run(1000)
    rig.linked = False
    return rig.until(lambda: rig.badge.faults & FAULT_NO_GATEWAY and feel.TROUBLE in rig.felt(), LONG_MS, step=50)


def button() -> int | None:
    """Return the ms from press-down to a heartbeat that tells a stuck button."""
    rig = Wearer()
    return rig.until(rig.told(FAULT_BUTTON_STUCK), LONG_MS, pressed=1)


def not_worn() -> int | None:
    """Return the ms from the last movement to a heartbeat that tells it."""
    rig = Wearer()
    rig.walk(5)
    return rig.until(rig.told(FAULT_NOT_WORN), LONG_MS)


def battery() -> int | None:
    """Return the ms from a low reading to a heartbeat that tells it."""
    rig = Wearer()
    rig.run(1000)
    rig.badge.battery(9, rig.now)
    return rig.until(rig.told(FAULT_BATTERY_LOW), LONG_MS)
