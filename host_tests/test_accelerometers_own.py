"""Do drivers by other hands read what ours read from the same chips, and what is each accelerometer's own?

What all promise is in test_accelerometers.py. There is no independent driver of the MPU-6886 on PyPI; it shares all
registers used here with the MPU-6050 but those that a test names.
"""

import adafruit_adxl34x
import adafruit_lis3dh
import adafruit_lsm6ds
import adafruit_mpu6050
import pytest
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX
from chip_rig import Blinka, seconds
from test_accelerometers import Case

STILL = (1440, -1200, 984)  # whole digits of an LIS3DH in each of its ranges
FINE = (1441, -1203, 977)
EARTH = 9.80665


def held(*mg):
    return lambda t_ms, out: out.__setitem__(slice(0, 3), mg)


def still(name, *mg):
    """Return a Case in which nothing moves."""
    case = Case(name)
    case.chip._source = held(*mg)
    return case


class Adxl345:
    """Adafruit's ADXL345. Their multiplier is 4 mg, where the data sheet's 256 per g are 3.9: digits must agree."""

    ours_mg = 2
    violations = []

    def __init__(self, case, range_g):
        self.chip = adafruit_adxl34x.ADXL345(Blinka(case.i2c), address=case.address)
        self.chip.range = getattr(adafruit_adxl34x.Range, f"RANGE_{range_g}_G")
        self.chip.data_rate = adafruit_adxl34x.DataRate.RATE_50_HZ
        self.step_mg = 1000 / 256

    def mg(self):
        return [round(axis / EARTH / 0.004) * self.step_mg for axis in self.chip.acceleration]


class Lis3dh:
    """Adafruit's LIS3DH. Their divider is digits per g by full scale / 2^15, not table 4's: digits must agree."""

    ours_mg = 24
    violations = []

    def __init__(self, case, range_g):
        self.chip = adafruit_lis3dh.LIS3DH_I2C(Blinka(case.i2c), address=case.address)
        self.chip.range = code = getattr(adafruit_lis3dh, f"RANGE_{range_g}_G")
        self.chip.data_rate = adafruit_lis3dh.DATARATE_50_HZ
        assert self.chip.range == code and self.chip.data_rate == adafruit_lis3dh.DATARATE_50_HZ
        self.divider, self.step_mg = {2: (16380, 1), 4: (8190, 2), 8: (4096, 4), 16: (1365, 12)}[range_g]

    def mg(self):
        gravity = adafruit_lis3dh.STANDARD_GRAVITY
        return [(round(axis / gravity * self.divider) >> 4) * self.step_mg for axis in self.chip.acceleration]


class Lsm6dso:
    """Adafruit's LSM6DSOX, with a slip: it means to switch I3C off, bit 1 of CTRL9_XL (9.26), and sets bit 0."""

    ours_mg, step_mg = 1, 1
    violations = ["0x18 <- 0xE1: reserved bits changed"]

    def __init__(self, case, range_g):
        self.chip = LSM6DSOX(Blinka(case.i2c), address=case.address)
        self.chip.accelerometer_range = getattr(adafruit_lsm6ds.AccelRange, f"RANGE_{range_g}G")
        self.chip.accelerometer_data_rate = adafruit_lsm6ds.Rate.RATE_52_HZ

    def mg(self):
        return [axis / EARTH * 1000 for axis in self.chip.acceleration]


class Mpu6050(Lsm6dso):
    """Adafruit's MPU-6050, with a slip: the three reset bits of SIGNAL_PATH_RESET go to the three above them."""

    violations = ["0x68 <- 0x38: reserved bits changed"]

    def __init__(self, case, range_g):
        self.chip = adafruit_mpu6050.MPU6050(Blinka(case.i2c), address=case.address)
        self.chip.accelerometer_range = getattr(adafruit_mpu6050.Range, f"RANGE_{range_g}_G")


