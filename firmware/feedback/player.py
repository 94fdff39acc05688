"""What does the motor do right now, which pattern tells what has just happened, and what must be felt again?

One pattern is played; a graver one takes its place, a lesser one waits its turn. Between two patterns the motor rests
for longer than within any, even one that has lost a beat, so that no two run into one that promises more. Each beat
lasts from the look at which it begins: a loop that stalls may stretch one, but loses and shortens none.
"""

from firmware.codes import (
    CALLING, CLOSE_TOLD, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_TORN, SAFE, TAKEN, TAKE_TOLD, TIMED_OUT,
)
from firmware.feedback import patterns as feel
from firmware.feedback.patterns import BEATS, NONE, RANKS, RHYTHMS, UNIT_MS
from firmware.limits import ALONE_AGAIN_MS, LINK_FELT_MS, NO_GATEWAY_FELT_MS
from firmware.ticks import after, due, since
from micropython import const

FULL = const(255)
PAUSE_MS = const(800)  # between two patterns; a lost beat leaves 780 ms of silence within one
BREAK_MS = const(300)  # if only one beat has been felt of the first: with it, too, the second reads as no other
_STALE_MS = const(5000)  # a pattern that had to wait longer tells of something that has passed
_ASK_MS = const(5000)  # the pre-alarm is felt again and again until it is decided; between, a movement can be seen
_CALL_MS = const(5500)  # so is a colleague's call until it is answered: it lasts longer

# What tells of each state of the alarm, by state
OF_STATE = bytes(
    (feel.CLOSED, feel.PRE_ALARM, feel.CANCELLED, feel.UNHEARD, feel.RECEIVED, feel.UNANSWERED, feel.TAKEN)
)


def of_arrow(before, event, state):
    """Return the pattern for going from state `before` to `state` at `event`; NONE for nothing to feel."""
    if state == SAFE and event != CLOSE_TOLD or state == TAKEN and event != TAKE_TOLD:
        return feel.NONE
    if state == CALLING and (before != CALLING or event != TIMED_OUT):
        return feel.NONE
    return OF_STATE[state]


def hush(player, state):
    """Let `player` feel no more what tells of another state than `state`: it is no longer true."""
    for other in range(len(OF_STATE)):
        if other != state:
            player.stop(OF_STATE[other])
    if state != SAFE:
        player.stop(feel.STOOD_DOWN)
        player.stop(feel.READY)


def in_state(pattern, state):
    """Return what is felt instead of `pattern` in `state`: what else is over must not be taken for one's own alarm."""
    return feel.TROUBLE if state != SAFE and pattern in (feel.STOOD_DOWN, feel.READY) else pattern


def of_call(kind):
    """Return the pattern for a colleague's alarm."""
    if kind == KIND_EMERGENCY or kind == KIND_TORN:
        return feel.CALLED_EMERGENCY
    if kind == KIND_ASSIST or kind == KIND_CHECK_IN:
        return feel.CALLED_ASSIST
    return feel.CALLED_FALL


