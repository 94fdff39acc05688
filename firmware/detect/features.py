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
        self._longest = self._sum = self._barest = 0

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
            self._sum = unrest if self._run > _EDGES else 0  # without the last: it may have begun to touch

    def smooth(self):
        """Return whether the longest flight was long, and as smooth as a thing's."""
        return self._longest >= _LONG and self._sum <= _SMOOTH_MG * (self._longest - _EDGES)

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


_UNIT = const(1024)


class Axes:
    """Three numbers that belong together, one for each axis: an attitude in mg, or sums of samples."""

    def __init__(self):
        self.put(0, 0, 0)

    def put(self, x, y, z):
        """Let these be the numbers."""
        self.x = x
        self.y = y
        self.z = z

    def add(self, x, y, z):
        """Add these to the numbers."""
        self.x += x
        self.y += y
        self.z += z

    def take(self, other):
        """Let the numbers be those of `other`."""
        self.put(other.x, other.y, other.z)

    def mean(self, other, n):
        """Let the numbers be the means of `n` of what `other` holds."""
        self.put(other.x // n, other.y // n, other.z // n)

    def length(self):
        """Return the length, axes within 18,000."""
        return isqrt(self.x * self.x + self.y * self.y + self.z * self.z)

    def apart(self, other):
        """Return by how much the axis differs that differs most from that of `other`, which has x, y and z."""
        return max(abs(self.x - other.x), abs(self.y - other.y), abs(self.z - other.z))

    def cosine(self, other):
        """Return 1024 times the cosine between two attitudes, axes within 18,000; 0 when one has no length."""
        a = self.length()
        b = other.length()
        if a == 0 or b == 0:
            return 0
        return (self.x * other.x + self.y * other.y + self.z * other.z) // a * _UNIT // b


RING = const(512)  # samples kept, 10 s; from the first of `before` until the last slice has read 470 go by
AFTER_END = const(250)
_MASK = const(511)
_SLICE = const(25)  # half a second; every span is a whole number of them
_BEFORE = const(-150)
_BEFORE_END = const(-50)
_READY_END = const(-25)
_LANDED = const(25)
_AROUND_END = const(75)
_QUICK_END = const(100)
_FINE = const(14)  # bits of a unit vector
_SHORT = const(16382)  # one that rounding never makes longer than a unit
_COS45 = const(724)  # 45 degrees from the attitude worn
_KNOCK = const(2)  # samples over 1.4 g on end, at most: two of 1,123 acted falls have no longer ones
_LIGHT_END = const(10)  # a fall is light before its impact, and may be struck twice
_ONE_MG2 = const(1000000)
_LIGHT_SHIFT = const(15)  # 60 samples of no weight sum up to 1,800
_HIGH_MG2 = const(1960000)  # (1.4 g)^2: more than a step

PEAK = const(0)  # mg: the largest magnitude around the impact
HIGH = const(1)  # samples around the impact over 1.4 g: how long it shook
ACROSS = const(2)  # mg: the most across the attitude worn: who jumps or sits down lands along it
PULSE = const(3)  # samples on end around the impact over 1.4 g, at most: a body is soft and takes 60 ms, a thing knocks
SIZE = const(4)  # mg: length of the mean attitude after; less than 1 g when it went on changing
COS_AFTER = const(5)  # 1024 * cosine between the attitude after and the attitude worn
COS_BEFORE = const(6)  # 1024 * cosine between the attitude before and the attitude worn: had the badge been handled?
COS_LANDED = const(7)  # 1024 * cosine between the attitude just after landing and the attitude worn
TURN_BEFORE = const(8)  # 1024 * least cosine between a half second of `before` and the next: in a hand, in bed
TURN_QUICK = const(9)  # the same from 1.5 s before the impact until 2 s after it: a fall turns quicker than lying down
DOWN = const(10)  # half seconds of `after`, of 7, whose mean attitude is past 45 degrees from the attitude worn
TURN_FALLEN = const(11)  # 1024 * cosine between the attitudes just before and just after landing
TURN_AFTER = const(12)  # 1024 * cosine between the attitude just after landing and the attitude after
COS_LEAST = const(13)  # 1024 * least cosine between a half second of `after` and the attitude worn
LIGHT = const(14)  # weight missing from 1 s before the impact until 0.2 s after it: (1 g)^2 less the square, summed
VALUES = const(15)


class Features:
    """Reads the ring of samples `xs`, `ys`, `zs` (RING places each) around an impact; `values` holds the answer.

    flew: whether it flew as smoothly as a thing does (Flight). thing: whether it also was out of the attitude worn,
    struck as hard as a thing does, or was as light throughout. One of these alone could be a person. worn, last: once
    `values` are ready, the attitudes worn until the impact, and after it.
    """

    def __init__(self, xs, ys, zs):
        self.values = array("h", bytes(2 * VALUES))
        self.flew = self.thing = False
        self.xs = xs
        self.ys = ys
        self.zs = zs
        self._at = self._offset = 0
        self.worn = Axes()
        self._half = Axes()  # mean of the last half second
        self.last = Axes()  # and of the one before it; then the mean of a span that is over
        self._sums = Axes()
        self._was = Axes()  # the attitude just before landing, then the one just after
        self._flight = Flight()
        self._run = 0

    def begin(self, at, x, y, z):
        """Start on the impact at place `at` of the ring; x, y, z is the attitude worn until then, mg."""
        self._at = at
        self._offset = _BEFORE
        self.worn.put(x, y, z)
        values = self.values
        values[TURN_BEFORE] = values[TURN_QUICK] = values[COS_LEAST] = _UNIT
        values[PEAK] = values[HIGH] = values[ACROSS] = values[PULSE] = values[DOWN] = values[LIGHT] = 0
        self._run = 0
        self._flight.begin()
        self._sums.put(0, 0, 0)

    def step(self):
        """Read a slice; return True when `values` are ready."""
        first = self._offset
        if first >= AFTER_END:
            values = self.values
            values[COS_AFTER] = self._over(AFTER_END - _AROUND_END)
            mean = self.last
            values[SIZE] = mean.length()
            values[TURN_AFTER] = self._was.cosine(mean)
            self.flew = self._flight.smooth()
            self.thing = self.flew and (self.thing or values[PULSE] <= _KNOCK or self._flight.bare())
            return True
        half = self._half
        last = self.last
        last.take(half)
        if _BEFORE_END <= first < _AROUND_END:
            self._around(first)
        else:
            self._still(first)
        self._sums.add(half.x, half.y, half.z)
        half.mean(half, _SLICE)
        end = first + _SLICE
        self._offset = end
        values = self.values
        if _BEFORE < first < _QUICK_END:
            k = TURN_BEFORE if end <= _BEFORE_END else TURN_QUICK
            turn = last.cosine(half)
            if turn < values[k]:
                values[k] = turn
        if first >= _AROUND_END:
            up = half.cosine(self.worn)
            if up < values[COS_LEAST]:
                values[COS_LEAST] = up
            if up < _COS45:
                values[DOWN] += 1
        elif end == _BEFORE_END:
            values[COS_BEFORE] = self._over(_BEFORE_END - _BEFORE)
        elif end == _READY_END:
            self.thing = min(values[COS_BEFORE], self._over(_SLICE)) < _COS45  # so far: was it handled?
            self._was.take(self.last)
        elif end == _LANDED:
            self._sums.put(0, 0, 0)
        elif end == _AROUND_END:
            values[COS_LANDED] = self._over(_AROUND_END - _LANDED)
            values[TURN_FALLEN] = self._was.cosine(self.last)
            self._was.take(self.last)
        return False

    def _over(self, n):
        # A span of `n` samples is over: its mean, and how far that is from the attitude worn.
        self.last.mean(self._sums, n)
        self._sums.put(0, 0, 0)
        return self.last.cosine(self.worn)

    def _still(self, at):
        xs = self.xs
        ys = self.ys
        zs = self.zs
        sx = sy = sz = 0
        for k in range(self._at + at, self._at + at + _SLICE):
            i = k & _MASK
            sx += xs[i]
            sy += ys[i]
            sz += zs[i]
        self._half.put(sx, sy, sz)

    def _around(self, at):
        xs = self.xs
        ys = self.ys
        zs = self.zs
        worn = self.worn
        size = max(1, worn.length())
        nx = worn.x * _SHORT // size
        ny = worn.y * _SHORT // size
        nz = worn.z * _SHORT // size
        flight = self._flight
        values = self.values
        sx = sy = sz = 0
        i = (self._at + at - 1) & _MASK
        px = xs[i]
        py = ys[i]
        pz = zs[i]
        for offset in range(at, at + _SLICE):
            i = (i + 1) & _MASK
            x = xs[i]
            y = ys[i]
            z = zs[i]
            sx += x
            sy += y
            sz += z
            power = x * x + y * y + z * z
            along = (x * nx + y * ny + z * nz) >> _FINE
            flight.sample(power, abs(x - px) + abs(y - py) + abs(z - pz))
            px = x
            py = y
            pz = z
            if offset < _LIGHT_END and power < _ONE_MG2:
                values[LIGHT] += (_ONE_MG2 - power) >> _LIGHT_SHIFT
            if power > values[PEAK] * values[PEAK]:
                values[PEAK] = isqrt(power)
            across = power - along * along
            if across > values[ACROSS] * values[ACROSS]:
                values[ACROSS] = isqrt(across)
            if power > _HIGH_MG2:
                values[HIGH] += 1
                self._run += 1
                if self._run > values[PULSE]:
                    values[PULSE] = self._run
            else:
                self._run = 0
        self._half.put(sx, sy, sz)
