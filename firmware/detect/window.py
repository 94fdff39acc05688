"""What was the last second like, and can the sensor be believed that says so?

Sums over 50 samples, shared by the detectors that look once a second. A sensor that is stuck, cut off or mis-scaled is
reported and not classified:

    constant    the same codes for 60 s. A quiet LIS3DH at 16 g (48 mg a step) repeats its codes too, so this only asks
                for the chip's own self-test (`wants_test`); the answer comes back through `tested`
    one axis    does not change for 60 s in which the others moved plainly
    cut         samples at the end of the range, second after second: no body does that
    scale       at rest, the length of gravity is far from 1 g, thirty quiet seconds in a row; until a mean is right

A silent sensor gives no seconds: whoever hands the samples on sees that by the clock.
"""

from firmware.detect.features import Axes, isqrt
from micropython import const

SAMPLES = const(50)
CLAMP_MG = const(18000)  # lib/lis3dh.py and the badge end there: a sample that is there was cut off
_FAR = const(32767)


class Window(Axes):
    """Takes samples in mg; when `samples` returns True a second is over and the numbers below describe it.

    x, y, z: mean attitude, mg. restless: mean change from sample to sample, three axes summed, mg. x_span, y_span,
    z_span: largest less smallest, mg. cut: samples with an axis at the end of the range. same: no axis has changed at
    all since the second before.
    """

    def __init__(self):
        self.put(0, 0, 0)
        self.restless = 0
        self.x_span = self.y_span = self.z_span = 0
        self.cut = 0
        self.same = False
        self._n = 0
        self._last = Axes()
        self._sums = Axes()
        self._low = Axes()
        self._most = Axes()
        self._changed = True
        self._begin()

    def _begin(self):
        self._sums.put(0, 0, 0)
        self._sum = 0
        self._cut = 0
        self._low.put(_FAR, _FAR, _FAR)
        self._most.put(-_FAR, -_FAR, -_FAR)

    def samples(self, block, at, end):
        """Take samples `at` to `end` - 1 of x, y, z, x, ... in `block`, no more than `left()`; return as above."""
        # locals, since this loop is most of what a sleeping badge is awake for
        last = self._last
        px = last.x
        py = last.y
        pz = last.z
        sx = sy = sz = 0
        total = self._sum
        low = self._low
        x_low = low.x
        y_low = low.y
        z_low = low.z
        high = self._most
        x_high = high.x
        y_high = high.y
        z_high = high.z
        for i in range(3 * at, 3 * end, 3):
            x = block[i]
            y = block[i + 1]
            z = block[i + 2]
            sx += x
            sy += y
            sz += z
            if x == px and y == py and z == pz:
                continue
            total += (x - px if x > px else px - x) + (y - py if y > py else py - y) + (z - pz if z > pz else pz - z)
            px = x
            py = y
            pz = z
            if x < x_low:
                x_low = x
            if x > x_high:
                x_high = x
            if y < y_low:
                y_low = y
            if y > y_high:
                y_high = y
            if z < z_low:
                z_low = z
            if z > z_high:
                z_high = z
            if (x + 16384 | y + 16384 | z + 16384) & -32768:  # one is beyond 16,383, so it is worth asking which
                if x >= CLAMP_MG or y >= CLAMP_MG or z >= CLAMP_MG or min(x, y, z) <= -CLAMP_MG:
                    self._cut += 1
        self._changed = self._changed or x_high >= x_low
        last.put(px, py, pz)
        self._sums.add(sx, sy, sz)
        self._sum = total
        low.put(x_low, y_low, z_low)
        high.put(x_high, y_high, z_high)
        self._n += end - at
        if self._n < SAMPLES:
            return False
        self._n = 0
        self.mean(self._sums, SAMPLES)
        self.restless = self._sum // SAMPLES
        # the spans begin with the last sample of the second before, or a sensor stuck since then would span nothing
        self.x_span = max(0, x_high - x_low)
        self.y_span = max(0, y_high - y_low)
        self.z_span = max(0, z_high - z_low)
        self.cut = self._cut
        self.same = not self._changed
        self._changed = False
        self._begin()
        return True

    def left(self):
        """Return how many samples this second still takes."""
        return SAMPLES - self._n


GOOD = const(0)
STUCK = const(1)
AXIS_STUCK = const(2)
CUT = const(3)
SCALE = const(4)
TEST_FAILED = const(5)

_CONSTANT_S = const(60)
_PLAINLY_MG = const(100)
_CUT_LEAST = const(3)  # samples in a second
_CUT_S = const(3)
_QUIET_MG = const(30)
_SCALE_S = const(30)
_LEAST_MG = const(720)  # 5 % of gain and 60 mg of offset on each axis, half a step of 48 mg and a slow turn stay within
_MOST_MG = const(1280)


class Plausibility:
    """`second(second)` returns what is wrong, GOOD or one of the words above; `wrong` keeps it until it is well again.

    wants_test: the chip should test itself; then call `tested(passed)`.
    """

    def __init__(self):
        self.wrong = GOOD
        self.wants_test = False
        self._same = 0
        self._still = Axes()  # seconds
        self._cut = 0
        self._fails = 0

    def second(self, second):
        """Look at the second that is over."""
        if second.same:
            self._same += 1
            if self._same == _CONSTANT_S:
                self.wants_test = True
        else:
            self._same = 0
        plainly = second.x_span > _PLAINLY_MG or second.y_span > _PLAINLY_MG or second.z_span > _PLAINLY_MG
        stuck = self._still
        stuck.add(plainly, plainly, plainly)
        stuck.put(
            0 if second.x_span else stuck.x, 0 if second.y_span else stuck.y, 0 if second.z_span else stuck.z
        )
        self._cut = self._cut + 1 if second.cut >= _CUT_LEAST else 0
        if second.restless < _QUIET_MG or self._fails:
            x = max(-8191, min(8191, second.x))
            y = max(-8191, min(8191, second.y))
            z = max(-8191, min(8191, second.z))
            size = isqrt(x * x + y * y + z * z)
            if _LEAST_MG <= size <= _MOST_MG:
                self._fails = 0
            elif second.restless < _QUIET_MG:
                self._fails += 1
        wrong = GOOD
        if self._cut >= _CUT_S:
            wrong = CUT
        elif max(stuck.x, stuck.y, stuck.z) >= _CONSTANT_S:
            wrong = AXIS_STUCK
        elif self._fails >= _SCALE_S:
            wrong = SCALE
        elif self._same and (self.wrong == STUCK or self.wrong == TEST_FAILED):
            wrong = self.wrong  # until it moves
        self.wrong = wrong
        return wrong

    def tested(self, passed):
        """Take the answer of the chip's self-test: passed means that it was only quiet."""
        self.wants_test = False
        self._same = 0 if passed else self._same
        if not passed:
            self.wrong = STUCK if self._same >= _CONSTANT_S else TEST_FAILED
