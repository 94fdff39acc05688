"""What does a badge keep over days, and what does its flash go through? RTC memory and NVS, counted.

The flash is NVS under the real firmware/board/nvs_page.py: each write appends entries of 32 bytes to a page, and where
the page is full the next is erased, which takes its time. What lives on a page is copied with it, so that a page has
room for less than it holds (tools/sim/energy/wear.py says how much lives).
"""

from firmware.board.nvs_page import NvsPage
from tools.sim.flash import Pages

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from tools.sim.flash import Kept
    from tools.sim.scripts.fake_board import Board

ROOM_ENTRIES = 100  # of a page of 126: the others live
_SLOT_BYTES = 4  # around a record: sequence, length, CRC

count: dict[str, int] = {}  # what happened, by name


def add(name: str, n: int = 1) -> None:
    """Count."""
    count[name] = count.get(name, 0) + n


def expect(radio: str) -> None:
    """Begin to count what will happen, so that later no name is put into a heap that is being looked at."""
    for name in ("alarms", "tests", "received", "samples", "passed", "wakes", "open_ms", "motor_ms", "rtc", "entries",
                 "erases", "nvs_alarm", "nvs_counter", "nvs_pledge", "calm_ms"):
        if name != "calm_ms" or radio != "lora":
            add(name, 0)
    for n in range(16):
        add("cause_%d" % n, 0)
        if 0 < n < 8:  # the types of uplinks
            add("sent_%d" % n, 0)
            if radio == "both":
                add("air_%d" % n, 0)


class Flash(Pages):
    """The store of `board`: counts writes by what they are for, entries, and erases of a page."""

    room = ROOM_ENTRIES

    def __init__(self, board: "Board") -> None:
        self._board = board
        super().__init__(self._took)
        self._took_ms = 0  # in all; a write's time is seen on no other clock
        self._page = NvsPage(self, lambda: self._took_ms)
        self.ahead = self._page.ahead
        self.load = board.load

    def reserve(self) -> int:
        """Grant the next block of counters."""
        add("nvs_counter")
        self._page.number("counter", 0)
        return self._board.reserve()

    def save(self, saved: bytearray, n: int) -> None:
        """Keep the alarm."""
        add("nvs_alarm")
        self._page.bytes("alarm", bytes(n + _SLOT_BYTES))

    def pledge(self, n: int) -> None:
        """Keep `n` bytes of airtime that will be spent."""
        add("nvs_pledge")
        self._page.bytes("ledger", bytes(n + _SLOT_BYTES))

    def write(self, key: str, value: "Kept") -> None:
        """Count it."""
        add("entries", -self.written)
        add("erases", -self.erases)
        super().write(key, value)
        add("entries", self.written)
        add("erases", self.erases)

    def _took(self, ms: int) -> None:
        self._took_ms += ms


class Keeper:
    """RTC memory, whose writes cost the flash nothing."""

    def __init__(self) -> None:
        self.crashes = 0
        self.report = bytearray(14)
        self.failed = 0
        self._kept = bytearray(64)

    def save(self, saved: bytearray, n: int) -> None:
        """Keep it."""
        add("rtc")
        for i in range(n):
            self._kept[i] = saved[i]

    def load(self, saved: bytearray) -> int:
        """There was a power cut."""
        return 0

    def crashed(self, _reason: str, _task: int) -> None:
        """Count a crash."""
        add("crashes")

    def counted(self) -> None:
        """A reset follows, which this board takes."""

    def well(self) -> None:
        """Nothing to forget."""
