"""How does a badge of days.py send over LoRa? A route with the real ledger of airtime, whose pledges wear the flash."""

from firmware.link.airtime import airtime_ms
from firmware.link.ledger import RECORD_BYTES_MAX, Ledger
from firmware.link.region import ALARM_KHZ, band_of
from tools.sim.route import Route

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from tools.sim.scripts.days import Days

ACK_MS = 150  # 62 ms of the frame, the gateway's commit, 51 ms of the ack at SF7
_SF = 7
_BAND = band_of(ALARM_KHZ)
_BUSY_MS = 62 + 52  # of a frame and its ack


class Air(Route):
    """LoRa at SF7 for `board`. alone: it is the only route, and a cut of the link is a cut of it."""

    metered = True

    def __init__(self, board: "Days", alone: bool) -> None:
        self._board = board
        self._alone = alone
        self.back = board.back if alone else []
        self._record = bytearray(RECORD_BYTES_MAX)
        self._ledger = Ledger((_BAND,))
        self._ledger.clear()

    def tend(self, now: int) -> None:
        """Pledge airtime before it is spent."""
        if self._ledger.wants_pledge:
            self._board.store.pledge(self._ledger.pledge(self._record))
            self._ledger.pledged()

    def linked(self) -> bool:
        """Return whether there is a link."""
        return self._board.linked_up or not self._alone

    def ready(self, n: int, is_alarm: bool, now: int, tries: int = 0) -> bool:
        """Return whether the law lets a frame of `n` bytes go."""
        return self.up() and self._ledger.may(_BAND, airtime_ms(n, _SF), is_alarm, now)

    def busy_ms(self, n: int) -> int:
        """Return how long no ack can be heard."""
        return _BUSY_MS

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Spend the airtime, and have the frame acknowledged."""
        self._ledger.spend(_BAND, airtime_ms(n, _SF), self._board.now())
        self._board.carry(buf, n, self.back, ACK_MS, "sent_%d" if self._alone else "air_%d")
        return True

    def receive(self, buf: bytearray) -> int:
        """Give the badge the next frame that is there."""
        return self._board.take(self.back, buf) if self.up() else 0
