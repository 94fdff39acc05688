"""Does every accelerometer's driver keep the same promises over its simulated chip?"""

import errno
from array import array

import pytest
from adxl345 import ADXL345
from chip_rig import Clock
from lis3dh import LIS3DH
from lsm6dso import LSM6DSO
from mpu6886 import MPU6050, MPU6886

from tools.sim.chips.adxl345 import SimADXL345
from tools.sim.chips.bus import SimI2C
from tools.sim.chips.lis3dh import SimLIS3DH
from tools.sim.chips.lsm6dso import SimLSM6DSO
from tools.sim.chips.mpu6886 import SimMPU6050, SimMPU6886

CASES = {  # driver, chip, address, samples in a minute, steps in mg (rounded up), the end of what it measures in mg
    "adxl345": (ADXL345, SimADXL345, 0x53, 3000, 4, 16000),
    "lis3dh": (LIS3DH, SimLIS3DH, 0x18, 3000, 48, 18000),  # its own end, where three squares fit thirty bits
    "lsm6dso": (LSM6DSO, SimLSM6DSO, 0x6A, 3120, 1, 16000),
    "mpu6050": (MPU6050, SimMPU6050, 0x68, 3000, 1, 16000),
    "mpu6886": (MPU6886, SimMPU6886, 0x68, 3000, 1, 16000),
}
NO_WATERMARK = ("mpu6050", "mpu6886")
FORGETFUL = ("mpu6050", "mpu6886")  # a full FIFO is emptied: nobody could tell where a sample begins


def ramp(t_ms, out):
    out[0] = t_ms % 6000
    out[1] = -(t_ms % 4000)
    out[2] = 1000


def still(t_ms, out):
    out[0], out[1], out[2] = 0, 0, 1000


class Case:
    def __init__(self, name):
        self.name = name
        self.driver_class, chip_class, self.address, self.per_minute, self.step_mg, self.end_mg = CASES[name]
        self.clock = Clock()
        self.chip = chip_class(ramp, self.clock)
        self.pull_mg = chip_class.pull_mg
        self.i2c = SimI2C({self.address: self.chip})
        self.driver = self.driver_class(self.i2c, self.address)
        self.block = array("h", bytes(192))


@pytest.fixture(params=sorted(CASES))
def case(request):
    return Case(request.param)


def test_samples_come_in_order_at_the_rate(case):
    case.driver.start()
    seen = []
    at = 60000 / case.per_minute
    for _ in range(30):
        case.clock.now += 200
        n = case.driver.read(case.block)
        seen += [tuple(case.block[3 * i : 3 * i + 3]) for i in range(n)]
    assert abs(len(seen) - 6 * case.per_minute / 60) <= 1 and case.driver.overruns == 0 and case.chip.violations == []
    for i, (x, y, z) in enumerate(seen):
        t_ms = int(at * (i + 1))
        assert abs(x - t_ms % 6000) <= case.step_mg + 1 or t_ms % 6000 > 5990
        assert abs(y + t_ms % 4000) <= case.step_mg + 1 or t_ms % 4000 > 3990
        assert abs(z - 1000) <= case.step_mg


