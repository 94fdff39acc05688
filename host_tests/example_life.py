"""What does an example of lib/examples print over simulated chips? Run by CPython and by MicroPython alike.

Arguments: the example's path, then folders for sys.path. Its `machine` and its `time` are made here: a bus with the
chips that an ESP32 might have on it, and a clock that moves only by sleeping.
"""

import sys

sys.path[:0] = sys.argv[2:]

from tools.sim.body import Body  # noqa: E402
from tools.sim.chips.adxl345 import SimADXL345  # noqa: E402
from tools.sim.chips.axp2101 import SimAXP2101  # noqa: E402
from tools.sim.chips.bus import SimI2C  # noqa: E402
from tools.sim.chips.drv2605 import SimDRV2605L  # noqa: E402
from tools.sim.chips.lis3dh import SimLIS3DH  # noqa: E402
from tools.sim.chips.lsm6dso import SimLSM6DSO  # noqa: E402
from tools.sim.chips.mpu6886 import SimMPU6050, SimMPU6886  # noqa: E402


class Clock:
    ms = 0
    us = 0

    def now(self):
        return self.ms

    def sleep_ms(self, ms):
        if axp.irq() and self.ms >= 1000:  # somebody presses the power key once
            axp.press()
            axp.release()
        self.ms += ms

    def sleep_us(self, us):
        self.us += us


class Pin:
    OPEN_DRAIN = 7
    PULL_UP = 2

    def __init__(self, number, mode=None, pull=None):
        self.level = 1

    def value(self, level=None):
        self.level = self.level if level is None else level
        return self.level


clock = Clock()
body = Body(7)
body.play("walking", 60000)
axp = SimAXP2101(clock.now)
mpu = SimMPU6050 if "mpu6050" in sys.argv[1] else SimMPU6886
CHIPS = {
    0x18: SimLIS3DH(body.milli_g, clock.now), 0x53: SimADXL345(body.milli_g, clock.now),
    0x6A: SimLSM6DSO(body.milli_g, clock.now), 0x68: mpu(body.milli_g, clock.now),
    0x5A: SimDRV2605L(clock.now), 0x34: axp,
}


class Machine:
    Pin = Pin

    @staticmethod
    def I2C(bus, scl, sda, freq):
        return SimI2C(CHIPS)


sys.modules["machine"] = Machine
sys.modules["time"] = clock
with open(sys.argv[1]) as file:
    text = file.read()
exec(text, {"__name__": "__main__"})
