"""What does the badge keep over a power cut? Counters and the alarm in progress, in NVS.

Two slots take turns for the alarm: a sequence number and a CRC tell which is whole and newest, so that a cut at any
byte of a write leaves the one before. NVS keeps an erased page in reserve, so that a write does not wait for an erase.
"""

from esp32 import NVS
from firmware.crc import crc16
from firmware.limits import COUNTER_BLOCK
from micropython import const

_SLOTS = ("alarm_a", "alarm_b")
_HEAD = const(2)  # sequence, length
_ROOM = const(40)


class Store:
    """NVS namespace `kald`. Raises OSError when the flash does."""

    def __init__(self):
        self._nvs = NVS("kald")
        self._buf = bytearray(_ROOM)
        self._sequence = 0

    def pairing(self):
        """Return the pairing's text, or "" if this badge is not paired."""
        buf = bytearray(512)
        try:
            n = self._nvs.get_blob("pairing", buf)
        except OSError:
            return ""
        return str(bytes(buf[:n]), "utf-8")

    def reserve(self):
        """Reserve the next block of counters in flash and return its first; the block has COUNTER_BLOCK of them."""
        start = self._nvs.get_i32("counter")
        self._nvs.set_i32("counter", start + COUNTER_BLOCK)
        self._nvs.commit()
        return start

    def save(self, saved, n):
        """Write `saved[:n]` into the older slot."""
        sequence = (self._sequence + 1) & 0xFF
        buf = self._buf
        buf[0] = sequence
        buf[1] = n
        for i in range(n):
            buf[_HEAD + i] = saved[i]
        crc = crc16(buf, 0, _HEAD + n)
        buf[_HEAD + n] = crc >> 8
        buf[_HEAD + n + 1] = crc & 0xFF
        self._nvs.set_blob(_SLOTS[sequence & 1], bytes(buf[: _HEAD + n + 2]))
        self._nvs.commit()
        self._sequence = sequence

    def load(self, saved):
        """Read the newest whole slot into `saved`; return its length, 0 if there is none."""
        found = -1
        for slot in range(2):
            n = self._slot(slot)
            # newer on a circle of 256: slots take turns, so the two differ by one
            if n and (found < 0 or (self._buf[0] - self._sequence) & 0xFF < 128):
                found = slot
                self._sequence = self._buf[0]
        if found < 0:
            return 0
        n = self._slot(found)
        for i in range(n):
            saved[i] = self._buf[_HEAD + i]
        return n

    def _slot(self, slot):
        try:
            size = self._nvs.get_blob(_SLOTS[slot], self._buf)
        except OSError:
            return 0
        n = size - _HEAD - 2
        if n < 1 or self._buf[1] != n:
            return 0
        crc = self._buf[_HEAD + n] << 8 | self._buf[_HEAD + n + 1]
        return n if crc16(self._buf, 0, _HEAD + n) == crc else 0