def test_a_backlog_comes_in_blocks_of_32_oldest_first(case):
    case.driver.start()
    samples = min(35, case.chip.depth - 1)
    gap_ms = samples * 60000 // case.per_minute + 5
    case.clock.now += gap_ms
    first = case.driver.read(case.block)
    oldest = case.block[0]
    second = case.driver.read(case.block)
    assert first == min(32, samples) and abs(oldest - 60000 // case.per_minute) <= case.step_mg + 1
    assert first + second == samples
    assert case.driver.overruns == 0 and case.chip.lost == 0


def test_a_full_fifo_is_told_and_the_newest_samples_survive(case):
    case.driver.start()
    case.clock.now += 60000
    counts = []
    newest = 0
    while True:
        n = case.driver.read(case.block)
        if not n:
            break
        counts.append(n)
        newest = case.block[3 * n - 3]
    assert case.driver.overruns >= 1 and case.chip.lost > 0
    if case.name in FORGETFUL:
        assert counts == []
    else:
        assert 32 <= sum(counts) <= case.chip.depth + 1
        assert newest == 0 or abs(newest - 6000) <= 2 * 60000 // case.per_minute
    overruns = case.driver.overruns
    case.clock.now += 200
    assert case.driver.read(case.block) >= 5 and case.driver.overruns == overruns
    case.clock.now += 200
    assert case.driver.read(case.block) >= 5 and case.driver.overruns == overruns
    assert case.block[0] > 200 - 60  # and they are whole samples again


def test_both_ends_of_the_scale_are_numbers(case):
    case.chip._source = lambda t_ms, out: out.__setitem__(slice(0, 3), [40000, -40000, 0])
    case.driver.start()
    case.clock.now += 60
    assert case.driver.read(case.block) >= 2
    x, y, z = case.block[:3]
    assert abs(x - case.end_mg) <= 100 and abs(y + case.end_mg) <= 100 and abs(z) <= case.step_mg


def test_any_bit_that_is_no_longer_as_the_start_left_it_is_seen(case):
    written, write = set(), case.i2c.writeto_mem

    def noted(address, register, data):
        written.add(register)
        write(address, register, data)

    case.i2c.writeto_mem = noted
    case.driver.start()
    case.clock.now += 50
    for register in written:
        for bit in range(8):
            case.chip._registers[register] ^= 1 << bit
            held = (case.name, register, bit) == ("lis3dh", 0x24, 7)  # BOOT falls by itself
            assert case.driver.configured() == held, (hex(register), bit)
            case.chip._registers[register] ^= 0 if held else 1 << bit
    assert case.driver.configured()


def test_other_chips_and_silence_are_told_apart(case):
    with pytest.raises(OSError):
        case.driver_class(case.i2c, case.address + 1)
    case.chip.fail = "wrong_id"
    with pytest.raises(RuntimeError, match="the chip at this address is not"):
        case.driver_class(case.i2c, case.address)


def test_the_watermark_raises_the_interrupt_and_reading_lowers_it(case):
    for wrong in (0, 33):
        with pytest.raises(ValueError, match="1 to 32"):
            case.driver.start(watermark=wrong)
    case.driver.start(watermark=5)
    if case.name in NO_WATERMARK:
        return
    case.clock.now += 4 * 60000 // case.per_minute + 5
    assert case.chip.int1() == 0
    case.clock.now += 60000 // case.per_minute + 1
    assert case.chip.int1() == 1
    assert case.driver.read(case.block) == 5
    assert case.chip.int1() == 0


def test_every_fault_is_felt_and_ends(case):
    driver, chip, clock, block = case.driver, case.chip, case.clock, case.block
    driver.start()
    for fault, number in (("nack", errno.ENODEV), ("stuck", errno.ETIMEDOUT)):
        chip.fail = fault
        out = [0, 0, 0]
        for door in (
            lambda: driver.read(block), driver.configured, driver.start,
            lambda: case.driver_class(case.i2c, case.address), lambda: driver.self_test(out, clock.wait_ms),
        ):
            with pytest.raises(OSError) as raised:
                door()
            assert raised.value.errno == number
    chip.fail = None
    driver.start()
    clock.now += 100
    assert driver.read(block) >= 4 and driver.configured()
    chip.fail = "frozen"
    clock.now += 400
    n = driver.read(block)
    assert n >= 19 and all(block[i] == block[i % 3] for i in range(3 * n))
    chip.fail = "reset"
    clock.now += 100
    assert not driver.configured() and chip.fail is None and driver.read(block) == 0
    driver.start()
    clock.now += 100
    assert driver.configured() and driver.read(block) >= 4
    assert chip.violations == []
    chip.fail = "tired"
    with pytest.raises(ValueError, match="no such fault"):
        driver.read(block)


def test_the_self_test_measures_the_pull_and_fails_a_dead_chip(case):
    driver, chip, clock = case.driver, case.chip, case.clock
    chip._source = still
    driver.start(watermark=7)
    out = array("h", [9, 9, 9])
    begun = clock.now
    assert driver.self_test(out, clock.wait_ms), list(out)
    near_mg = 2 * min(case.step_mg, 4) + 6
    assert all(abs(mg - pull) <= near_mg for mg, pull in zip(out, case.pull_mg, strict=True)), list(out)
    assert clock.now - begun < 600 and driver.configured() and chip.violations == []
    clock.now += 60
    assert 2 <= driver.read(case.block) <= 3
    if case.name not in NO_WATERMARK:
        clock.now += 6 * 60000 // case.per_minute
        assert chip.int1() == 0
        clock.now += 60000 // case.per_minute + 2
        assert chip.int1() == 1  # the watermark is 7 as before
    chip.fail = "frozen"
    assert not driver.self_test(out, clock.wait_ms) and list(out) == [0, 0, 0]
    chip.fail = None
    assert not driver.self_test(out, lambda ms: None) and list(out) == [0, 0, 0]  # time stands: no new sample comes
    assert driver.configured()


def test_a_self_test_that_is_broken_off_at_any_wait_leaves_the_chip_measuring_as_before(case):
    driver, chip, clock = case.driver, case.chip, case.clock
    chip._source = still
    for last in range(1, 99):
        driver.start(watermark=7)
        waits = []

        def wait_ms(ms, waits=waits, last=last):
            clock.wait_ms(ms)
            waits.append(ms)
            if len(waits) == last:
                raise KeyError("a hand")

        try:
            driver.self_test([0, 0, 0], wait_ms)
        except KeyError:
            whole = False
        else:
            whole = True
        assert driver.configured() and chip.violations == []
        clock.now += 100
        count = driver.read(case.block)
        assert 4 <= count <= 6 and abs(case.block[3 * count - 1] - 1000) <= case.step_mg
        if whole:
            break
    assert whole and last > 6


def test_a_weak_or_a_wild_pull_on_one_axis_fails(case):
    driver, chip = case.driver, case.chip
    chip._source = still
    for axis in range(3):
        for pull in (10, -7000):
            pulls = list(case.pull_mg)
            pulls[axis] = pull
            chip.pull_mg = tuple(pulls)
            assert not driver.self_test([0, 0, 0], case.clock.wait_ms)
    chip.pull_mg = case.pull_mg
    assert driver.self_test([0, 0, 0], case.clock.wait_ms)


def test_a_start_finds_any_state(case):
    # What a driver killed at any point, or another program, may have left behind.
    writable = sorted(case.chip.reserved)
    for seed in range(40):
        for i, at in enumerate(writable):
            value = (seed * 37 + i * 101) * 89 >> 3 & 0xFF & ~case.chip.reserved[at]
            value |= case.chip.defaults.get(at, 0) & case.chip.reserved[at]
            if case.chip._forbidden(at, value) is None:
                case.i2c.writeto_mem(case.address, at, bytes([value]))
        case.clock.now += 10 + 100 * (seed % 3)  # an LIS3DH that was told to boot takes 5 ms
        case.chip.violations.clear()
        case.driver.start()
        assert case.driver.configured() and case.chip.violations == []
        case.clock.now += 62
        assert case.driver.read(case.block) in (2, 3)
        assert abs(case.block[2] - 1000) <= case.step_mg


FORBIDDEN = {  # register, value, why not
    "adxl345": (
        (0x00, 0, "read-only"), (0x01, 0, "reserved"), (0x30, 0, "read-only"), (0x2C, 0x20, "reserved bits"),
        (0x2D, 0x40, "reserved bits"), (0x31, 0x10, "reserved bits"), (0x39, 0, "read-only"),
    ),
    "lis3dh": (
        (0x0F, 0x00, "read-only"), (0x10, 0x00, "reserved"), (0x2F, 0x00, "read-only"), (0x1E, 0x00, "reserved bits"),
        (0x22, 0x01, "reserved bits"), (0x24, 0x10, "reserved bits"), (0x25, 0x01, "reserved bits"),
        (0x20, 0xA7, "rate"), (0x20, 0x87, "rate"), (0x23, 0x06, "self-tests"),
    ),
    "lsm6dso": (
        (0x0F, 0x00, "read-only"), (0x03, 0x00, "reserved"), (0x3A, 0x00, "read-only"), (0x09, 0x0C, "rate"),
        (0x10, 0xC0, "rate"), (0x10, 0x31, "reserved bits"), (0x0A, 0x08, "reserved bits"), (0x14, 0x03, "self-tests"),
        (0x0A, 0x02, "mode"), (0x01, 0x80, "bank"), (0x12, 0x06, "reserved bits"),
    ),
    "mpu6050": (
        (0x75, 0, "read-only"), (0x1D, 0, "reserved"), (0x6A, 0x80, "reserved bits"), (0x1B, 0x01, "reserved bits"),
        (0x6B, 0x10, "reserved bits"),
    ),
    "mpu6886": (
        (0x72, 0, "read-only"), (0x23, 0x80, "reserved bits"), (0x1D, 0x40, "reserved bits"), (0x24, 0, "reserved"),
    ),
}


@pytest.mark.parametrize("name, register, value, why", [(name, *each) for name in CASES for each in FORBIDDEN[name]])
def test_the_chip_notes_a_forbidden_write(name, register, value, why):
    case = Case(name)
    case.i2c.writeto_mem(case.address, register, bytes([value]))
    assert len(case.chip.violations) == 1 and why in case.chip.violations[0]