class Player:
    """`play` orders a pattern, `level` gives the motor's level (0 or 255) at a moment."""

    def __init__(self):
        self.playing = NONE
        self._next = 0  # in BEATS
        self._due_at = 0
        self._on = False
        self._rests = False  # the last beat ended at _end, not long ago
        self._end = 0
        self._beats = 0  # since it has rested for long
        self._waiting = NONE
        self._waiting_since = 0
        self.lasts_ms = 0  # the beat that began last

    def play(self, pattern, now):
        """Feel `pattern`: at once if nothing graver is felt, else after it."""
        graver = RANKS[pattern] >= RANKS[self.playing]
        if self.playing != NONE and RHYTHMS[pattern] == RHYTHMS[self.playing]:
            if graver:
                self.playing = pattern  # it is being felt: begun anew, it would read as another
        elif graver:
            self._turn(False, now)
            self._begin(pattern, now)
        elif RANKS[pattern] >= RANKS[self._waiting]:
            self._waiting = pattern
            self._waiting_since = now

    def again(self, now):
        """Begin anew what is being felt: who plays it was broken off."""
        pattern = self.playing
        if pattern != NONE:
            self.playing = NONE
            self.play(pattern, now)

    def stop(self, pattern):
        """Feel `pattern` no more: what it told is no longer true."""
        if self.playing == pattern:
            self.playing = NONE
        if self._waiting == pattern:
            self._waiting = NONE

    def level(self, now):
        """Return the motor's level now, and take up what waits when a pattern is over."""
        if self.playing == NONE:
            self._over(now)
        if self.playing != NONE and due(self._due_at, now):
            units = BEATS[self._next]
            if units:
                self._turn(not self._on, now)
                self._next += 1
                self.lasts_ms = units * UNIT_MS
                self._due_at = after(now, self.lasts_ms)
            else:
                self._over(now)
        return FULL if self._on else 0

    def _turn(self, on, now):
        if self._on and not on:
            self._end = now
            self._rests = True
        elif on:
            self._beats += 1
        self._on = on

    def _over(self, now):
        self._turn(False, now)
        self.playing = NONE
        waiting = self._waiting
        self._waiting = NONE
        if waiting != NONE and since(self._waiting_since, now) < _STALE_MS:
            self._begin(waiting, now)

    def _begin(self, pattern, now):
        self.playing = pattern
        rhythm = RHYTHMS[pattern]
        first = 0
        while rhythm:
            rhythm -= not BEATS[first]
            first += 1
        self._next = first
        pause = BREAK_MS if self._beats == 1 else PAUSE_MS
        rested = since(self._end, now)
        if not self._rests or not 0 <= rested < PAUSE_MS:
            self._rests = False
            self._beats = 0
        self._due_at = after(self._end, pause) if self._rests and rested < pause else now


class Reminders:
    """What must be felt again, because it still holds? Questions, calls, being alone, a lost link; each at its pace.

    Remembers when something was last felt. `felt` is told of every pattern.
    """

    def __init__(self, now):
        self._at = now
        self._alone_at = now
        self._deaf_at = now
        self._was_alone = False  # and has felt it

    def felt(self, pattern, now):
        """Note that `pattern` begins now."""
        self._at = now
        if pattern == feel.ALONE:
            self._alone_at = now

    def news(self, pattern, called, now):
        """Return `pattern`, or NONE if it is of being alone and says nothing new: who is called (by an alarm of kind
        `called`, 0: by none) knows that the caller is no help, and need not hear that this is over."""
        if pattern == feel.ALONE:
            self._was_alone = not called
            self._alone_at = now
            return feel.NONE if called else pattern
        return feel.NONE if pattern == feel.TOGETHER and not self._was_alone else pattern

    def linked(self, now):
        """Note that a gateway is heard now."""
        self._deaf_at = now

    def due(self, heard, now, asked=False, test=False, kind=0, alone=False, silent=False):
        """Return the pattern to feel now, NONE for nothing.

        heard: the wearer has an open alarm that a gateway has stored, so that it is much to hear no more of it. asked:
        a pre-alarm waits for its press. test: so does the shift's test. kind: of a colleague's alarm that nobody here
        has answered. alone: nobody is within call. silent: no gateway answers.
        """
        quiet_ms = since(self._at, now)
        if asked and quiet_ms >= _ASK_MS:
            return feel.PRE_ALARM
        if kind and quiet_ms >= _CALL_MS:
            return of_call(kind)
        if test and quiet_ms >= _CALL_MS:
            return feel.TEST_ASK
        if alone and since(self._alone_at, now) >= ALONE_AGAIN_MS:
            self._was_alone = True
            return feel.ALONE
        if not silent and not heard:
            self._deaf_at = now
        elif since(self._deaf_at, now) >= (LINK_FELT_MS if heard else NO_GATEWAY_FELT_MS):
            self._deaf_at = now
            return feel.UNHEARD if heard else feel.TROUBLE
        return feel.NONE
