"""Does an independent ADXL345 driver read what ours reads from the same chip, and does the chip keep its rules?"""

from array import array

import adafruit_adxl34x
import pytest
from adxl345 import ADXL345
from chip_rig import Blinka, Clock

from tools.sim.chips.adxl345 import SimADXL345, SimI2C

STILL = (1441, -1203, 977)


@pytest.fixture
def bus():
    clock = Clock()
    chip = SimADXL345(lambda t_ms, out: out.__setitem__(slice(0, 3), STILL), clock)
    return chip, SimI2C({0x53: chip}), clock


@pytest.mark.parametrize("range_g", [2, 4, 8, 16])
def test_an_independent_driver_reads_the_same_acceleration(bus, range_g):
    chip, i2c, clock = bus
    theirs = adafruit_adxl34x.ADXL345(Blinka(i2c), address=0x53)
    theirs.range = getattr(adafruit_adxl34x.Range, f"RANGE_{range_g}_G")
    theirs.data_rate = adafruit_adxl34x.DataRate.RATE_50_HZ
    clock.now += 100
    # Their multiplier is 4 mg, where the data sheet's 256 per g are 3.9: the digits are what must agree.
    digits = [round(axis / 9.80665 / 0.004) for axis in theirs.acceleration]
    assert digits == [round(mg * 256 / 1000) for mg in STILL] and chip.violations == []
    assert (theirs.raw_x, theirs.raw_y, theirs.raw_z) == tuple(digits)
    ours = ADXL345(i2c)
    ours.start()
    clock.now += 20
    block = array("h", bytes(192))
    assert ours.read(block) == 1 and all(abs(a * 256 / 1000 - b) <= 0.5 for a, b in zip(block[:3], digits, strict=True))


def test_the_independent_driver_finds_our_rate_range_and_offsets(bus):
    chip, i2c, clock = bus
    theirs = adafruit_adxl34x.ADXL345(Blinka(i2c), address=0x53)
    theirs.offset = (4, -8, 0)
    clock.now += 20
    assert theirs.raw_x == round((1441 + 62) * 256 / 1000) and theirs.raw_y == round((-1203 - 125) * 256 / 1000)
    ours = ADXL345(i2c)
    assert not ours.configured()
    ours.start()
    assert theirs.data_rate == adafruit_adxl34x.DataRate.RATE_50_HZ
    assert theirs.range == adafruit_adxl34x.Range.RANGE_16_G and theirs.offset == (0, 0, 0)


def test_a_read_of_one_axis_takes_the_whole_sample_away(bus):
    chip, i2c, clock = bus
    ADXL345(i2c).start()
    clock.now += 100
    assert i2c.readfrom_mem(0x53, 0x39, 1)[0] == 5
    i2c.readfrom_mem(0x53, 0x32, 2)
    assert i2c.readfrom_mem(0x53, 0x39, 1)[0] == 4
    i2c.readfrom_mem(0x53, 0x30, 1)
    assert i2c.readfrom_mem(0x53, 0x39, 1)[0] == 4


def test_a_pull_to_the_wrong_side_fails(bus):
    chip, i2c, clock = bus
    driver = ADXL345(i2c)
    driver.start()
    assert driver.self_test([0, 0, 0], clock.wait_ms)
    for axis in range(3):
        pulls = list(SimADXL345.pull_mg)
        pulls[axis] = -pulls[axis]
        chip.pull_mg = tuple(pulls)
        assert not driver.self_test([0, 0, 0], clock.wait_ms)


def test_the_most_the_watermark_can_say_is_31(bus):
    chip, i2c, clock = bus
    driver = ADXL345(i2c)
    driver.start(watermark=32)
    assert i2c.readfrom_mem(0x53, 0x38, 1)[0] == 0x9F and driver.configured()
