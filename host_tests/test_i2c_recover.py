"""Is a bus that a chip holds set free by clocks and a STOP, and is one that cannot be freed told apart?"""

import pytest
from board_rig import metal
from i2c_recover import recover
from tools.sim.chips.lis3dh import SimLIS3DH


class Lines:
    """Two open-drain lines, and a chip that sends `byte` over and over, from bit `at` on, until nobody acknowledges.

    at: 0 to 7 are bits, 8 is the acknowledge; None for a chip that is idle. dead: it holds SDA whatever happens.
    """

    def __init__(self, byte=0, at=None, dead=False, scl_shorted=False):
        self.byte = byte
        self.at = at
        self.dead = dead
        self.scl_shorted = scl_shorted
        self.master = {"scl": 1, "sda": 1}
        self.clocks = self.stops = self.waited_us = 0

    def level(self, name):
        if name == "scl":
            return 0 if self.scl_shorted else self.master["scl"]
        sends = 0 if self.dead else 1 if self.at in (None, 8) else self.byte >> (7 - self.at) & 1
        return self.master["sda"] & sends

    def drive(self, name, value):
        before = self.level("sda")
        if name == "scl" and self.master["scl"] and not value:
            self.clocks += 1
            if self.at == 8:
                self.at = None if before else 0
            elif self.at is not None:
                self.at += 1
        self.master[name] = value
        if name == "sda" and not before and self.level("sda") and self.level("scl"):
            self.stops += 1
            self.at = None

    def wait_us(self, us):
        self.waited_us += us


class Pin:
    def __init__(self, lines, name):
        self.lines = lines
        self.name = name

    def value(self, value=None):
        if value is None:
            return self.lines.level(self.name)
        self.lines.drive(self.name, value)


def run(lines):
    return recover(Pin(lines, "scl"), Pin(lines, "sda"), lines.wait_us)


@pytest.mark.parametrize("at", range(9))
def test_a_chip_anywhere_in_any_byte_is_clocked_out(at):
    for byte in range(256):
        lines = Lines(byte, at)
        assert run(lines) and lines.at is None and lines.stops == 1, byte
        assert lines.waited_us < 200


def test_a_free_bus_stays_free():
    lines = Lines()
    assert run(lines) and lines.stops == 1 and lines.clocks == 10


def test_a_bus_that_cannot_be_freed_is_told():
    assert not run(Lines(dead=True))
    assert not run(Lines(scl_shorted=True))


@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize("when", ["at the start", "later"])
def test_a_bus_is_not_opened_while_a_line_of_it_is_held_and_its_chip_comes_back_with_the_line(line, when):
    with metal({1: {0x18: SimLIS3DH(lambda t_ms, out: None, lambda: 0)}}) as (made, load):
        levels = {line: 0} if when == "at the start" else {}
        made.levels = levels
        bus_file = load("firmware.board.bus")
        bus = bus_file.Bus(0, 1, 2)
        part = bus_file.Part(bus, lambda i2c: i2c.readfrom_mem(0x18, 0x0F, 1), 9)
        assert (part.chip is None) == (bus.i2c is None) == (when == "at the start")
        if when == "later":
            levels[line] = 0
            assert not bus.free() and bus.i2c is None and not part.start()
        assert not any(part.there() for _ in range(50))
        del levels[line]
        assert any(part.there() for _ in range(10)) and bytes(part.chip) == b"\x33" and bus.i2c is not None