@pytest.mark.parametrize("range_g", [2, 4, 8, 16])
@pytest.mark.parametrize("other", [Adxl345, Lis3dh, Lsm6dso, Mpu6050], ids=lambda each: each.__name__)
def test_an_independent_driver_reads_the_same_acceleration(monkeypatch, other, range_g):
    case = still(other.__name__.lower(), *STILL)
    for module, name in ((adafruit_lis3dh.time, "sleep"), (adafruit_lsm6ds, "sleep"), (adafruit_mpu6050, "sleep")):
        monkeypatch.setattr(module, name, seconds(case.clock))
    theirs = other(case, range_g)
    case.clock.now += 500
    mg = theirs.mg()
    assert all(abs(a - b) <= theirs.step_mg / 2 for a, b in zip(mg, STILL, strict=True)), mg
    assert case.chip.violations == other.violations
    case.driver.start()
    case.clock.now += 20
    assert case.driver.read(case.block) == 1
    assert all(abs(a - b) <= other.ours_mg for a, b in zip(case.block[:3], mg, strict=True)), list(case.block[:3])
    if other is Mpu6050:
        case.clock.now += 100
        assert theirs.chip.fifo_en and theirs.chip.accel_fifo_en and theirs.chip.fifo_count == 30


# ADXL345


def test_the_independent_driver_finds_our_rate_range_and_offsets():
    case = still("adxl345", *FINE)
    theirs = adafruit_adxl34x.ADXL345(Blinka(case.i2c), address=0x53)
    theirs.offset = (4, -8, 0)
    case.clock.now += 20
    assert theirs.raw_x == round((1441 + 62) * 256 / 1000) and theirs.raw_y == round((-1203 - 125) * 256 / 1000)
    assert not case.driver.configured()
    case.driver.start()
    assert theirs.data_rate == adafruit_adxl34x.DataRate.RATE_50_HZ
    assert theirs.range == adafruit_adxl34x.Range.RANGE_16_G and theirs.offset == (0, 0, 0)


def test_a_read_of_one_axis_takes_the_whole_sample_away():
    case = Case("adxl345")
    case.driver.start()
    case.clock.now += 100
    assert case.i2c.readfrom_mem(0x53, 0x39, 1)[0] == 5
    case.i2c.readfrom_mem(0x53, 0x32, 2)
    assert case.i2c.readfrom_mem(0x53, 0x39, 1)[0] == 4
    case.i2c.readfrom_mem(0x53, 0x30, 1)
    assert case.i2c.readfrom_mem(0x53, 0x39, 1)[0] == 4


def test_a_pull_to_the_wrong_side_fails():
    case = still("adxl345", *FINE)
    case.driver.start()
    for axis in range(3):
        case.chip.pull_mg = tuple(-mg if n == axis else mg for n, mg in enumerate(case.pull_mg))
        assert not case.driver.self_test([0, 0, 0], case.clock.wait_ms)


def test_the_most_the_watermark_can_say_is_31():
    case = Case("adxl345")
    case.driver.start(watermark=32)
    assert case.i2c.readfrom_mem(0x53, 0x38, 1)[0] == 0x9F and case.driver.configured()


# LIS3DH


def test_the_fifo_keeps_ten_bits_even_in_high_resolution():
    case = still("lis3dh", 1001, -333, 77)
    case.driver.start()
    case.i2c.writeto_mem(0x18, 0x23, b"\x88")  # 2 g, high resolution
    case.clock.now += 700
    kept = [case.i2c.readfrom_mem(0x18, 0x28 | 0x80, 6) for _ in range(30)]
    assert all(sample[0] & 0x3F == 0 for sample in kept)
    case.i2c.writeto_mem(0x18, 0x24, b"\x00")
    case.clock.now += 20
    assert case.i2c.readfrom_mem(0x18, 0x28, 1)[0] & 0x30


def test_eight_g_gives_finer_steps_and_comes_back_after_a_self_test():
    case = still("lis3dh", 312, -9000, 1000)
    with pytest.raises(ValueError, match="8 or 16"):
        case.driver.start(range_g=2)
    case.driver.start(range_g=8)
    for _ in range(2):
        assert case.driver.configured()
        case.clock.now += 20
        assert case.driver.read(case.block) == 1
        assert abs(case.block[0] - 312) <= 8 and abs(case.block[2] - 1000) <= 8
        assert case.block[1] == -18000  # cut off: nobody knows how much it was
        case.driver.self_test([0, 0, 0], case.clock.wait_ms)


# LSM6DSO


