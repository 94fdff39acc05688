"""What does an SPI bus of simulated chips answer? The faces of machine.SPI and machine.Pin that radio drivers use.

A chip has clocked(byte) -> byte and selected(level). With none selected, MISO floats high. Runs on CPython and
MicroPython.
"""


class SimPin:
    """A line between chip and host: read() gives its level, write(level) takes it; without either it keeps it.

    The chip calls `edge()` when it has just gone high.
    """

    IN = 1
    OUT = 3
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, read=None, write=None):
        self._read = read
        self._write = write
        self._level = 0
        self._handler = None

    def init(self, mode=-1, pull=-1, value=None):
        """Set the direction; a value is put out at once."""
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Return the level, or set it."""
        if level is None:
            return self._read() if self._read else self._level
        self._level = 1 if level else 0
        if self._write:
            self._write(self._level)

    def __call__(self, level=None):
        return self.value(level)

    def irq(self, handler=None, trigger=3, hard=False):
        """Call `handler(pin)` at rising edges."""
        self._handler = handler if trigger & self.IRQ_RISING else None

    def edge(self):
        """Call the handler: the line has gone high."""
        if self._handler:
            self._handler(self)


class SimSPI:
    """A bus with simulated chips. violations: a sentence for every transfer without exactly one chip selected."""

    def __init__(self, *chips):
        self._chips = chips
        self.violations = []

    def write_readinto(self, out, into):
        """Clock `out` out and as many bytes into `into`, which may be the same."""
        if len(out) != len(into):
            raise ValueError("buffers must be the same length")
        chosen = [chip for chip in self._chips if chip.is_selected]
        if len(chosen) != 1:
            self.violations.append("%d chips selected during a transfer" % len(chosen))
        for i in range(len(out)):
            byte = out[i]
            answer = 0xFF
            for chip in chosen:
                answer &= chip.clocked(byte)
            into[i] = answer

    def write(self, out):
        """Clock `out` out."""
        self.write_readinto(out, bytearray(len(out)))

    def readinto(self, into, write=0):
        """Fill `into`, clocking `write` out."""
        self.write_readinto(bytes([write]) * len(into), into)

    def read(self, count, write=0):
        """Return `count` bytes, clocking `write` out."""
        into = bytearray(count)
        self.readinto(into, write)
        return bytes(into)
