"""How does a test build a whole board with nothing but simulated chips? The face of `machine`, in memory.

`metal(chips)` puts it in place of machine, time and esp32 for the modules of firmware/board, which are loaded anew;
chips: {scl: {address: chip}}. Nine clocks on a bus's SCL free a chip that hangs, if it `heals`.
"""

import contextlib
import importlib
import sys
import time
import types

import pytest
from tools.sim.chips.bus import SimI2C
from tools.sim.flash import Nvs


class Duties(dict):
    """Duty of each GPIO, 0 to 65535; what a train of pulses runs ends by itself, at `ends` of the GPIO."""

    def __init__(self, tick):
        self._tick = tick
        self.ends = {}

    def __getitem__(self, id):
        return self.get(id)

    def get(self, id, other=None):
        if id in self.ends:
            return 65535 if self._tick() < self.ends[id][1] else 0
        return super().get(id, other)


class Metal:
    """What the parts see and do; `now` is the time in ms."""

    def __init__(self, chips):
        self.now = 5000
        self.chips = chips
        self.levels = {}  # of inputs, by GPIO
        self.outputs = {}
        self.pulls = {}
        self.duty = Duties(self.tick)
        self.uv = {}  # by GPIO: a number, or a function
        self.heals = True
        self.clocks = 0
        self.rtc = b""
        self.cause = 1
        self.nvs = {}
        self.resets = 0
        self.hz = 160000000
        self.handlers = {}
        self.ext0 = None  # (GPIO, level)
        self.ext1 = ()
        self.routed = {}  # pads that a sleep has given to the RTC controller: whether they are held there
        self.slept_ms = 0
        self.sleeps = 0

    def tick(self):
        return self.now

    def level(self, id):
        level = self.levels.get(id, 1)
        return level() if callable(level) else level

    def lightsleep(self, ms):
        """Sleep in virtual time, until a line that may wake speaks; then its pads stay where the sleep has put them."""
        assert ms > 0, "without a time it would be that of the sleep before"
        self.sleeps += 1
        for _ in range(ms):
            if self.ext0 and self.level(self.ext0[0]) == self.ext0[1] or any(self.level(pin) for pin in self.ext1):
                break
            self.now += 1
            self.slept_ms += 1
        self.routed = {pin: True for pin in self.ext1}
        if self.ext0:
            self.routed[self.ext0[0]] = False

    def wake_on(self, pins, level, kind):
        rtc = range(22) if self.s3 else (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40))
        if any(pin not in rtc for pin in pins):
            raise ValueError("invalid pin")
        if kind == "ext0":
            self.ext0 = (pins[0], int(level))
        else:
            assert level, "WAKEUP_ALL_LOW is not what a board file means"
            self.ext1 = tuple(pins)


def _pin(metal):
    class Pin:
        IN, OUT, OPEN_DRAIN, PULL_UP = 1, 3, 7, 2
        IRQ_RISING, IRQ_FALLING = 1, 2

        def __init__(self, id, mode=-1, pull=-1, *, value=None):
            self.id = id
            self.mode = -1
            if mode != -1 or value is not None:
                self.init(mode, pull, value=value)

        def init(self, mode=-1, pull=-1, *, value=None, hold=None):
            id = self.id
            self.mode = mode
            metal.pulls[id] = pull
            only_in = not metal.s3 and 34 <= id <= 39
            if only_in:
                assert mode == Pin.IN and pull == -1, "an ESP32's inputs 34 to 39 cannot drive, and have no pulls"
            if id in metal.routed and (not metal.routed[id] or hold is False and not only_in):
                del metal.routed[id]
            if value is not None:
                metal.outputs[id] = value
            if mode == Pin.OUT and id in metal.duty.ends:
                metal.duty.ends[id] = (None, 0)  # the pad is the GPIO's again

        def irq(self, handler=None, trigger=3):
            metal.handlers[self.id] = (handler, trigger, self)

        def value(self, level=None):
            if level is None:
                assert self.id not in metal.routed, "a pad that the RTC controller has reads nothing"
                return metal.level(self.id)
            if self.mode == Pin.OPEN_DRAIN and self.id in metal.chips and metal.outputs.get(self.id) and not level:
                metal.clocks += 1
                if metal.clocks >= 9 and metal.heals:
                    for chip in metal.chips[self.id].values():
                        chip.fail = None if chip.fail == "stuck" else chip.fail
            metal.outputs[self.id] = level

    return Pin


