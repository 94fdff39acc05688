"""Who wears a badge? A hand on its button, a body under it, and a hip that feels it.

The body is quiet most of the day: then samples come from a ring of some seconds of walking, at the true rate.
"""

import functools
from array import array

from firmware.limits import HOLD_MS, SAMPLE_MS
from firmware.trace import FELT, KEPT
from tools.sim.body import Body
from tools.sim.demo.feeling import Feeling

CIRCLE_MS = 1 << 30
RING = 600  # samples: twelve seconds
_RINGS = 8  # walks that there are
_RISE_MS = 2000


@functools.cache
def _walking(number):
    body, ring, place = Body(number), array("h"), [0, 0, 0]
    body.play("walking", 0)
    for i in range(RING):
        body.milli_g(2000 + i * SAMPLE_MS, place)
        ring.extend(place)
    return ring


class Person:
    """One wearer in virtual time. row: the gateway's pairing. began: the badge's clock at 0 ms. draw: random.Random."""

    def __init__(self, name, row, began, draw):
        self.name = name
        self.device = row.device
        self.linked = True
        self.awake = True  # False while the badge restarts
        self.alarm_id = -1  # of the last alarm that was open
        self.still = None  # milli-g, while the body keeps quite still
        self._began = began
        self._presses = []  # (down ms, up ms)
        self._feeling = Feeling()
        self._body = Body(draw.randrange(1 << 30))
        self._body.play("walking", 0)
        self._stirring = False
        self._rise_ms = 0
        self._lies = (0, 0)  # from when until when the body last kept still
        self._place = [0, 0, 0]
        self._ring = _walking(draw.randrange(_RINGS))
        self._counted = 0
        self.boot(0)

    def clock(self, now):
        """Return the badge's clock at `now`."""
        return (now + self._began) % CIRCLE_MS

    # Body and hand

    def press(self, at_ms, down_ms, up_ms=0, times=1):
        """Press `times`; return when the last press begins."""
        for i in range(times):
            begins = at_ms + i * (down_ms + up_ms)
            self._presses.append((begins, begins + down_ms))
        return begins

    def hold(self, at_ms):
        """Hold the button as long as an emergency needs, and a little longer; return the deciding edge."""
        self._presses.append((at_ms, at_ms + HOLD_MS + 200))
        return at_ms + HOLD_MS

    def fall(self, at_ms, rise_ms):
        """Fall at `at_ms` and stand up again at `rise_ms`."""
        self._body.play("standing", at_ms - 1000)
        self._body.play("fall", at_ms)
        self._body.play("walking", rise_ms)
        self._lies = (at_ms + _RISE_MS, rise_ms)
        self._stirring, self._rise_ms = True, rise_ms + _RISE_MS

    def play(self, activities, until_ms):
        """Do `activities`, [(name, ms)], and walk again from `until_ms` on."""
        for name, at_ms in activities:
            self._body.play(name, at_ms)
        self._body.play("walking", until_ms)
        self._lies = (activities[-1][1] + _RISE_MS, until_ms)
        self._stirring, self._rise_ms = True, until_ms + _RISE_MS

    def idle(self, now, span_ms):
        """Return whether the hand is off the button for `span_ms` before and after `now`."""
        return not any(down - span_ms <= now <= up + span_ms for down, up in self._presses)

    def stirs(self):
        """Return whether the body does something of its own."""
        return self._stirring

    def meant(self):
        """Return the patterns that the badge has meant to be felt since."""
        if not self.awake or self.badge is None:
            return []
        if self.badge.alarm.is_open():
            self.alarm_id = self.badge.alarm.alarm_id
        trace, found = self.badge.trace, []
        for i in range(max(self._counted, trace.count - KEPT), trace.count):
            if trace.code[i % KEPT] == FELT:
                found.append(trace.value[i % KEPT])
        self._counted = trace.count
        return found

    def felt(self, now):
        """Return [(ms, pattern)] that were really felt, each once it is over."""
        return self._feeling.felt(now)
