"""How are the parts on plain pins driven? Button, motor and battery, behind the few calls the hallways use."""

import time

from esp32 import RMT
from firmware.limits import BATTERY_UNKNOWN
from machine import ADC, Pin
from micropython import const

_ERRORS = (OSError, RuntimeError, ValueError)  # host_tests/test_doors.py: which door of the port raises which
_FAILS_MOST = const(3)  # readings of the cell; one alone is no fault

_CLOCK_DIV = const(255)  # of 80 MHz
_BEAT_MS = const(800)
_SHORT_MS = const(4)  # by as much it ends sooner than the beat, so that it is over when it is asked to be
_SETTLE_MS = const(10)  # a divider of 80 kohm behind its switch, with the 100 nF that such boards have


class Button:
    """A switch to ground on GPIO `number`: button, function button, or a clip that is open.

    pull: False where the board pulls the line up, since inputs 34 to 39 of an ESP32 cannot. touched: an edge has been
    seen, if `touch` is called by the interrupt of `pin`; an interrupt may be lost, so the level is the truth.
    """

    silent = touched = False

    def __init__(self, number, pull=True):
        self.pin = Pin(number, Pin.IN, Pin.PULL_UP) if pull else Pin(number, Pin.IN)

    def touch(self, pin):
        """Note that it is being pressed."""
        self.touched = True

    def level(self):
        """Return 1 while it is pressed, else 0."""
        return 0 if self.pin.value() else 1


class Motor:
    """A vibration motor on GPIO `number`, over a transistor. lasts_ms: how long its next run may last, 800 at most.

    It ends by itself, however long the program stands still: a run is a train of pulses in the RMT, which needs no
    program (MicroPython 1.24 to 1.29, ports/esp32/esp32_rmt.c). A train is never stopped, for some versions of ESP-IDF
    panic over that (its issue 17692): who wants silence before its end takes the pad away from it, and the next run
    waits until it is over.
    """

    lasts_ms = _BEAT_MS

    def __init__(self, number):
        self.silent = False
        self.pin = Pin(number, Pin.OUT, value=0)
        self._on = self._cut = False  # it runs; its pulses go on, and the pad was taken away from them
        self._part = RMT(0, pin=self.pin, clock_div=_CLOCK_DIV)

    def level(self, level):
        """Run it, for any `level` but 0, or not; return whether it took that. Ask again if not."""
        try:
            took = self._run() if level and not self._on else True
            if not level and self._on and not self._part.wait_done():
                self._cut = True
                self.pin.init(Pin.OUT, value=0)
            if took:
                self._on = level != 0
        except _ERRORS:
            self.silent = True
            return False
        return took

    def _run(self):
        if not self._part.wait_done():
            return False
        if self._cut:
            self._part.deinit()
            self._part = RMT(0, pin=self.pin, clock_div=_CLOCK_DIV)
            self._cut = False
        # 313.7 ticks a millisecond, over eight pulses: one lasts 32767 ticks at most, 104 ms
        self._part.write_pulses(max(1, min(self.lasts_ms, _BEAT_MS) - _SHORT_MS) * 1255 // 32, (True,) * 8)
        self.silent = False  # a run that it took, not an end, shows that it is well
        return True


class Battery:
    """A cell measured on GPIO `number` over a divider; it is empty with `least` microvolts, full with `most`.

    divider_milli: cell over pin, in thousandths. charger: GPIO that is low while the charger is connected, or None.
    switch: GPIO that connects the divider, or None. Which level does is found out: makers change it between versions.
    """

    def __init__(self, number, divider_milli, least, most, charger=None, switch=None):
        self.charger = Pin(charger, Pin.IN, Pin.PULL_UP) if charger is not None else None
        self._adc = ADC(Pin(number, Pin.IN), atten=ADC.ATTN_11DB)
        self.divider_milli = divider_milli
        self._least = least // 1000
        self._full = most // 1000
        self._on = 0
        self._fails = 0  # in a row
        self.switch = Pin(switch, Pin.OUT, value=0) if switch is not None else None

    @property
    def silent(self):
        """Whether the cell cannot be measured."""
        return self._fails >= _FAILS_MOST

    def percent(self):
        """Return the charge, 0 to 100; BATTERY_UNKNOWN if it cannot be measured: a chip without calibration, say."""
        try:
            mv = self.millivolts()
            if self.switch is not None and 2 * mv < self._least:
                # not connected, as far as one can see; connected it stays, at some 8 uA
                self._on = 1 - self._on
                self.switch.value(self._on)
                time.sleep_ms(_SETTLE_MS)
                mv = self.millivolts()
        except _ERRORS:
            self._fails = min(self._fails + 1, _FAILS_MOST)
            return BATTERY_UNKNOWN
        self._fails = 0
        return max(0, min(100, (mv - self._least) * 100 // (self._full - self._least)))

    def millivolts(self):
        """Return the cell's voltage."""
        return self._adc.read_uv() // 1000 * self.divider_milli // 1000

    def charging(self):
        """Return whether the badge is on its charger."""
        return self.charger is not None and not self.charger.value()
