"""What was the last second like? Sums over 50 samples, shared by the detectors that look once a second."""

from micropython import const

SAMPLES = const(50)
CLAMP_MG = const(18000)  # lib/lis3dh.py and the badge end there: a sample that is there was cut off
_FAR = const(32767)


class Second:
    """Takes samples in mg; when `sample` returns True a second is over and the numbers below describe it.

    x, y, z: mean attitude, mg. restless: mean change from sample to sample, three axes summed, mg. x_span, y_span,
    z_span: largest less smallest, mg. cut: samples with an axis at the end of the range. same: no axis has changed at
    all since the second before.
    """

    def __init__(self):
        self.x = self.y = self.z = 0
        self.restless = 0
        self.x_span = self.y_span = self.z_span = 0
        self.cut = 0
        self.same = False
        self._n = 0
        self._px = self._py = self._pz = 0
        self._changed = True
        self._clear()

    def _clear(self):
        self._sx = self._sy = self._sz = 0
        self._sum = 0
        self._cut = 0
        self._x_low = self._y_low = self._z_low = _FAR
        self._x_high = self._y_high = self._z_high = -_FAR

    def sample(self, x, y, z):
        """Take one acceleration; return whether a second is over."""
        d = abs(x - self._px) + abs(y - self._py) + abs(z - self._pz)
        if d:
            self._sum += d
            self._changed = True
            self._px = x
            self._py = y
            self._pz = z
            if x < self._x_low:
                self._x_low = x
            if x > self._x_high:
                self._x_high = x
            if y < self._y_low:
                self._y_low = y
            if y > self._y_high:
                self._y_high = y
            if z < self._z_low:
                self._z_low = z
            if z > self._z_high:
                self._z_high = z
            if x >= CLAMP_MG or y >= CLAMP_MG or z >= CLAMP_MG or x <= -CLAMP_MG or y <= -CLAMP_MG or z <= -CLAMP_MG:
                self._cut += 1
        self._sx += x
        self._sy += y
        self._sz += z
        self._n += 1
        if self._n < SAMPLES:
            return False
        self._over()
        return True

    def _over(self):
        self._n = 0
        self.x = self._sx // SAMPLES
        self.y = self._sy // SAMPLES
        self.z = self._sz // SAMPLES
        self.restless = self._sum // SAMPLES
        # the spans begin with the last sample of the second before, or a sensor stuck since then would span nothing
        self.x_span = max(0, self._x_high - self._x_low)
        self.y_span = max(0, self._y_high - self._y_low)
        self.z_span = max(0, self._z_high - self._z_low)
        self.cut = self._cut
        self.same = not self._changed
        self._changed = False
        self._clear()
