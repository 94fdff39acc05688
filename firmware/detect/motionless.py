"""Does the wearer no longer move? Nothing but breath for some 50 s.

Moved is: within a second one axis spans more than a breath and the sensor's steps can make, or the mean attitude has
left the place where it was when last moved. Looks once a second (firmware/detect/second.py).
"""

from micropython import const

STILL = const(1)
MOVED = const(2)

STILL_S = const(50)  # with a pre-alarm of 30 s inside 90 s
_SPAN_MG = const(60)  # five steps of an LIS3DH at 16 g; breath and noise stay under four
_SHIFT_MG = const(36)  # of a mean: two degrees


class Motionless:
    """`second(second, now)` returns STILL after `still_s` without movement, MOVED at the first one after, else 0.

    still: between the two. moved_at: when movement was last seen.
    """

    def __init__(self, still_s=STILL_S):
        self.still = False
        self.moved_at = 0
        self._still_s = still_s
        self._count = 0
        self._x = self._y = self._z = 0

    def second(self, second, now):
        """Look at the second that ended at `now`."""
        if (
            second.x_span > _SPAN_MG or second.y_span > _SPAN_MG or second.z_span > _SPAN_MG
            or abs(second.x - self._x) > _SHIFT_MG
            or abs(second.y - self._y) > _SHIFT_MG
            or abs(second.z - self._z) > _SHIFT_MG
        ):  # fmt: skip
            self._x = second.x
            self._y = second.y
            self._z = second.z
            self.moved_at = now
            self._count = 0
            if self.still:
                self.still = False
                return MOVED
            return 0
        if self.still:
            return 0
        self._count += 1
        if self._count >= self._still_s:
            self.still = True
            return STILL
        return 0
