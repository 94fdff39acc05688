"""What does the LIS3DH driver see in one fixed life of the chip? Prints it; run by CPython and MicroPython alike.

Arguments: folders for sys.path. On MicroPython `read` also runs once with the heap locked, over a bus that allocates
nothing.
"""

import sys

sys.path[:0] = sys.argv[1:]

from array import array  # noqa: E402

from lis3dh import LIS3DH  # noqa: E402

from tools.sim.body import Body  # noqa: E402
from tools.sim.chips.lis3dh import SimI2C, SimLIS3DH  # noqa: E402


class Life:
    """A body that walks, falls and lies, a chip on it, and the time."""

    def __init__(self):
        self.now = 0
        body = Body(11)
        body.play("walking", 1000)
        body.play("fall", 4000)
        self.chip = SimLIS3DH(body.milli_g, self.clock)
        self.i2c = SimI2C({0x18: self.chip})

    def clock(self):
        return self.now

    def wait_ms(self, ms):
        self.now += ms


class SameBytes:
    """A bus that always answers with these bytes, and allocates nothing."""

    def __init__(self):
        self.source = 0x33

    def readfrom_mem_into(self, address, register, buf):
        for i in range(len(buf)):
            buf[i] = self.source if len(buf) == 1 else 0x81

    def writeto_mem(self, address, register, buf):
        pass


def live():
    life = Life()
    driver = LIS3DH(life.i2c)
    driver.start()
    block = array("h", bytes(192))
    for gap in (100, 100, 20, 0, 640, 700, 100, 300, 500, 400, 600, 400, 200, 500, 300, 500):
        life.now += gap
        count = driver.read(block)
        print(life.now, count, driver.overruns, driver.configured(), list(block[: 3 * count]))
    out = [0, 0, 0]
    print(driver.self_test(out, life.wait_ms), out, life.now)
    life.chip.fail = "frozen"
    print(driver.self_test(out, life.wait_ms), out)
    life.chip.fail = "reset"
    print(driver.configured(), life.chip.violations)


def locked():
    bus = SameBytes()
    driver = LIS3DH(bus)
    block = array("h", bytes(192))
    if sys.implementation.name == "micropython":
        import micropython

        micropython.heap_lock()
        try:
            for source in (0x20, 0x05, 0x5F, 0xDF):
                bus.source = source
                driver.read(block)
        finally:
            micropython.heap_unlock()
    else:
        driver.overruns = 2
    print("read with the heap locked", driver.overruns)


live()
locked()
