"""Does the wearer no longer move? Nothing but breath for some 45 s.

Moved is: within a second one axis spans more than breath and the sensor's steps can make, or the mean attitude has left
the place where it was when last moved. How much that is hangs on the attitude. Who has just come to lie has not been
seen to live there, and is asked after 45 s with nothing but breath. Who types has; a hand on a key is less than some
people's breath, but never rests for long. So where there was life, and in whoever is upright (position.py), the least
movement counts, and 48 s without any ask: within 90 s with the pre-alarm. Coming to rest is not life: who lies down
settles for seconds, so those are not counted; and what breath cannot do says more than what some people's can. Two
are slower, 150 s: who was asked in this attitude, and moved, sits so; and one whose breath is felt has made a movement
in every fifth second at most. And breath sways: of what some people's can do, what moves the mean as well is none.

Attitude counts: who is as upright as they walk, or has moved for long where they are, sits or stands, and is asked
after 87 s, or after 450 if breath is felt. Not so while `keen`, in a red visit: there upright is no excuse.

Whoever has lost the upright attitude, or has fallen, is asked after 45 s with nothing but breath, whatever was seen
before. Looks once a second (window.py). A sensor with steps over 20 mg could not see the least movement.
"""

from firmware.detect.features import Axes
from micropython import const

STILL = const(1)
MOVED = const(2)

STILL_S = const(45)  # with a pre-alarm of 30 s inside 90 s
QUIET_S = const(48)  # with the longest pre-alarm, 39 s, inside 90 s
UPRIGHT_S = const(87)  # with a pre-alarm of 30 s inside two minutes; of eight people at desks one kept still for 67
LIVED_S = const(150)
FELT_S = const(450)  # the same one of eight went on for 278 with the least movement alone
_SPAN_MG = const(100)  # one lying, breathing second in a hundred spans more
_SHIFT_MG = const(100)  # of a mean; breath and a slow settling move it by 96
_LEAST_SPAN_MG = const(40)  # two steps of an LIS3DH at 8 g, one of which is noise: a finger on a key
_LIFE_SPAN_MG = const(60)
_LIFE_SHIFT_MG = const(48)
_SWAYS_MG = const(24)  # of a mean, from second to second: a hand on a key at a desk moves it by 7, a breath by 16 to 60
_WORN_SHIFT_MG = const(36)  # two degrees
_RESTS = const(5)  # of as many seconds, one with the least movement at most: breath that is felt
_LIFE = const(4)  # seconds with a movement, in one attitude; what spans more than breath counts as two
_LIVES = const(40)  # of the same: here they live, upright or not
_SETTLES = const(10)  # seconds in a new attitude that say nothing of it
_LIFE_MOST = const(60)
_START_S = const(30)  # longer at first: a badge that has just been started was in somebody's hand
_ANSWER_S = const(40)  # a question lasts 30
_ATTITUDE = const(922)  # 26 degrees: another attitude


class Motionless:
    """`second(second, now, down)` returns STILL after `still_s` without movement, MOVED at the first one then, else 0.

    still: between the two. still_at: when that movement was that was the last. moved_at: when anything that no table
    does was seen last, breath too.
    keen: to be set where nobody may be asked later for being upright.
    """

    def __init__(self, still_s=STILL_S):
        self.still = self.keen = False
        self.moved_at = self.still_at = 0
        self.still_s = still_s
        self._count = self._quiet = 0  # seconds without a movement, and without the least one
        self._moves = 0  # _RESTS for each second with the least one, in `_count`
        self._life = self._settled = 0
        self._answered = self._fallen = False  # answered: in this attitude; fallen: no life was seen since
        self._seen = Axes()  # where it was when anything was seen last
        self._place = Axes()  # where it rests
        self._least = Axes()
        self._worn = Axes()  # the attitude in which life is counted

    def second(self, second, now, down, known=False, upright=False, sways=0):
        """Look at the second that ended at `now`; down: the wearer has lost the upright attitude, if it is known.

        upright: they are as they walk. sways: by how much its mean, or the one before it, had moved in a second, mg.
        """
        span = max(second.x_span, second.y_span, second.z_span)
        if span > _LIFE_SPAN_MG or second.apart(self._seen) > _WORN_SHIFT_MG:
            if self._seen.length():  # else it is the first
                self.moved_at = now
            self._seen.take(second)
        least_mg = _LEAST_SPAN_MG
        life_mg = _LIFE_SPAN_MG
        if sways > _SWAYS_MG:
            least_mg = life_mg = _SPAN_MG
        if second.cosine(self._worn) < _ATTITUDE:
            self._worn.take(second)
            self._life = self._settled = 0
            self._answered = False
        elif self._settled < _SETTLES:
            self._settled += 1
        elif span > life_mg and self._life < _LIFE_MOST and not self.still:
            self._life += 2 if span > _SPAN_MG else 1
        self._quiet += 1
        if span > least_mg or second.apart(self._least) > _LIFE_SHIFT_MG:
            self._least.take(second)
            self._quiet = 0
            self._moves += _RESTS
        if self._life >= _LIFE:
            self._fallen = False
        lives = not down and (self._life >= _LIFE or known and not self._fallen)
        shift = second.apart(self._place)
        if span > (_LIFE_SPAN_MG if lives else _SPAN_MG) or shift > (_LIFE_SHIFT_MG if lives else _SHIFT_MG):
            self.still_at = now
            self._moves = 0
            count = self._count
            self._count = 0 if self._place.length() else -_START_S  # else it is the first
            self._place.take(second)
            if self.still:
                self.still = False
                if count <= _ANSWER_S:  # asked, and moved: this is how they sit
                    self._life = max(self._life, _LIFE)
                    self._answered = True
                return MOVED
            return 0
        self._count += 1
        over = self._count >= self.still_s
        if lives and self._answered:
            over = self._quiet >= max(LIVED_S, self.still_s)
        elif lives:
            seated = (upright or self._life >= _LIVES) and not self.keen
            over = self._quiet >= max(UPRIGHT_S if seated else QUIET_S, self.still_s) or (
                self._count >= (FELT_S if seated else max(LIVED_S, self.still_s)) and self._moves <= self._count)
        if self.still or not over:
            return 0
        self.still = True
        self._count = 0
        return STILL

    def forget(self):
        """Forget what was seen: somebody has fallen."""
        self._life = 0
        self._answered = False
        self._fallen = True
