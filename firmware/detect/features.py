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

from micropython import const

_LIGHT_MG2 = const(160000)  # (0.4 g)^2
_BARE_MG2 = const(25600)  # (0.16 g)^2: half of the jumps' samples are heavier, hardly one of a thing's is
_LONG = const(6)  # samples, 120 ms: 7 cm
_EDGES = const(2)  # samples whose change is not the flight's: letting go, and touching down
_SMOOTH_MG = const(60)  # mean change from sample to sample, three axes summed: one step of the sensor and a little


class Flight:
    """Was it a thing that flew, and not a person? Takes samples in turn; `smooth` then says so of the longest flight.

    Whoever falls is seldom weightless for long, and never smoothly: limbs move a body in flight, and in SisFall's jumps
    and falls that are under 0.4 g for 120 ms on end, the weight changes by 86 mg and more from sample to sample. A
    badge that is dropped or thrown feels its own spin alone, and that is constant. So flight by itself says nothing
    here, or who falls from a ladder would not be found; flight without unrest does, and Features wants one sign more.
    """

    def __init__(self):
        self.begin()

    def begin(self):
        """Forget all."""
        self._run = self._change = self._bare = 0
        self._longest = self._unrest = self._barest = 0

    def sample(self, power, change):
        """Take one sample's squared length, mg^2, and its change from the sample before, mg, three axes summed."""
        if power >= _LIGHT_MG2:
            self._run = self._bare = 0
            return
        unrest = self._change
        self._change = unrest + change if self._run else 0
        self._run += 1
        if power < _BARE_MG2:
            self._bare += 1
        if self._run > self._longest:
            self._longest = self._run
            self._barest = self._bare
            self._unrest = unrest if self._run > _EDGES else 0  # without the last: it may have begun to touch

    def smooth(self):
        """Return whether the longest flight was long, and as smooth as a thing's."""
        return self._longest >= _LONG and self._unrest <= _SMOOTH_MG * (self._longest - _EDGES)

    def bare(self):
        """Return whether all of that flight was as light as a thing's."""
        return self._barest >= self._longest - _EDGES


_TOP = const(0x10000000)  # the highest power of four below 2^30


def isqrt(n):
    """Return the largest r with r * r <= n, for n below 2^30; 0 for n below 1."""
    if n <= 0:
        return 0
    r = 0
    b = _TOP
    while b > n:
        b >>= 2
    while b:
        if n >= r + b:
            n -= r + b
            r = (r >> 1) + b
        else:
            r >>= 1
        b >>= 2
    return r


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
_MOST = const(32767)
_COS45 = const(724)  # 45 degrees from the attitude worn
_KNOCK = const(2)  # samples over 1.4 g on end, at most: two of 1,123 acted falls have no longer ones
_LIGHT_END = const(10)  # a fall is light before its impact, and may be struck twice
_ONE_MG2 = const(1000000)
_LIGHT_SHIFT = const(15)  # 60 samples of no weight sum up to 1,800
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
TURN_FALLEN = const(11)  # 1024 * cosine between the attitudes just before and just after landing
TURN_AFTER = const(12)  # 1024 * cosine between the attitude just after landing and the attitude after
COS_LEAST = const(13)  # 1024 * least cosine between a half second of `after` and the attitude worn
LIGHT = const(14)  # weight missing from 1 s before the impact until 0.2 s after it: (1 g)^2 less the square, summed
JOLT = const(15)  # mg: the largest change from sample to sample around the impact, three axes summed
VALUES = const(16)


def cosine(ax, ay, az, bx, by, bz):
    """Return 1024 times the cosine between two attitudes, axes within 18,000; 0 when one has no length."""
    a = isqrt(ax * ax + ay * ay + az * az)
    b = isqrt(bx * bx + by * by + bz * bz)
    if a == 0 or b == 0:
        return 0
    return (ax * bx + ay * by + az * bz) // a * _UNIT // b


class Features:
    """Reads the ring of samples `xs`, `ys`, `zs` (RING places each) around an impact; `values` holds the answer.

    flew: whether it flew as smoothly as a thing does (Flight). thing: whether it also was out of the attitude worn,
    struck as hard as a thing does, or was as light throughout. One of these alone could be a person.
    """

    def __init__(self, xs, ys, zs):
        self.values = array("h", bytes(2 * VALUES))
        self.flew = self.thing = False
        self._xs = xs
        self._ys = ys
        self._zs = zs
        self._at = self._offset = 0
        self._ux = self._uy = self._uz = 0
        self._nx = self._ny = self._nz = 0
        self._flight = Flight()
        self._peak = self._run = 0
        self._rx = self._ry = self._rz = 0
        self._lx = self._ly = self._lz = 0
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
            x = (self._sx - x) // _SLICE
            y = (self._sy - y) // _SLICE
            z = (self._sz - z) // _SLICE
            up = cosine(x, y, z, self._ux, self._uy, self._uz)
            values = self.values
            if up < values[COS_LEAST]:
                values[COS_LEAST] = up
            if up < _COS45:
                values[DOWN] += 1
        else:
            self._after()
            return True
        return False

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
        values = self.values
        values[COS_BEFORE] = cosine(x, y, z, self._ux, self._uy, self._uz)
        values[RESTLESS_BEFORE] = min(_MOST, self._sum // n)
        size = max(1, isqrt(x * x + y * y + z * z))
        self._nx = x * _SHORT // size
        self._ny = y * _SHORT // size
        self._nz = z * _SHORT // size
        values[ALONG_LEAST] = _MOST
        values[COS_LEAST] = _UNIT
        values[HIGH] = values[PULSE] = values[DOWN] = values[LIGHT] = values[JOLT] = 0
        self._peak = self._run = 0
        self._rx = self._ry = self._rz = 0
        self._lx = self._ly = self._lz = 0
        self._flight.begin()

    def _around(self, first, end):
        xs = self._xs
        ys = self._ys
        zs = self._zs
        nx = self._nx
        ny = self._ny
        nz = self._nz
        flight = self._flight
        values = self.values
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
            if change > values[JOLT]:
                values[JOLT] = min(_MOST, change)
            if offset < _LIGHT_END and power < _ONE_MG2:
                values[LIGHT] += (_ONE_MG2 - power) >> _LIGHT_SHIFT
            if power > self._peak:
                self._peak = power
            if along < values[ALONG_LEAST]:
                values[ALONG_LEAST] = max(-_MOST, along)
            if power > _HIGH_MG2:
                values[HIGH] += 1
                self._run += 1
                if self._run > values[PULSE]:
                    values[PULSE] = self._run
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
        values[SIZE] = isqrt(x * x + y * y + z * z)
        values[COS_AFTER] = cosine(x, y, z, self._ux, self._uy, self._uz)
        n = _AROUND_END - _LANDED
        lx = self._lx // n
        ly = self._ly // n
        lz = self._lz // n
        values[COS_LANDED] = cosine(lx, ly, lz, self._ux, self._uy, self._uz)
        n = _READY_END - _BEFORE_END
        rx = self._rx // n
        ry = self._ry // n
        rz = self._rz // n
        values[COS_READY] = cosine(rx, ry, rz, self._ux, self._uy, self._uz)
        values[TURN_FALLEN] = cosine(rx, ry, rz, lx, ly, lz)
        values[TURN_AFTER] = cosine(lx, ly, lz, x, y, z)
        self.flew = self._flight.smooth()
        handled = min(values[COS_BEFORE], values[COS_READY]) < _COS45
        struck = values[PULSE] <= _KNOCK
        self.thing = self.flew and (handled or struck or self._flight.bare())
