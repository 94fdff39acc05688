"""Does the simulated SX1262 answer as its data sheet says, byte by byte, and complain where it forbids?"""

import pytest
from ears import Ear

from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock
from tools.sim.chips.spi import SimSPI
from tools.sim.chips.sx1262 import SimSX1262

MS = 1000
P_869525 = (0x36, 0x58, 0x66, 0x66)  # 869.525 MHz * 2^25 / 32 MHz


class Desk:
    """A chip on a bus, and another radio to talk with."""

    def __init__(self, **chip):
        self.clock = Clock()
        self.air = Air(self.clock)
        self.chip = SimSX1262(self.clock, Radio(self.air), **chip)
        self.spi = SimSPI(self.chip)
        self.ear = Ear(self.air, 20)
        self.edges = []
        self.chip.dio1.irq(lambda pin: self.edges.append(self.clock.now_us), 1)
        self.wait(10 * MS)

    def wait(self, us):
        self.clock.run(self.clock.now_us + us)

    def say(self, *command, patient=True):
        """Clock a command out, return what came in; afterwards wait for BUSY."""
        answer = bytearray(command)
        self.chip.nss(0)
        self.spi.write_readinto(answer, answer)
        self.chip.nss(1)
        while patient and self.chip.busy() and self.chip.mode and self.chip.fail != "busy":
            self.wait(1)
        return bytes(answer)

    def ready(self, sf=7, irq=0x3FF):
        """Set everything that sending and receiving need."""
        self.say(0x8A, 1)
        self.say(0x86, *P_869525)
        self.say(0x8B, sf, 4, 1, int(sf > 10))
        self.say(0x8C, 0, 8, 0, 4, 1, 0)
        self.say(0x95, 4, 7, 0, 1)
        self.say(0x8E, 14, 2)
        self.say(0x08, irq >> 8, irq & 255, irq >> 8, irq & 255, 0, 0, 0, 0)
        self.say(0x0D, 0x08, 0x89, 0x05)
        self.say(0x0D, 0x08, 0xD8, 0xDE)
        self.say(0x0D, 0x07, 0x40, 0x14, 0x24)
        return self

    def irq(self):
        answer = self.say(0x12, 0, 0, 0)
        return answer[2] << 8 | answer[3]

    def mode(self):
        return self.say(0xC0, 0)[1] >> 4 & 7


def test_after_a_reset():
    desk = Desk()
    assert desk.mode() == 2  # standby on the RC oscillator
    assert desk.say(0x1D, 0x07, 0x40, 0, 0, 0)[4:] == b"\x14\x24"  # the private sync word
    assert desk.say(0x17, 0, 0, 0)[2:] == b"\0\0"
    desk.chip.reset(0)
    desk.chip.reset(1)
    assert desk.chip.busy() == 1
    desk.wait(3500)
    assert desk.chip.busy() == 0 and desk.mode() == 2


def test_a_send_that_lasts_too_long():
    desk = Desk().ready()
    desk.say(0x83, 0, 2, 0)  # 512 * 15.625 us = 8 ms
    desk.wait(40 * MS)
    assert desk.irq() == 0x200 and desk.ear.said() == [] and not desk.air.live


@pytest.mark.parametrize(
    "commands, why",
    [
        ([(0x83, 0, 0, 0)], "SetTx before 0x8A"), ([(0x8B, 7, 4, 1, 0)], "before SetPacketType"),
        ([(0x42, 1)], "no command"), ([(0x80,)], "with 0 arguments"), ([(0x80, 7)], "SetStandby 7"),
        ([(0x8A, 0)], "only LoRa"), ([(0x8A, 1), (0x8B, 12, 4, 1, 0)], "low data rate"),
        ([(0x8A, 1), (0x8B, 6, 4, 1, 0)], "SetModulationParams"), ([(0x95, 7, 7, 0, 1)], "SetPaConfig"),
        ([(0x8E, 30, 2)], "SetTxParams"), ([(0x86, 0, 0, 0, 1)], "SetRfFrequency"), ([(0xC5,)], "SetCad before"),
        ([(0x08, 0xFF, 0, 0, 0, 0, 0, 0, 0)], "reserved bits"),
    ],
)
def test_what_the_data_sheet_forbids(commands, why):
    desk = Desk()
    for command in commands:
        desk.say(*command)
    assert any(why in violation for violation in desk.chip.violations), desk.chip.violations


def test_a_command_while_busy_is_lost_and_told():
    desk = Desk()
    desk.say(0x89, 0x7F, patient=False)
    desk.say(0x80, 1, patient=False)
    assert desk.chip.violations == ["0x80 while BUSY is high"]
    desk.wait(10 * MS)
    assert desk.mode() == 2


@pytest.mark.parametrize("register, value, why", [(0x0889, 1, "15.1"), (0x08D8, 0xC8, "15.2"), (0x0740, 0x35, "fours")])
def test_workarounds_are_asked_for(register, value, why):
    desk = Desk().ready()
    desk.say(0x0D, register >> 8, register & 255, value)
    desk.say(0x83, 0, 0, 0)
    assert len(desk.chip.violations) == 1 and why in desk.chip.violations[0]


def test_faults():
    desk = Desk().ready()
    desk.chip.fail = "silent"
    assert desk.say(0x12, 0, 0, 0) == b"\xff" * 4
    desk.chip.fail = "busy"
    assert desk.chip.busy() == 1
    desk.chip.fail = "reset"
    desk.say(0xC0, 0)
    desk.wait(5 * MS)
    assert desk.chip.fail is None and desk.say(0x11, 0, 0)[2] == 0
    desk.ready().chip.fail = "no_irq"
    desk.say(0x83, 0, 0, 0)
    desk.wait(60 * MS)
    assert desk.chip.dio1() == 0 and desk.irq() == 1
    desk.chip.fail = "no_tx"
    desk.say(0x02, 3, 0xFF)
    desk.say(0x83, 0, 0, 0)
    desk.wait(500 * MS)
    assert desk.irq() == 0 and desk.mode() == 6
    desk.chip.fail = "unheard of"
    with pytest.raises(ValueError):
        desk.chip.nss(0)


def test_two_chips_or_none_on_the_bus():
    desk = Desk()
    desk.spi.write(b"\xc0\0")
    assert len(desk.spi.violations) == 1
