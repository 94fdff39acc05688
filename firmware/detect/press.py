"""What does the hand on the button mean?

The level is the truth: it is polled, and what counts is the contact as it was seen. A press begins once the contact was
touched DEBOUNCE_MS ago and the looks that found it closed outweigh the others since; it ends once the open ones
outweigh by RELEASE_MS. So a contact that never rests is a hold and not nothing, a dropout of 40 ms is none, and sparks
that single looks find closed are nothing. Times are those of the edge, not of the look that believed it. Presses with
short gaps are one gesture:

    one short press      PRESSED at release; PRESSED_ALONE when no second has followed
    two                  ASSIST_ASKED at the second press-down; but where the badge has asked something, two that are
                         parted for less than TREMBLE_MS are one that trembles (they count as two of three all the same)
    three                EMERGENCY_ASKED at the third press-down, however slow: it cannot be meant for less; and at the
                         fifth closing, if some openings were shorter than RELEASE_MS: that is no dropout any more
    a hold               EMERGENCY_ASKED while still down; a grip that slips for a moment goes on holding

In a house where one press calls, its press-down is EMERGENCY_ASKED, unless the badge has asked something.

An interrupt says that the contact closed since the last look, and neither how often nor for how long: a press hidden
between two looks and a spark look the same. So an edge alone is nothing, ever. It counts under these rules:

    PRESSED       answers questions, so only a clean press says it: closed in all looks over DEBOUNCE_MS. On a line
                  with sparks no edge may come in between either, and nothing else begins a press there
    a spark       an edge on a contact at rest that no closed look follows within DEBOUNCE_MS: from then on the line has
                  sparks, until none has come between two open looks for SPARKS_MS. No press is as short as that
    a stall       two looks STALL_MS apart or more. What an edge or a look at its ends says of a press within is in
                  doubt: it is counted beside a clean press of the same gesture, once in a gesture, and not on a line
                  with sparks. So a gesture is read whole though a stall hides one press of it, and a stall with a
                  spark in it is nothing by itself; no press that lasts longer than a stall is in doubt
"""

from firmware.codes import ASSIST_ASKED, EMERGENCY_ASKED, PRESSED, PRESSED_ALONE
from firmware.limits import (
    ANSWER_QUIET_MS, DEBOUNCE_MS, FLICKER_MS, HOLD_MS, PRESS_GAP_MS, RELEASE_MS, SPARKS_MS, STALL_MS, TREMBLE_MS,
)
from firmware.ticks import kept, since
from micropython import const

_BESIDE = const(1)  # seen at one end of a stall: it may become a press that is seen, or go on as the one that is
_BETWEEN = const(2)
_CLOSED_MS = const(15)  # three closed looks of four
_TOUCHES = const(5)


