"""Which LoRa radio does this badge have, and what may it still send after a reset?

The ledger of airtime goes on from RTC memory, which is exact, or from the pledge in flash, which holds at least what
was sent. Without either, everything counts as spent, and LoRa is silent for an hour; with one exception. A pairing that
has reserved no counter, on a badge whose flash never held a pledge, has sent nothing: no frame goes without both. Only
who erases the whole flash of a badge that has just been sending, and pairs it again, could exceed the hour; that is a
technician's cable and act.

A pledge is written here, while the radio only listens, so that the lifeboat has one too.

An alarm goes with all the power that the law and the chip allow, and so does everything after a frame that had no
answer, and a SIGHTING, since how strong it is at a bridge says where the badge is. The rest goes with what leaves a
reserve at the bridge, as the bridge's own frames tell: what it loses on its way here is lost on the way there too. Only
what could be believed is weighed.

Who is not answered may be deaf (see Lora) before a minute is quiet, since others are heard, or frames that nobody can
believe. So after four frames in vain, of those that get an ack, the chip calibrates before the next, and then is made
anew, at first soon, and more and more seldom; in an alarm at least once a minute. That costs no airtime, and no try.
"""

from firmware.board.lora import DOWN, Lora
from firmware.link.frame import SIGHTING, UNACKED
from firmware.link.ledger import Ledger
from firmware.link.region import band_of, power_dbm
from firmware.ticks import after, due, since
from micropython import const

_RECORD_BYTES = const(55)  # a band; the next ones take two less
_ANTENNA_DBI = const(3)  # a whip of 2.15 dBi, rounded up
_WEAK_DBM = const(10)  # after a dip of the supply: a third of the current
ALARM_BYTES = const(24)
_ACK_BYTES = const(15)
_ACK_LATE_MS = const(150)  # a commit, the cable, and looks at the channel
_MISSING_MS = const(1000)  # pauses longer than this follow the second failure in a row
_PLEDGE_AGAIN_MS = const(10000)
_VAIN_FIRST = const(4)  # frames without an answer, until the radio is cured
_VAIN_AGAIN = const(2)
_CURE_MS = const(15000)  # so long after a first cure comes a second, then twice as long, and so on ...
_CURE_ALARM_MOST_MS = const(60000)  # ... up to this in an alarm, where hearing nothing is worst
_CURE_MOST_MS = const(600000)
_CURES_MOST = const(7)  # counted so far
_RESERVE_DB = const(15)  # a body between, a door that is shut: people move, and heartbeats come every five minutes
_STEP_DB = const(3)
_LEAST_DBM = const(2)
_BRIDGE_DBM = const(22)  # at most; if it sends with less, we only send with more than we must
_SNR_TELLS_QUARTERS = const(20)  # above 5 dB a chip's SNR says little, and the RSSI is the better measure
_WEAKEST_DBM = const(-124)  # at SF7; 2.5 dB less with each step (SX1276 data sheet table 13, noise figure 6 dB)
_SNR_LIMIT_QUARTERS = const(-30)  # at SF7, the same


