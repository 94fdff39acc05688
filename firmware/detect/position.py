"""Has the wearer lost the upright attitude? Tilt past 45 degrees from the attitude worn while walking, and staying.

Upright is learned from seconds that look like walking, and only from those: a wearer at a desk leans, one in bed lies.
While nothing is learned, nothing is said. A badge put on another way round is learned anew after it has walked for
20 s in its other attitude; somebody who lies does not walk. Looks once a second (firmware/detect/second.py).
"""

from firmware.detect.features import cosine
from micropython import const

TILTED = const(1)
UPRIGHT = const(2)

STAYS_S = const(30)  # with a pre-alarm of 30 s well inside 90 s
_KNOWN_S = const(5)  # seconds of walking until upright is believed
_ANEW_S = const(20)
_WALK_LEAST_MG = const(60)  # mean change from sample to sample, three axes summed; standing has 10 to 30
_WALK_MOST_MG = const(700)  # running and fighting teach nothing
_COS45 = const(724)
_COS30 = const(887)  # back under 30 degrees: upright again
_BLEND = const(16)


class Position:
    """`second(second, now)` returns TILTED when the attitude is lost, UPRIGHT when it is back, else 0.

    known: whether upright has been learned. tilted: between the two. tilted_at: when the tilt began.
    """

    def __init__(self, stays_s=STAYS_S):
        self.known = False
        self.tilted = False
        self.tilted_at = 0
        self._stays_s = stays_s
        self._walked = 0
        self._lain = 0
        self._other = 0
        self._ux = self._uy = self._uz = 0  # upright, sixteenths of mg * 16: mg * _BLEND

    def second(self, second, now):
        """Look at the second that ended at `now`."""
        walking = _WALK_LEAST_MG <= second.restless <= _WALK_MOST_MG
        if not self.known:
            if walking:
                self._learn(second)
                self._walked += 1
                self.known = self._walked >= _KNOWN_S
            return 0
        cos = cosine(second.x, second.y, second.z, self._ux // _BLEND, self._uy // _BLEND, self._uz // _BLEND)
        if cos >= _COS45:
            self._lain = 0
            self._other = 0
            if walking:
                self._learn(second)
            if self.tilted and cos >= _COS30:
                self.tilted = False
                return UPRIGHT
            return 0
        if walking:
            self._other += 1
            if self._other >= _ANEW_S:
                self._forget(second)
                if self.tilted:
                    self.tilted = False
                    return UPRIGHT
                return 0
        else:
            self._other = 0
        if not self._lain:
            self.tilted_at = now
        self._lain += 1
        if self._lain == self._stays_s and not self.tilted:
            self.tilted = True
            return TILTED
        return 0

    def _learn(self, second):
        if not self._walked:
            self._forget(second)
            return
        self._ux += second.x - self._ux // _BLEND
        self._uy += second.y - self._uy // _BLEND
        self._uz += second.z - self._uz // _BLEND

    def _forget(self, second):
        self._ux = second.x * _BLEND
        self._uy = second.y * _BLEND
        self._uz = second.z * _BLEND
        self._lain = 0
        self._other = 0
