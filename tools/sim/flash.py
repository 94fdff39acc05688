"""What does a simulated flash keep, and what does a write to it take? The face of esp32.NVS. Runs on MicroPython, too.

Whoever wants writes that are refused, cut, torn or counted overrides `write`.
"""

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    Kept = int | bytes | None

NOT_FOUND = -0x1102
NO_SPACE = -0x1105
_INVALID_LENGTH = -0x110C
PAGE_ENTRIES = 126
WRITE_MS = 4
ERASE_MS = 100


class Nvs:
    """One namespace. kept: {key: number or bytes}, None where it was never written."""

    def __init__(self, kept: "dict[str, Kept] | None" = None) -> None:
        self.kept: dict[str, Kept] = {} if kept is None else kept

    def opened(self, space: str) -> "Nvs":
        """Return itself, as NVS(space) returns the namespace."""
        assert space == "kald"
        return self

    def read(self, key: str) -> int | bytes:
        """Return what `key` holds. Raises OSError if it holds nothing."""
        value = self.kept.get(key)
        if value is None:
            raise OSError(NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def write(self, key: str, value: "Kept") -> None:
        """Keep `value`; None removes the key."""
        self.kept[key] = value

    def get_i32(self, key: str) -> int:
        """As esp32.NVS has it, which looks for a key of the kind that is asked for."""
        value = self.read(key)
        if not isinstance(value, int):
            raise OSError(NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def get_blob(self, key: str, buf: bytearray) -> int:
        """As esp32.NVS has it."""
        data = self.read(key)
        if isinstance(data, int):
            raise OSError(NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        if len(data) > len(buf):
            raise OSError(_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buf[: len(data)] = data
        return len(data)

    def set_i32(self, key: str, value: int) -> None:
        """As esp32.NVS has it."""
        self.write(key, value)

    def set_blob(self, key: str, value: bytes) -> None:
        """As esp32.NVS has it."""
        self.write(key, bytes(value))

    def erase_key(self, key: str) -> None:
        """As esp32.NVS has it."""
        self.read(key)
        self.write(key, None)

    def commit(self) -> None:
        """As esp32.NVS has it: every write is in flash already."""


class Pages(Nvs):
    """NVS that only counts: one page of entries after the other, where a full one has the next erased.

    wait(ms): lets the time of a write pass. used: entries of the first page; erase_ms: beside the write's own time.
    """

    room = PAGE_ENTRIES  # of a page

    def __init__(self, wait: "Callable[[int], None]", used: int = 0, erase_ms: int = ERASE_MS) -> None:
        super().__init__()
        self._wait, self._used, self._erase_ms = wait, used, erase_ms
        self.written = self.erases = 0

    def write(self, key: str, value: "Kept") -> None:
        """Count it: a number is one entry, bytes an index, a head, and an entry for each 32 of them."""
        entries = 1 if isinstance(value, int) else 2 + (len(value or b"") + 31) // 32
        self.written += entries
        self._used += entries
        full = self._used > self.room
        if full:
            self._used = entries
            self.erases += 1
        self._wait(WRITE_MS + self._erase_ms if full else WRITE_MS)
