"""Is the wearer at work, and may the badge watch over her? Which mode is it in, since when, and when does that end?

Automatic alarms are read at work only; the button calls in every mode. Whatever stops the watching ends by itself: a
pause after its minutes, the end of a shift after 16 h, charging when the charger is gone. Practice lasts for minutes,
and an emergency pressed a second time in it is real; so is the first after a restart, which may have hidden a hand.
After a power cut nobody knows how many minutes have passed, so that none of it holds any more.

A charger that gives nothing is gone, or has filled the cell. With a full cell, or one that cannot be measured, nobody
can tell, so that the badge is taken off it when it moves.
"""

from array import array

from firmware.codes import (
    MODE_CHARGING, MODE_NOT_READY, MODE_OFF, MODE_PAUSED, MODE_PRACTICE, MODE_READY, ORDER_OFF, ORDER_PAUSE,
    ORDER_PRACTICE,
)
from firmware.limits import BATTERY_FULL, OFF_MS, PAUSE_MIN_MOST, PRACTICE_MIN_MOST, READY_MS
from firmware.ticks import after, due, kept, since
from micropython import const

_MINUTE_MS = const(60000)
_MINUTES_MOST = const(1440)
_SETTLED_MS = const(5000)  # after a start: what lies still seems to have moved in its first second
_FLAGS = (MODE_READY, MODE_PAUSED, MODE_OFF, MODE_PRACTICE)
SAVED_BYTES = const(9)  # which of the four hold, whether it is on its charger, and the minutes that each has left


class Duty:
    """Modes that hold at the same time; `mode` names the one that matters most."""

    def __init__(self):
        self._on = bytearray(8)  # by mode
        self._ends = array("i", bytes(4 * 8))
        self._full = False  # since _full_at, with a charger that gives nothing
        self._full_at = 0
        self.practised = False  # an emergency has been pressed in this practice

    def mode(self):
        """Return the MODE_ word."""
        for mode in (MODE_PRACTICE, MODE_CHARGING, MODE_OFF, MODE_PAUSED, MODE_READY):
            if self._on[mode]:
                return mode
        return MODE_NOT_READY

    def watching(self):
        """Return whether automatic alarms are read."""
        return not (self._on[MODE_CHARGING] or self._on[MODE_OFF] or self._on[MODE_PAUSED])

    def practising(self):
        """Return whether the wearer practises."""
        return self._on[MODE_PRACTICE] == 1

    def order(self, order, value, now):
        """Carry out an ORDER_ word about duty; return whether it was one, and was one that may be given."""
        if order == ORDER_PAUSE and value <= PAUSE_MIN_MOST:
            self._begin(MODE_PAUSED, value * _MINUTE_MS, now)
        elif order == ORDER_OFF and value <= 1:
            self._begin(MODE_OFF, OFF_MS if value else 0, now)
            self._on[MODE_READY] = 0  # each shift has its own test
        elif order == ORDER_PRACTICE and value <= PRACTICE_MIN_MOST:
            if not (value and self._on[MODE_PRACTICE]):  # after a start nobody knows whether it is the same order
                self.practised = False
            self._begin(MODE_PRACTICE, value * _MINUTE_MS, now)
        else:
            return False
        return True

    def tested(self, now):
        """The shift's test has arrived at the board, whole."""
        self._begin(MODE_READY, READY_MS, now)

    def charging(self, on, percent, still_ms, now):
        """Note the charger; return True if it has just been taken away, which is how a shift begins.

        on: it charges the cell, which has `percent` (or BATTERY_UNKNOWN). still_ms: for how long the badge is still.
        """
        was = self._on[MODE_CHARGING]
        if on or not was or percent < BATTERY_FULL:
            self._full = False
        else:
            self._full_at = kept(self._full_at, now) if self._full else now
            self._full = True
            on = still_ms >= since(self._full_at, now) - _SETTLED_MS
        self._on[MODE_CHARGING] = 1 if on else 0
        if was and not on:
            self._on[MODE_READY] = self._on[MODE_OFF] = 0
        return was == 1 and not on

    def emergency(self):
        """Take an emergency that is pressed; return whether it is practice. The second one in a practice ends it."""
        if self.practised:
            self._on[MODE_PRACTICE] = 0
        self.practised = True
        return self.practising()

    def tick(self, now):
        """Let time pass; return True if a mode has ended by itself."""
        ended = False
        for i in range(len(_FLAGS)):
            mode = _FLAGS[i]
            if self._on[mode] and due(self._ends[mode], now):
                self._on[mode] = 0
                ended = True
        return ended

    def save(self, buf, at, now):
        """Write SAVED_BYTES into `buf` from `at`."""
        buf[at] = self._on[MODE_CHARGING] << len(_FLAGS)
        for i in range(len(_FLAGS)):
            mode = _FLAGS[i]
            left = max(0, since(now, self._ends[mode])) // _MINUTE_MS if self._on[mode] else 0
            buf[at] |= self._on[mode] << i
            buf[at + 1 + 2 * i] = left >> 8
            buf[at + 2 + 2 * i] = left & 0xFF

    def load(self, buf, at, now):
        """Go on with what `save` wrote."""
        self.practised = True  # what a hand did while the badge started, nobody knows
        self._on[MODE_CHARGING] = buf[at] >> len(_FLAGS) & 1  # until the cell is looked at
        for i in range(len(_FLAGS)):
            left = buf[at + 1 + 2 * i] << 8 | buf[at + 2 + 2 * i]
            if buf[at] >> i & 1 and left <= _MINUTES_MOST:
                self._on[_FLAGS[i]] = 1
                self._ends[_FLAGS[i]] = after(now, left * _MINUTE_MS)

    def _begin(self, mode, span_ms, now):
        self._on[mode] = 1 if span_ms else 0
        self._ends[mode] = after(now, span_ms)
