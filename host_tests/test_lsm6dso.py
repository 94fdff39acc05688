"""Does an independent LSM6DSOX driver read what ours reads from the same chip, and does the chip keep its rules?"""

from array import array

import adafruit_lsm6ds
import pytest
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX
from chip_rig import Blinka, Clock, seconds
from lsm6dso import LSM6DSO

from tools.sim.chips.lsm6dso import SimI2C, SimLSM6DSO


def still(t_ms, out):
    out[0], out[1], out[2] = 1441, -1203, 977


@pytest.fixture
def bus(monkeypatch):
    clock = Clock()
    chip = SimLSM6DSO(still, clock)
    monkeypatch.setattr(adafruit_lsm6ds, "sleep", seconds(clock))
    return chip, SimI2C({0x6A: chip}), clock


@pytest.mark.parametrize("range_g", [2, 4, 8, 16])
def test_an_independent_driver_reads_the_same_acceleration(bus, range_g):
    chip, i2c, clock = bus
    theirs = LSM6DSOX(Blinka(i2c), address=0x6A)
    theirs.accelerometer_range = getattr(adafruit_lsm6ds.AccelRange, f"RANGE_{range_g}G")
    theirs.accelerometer_data_rate = adafruit_lsm6ds.Rate.RATE_52_HZ
    clock.now += 100
    mg = [axis / 9.80665 * 1000 for axis in theirs.acceleration]
    assert all(abs(a - b) <= 0.5 for a, b in zip(mg, (1441, -1203, 977), strict=True)), mg
    ours = LSM6DSO(i2c)
    ours.start()
    clock.now += 20
    block = array("h", bytes(192))
    assert ours.read(block) == 1 and all(abs(a - b) <= 1 for a, b in zip(block[:3], mg, strict=True))


def test_the_chip_finds_the_one_slip_of_the_independent_driver(bus):
    # It means to switch I3C off, bit 1 of CTRL9_XL (9.26), and sets bit 0, which must stay 0.
    chip, i2c, clock = bus
    LSM6DSOX(Blinka(i2c), address=0x6A)
    assert chip.violations == ["0x18 <- 0xE1: reserved bits changed"]


def test_foreign_words_are_left_out(bus):
    chip, i2c, clock = bus
    driver = LSM6DSO(i2c)
    driver.start()
    clock.now += 60
    chip._advance()
    chip._fifo.insert(1, (0x04 << 3, (7, 7, 7)))  # a timestamp between two samples
    block = array("h", bytes(192))
    assert driver.read(block) == 3 and all(abs(block[3 * i] - 1441) <= 1 for i in range(3))


def test_a_start_closes_another_bank(bus):
    chip, i2c, clock = bus
    driver = LSM6DSO(i2c)
    i2c.writeto_mem(0x6A, 0x01, b"\x80")
    assert i2c.readfrom_mem(0x6A, 0x0F, 1) == b"\x00" and not driver.configured()
    driver.start()
    clock.now += 100
    assert driver.configured() and driver.read(array("h", bytes(192))) == 5


def test_a_chip_that_stays_in_reset_is_an_error_of_the_bus(bus):
    chip, i2c, clock = bus
    driver = LSM6DSO(i2c)
    chip._get = lambda at: 0xFF
    with pytest.raises(OSError, match="110|116"):
        driver.start()
