"""How does the chip sleep between two blocks of samples, and what wakes it?

Light sleep only: memory, clock and outputs stay, and the program goes on where it was. There is no deep sleep, on the
charger neither, so a press never has to be read from a wake reason: the contact that woke the chip is still closed when
it is asked, a moment later.

    button                          ext0, low: the chip has one such line
    sensor (a block is full), radio (a frame is there)       ext1, any high
    timer                           if none of them speaks

A pad that may wake is routed to the RTC controller by each sleep, and pads of ext1 are held there as well (ESP-IDF,
sleep modes, warnings on ext0 and ext1; esp_hw_support/sleep_modes.c, ext1_wakeup_prepare). Until it is set up anew an
input reads nothing, and no interrupt comes from it: `Pin.init` with a mode and without hold takes it back
(MicroPython, ports/esp32/machine_pin.c). GPIO 34 to 39 of an ESP32 cannot be let go of this way: they wake the chip,
but cannot be read afterwards, so nothing here asks the sensor's line. After a sleep the RTOS gets a turn, since sleeps
in a tight loop end in a reset (micropython issue 5778).

A line of ext1 that is stuck high ends each sleep at once, and the badge would be awake all day. So after some of these
in a row it sleeps by its timer alone, says so (`stuck`), and tries the lines again some minutes later.
"""

import time

import esp32
import machine
from firmware.ticks import since
from machine import Pin
from micropython import const

_NAP_LEAST_MS = const(50)  # a shorter one is not worth its waking
_NAP_MOST_MS = const(550)  # a FIFO whose clock is 10 % fast is full after 580; the sensor's line ends it sooner then
_TURN_MS = const(1)
_SHORT_MS = const(5)
_SHORT_MOST = const(20)  # sleeps in a row that ended at once
_ALONE = const(1000)  # sleeps by the timer alone: ten minutes
_TICKS = const(0x3FFFFFFF)


class Sleep:
    """Sleeps on a board whose `button` (parts.Button on GPIO `ext0`) wakes it, and the GPIOs `ext1`. radio: or None.

    Not beside a Wi-Fi that is on: it would lose the network. Raises ValueError for a pin that cannot wake this chip.
    """

    def __init__(self, button, radio, ext0, ext1):
        self._button = button
        self._radio = radio
        self.stuck = False  # a line that wakes speaks without end
        self._short = 0
        self._alone = 0
        self._lines = tuple([Pin(pin, Pin.IN) for pin in ext1])
        esp32.wake_on_ext0(Pin(ext0), esp32.WAKEUP_ALL_LOW)
        if ext1:
            self._wake_by(self._lines)

    def _wake_by(self, lines):
        esp32.wake_on_ext1(lines, esp32.WAKEUP_ANY_HIGH)

    def nap(self, ms, lying=False):
        """Sleep for `ms` at most; return whether it slept. Not while the button is down or the radio sends or looks.

        lying: the sensor's line tells of movement and not of a full block, so that there is no block to be late for.
        """
        radio = self._radio
        if ms < _NAP_LEAST_MS:
            return False
        if self._button.level() or radio is not None and radio.linked() and not radio.up():
            return False
        began = time.ticks_ms() & _TICKS
        try:
            machine.lightsleep(ms if lying else min(ms, _NAP_MOST_MS))
            for line in self._lines:
                line.init(Pin.IN, hold=False)
            self._button.pin.init(Pin.IN)
            self._judge(since(began, time.ticks_ms() & _TICKS))
        except (RuntimeError, ValueError):
            return False  # awake it does all that it does
        self._button.touched = False  # the pad's own edge, on its way back
        time.sleep_ms(_TURN_MS)
        return True

    def _judge(self, slept_ms):
        if self._alone:
            self._alone -= 1
            if not self._alone:
                self._wake_by(self._lines)
        elif slept_ms >= _SHORT_MS or self._button.level():
            self._short = 0
            self.stuck = False
        else:
            self._short += 1
            if self._short >= _SHORT_MOST and self._lines:
                self._short = 0
                self._alone = _ALONE
                self.stuck = True
                self._wake_by(())
