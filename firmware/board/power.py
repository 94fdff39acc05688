"""How are button and battery read where an AXP2101 has both?

The key's edges are latched in the chip, so no press is lost while nobody asks. A chip that does not answer is a button
that reads as let go and a battery that nobody knows; `silent` says so, and becomes a technical alarm.
"""

from axp2101 import AXP2101
from firmware.board.bus import Part
from firmware.limits import BATTERY_UNKNOWN
from micropython import const

_PATIENCE = const(49)  # calls of `level`: a second while nothing is under way, at 20 ms each, otherwise half of one
_DOUBLINGS = const(2)  # nobody can call without it, so it is searched for every four seconds at least


class Pmu:
    """The AXP2101 at `address` on `bus`, which is button and battery in one. rails: as lib/axp2101.py takes them."""

    touched = False  # the chip notes a short press itself, and `level` tells it

    def __init__(self, bus, address, rails):
        def make(i2c):
            chip = AXP2101(i2c, address)
            chip.start(rails)
            return chip

        self._part = Part(bus, make, _PATIENCE, _DOUBLINGS)

    @property
    def silent(self):
        """Whether the chip gave no answer when it was asked last."""
        return self._part.chip is None

    def level(self):
        """Return 1 while the power key is pressed, else 0."""
        part = self._part
        if not part.there():
            return 0
        for turn in range(2):
            try:
                return part.chip.key()
            except OSError:
                if turn == 0:
                    part.bus.free()  # and ask the same chip again: one made anew would forget a press
        part.lost()
        return 0

    def percent(self):
        """Return the charge by the chip's gauge, 0 to 100, BATTERY_UNKNOWN without a cell or a chip."""
        part = self._part
        if part.chip is None:
            return BATTERY_UNKNOWN
        try:
            if not part.chip.configured() and not part.start():
                return BATTERY_UNKNOWN
            percent = part.chip.percent()
        except OSError:
            return BATTERY_UNKNOWN
        return BATTERY_UNKNOWN if percent < 0 else percent

    def charging(self):
        """Return whether the badge is on its charger: a full cell takes nothing, so the supply is asked for."""
        try:
            return self._part.chip is not None and self._part.chip.vbus()
        except OSError:
            return False
