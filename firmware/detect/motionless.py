"""Does the wearer no longer move? Nothing but breath for some 45 s.

Moved is: within a second one axis spans more than breath and the sensor's steps can make, or the mean attitude has left
the place where it was when last moved. How much that is, and for how long, hangs on the attitude: who types has been
seen to live in the attitude that they are in, and keeps still for a minute now and then; who has just come to lie has
not. So life seen in an attitude asks for 150 s, and takes less for a movement. Whoever has lost the upright
attitude (position.py), or has fallen, is not given that time. Looks once a second (firmware/detect/window.py).
"""

from firmware.detect.features import cosine
from micropython import const

STILL = const(1)
MOVED = const(2)

STILL_S = const(45)  # with a pre-alarm of 30 s inside 90 s
LIVED_S = const(150)
_SPAN_MG = const(100)  # two steps of an LIS3DH at 16 g; one lying, breathing second in a hundred spans more
_SHIFT_MG = const(100)  # of a mean; breath and a slow settling move it by 96
_LIFE_SPAN_MG = const(60)  # one such step: a finger on a key
_LIFE_SHIFT_MG = const(48)
_WORN_SHIFT_MG = const(36)  # two degrees
_LIFE = const(5)  # seconds with a movement, in one attitude
_LIFE_MOST = const(60)
_START_S = const(30)  # longer at first: a badge that has just been started was in somebody's hand
_ANSWER_S = const(40)  # a question lasts 30
_ATTITUDE = const(922)  # 26 degrees: another attitude


class Motionless:
    """`second(second, now, down)` returns STILL after `still_s` without movement, MOVED at the first one then, else 0.

    still: between the two. still_at: when that movement was that was the last. moved_at: when anything that no table
    does was seen last, breath too.
    """

    def __init__(self, still_s=STILL_S):
        self.still = False
        self.moved_at = self.still_at = 0
        self._still_s = still_s
        self._begun = False
        self._count = 0
        self._life = 0
        self._x = self._y = self._z = 0  # where it was when anything was seen last
        self._rx = self._ry = self._rz = 0  # where it rests
        self._sx = self._sy = self._sz = 0  # the attitude in which life is counted

    def second(self, second, now, down):
        """Look at the second that ended at `now`; down: the wearer has lost the upright attitude."""
        x = second.x
        y = second.y
        z = second.z
        span = max(second.x_span, second.y_span, second.z_span)
        if span > _LIFE_SPAN_MG or max(abs(x - self._x), abs(y - self._y), abs(z - self._z)) > _WORN_SHIFT_MG:
            self._x = x
            self._y = y
            self._z = z
            self.moved_at = now
        if cosine(x, y, z, self._sx, self._sy, self._sz) < _ATTITUDE:
            self._sx = x
            self._sy = y
            self._sz = z
            self._life = 0
        elif span > _LIFE_SPAN_MG and self._life < _LIFE_MOST:
            self._life += 1
        lives = self._life >= _LIFE and not down
        shift = max(abs(x - self._rx), abs(y - self._ry), abs(z - self._rz))
        if span > (_LIFE_SPAN_MG if lives else _SPAN_MG) or shift > (_LIFE_SHIFT_MG if lives else _SHIFT_MG):
            self._rx = x
            self._ry = y
            self._rz = z
            self.still_at = now
            count = self._count
            self._count = 0 if self._begun else -_START_S
            self._begun = True
            if self.still:
                self.still = False
                if count <= _ANSWER_S:  # asked, and moved: this is how they sit
                    self._life = max(self._life, _LIFE)
                return MOVED
            return 0
        self._count += 1
        if self.still:
            return 0
        if self._count >= (max(LIVED_S, self._still_s) if lives else self._still_s):
            self.still = True
            self._count = 0
            return STILL
        return 0

    def forget(self):
        """Forget what was seen: somebody has fallen."""
        self._life = 0
