"""Has the badge been torn off? A contact that the clip keeps closed, where the hardware has one.

Its line, once it hangs open, is an aerial: so it is closed again once it has been for the debounce time, and not by
sparks that single looks find closed.
"""

from firmware.limits import DEBOUNCE_MS, TORN_MS
from firmware.ticks import since


class Clip:
    """`opened_at` is when it opened last. torn_ms: open for as long, it has been torn off."""

    def __init__(self, now, torn_ms=TORN_MS):
        self._torn_ms = torn_ms
        self.opened_at = now
        self._open = self._said = self._closing = False
        self._closed_at = now

    def level(self, open, now):
        """Take the contact's level, 1 while it is open; return True once when it has been open for torn_ms."""
        if not open:
            if not self._closing:
                self._closing = True
                self._closed_at = now
            if since(self._closed_at, now) >= DEBOUNCE_MS:
                self._open = self._said = False
            return False
        self._closing = False
        if not self._open:
            self._open = True
            self.opened_at = now
        if self._said or since(self.opened_at, now) < self._torn_ms:
            return False
        self._said = True
        return True
