"""How are the small parts driven? Button, motor, battery and accelerometer, behind the few calls the hallways use."""

from lis3dh import LIS3DH
from machine import ADC, I2C, PWM, Pin
from micropython import const

_MOTOR_HZ = const(200)
_DUTY_FULL = const(65535)
_EMPTY_MOST = const(10)  # reads in a row without a sample: at 100 ms each, a chip at 50 Hz has lost its settings


class Button:
    """A switch to ground on pin `number`, with the chip's pull-up: button, function button, or a clip that is open."""

    def __init__(self, number):
        self._pin = Pin(number, Pin.IN, Pin.PULL_UP)

    def level(self):
        """Return 1 while it is pressed, else 0."""
        return 0 if self._pin.value() else 1


class Motor:
    """A vibration motor on pin `number`."""

    def __init__(self, number):
        self._pwm = PWM(Pin(number, Pin.OUT), freq=_MOTOR_HZ, duty_u16=0)

    def level(self, level):
        """Run it at `level`, 0 to 255."""
        self._pwm.duty_u16(level * _DUTY_FULL // 255)


class Battery:
    """A cell measured on pin `number` over a divider by two; empty and full in microvolts.

    charger: pin that is low while the charger is connected, or None.
    """

    def __init__(self, number, empty_uv, full_uv, charger=None):
        self._charger = Pin(charger, Pin.IN, Pin.PULL_UP) if charger is not None else None
        self._adc = ADC(Pin(number, Pin.IN), atten=ADC.ATTN_11DB)
        self._empty_uv = empty_uv
        self._full_uv = full_uv

    def percent(self):
        """Return the charge, 0 to 100."""
        cell_mv = self._adc.read_uv() * 2 // 1000
        empty_mv = self._empty_uv // 1000
        return max(0, min(100, (cell_mv - empty_mv) * 100 // (self._full_uv // 1000 - empty_mv)))

    def charging(self):
        """Return whether the badge is on its charger."""
        return self._charger is not None and not self._charger.value()


class Accel:
    """The LIS3DH. A sensor that does not answer is a count and a -1, never an exception."""

    def __init__(self, scl, sda, address):
        self._i2c = I2C(0, scl=Pin(scl), sda=Pin(sda), freq=400000)
        self._address = address
        self._chip = None
        self._empty = 0
        self._moved = [0, 0, 0]
        self.failures = 0
        self.start()

    def start(self):
        """Find and configure the chip; return whether it is there."""
        try:
            chip = LIS3DH(self._i2c, self._address)
            chip.start()
        except (OSError, RuntimeError, ValueError):
            self._chip = None
            self.failures += 1
            return False
        self._chip = chip
        return True

    def read(self, block):
        """Fill `block` (array of 'h', 96) with samples x, y, z in mg; return how many samples, -1 for a failure."""
        if not self._chip and not self.start():
            return -1
        try:
            count = self._chip.read(block)
            self._empty = 0 if count else self._empty + 1
            if self._empty < _EMPTY_MOST or self._chip.configured():
                return count
            self._empty = 0
        except OSError:
            self._empty = 0
        self._chip = None
        self.failures += 1
        return -1

    def self_test(self, rest):
        """Return whether the chip's own self-test is right; about 0.3 s, rest(ms) waits. False for a silent chip."""
        if not self._chip and not self.start():
            return False
        try:
            return self._chip.self_test(self._moved, rest)
        except OSError:
            self._chip = None
            self.failures += 1
            return False