def _machine(metal):
    class PWM:
        def __init__(self, pin, *, freq, duty_u16):
            self._id = pin.id
            self.duty_u16(duty_u16)

        def duty_u16(self, duty):
            metal.duty[self._id] = duty

    class ADC:
        ATTN_11DB = 3

        def __init__(self, pin, *, atten):
            self._id = pin.id

        def read_uv(self):
            uv = metal.uv[self._id]
            return uv() if callable(uv) else uv

    class RTC:
        def memory(self, data=None):
            if data is None:
                return metal.rtc
            assert len(data) <= 2048
            metal.rtc = bytes(data)

    def reset():
        metal.resets += 1

    def i2c(number, scl, sda, freq):
        if not metal.level(scl.id) or not metal.level(sda.id):
            pytest.fail("MicroPython 1.29 aborts where a bus is opened whose line is held low")
        return SimI2C(metal.chips[scl.id])

    return {
        "Pin": _pin(metal), "PWM": PWM, "ADC": ADC, "RTC": RTC, "reset": reset, "PWRON_RESET": 1, "WDT_RESET": 3,
        "I2C": i2c, "reset_cause": lambda: metal.cause,
        "WDT": lambda timeout: None, "lightsleep": metal.lightsleep, "freq": lambda hz: setattr(metal, "hz", hz),
    }


def _nvs(metal):
    class NVS(Nvs):
        def __init__(self, space):
            assert space == "kald"
            super().__init__(metal.nvs)

    return NVS


def _rmt(metal):
    class RMT:
        channels = set()

        def __init__(self, channel, *, pin, clock_div):
            assert 0 <= channel < 4 and 1 <= clock_div <= 255
            if channel in self.channels:
                raise OSError(-0x103, "ESP_ERR_INVALID_STATE")
            self.channels.add(channel)
            self._channel, self._id, self._hz = channel, pin.id, 80000000 // clock_div
            self._end = 0
            metal.duty.ends[self._id] = (self, 0)

        def write_pulses(self, duration, data):
            assert 1 <= duration <= 32767 and all(data) and self.wait_done(), "the port would wait"
            self._end = metal.now + duration * len(data) * 1000 / self._hz
            if metal.duty.ends[self._id][0] is self:
                metal.duty.ends[self._id] = (self, self._end)

        def wait_done(self):
            return metal.now >= self._end

        def deinit(self):
            assert self.wait_done(), "some versions panic"
            self.channels.discard(self._channel)

    return RMT


def _esp32(metal):
    return {
        "RMT": _rmt(metal),
        "NVS": _nvs(metal), "WAKEUP_ALL_LOW": False, "WAKEUP_ANY_HIGH": True,
        "wake_on_ext0": lambda pin, level: metal.wake_on([pin.id], level, "ext0"),
        "wake_on_ext1": lambda pins, level: metal.wake_on([pin.id for pin in pins], level, "ext1"),
    }


def _time(metal):
    def sleep_ms(ms):
        metal.now += ms

    return {"ticks_ms": lambda: metal.now, "sleep_ms": sleep_ms, "sleep_us": lambda us: None}


def module(name, names):
    """Return a module that holds `names`."""
    made = types.ModuleType(name)
    vars(made).update(names)
    return made


def _forget():
    for name in [key for key in sys.modules if key.startswith("firmware.board.") and ".boards" not in key]:
        del sys.modules[name]


@contextlib.contextmanager
def metal(chips, s3=False, more=()):
    """Give (Metal, import_module), with machine, time, esp32 and `more` ({name: module}) in place."""
    found = Metal(chips)
    found.s3 = s3
    places = {
        "machine": module("machine", _machine(found)), "time": module("time", {**vars(time), **_time(found)}),
        "esp32": module("esp32", _esp32(found)), **dict(more),
    }
    before = dict(sys.modules)
    _forget()
    sys.modules.update(places)
    try:
        yield found, importlib.import_module
    finally:
        _forget()
        for name in places:
            sys.modules.pop(name, None)
        sys.modules.update({name: kept for name, kept in before.items() if name in places or "firmware.board." in name})
