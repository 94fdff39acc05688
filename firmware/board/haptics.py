"""How is the motor driven where a DRV2605 does it?"""

from drv2605 import DRV2605
from firmware.board.bus import Part
from micropython import const

_PATIENCE = const(9)


class Haptics:
    """The DRV2605 at `address` on `bus`, with the face of a Motor. One that does not answer is `silent`."""

    def __init__(self, bus, address):
        def make(i2c):
            chip = DRV2605(i2c, address)
            chip.start()
            return chip

        self._part = Part(bus, make, _PATIENCE)
        self._still = True

    @property
    def silent(self):
        """Whether the chip gave no answer when it was asked last."""
        return self._part.chip is None

    def level(self, level):
        """Run the motor at `level`, 0 to 255; return whether the chip took that. Ask again if not: it may still run."""
        part = self._part
        if not part.there():
            return False
        for turn in range(2):
            try:
                if level and self._still and not part.chip.configured():
                    part.chip.start()  # a dip of the supply has taken its settings
                part.chip.level(level)
                self._still = not level
                return True
            except OSError:
                if turn == 0:
                    part.bus.free()
        part.lost()
        self._still = True
        return False
