"""Has the wearer lost the upright attitude? Tilt past 50 degrees from the attitude worn while walking, and staying.

Upright is learned from steps (Steps), and only from those: a wearer at a desk leans, one in bed lies, and a hand
holds the badge anyhow. While nothing is learned, nothing is said. A badge put on another way round is learned anew
after some steps in its other attitude, for somebody who lies does not walk; one that lay about for long forgets.

Who sits may lean as far as 75 degrees from how they walk (of HAPT's sitters one second in a hundred), and lives; so up
to there only quiet seconds count. Past that they lie, however they move. Who is asked, and then lies another way, is
asked again. Looks once a second (firmware/detect/window.py).
"""

from firmware.detect.features import Axes
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
_SHORT = const(1022)  # of 1,024: a unit vector that rounding never makes longer


class Steps:
    """Does the wearer walk? `second` returns how many regular steps end in a second or on to it.

    Once a second the last second's samples are read from the ring of `fall` (xs, ys, zs, at): their part along gravity
    (the second's mean attitude) is smoothed, and each rise through zero is a step. Steps whose times apart are a
    walker's and like each other make a run. A hand that carries, turns or shakes the badge makes none: in 5 h of people
    who lay, sat, ate, coughed and handled things, not one run of eight was seen. Two of three seconds of walking end
    within one.

    sways: by how much the mean of this second, or of the one before it, differs from that of the one before, mg.
    """

    def __init__(self, fall):
        self.sways = self._turns = 0
        self._fall = fall
        self._run = 0
        self._n = _MOST + 1
        self._apart = 0
        self._low = True
        self._sum = 0
        self._last = Axes()

    def second(self, second):
        """Look at the `second` whose last sample is the ring's last."""
        turns = second.apart(self._last)
        self.sways = max(turns, self._turns)
        self._turns = turns
        self._last.take(second)
        # a second that is the one before to the mg is nobody's: samples that were read again
        walks = 0 < turns <= _TURNS_MG and _QUIET_MG <= second.restless <= _WILD_MG
        if not walks or max(abs(second.x), abs(second.y), abs(second.z)) > _FIT:
            self._run = 0
            return 0
        size = second.length()
        if size < _LIGHT_MG:
            self._run = 0
            return 0
        gx = second.x * _SHORT // size
        gy = second.y * _SHORT // size
        gz = second.z * _SHORT // size
        fall = self._fall
        xs = fall.xs
        ys = fall.ys
        zs = fall.zs
        i = fall.at
        smooth = self._sum
        for n in range(i - _SAMPLES + 1, i + 1):
            k = n & _MASK
            smooth += (((xs[k] * gx + ys[k] * gy + zs[k] * gz) >> 10) - size - smooth) >> _SMOOTH
            self._n += 1
            if smooth < -_RISE_MG:
                self._low = True
            elif self._low and smooth > _RISE_MG:
                self._low = False
                apart = self._n
                like = not self._run or abs(apart - self._apart) <= self._apart // _UNLIKE + 2
                self._run = self._run + 1 if like and _LEAST <= apart <= _MOST else 0
                self._apart = apart
                self._n = 0
        self._sum = smooth
        if self._n > _MOST:
            self._run = 0
            self._n = _MOST + 1
        return self._run


TILTED = const(1)
UPRIGHT = const(2)

STAYS_S = const(30)  # with a pre-alarm of 30 s well inside 90 s
_KNOWN_S = const(2)  # seconds that end in a run of steps, until upright is believed: ten steps in all
_ANEW_S = const(4)
_LOST = const(658)  # 50 degrees: a chest at a desk leans up to 49
_LIES = const(265)  # 75 degrees
_BACK = const(724)  # 45 degrees
_NEAR = const(840)  # 35 degrees: from where the wearer was asked; and from how they walk, upright
_LIVELY_MG = const(150)  # span of an axis within a second: more than breath, less than a gesture
_BLEND = const(16)


class Position:
    """`second(second, now, steps)` returns TILTED when the attitude is lost, UPRIGHT when it is back, else 0.

    known: whether upright has been learned. tilted: between the two. tilted_at: when the tilt began. lost: whether this
    second was past the limit. upright: whether it was within 35 degrees of how the wearer walks.
    """

    def __init__(self, stays_s=STAYS_S):
        self.known = self.tilted = self.lost = self.upright = False
        self.tilted_at = 0
        self.stays_s = stays_s
        self._count = 0
        self._still = 0
        self._other = 0
        self._sums = Axes()  # mg * _BLEND
        self._worn = Axes()  # upright: their mean
        self._asked = Axes()  # where the wearer was asked

    def second(self, second, now, steps):
        """Look at the second that ended at `now`; steps: how many regular steps ended in it, or on to it."""
        walking = steps >= RUN
        if not self.known:
            if walking:
                self._learn(second)
                self._count += 1
                self.known = self._count >= _KNOWN_S
            return 0
        cos = second.cosine(self._worn)
        self.lost = cos < _LOST
        self.upright = cos > _NEAR
        if not self.lost:
            self._still = self._other = 0
            if cos < _BACK:
                return 0
            if walking:
                self._learn(second)
            return self._upright()
        if walking:
            self._other += 1
            if self._other >= _ANEW_S:
                self._begin(second)
                return self._upright()
        if self.tilted and second.cosine(self._asked) > _NEAR:
            self._still = 0
            return 0
        if cos > _LIES and (second.x_span > _LIVELY_MG or second.y_span > _LIVELY_MG or second.z_span > _LIVELY_MG):
            self._still = max(0, self._still - 1)
            return 0
        if not self._still:
            self.tilted_at = now
        self._still += 1
        if self._still < self.stays_s:
            return 0
        self._still = 0
        self._asked.take(second)
        self.tilted = True
        return TILTED

    def rises(self, was, now):
        """Return whether an attitude `was` one of lying, and that of `now` is upright."""
        return self.known and was.cosine(self._worn) < _LOST and now.cosine(self._worn) > _NEAR

    def forget(self):
        """Forget which way is up: the badge was taken off."""
        self.known = self.tilted = self.lost = self.upright = False
        self._count = 0

    def _upright(self):
        if not self.tilted:
            return 0
        self.tilted = False
        return UPRIGHT

    def _learn(self, second):
        if not self._count:
            self._begin(second)
            return
        worn = self._worn
        self._sums.add(second.x - worn.x, second.y - worn.y, second.z - worn.z)
        worn.mean(self._sums, _BLEND)

    def _begin(self, second):
        self._worn.take(second)
        self._sums.put(second.x * _BLEND, second.y * _BLEND, second.z * _BLEND)
        self._still = self._other = 0
        self.lost = False
