"""Does the motor run as hard as it is told, whoever tells it, and does the driver notice when it cannot?"""

import errno

import adafruit_drv2605
import pytest
from chip_rig import Blinka, Clock
from drv2605 import DRV2605

from tools.sim.chips.drv2605 import SimDRV2605, SimDRV2605L, SimI2C


@pytest.fixture(params=[SimDRV2605, SimDRV2605L])
def bus(request):
    clock = Clock()
    chip = request.param(clock)
    return chip, SimI2C({0x5A: chip}), clock


def test_the_level_is_the_drive(bus):
    chip, i2c, clock = bus
    driver = DRV2605(i2c)
    driver.start()
    assert chip.drive() == 0 and driver.configured()
    for level in (255, 128, 64, 10, 2, 0, 255, 0):
        driver.level(level)
        assert abs(chip.drive() - level) <= 2 and driver.configured()
    assert i2c.readfrom_mem(0x5A, 0x01, 1)[0] & 0x40  # still means standby
    assert chip.violations == []


def test_an_independent_driver_drives_the_same_chip(bus):
    chip, i2c, clock = bus
    theirs = adafruit_drv2605.DRV2605(Blinka(i2c))
    theirs.realtime_value = 64
    theirs.mode = adafruit_drv2605.MODE_REALTIME
    assert abs(chip.drive() - 128) <= 2
    theirs.realtime_value = 127
    assert chip.drive() == 255
    theirs.realtime_value = -127
    assert chip.drive() == -255
    theirs.realtime_value = 0
    theirs.mode = adafruit_drv2605.MODE_INTTRIG
    theirs.play()
    assert chip.drive() == 255
    clock.now += 100
    assert chip.drive() == 0 and chip.violations == []
    ours = DRV2605(i2c)
    assert not ours.configured()
    ours.start()
    ours.level(90)
    assert theirs.mode == adafruit_drv2605.MODE_REALTIME and theirs.realtime_value == 45
    assert abs(chip.drive() - 90) <= 2


@pytest.mark.parametrize(
    "control3, value, drive",
    [(0xA8, 0x7F, 0), (0xA8, 0xFF, 255), (0xA8, 0x00, -255), (0xA0, 0x81, -255), (0x88, 0xFF, 115), (0x80, 0x90, 0)],
)
def test_the_formats_of_the_data_sheet(control3, value, drive):
    chip = SimDRV2605(Clock())
    for at, byte in ((0x1D, control3), (0x02, value), (0x01, 0x05)):
        chip.write(at, bytes([byte]))
    assert abs(chip.drive() - drive) <= 4  # the closed loop ends at RATED_VOLTAGE


def test_the_self_test_needs_a_motor(bus):
    chip, i2c, clock = bus
    driver = DRV2605(i2c)
    driver.start()
    assert driver.self_test(clock.wait_ms) and driver.configured() and chip.violations == []
    for motor in ("open", "short"):
        chip.motor = motor
        assert not driver.self_test(clock.wait_ms) and driver.configured()
    chip.motor = "ok"
    assert driver.self_test(clock.wait_ms)
    chip.fail = "frozen"
    driver.level(255)
    assert chip.drive() == 0 and not driver.self_test(clock.wait_ms)
    chip.fail = None
    assert not driver.self_test(lambda ms: None)  # time stands: the chip never says that it is done


def test_a_short_is_told_once(bus):
    chip, i2c, clock = bus
    driver = DRV2605(i2c)
    driver.start()
    assert driver.trouble() == 0
    chip.motor = "short"
    driver.level(200)
    assert driver.trouble() == 1 and driver.trouble() == 0


def test_every_fault_is_felt_and_ends(bus):
    chip, i2c, clock = bus
    driver = DRV2605(i2c)
    driver.start()
    for fault, number in (("nack", errno.ENODEV), ("stuck", errno.ETIMEDOUT)):
        chip.fail = fault
        for door in (
            lambda: driver.level(9), driver.configured, driver.start, driver.trouble, lambda: DRV2605(i2c),
            lambda: driver.self_test(clock.wait_ms),
        ):
            with pytest.raises(OSError) as raised:
                door()
            assert raised.value.errno == number
    chip.fail = "wrong_id"
    with pytest.raises(RuntimeError, match="not a DRV2605"):
        DRV2605(i2c)
    chip.fail = None
    driver.level(255)
    chip.fail = "reset"
    assert not driver.configured() and chip.drive() == 0
    driver.start()
    driver.level(255)
    assert driver.configured() and chip.drive() == 255


@pytest.mark.parametrize("register, value, why", [(0x00, 0, "read-only"), (0x01, 0x08, "reserved bits"),
                                                  (0x0C, 0x02, "reserved bits"), (0x1E, 0x21, "one-time memory"),
                                                  (0x1B, 0xD3, "reserved bits"), (0x22, 0, "read-only")])
def test_the_chip_notes_a_forbidden_write(bus, register, value, why):
    chip, i2c, clock = bus
    i2c.writeto_mem(0x5A, register, bytes([value]))
    assert len(chip.violations) == 1 and why in chip.violations[0]
