"""What does `esp32` do on a virtual badge? NVS: each key a file in the badge's folder, beside its simulated flash.

And the lines that end a light sleep: pins of the RTC controller only, one for ext0, ext1 for any that is high.

A write is whole or not at all, as the ESP-IDF promises, unless the surroundings ask for a torn one: then the first
bytes of the new value stand over the old, and the power fails.
"""

from machine import _wake
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
