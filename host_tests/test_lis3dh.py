"""Do driver and simulated chip agree, and does an independent driver agree with both?"""

from array import array

import adafruit_lis3dh
import pytest
from lis3dh import LIS3DH

from tools.sim.chips.lis3dh import SimI2C, SimLIS3DH


class Clock:
    now = 0

    def __call__(self):
        return self.now


def ramp(t_ms, out):
    out[0] = t_ms % 3000
    out[1] = -(t_ms % 2000)
    out[2] = 1000


@pytest.fixture
def bus():
    clock = Clock()
    chip = SimLIS3DH(ramp, clock)
    return chip, SimI2C({0x18: chip}), clock


def test_samples_come_in_order_fifty_a_second(bus):
    chip, i2c, clock = bus
    driver = LIS3DH(i2c)
    driver.start()
    block = array("h", bytes(192))
    seen = []
    for _ in range(20):
        clock.now += 100
        n = driver.read(block)
        seen += [block[3 * i] for i in range(n)]
    assert len(seen) == 100 and driver.overruns == 0 and chip.violations == []
    assert all(abs(mg - 20 * (i + 1)) <= 12 for i, mg in enumerate(seen))
    assert abs(block[2] - 1000) <= 12


def test_a_late_reader_gets_the_newest_and_is_told(bus):
    chip, i2c, clock = bus
    driver = LIS3DH(i2c)
    driver.start()
    clock.now += 1000
    block = array("h", bytes(192))
    assert driver.read(block) == 32 and driver.overruns == 1
    assert abs(block[3 * 31] - 1000) <= 12
    assert driver.read(block) == 0


def test_the_full_scale_is_kept(bus):
    chip, i2c, clock = bus

    def hard(t_ms, out):
        out[0], out[1], out[2] = 40000, -40000, 0

    chip._source = hard
    driver = LIS3DH(i2c)
    driver.start()
    clock.now += 20
    block = array("h", bytes(192))
    assert driver.read(block) == 1 and list(block[:3]) == [24564, -24576, 0]


def test_trouble_is_told_apart(bus):
    chip, i2c, clock = bus
    with pytest.raises(OSError):
        LIS3DH(i2c, 0x19)
    chip.fail = "wrong_id"
    with pytest.raises(RuntimeError, match="LIS3DH"):
        LIS3DH(i2c)
    chip.fail = None
    driver = LIS3DH(i2c)
    driver.start()
    assert driver.configured()
    chip._registers[0x20] = 0x07
    assert not driver.configured()
    chip.fail = "nack"
    with pytest.raises(OSError):
        driver.read(array("h", bytes(192)))


class Blinka:
    """The bus that Adafruit's drivers expect, over ours."""

    def __init__(self, i2c):
        self._i2c = i2c
        self._register = 0

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buf, *, start=0, end=None):
        data = bytes(buf)[start:end]
        if data:
            self._register = data[0]
        if len(data) > 1:
            self._i2c.writeto_mem(address, data[0], data[1:])

    def readfrom_into(self, address, buf, *, start=0, end=None):
        end = len(buf) if end is None else end
        buf[start:end] = self._i2c.readfrom_mem(address, self._register, end - start)

    def writeto_then_readfrom(self, address, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None):
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)


def test_an_independent_driver_reads_the_same(bus):
    chip, i2c, clock = bus
    theirs = adafruit_lis3dh.LIS3DH_I2C(Blinka(i2c), address=0x18)
    theirs.range = adafruit_lis3dh.RANGE_16_G
    assert theirs.range == adafruit_lis3dh.RANGE_16_G
    theirs.data_rate = adafruit_lis3dh.DATARATE_50_HZ
    clock.now += 500
    x, y, z = (axis / 9.80665 * 1000 for axis in theirs.acceleration)
    assert abs(x - 500) < 30 and abs(y + 500) < 30 and abs(z - 1000) < 60
