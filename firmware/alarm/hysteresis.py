"""Is a fault gone, or does it only flicker? A reading at its limit, or a loose contact, must not be told all day.

A fault counts at once, and is gone at once, as long as that is rare. One that comes for the third time within ten
minutes is gone only after a minute without it.
"""

from array import array

from firmware.codes import FAULT_CRASHED, FAULT_STORAGE
from firmware.limits import FLUTTER_MS, STEADY_MS
from firmware.ticks import since
from micropython import const

OFF_CHARGER = const(0x8000)  # the bit of no fault: a shift begins each time, and who only may be off it is watched
_FAULTS = const(16)
_RARE = const(2)  # times


class Hysteresis:
    """Remembers of each fault, by the number of its bit, when it came and when it was there last."""

    def __init__(self):
        self._at = array("i", bytes(4 * _FAULTS))
        self._last = array("i", bytes(4 * _FAULTS))
        self._count = bytearray(_FAULTS)

    def steady(self, bit, on, before, now):
        """Return whether the fault `bit` stands, which is read as `on` now and stood before if `before`."""
        if bit == FAULT_CRASHED or bit == FAULT_STORAGE:
            return on  # whoever notes these says only once that they are gone
        i = 0
        while bit >> i > 1:
            i += 1
        if on:
            self._last[i] = now
            if not before:
                if not 0 <= since(self._at[i], now) < FLUTTER_MS:
                    self._at[i] = now
                    self._count[i] = 0
                self._count[i] = min(self._count[i] + 1, _RARE + 1)
            return True
        return bool(before) and self._count[i] > _RARE and 0 <= since(self._last[i], now) < STEADY_MS
