"""What does an I2C bus of simulated chips answer? The face of machine.I2C, with its errors on the ESP32.

A chip has read(register, count), write(register, data) and `fail`. Runs on CPython and MicroPython.
"""

from errno import ENODEV, ETIMEDOUT

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from typing import Protocol

    class Chip(Protocol):
        """What hangs on the bus."""

        fail: str | None

        def read(self, register: int, count: int) -> bytes: ...
        def write(self, register: int, data: bytes) -> None: ...


class SimI2C:
    """A bus with simulated chips: {address: chip}.

    Raises OSError ENODEV for an address nobody has and for a chip that gives no answer, ETIMEDOUT while any chip holds
    the bus ("stuck").
    """

    def __init__(self, chips: "dict[int, Chip]") -> None:
        self._chips = chips

    def _stuck(self) -> bool:
        for address in self._chips:
            if self._chips[address].fail == "stuck":
                return True
        return False

    def _chip(self, address: int) -> "Chip":
        if self._stuck():
            raise OSError(ETIMEDOUT, "the bus is stuck")
        chip = self._chips.get(address)
        if chip is None or chip.fail == "nack":
            raise OSError(ENODEV, "no answer")
        return chip

    def readfrom_mem_into(self, address: int, register: int, buf: bytearray) -> None:
        """Fill `buf` from `register`."""
        answer = self._chip(address).read(register, len(buf))
        for i in range(len(buf)):
            buf[i] = answer[i]

    def readfrom_mem(self, address: int, register: int, count: int) -> bytes:
        """Return `count` bytes from `register`."""
        return self._chip(address).read(register, count)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """Write `data` to `register`."""
        self._chip(address).write(register, data)

    def scan(self) -> list[int]:
        """Return the addresses that answer; none while the bus is stuck."""
        if self._stuck():
            return []
        return sorted([address for address in self._chips if self._chips[address].fail != "nack"])
