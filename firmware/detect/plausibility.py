"""Can the sensor be believed? A sensor that is stuck, cut off or mis-scaled is reported and not classified.

    constant    the same codes for 60 s. A quiet LIS3DH at 16 g (48 mg a step) repeats its codes too, so this only asks
                for the chip's own self-test (`wants_test`); the answer comes back through `tested`
    one axis    does not change for 60 s in which the others moved plainly
    cut         samples at the end of the range, second after second: no body does that
    scale       at rest, the length of gravity is far from 1 g, thirty quiet seconds in a row; until a mean is right

A silent sensor gives no seconds: whoever hands the samples on sees that by the clock. Looks once a second.
"""

from firmware.detect.features import Axes, isqrt
from micropython import const

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
        self._stuck = Axes()  # seconds
        self._cut = 0
        self._off = 0

    def second(self, second):
        """Look at the second that is over."""
        if second.same:
            self._same += 1
            if self._same == _CONSTANT_S:
                self.wants_test = True
        else:
            self._same = 0
        plainly = second.x_span > _PLAINLY_MG or second.y_span > _PLAINLY_MG or second.z_span > _PLAINLY_MG
        stuck = self._stuck
        stuck.add(plainly, plainly, plainly)
        stuck.put(
            0 if second.x_span else stuck.x, 0 if second.y_span else stuck.y, 0 if second.z_span else stuck.z
        )
        self._cut = self._cut + 1 if second.cut >= _CUT_LEAST else 0
        self._scale(second)
        wrong = GOOD
        if self._cut >= _CUT_S:
            wrong = CUT
        elif max(stuck.x, stuck.y, stuck.z) >= _CONSTANT_S:
            wrong = AXIS_STUCK
        elif self._off >= _SCALE_S:
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

    def _scale(self, second):
        if second.restless >= _QUIET_MG and not self._off:
            return
        x = max(-8191, min(8191, second.x))
        y = max(-8191, min(8191, second.y))
        z = max(-8191, min(8191, second.z))
        size = isqrt(x * x + y * y + z * z)
        if _LEAST_MG <= size <= _MOST_MG:
            self._off = 0
        elif second.restless < _QUIET_MG:
            self._off += 1
