"""How is the motor driven where a DRV2605 does it?"""

from drv2605 import DRV2605
from firmware.board.bus import Part
from micropython import const

_PATIENCE = const(24)  # calls of `level` while it is to run, one each 20 ms: half a second
_DOUBLINGS = const(2)
_LOOK = const(10)  # calls of `silent`, one each 100 ms
_TURNS = const(5)  # each of them stands for as many of `level` while it rests


class Haptics:
    """The DRV2605 at `address` on `bus`, with the face of a Motor. One that does not answer is `silent`.

    A run ends by itself after a second: it is an effect of the chip's own, so a program that stands still, or a bus
    that fails meanwhile, leaves no motor on, and a chip that did not take the end is not asked for it again and again.
    """

    lasts_ms = 0

    def __init__(self, bus, address):
        def make(i2c):
            chip = DRV2605(i2c, address)
            chip.start()
            return chip

        self._part = Part(bus, make, _PATIENCE, _DOUBLINGS)
        self._still = True
        self._looks = 0
        self._wanted = False  # since `silent` was asked, `level` has looked for a lost chip

    @property
    def silent(self):
        """Whether the chip gave no answer when it was asked last; it is asked once a second, for motors mostly rest."""
        self._looks += 1
        if self._part.chip is None:
            if not self._wanted:
                self._part.there(_TURNS)
            self._wanted = False
        elif self._still and self._looks >= _LOOK:
            self._looks = 0
            self._look(self._part)
        return self._part.chip is None

    def _look(self, part):
        try:
            if part.there() and not part.chip.configured():
                part.chip.start()
        except OSError:
            part.again()  # frees the bus, if that helps

    def level(self, level):
        """Run the motor, for any `level` but 0, or not; return whether that is so, or is going to be by itself."""
        part = self._part
        self._wanted = True
        if not part.there():
            return not level
        for turn in range(2):
            try:
                if level and self._still and not part.chip.configured():
                    part.chip.start()  # a dip of the supply has taken its settings
                part.chip.run(level)
                self._still = not level
                return True
            except OSError:
                if turn == 0:
                    part.bus.free()
        part.lost()
        self._still = True
        return not level
