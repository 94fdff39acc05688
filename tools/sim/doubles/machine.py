"""What does `machine` of the ESP32 port do on a virtual badge? The part of it that a badge needs.

After the documentation of MicroPython 1.24, `machine` and the ESP32 quick reference. Levels come from the surroundings
(simlink), motor duty goes to them, the I2C bus holds a simulated LIS3DH, the SPI bus an SX1262 (ether). Resets are
acted out by the program around.
"""

import os
import time

from ether import SPI, ether  # noqa: F401
from simlink import link
from tools.sim.chips.bus import SimI2C
from tools.sim.chips.lis3dh import SimLIS3DH
from wearer import Wearer

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_CAUSES = {"power": PWRON_RESET, "key": PWRON_RESET, "hard": HARD_RESET, "watchdog": WDT_RESET, "soft": SOFT_RESET}
_PINS = tuple(range(20)) + (21, 22, 23, 25, 26, 27) + tuple(range(32, 40))
_INPUT_ONLY = (34, 35, 36, 37, 38, 39)
_ACCEL_ADDRESS = 0x18
_MEMORY_MOST = 2048
_frequency = [160000000]


def reset_cause():
    """Return why this life began."""
    return _CAUSES[os.getenv("KALD_SIM_CAUSE") or "power"]


def reset():
    """Start again, RTC memory kept."""
    link.end("reset")


def unique_id():
    """Return six bytes of this badge's own."""
    number = 0
    for byte in os.getenv("KALD_SIM_NAME").encode():
        number = (number * 31 + byte) & 0xFFFFFF
    return b"\x24\x0a\xc4" + number.to_bytes(3, "big")


def freq(hz=None):
    """Return the chip's frequency, Hz, or set it."""
    if hz is None:
        return _frequency[0]
    if hz not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _frequency[0] = hz


def idle():
    """Wait a moment."""
    link.poll()
    time.sleep_ms(1)


def lightsleep(time_ms=0):
    """Sleep for `time_ms`, without a time for as long as the last one, until a line that `wake` names speaks."""
    _wake.ms = time_ms or _wake.ms
    until = time.ticks_add(time.ticks_ms(), _wake.ms)
    link.poll()
    while not _wake.speaks() and time.ticks_diff(until, time.ticks_ms()) > 0:
        time.sleep_ms(1)
        link.poll()
    _wake.route()


class _Wake:
    """The lines that end a sleep, and the pads that one has left with the RTC controller (module `esp32` sets them).

    After components/esp_hw_support/sleep_modes.c of ESP-IDF and ports/esp32/machine_pin.c: such a pad reads nothing,
    here 0, until it is set up anew with a mode; one of ext1 is held besides, and 34 to 39 cannot be let go of.
    """

    def __init__(self):
        self.ms = 0
        self.ext0 = self.ext1 = ()
        self.low = 0
        self.routed = {}

    def speaks(self):
        """Return whether a line is at the level that wakes."""
        if self.ext0 and link.levels.get(self.ext0[0], 1) == self.low:
            return True
        return any([link.levels.get(pin, 0) for pin in self.ext1])

    def route(self):
        """Give the pads to the RTC controller; the value says whether it holds them."""
        for pin in self.ext0:
            self.routed[pin] = False
        for pin in self.ext1:
            self.routed[pin] = True

    def free(self, pin, released):
        """Take a pad back, if that lets go of it."""
        if pin in self.routed and (not self.routed[pin] or released and pin not in _INPUT_ONLY):
            del self.routed[pin]


_wake = _Wake()


_trains = {}  # what drives a pad in the GPIO's place, until it is set up anew (module `esp32`)


