"""Has the badge been torn off? A contact that the clip keeps closed, where a house says so."""

from firmware.limits import DEBOUNCE_MS, TORN_MS
from firmware.ticks import since


class Clip:
    """Its line, once it hangs open, is an aerial: so it is closed again once it has been for the debounce time, and not
    by sparks that single looks find closed. opened_at: when it opened last. torn_ms: open for as long, it was torn off.
    """

    def __init__(self, now, torn_ms=TORN_MS):
        self.torn_ms = torn_ms
        self.opened_at = now
        self._open = self._said = self._waiting = False
        self._at = now

    def level(self, open, now):
        """Take the contact's level, 1 while it is open; return True once when it has been open for torn_ms."""
        if not open:
            if not self._waiting:
                self._waiting = True
                self._at = now
            if since(self._at, now) >= DEBOUNCE_MS:
                self._open = self._said = False
            return False
        self._waiting = False
        if not self._open:
            self._open = True
            self.opened_at = now
        if self._said or since(self.opened_at, now) < self.torn_ms:
            return False
        self._said = True
        return True
