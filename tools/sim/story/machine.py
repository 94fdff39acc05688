"""What metal does a badge of the story have? RTC memory, NVS that can fail or lose its power, and a start that is real.

firmware/start.py, app.py, lifeboat.py, board/rtc_memory.py and board/nvs.py run as they are, over the metal that all
worlds have (tools/sim/metal.py). Only build.py does not: the board of the story (tools/sim/story/board.py) stands in
its place.
"""

import asyncio  # noqa: F401  it wants the host's `time`
import binascii
import importlib.util
import json
import sys
import types
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

from tools.sim import metal
from tools.sim.air.modem import Modem
from tools.sim.flash import NO_SPACE, Nvs
from tools.sim.story.person import Pairing

if TYPE_CHECKING:
    from firmware.app import App
    from firmware.board.nvs import NvsStore
    from firmware.board.parts import Battery
    from firmware.board.radio import Radio
    from firmware.board.rtc_memory import RtcMemory
    from firmware.lifeboat import Lifeboat
    from tools.sim.story.board import Board

POWER_ON, HARD, WATCHDOG, SOFT = metal.PWRON_RESET, metal.HARD_RESET, metal.WDT_RESET, metal.SOFT_RESET
ORDERED = POWER_ON, SOFT  # by a person, or by none
_ROOT = Path(__file__).resolve().parents[3]
_MINUTE_MS = 60_000
KHZ = 869_525
CELL_MV = (3300, 4200)  # empty, full
CELL = 1  # the GPIO that measures it


class PowerCut(BaseException):
    """The supply is gone, in the middle of whatever was being done."""


class Stumbled(Exception):
    """An error of ours, which a story wants to see survived."""


class Reset(BaseException):
    """The chip starts again."""


class Chip(Nvs, metal.Metal):
    """What one badge keeps. time: a function that gives the story's time, ms. writes: times of writes to flash."""

    def __init__(self, time: Callable[[], int]) -> None:
        Nvs.__init__(self)
        metal.Metal.__init__(self)
        self.time = time
        self.writes: list[int] = []
        self.cut_in = -1  # in as many writes the power goes, and that write is not done
        self.refuses: tuple[str, ...] = ()  # keys that flash does not take
        self.full = False  # it takes none
        self.settings = "{}"  # of the house
        self.missing = False  # a file of the firmware is; the lifeboat has its own
        self.build: Callable[[bool], object] = lambda bare: None  # makes its board; bare: a lifeboat's
        self.stall: Callable[[], None] = lambda: None  # is called as flash begins to write
        # of each write, or cut, after which other
        self.tell: Callable[[str, str, str], None] = lambda what, before, key: None
        self._wrote = "start"

    def write(self, key: str, value: int | bytes | None) -> None:
        """Write one key of NVS. Raises OSError, or PowerCut."""
        before, self._wrote = self._wrote, key.rstrip("01")
        self.tell("write", before, self._wrote)
        if self.cut_in == 0:
            self.cut_in = -1
            self.tell("cut", before, self._wrote)
            self._wrote = "start"
            raise PowerCut
        self.cut_in = max(self.cut_in - 1, -1)
        self.writes.append(self.time())
        self.stall()
        if self.full or key in self.refuses:
            raise OSError(NO_SPACE)
        super().write(key, value)

    def writes_in_a_minute(self) -> int:
        """Return how many writes there were within the last minute, and forget the older ones."""
        self.writes = [at_ms for at_ms in self.writes if at_ms > self.time() - _MINUTE_MS]
        return len(self.writes)


chip = Chip(lambda: 0)  # whose code runs now; a start sets it


def _reset() -> None:
    raise Reset


def _built(pairing: dict[str, bytes], bare: bool) -> object:
    keys = chip.kept.get("keys")
    if pairing and keys and isinstance(keys, bytes):  # as build.py does
        pairing["up"], pairing["down"] = keys[:16], keys[16:]
    return chip.build(bare)


def _erred(error: Exception) -> None:
    if not isinstance(error, Stumbled):
        raise error  # a badge of the story does not start again after a fault of ours: that is what was looked for


