"""What do `machine` and `esp32` of the ESP32 port do where there is no chip? One double; CPython and MicroPython.

After MicroPython's documentation and, where that is silent, ports/esp32/machine_pin.c and ESP-IDF's
components/esp_hw_support/sleep_modes.c. A Metal is what lies below: here lines, time and memory are whoever's test it
is to move; a virtual badge (tools/sim/doubles) and a badge of the lives (tools/sim/story) override what theirs does.
"""

from tools.sim.chips.bus import SimI2C
from tools.sim.flash import Nvs

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.sim.chips.bus import Chip
    from tools.sim.flash import Kept

    Chips = dict[int, dict[int, Chip]]
    Handler = Callable[["Pin"], object] | None
    Levels = dict[int, int | Callable[[], int]]

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
_INPUT_ONLY = tuple(range(34, 40))  # of an ESP32
_PINS = tuple(range(20)) + (21, 22, 23, 25, 26, 27, 32, 33) + _INPUT_ONLY
_RTC_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33) + _INPUT_ONLY
_S3_PINS = tuple(range(22)) + tuple(range(26, 49))
_MEMORY_MOST = 2048


class Aborted(BaseException):
    """The port would panic here; nothing of the firmware could catch that."""


class Metal:
    """What the parts see and do. chips: {SCL: {address: chip}}; nine clocks free one that hangs, where it `heals`.

    now: ms. levels: of inputs, by GPIO: a number, or a function. uv: what an ADC reads, in the same way. routed: the
    pads that a sleep has left with the RTC controller, and whether it holds them: such a pad reads nothing until it is
    set up anew with a mode, one that is held only where that lets go of it, and 34 to 39 cannot.
    """

    def __init__(self, chips: "Chips | None" = None, s3: bool = False, now: int = 0) -> None:
        self.now = now
        self.s3 = s3
        self.chips = chips or {}
        self.heals = True
        self.clocks = 0  # of buses, by hand
        self.levels: Levels = {}
        self.uv: Levels = {}
        self.modes: dict[int, int] = {}
        self.pulls: dict[int, int] = {}
        self.outputs: dict[int, int] = {}
        self.handlers: dict[int, tuple[Handler, int, Pin]] = {}
        self.duties: dict[int, int] = {}
        self.trains: dict[int, RMT] = {}
        self.channels: list[int] = []
        self.rtc = b""
        self.nvs: dict[str, Kept] = {}
        self.cause = PWRON_RESET
        self.hz = 160_000_000
        self.ext0: tuple[int, int] | None = None  # (GPIO, level)
        self.ext1: tuple[int, ...] = ()
        self.routed: dict[int, bool] = {}
        self.slept_ms = self.sleeps = self.resets = 0

    def tick(self) -> int:
        """Return the time, ms."""
        return self.now

    def look(self) -> None:
        """Hear what has happened, before a pad is asked."""

    def level(self, id: int) -> int:
        """Return what is on the line of an input."""
        level = self.levels.get(id, 1)
        return level() if callable(level) else level

    def blind(self, id: int) -> int:
        """Return what a pad reads that the RTC controller has."""
        raise AssertionError("a pad that the RTC controller has reads nothing")

    def drive(self, id: int, level: int) -> None:
        """Take the level of an output."""
        falls = self.outputs.get(id) and not level
        self.outputs[id] = level
        if falls and self.modes.get(id) == Pin.OPEN_DRAIN and id in self.chips:
            self.clocks += 1
            if self.heals and self.clocks % 9 == 0:
                for chip in self.chips[id].values():
                    chip.fail = None if chip.fail == "stuck" else chip.fail

    def bus(self, scl: int) -> "dict[int, Chip]":
        """Return the chips on the bus whose clock is there."""
        return self.chips[scl]

    def asked(self) -> None:
        """A bus is about to be used."""

    def runs(self, id: int, duty: int, at_ms: int) -> None:
        """A pad has this duty, 0 to 65535, from then on."""
        self.duties[id] = duty

    def duty(self, id: int) -> int:
        """Return the duty of a pad."""
        if id in self.trains:
            self.trains[id].wait_done()
        return self.duties.get(id, 0)

    def read_uv(self, id: int) -> int:
        """Return what an ADC reads there, uV."""
        uv = self.uv[id]
        return uv() if callable(uv) else uv

    def memory(self, data: bytes | None = None) -> bytes | None:
        """Return what RTC memory holds, or have it hold `data`."""
        self.rtc = self.rtc if data is None else bytes(data)
        return self.rtc if data is None else None

    def namespace(self, name: str) -> "dict[str, Kept]":
        """Return what NVS keeps under `name`, as {key: number or bytes}."""
        assert name == "kald"
        return self.nvs

    def dog(self, timeout_ms: int) -> None:
        """The watchdog is fed; timeout_ms: or begins, to bite after so long."""

    def reset(self) -> None:
        """Start again."""
        self.resets += 1

    def freq(self, hz: int | None = None) -> int | None:
        """Return the chip's frequency, Hz, or set it."""
        if hz is None:
            return self.hz
        if hz not in (20000000, 40000000, 80000000, 160000000, 240000000):
            raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
        self.hz = hz
        return None

    def wake_on_ext0(self, pin: "Pin | None", level: bool) -> None:
        """Let one pin, or None, end a sleep when it is at `level`."""
        self.ext0 = (self._wakes(pin), 1 if level else 0) if pin is not None else None

    def wake_on_ext1(self, pins: "tuple[Pin, ...]", level: bool) -> None:
        """Let any of `pins` end a sleep when it is high."""
        assert level, "nobody here means to sleep until all are low"
        self.ext1 = tuple([self._wakes(pin) for pin in pins])

    def _wakes(self, pin: "Pin") -> int:
        if pin._id not in (range(22) if self.s3 else _RTC_PINS):
            raise ValueError("invalid pin")
        return pin._id

    def speaks(self) -> bool:
        """Return whether a line is at the level that wakes."""
        if self.ext0 and self.level(self.ext0[0]) == self.ext0[1]:
            return True
        return any([self.level(pin) for pin in self.ext1])

    def sleep(self, ms: int) -> None:
        """Let `ms` pass, or less where a line speaks."""
        assert ms > 0, "without a time it would be that of the sleep before"
        for _ in range(ms):
            if self.speaks():
                break
            self.now += 1
            self.slept_ms += 1

    def lightsleep(self, time_ms: int = 0) -> None:
        """Sleep for `time_ms`, until a line speaks; then its pads stay where the sleep has put them."""
        self.sleeps += 1
        self.sleep(time_ms)
        for pin in self.ext1:
            self.routed[pin] = True
        if self.ext0:
            self.routed[self.ext0[0]] = False


