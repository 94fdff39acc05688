"""What does a simulated flash keep, and what does a write to it take? The face of esp32.NVS. Runs on MicroPython, too.

Whoever wants writes that are refused, cut, torn or counted overrides `write`.
"""

NOT_FOUND = -0x1102
NO_SPACE = -0x1105
_INVALID_LENGTH = -0x110C
PAGE_ENTRIES = 126
WRITE_MS = 4
ERASE_MS = 100


class Nvs:
    """One namespace. kept: {key: number or bytes}, None where it was never written."""

    def __init__(self, kept=None):
        self.kept = {} if kept is None else kept

    def opened(self, space):
        """Return itself, as NVS(space) returns the namespace."""
        assert space == "kald"
        return self

    def read(self, key):
        """Return what `key` holds. Raises OSError if it holds nothing."""
        value = self.kept.get(key)
        if value is None:
            raise OSError(NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def _of(self, key, is_number):
        value = self.read(key)
        if isinstance(value, int) != is_number:
            raise OSError(NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")  # it looks for a key of the kind that is asked for
        return value

    def write(self, key, value):
        """Keep `value`; None removes the key."""
        self.kept[key] = value

    def get_i32(self, key):
        """As esp32.NVS has it."""
        return self._of(key, True)

    def get_blob(self, key, buf):
        """As esp32.NVS has it."""
        data = self._of(key, False)
        if len(data) > len(buf):
            raise OSError(_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buf[: len(data)] = data
        return len(data)

    def set_i32(self, key, value):
        """As esp32.NVS has it."""
        self.write(key, value)

    def set_blob(self, key, value):
        """As esp32.NVS has it."""
        self.write(key, bytes(value))

    def erase_key(self, key):
        """As esp32.NVS has it."""
        self.read(key)
        self.write(key, None)

    def commit(self):
        """As esp32.NVS has it: every write is in flash already."""


class Pages(Nvs):
    """NVS that only counts: one page of entries after the other, where a full one has the next erased.

    wait(ms): lets the time of a write pass. used: entries of the first page; erase_ms: beside the write's own time.
    """

    room = PAGE_ENTRIES  # of a page

    def __init__(self, wait, used=0, erase_ms=ERASE_MS):
        super().__init__()
        self._wait, self._used, self._erase_ms = wait, used, erase_ms
        self.written = self.erases = 0

    def write(self, key, value):
        """Count it: a number is one entry, bytes an index, a head, and an entry for each 32 of them."""
        entries = 1 if isinstance(value, int) else 2 + (len(value) + 31) // 32
        self.written += entries
        self._used += entries
        full = self._used > self.room
        if full:
            self._used = entries
            self.erases += 1
        self._wait(WRITE_MS + self._erase_ms if full else WRITE_MS)
