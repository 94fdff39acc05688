"""What does the hand on the button mean?

The level is the truth: it is polled. A press counts once the contact has been closing, bouncing or not, for the
debounce time, and is closed; a release once the contact has stayed open for as long. So a contact that never rests is a
hold and not nothing. Times are those of the edge, not of the poll that believed it. Presses with short gaps are one
gesture:

    one short press      PRESSED at release; PRESSED_ALONE when no second has followed
    two                  ASSIST_ASKED at the second press-down
    three                EMERGENCY_ASKED at the third press-down, however slow: it cannot be meant for less
    a hold               EMERGENCY_ASKED while still down; a grip that slips for a moment goes on holding

In a house where one press calls, its press-down is EMERGENCY_ASKED, unless the badge has asked something.
"""

from firmware.limits import ANSWER_QUIET_MS, DEBOUNCE_MS, FLICKER_MS, HOLD_MS, PRESS_GAP_MS
from firmware.ticks import kept, since
from firmware.words import ASSIST_ASKED, EMERGENCY_ASKED, PRESSED, PRESSED_ALONE


class Press:
    """Reads gestures from levels. single_calls: one press-down is an emergency, but not while `asked` is set."""

    def __init__(self, hold_ms=HOLD_MS, single_calls=False):
        self._hold_ms = hold_ms
        self.single_calls = single_calls
        self.asked = False
        self._raw = 0
        self._raw_at = 0  # when the contact was first touched, or last seen to open
        self._changed_at = 0
        self._steady = True  # the contact has not changed for the debounce time
        self.down = 0  # debounced
        self.edge_at = 0  # of the last debounced edge
        self._count = 0  # presses in this gesture
        self._held_from = 0  # press-down from which a hold counts
        self._called = False  # this gesture has already said emergency
        self._waiting = False  # one press is over and may be alone

    def level(self, pressed, now):
        """Take the level (1 pressed, 0 not) at `now` and return an event or 0."""
        if pressed != self._raw:
            self._raw = pressed
            if self.down or self._steady:
                self._raw_at = now
            self._changed_at = now
            self._steady = False
        elif not self._steady and since(self._changed_at, now) >= DEBOUNCE_MS:
            self._steady = True
        if self._raw != self.down and since(self._raw_at, now) >= DEBOUNCE_MS:
            self.down = self._raw
            gap = since(self.edge_at, self._raw_at)
            self.edge_at = self._raw_at
            return self._pressed(gap) if self.down else self._released()
        if self.down and not self._called and since(self._held_from, now) >= self._hold_ms:
            self._called = True
            return EMERGENCY_ASKED
        if self._count and not self.down and self._steady and since(self.edge_at, now) >= PRESS_GAP_MS:
            self._count = 0  # at once, and not by the next press: days later the clock could take it for this gesture's
            self._called = False
        if self._waiting and self._steady and since(self.edge_at, now) >= ANSWER_QUIET_MS:
            self._waiting = False
            return PRESSED_ALONE
        return 0

    def down_ms(self, now):
        """Return for how long the button has been down, 0 if it is not."""
        if not self.down:
            return 0
        self.edge_at = kept(self.edge_at, now)
        return since(self.edge_at, now)

    def idle(self):
        """Return whether nothing is under way: the contact has rested, and no press waits for the next."""
        return self._steady and not (self._raw or self.down or self._count or self._waiting)

    def _pressed(self, gap):
        self._waiting = False
        self._count += 1
        if self._count == 1 or gap > FLICKER_MS:
            self._held_from = self.edge_at
        if self._called:
            return 0
        if self.single_calls and not self.asked or self._count >= 3:
            self._called = True
            return EMERGENCY_ASKED
        return ASSIST_ASKED if self._count == 2 else 0

    def _released(self):
        if self._count == 1 and not self._called:
            self._waiting = True
            return PRESSED
        return 0
