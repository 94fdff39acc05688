"""Was it a thing that flew, and not a person? Whoever falls is seldom weightless for long, and never smoothly.

Limbs move a body in flight: in SisFall's jumps and falls that are under 0.4 g for 120 ms on end, the weight changes by
86 mg and more from sample to sample. A badge that is dropped or thrown feels its own spin alone, and that is constant.
So flight by itself says nothing here, or who falls from a ladder would not be found; flight without unrest does, and
features.py wants one sign more before it says so.
"""

from micropython import const

_LIGHT_MG2 = const(160000)  # (0.4 g)^2
_BARE_MG2 = const(25600)  # (0.16 g)^2: half of the jumps' samples are heavier, hardly one of a thing's is
_LONG = const(6)  # samples, 120 ms: 7 cm
_EDGES = const(2)  # samples whose change is not the flight's: letting go, and touching down
_SMOOTH_MG = const(60)  # mean change from sample to sample, three axes summed: one step of the sensor and a little


class Flight:
    """Takes samples in turn; `smooth` then says whether the longest flight among them was a thing's."""

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
