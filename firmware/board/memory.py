"""What does the badge keep over a reset? The boot count and the alarm in progress, in RTC memory.

RTC memory is written in microseconds and outlives every reset but a power cut.

    mark 1 | boots since the app last ran well 1 | crashes 1 | length of the alarm 1 | alarm | CRC-16
"""

from firmware.crc import crc16
from machine import RTC
from micropython import const

_MARK = const(0x4B)
_HEAD = const(4)
BOOTS_TOO_MANY = const(4)


class Memory:
    """The record in RTC memory; anything there that is not ours counts as empty."""

    def __init__(self):
        self._rtc = RTC()
        self.boots = 0
        self.crashes = 0
        self._alarm = b""
        kept = self._rtc.memory()
        n = len(kept)
        if n > _HEAD + 1 and kept[0] == _MARK and n == _HEAD + kept[3] + 2:
            if crc16(kept, 0, n - 2) == (kept[n - 2] << 8 | kept[n - 1]):
                self.boots = kept[1]
                self.crashes = kept[2]
                self._alarm = bytes(kept[_HEAD : n - 2])

    def booted(self):
        """Count a boot."""
        self.boots = min(self.boots + 1, 255)
        self._write()

    def well(self):
        """The app has run for a while: boots before this say nothing any more."""
        self.boots = 0
        self._write()

    def crashed(self):
        """Count an error of ours that reached a hallway."""
        self.crashes = min(self.crashes + 1, 255)
        self._write()

    def save(self, saved, n):
        """Keep `saved[:n]`."""
        self._alarm = bytes(saved[:n])
        self._write()

    def load(self, saved):
        """Copy the kept alarm into `saved`; return its length, 0 if there is none."""
        for i in range(len(self._alarm)):
            saved[i] = self._alarm[i]
        return len(self._alarm)

    def _write(self):
        head = bytes((_MARK, self.boots, self.crashes, len(self._alarm))) + self._alarm
        crc = crc16(head, 0, len(head))
        self._rtc.memory(head + bytes((crc >> 8, crc & 0xFF)))
