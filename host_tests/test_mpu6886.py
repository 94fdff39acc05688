"""Does an independent MPU-6050 driver read what ours reads from the same chip, and do both chips keep their rules?

There is no independent driver of the MPU-6886 on PyPI; it shares all registers used here but those that a test names.
"""

from array import array

import adafruit_mpu6050
import pytest
from chip_rig import Blinka, Clock, seconds
from mpu6886 import MPU6050, MPU6886

from tools.sim.chips.mpu6886 import SimI2C, SimMPU6050, SimMPU6886


def still(t_ms, out):
    out[0], out[1], out[2] = 1441, -1203, 977


def bus(chip_class):
    clock = Clock()
    chip = chip_class(still, clock)
    return chip, SimI2C({0x68: chip}), clock


@pytest.mark.parametrize("range_g", [2, 4, 8, 16])
def test_an_independent_driver_reads_the_same_acceleration(monkeypatch, range_g):
    chip, i2c, clock = bus(SimMPU6050)
    monkeypatch.setattr(adafruit_mpu6050, "sleep", seconds(clock))
    theirs = adafruit_mpu6050.MPU6050(Blinka(i2c), address=0x68)
    theirs.accelerometer_range = getattr(adafruit_mpu6050.Range, f"RANGE_{range_g}_G")
    clock.now += 100
    mg = [axis / adafruit_mpu6050.STANDARD_GRAVITY * 1000 for axis in theirs.acceleration]
    assert all(abs(a - b) <= 0.5 for a, b in zip(mg, (1441, -1203, 977), strict=True)), mg
    # It writes the three reset bits of SIGNAL_PATH_RESET to the three bits above them.
    assert chip.violations == ["0x68 <- 0x38: reserved bits changed"]
    ours = MPU6050(i2c)
    ours.start()
    clock.now += 20
    block = array("h", bytes(192))
    assert ours.read(block) == 1 and all(abs(a - b) <= 1 for a, b in zip(block[:3], mg, strict=True))
    # Its FIFO count is ours
    clock.now += 100
    assert theirs.fifo_en and theirs.accel_fifo_en and theirs.fifo_count == 30


@pytest.mark.parametrize("chip_class, driver_class, size", [(SimMPU6050, MPU6050, 6), (SimMPU6886, MPU6886, 8)])
def test_the_fifo_holds_what_is_sent_into_it(chip_class, driver_class, size):
    chip, i2c, clock = bus(chip_class)
    driver_class(i2c).start()
    clock.now += 60
    count = i2c.readfrom_mem(0x68, 0x72, 2)
    assert count[0] << 8 | count[1] == 3 * size
    first = i2c.readfrom_mem(0x68, 0x74, size)
    assert first[:6] == bytes.fromhex("0b87f66007d1") and first[6:] == (b"\x0b\xd0" if size == 8 else b"")
    i2c.readfrom_mem(0x68, 0x74, 2 * size)
    assert set(i2c.readfrom_mem(0x68, 0x74, 4)) == {first[-1]}  # empty: the last byte again


def test_a_half_sample_in_the_fifo_is_thrown_away_and_counted():
    for chip_class, driver_class in ((SimMPU6050, MPU6050), (SimMPU6886, MPU6886)):
        chip, i2c, clock = bus(chip_class)
        driver = driver_class(i2c)
        driver.start()
        clock.now += 60
        i2c.readfrom_mem(0x68, 0x74, 3)  # a read that broke off
        block = array("h", bytes(192))
        assert driver.read(block) == 0 and driver.overruns == 1
        clock.now += 40
        assert driver.read(block) == 2 and abs(block[3] - 1441) <= 1


def test_chips_sleep_until_they_are_woken():
    for chip_class, driver_class in ((SimMPU6050, MPU6050), (SimMPU6886, MPU6886)):
        chip, i2c, clock = bus(chip_class)
        driver = driver_class(i2c)
        clock.now += 1000
        assert not i2c.readfrom_mem(0x68, 0x3A, 1)[0] and not driver.configured()
        driver.start()
        i2c.writeto_mem(0x68, 0x6B, b"\x40")
        clock.now += 1000
        assert driver.read(array("h", bytes(192))) == 0 and not driver.configured()


@pytest.mark.parametrize("code, least, most, right", [(0, 225, 675, (300, 670)), (1, 80, 239, (81, 238))])
def test_the_self_test_follows_the_code_of_the_factory(code, least, most, right):
    chip, i2c, clock = bus(SimMPU6886)
    chip._source = lambda t_ms, out: out.__setitem__(slice(0, 3), [0, 0, 0])
    chip.codes = (code, 95, 100)
    chip._power_up()
    driver = MPU6886(i2c)
    driver.start()
    for pull, expected in ((least - 5, False), (right[0], True), (right[1], True), (most + 5, False)):
        chip.pull_mg = (pull, 408, 428)
        assert driver.self_test([0, 0, 0], clock.wait_ms) is expected, pull


def test_the_self_test_of_the_mpu6050_allows_14_percent():
    chip, i2c, clock = bus(SimMPU6050)
    chip._source = lambda t_ms, out: out.__setitem__(slice(0, 3), [0, 0, 0])
    driver = MPU6050(i2c)
    driver.start()
    for axis, pull in enumerate(SimMPU6050.pull_mg):
        for percent, expected in ((84, False), (88, True), (112, True), (116, False)):
            pulls = list(SimMPU6050.pull_mg)
            pulls[axis] = pull * percent // 100
            chip.pull_mg = tuple(pulls)
            assert driver.self_test([0, 0, 0], clock.wait_ms) is expected, (axis, percent)


def test_an_mpu6050_without_codes_cannot_be_judged():
    chip, i2c, clock = bus(SimMPU6050)
    chip.codes = (0, 0, 0, 0)
    chip._power_up()
    assert not MPU6050(i2c).self_test([0, 0, 0], clock.wait_ms)
