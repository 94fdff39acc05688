"""What is the LIS3DH's own, and does an independent driver agree? (What all promise: test_accelerometers.py.)"""

from array import array

import adafruit_lis3dh
import pytest
from chip_rig import Blinka, Clock, seconds
from lis3dh import LIS3DH

from tools.sim.chips.lis3dh import SimI2C, SimLIS3DH


def ramp(t_ms, out):
    out[0] = t_ms % 3000
    out[1] = -(t_ms % 2000)
    out[2] = 1000


@pytest.fixture
def bus():
    clock = Clock()
    chip = SimLIS3DH(ramp, clock)
    return chip, SimI2C({0x18: chip}), clock


@pytest.mark.parametrize("range_g, divider", [(2, 16380), (4, 8190), (8, 4096), (16, 1365)])
def test_an_independent_driver_reads_the_same_digits(bus, monkeypatch, range_g, divider):
    chip, i2c, clock = bus

    def still(t_ms, out):
        out[0], out[1], out[2] = 1440, -1200, 984

    chip._source = still
    monkeypatch.setattr(adafruit_lis3dh.time, "sleep", seconds(clock))
    theirs = adafruit_lis3dh.LIS3DH_I2C(Blinka(i2c), address=0x18)
    code = getattr(adafruit_lis3dh, f"RANGE_{range_g}_G")
    theirs.range = code
    theirs.data_rate = adafruit_lis3dh.DATARATE_50_HZ
    assert theirs.range == code and theirs.data_rate == adafruit_lis3dh.DATARATE_50_HZ
    clock.now += 500
    # Their divider is digits per g by full scale / 2^15, not table 4's sensitivity: the digits are what must agree.
    digits = [round(axis / adafruit_lis3dh.STANDARD_GRAVITY * divider) >> 4 for axis in theirs.acceleration]
    mg_per_digit = {2: 1, 4: 2, 8: 4, 16: 12}[range_g]
    assert [digit * mg_per_digit for digit in digits] == [1440, -1200, 984]
    assert chip.violations == []
    if range_g == 16:
        ours = LIS3DH(i2c)
        ours.start()
        clock.now += 20
        block = array("h", bytes(192))
        assert ours.read(block) == 1
        assert all(abs(mg - digit * 12) <= 24 for mg, digit in zip(block[:3], digits, strict=True))


def test_the_fifo_keeps_ten_bits_even_in_high_resolution(bus):
    chip, i2c, clock = bus
    LIS3DH(i2c).start()
    i2c.writeto_mem(0x18, 0x23, b"\x88")  # 2 g, high resolution
    chip._source = lambda t_ms, out: out.__setitem__(slice(0, 3), [1001, -333, 77])
    clock.now += 700
    kept = [i2c.readfrom_mem(0x18, 0x28 | 0x80, 6) for _ in range(30)]
    assert all(sample[0] & 0x3F == 0 for sample in kept)
    i2c.writeto_mem(0x18, 0x24, b"\x00")
    clock.now += 20
    assert i2c.readfrom_mem(0x18, 0x28, 1)[0] & 0x30


def test_eight_g_gives_finer_steps_and_comes_back_after_a_self_test(bus):
    chip, i2c, clock = bus
    driver = LIS3DH(i2c)
    with pytest.raises(ValueError, match="8 or 16"):
        driver.start(range_g=2)
    driver.start(range_g=8)
    block = array("h", bytes(192))
    out = [0, 0, 0]
    chip._source = lambda t_ms, out: out.__setitem__(slice(0, 3), [312, -9000, 1000])
    for _ in range(2):
        assert driver.configured()
        clock.now += 20
        assert driver.read(block) == 1
        assert abs(block[0] - 312) <= 8 and abs(block[2] - 1000) <= 8
        assert block[1] == -18000  # cut off: nobody knows how much it was
        driver.self_test(out, clock.wait_ms)
