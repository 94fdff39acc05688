"""Which LoRa radio does this badge have, and what may it still send after a reset?

The ledger of airtime goes on from RTC memory, which is exact, or from the pledge in flash, which holds at least what
was sent. Without either, everything counts as spent, and LoRa is silent for an hour; with one exception. A pairing that
has reserved no counter, on a badge whose flash never held a pledge, has sent nothing: no frame goes without both. Only
who erases the whole flash of a badge that has just been sending, and pairs it again, could exceed the hour; that is a
technician's cable and act.

A pledge is written here, while the radio only listens, so that the lifeboat has one too.
"""

from firmware.board.lora import DOWN, Lora
from firmware.link.ledger import Ledger
from firmware.link.region import band_of, power_dbm
from firmware.ticks import after, due
from micropython import const

_RECORD_BYTES = const(64)  # one band takes 55
_ANTENNA_DBI = const(3)  # a whip of 2.15 dBi, rounded up
_MOST_DBM = {"sx1262": 22, "sx1276": 17}
_WEAK_DBM = const(10)  # after a dip of the supply: a third of the current
_ALARM_BYTES = const(24)
_ACK_BYTES = const(15)
_MISSING_MS = const(1000)  # pauses longer than this follow the second failure in a row
_PLEDGE_AGAIN_MS = const(10000)


class Radio(Lora):
    """The radio of board `pins` on the channel of `lora`, {"khz", "sf"}; see Lora for what it does.

    make(khz, sf, dbm): returns a modem. memory, store: where the ledger is kept. weak: after a dip of the supply.
    """

    metered = True  # the law counts what it sends

    def __init__(self, make, pins, lora, memory, store, weak=False):
        khz = lora["khz"]
        sf = lora["sf"]
        band = band_of(khz)
        dbm = power_dbm(band, _ANTENNA_DBI, _MOST_DBM[pins.LORA])
        if weak:
            dbm = min(dbm, _WEAK_DBM)
        self._memory = memory
        self._slots = store.ledger()
        self._record = bytearray(_RECORD_BYTES)
        self._pledge_at = -1
        super().__init__(lambda: make(khz, sf, dbm), band, Ledger((band,)), self._keep_ledger)
        self._recall(store)
        if self._ledger.wants_pledge:
            self._pledge(0)

    def tend(self, now):
        """Look after the radio; quick, call it often."""
        super().tend(now)
        if self._ledger.wants_pledge and self.up() and (self._pledge_at < 0 or due(self._pledge_at, now)):
            self._pledge(now)

    def linked(self):
        """Return whether there is a radio, even if it is busy just now."""
        return self.state != DOWN

    def ready(self, n, is_alarm, now):
        """Return whether a frame of `n` bytes could be sent at once."""
        return self.up() and self._ledger.may(self._band, self._airtime_ms(n, False), is_alarm, now)

    def busy_ms(self, n):
        """Return how long a frame of `n` bytes and its ack take: another frame would drown the ack."""
        if self._modem is None:
            return 0
        return self._airtime_ms(n, False) + self._airtime_ms(_ACK_BYTES, False)

    def left_s(self, now):
        """Return how long this radio may still send within this hour, s."""
        return self._ledger.left_ms(self._band, now) // 1000

    def missing(self, now):
        """Return whether the wearer has no LoRa: no chip twice in a row, no pledge, or no time left for an alarm."""
        if self._pause_ms > _MISSING_MS or self._pledge_at >= 0:
            return True
        return self.wait_ms(_ALARM_BYTES, True, now) > 0

    def _recall(self, store):
        ledger = self._ledger
        record = self._record
        n = self._memory.load_ledger(record)
        if n and ledger.load(record, n):
            return
        n = self._slots.load(record)
        if n and ledger.load(record, n):
            return
        if store.unused() and self._slots.empty():
            ledger.clear()

    def _keep_ledger(self, ledger):
        self._memory.save_ledger(self._record, ledger.save(self._record))

    def _pledge(self, now):
        n = self._ledger.pledge(self._record)
        try:
            self._slots.save(self._record, n)
        except OSError:
            self.failures += 1
            self._pledge_at = after(now, _PLEDGE_AGAIN_MS)  # without one nothing is sent, and `missing` says so
            return
        self._pledge_at = -1
        self._ledger.pledged()
        self._keep_ledger(self._ledger)


def radio(pins, lora, memory, store):
    """Return the Radio of a board, or None where micropython-lib's package is not installed."""
    try:
        from firmware.board.modem import build, chip

        chip(pins.LORA)  # loaded now, while the heap is empty
    except ImportError:
        return None

    def make(khz, sf, dbm):
        return build(pins, khz, sf, dbm)

    return Radio(make, pins, lora, memory, store, memory.dips > 0)


def sleep(board, pins):
    """Return what puts a board without Wi-Fi to sleep, or None where its button cannot wake it."""
    if not hasattr(pins, "WAKE_EXT0"):
        return None
    from firmware.board.sleep import Sleep

    return Sleep(board.button, board.radio, pins.WAKE_EXT0, pins.WAKE_EXT1)
