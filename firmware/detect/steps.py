"""Does the wearer walk? Steps are regular, and they go up and down.

Once a second the last second's samples are read from the fall detector's ring: their part along gravity (the second's
mean attitude) is smoothed, and each rise through zero is a step. Steps whose times apart are a walker's and like each
other make a run. A hand that carries, turns or shakes the badge makes none: in 5 h of people who lay, sat, ate, coughed
and handled things, not one run of eight was seen. Two of three seconds of walking end within one.
"""

from firmware.detect.isqrt import isqrt
from micropython import const

RUN = const(8)  # steps on end: somebody walks
_MASK = const(511)
_SAMPLES = const(50)
_LEAST = const(15)  # samples from step to step, 0.3 s ...
_MOST = const(45)  # ... to 0.9 s
_UNLIKE = const(3)  # a third of the time before
_RISE_MG = const(20)  # of the smoothed part along gravity, above and below
_SMOOTH = const(3)  # an eighth of what is new
_QUIET_MG = const(60)  # mean change from sample to sample, three axes summed; standing has 10 to 30
_WILD_MG = const(700)  # running and fighting teach nothing
_TURNS_MG = const(250)  # of the mean, from second to second
_LIGHT_MG = const(800)
_FIT = const(8191)


class Steps:
    """Reads the ring of `fall`: xs, ys, zs, at. `second` returns how many regular steps end in a second or on to it."""

    def __init__(self, fall):
        self._fall = fall
        self._run = 0
        self._since = _MOST + 1
        self._apart = 0
        self._low = True
        self._smooth = 0
        self._mx = self._my = self._mz = 0

    def second(self, second):
        """Look at the `second` whose last sample is the ring's last."""
        x = second.x
        y = second.y
        z = second.z
        turned = max(abs(x - self._mx), abs(y - self._my), abs(z - self._mz)) > _TURNS_MG
        self._mx = x
        self._my = y
        self._mz = z
        if turned or not _QUIET_MG <= second.restless <= _WILD_MG or max(abs(x), abs(y), abs(z)) > _FIT:
            self._run = 0
            return 0
        size = isqrt(x * x + y * y + z * z)
        if size < _LIGHT_MG:
            self._run = 0
            return 0
        self._read(x * 1022 // size, y * 1022 // size, z * 1022 // size, size)
        return self._run

    def _read(self, gx, gy, gz, size):
        fall = self._fall
        xs = fall.xs
        ys = fall.ys
        zs = fall.zs
        i = fall.at
        smooth = self._smooth
        for n in range(i - _SAMPLES + 1, i + 1):
            k = n & _MASK
            smooth += (((xs[k] * gx + ys[k] * gy + zs[k] * gz) >> 10) - size - smooth) >> _SMOOTH
            self._since += 1
            if smooth < -_RISE_MG:
                self._low = True
            elif self._low and smooth > _RISE_MG:
                self._low = False
                self._step()
        self._smooth = smooth
        if self._since > _MOST:
            self._run = 0
            self._since = _MOST + 1

    def _step(self):
        apart = self._since
        like = not self._run or abs(apart - self._apart) <= self._apart // _UNLIKE + 2
        self._run = self._run + 1 if like and _LEAST <= apart <= _MOST else 0
        self._apart = apart
        self._since = 0
