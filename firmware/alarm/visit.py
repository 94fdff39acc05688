"""When must the wearer say that all is well? Visits with a colour, their check-ins, and the one after a denied fall.

The colour is the house's own traffic light; it sets the interval, and from yellow on motionlessness is watched. Nothing
about the citizen is known here. A reminder is felt before the check-in is due; one press from then on confirms it.

What has been asked for ends by the wearer's press or in an alarm, and beside an alarm as grave nothing is asked. No
order puts a check-in off: a new colour may only bring it nearer, a pause holds it, and the end of a visit ends only
what nobody has been asked for yet.
"""

import struct

from firmware.codes import GREEN, NO_VISIT, RED, YELLOW
from firmware.limits import CHECK_IN_REMIND_MS, FOLLOW_UP_MS
from firmware.ticks import after, due, since
from micropython import const

REMINDED = const(1)
MISSED = const(2)
SAVED_BYTES = const(5)  # colour and follow-up, interval in s, s left until due
# Is it the check-in after a denied fall, and was that fall real?
_NO = const(0)
_PRACTISED = const(1)
_REAL = const(2)
_INTERVAL_S_LEAST = const(120)
_INTERVALS_S = (0, 1800, 900, 300)  # green, yellow, red, where the order names none


class Visit:
    """At most one visit, and at most one check-in that is waited for."""

    def __init__(self):
        self.colour = NO_VISIT
        self.asked = False  # the reminder has been felt, or the check-in is due: a press confirms it
        self.missed_real = False  # the one that was missed last follows a real fall, and is real in practice too
        self._after_fall = _NO
        self._interval_ms = 0
        self._waiting = False
        self._due_at = 0

    def start(self, colour, interval_s, now):
        """Begin or prolong a visit; NO_VISIT ends it. interval_s: 0 for the colour's own. False: not to be believed."""
        if colour > RED or (colour and interval_s and interval_s < _INTERVAL_S_LEAST):
            return False
        keeps = self._waiting and (self.asked or self._after_fall != _NO or self.colour and colour)
        self.colour = colour
        self._interval_ms = (interval_s or _INTERVALS_S[colour]) * 1000
        if not keeps:
            self.confirm(now)
        elif colour and since(now, self._due_at) > self._interval_ms:
            self._due_at = after(now, self._interval_ms)
        return True

    def confirm(self, now):
        """The wearer is well: the next check-in is due an interval from now."""
        self.asked = False
        self._after_fall = _NO
        self._waiting = self.colour != NO_VISIT
        self._due_at = after(now, self._interval_ms)

    def follow_up(self, practice, now):
        """Ask soon, whether there is a visit or not: a fall has been denied, and an assailant can press too.

        practice: the fall was practice.
        """
        self._after_fall = max(self._after_fall, _PRACTISED if practice else _REAL)
        if not self._waiting or self.asked or since(now, self._due_at) > FOLLOW_UP_MS:  # asked of what was before
            self._waiting = True
            self.asked = False
            self._due_at = after(now, FOLLOW_UP_MS)

    def tick(self, watching, now):
        """Let time pass; return REMINDED or MISSED when that happens, else 0. watching: may the badge ask?"""
        if not self._waiting:
            return 0
        if not watching:
            if due(self._due_at, now):
                self._due_at = now  # it waits, and is asked for when the watching begins
            return 0
        if due(self._due_at, now):
            self.missed_real = self._after_fall == _REAL
            self.confirm(now)  # the alarm has it from here; the next one is counted from now
            return MISSED
        if not self.asked and since(now, self._due_at) <= CHECK_IN_REMIND_MS:
            self.asked = True
            return REMINDED
        return 0

    def save(self, buf, at, now):
        """Write SAVED_BYTES into `buf` from `at`."""
        left_s = min(max(0, since(now, self._due_at)) // 1000, 0xFFFF) if self._waiting else 0xFFFF
        struct.pack_into(">BHH", buf, at, self.colour | self._after_fall << 4, self._interval_ms // 1000, left_s)

    def load(self, buf, at, now, undated):
        """Go on with what `save` wrote. undated: nobody knows how long ago that was, so a check-in is asked for now."""
        colours, interval_s, left_s = struct.unpack_from(">BHH", buf, at)
        colour, after_fall = colours & 0x0F, colours >> 4
        if colour > RED or after_fall > _REAL or (colour and interval_s < _INTERVAL_S_LEAST):
            return
        self.colour, self._after_fall = colour, after_fall
        self._interval_ms = interval_s * 1000
        self._waiting = left_s != 0xFFFF
        self._due_at = after(now, min(left_s * 1000, CHECK_IN_REMIND_MS) if undated else left_s * 1000)


assert _INTERVALS_S[GREEN] > _INTERVALS_S[YELLOW] > _INTERVALS_S[RED]
