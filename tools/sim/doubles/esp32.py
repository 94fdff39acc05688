"""What does `esp32` do on a virtual badge? tools/sim/metal.py's, but in NVS each key is a file in the badge's folder.

They stand beside its simulated flash. A write is whole or not at all, as the ESP-IDF promises, unless the surroundings
ask for a torn one: then the first bytes of the new value stand over the old, and the power fails.
"""

from machine import _metal
from simlink import link
from tools.sim.metal import esp32

_INVALID_NAME = -0x1106
_KEY_MOST = 15


class _Files:
    """What one namespace keeps: {key: number or bytes}, as much of a dict as tools/sim/flash.py asks for."""

    def __init__(self, namespace):
        self._name(namespace)
        self._folder = link.base + "/nvs/" + namespace + "/"
        for path in (link.base + "/nvs", link.base + "/nvs/" + namespace):
            try:
                link.folder.mkdir(path)
            except OSError:
                continue  # it is there

    def get(self, key):
        data = self._read(key)
        return int(data[1:]) if data[:1] == b"i" else data[1:] if data else None

    def __setitem__(self, key, value):
        self._name(key)
        link.poll()
        path = self._folder + key
        if value is None:
            link.folder.remove(path)
            return
        data = b"i" + str(value).encode() if isinstance(value, int) else b"b" + value
        if key in link.tears:
            count = 1 + link.tears.pop(key)
            data = data[:count] + (self._read(key) or data[:1])[count:]
            self._put(path, data)
            link.end("torn")
        self._put(path + ".new", data)
        link.folder.rename(path + ".new", path)

    def _put(self, path, data):
        with link.folder.open(path, "wb") as file:
            file.write(data)

    def _name(self, name):
        if not 1 <= len(name) <= _KEY_MOST or "/" in name:
            raise OSError(_INVALID_NAME, "ESP_ERR_NVS_INVALID_NAME")

    def _read(self, key):
        self._name(key)
        try:
            with link.folder.open(self._folder + key, "rb") as file:
                return file.read()
        except OSError:
            return b""


_metal.namespace = _Files
globals().update(esp32(_metal))
