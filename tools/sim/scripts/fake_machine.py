"""What is the least metal that the real boot.py and main.py come up on? Modules of few bytes, in idle time.

A sensor that answers as an LIS3DH with five quiet samples, a Wi-Fi that is joined, a socket that counts what is sent
and hears nothing, a paired NVS. Nothing here remembers more than it must: what it takes is not the firmware's.
"""

import asyncio.core
import sys
import time

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from vfs import VfsPosix

PAIRING = (
    b'{"device": 7, "up": "000102030405060708090a0b0c0d0e0f", "down": "101112131415161718191a1b1c1d1e1f", '
    b'"ssid": "house", "password": "", "gateway": "127.0.0.1", "port": 5570}'
)
sent = [0]
# Ahead of the real time: asyncio's own C code reads that for tasks that are due at once, and where a busy machine took
# longer than the virtual badge they would lie ahead, and time would jump to them (fake_board's Clock does the same).
_now = [time.ticks_add(time.ticks_ms(), 600000)]
_end = [0]
_at_end: "list[Callable[[], None]]" = []


class Part:
    """Pin, PWM, RMT, ADC, I2C, WDT, WLAN, RTC, NVS, socket, poll: whatever is made, this is it."""

    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    IN = OUT = OPEN_DRAIN = PULL_UP = IRQ_FALLING = ATTN_11DB = IF_STA = 0
    _kept = b""
    _counter = 0

    def __init__(self, *words: object, **named: object) -> None:
        pass

    def value(self, level: int = 1) -> int:
        """Return the level of button and bus: not pressed, not held."""
        return 1

    def nothing(self, *words: object, **named: object) -> None:
        """Do nothing."""

    write_pulses = deinit = nothing
    init = irq = duty_u16 = feed = active = connect = disconnect = setblocking = close = register = unregister = nothing
    writeto_mem = commit = config = status = set_blob = nothing

    def wait_done(self) -> bool:
        """Return True: no pulse is on its way."""
        return True

    def read_uv(self) -> int:
        """Return half of 3.9 V."""
        return 1950000

    def readfrom_mem_into(self, address: int, register: int, buf: bytearray) -> None:
        """Answer as an LIS3DH: its identity, five samples waiting, each one of 1 g."""
        for i in range(len(buf)):
            buf[i] = 0x05 if i % 6 == 5 else 0
        if register == 0x0F:
            buf[0] = 0x33
        elif register == 0x2F:
            buf[0] = 5

    def isconnected(self) -> bool:
        """Return True: the Wi-Fi is joined."""
        return True

    def memory(self, data: bytes | None = None) -> bytes | None:
        """Keep `data`, or return what was kept."""
        if data is None:
            return Part._kept
        Part._kept = data
        return None

    def get_blob(self, key: str, buf: bytearray) -> int:
        """Fill `buf` with the pairing."""
        if key != "pairing":
            raise OSError(-4354)
        buf[: len(PAIRING)] = PAIRING
        return len(PAIRING)

    def get_i32(self, key: str) -> int:
        """Return the counter."""
        return Part._counter

    def set_i32(self, key: str, value: int) -> None:
        """Keep the counter."""
        Part._counter = value

    def send(self, data: bytes) -> int:
        """Count a datagram."""
        sent[0] += 1
        return len(data)

    def ipoll(self, ms: int) -> tuple[()]:
        """Return nothing to read."""
        return ()


class Module:
    """Stands for every module of the metal."""

    Pin = PWM = RMT = ADC = I2C = WDT = RTC = NVS = WLAN = Part
    AF_INET = SOCK_DGRAM = POLLIN = PWRON_RESET = STAT_GOT_IP = 1
    STAT_CONNECTING = STAT_IDLE = 2
    WDT_RESET = 3
    SOFT_RESET = 5

    def freq(self, hz: int) -> None:
        """Take every frequency."""

    def socket(self, family: int, kind: int) -> Part:
        """Make a socket."""
        return Part()

    def poll(self) -> Part:
        """Make a poll."""
        return Part()

    def getaddrinfo(self, host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        """Find every host."""
        return [(0, 0, 0, "", (host, port))]

    def ticks_ms(self) -> int:
        """Return the time, which only passes while everybody sleeps."""
        return _now[0]

    def reset(self) -> None:
        """Fail: nothing should have to reset here."""
        raise ValueError("reset")

    def reset_cause(self) -> int:
        """Return power-on."""
        return 1

    def sleep_us(self, us: int) -> None:
        """Let no time pass."""

    def wait_io_event(self, dt: int) -> None:
        """Let `dt` ms pass, and when the time has come, look."""
        _now[0] += max(dt, 0)
        if _now[0] >= _end[0]:
            _at_end[0]()


class Os:
    """The module, but for one function: the unix build renames a file below a mounted folder to itself."""

    def __init__(self, real: object, top: "VfsPosix", flash: str) -> None:
        self._real = real
        self._top = top
        self._flash = flash

    def rename(self, old: str, new: str) -> None:
        """Rename `old` to `new`, paths on the badge, where nobody leaves '/'."""
        self._top.rename(self._flash + "/" + old.lstrip("/"), self._flash + "/" + new.lstrip("/"))

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def build(flash: str, ms: int, look: "Callable[[], None]") -> None:
    """Put the modules in place, mount folder `flash` as '/', and call look() after `ms`."""
    import os

    import vfs

    module = Module()
    modules: dict[str, object] = getattr(sys, "modules")
    for name in ("machine", "network", "esp32", "socket", "select", "time"):
        modules[name] = module
    asyncio.core.ticks = module.ticks_ms
    asyncio.core._io_queue = module
    _end[0] = _now[0] + ms
    _at_end.append(look)
    modules["os"] = Os(os, vfs.VfsPosix(), flash)
    os.umount("/")
    vfs.mount(vfs.VfsPosix(flash), "/")
    os.chdir("/")
