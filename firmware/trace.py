"""What happened lately? A ring of small facts, kept in memory; tools on the host give them names."""

from array import array

from micropython import const

ARROW = const(1)  # alarm: before * 16 + after
GESTURE = const(2)  # event
SENT = const(3)  # uplink counter
BELIEVED = const(4)  # downlink type
REFUSED = const(5)  # refused frames so far
FELT = const(6)  # pattern
FAULT = const(7)  # all faults
KEPT = const(64)
_MOST = const(0x3FFFFFFF)  # the ESP32 allocates for any greater; the place after it in the ring is that of KEPT


class Trace:
    """The last 64 facts: `code[i]`, `value[i]`, `at[i]`. `count` were ever noted; the newest is at (count - 1) % 64."""

    def __init__(self):
        self.code = bytearray(KEPT)
        self.value = array("i", bytes(4 * KEPT))
        self.at = array("i", bytes(4 * KEPT))
        self.count = 0

    def note(self, code, value, now):
        """Note one fact."""
        i = self.count % KEPT
        self.code[i] = code
        self.value[i] = value
        self.at[i] = now
        self.count = self.count + 1 if self.count < _MOST else KEPT

    def last(self, buf, at, minute):
        """Write the house's `minute` into `buf` from `at` on, 2, and the newest facts, but those of frames.

        A fact is code 1 | value 2; what is left over are zeros.
        """
        buf[at] = minute >> 8
        buf[at + 1] = minute & 0xFF
        at += 2
        for back in range(1, min(self.count, KEPT) + 1):
            i = (self.count - back) % KEPT
            # frames are most of the ring, and the gateway knows them
            if not SENT <= self.code[i] <= REFUSED and at < len(buf):
                buf[at] = self.code[i]
                buf[at + 1] = self.value[i] >> 8 & 0xFF
                buf[at + 2] = self.value[i] & 0xFF
                at += 3
        while at < len(buf):
            buf[at] = 0
            at += 1