class Press:
    """Reads gestures from levels. single_calls: one press-down is an emergency, but not while `asked` is set.

    asked: the kind that the badge waits for an answer to, True for a call, else 0; heeded as a gesture begins.
    count: presses in it so far.
    touched: to be set before `level` if an interrupt has told of an edge since the look before; `seen` does it.
    """

    def __init__(self, hold_ms=HOLD_MS, single_calls=False):
        self.hold_ms = hold_ms
        self.single_calls = single_calls
        self.asked = 0
        self.touched = False
        self._on = 0  # the level at the last look
        self._raw_at = 0  # when the contact was first touched, or last seen to open
        self._at = 0  # when it changed last
        self._now = -1  # when the last look was; -1: never
        self._run_at = 0  # from when every look has found it closed
        self._steady = True  # the contact has not changed for the debounce time
        self._weight = 0  # closed time over open time, ms
        self._clean = False  # this press is
        self._edge = self._sparks = False  # edge: one that no closed look has followed yet
        self._doubt = 0  # a press may hide in a stall that has just ended
        self._edge_at = self._sparks_at = 0
        self.down = 0  # debounced
        self.edge_at = 0  # of the last debounced edge
        self.count = self._dropouts = 0  # presses in this gesture, and openings too short to part two
        self._answers = self._yes = False  # it began while `asked` was set; it has said PRESSED
        self._parted = 0  # of its presses, those that a tremble may have parted from the one before
        self._doubted = self._proven = False  # one of them was hidden in a stall; one was clean
        self._held_from = 0  # press-down from which a hold counts
        self._said = 0  # by this gesture: nothing, ASSIST_ASKED or EMERGENCY_ASKED
        self._waiting = False  # one press is over and may be alone

    def level(self, pressed, now):
        """Take the level (1 pressed, 0 not) at `now` and return an event or 0."""
        was, rested = self._on, self._steady
        before, edge, opened_at = self._now, self.touched, self._raw_at
        self.touched = False
        stalled = before >= 0 and not 0 <= since(before, now) < STALL_MS
        self._look(pressed, now, edge, stalled)
        closes = pressed > was and rested  # and had been open long enough to be no bounce
        event = 0
        if self.down and closes and not (self._weight or stalled):
            event = self._released()  # what counts up to this look has outweighed: this begins a new press
            self.edge_at = opened_at
        if stalled and not self._sparks:
            if was > pressed + self.down or edge and was == pressed and rested:
                self._doubt = _BETWEEN
            elif was != pressed or pressed and not self.down:
                self._doubt = _BESIDE
        if not self.down:
            touched = pressed and self._weight >= _CLOSED_MS and since(self._raw_at, now) >= DEBOUNCE_MS
            if touched and (self._clean or not self._sparks):
                event = self._pressed(since(self.edge_at, before if edge and stalled else self._raw_at))
        elif not (self._weight or pressed) and self._steady:
            event = self._released()
        if self.down and closes:
            self._dropouts += 1
            event = self._counted()
        if pressed == self.down and (self._doubt == _BETWEEN or self._doubt and self._steady):
            event = self._hidden(before, now) or event
        if self._doubted and self.down and self._clean and not self._proven:
            event = self._counted()
        if event:
            return event
        held = self.down and (pressed or not self._steady)
        if held and self._said != EMERGENCY_ASKED and since(self._held_from, now) >= self.hold_ms:
            self._said = EMERGENCY_ASKED
            return EMERGENCY_ASKED
        if self.count and not self.down and self._steady and since(self.edge_at, now) >= PRESS_GAP_MS:
            self._over()  # at once, and not by the next press: days later the clock could take it for this gesture's
        if self._waiting and self._steady and since(self.edge_at, now) >= ANSWER_QUIET_MS:
            self._waiting = False
            return PRESSED_ALONE
        return 0

    def seen(self, button):
        """Return the level of `button` (firmware/board/parts.py), and heed what its interrupt has noted."""
        if button.touched:  # asked first: what comes after the level belongs to the next look
            button.touched = False
            self.touched = True
        return button.level()

    def looked(self, now):
        """Take it that nothing was pressed until `now`: the chip slept, and a press would have woken it."""
        self._now = now

    def down_ms(self, now):
        """Return for how long the button has been down, 0 if it is not."""
        if not self.down:
            return 0
        self.edge_at = kept(self.edge_at, now)
        return since(self.edge_at, now)

    def idle(self):
        """Return whether nothing is under way: the contact has rested, and no press waits for the next."""
        return self._steady and not (self._on or self.down or self.count or self._waiting)

    def _look(self, pressed, now, touched, stalled):
        # weighs what this look says, and judges contact and line
        passed = STALL_MS if stalled else max(0, since(self._now, now)) if self._now >= 0 else 0
        changed = pressed != self._on
        if changed:
            passed //= 2  # it has changed somewhere in between
            self._on = pressed
            self._run_at = self._at = now
            if self.down or self._steady:
                self._raw_at = now
            self._steady = False
        elif since(self._at, now) >= DEBOUNCE_MS:
            self._steady = True
        if pressed and not (changed and self.down):
            self._weight = min(RELEASE_MS, self._weight + passed)
        else:
            self._weight = max(0, self._weight - passed)
        if pressed:
            self._edge = False
            if stalled or touched and self._sparks:
                self._run_at = now
            if since(self._run_at, now) >= DEBOUNCE_MS:
                self._clean = True
        elif not self.down:
            self._clean = False
            if touched and not (stalled or changed):
                if self._sparks:
                    self._sparks_at = now
                elif self._steady and not self._edge:
                    self._edge = True
                    self._edge_at = now
            if self._edge and since(self._edge_at, now) >= DEBOUNCE_MS:
                self._edge = False
                self._sparks = True
                self._sparks_at = now
        if self._sparks and since(self._sparks_at, now) >= SPARKS_MS:
            self._sparks = False
        self._now = now

    def _pressed(self, span_ms):
        self.down = 1
        self.edge_at = self._raw_at
        self._weight = RELEASE_MS
        self._doubt = 0
        self._waiting = False
        self.count += 1
        if self.count == 1:
            self._answers = bool(self.asked)
        elif self._answers and span_ms < TREMBLE_MS:
            self._parted += 1
        if self.count == 1 or span_ms > FLICKER_MS:
            self._held_from = self.edge_at
        return self._counted()

    def _released(self):
        self.down = 0
        self.edge_at = self._raw_at
        if self._doubt == _BESIDE:
            self._doubt = 0
        clean = self._clean
        self._clean = False
        if self.count - self._parted == 1 and (clean or self._yes) and not (self._said or self._doubted):
            self._waiting = True
            if not self._yes:
                self._yes = True
                return PRESSED
        return 0

    def _hidden(self, before, now):
        # counts a press that a stall may have hidden
        self._doubt = 0
        if self._doubted:
            return 0
        if not self.down:
            if self.count and since(self.edge_at, before) >= PRESS_GAP_MS:
                self._over()
            self.edge_at = now
            if not self.count:
                self._held_from = now
        self._doubted = True
        self.count += 1
        return self._counted()

    def _counted(self):
        # says what the gesture has become
        self._proven = self._proven or self._clean
        count = self.count
        if self._doubted and not self._proven:
            count -= 1
        apart = count - self._parted
        if self._said == EMERGENCY_ASKED:
            return 0
        calls = self.single_calls and apart > (1 if self._answers else 0)
        if calls or count >= 3 or count + self._dropouts >= _TOUCHES:
            self._said = EMERGENCY_ASKED
        elif apart < 2 or self._said:
            return 0
        else:
            self._said = ASSIST_ASKED
            self._waiting = False
        return self._said

    def _over(self):
        self.count = self._said = self._dropouts = self._parted = 0
        self._doubted = self._proven = self._answers = self._yes = False
