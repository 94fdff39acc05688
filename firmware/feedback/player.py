"""What does the motor do right now? Plays one pattern; a graver one takes its place, a lesser one waits its turn."""

from firmware.feedback.patterns import BEATS, NONE, RANKS, UNIT_MS
from firmware.ticks import after, since
from micropython import const

FULL = const(255)
_PAUSE_MS = const(400)  # between two patterns, so that they do not run into one
_BREAK_MS = const(340)  # before one that takes another's place: after a tap 300 would read as "tap, one long"
_STALE_MS = const(5000)  # a pattern that had to wait longer tells of something that has passed


class Player:
    """`play` orders a pattern, `level` gives the motor's level (0 or 255) at a moment."""

    def __init__(self):
        self.playing = NONE
        self._first = 0  # of its beats in BEATS
        self._from = 0
        self._waiting = NONE
        self._waiting_since = 0

    def play(self, pattern, now):
        """Feel `pattern`: at once if nothing graver is felt, else after it."""
        if self.playing != NONE and RANKS[pattern] < RANKS[self.playing]:
            if RANKS[pattern] >= RANKS[self._waiting]:
                self._waiting = pattern
                self._waiting_since = now
            return
        self._from = now if self.playing in (NONE, pattern) else after(now, _BREAK_MS)
        self._begin(pattern)

    def stop(self, pattern):
        """Feel `pattern` no more: what it told is no longer true."""
        if self.playing == pattern:
            self.playing = NONE
        if self._waiting == pattern:
            self._waiting = NONE

    def level(self, now):
        """Return the motor's level now, and take up what waits when a pattern is over."""
        if self.playing == NONE:
            return 0
        left = since(self._from, now)
        if left < 0:
            return 0
        on = FULL
        i = self._first
        while BEATS[i]:
            left -= BEATS[i] * UNIT_MS
            if left < 0:
                return on
            on = FULL - on
            i += 1
        self._over(now)
        return 0

    def _over(self, now):
        self.playing = NONE
        waiting = self._waiting
        self._waiting = NONE
        if waiting != NONE and since(self._waiting_since, now) < _STALE_MS:
            self._begin(waiting)
            self._from = after(now, _PAUSE_MS)

    def _begin(self, pattern):
        self.playing = pattern
        first = 0
        while pattern:
            pattern -= not BEATS[first]
            first += 1
        self._first = first
