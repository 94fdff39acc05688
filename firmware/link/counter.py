"""Which number may the next frame carry, so that none is ever used twice?

Blocks of counters are reserved in flash by the hallway before they are granted here, so a power cut wastes the rest of
a block and repeats nothing. Without a grant nothing is sent: a badge that lost its counter must be paired again. It has
lost it, too, when a gateway has heard a counter that this life has not reached: then the flash is older than the badge.
"""

from firmware.limits import COUNTER_LOW
from firmware.link.frame import COUNTER_END


class Counter:
    """Uplink counters of this life. `start` is its first, by which downlinks prove to be fresh; -1 without a grant.

    least: no block may be granted that begins below it.
    """

    def __init__(self):
        self.start = -1
        self.least = 0
        self._next = 0
        self._end = 0

    def grant(self, start, end):
        """Allow `start <= counter < end`. A later grant must begin where the last one ended."""
        if not 0 <= start < end <= COUNTER_END:
            raise ValueError("a block of counters lies between 0 and 2^30")
        if self.start < 0:
            self.start = start
            self._next = start
        elif start != self._end:
            raise ValueError("a block of counters follows the last")
        self._end = end

    def take(self):
        """Spend a counter and return it, or -1 when none is granted."""
        if self._next >= self._end:
            return -1
        self._next += 1
        return self._next - 1

    def heard(self, counter):
        """Take that a gateway has heard `counter`; one that is not spent yet means that none can be spent any more."""
        if counter >= self._next:
            self._next = self._end
            self.least = COUNTER_END

    def low(self):
        """Return whether the next block should be reserved now."""
        return self._end - self._next < COUNTER_LOW