def test_foreign_words_are_left_out():
    case = still("lsm6dso", *FINE)
    case.driver.start()
    case.clock.now += 60
    case.chip._advance()
    case.chip._fifo.insert(1, (0x04 << 3, (7, 7, 7)))  # a timestamp between two samples
    assert case.driver.read(case.block) == 3 and all(abs(case.block[3 * i] - 1441) <= 1 for i in range(3))


def test_a_start_closes_another_bank():
    case = still("lsm6dso", *FINE)
    case.i2c.writeto_mem(0x6A, 0x01, b"\x80")
    assert case.i2c.readfrom_mem(0x6A, 0x0F, 1) == b"\x00" and not case.driver.configured()
    case.driver.start()
    case.clock.now += 100
    assert case.driver.configured() and case.driver.read(case.block) == 5


def test_a_chip_that_stays_in_reset_is_an_error_of_the_bus():
    case = Case("lsm6dso")
    case.chip._get = lambda at: 0xFF
    with pytest.raises(OSError, match="110|116"):
        case.driver.start()


# MPU-6050 and MPU-6886

BOTH = pytest.mark.parametrize("name, size", [("mpu6050", 6), ("mpu6886", 8)])


@BOTH
def test_the_fifo_holds_what_is_sent_into_it(name, size):
    case = still(name, *FINE)
    case.driver.start()
    case.clock.now += 60
    count = case.i2c.readfrom_mem(0x68, 0x72, 2)
    assert count[0] << 8 | count[1] == 3 * size
    first = case.i2c.readfrom_mem(0x68, 0x74, size)
    assert first[:6] == bytes.fromhex("0b87f66007d1") and first[6:] == (b"\x0b\xd0" if size == 8 else b"")
    case.i2c.readfrom_mem(0x68, 0x74, 2 * size)
    assert set(case.i2c.readfrom_mem(0x68, 0x74, 4)) == {first[-1]}  # empty: the last byte again


@BOTH
def test_a_half_sample_in_the_fifo_is_thrown_away_and_counted(name, size):
    case = still(name, *FINE)
    case.driver.start()
    case.clock.now += 60
    case.i2c.readfrom_mem(0x68, 0x74, size // 2)  # a read that broke off
    assert case.driver.read(case.block) == 0 and case.driver.overruns == 1
    case.clock.now += 40
    assert case.driver.read(case.block) == 2 and abs(case.block[3] - 1441) <= 1


@pytest.mark.parametrize("name", ["mpu6050", "mpu6886"])
def test_chips_sleep_until_they_are_woken(name):
    case = still(name, *FINE)
    case.clock.now += 1000
    assert not case.i2c.readfrom_mem(0x68, 0x3A, 1)[0] and not case.driver.configured()
    case.driver.start()
    case.i2c.writeto_mem(0x68, 0x6B, b"\x40")
    case.clock.now += 1000
    assert case.driver.read(case.block) == 0 and not case.driver.configured()


@pytest.mark.parametrize("code, least, most, right", [(0, 225, 675, (300, 670)), (1, 80, 239, (81, 238))])
def test_the_self_test_follows_the_code_of_the_factory(code, least, most, right):
    case = still("mpu6886", 0, 0, 0)
    case.chip.codes = (code, 95, 100)
    case.chip._power_up()
    case.driver.start()
    for pull, expected in ((least - 5, False), (right[0], True), (right[1], True), (most + 5, False)):
        case.chip.pull_mg = (pull, 408, 428)
        assert case.driver.self_test([0, 0, 0], case.clock.wait_ms) is expected, pull


def test_the_self_test_of_the_mpu6050_allows_14_percent():
    case = still("mpu6050", 0, 0, 0)
    case.driver.start()
    for axis, pull in enumerate(case.pull_mg):
        for percent, expected in ((84, False), (88, True), (112, True), (116, False)):
            case.chip.pull_mg = tuple(pull * percent // 100 if n == axis else mg for n, mg in enumerate(case.pull_mg))
            assert case.driver.self_test([0, 0, 0], case.clock.wait_ms) is expected, (axis, percent)


def test_an_mpu6050_without_codes_cannot_be_judged():
    case = Case("mpu6050")
    case.chip.codes = (0, 0, 0, 0)
    case.chip._power_up()
    assert not case.driver.self_test([0, 0, 0], case.clock.wait_ms)