class Radio(Lora):
    """The radio of board `pins` on the channel of `lora`, {"khz", "sf"}; see Lora for what it does.

    make(khz, sf, dbm): returns a modem. memory, store: where the ledger is kept. weak: after a dip of the supply.
    bands: those that it may ever send in, if they are more than this channel's.
    """

    metered = True  # the law counts what it sends

    def __init__(self, make, pins, lora, memory, store, weak=False, bands=()):
        self._khz = lora["khz"]
        self._sf = lora["sf"]
        band = band_of(self._khz)
        self._most_dbm = self._set_dbm = self._dbm = most_dbm(pins, band, weak)
        bands = bands or (band,)
        self.unheard = False  # no answer came to the last frame, so far
        self._memory = memory
        self._record = bytearray(_RECORD_BYTES * len(bands))
        self._saved = store.ledger(len(self._record))
        self._due_at = -1
        self._vain = 0  # frames since the last answer or cure
        self._fails = 0  # since the last answer
        self._asked_at = 0
        self._answers = False  # had there ever been one
        self._sent_at = -1  # when any frame went last
        self._alarm_at = -1  # when a frame of an alarm went last

        def begin():
            self._set_dbm = self._most_dbm
            return make(self._khz, self._sf, self._most_dbm)

        super().__init__(begin, band, Ledger(bands), self._keep_ledger)
        ledger, record = self._ledger, self._record
        if not ledger.load(record, memory.load_ledger(record)):
            if ledger.load(record, self._saved.load(record)):
                ledger.owe()
            elif store.unused() and self._saved.empty():
                ledger.clear()
        if ledger.wants_pledge:
            self._pledge(0)

    def tend(self, now):
        """Look after the radio; quick, call it often."""
        super().tend(now)
        if self._ledger.wants_pledge and self.up() and (self._due_at < 0 or due(self._due_at, now)):
            self._pledge(now)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Take `buf[:n]` to be sent, with all power or with what is enough; see Lora."""
        dbm = self._most_dbm if is_alarm or self.unheard or buf[0] == SIGHTING else self._dbm
        if dbm != self._set_dbm and self.configure({"output_power": dbm}):
            self._set_dbm = dbm
        if not super().send(buf, n, is_alarm, calls):
            return False
        self._sent_at = self._now
        if is_alarm:
            self._alarm_at = self._now
        if buf[0] not in UNACKED:
            self._vain = min(self._vain + 1, _VAIN_FIRST)
            self.unheard = True
        return True

    def answered(self):
        """Note that the frame read last could be believed, and so proves a gateway behind this radio."""
        self.unheard = False
        self.reached()
        steps = self._sf - 7
        if self.snr_quarter_db < _SNR_TELLS_QUARTERS:
            margin_db = (self.snr_quarter_db - _SNR_LIMIT_QUARTERS + 10 * steps) // 4
        else:
            margin_db = self.rssi_dbm - _WEAKEST_DBM + 5 * steps // 2
        enough = max(_LEAST_DBM, _BRIDGE_DBM - max(0, margin_db - _RESERVE_DB))
        self._dbm = min(self._most_dbm, max(enough, self._dbm - _STEP_DB))

    def reached(self):
        """Note that somebody is heard: this receiver is not deaf."""
        self._vain = self._fails = 0
        self._answers = True

    def linked(self):
        """Return whether there is a radio, even if it is busy just now."""
        return self.state != DOWN

    def ready(self, n, is_alarm, now, tries=0):
        """Return whether a frame of `n` bytes could be sent at once. tries: how often it was sent in vain."""
        if not self.up():
            return False
        if (tries or not is_alarm) and self._sent_at >= 0:
            if 0 <= since(self._sent_at, now) < self.busy_ms(n) + _ACK_LATE_MS:
                return False  # the ack of the frame before may be on its way, and only a new alarm talks over it
        self._ledger.alarm_ms = self._airtime_ms(ALARM_BYTES, False)
        if is_alarm and self._paced(self._band, self._ledger.alarm_ms, self._alarm_at, tries, now):
            return False
        if not self._ledger.may(self._band, self._airtime_ms(n, False), is_alarm, now):
            return False
        return is_alarm and not tries or not self.cure(is_alarm, now)  # nothing keeps a new alarm

    def cure(self, is_alarm, now):
        """Have a radio that nobody answers hear again, before a frame that it could send; return whether it is busy."""
        cures = self._fails
        if self._vain < (_VAIN_AGAIN if cures else _VAIN_FIRST) or not (self._answers or is_alarm):
            return False
        pause_ms = min(_CURE_MS << cures >> 1, _CURE_ALARM_MOST_MS if is_alarm else _CURE_MOST_MS)
        if cures and 0 <= since(self._asked_at, now) < pause_ms:
            return False
        self._vain, self._asked_at = 0, now
        self._fails = min(cures + 1, _CURES_MOST)
        try:
            if cures:
                self._rebuild()
            else:
                self._recalibrate(now)
        except (OSError, RuntimeError):
            self._fail(now)
        return True

    def _paced(self, band, airtime_ms, at, tries, now):
        # whether it is too soon after the last frame of an alarm there
        return at >= 0 and 0 <= since(at, now) < self._ledger.pace_ms(band, airtime_ms, tries, now)

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
        if self._pause_ms > _MISSING_MS or self._due_at >= 0:
            return True
        return self.wait_ms(ALARM_BYTES, True, now) > 0

    def _keep_ledger(self, ledger):
        self._memory.save_ledger(self._record, ledger.save(self._record))

    def _pledge(self, now):
        n = self._ledger.pledge(self._record)
        try:
            self._saved.save(self._record, n)
        except OSError:
            self.failures += 1
            self._ledger.refused = True
            self._due_at = after(now, _PLEDGE_AGAIN_MS)  # without one alarms alone are sent; `missing` says so
            return
        self._due_at = -1
        self._ledger.pledged()
        self._keep_ledger(self._ledger)


def most_dbm(pins, band, weak):
    """Return the power that law and chip allow in `band`, dBm; less where the supply is `weak`."""
    return power_dbm(band, _ANTENNA_DBI, _WEAK_DBM if weak else 22 if pins.LORA == "sx1262" else 17)


def radio(pins, lora, memory, store):
    """Return the Radio of a board, or None where micropython-lib's package is not installed."""
    try:
        from firmware.board.modem import build, chip

        chip(pins.LORA)  # loaded now, while the heap is empty
    except ImportError:
        return None
    # of the board's file only what a modem is made of, again and again: the rest gives its room back
    pins = type("Pins", (), {name: getattr(pins, name) for name in dir(pins) if name.startswith("LORA")})

    def make(khz, sf, dbm):
        return build(pins, khz, sf, dbm)

    if "then" in lora:
        from firmware.board.fallback_channel import FallbackChannel  # only who has a second channel pays for it

        return FallbackChannel(make, pins, lora, memory, store, memory.dips > 0)
    return Radio(make, pins, lora, memory, store, memory.dips > 0)


def sleep(board, pins):
    """Return what puts a board without Wi-Fi to sleep, or None where its button cannot wake it."""
    if not hasattr(pins, "WAKE_EXT0"):
        return None
    from firmware.board.sleep import Sleep

    return Sleep(board.button, board.radio, pins.WAKE_EXT0, pins.WAKE_EXT1)
