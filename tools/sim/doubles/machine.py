"""What does `machine` of the ESP32 port do on a virtual badge? tools/sim/metal.py's, in a process of its own.

Levels come from the surroundings (simlink), motor duty goes to them, the I2C bus holds a simulated LIS3DH, the SPI bus
an SX1262 (ether). Resets are acted out by the program around. Time is the machine's, counted from this life's begin.
"""

import os
import time

from ether import SPI, ether  # noqa: F401
from simlink import link
from tools.sim.chips.lis3dh import SimLIS3DH
from tools.sim.metal import Metal, Pin, machine
from wearer import Wearer

_CAUSES = {"power": "PWRON_RESET", "key": "PWRON_RESET", "hard": "HARD_RESET", "watchdog": "WDT_RESET",
           "soft": "SOFT_RESET"}
_ACCEL_ADDRESS = 0x18
_began = time.ticks_ms()
_wearer = Wearer()
_chip = SimLIS3DH(_wearer.milli_g, time.ticks_ms)


class _Process(Metal):
    _sleeps_ms = 0

    def tick(self):
        return time.ticks_diff(time.ticks_ms(), _began)

    def look(self):
        link.poll()

    def level(self, id):
        given = ether.get(id)
        if given is not None:
            return given
        return link.level(id, 1 if self.pulls.get(id) == Pin.PULL_UP else 0)

    def blind(self, id):
        return 0

    def drive(self, id, level):
        Metal.drive(self, id, level)
        ether.set(id, level)

    def bus(self, scl):
        return {_ACCEL_ADDRESS: _chip}

    def asked(self):
        link.poll()
        _chip.fail = link.sensor
        if link.sensor == "reset":
            link.sensor = None

    def runs(self, id, duty, at_ms):
        link.tell("duty %d %d %d" % (id, duty, time.ticks_add(_began, at_ms)))

    def read_uv(self, id):
        return link.battery_mv * 500  # all channels see the battery, behind a divider by two

    def memory(self, data=None):
        if data is None:
            try:
                with link.folder.open(link.base + "/rtc", "rb") as file:
                    return file.read()
            except OSError:
                return b""
        with link.folder.open(link.base + "/rtc.new", "wb") as file:
            file.write(data)
        link.folder.rename(link.base + "/rtc.new", link.base + "/rtc")

    def dog(self, timeout_ms):
        # the program around counts, and ends this process if it is not fed in time
        link.tell("watchdog %d" % timeout_ms if timeout_ms else "feed")

    def reset(self):
        link.end("reset")

    def sleep(self, ms):
        self._sleeps_ms = ms or self._sleeps_ms  # without a time it is that of the sleep before
        until = self.tick() + self._sleeps_ms
        self.look()
        while not self.speaks() and self.tick() < until:
            idle()


def unique_id():
    """Return six bytes of this badge's own."""
    number = 0
    for byte in os.getenv("KALD_SIM_NAME").encode():
        number = (number * 31 + byte) & 0xFFFFFF
    return b"\x24\x0a\xc4" + number.to_bytes(3, "big")


def idle():
    """Wait a moment."""
    time.sleep_ms(1)
    link.poll()


_metal = _Process()
_made = machine(_metal)
_metal.cause = _made[_CAUSES[os.getenv("KALD_SIM_CAUSE") or "power"]]
globals().update(_made)
