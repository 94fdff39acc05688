"""How does a test hold radios in the simulated air? Chips, the drivers over them, and virtual time for both.

The driver package `lora` is the real one where KALD_LORA_LIB names the folder that mip has filled (it holds `lora/`),
else tools/sim/lora_double.py. `PACKAGE` says which. Runs on CPython and MicroPython.
"""

import os
import struct
import sys

import micropython

from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock
from tools.sim.chips.spi import SimPin, SimSPI
from tools.sim.chips.sx1262 import SimSX1262
from tools.sim.chips.sx1276 import SimSX1276


class Time:
    """The parts of MicroPython's `time` that drivers use, in the time of `clock`; sleeping lets it pass."""

    clock = Clock()

    def ticks_us(self):
        return self.clock.now_us & 0x3FFFFFFF

    def ticks_ms(self):
        return self.clock.now_us // 1000 & 0x3FFFFFFF

    def ticks_add(self, ticks, span):
        return (ticks + span) & 0x3FFFFFFF

    def ticks_diff(self, later, earlier):
        return (later - earlier + 0x20000000 & 0x3FFFFFFF) - 0x20000000

    def sleep_us(self, us):
        self.clock.run(self.clock.now_us + us)

    def sleep_ms(self, ms):
        self.sleep_us(1000 * ms)

    def sleep(self, s):
        self.sleep_us(int(1000000 * s) + 1)

    def time(self):
        self.sleep_us(100)  # whoever asks the time in a loop lets it pass
        return self.clock.now_us / 1000000


TIME = Time()


class Machine:
    """The parts of `machine` that the package imports."""

    Pin = SimPin
    SPI = SimSPI

    @staticmethod
    def idle():
        TIME.sleep_ms(1)


class Absent:
    """Says in MicroPython's words that a part of the package is not installed, which it then forgives."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("lora.stm32wl5", "lora.sync_modem"):
            raise ImportError("no module named '%s'" % name)


class Struct:
    """MicroPython's struct, which cuts a number to its field where CPython refuses; the package relies on it."""

    calcsize = staticmethod(struct.calcsize)
    unpack = staticmethod(struct.unpack)
    pack = staticmethod(struct.pack)

    @staticmethod
    def pack_into(form, buf, at, *numbers):
        masks = [{"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}[kind] for kind in form.lstrip(">")]
        struct.pack_into(form, buf, at, *[number & mask for number, mask in zip(numbers, masks)])


def _package():
    """Import `lora`, real or double, with its time and machine in our hands; return (its classes by chip, which)."""
    sys.modules["machine"] = Machine
    if not hasattr(micropython, "schedule"):
        micropython.schedule = lambda call, arg: call(arg)
    folder = os.getenv("KALD_LORA_LIB")
    on_cpython = hasattr(sys, "meta_path")
    if folder:
        sys.path.insert(0, folder)
        if on_cpython:
            sys.meta_path.insert(0, Absent)
        from lora import sx126x, sx127x

        for name in ("lora.modem", "lora.sx126x", "lora.sx127x"):
            if name in sys.modules:
                sys.modules[name].time = TIME
        if on_cpython:
            sx126x.struct = Struct
    else:
        from tools.sim import lora_double as sx126x

        sx126x.time = TIME
        sx127x = sys.modules["lora"] = sys.modules["lora.sx126x"] = sys.modules["lora.sx127x"] = sx126x
    return {"sx1262": sx126x._SX1262, "sx1276": sx127x._SX127x}, "the real package" if folder else "the double"


CLASSES, PACKAGE = _package()

from firmware.board import modem  # noqa: E402  over whichever package it is

SETTINGS = {"freq_khz": 869525, "sf": 7, "bw": "125", "coding_rate": 5, "output_power": 14, "preamble_len": 8}


class Place:
    """One chip in the air and its SPI bus; `make()` returns a fresh modem over it. kind: "sx1262" or "sx1276"."""

    def __init__(self, air, kind, x_m=0, sf=7, **chip):
        self.air = air
        self.kind = kind
        self.sf = sf
        self.chip = (SimSX1262 if kind == "sx1262" else SimSX1276)(air.clock, Radio(air, x_m), **chip)
        self.spi = SimSPI(self.chip)
        self.radio = self.chip.radio

    def parts(self):
        """Return what every driver's constructor wants."""
        chip = self.chip
        if self.kind == "sx1262":
            return {"spi": self.spi, "cs": chip.nss, "busy": chip.busy, "dio1": chip.dio1, "reset": chip.reset}
        return {"spi": self.spi, "cs": chip.nss, "dio0": chip.dio0, "reset": chip.reset}

    def make(self, **more):
        """Return our modem over the chip."""
        cfg = dict(SETTINGS)
        cfg["sf"] = self.sf
        parts = self.parts()
        parts.update(more)
        return modem.chip(self.kind)(cfg, **parts)

    def settled(self, **more):
        """Return our modem over the chip, which was left alone as firmware/board/lora.py does."""
        made = self.make(**more)
        TIME.sleep_ms(30)
        return made

    def plain(self, cfg=None, **more):
        """Return the package's own modem over the chip."""
        parts = self.parts()
        parts.update(more)
        settings = dict(SETTINGS)
        settings["crc_en"] = True  # an SX1276 has none after a reset, and the package does not say so by itself
        settings["tx_ant"] = "PA_BOOST"
        if self.kind == "sx1262":
            del settings["tx_ant"]
        settings.update(cfg or {})

        class Plain(CLASSES[self.kind]):
            def _after_init(self):
                pass  # it is polled

        return Plain(lora_cfg=settings, **parts)

    def clean(self):
        """Assert that nothing forbidden was done to the chip."""
        assert self.chip.violations == [] and self.spi.violations == [], (self.chip.violations, self.spi.violations)


def air_in_our_time(**chances):
    """Return an Air whose clock is the drivers' time, some hours after its beginning."""
    TIME.clock = Clock(start_us=7000000)
    return Air(TIME.clock, **chances)