def _module(name: str, **names: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


@types.coroutine
def _sleep_ms(ms: int) -> Iterator[int]:
    yield ms


Task = Coroutine[int, None, None]  # gives how long it rests, ms


class Tasks:
    """asyncio as the hallways use it: who is begun waits in `begun` for whoever runs them."""

    def __init__(self) -> None:
        self.begun: list[Task] = []
        self.create_task = self.run = self.begun.append
        self.sleep_ms = _sleep_ms


tasks = Tasks()
_made = metal.machine(metal.Metal())  # a start puts its own chip below
_names = {
    "machine": _module("machine", **{**_made, "reset": _reset, "reset_cause": lambda: chip.cause}),
    "esp32": _module("esp32", NVS=lambda space: chip.opened(space), RMT=None),
    "time": _module("time", ticks_ms=lambda: 0, sleep_ms=lambda ms: None),
    "firmware.board.build": _module("firmware.board.build", build=lambda _, pairing, settings: _built(pairing, False),
                                     bare=lambda _, pairing: _built(pairing, True)),
}
_LOADED = (
    "firmware.board.nvs_page", "firmware.board.rtc_memory", "firmware.board.boot_history", "firmware.board.nvs",
    "firmware.board.parts", "firmware.board.lora", "firmware.board.radio", "firmware.board.fallback_channel",
    "firmware.lifeboat", "firmware.app", "firmware.lifeboat_start", "firmware.start", "firmware.badge_start",
)
_CHECKED = "firmware.alarm.alarm", "firmware.alarm.shift", "firmware.link.cobs", "firmware.link.sighting"


@contextmanager
def _installed() -> Iterator[None]:
    before = {name: sys.modules.get(name) for name in _names}
    packages = {name: dict(vars(sys.modules[name])) for name in ("firmware", "firmware.board") if name in sys.modules}
    sys.modules.update(_names)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        for name, names in packages.items():
            vars(sys.modules[name]).update(names)


def _load() -> None:
    import firmware.board  # noqa: F401  so that its own names can be put back

    with _installed():
        for name in _LOADED:
            path = _ROOT / (name.replace(".", "/") + ".py")
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec and spec.loader  # it is a file of Python
            module = importlib.util.module_from_spec(spec)
            _names[name] = sys.modules[name] = module
            spec.loader.exec_module(module)
            vars(module)["print"] = lambda *_: None
        gc = SimpleNamespace(collect=lambda: None, mem_free=lambda: 100_000)
        vars(_names["firmware.app"]).update(asyncio=tasks, gc=gc, sys=SimpleNamespace(print_exception=_erred))
        _names["firmware.board.nvs"].NvsStore.settings = lambda store: store.nvs.settings
        vars(_names["firmware.badge_start"]).update(
            forget=lambda name: None,  # modules here are shared with other badges
            settle=lambda *_: None, globals=dict, gc=gc)
        del _names["time"]  # only the page asked for it
    for name in _LOADED:
        sys.modules.pop(name, None)
    for module in [*_names.values(), *map(importlib.import_module, _CHECKED)]:
        if hasattr(module, "crc16"):
            vars(module)["crc16"] = crc16


def crc16(buf: bytes | bytearray, start: int, end: int) -> int:
    """Return what firmware/crc.py does, a hundred times as soon: most of a quiet hour went into it."""
    return binascii.crc_hqx(bytes(buf[start:end]), 0xFFFF)


_load()


def pair(badge: Chip, pairing: Pairing, lora: int) -> None:
    """Put a pairing into the flash of the Chip `badge`. lora: its spreading factor, 0 for Wi-Fi."""
    text = {"device": pairing.device, "up": pairing.uplink_key.hex(), "down": pairing.downlink_key.hex(),
            "ssid": "" if lora else "house", "password": "", "gateway": "10.0.0.2", "port": 5570}
    if lora:
        text["lora"] = {"khz": KHZ, "sf": lora}
    badge.kept["pairing"] = json.dumps(text).encode()
    badge.kept["counter"] = 0


def start(badge: Chip) -> "tuple[App | None, Lifeboat | None, Board]":
    """Start the Chip `badge` as boot.py and main.py do; return its app or lifeboat, and its board.

    Raises Reset, PowerCut.
    """
    global chip
    chip = badge
    for part in ("Pin", "ADC", "RTC"):
        setattr(_made[part], "_metal", badge)
    with _installed():
        lives, memory = _names["firmware.board.boot_history"].BootHistory, _names["firmware.board.rtc_memory"].RtcMemory
        lives().booted()
        try:
            found: list[Board] = []
            tasks.begun.clear()
            turn = lives()
            turn.runs()
            name = "firmware.lifeboat_start" if turn.wants_boat() else "firmware.start"
            if badge.missing and name == "firmware.start":
                raise ImportError(name)
            run = _names[name].start(found)
            while isinstance(run.__self__, _names["firmware.badge_start"].Assembly):
                run = run()
            runs = run.__self__
            return (runs, None, found[0]) if hasattr(runs, "badge") else (None, runs, found[0])
        except Exception as error:  # main.py: counted, and once more
            failed = memory()
            failed.crashed(type(error).__name__)
            failed.counted()
            raise Reset from error


def radio(make: Callable[[int, int, int], Modem], lora: Mapping[str, object], board: "Board") -> "Radio":
    """Return the real LoRa route over modems that make(khz, sf, dbm) gives. lora: as in a pairing, "then" included."""
    pins = SimpleNamespace(LORA="sx1262")
    route = _names["firmware.board.fallback_channel"].FallbackChannel if "then" in lora else (
        _names["firmware.board.radio"].Radio)
    return route(make, pins, lora, board.memory, board.store)


def battery() -> "Battery":
    """Return the Battery of the chip that starts, of a board without a switch."""
    return _names["firmware.board.parts"].Battery(CELL, 1000, CELL_MV[0] * 1000, CELL_MV[1] * 1000)


def parts(bare: bool) -> "tuple[RtcMemory, NvsStore]":
    """Return (RtcMemory, NvsStore) of the chip that starts, for a board; bare: for a lifeboat's."""
    boots, memory = _names["firmware.board.boot_history"], _names["firmware.board.rtc_memory"]
    return boots.BootHistory() if bare else memory.RtcMemory(), _names["firmware.board.nvs"].NvsStore()
