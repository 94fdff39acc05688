"""Has the badge been torn off? A contact that the clip keeps closed, where the hardware has one."""

from firmware.limits import TORN_MS
from firmware.ticks import since


class Clip:
    """`opened_at` is when it opened last. torn_ms: open for as long, it has been torn off."""

    def __init__(self, now, torn_ms=TORN_MS):
        self._torn_ms = torn_ms
        self.opened_at = now
        self._open = False
        self._said = False

    def level(self, open, now):
        """Take the contact's level, 1 while it is open; return True once when it has been open for torn_ms."""
        if not open:
            self._open = self._said = False
            return False
        if not self._open:
            self._open = True
            self.opened_at = now
        if self._said or since(self.opened_at, now) < self._torn_ms:
            return False
        self._said = True
        return True
