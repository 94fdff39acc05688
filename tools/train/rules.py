"""What do known rules find in the same recordings? Three detectors to be compared with, each with the badge's face.

    Chip      impact over 2.5 g, then still and tilted past 45 degrees: what fall interrupts in sensor chips do
    Classic   under 0.4 g, within 1 s over 3 g, and 2 s later tilted past 60 degrees
    C8        deviation in the plane across gravity, of the best threshold in the SisFall paper (Sensors 17:198, 2017)

For people and screens only: floats are allowed here.
"""

import math
from collections import deque
from collections.abc import Sequence

_MASK = 0x3FFFFFFF
_SECOND = 50
LOW_PASS_HZ = 5
C8_MG = 590  # the threshold with the most right answers on SisFall, as read here (95.9 %; the paper has 96.2 %)

Sample = tuple[int, int, int]  # mg


class Gravity:
    """The mean attitude of the last seconds: `x`, `y`, `z` in mg."""

    def __init__(self, seconds: int) -> None:
        self._most = seconds * _SECOND
        self._count = 0
        self.x = self.y = self.z = 0.0

    def learn(self, x: float, y: float, z: float) -> None:
        """Take a sample; the first ones count fully."""
        self._count = min(self._count + 1, self._most)
        self.x += (x - self.x) / self._count
        self.y += (y - self.y) / self._count
        self.z += (z - self.z) / self._count

    def degrees(self, x: float, y: float, z: float) -> float:
        """Return the angle to another attitude."""
        sizes = math.hypot(self.x, self.y, self.z) * math.hypot(x, y, z)
        if not sizes:
            return 0.0
        cosine = (self.x * x + self.y * y + self.z * z) / sizes
        return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


class _Rule:
    """Impact, rest, weighing: `opens` says when there is an impact and `fell` decides over 2 s after a rest."""

    rest = 75
    weigh = 100

    def __init__(self) -> None:
        self.impact_at = 0
        self._gravity = Gravity(5)
        self._peak = 0
        self._since = -1  # samples since the impact
        self._after: list[Sample] = []

    def opens(self, power: int) -> bool:
        """Return whether an impact begins, at `power` mg²."""
        raise NotImplementedError

    def fell(self, after: Sequence[Sample]) -> bool:
        """Return whether what was felt after the rest is a fall's."""
        raise NotImplementedError

    def sample(self, x: int, y: int, z: int, now: int) -> bool:
        """Take mg at `now` in ms; return whether the rule says that somebody fell."""
        power = x * x + y * y + z * z
        if self.opens(power) and (self._since < 0 or power > self._peak):
            self._peak = power
            self.impact_at = now
            self._since = 0
            self._after = []
        if self._since < 0:
            self._gravity.learn(x, y, z)
            return False
        self._since += 1
        if self._since > self.rest:
            self._after.append((x, y, z))
        if len(self._after) < self.weigh:
            return False
        self._since = -1
        return self.fell(self._after)

    def tilt(self, after: Sequence[Sample]) -> float:
        """Return the angle between gravity before and the mean of `after`, in degrees."""
        return self._gravity.degrees(*[sum(axis) / len(after) for axis in zip(*after, strict=True)])


class Chip(_Rule):
    """Impact, stillness, tilt."""

    def opens(self, power: int) -> bool:
        """Return whether an impact begins."""
        return power > 2500**2

    def fell(self, after: Sequence[Sample]) -> bool:
        """Return whether stillness and tilt are a fall's."""
        restless = sum(
            abs(p - q) for a, b in zip(after, after[1:], strict=False) for p, q in zip(a, b, strict=True)
        )
        return restless / len(after) < 90 and self.tilt(after) > 45


class Classic(_Rule):
    """Free fall, then impact, then tilt."""

    rest = 50

    def __init__(self) -> None:
        super().__init__()
        self._light = 0  # samples for which free fall still counts

    def opens(self, power: int) -> bool:
        """Return whether an impact follows a free fall."""
        self._light = _SECOND if power < 400**2 else max(0, self._light - 1)
        return self._light > 0 and power > 3000**2

    def fell(self, after: Sequence[Sample]) -> bool:
        """Return whether the tilt is a fall's."""
        return self.tilt(after) > 60


class C8:
    """Standard deviation over 1 s in the plane across gravity, after a 5 Hz low-pass."""

    def __init__(self) -> None:
        self.impact_at = 0
        self._gravity = Gravity(20)
        self._smooth: tuple[float, float, float] | None = None
        self._window: deque[tuple[float, ...]] = deque(maxlen=_SECOND)
        self._sums = [0.0] * 6
        self._peak = 0.0
        self._left = 0

    def sample(self, x: float, y: float, z: float, now: int) -> bool:
        """Take mg at `now` in ms; return whether a fall is seen, once per 2 s, after its strongest moment."""
        blend = 1 - math.exp(-2 * math.pi * LOW_PASS_HZ / _SECOND)
        old = self._smooth or (x, y, z)
        x, y, z = [p + blend * (q - p) for p, q in zip(old, (x, y, z), strict=True)]
        self._smooth = x, y, z
        self._gravity.learn(x, y, z)
        self._move(x, y, z)
        mg = self._across()
        if mg > C8_MG and mg > self._peak:
            self._peak = mg
            self.impact_at = (now - 500) & _MASK  # the middle of the window
            self._left = 2 * _SECOND
        if not self._left:
            return False
        self._left -= 1
        if self._left:
            return False
        self._peak = 0.0
        return True

    def _move(self, x: float, y: float, z: float) -> None:
        sums = self._sums
        if len(self._window) == _SECOND:
            for i, value in enumerate(self._window[0]):
                sums[i] -= value
        row = (x, y, z, x * x, y * y, z * z)
        self._window.append(row)
        for i, value in enumerate(row):
            sums[i] += value

    def _across(self) -> float:
        # Variances of the two axes across gravity: all three, less that along the upright axis of the sensor.
        count = len(self._window)
        variances = [max(0.0, self._sums[3 + i] / count - (self._sums[i] / count) ** 2) for i in range(3)]
        up = [abs(self._gravity.x), abs(self._gravity.y), abs(self._gravity.z)]
        variances[up.index(max(up))] = 0.0
        return math.sqrt(sum(variances))


RULES: dict[str, type[Chip | Classic | C8]] = {"chip": Chip, "classic": Classic, "c8": C8}
