"""What did the seconds around an impact look like? A few whole numbers, read from the ring of samples.

               -3.0 s         -1.0 s  impact   +1.5 s                 +5.0 s
    ──────────────┬───────────────┬──────┬────────┬──────────────────────┬────
                  │    before     │    around     │        after         │
                                  └ ready: -1.0 to -0.5 s   └ landed: +0.5 to +1.5 s

Attitudes are means over these spans, and are compared with the attitude worn until then, never with the sensor's axes:
it does not matter how the badge is turned on the belt. How much somebody moves after the impact is not asked: who falls
and goes on fighting has fallen. Which way up they are is, by means that movement leaves alone. The same code runs in
training and on the badge. Work is done in slices of a few samples a call, nothing is allocated, and every number stays
below 2^30 (axes are clamped to 18,000 mg by the caller).
"""

from array import array

from firmware.detect.flight import Flight
from firmware.detect.isqrt import isqrt
from micropython import const

RING = const(512)  # samples kept, 10 s; from the first of `before` until the last slice has read 470 go by
AFTER_END = const(250)
_MASK = const(511)
_SLICE = const(25)  # half a second; every span is a whole number of them
_BEFORE = const(-150)
_BEFORE_END = const(-50)
_READY_END = const(-25)
_LANDED = const(25)
_AROUND_END = const(75)
_UNIT = const(1024)
_SHORT = const(1022)  # a unit vector that rounding never makes longer than 1024
_FIT = const(8191)
_MOST = const(32767)
_COS45 = const(724)  # 45 degrees from the attitude worn
_KNOCK = const(2)  # samples over 1.4 g on end, at most: two of 1,123 acted falls have no longer ones
_HIGH_MG2 = const(1960000)  # (1.4 g)^2: more than a step

PEAK = const(0)  # mg: the largest magnitude around the impact
HIGH = const(1)  # samples around the impact over 1.4 g: how long it shook
ALONG_LEAST = const(2)  # mg: the least weight along the gravity of before; negative when thrown against it
PULSE = const(3)  # samples on end around the impact over 1.4 g, at most: a body is soft and takes 60 ms, a thing knocks
SIZE = const(4)  # mg: length of the mean attitude after; less than 1 g when it went on changing
COS_AFTER = const(5)  # 1024 * cosine between the attitude after and the attitude worn
COS_BEFORE = const(6)  # 1024 * cosine between the attitude before and the attitude worn: had the badge been handled?
COS_LANDED = const(7)  # 1024 * cosine between the attitude just after landing and the attitude worn
COS_READY = const(8)  # 1024 * cosine between the attitude just before and the attitude worn
RESTLESS_BEFORE = const(9)  # mg: mean change from sample to sample before, three axes summed: running, or shaken?
DOWN = const(10)  # half seconds of `after`, of 7, whose mean attitude is past 45 degrees from the attitude worn
VALUES = const(11)


def cosine(ax, ay, az, bx, by, bz):
    """Return 1024 times the cosine between two attitudes, axes within 18,000; 0 when one has no length."""
    while max(ax, ay, az) > _FIT or min(ax, ay, az) < -_FIT:
        ax >>= 1
        ay >>= 1
        az >>= 1
    while max(bx, by, bz) > _FIT or min(bx, by, bz) < -_FIT:
        bx >>= 1
        by >>= 1
        bz >>= 1
    a = isqrt(ax * ax + ay * ay + az * az)
    b = isqrt(bx * bx + by * by + bz * bz)
    if a == 0 or b == 0:
        return 0
    return (ax * bx + ay * by + az * bz) // a * _UNIT // b


