"""What is the least LoRa that the real driver package comes up on? An SX1262 of few bytes, beside fake_machine.py.

It answers every command with a right status, says that whatever was asked of it is done, and hears nothing.
"""

import fake_machine

_GET_IRQ = 0x12
_READ_REGISTER = 0x1D
_SYNC = {0x0740: 0x44, 0x0741: 0xB4}  # what firmware/board/sx1262.py looks for
sent = [0]


class Chip(fake_machine.Part):
    """The bus with the chip on it, and its lines."""

    def __call__(self, level: int = 0) -> int:
        """Return the level of BUSY and DIO1: low."""
        return 0

    init = irq = fake_machine.Part.nothing

    def write_readinto(self, out: bytearray, into: bytearray) -> None:
        """Do a command."""
        op = out[0]
        if op == _READ_REGISTER:
            into[4] = _SYNC.get(out[1] << 8 | out[2], 0)
            return
        for i in range(1, len(into)):
            into[i] = 0
        if len(into) > 1:
            into[1] = 0x22
        if op == _GET_IRQ and len(into) > 3:
            into[3] = 0x81  # channel looked at and found free; sent

    def write(self, data: bytes) -> None:
        """Count a frame's bytes."""
        sent[0] += 1


class Times(fake_machine.Module):
    """Time as the package asks for it, beside what fake_machine.py has."""

    def sleep_ms(self, *words: object, **named: object) -> None:
        """Let no time pass."""

    sleep_us = wake_on_ext0 = wake_on_ext1 = sleep_ms
    lightsleep = gpio_deep_sleep_hold = sleep_ms
    WAKEUP_ANY_HIGH = WAKEUP_ALL_LOW = 1

    def ticks_us(self) -> int:
        """Return the time in us."""
        return fake_machine._now[0] * 1000 & 0x3FFFFFFF

    def ticks_add(self, at: int, more: int) -> int:
        """Add to a time."""
        return at + more

    def ticks_diff(self, end: int, start: int) -> int:
        """Return the time between two."""
        return end - start


def build() -> None:
    """Give fake_machine.py a LoRa radio, and its pairing a channel."""
    fake_machine.Part.IRQ_RISING = 1
    fake_machine.Module.Pin = fake_machine.Module.SPI = Chip
    fake_machine.PAIRING = fake_machine.PAIRING[:-1] + b', "lora": {"khz": 869525, "sf": 7}}'
    fake_machine.Module = Times
