"""What does it take an ESP32 to do what the hall's board does at once? Doors that charge their time to virtual time.

Fixed costs, so that a run can be repeated: those of tools/sim/energy/model.py at 160 MHz for code (about 100 times the
host), twice that at the 80 MHz of a badge with Wi-Fi; I2C at 400 kHz, SPI at 4 MHz; a collection of a heap of 120 KB; a
write to NVS, with the erase of a page where one is full; the waking of an ESP32-S3. The radio looks at the channel and
sends, and takes no other frame meanwhile. Interrupts, and lines that should wake the chip, are lost in one case of ten.
"""

import random

from firmware.board.nvs_page import NvsPage
from firmware.codes import KNOWS_SIGHTING
from firmware.link import frame
from tools.sim import ears
from tools.sim.flash import ERASE_MS, PAGE_ENTRIES, WRITE_MS, Pages
from tools.sim.scripts import fake_board
from tools.sim.scripts.fake_board import clock

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from array import array

    from firmware.badge import Badge

_LOST = 10  # of a hundred
_LEVEL_MS = 0.5  # a turn of sense, without samples
_TALK_MS = 0.9
_FEEL_MS = 0.3
_MIND_MS = 1.5
_SAMPLE_MS = 0.29
_I2C_MS = 0.135  # a sample
_FRAME_MS = 1.2
_SPI_MS = 0.4  # commands and 26 bytes
_RTC_MS = 0.3
_COLLECT_MS = 15
_NEARBY_MS = 0.03  # a turn of firmware/nearby.py
_POINTS = 64
_LIST_MS = 5  # to make the list of them; what is then done with it leaves the others their turns
_WAKE_MS = 8.63 + 1
_LOOK_MS = 5
_LORA_MS = 62
_WIFI_MS = 2


class Flash:
    """The board's store, whose writes stall the chip: NVS under the real firmware/board/nvs_page.py."""

    def __init__(self, board: "Slow") -> None:
        self._board = board
        self.load = board.load
        pages = Pages(board.wait, random.randint(0, PAGE_ENTRIES - 1), ERASE_MS - WRITE_MS)
        self._page = NvsPage(pages, lambda: clock.now)
        self.ahead = self._page.ahead

    def save(self, saved: bytearray, n: int) -> None:
        """Write the alarm."""
        self._page.bytes("alarm", saved[:n])

    def reserve(self) -> int:
        """Write the counter."""
        self._page.number("counter", 0)
        return self._board.reserve()


class Naps(fake_board.Naps):
    """Sleep from which the chip takes its time to wake; now and then nobody wakes it but its timer."""

    board: "Slow"
    deaf = False

    def nap(self, ms: int, lying: bool = False) -> bool:
        """Sleep, and wake."""
        self.deaf = random.randint(0, 99) < _LOST
        slept = super().nap(ms + 40 if self.deaf else ms, lying)
        if slept:
            self.board.wait(_WAKE_MS)
        return slept

    def speaks(self) -> bool:
        """Return whether the button would wake the chip, or a radio whose line is heard."""
        return bool(self.board.pressed) if self.deaf else super().speaks()


class Looking(ears.Looking):
    """What looks around on `board`, whose gateway knows its word; each call takes time."""

    def __init__(self, board: "Slow", badge: "Badge") -> None:
        super().__init__(badge, board.ears, board, False)
        self._board = board
        badge.uplink.gateway = KNOWS_SIGHTING

    def tend(self, now: int) -> None:
        """Look around where that is due."""
        self._board.work(_NEARBY_MS)
        super().tend(now)


class Slow(fake_board.Board):
    """A board whose doors take time. radio: "lora" or "wifi"."""

    sleep: Naps | None

    def __init__(self, radio: str) -> None:
        super().__init__(answer_ms=150 if radio == "lora" else 20)
        self.metered = radio == "lora"
        self.slower = 1 if self.metered else 2
        self.store = Flash(self)
        self.sleep = Naps(self) if self.metered else None
        self._owed = 0.0
        self._air_until = self._read_at = self._collected_at = clock.now
        self.waited = 0  # frames that found the radio busy

    def wait(self, ms: float) -> None:
        """Let `ms` pass; what happens meanwhile happens."""
        self._owed += ms
        whole = int(self._owed)
        self._owed -= whole
        if whole:
            clock.wait_io_event(whole)

    def look_around(self, badge: "Badge") -> None:
        """Hear many access points whenever `badge` has an alarm; what lists them keeps the interpreter for so long."""
        self.ears = ears.Ears(lambda: clock.now, self.wait)
        points = [(b"house", bytes((2, 0, 0, 0, 0, i)), 6, -40 - i % 50, 3, False) for i in range(_POINTS)]

        def listed() -> "list[ears.Point]":
            self.work(_LIST_MS + _COLLECT_MS)
            return points

        self.ears.points = listed
        self.nearby = Looking(self, badge)

    def work(self, ms: float) -> None:
        """Let the chip compute what takes `ms` at 160 MHz."""
        self.wait(ms * self.slower)

    def press(self) -> None:
        """Close the contact; the interrupt comes, or it does not."""
        self.pressed = 1
        self.touched = random.randint(0, 99) >= _LOST

    def level(self) -> int:
        """Read the button."""
        self.work(_LEVEL_MS)
        return super().level()

    def read(self, block: "array[int]") -> int:
        """Read and classify what has come since."""
        due = (clock.now - self._read_at) // 20
        self._read_at += 20 * due
        n = min(32, due)
        self.wait(n * _I2C_MS)
        self.work(n * _SAMPLE_MS)
        for i in range(n):
            block[3 * i] = block[3 * i + 1] = 0
            block[3 * i + 2] = 1000
        return n

    def tend(self, now: int) -> None:
        """Look after the radio."""
        self.work(_TALK_MS)

    def no_lora(self, now: int) -> bool:
        """Mind; collect now and then."""
        self.work(_MIND_MS + _FEEL_MS)
        if clock.now - self._collected_at >= 10000:
            self._collected_at = clock.now
            self.work(_COLLECT_MS)
        return False

    def save(self, saved: bytearray, n: int) -> None:
        """Write RTC memory."""
        self.work(_RTC_MS)
        super().save(saved, n)

    def up(self) -> bool:
        """Return whether the radio would take a frame."""
        return clock.now >= self._air_until

    def ready(self, n: int, is_alarm: bool, now: int, tries: int = 0) -> bool:
        """Return whether the radio would take a frame, and count it if not."""
        free = self.up()
        self.waited += not free
        return free

    def busy_ms(self, n: int) -> int:
        """Return how long frame and ack take."""
        return _LORA_MS + 52 if self.metered else 0

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Send; the radio is busy for a while."""
        self.work(_FRAME_MS)
        self.wait(_SPI_MS)
        self._air_until = clock.now + (_LOOK_MS + _LORA_MS if self.metered else _WIFI_MS)
        return super().send(buf, n, is_alarm, calls)

    def frames(self) -> int:
        """Return how many alarm frames were sent."""
        return len([1 for _, type, _ in self.sent if type == frame.ALARM])
