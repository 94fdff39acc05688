"""Which modem needs no chip? What is common to those that stand for firmware/board/modem.py over a simulated air.

And what a badge just paired keeps for firmware/board/radio.py, which stands above them.
"""

from firmware.link.airtime import airtime_us

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Mapping


class Packet(bytes):
    """A frame as the package `lora` hands it on, with `rssi` (dBm) and `snr` (quarter dB)."""

    rssi = snr = 0


class Modem:
    """A modem in which nothing breaks. sf: spreading factor; payload: what is sent next, or was last."""

    can_doze = dozing = False

    def __init__(self, sf: int) -> None:
        self.sf = sf
        self.payload = b""
        self.preamble_len = 8

    def configure(self, cfg: "Mapping[str, int]") -> None:
        """Take the settings that are changed on the way."""
        self.preamble_len = cfg.get("preamble_len", self.preamble_len)

    def get_time_on_air_us(self, n: int) -> int:
        """Return the time on air with the preamble that is set."""
        us: int = airtime_us(n, self.sf, self.preamble_len)
        return us

    def alive(self) -> bool:
        """Return True: nothing breaks here."""
        return True

    def is_idle(self) -> bool:
        """Return False: it does not stop receiving by itself."""
        return False

    def standby(self) -> None:
        """Hear nothing."""

    def recalibrate(self) -> None:
        """Do nothing: nobody is deafened here."""

    def prepare_send(self, data: bytes | bytearray) -> None:
        """Take the bytes."""
        self.payload = bytes(data)


class Pocket:
    """RTC memory and flash in one, with nothing in them; also the board's file."""

    LORA = "sx1262"

    def ledger(self, most: int) -> "Pocket":
        """Return where the pledges are kept."""
        return self

    def load_ledger(self, record: bytearray) -> int:
        """Return the length of the record in RTC memory: none yet."""
        return 0

    def load(self, record: bytearray) -> int:
        """Return the length of the pledge in flash: none yet."""
        return 0

    def unused(self) -> bool:
        """Return whether no counter was ever reserved."""
        return True

    empty = unused

    def save_ledger(self, record: bytearray, n: int) -> None:
        """Keep the record in RTC memory."""

    save = save_ledger
