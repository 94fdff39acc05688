"""What does `esp32` do on a virtual badge? NVS: each key a file in the badge's folder, beside its simulated flash.

And the lines that end a light sleep: pins of the RTC controller only, one for ext0, ext1 for any that is high.

A write is whole or not at all, as the ESP-IDF promises, unless the surroundings ask for a torn one: then the first
bytes of the new value stand over the old, and the power fails.
"""

import time

from machine import _wake, _trains
from simlink import link

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
_RTC_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27) + tuple(range(32, 40))
_NOT_FOUND = -0x1102
_INVALID_NAME = -0x1106
_INVALID_LENGTH = -0x110C
_KEY_MOST = 15


def wake_on_ext0(pin, level):
    """Let one pin end a sleep when it is at `level`."""
    _wake.ext0 = _rtc((pin,)) if pin is not None else ()
    _wake.low = 1 if level else 0


def wake_on_ext1(pins, level):
    """Let any of `pins` end a sleep when it is high."""
    if not level:
        raise ValueError("nobody here sleeps until all are low")
    _wake.ext1 = _rtc(pins)


def _rtc(pins):
    ids = tuple([pin._id for pin in pins])
    if not all([id in _RTC_PINS for id in ids]):
        raise ValueError("invalid pin")
    return ids


class RMT:
    """Trains of pulses on a pin, in the form that MicroPython 1.24 to 1.29 share. Every change is told, as of a PWM.

    The surroundings hear of the end of a train when it is asked for, with the moment at which it came.
    """

    def __init__(self, channel, *, pin, clock_div=8, idle_level=False, tx_carrier=None):
        if not 0 <= channel < 8:
            raise OSError(-0x102, "ESP_ERR_INVALID_ARG")
        if not 1 <= clock_div <= 255:
            raise ValueError("clock_div must be between 1 and 255")
        self._id = pin._id
        self._hz = 80000000 // clock_div
        self._end = None
        _trains[self._id] = self

    def write_pulses(self, duration, data=True):
        """Send pulses of `duration` each, of the levels in `data`, all high here; wait until those before are over."""
        if not 1 <= duration <= 32767 or not all(data):
            raise ValueError("here only pulses that are high, and that the hardware can count")
        while not self.wait_done():
            time.sleep_ms(1)
        if _trains.get(self._id) is self:
            now = time.ticks_ms()
            self._end = time.ticks_add(now, duration * len(data) * 1000 // self._hz)
            link.tell("duty %d 65535 %d" % (self._id, now))

    def wait_done(self, *, timeout=0):
        """Return whether all pulses are sent."""
        if self._end is not None and time.ticks_diff(time.ticks_ms(), self._end) >= 0:
            link.tell("duty %d 0 %d" % (self._id, self._end))
            self._end = None
        return self._end is None

    def _cut(self):
        # the pad is the GPIO's again: what is still sent reaches nobody
        if not self.wait_done():
            link.tell("duty %d 0 %d" % (self._id, time.ticks_ms()))
            self._end = None

    def deinit(self):
        """Give the channel back."""
        if _trains.get(self._id) is self:
            _trains.pop(self._id)


class NVS:
    """One namespace."""

    def __init__(self, namespace):
        self._name(namespace)
        self._folder = link.base + "/nvs/" + namespace + "/"
        for path in (link.base + "/nvs", link.base + "/nvs/" + namespace):
            try:
                link.folder.mkdir(path)
            except OSError:
                continue  # it is there

    def get_i32(self, key):
        """Return the number. Raises OSError if there is none."""
        return int(self._read(key, b"i"))

    def set_i32(self, key, value):
        """Write the number."""
        self._write(key, b"i" + str(value).encode())

    def get_blob(self, key, buffer):
        """Fill `buffer` and return the length. Raises OSError if there is none or it is longer."""
        data = self._read(key, b"b")
        if len(data) > len(buffer):
            raise OSError(_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(data)] = data
        return len(data)

    def set_blob(self, key, value):
        """Write the bytes."""
        self._write(key, b"b" + bytes(value))

    def erase_key(self, key):
        """Remove the key. Raises OSError if there is none."""
        self._name(key)
        try:
            link.folder.remove(self._folder + key)
        except OSError:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")

    def commit(self):
        """Every write is in flash already."""

    def _name(self, name):
        if not 1 <= len(name) <= _KEY_MOST or "/" in name:
            raise OSError(_INVALID_NAME, "ESP_ERR_NVS_INVALID_NAME")

    def _read(self, key, kind):
        self._name(key)
        try:
            with link.folder.open(self._folder + key, "rb") as file:
                data = file.read()
        except OSError:
            data = b""
        if data[:1] != kind:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return data[1:]

    def _write(self, key, data):
        self._name(key)
        link.poll()
        path = self._folder + key
        if key in link.tears:
            self._tear(path, data, link.tears.pop(key))
        with link.folder.open(path + ".new", "wb") as file:
            file.write(data)
        link.folder.rename(path + ".new", path)

    def _tear(self, path, data, count):
        try:
            with link.folder.open(path, "rb") as file:
                old = file.read()
        except OSError:
            old = data[:1]
        with link.folder.open(path, "wb") as file:
            file.write(data[: 1 + count] + old[1 + count :])
        link.end("torn")
