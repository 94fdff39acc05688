"""Does the simulated SX1276 answer as its data sheet says, register by register, and complain where it forbids?"""

import pytest
from ears import Ear

from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock
from tools.sim.chips.spi import SimSPI
from tools.sim.chips.sx1276 import SimSX1276

MS = 1000


class Desk:
    """A chip on a bus, and another radio to talk with."""

    def __init__(self):
        self.clock = Clock()
        self.air = Air(self.clock)
        self.chip = SimSX1276(self.clock, Radio(self.air))
        self.spi = SimSPI(self.chip)
        self.ear = Ear(self.air, 20)
        self.edges = []
        self.chip.dio0.irq(lambda pin: self.edges.append((0, self.clock.now_us)), 1)
        self.chip.dio1.irq(lambda pin: self.edges.append((1, self.clock.now_us)), 1)

    def wait(self, us):
        self.clock.run(self.clock.now_us + us)

    def put(self, register, *values):
        self.chip.nss(0)
        self.spi.write(bytes((register | 0x80, *values)))
        self.chip.nss(1)

    def get(self, register, count=1):
        answer = bytearray((register, *bytes(count)))
        self.chip.nss(0)
        self.spi.write_readinto(answer, answer)
        self.chip.nss(1)
        return answer[1] if count == 1 else bytes(answer[1:])

    def ready(self):
        """Into LoRa at 869.525 MHz, SF7, 125 kHz, CRC, and 14 dBm at PA_BOOST."""
        self.put(0x01, 0x00)
        self.put(0x01, 0x80)
        self.put(0x01, 0x81)
        self.put(0x06, 0xD9, 0x61, 0x99)
        self.put(0x09, 0x8C)
        self.put(0x1D, 0x72, 0x74)
        self.put(0x31, 0x43)
        self.wait(MS)
        return self

    def mode(self):
        return self.get(0x01) & 7


def test_after_a_reset():
    desk = Desk()
    assert desk.get(0x42) == 0x12 and desk.get(0x01) == 0x09 and desk.get(0x39) == 0  # FSK's page: another register
    desk.ready()
    assert desk.get(0x39) == 0x12 and desk.get(0x06, 3) == b"\xd9\x61\x99" and desk.mode() == 1
    desk.chip.reset(0)
    desk.chip.reset(1)
    assert desk.get(0x06, 3) == b"\x6c\x80\x00"


def test_lora_is_entered_through_sleep():
    desk = Desk()
    desk.put(0x01, 0x89)
    assert desk.chip.violations == ["LongRangeMode changed outside sleep"] and not desk.get(0x01) & 0x80


def test_masks_and_faults():
    desk = Desk().ready()
    desk.put(0x11, 0x08)
    desk.put(0x01, 0x83)
    desk.wait(60 * MS)
    assert desk.get(0x12) == 0
    desk.put(0x11, 0)
    desk.put(0x40, 0x40)
    desk.chip.fail = "no_irq"
    desk.put(0x01, 0x83)
    desk.wait(60 * MS)
    assert desk.get(0x12) == 0x08 and desk.chip.dio0() == 0
    desk.put(0x12, 0xFF)
    desk.chip.fail = "no_tx"
    desk.put(0x01, 0x83)
    desk.wait(600 * MS)
    assert desk.get(0x12) == 0 and desk.mode() == 3
    desk.chip.fail = "wrong"
    assert desk.get(0x42) == 0x22
    desk.chip.fail = "silent"
    assert desk.get(0x42) == 0xFF
    desk.chip.fail = "reset"
    assert desk.get(0x01) == 0x09 and desk.chip.fail is None
    desk.chip.fail = "busy"
    with pytest.raises(ValueError):
        desk.get(0x42)


@pytest.mark.parametrize(
    "writes, why",
    [
        (((0x42, 1),), "read only"), (((0x01, 0x80), (0x00, 1)), "FIFO in sleep"),
        (((0x1E, 0xC4), (0x01, 0x85)), "low data rate"), (((0x1E, 0x64), (0x01, 0x85)), "SF6"),
        (((0x31, 0xC3), (0x01, 0x85)), "errata"), (((0x1D, 0x70), (0x01, 0x83)), "coding rate 0"),
        (((0x01, 0x85), (0x1E, 0x84)), "0x1E set in mode 5"),
    ],
)
def test_what_the_data_sheet_forbids(writes, why):
    desk = Desk().ready()
    for write in writes:
        desk.put(*write)
    assert any(why in violation for violation in desk.chip.violations), desk.chip.violations


def test_power():
    desk = Desk().ready()
    for config, dac, dbm in ((0x8F, 0x84, 17), (0x8F, 0x87, 20), (0x80, 0x84, 2), (0x7F, 0x84, 15), (0x70, 0x84, 0)):
        desk.put(0x09, config)
        desk.put(0x4D, dac)
        assert desk.chip.power_dbm() == dbm
