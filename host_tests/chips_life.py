"""What do the drivers of lib/ see in one fixed life of their chips? Prints it; run by CPython and MicroPython alike.

Arguments: folders for sys.path. On MicroPython each `read` also runs with the heap locked, over a bus that allocates
nothing.
"""

import sys

sys.path[:0] = sys.argv[1:]

from array import array  # noqa: E402

from lsm6dso import LSM6DSO  # noqa: E402

from tools.sim.body import Body  # noqa: E402
from tools.sim.chips.bus import SimI2C  # noqa: E402
from tools.sim.chips.lsm6dso import SimLSM6DSO  # noqa: E402

ACCELEROMETERS = (("lsm6dso", LSM6DSO, SimLSM6DSO, {}, 0x6A),)


class Time:
    def __init__(self):
        self.now = 0

    def clock(self):
        return self.now

    def wait_ms(self, ms):
        self.now += ms


class SameBytes:
    """A bus that answers an identity once and then always these bytes; it allocates nothing."""

    def __init__(self, identity):
        self.single = identity

    def readfrom_mem_into(self, address, register, buf):
        for i in range(len(buf)):
            buf[i] = self.single if len(buf) == 1 else 0x12 if i % 7 == 0 else 0x81  # 0x12: an LSM6DSO tag

    def writeto_mem(self, address, register, buf):
        pass


def live(name, driver_class, chip_class, given, address):
    time = Time()
    body = Body(11)
    body.play("walking", 1000)
    body.play("fall", 4000)
    chip = chip_class(body.milli_g, time.clock, **given)
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


def locked(name, driver_class, identity, singles):
    bus = SameBytes(identity)
    driver = driver_class(bus)
    block = array("h", bytes(192))
    if sys.implementation.name == "micropython":
        import micropython

        micropython.heap_lock()
        try:
            for single in singles:
                bus.single = single
                driver.read(block)
        finally:
            micropython.heap_unlock()
    print(name, "read with the heap locked")


for accelerometer in ACCELEROMETERS:
    live(*accelerometer)
locked("lsm6dso", LSM6DSO, 0x6C, (0x01, 0x05, 0x48, 0xFF))
