"""What do the drivers of lib/ see in one fixed life of their chips? Prints it; run by CPython and MicroPython alike.

Arguments: folders for sys.path. On MicroPython each `read` also runs with the heap locked, over a bus that allocates
nothing.
"""

import sys

sys.path[:0] = sys.argv[1:]

from array import array  # noqa: E402

from adxl345 import ADXL345  # noqa: E402
from axp2101 import AXP2101  # noqa: E402
from drv2605 import DRV2605  # noqa: E402
from i2c_recover import recover  # noqa: E402
from lis3dh import LIS3DH  # noqa: E402
from lsm6dso import LSM6DSO  # noqa: E402
from mpu6886 import MPU6050, MPU6886  # noqa: E402

from tools.sim.body import Body  # noqa: E402
from tools.sim.chips.adxl345 import SimADXL345  # noqa: E402
from tools.sim.chips.axp2101 import SimAXP2101  # noqa: E402
from tools.sim.chips.bus import SimI2C  # noqa: E402
from tools.sim.chips.drv2605 import SimDRV2605L  # noqa: E402
from tools.sim.chips.lis3dh import SimLIS3DH  # noqa: E402
from tools.sim.chips.lsm6dso import SimLSM6DSO  # noqa: E402
from tools.sim.chips.mpu6886 import SimMPU6050, SimMPU6886  # noqa: E402

ACCELEROMETERS = (
    ("adxl345", ADXL345, SimADXL345, 0x53),
    ("lis3dh", LIS3DH, SimLIS3DH, 0x18),
    ("lsm6dso", LSM6DSO, SimLSM6DSO, 0x6A),
    ("mpu6050", MPU6050, SimMPU6050, 0x68),
    ("mpu6886", MPU6886, SimMPU6886, 0x68),
)


class Time:
    def __init__(self):
        self.now = 0

    def clock(self):
        return self.now

    def wait_ms(self, ms):
        self.now += ms


class SameBytes:
    """A bus that answers single bytes and pairs with what it is told, the rest always alike; it allocates nothing."""

    def __init__(self, identity):
        self.single = identity
        self.pair = 0

    def readfrom_mem_into(self, address, register, buf):
        for i in range(len(buf)):
            buf[i] = 0x12 if i % 7 == 0 else 0x81  # 0x12: an LSM6DSO tag
        if len(buf) == 1:
            buf[0] = self.single
        elif len(buf) == 2:
            buf[0] = self.pair >> 8
            buf[1] = self.pair & 0xFF

    def writeto_mem(self, address, register, buf):
        pass


def live(name, driver_class, chip_class, address):
    time = Time()
    body = Body(11)
    body.play("walking", 1000)
    body.play("fall", 4000)
    chip = chip_class(body.milli_g, time.clock)
    driver = driver_class(SimI2C({address: chip}), address)
    driver.start()
    block = array("h", bytes(192))
    for gap in (100, 100, 20, 0, 640, 700, 100, 300, 500, 400, 600, 400, 200, 500, 300, 500, 30000, 0, 100):
        time.now += gap
        count = driver.read(block)
        print(name, time.now, count, driver.overruns, driver.configured(), list(block[: 3 * count]))
    out = [0, 0, 0]
    print(name, driver.self_test(out, time.wait_ms), out, time.now)
    chip.fail = "frozen"
    print(name, driver.self_test(out, time.wait_ms), out)
    chip.fail = "reset"
    print(name, driver.configured(), chip.violations)


def shake():
    time = Time()
    chip = SimDRV2605L(time.clock)
    driver = DRV2605(SimI2C({0x5A: chip}))
    driver.start()
    for level in (0, 1, 2, 100, 255, 0):
        driver.level(level)
        print("drv2605", level, chip.drive(), driver.configured())
    print("drv2605", driver.self_test(time.wait_ms), driver.trouble(), time.now, chip.violations)


def feed():
    time = Time()
    chip = SimAXP2101(time.clock)
    driver = AXP2101(SimI2C({0x34: chip}))
    driver.start(("aldo3", 3300))
    print("axp2101", driver.battery_mv(), driver.percent(), driver.vbus(), driver.charging(), chip.rails())
    chip.press()
    chip.release()
    print("axp2101", driver.key(), driver.key(), driver.key(), chip.irq())
    chip.plug(True)
    print("axp2101", driver.vbus(), driver.charging(), driver.configured(), chip.violations)


class Line:
    """An open-drain line that counts how often it falls; `held`: a chip holds it low."""

    def __init__(self, held):
        self.held = held
        self.high = 1
        self.falls = 0

    def value(self, value=None):
        if value is None:
            return 0 if self.held else self.high
        self.falls += self.high and not value
        self.high = value


def free():
    for held in (False, True):
        scl, sda = Line(False), Line(held)
        print("recover", recover(scl, sda, lambda us: None), scl.falls, sda.falls)


def locked(name, identity, driver_class, hot, told):
    # hot(driver): the method that must not allocate, looked up before the heap is locked; told: (answer, argument)
    bus = SameBytes(identity)
    call = hot(driver_class(bus))
    if sys.implementation.name == "micropython":
        import micropython

        micropython.heap_lock()
        try:
            for answer, argument in told:
                bus.single = bus.pair = answer
                call(argument)
        finally:
            micropython.heap_unlock()
    print(name, "hot with the heap locked")


def locked_read(name, identity, driver_class, answers):
    block = array("h", bytes(192))
    locked(name, identity, driver_class, lambda driver: driver.read, [(answer, block) for answer in answers])


for accelerometer in ACCELEROMETERS:
    live(*accelerometer)
shake()
feed()
free()
locked_read("adxl345", 0xE5, ADXL345, (0, 5, 32, 33))
locked_read("lis3dh", 0x33, LIS3DH, (0x20, 0x05, 0x5F, 0xDF))
locked_read("lsm6dso", 0x6C, LSM6DSO, (0x01, 0x05, 0x48, 0xFF))
locked_read("mpu6050", 0x68, MPU6050, (0, 6, 7, 600, 1020))
locked_read("mpu6886", 0x19, MPU6886, (0, 8, 7, 800, 1008))
locked("axp2101", 0x4A, AXP2101, lambda driver: lambda _: driver.key(), [(0, 0), (2, 0), (3, 0), (3, 0), (1, 0)])
locked("drv2605", 0xE0, DRV2605, lambda driver: driver.level, [(0, 0), (0, 255), (0, 1)])
