"""Has somebody fallen? A cheap gate on every sample, a slow look back when it has opened.

    sample ─► ring of 10 s ─► over 1.6 g? ─► impact noted ──5 s later──► features ─► forest ─► FELL or nothing
                 └─► attitude worn, learned over 10 s

The strongest sample of 1.5 s is one impact; later ones are noted apart, so that a fall out of a run, or somebody who
gets up again, is not lost behind the first step. Each impact is decided on its own, 5 s after it: attitude and rest
after a fall say more than the fall (docs/background.md, Falls: from 4 to 6 s false alarms halve). A badge that flew
with nobody in it (Flight) has not fallen, whatever the forest says. The work is done in slices of at most 25 samples
or 16 trees, so that a button never waits. Nothing is allocated after the start; whole numbers below 2^30. What the
trees ask is in model.py, where that comes from in tools/train/CARD.md.

Until 4 s of samples have been seen nothing is noted: no attitude is known yet.
"""

from array import array

from firmware.detect.features import AFTER_END, Axes, Features, RING
from micropython import const

_SLICE = const(16)  # trees a call: as long as a slice of features


class Forest:
    """Many small trees, which vote in whole numbers: each adds a few points; the sum says how much it was like a fall.

    model: DEPTH, TREES, BIAS; NODES and LEAVES (bytes); of each question FEATURES (bytes) and THRESHOLDS (array of
    'h'). A tree of DEPTH questions is complete: node k asks whether a feature is over a threshold and goes on to 2k + 1
    (no) or 2k + 2 (yes); after the last question comes a leaf with its points, 0 and more, which BIAS makes good. Trees
    lie behind each other in flat tables. Many nodes ask the same, so a node is the number of a question, one byte.
    """

    def __init__(self, model):
        # one attribute, as each takes room: the sentence above has the order
        self.model = (
            model.DEPTH, model.TREES, model.BIAS, model.NODES, model.LEAVES, model.FEATURES, model.THRESHOLDS,
        )
        self._n = 0
        self.points = 0

    def begin(self):
        """Start a vote."""
        self._n = 0
        self.points = self.model[2]

    def step(self, values):
        """Let a few trees vote on the features `values`; return True when `points` holds all votes."""
        depth, trees, _, asked, leaves, features, thresholds = self.model
        nodes = (1 << depth) - 1
        tree = self._n
        end = min(tree + _SLICE, trees)
        while tree < end:
            first = tree * nodes
            k = 0
            for _ in range(depth):
                question = asked[first + k]
                k += k + 2 if values[features[question]] > thresholds[question] else k + 1
            self.points += leaves[tree + first + k - nodes]
            tree += 1
        self._n = tree
        return tree >= trees


FELL = const(1)

_GATE_MG2 = const(2560000)  # (1.6 g)^2: no acted fall in SisFall, at 50 Hz, stays below
_RING_MASK = const(511)
_ONE_IMPACT = const(75)  # samples
_SLOTS = const(4)  # impacts are at least 1.5 s apart and wait less than 6 s
_SLOT_MASK = const(3)
_LEARN_EVERY = const(7)  # a mask: each eighth sample
_LEARN = const(64)  # of those: 10 s
_READY = const(25)  # of those: 4 s
_FINE = const(256)
_RESTS = const(0)  # what is being done about the first impact that waits
_READS = const(1)
_VOTES = const(2)


