"""What does an SPI bus of simulated chips answer? The faces of machine.SPI and machine.Pin that radio drivers use.

With no chip selected, MISO floats high. Runs on CPython and MicroPython.
"""

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Chip(Protocol):
        """What hangs on the bus: takes a byte and gives one, while NSS is low."""

        is_selected: bool

        def clocked(self, byte: int) -> int: ...


class SimPin:
    """A line between chip and host: read() gives its level, write(level) takes it; without either it keeps it.

    The chip calls `edge()` when it has just gone high.
    """

    IN = 1
    OUT = 3
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, read: "Callable[[], int] | None" = None, write: "Callable[[int], None] | None" = None) -> None:
        self._read = read
        self._write = write
        self._level = 0
        self._handler: Callable[[SimPin], None] | None = None

    def init(self, mode: int = -1, pull: int = -1, value: int | None = None) -> None:
        """Set the direction; a value is put out at once."""
        if value is not None:
            self.value(value)

    def value(self, level: int | None = None) -> int | None:
        """Return the level, or set it."""
        if level is None:
            return self._read() if self._read else self._level
        self._level = 1 if level else 0
        if self._write:
            self._write(self._level)
        return None

    def __call__(self, level: int | None = None) -> int | None:
        return self.value(level)

    def irq(self, handler: "Callable[[SimPin], None] | None" = None, trigger: int = 3, hard: bool = False) -> None:
        """Call `handler(pin)` at rising edges."""
        self._handler = handler if trigger & self.IRQ_RISING else None

    def edge(self) -> None:
        """Call the handler: the line has gone high."""
        if self._handler:
            self._handler(self)


class SimSPI:
    """A bus with simulated chips. violations: a sentence for every transfer without exactly one chip selected."""

    def __init__(self, *chips: "Chip") -> None:
        self._chips = chips
        self.violations: list[str] = []

    def write_readinto(self, out: bytes | bytearray, into: bytearray) -> None:
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

    def write(self, out: bytes | bytearray) -> None:
        """Clock `out` out."""
        self.write_readinto(out, bytearray(len(out)))

    def readinto(self, into: bytearray, write: int = 0) -> None:
        """Fill `into`, clocking `write` out."""
        self.write_readinto(bytes([write]) * len(into), into)

    def read(self, count: int, write: int = 0) -> bytes:
        """Return `count` bytes, clocking `write` out."""
        into = bytearray(count)
        self.readinto(into, write)
        return bytes(into)
