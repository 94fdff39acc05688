"""Does somebody fight? Hard movement that goes on, turns the body about, and has no rhythm. An option, off by default.

A second is wild when the samples change by 150 mg in the mean (three axes summed; walking has 100 to 400), the mean
attitude leaves that of the second before by 100 mg, and the last 3 s do not repeat themselves: who walks, runs, climbs
stairs or shakes something does so in time. Six wild seconds of nine are a struggle, so it is told within some 10 s.

The rhythm is the best likeness of 3 s of strength (axes summed, 25 a second) to themselves 0.28 to 1.2 s later: 64
times their correlation. It is looked for a few lags a call, so that a button never waits, and only in seconds that are
wild so far. Looks once a second (window.py). How much this is worth stands in tools/train/CARD.md: no struggle was
recorded.
"""

from array import array

from firmware.detect.features import Axes
from micropython import const

STRUGGLES = const(1)

_MASK = const(511)
_COUNT = const(75)  # strengths, two samples each
_FIRST_LAG = const(7)
_LAST_LAG = const(30)
_LAGS = const(8)  # a call
_HARD_MG = const(150)
_TURNS_MG = const(100)
_IN_TIME = const(29)  # of 64
_OF_S = const(9)
_WILD_S = const(6)
_QUIET_S = const(30)  # after it was told
_SHIFT = const(5)  # strengths to steps of 32 mg: 75 products of them stay below 2^30


class Struggle:
    """Reads the ring of `fall`: xs, ys, zs, at. `second` at each second's end, `work` in between, as often as comes."""

    def __init__(self, fall):
        self._fall = fall
        self._strength = array("h", bytes(2 * _COUNT))
        self._lag = 0  # the next to be tried, 0: none
        self._best = 0
        self._last = Axes()
        self._wild = 0  # a bit for each of the last seconds, the newest lowest
        self._told = 0  # seconds until it may be told again

    def second(self, second):
        """Look at the `second` whose last sample is the ring's last; return STRUGGLES or 0."""
        while self._lag:
            self.work()
        self._told = max(0, self._told - 1)
        count = 0
        for i in range(_OF_S):
            count += self._wild >> i & 1
        turned = second.apart(self._last) >= _TURNS_MG
        self._last.take(second)
        self._wild = self._wild << 1 & 511
        if turned and second.restless >= _HARD_MG:
            self._begin()
        if count < _WILD_S or self._told:
            return 0
        self._told = _QUIET_S
        self._wild = 0
        return STRUGGLES

    def work(self):
        """Try a few lags more, if there are some."""
        lag = self._lag
        if not lag:
            return
        strength = self._strength
        for _ in range(_LAGS):
            both = first = last = 0
            for i in range(lag, _COUNT):
                a = strength[i - lag]
                b = strength[i]
                both += a * b
                first += a * a
                last += b * b
            size = max(1, (first >> 7) + (last >> 7))  # the mean of both, over 64
            self._best = max(self._best, both // size)
            lag += 1
            if lag > _LAST_LAG:
                lag = 0
                if self._best < _IN_TIME:
                    self._wild |= 1
                break
        self._lag = lag

    def _begin(self):
        fall = self._fall
        xs = fall.xs
        ys = fall.ys
        zs = fall.zs
        strength = self._strength
        k = fall.at - 2 * _COUNT + 1
        total = 0
        for i in range(_COUNT):
            m = k & _MASK
            n = (k + 1) & _MASK
            force = (abs(xs[m]) + abs(ys[m]) + abs(zs[m]) + abs(xs[n]) + abs(ys[n]) + abs(zs[n])) >> _SHIFT
            strength[i] = force
            total += force
            k += 2
        mean = total // _COUNT
        for i in range(_COUNT):
            strength[i] -= mean
        self._best = 0
        self._lag = _FIRST_LAG