class FallDetector:
    """Takes samples in mg, 50 a second. `impact_at` is the impact's time when FELL is returned.

    believed: set it to False while the sensor is found wrong (window.py): then nothing is classified.
    xs, ys, zs, at: the ring of samples, and the place of the last.
    decided, weighed_at, points: how many impacts have been decided, and when the last was and what it got; for tools.
    """

    def __init__(self, model=None):
        if model is None:
            from firmware.detect import model  # here, so that it can be forgotten: it is copied anyway

        self.impact_at = 0
        self.believed = True
        self.decided = 0
        self.weighed_at = 0
        self.points = 0
        self.xs = array("h", bytes(2 * RING))
        self.ys = array("h", bytes(2 * RING))
        self.zs = array("h", bytes(2 * RING))
        self.features = Features(self.xs, self.ys, self.zs)
        self._forest = Forest(model)
        self._most = model.THRESHOLD  # points of what is no fall
        self.at = 0
        self._sums = Axes()  # attitude worn, mg * _FINE
        self._count = 0
        # the impacts that wait, a ring of slots from `_first` on
        self._first = 0
        self._waiting = 0
        self._power = array("i", bytes(4 * _SLOTS))
        self._at = array("i", bytes(4 * _SLOTS))
        self._worn = array("h", bytes(8 * _SLOTS))  # x of each slot, then y, then z, then the place in the ring
        self.stage = _RESTS

    def sample(self, x, y, z, now):
        """Take one acceleration in mg, 18,000 at most, at `now`; return FELL or 0."""
        i = (self.at + 1) & _RING_MASK
        self.at = i
        self.xs[i] = x
        self.ys[i] = y
        self.zs[i] = z
        if not i & _LEARN_EVERY:
            self._learn(x, y, z)
        power = x * x + y * y + z * z
        if power > _GATE_MG2 and self._count >= _READY:
            self._impact(power, i, now)
        return self._work(i) if self._waiting else 0

    def quiet(self, block, at, end):
        """Take samples from `at` on, before `end`, of x, y, z, x, ... in `block`, while none of them can be an impact.

        Return the number of the first that must go through `sample`, or `end`. `sample` would take all of them to the
        same end, in three times the time.
        """
        if self._waiting:
            return at
        xs = self.xs
        ys = self.ys
        zs = self.zs
        i = self.at
        for n in range(3 * at, 3 * end, 3):
            x = block[n]
            y = block[n + 1]
            z = block[n + 2]
            # the first asks whether all lie within 2,047, so that the squares are small
            if (x + 2048 | y + 2048 | z + 2048) & -4096 or x * x + y * y + z * z > _GATE_MG2:
                end = n // 3
                break
            i = (i + 1) & _RING_MASK
            xs[i] = x
            ys[i] = y
            zs[i] = z
            if not i & _LEARN_EVERY:
                self._learn(x, y, z)
        self.at = i
        return end

    def _learn(self, x, y, z):
        # The first samples count fully, so that a badge just put on knows its attitude after seconds.
        n = min(self._count + 1, _LEARN)
        self._count = n
        sums = self._sums
        sums.add((x * _FINE - sums.x) // n, (y * _FINE - sums.y) // n, (z * _FINE - sums.z) // n)

    def _impact(self, power, i, now):
        if self._waiting:
            slot = (self._first + self._waiting - 1) & _SLOT_MASK
            if ((i - self._worn[slot + 3 * _SLOTS]) & _RING_MASK) >= _ONE_IMPACT:
                slot = (slot + 1) & _SLOT_MASK
                self._waiting += 1
            elif power <= self._power[slot]:
                return
        else:
            slot = self._first
            self._waiting = 1
        self._worn[slot + 3 * _SLOTS] = i
        self._power[slot] = power
        self._at[slot] = now
        sums = self._sums
        self._worn[slot] = sums.x // _FINE
        self._worn[slot + _SLOTS] = sums.y // _FINE
        self._worn[slot + 2 * _SLOTS] = sums.z // _FINE

    def _work(self, i):
        slot = self._first
        if self.stage == _VOTES:
            if self._forest.step(self.features.values):
                self.stage = _RESTS
                self.weighed_at = self._at[slot]
                self.points = self._forest.points
                self.decided = (self.decided + 1) & 0xFFFF
                self._first = (slot + 1) & _SLOT_MASK
                self._waiting -= 1
                if self.points > self._most and self.believed and not self.features.thing:
                    self.impact_at = self.weighed_at
                    return FELL
        elif self.stage == _READS:
            if self.features.step():
                self.stage = _VOTES
                self._forest.begin()
        elif ((i - self._worn[slot + 3 * _SLOTS]) & _RING_MASK) >= AFTER_END:
            self.stage = _READS
            worn = self._worn
            self.features.begin(worn[slot + 3 * _SLOTS], worn[slot], worn[slot + _SLOTS], worn[slot + 2 * _SLOTS])
        return 0
