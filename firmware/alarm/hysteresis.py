"""Is a fault gone, or does it only flicker? A reading at its limit, or a loose contact, must not be told all day.

A fault counts at once, and is gone at once, as long as that is rare. One that comes for the third time within ten
minutes is gone only after a minute without it.
"""

from array import array

from firmware.codes import FAULT_CRASHED, FAULT_STORAGE
from firmware.limits import FLUTTER_MS, STEADY_MS
from firmware.ticks import since
from micropython import const

_FAULTS = const(16)
_RARE = const(2)  # times


class Hysteresis:
    """Remembers of each fault, by the number of its bit, when it came and when it was there last."""

    def __init__(self):
        self._first_at = array("i", bytes(4 * _FAULTS))
        self._last_at = array("i", bytes(4 * _FAULTS))
        self._times = bytearray(_FAULTS)

    def steady(self, bit, on, was, now):
        """Return whether the fault `bit` stands, which is read as `on` now and stood before if `was`."""
        if bit == FAULT_CRASHED or bit == FAULT_STORAGE:
            return on  # whoever notes these says only once that they are gone
        i = 0
        while bit >> i > 1:
            i += 1
        if on:
            self._last_at[i] = now
            if not was:
                if not 0 <= since(self._first_at[i], now) < FLUTTER_MS:
                    self._first_at[i] = now
                    self._times[i] = 0
                self._times[i] = min(self._times[i] + 1, _RARE + 1)
            return True
        return bool(was) and self._times[i] > _RARE and 0 <= since(self._last_at[i], now) < STEADY_MS