class Pin:
    """A GPIO. Inputs read what the surroundings put there, 1 with PULL_UP if nothing does."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        if id not in _PINS:
            raise ValueError("invalid pin")
        self._id = id
        self._pull = -1
        self._out = False
        self._level = 0
        self._handler = None
        self._trigger = 0
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, hold=None):
        """Set up the pad; what is not given stays."""
        if mode == Pin.OUT and self._id in _INPUT_ONLY:
            raise ValueError("pin can only be input")
        if mode != -1:
            if self._id in _trains:
                _trains.pop(self._id)._cut()
            self._out = mode in (Pin.OUT, Pin.OPEN_DRAIN)
            _wake.free(self._id, hold is not None and not hold)
        if pull != -1:
            self._pull = pull
        if value is not None:
            self.value(value)
        self._seen = self._now()

    def value(self, level=None):
        """Return the level, or set it."""
        if level is not None:
            self._level = 1 if level else 0
            ether.set(self._id, self._level)
            return None
        link.poll()
        now = self._now()
        edge = Pin.IRQ_RISING if now > self._seen else Pin.IRQ_FALLING if now < self._seen else 0
        self._seen = now
        if self._handler and edge & self._trigger:
            self._handler(self)
        return now

    def __call__(self, level=None):
        return self.value(level)

    def irq(self, handler=None, trigger=3):
        """Call `handler(pin)` at an edge; here it is noticed when the pin is next read."""
        self._handler = handler
        self._trigger = trigger

    def _now(self):
        if self._out:
            return self._level
        if self._id in _wake.routed:
            return 0
        given = ether.get(self._id)
        if given is not None:
            return given
        return link.levels.get(self._id, 1 if self._pull == Pin.PULL_UP else 0)


class PWM:
    """Duty on a pin; every change is told to the surroundings."""

    def __init__(self, dest, *, freq=5000, duty_u16=0):
        self._id = dest._id
        self._duty = -1
        self.duty_u16(duty_u16)

    def duty_u16(self, duty=None):
        """Return the duty, 0 to 65535, or set it."""
        if duty is None:
            return self._duty
        if not 0 <= duty <= 65535:
            raise ValueError("duty_u16 must be from 0 to 65535")
        if duty != self._duty:
            self._duty = duty
            link.tell("duty %d %d %d" % (self._id, duty, time.ticks_ms()))


class ADC:
    """A voltage; all channels see the battery behind a divider by two."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    def __init__(self, pin, *, atten=0):
        self._pin = pin

    def read_uv(self):
        """Return microvolts at the pin."""
        link.poll()
        return link.battery_mv * 500


_wearer = Wearer()
_chip = SimLIS3DH(_wearer.milli_g, time.ticks_ms)
_bus = SimI2C({_ACCEL_ADDRESS: _chip})


class I2C:
    """The bus with the accelerometer. On the chip, too, all objects of one number are one bus."""

    def __init__(self, id, *, scl=None, sda=None, freq=400000):
        if id not in (0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)

    def readfrom_mem_into(self, addr, memaddr, buf):
        """Fill `buf` from register `memaddr`."""
        self._tend()
        _bus.readfrom_mem_into(addr, memaddr, buf)

    def readfrom_mem(self, addr, memaddr, nbytes):
        """Return `nbytes` from register `memaddr`."""
        self._tend()
        return _bus.readfrom_mem(addr, memaddr, nbytes)

    def writeto_mem(self, addr, memaddr, buf):
        """Write `buf` to register `memaddr`."""
        self._tend()
        _bus.writeto_mem(addr, memaddr, buf)

    def scan(self):
        """Return the addresses that answer."""
        self._tend()
        return _bus.scan()

    def _tend(self):
        link.poll()
        _chip.fail = link.sensor
        if link.sensor == "reset":
            link.sensor = None


class WDT:
    """The watchdog; the program around counts, and ends this process if it is not fed in time."""

    def __init__(self, id=0, timeout=5000):
        link.tell("watchdog %d" % timeout)

    def feed(self):
        """Say that all is well."""
        link.tell("feed")


class RTC:
    """The memory that a reset keeps and a power cut loses: a file, which the program around removes at a cut."""

    def memory(self, data=None):
        """Return the bytes kept, or keep `data`."""
        if data is None:
            try:
                with link.folder.open(link.base + "/rtc", "rb") as file:
                    return file.read()
            except OSError:
                return b""
        if len(data) > _MEMORY_MOST:
            raise ValueError("buffer too long")
        with link.folder.open(link.base + "/rtc.new", "wb") as file:
            file.write(data)
        link.folder.rename(link.base + "/rtc.new", link.base + "/rtc")
