"""What does the motor do right now? Plays one pattern; a graver one takes its place, a lesser one waits its turn.

Between two patterns the motor rests for longer than within any, even one that has lost a beat, so that no two run into
one that promises more. Each beat lasts from the look at which it begins: a loop that stalls may stretch one, but loses
and shortens none.
"""

from firmware.feedback.patterns import BEATS, NONE, RANKS, RHYTHMS, UNIT_MS
from firmware.ticks import after, due, since
from micropython import const

FULL = const(255)
PAUSE_MS = const(800)  # between two patterns; a lost beat leaves 780 ms of silence within one
BREAK_MS = const(300)  # if only one beat has been felt of the first: with it, too, the second reads as no other
_STALE_MS = const(5000)  # a pattern that had to wait longer tells of something that has passed


class Player:
    """`play` orders a pattern, `level` gives the motor's level (0 or 255) at a moment."""

    def __init__(self):
        self.playing = NONE
        self._next = 0  # in BEATS
        self._next_at = 0
        self._on = False
        self._rests = False  # the last beat ended at _off_at, not long ago
        self._off_at = 0
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
        if self.playing != NONE and due(self._next_at, now):
            units = BEATS[self._next]
            if units:
                self._turn(not self._on, now)
                self._next += 1
                self.lasts_ms = units * UNIT_MS
                self._next_at = after(now, self.lasts_ms)
            else:
                self._over(now)
        return FULL if self._on else 0

    def _turn(self, on, now):
        if self._on and not on:
            self._off_at = now
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
        rested = since(self._off_at, now)
        if not self._rests or not 0 <= rested < PAUSE_MS:
            self._rests = False
            self._beats = 0
        self._next_at = after(self._off_at, pause) if self._rests and rested < pause else now
