"""Which metal does a hallway get? Puts the parts of one board together; a board's file says which (board/boards/).

A part that is missing or does not answer is a technical alarm, never a board that cannot be built.
"""

import time

import machine
from firmware.board.bus import Bus
from firmware.board.memory import Memory
from firmware.board.parts import Battery, Button, Motor
from firmware.board.sensors import Accel
from firmware.board.store import Store
from machine import Pin
from micropython import const

_TICKS = const(0x3FFFFFFF)


class Board:
    """The board's face: button, motor, accel, battery, routes, store, memory, watchdog, clock; clip, function or None.

    pins: a module of firmware/board/boards. pairing: as firmware/settings.py returns it, or None for no radio.
    """

    def __init__(self, pins, pairing):
        if hasattr(pins, "HOLD"):
            Pin(pins.HOLD, Pin.OUT, value=1)  # first: on these boards the chip keeps itself fed
        self.store = Store()
        self.memory = Memory()
        bus = Bus(0, pins.I2C_SCL, pins.I2C_SDA)
        self._pmu(pins, bus)
        if hasattr(pins, "BUTTON"):
            self.button = Button(pins.BUTTON, getattr(pins, "BUTTON_PULL", "") != "board")
        if hasattr(pins, "MOTOR"):
            self.motor = Motor(pins.MOTOR)
        else:
            from firmware.board.haptics import Haptics

            self.motor = Haptics(bus, pins.MOTOR_ADDRESS)
        self.accel = Accel(bus, pins.ACCEL, pins.ACCEL_ADDRESS)
        self.clip = Button(pins.CLIP) if hasattr(pins, "CLIP") else None  # pressed: closed
        self.function = Button(pins.FUNCTION) if hasattr(pins, "FUNCTION") else None
        self._watchdog = None
        self.routes = self._routes(pins, pairing) if pairing else ()

    def _pmu(self, pins, bus):
        if not hasattr(pins, "PMU"):
            charger = getattr(pins, "CHARGER", None)
            switch = getattr(pins, "BATTERY_SWITCH", None)
            self.battery = Battery(
                pins.BATTERY, pins.BATTERY_DIVIDER_MILLI, pins.BATTERY_EMPTY_UV, pins.BATTERY_FULL_UV, charger, switch
            )
            return
        from firmware.board.power import Pmu

        if pins.PMU_SCL != pins.I2C_SCL:
            bus = Bus(1, pins.PMU_SCL, pins.PMU_SDA)
        # Before the radio, which one of its rails feeds.
        self.battery = self.button = Pmu(bus, pins.PMU_ADDRESS, getattr(pins, "PMU_RAILS", ()))

    def _routes(self, pins, pairing):
        routes = ()
        if pairing["ssid"]:
            from firmware.board.wifi import Wifi

            routes = (Wifi(pairing["ssid"], pairing["password"], pairing["gateway"], pairing["port"]),)
        return routes

    def now(self):
        """Return the badge's clock, ms, 0 .. 2^30 - 1."""
        return time.ticks_ms() & _TICKS

    def rest(self, ms):
        """Do nothing for `ms`."""
        time.sleep_ms(ms)

    def trouble(self):
        """Return whether a chip behind button or motor gives no answer."""
        return self.button.silent or self.motor.silent

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