class Features:
    """Reads the ring of samples `xs`, `ys`, `zs` (RING places each) around an impact; `values` holds the answer.

    flew: whether it flew as smoothly as a thing does (flight.py). thing: whether it also was out of the attitude worn,
    struck as hard as a thing does, or was as light throughout. One of these alone could be a person.
    """

    def __init__(self, xs, ys, zs):
        self.values = array("h", bytes(2 * VALUES))
        self.flew = self.thing = False
        self._xs = xs
        self._ys = ys
        self._zs = zs
        self._at = 0
        self._offset = 0
        self._ux = self._uy = self._uz = 0
        self._nx = self._ny = self._nz = 0
        self._flight = Flight()
        self._peak = self._least = self._high = 0
        self._run = self._pulse = 0
        self._rx = self._ry = self._rz = 0
        self._lx = self._ly = self._lz = 0
        self._down = 0
        self._clear()

    def begin(self, at, ux, uy, uz):
        """Start on the impact at place `at` of the ring; ux, uy, uz is the attitude worn until then, mg."""
        self._at = at
        self._offset = _BEFORE
        self._ux = ux
        self._uy = uy
        self._uz = uz
        self._clear()

    def step(self):
        """Read a slice; return True when `values` are ready."""
        offset = self._offset
        if offset < _BEFORE_END:
            self._still(offset, offset + _SLICE)
            if self._offset == _BEFORE_END:
                self._before()
        elif offset < _AROUND_END:
            self._around(offset, offset + _SLICE)
            if self._offset == _AROUND_END:
                self._clear()
        elif offset < AFTER_END:
            x = self._sx
            y = self._sy
            z = self._sz
            self._still(offset, offset + _SLICE)
            if self._tilted((self._sx - x) // _SLICE, (self._sy - y) // _SLICE, (self._sz - z) // _SLICE):
                self._down += 1
        else:
            self._after()
            return True
        return False

    def _tilted(self, x, y, z):
        return cosine(x, y, z, self._ux, self._uy, self._uz) < _COS45

    def _clear(self):
        self._sx = self._sy = self._sz = 0
        self._sum = 0

    def _still(self, first, end):
        # Sums for a mean attitude, and the change from sample to sample.
        xs = self._xs
        ys = self._ys
        zs = self._zs
        i = (self._at + first - 1) & _MASK
        px = xs[i]
        py = ys[i]
        pz = zs[i]
        sx = self._sx
        sy = self._sy
        sz = self._sz
        change = self._sum
        for _ in range(end - first):
            i = (i + 1) & _MASK
            x = xs[i]
            y = ys[i]
            z = zs[i]
            sx += x
            sy += y
            sz += z
            change += abs(x - px) + abs(y - py) + abs(z - pz)
            px = x
            py = y
            pz = z
        self._sx = sx
        self._sy = sy
        self._sz = sz
        self._sum = change
        self._offset = end

    def _before(self):
        n = _BEFORE_END - _BEFORE
        x = self._sx // n
        y = self._sy // n
        z = self._sz // n
        self.values[COS_BEFORE] = cosine(x, y, z, self._ux, self._uy, self._uz)
        self.values[RESTLESS_BEFORE] = min(_MOST, self._sum // n)
        size = max(1, isqrt(x * x + y * y + z * z))
        self._nx = x * _SHORT // size
        self._ny = y * _SHORT // size
        self._nz = z * _SHORT // size
        self._peak = 0
        self._least = _MOST
        self._high = self._run = self._pulse = 0
        self._rx = self._ry = self._rz = 0
        self._lx = self._ly = self._lz = 0
        self._down = 0
        self._flight.begin()

    def _around(self, first, end):
        xs = self._xs
        ys = self._ys
        zs = self._zs
        nx = self._nx
        ny = self._ny
        nz = self._nz
        flight = self._flight
        i = (self._at + first - 1) & _MASK
        px = xs[i]
        py = ys[i]
        pz = zs[i]
        for offset in range(first, end):
            i = (i + 1) & _MASK
            x = xs[i]
            y = ys[i]
            z = zs[i]
            power = x * x + y * y + z * z
            along = (x * nx + y * ny + z * nz) >> 10
            change = abs(x - px) + abs(y - py) + abs(z - pz)
            px = x
            py = y
            pz = z
            flight.sample(power, change)
            if power > self._peak:
                self._peak = power
            if along < self._least:
                self._least = along
            if power > _HIGH_MG2:
                self._high += 1
                self._run += 1
                if self._run > self._pulse:
                    self._pulse = self._run
            else:
                self._run = 0
            if offset < _READY_END:
                self._rx += x
                self._ry += y
                self._rz += z
            elif offset >= _LANDED:
                self._lx += x
                self._ly += y
                self._lz += z
        self._offset = end

    def _after(self):
        n = AFTER_END - _AROUND_END
        x = self._sx // n
        y = self._sy // n
        z = self._sz // n
        values = self.values
        values[PEAK] = isqrt(self._peak)
        values[HIGH] = self._high
        values[ALONG_LEAST] = max(-_MOST, self._least)
        values[PULSE] = self._pulse
        values[SIZE] = isqrt(x * x + y * y + z * z)
        values[COS_AFTER] = cosine(x, y, z, self._ux, self._uy, self._uz)
        n = _AROUND_END - _LANDED
        values[COS_LANDED] = cosine(self._lx // n, self._ly // n, self._lz // n, self._ux, self._uy, self._uz)
        n = _READY_END - _BEFORE_END
        values[COS_READY] = cosine(self._rx // n, self._ry // n, self._rz // n, self._ux, self._uy, self._uz)
        values[DOWN] = self._down
        self.flew = self._flight.smooth()
        handled = min(values[COS_BEFORE], values[COS_READY]) < _COS45
        struck = self._pulse <= _KNOCK
        self.thing = self.flew and (handled or struck or self._flight.bare())
