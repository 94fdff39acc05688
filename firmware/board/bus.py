"""How do several chips share an I2C bus that may hang, and how does a lost chip come back?

A chip that is reset in the middle of an answer holds SDA low, and then nobody is heard. So after a failure the bus is
clocked free (lib/i2c_recover.py) before the second try; a chip that fails that too is lost, and looked for again at a
slower pace. A lost chip is a None, never an exception. A bus is never opened while a line of it is low:
MicroPython 1.29 and newer aborts there (ESP_ERROR_CHECK in ports/esp32/machine_i2c.c), and starts again and again.
"""

import time

from i2c_recover import recover
from machine import I2C, Pin
from micropython import const

_HZ = const(400000)
_HELD = const(30)
_SOON = const(8)  # searches at the first pace: what a wearer moves or knocks loose is back within seconds


class Bus:
    """Bus `number` (0 or 1) on GPIO `scl` and `sda`. `i2c` is for drivers; those made before a `free` stay good.

    i2c: None while a line is held low.
    """

    def __init__(self, number, scl, sda):
        self._number = number
        self.scl = scl
        self.sda = sda
        self._open()

    def free(self):
        """Clock a hung bus free; return whether both lines are high, and the bus is a bus again. About 0.2 ms."""
        try:
            return self._open()
        except (OSError, ValueError):
            return False

    def _open(self):
        scl = Pin(self.scl, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)
        sda = Pin(self.sda, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)
        high = recover(scl, sda, time.sleep_us)  # at a start, too: the reset may have come in the middle of an answer
        # The port has one object for each number: older references to it are the same bus.
        self.i2c = I2C(self._number, scl=Pin(self.scl), sda=Pin(self.sda), freq=_HZ) if high else None
        return high


class Part:
    """One chip on `bus`. make(i2c): returns its driver, started. most: calls of `there` between two searches.

    Whoever is lost again and again is searched for some times at that pace, then after twice as many calls each time,
    `tries` times.
    """

    def __init__(self, bus, make, most, tries=4):
        self.bus = bus
        self.chip = None
        self.make = make
        self._patience = most
        self.tries = tries
        self._waiting = self._fails = 0
        self._kept = _HELD  # calls of `there` since it was made
        self.start()

    def there(self, calls=1):
        """Return whether the chip can be asked; look for a lost one now and then. Who asks seldom counts as `calls`."""
        if self.chip is not None:
            self._kept = min(self._kept + 1, _HELD)
            return True
        if self._waiting > 0:
            self._waiting -= calls
            return False
        return self.start()

    def again(self):
        """Make it anew after it has failed, at once if it had held until then; return whether it is there."""
        if self._kept < _HELD:
            self.lost()
            return False
        self._kept = self._fails = 0
        return self.start()

    def start(self):
        """Find and configure the chip; return whether it is there."""
        self.chip = None
        for turn in range(2):
            try:
                if self.bus.i2c is None:
                    raise OSError
                self.chip = self.make(self.bus.i2c)
                return True
            except OSError:
                if turn == 0:
                    self.bus.free()
            except (RuntimeError, ValueError, ImportError):
                break  # another chip, or no driver in lib/: trying again at once changes nothing
        self.lost()
        return False

    def lost(self):
        """Give the chip up for now."""
        self.chip = None
        if self._kept >= _HELD:
            self._fails = 0
        self._kept = 0
        self._fails = min(self._fails + 1, _SOON + self.tries)
        self._waiting = self._patience << max(0, self._fails - _SOON)