class Of:
    """What is made of a metal, and stays on it."""

    _metal: Metal

    def __init__(self) -> None:
        self._metal = self._metal


class Pin(Of):
    """A GPIO."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id: int, mode: int = -1, pull: int = -1, *, value: int | None = None) -> None:
        if id not in (_S3_PINS if self._metal.s3 else _PINS):
            raise ValueError("invalid pin")
        self._id = id
        self._handler: Handler = None
        self._seen = self._trigger = 0
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode: int = -1, pull: int = -1, *, value: int | None = None, hold: bool | None = None) -> None:
        """Set up the pad; what is not given stays."""
        metal, id = self._metal, self._id
        only_in = id in _INPUT_ONLY and not metal.s3
        if only_in and mode in (Pin.OUT, Pin.OPEN_DRAIN):
            raise ValueError("pin can only be input")
        assert not only_in or pull == -1, "an ESP32's inputs 34 to 39 have no pulls"
        if mode != -1:
            metal.modes[id] = mode
            if id in metal.trains:
                metal.trains[id]._cut()
            if id in metal.routed and (not metal.routed[id] or hold is False and not only_in):
                del metal.routed[id]
        if pull != -1:
            metal.pulls[id] = pull
        if value is not None:
            self.value(value)
        if self._handler:
            self._seen = self._now()

    def value(self, level: int | None = None) -> int | None:
        """Return the level, or set it."""
        if level is not None:
            self._metal.drive(self._id, 1 if level else 0)
            return None
        self._metal.look()
        now = self._now()
        if self._handler and now != self._seen:
            self._seen = now
            if self._trigger & (Pin.IRQ_RISING if now else Pin.IRQ_FALLING):
                self._handler(self)
        return now

    def __call__(self, level: int | None = None) -> int | None:
        return self.value(level)

    def irq(self, handler: "Handler" = None, trigger: int = 3) -> None:
        """Call `handler(pin)` at an edge; here it is noticed when the pin is next read."""
        self._handler, self._trigger = handler, trigger
        self._seen = self._now()
        self._metal.handlers[self._id] = (handler, trigger, self)

    def _now(self) -> int:
        metal, id = self._metal, self._id
        if id in metal.routed:
            return metal.blind(id)
        mode = metal.modes.get(id)
        if mode == Pin.OUT or mode == Pin.OPEN_DRAIN and not metal.outputs.get(id):
            return metal.outputs.get(id, 0)
        return metal.level(id)


class PWM(Of):
    """Duty on a pin."""

    def __init__(self, dest: Pin, *, freq: int = 5000, duty_u16: int = 0) -> None:
        self._id = dest._id
        self._duty = -1
        self.duty_u16(duty_u16)

    def duty_u16(self, duty: int) -> None:
        """Set the duty, 0 to 65535."""
        if not 0 <= duty <= 65535:
            raise ValueError("duty_u16 must be from 0 to 65535")
        if duty != self._duty:
            self._duty = duty
            self._metal.runs(self._id, duty, self._metal.tick())


class ADC(Of):
    """A voltage."""

    ATTN_11DB = 3

    def __init__(self, pin: Pin, *, atten: int = 0) -> None:
        super().__init__()
        self._id = pin._id

    def read_uv(self) -> int:
        """Return microvolts at the pin."""
        self._metal.look()
        return self._metal.read_uv(self._id)


class I2C(Of, SimI2C):
    """A bus of simulated chips. On the chip, too, all objects of one number are one bus."""

    def __init__(self, id: int, *, scl: Pin, sda: Pin, freq: int = 400000) -> None:
        if id not in (0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)
        if not self._metal.level(scl._id) or not self._metal.level(sda._id):
            raise Aborted("MicroPython 1.29 aborts where a bus is opened whose line is held low")
        SimI2C.__init__(self, self._metal.bus(scl._id))

    def _stuck(self) -> bool:
        self._metal.asked()
        return SimI2C._stuck(self)


class WDT(Of):
    """The watchdog."""

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        self._metal.dog(timeout)

    def feed(self) -> None:
        """Say that all is well."""
        self._metal.dog(0)


class RTC(Of):
    """The memory that a reset keeps and a power cut loses."""

    def memory(self, data: bytes | None = None) -> bytes | None:
        """Return the bytes kept, or keep `data`."""
        if data and len(data) > _MEMORY_MOST:
            raise ValueError("buffer too long")
        return self._metal.memory(data)


class RMT(Of):
    """Trains of pulses on a pin, in the form that MicroPython 1.24 to 1.29 share.

    The end of a train is seen when it is asked for, with the moment at which it came.
    """

    def __init__(self, channel: int, *, pin: Pin, clock_div: int = 8) -> None:
        if not 0 <= channel < 4:  # of an ESP32-S3
            raise OSError(-0x102, "ESP_ERR_INVALID_ARG")
        if not 1 <= clock_div <= 255:
            raise ValueError("clock_div must be between 1 and 255")
        if channel in self._metal.channels:
            raise OSError(-0x103, "ESP_ERR_INVALID_STATE")
        self._metal.channels.append(channel)
        self._channel, self._id, self._hz = channel, pin._id, 80000000 // clock_div
        self._end: int | None = None
        self._metal.trains[self._id] = self

    def write_pulses(self, duration: int, data: tuple[bool, ...]) -> None:
        """Send pulses of `duration` each, of the levels in `data`, all high here."""
        if not 1 <= duration <= 32767 or not all(data):
            raise ValueError("here only pulses that are high, and that the hardware can count")
        assert self.wait_done(), "the port would wait"
        now = self._metal.tick()
        self._end = now + duration * len(data) * 1000 // self._hz
        if self._metal.trains.get(self._id) is self:
            self._metal.runs(self._id, 65535, now)

    def wait_done(self, *, timeout: int = 0) -> bool:
        """Return whether all pulses are sent."""
        end_ms = self._end
        if end_ms is not None and self._metal.tick() >= end_ms:
            self._end = None
            if self._metal.trains.get(self._id) is self:
                self._metal.runs(self._id, 0, end_ms)
        return self._end is None

    def _cut(self) -> None:
        # the pad is the GPIO's again: what is still sent reaches nobody
        if not self.wait_done():
            self._metal.runs(self._id, 0, self._metal.tick())
        self._metal.trains.pop(self._id)

    def deinit(self) -> None:
        """Give the channel back."""
        assert self.wait_done(), "some versions panic"
        self._metal.channels.remove(self._channel)
        if self._metal.trains.get(self._id) is self:
            self._metal.trains.pop(self._id)


class NVS(Of, Nvs):
    """One namespace."""

    def __init__(self, namespace: str) -> None:
        Nvs.__init__(self, self._metal.namespace(namespace))


def machine(metal: Metal) -> dict[str, object]:
    """Return the names of `machine` on `metal`."""
    return dict(_on(metal, Pin, PWM, ADC, I2C, WDT, RTC), reset=metal.reset, reset_cause=lambda: metal.cause,
                freq=metal.freq, lightsleep=metal.lightsleep, PWRON_RESET=PWRON_RESET, HARD_RESET=HARD_RESET,
                WDT_RESET=WDT_RESET, DEEPSLEEP_RESET=DEEPSLEEP_RESET, SOFT_RESET=SOFT_RESET)


def esp32(metal: Metal) -> dict[str, object]:
    """Return the names of `esp32` on `metal`."""
    return dict(_on(metal, RMT, NVS), WAKEUP_ALL_LOW=False, WAKEUP_ANY_HIGH=True, wake_on_ext0=metal.wake_on_ext0,
                wake_on_ext1=metal.wake_on_ext1)


def _on(metal: Metal, *kinds: type[Of]) -> dict[str, object]:
    return {kind.__name__: type(kind.__name__, (kind,), {"_metal": metal}) for kind in kinds}
