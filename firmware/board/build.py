"""Which metal does a hallway get? Puts the parts of one board together."""

import time

import machine
from firmware.board.memory import Memory
from firmware.board.parts import Accel, Battery, Button, Motor
from firmware.board.store import Store
from firmware.board.wifi import Wifi
from micropython import const

_TICKS = const(0x3FFFFFFF)


class Board:
    """The board's face: button, motor, accel, battery, routes, store, memory, watchdog, clock; clip, function or None.

    pins: a module of firmware/board/boards. pairing: as firmware/settings.py returns it, or None for no radio.
    """

    def __init__(self, pins, pairing):
        self.button = Button(pins.BUTTON)
        self.motor = Motor(pins.MOTOR)
        self.accel = Accel(pins.I2C_SCL, pins.I2C_SDA, pins.ACCEL_ADDRESS)
        charger = getattr(pins, "CHARGER", None)
        self.battery = Battery(pins.BATTERY, pins.BATTERY_EMPTY_UV, pins.BATTERY_FULL_UV, charger)
        self.clip = Button(pins.CLIP) if hasattr(pins, "CLIP") else None  # pressed: closed
        self.function = Button(pins.FUNCTION) if hasattr(pins, "FUNCTION") else None
        self.store = Store()
        self.memory = Memory()
        self.routes = ()
        self._watchdog = None
        if pairing:
            self.routes = (Wifi(pairing["ssid"], pairing["password"], pairing["gateway"], pairing["port"]),)

    def now(self):
        """Return the badge's clock, ms, 0 .. 2^30 - 1."""
        return time.ticks_ms() & _TICKS

    def rest(self, ms):
        """Do nothing for `ms`."""
        time.sleep_ms(ms)

    def watch(self, timeout_ms):
        """Reset the chip unless `feed` is called every `timeout_ms`. Called again, it changes the time."""
        self._watchdog = machine.WDT(timeout=timeout_ms)

    def feed(self):
        """Tell the watchdog that all is well."""
        if self._watchdog:
            self._watchdog.feed()

    def reset(self):
        """Start again; RTC memory stays."""
        machine.reset()


def build(name, pairing):
    """Return the Board called `name`. Raises ValueError for a name that does not exist."""
    try:
        pins = getattr(__import__("firmware.board.boards." + name).board.boards, name)
    except (ImportError, AttributeError):
        raise ValueError("pairing: there is no board called " + name)
    return Board(pins, pairing)
