"""What was the last second like? Sums over 50 samples, shared by the detectors that look once a second."""

from firmware.detect.features import Axes
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
        self._high = Axes()
        self._changed = True
        self._clear()

    def _clear(self):
        self._sums.put(0, 0, 0)
        self._sum = 0
        self._cut = 0
        self._low.put(_FAR, _FAR, _FAR)
        self._high.put(-_FAR, -_FAR, -_FAR)

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
        high = self._high
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
        self._clear()
        return True

    def left(self):
        """Return how many samples this second still takes."""
        return SAMPLES - self._n
