"""Which metal does a hallway get? The face of a board whose parts firmware/board/build.py has put together."""

import time

import machine
from firmware.codes import WHY_CABLE
from micropython import const

_TICKS = const(0x3FFFFFFF)


class Board:
    """The board's face: button, motor, accel, battery, routes, store, memory, watchdog, clock; clip, function or None.

    radio: the LoRa route, None without one. wants_radio: whether there should be one. loud: None, or what sounds and
    shines along with the motor: a tuple of (part, whether always). sleep: what puts the chip to sleep
    (firmware/board/sleep.py), None where it must stay awake. line: a bridge's cable. nearby: what hears access points
    and beacons, None where nobody wants that.
    """

    def __init__(self):
        self.button = self.motor = self.accel = self.battery = self.store = self.memory = None
        self.clip = self.function = None
        self.routes = ()
        self.radio = self.sleep = self.line = self.nearby = None
        self.wants_radio = False
        self.loud = None
        self._guard = None

    def now(self) -> int:
        """Return the badge's clock, ms, 0 .. 2^30 - 1."""
        return time.ticks_ms() & _TICKS

    def rest(self, ms: int) -> None:
        """Do nothing for `ms`."""
        time.sleep_ms(ms)

    def trouble(self) -> bool:
        """Return whether button, motor or battery gives no answer, or a line that wakes the chip is stuck."""
        if self.sleep is not None and self.sleep.stuck:
            return True
        return self.button.silent or self.motor.silent or self.battery.silent

    def no_lora(self, now: int) -> bool:
        """Return whether the pairing wants LoRa and there is none: no chip, no package, nothing left to spend."""
        return self.wants_radio and (self.radio is None or self.radio.missing(now))

    def watch(self, ms: int) -> None:
        """Reset the chip unless `feed` is called every `ms`. Called again, it changes the time."""
        try:
            self._guard = machine.WDT(timeout=ms)
        except (OSError, ValueError) as error:
            print("kald: the watchdog refuses:", error)  # the one that main.py has brought goes on

    def feed(self) -> None:
        """Tell the watchdog that all is well."""
        try:
            if self._guard:
                self._guard.feed()
        except OSError:
            return  # whoever is not fed bites

    def update(self, app, now: int) -> None:
        """Do a slice of what `app` was ordered to fetch."""
        try:
            from firmware.board.update import turn

            turn(app, now)
        except (ImportError, MemoryError):
            app.badge.shift.update = 0
            app.badge.uplink.refuse(WHY_CABLE, now)

    def reset(self) -> None:
        """Start again; RTC memory stays."""
        machine.reset()
