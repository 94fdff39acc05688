"""Which bridge is spoken to when the first does not hear this badge? A radio with a second channel, for who has one.

A pairing may name it in lora["then"]: another bridge's, slower, and perhaps in another band. After every three tries of
one thing that no route had an answer to, the channels change, so that neither is starved; and where the law, or the
pace that keeps it, makes a frame wait on one, the other takes it. The badge listens, and dozes, where it has sent last:
the gateway answers and calls where it was heard last. Every ten minutes a heartbeat is tried on the first channel
again; an alarm never goes anywhere else than where the last answer came from, until that is silent. Each band has an
account of its own.

Only sealed answers end a try (link/outbox.py counts them), so nobody holds a badge on a channel by forging some.
"""

from firmware.board.radio import ALARM_BYTES, Radio, most_dbm
from firmware.link.airtime import airtime_ms
from firmware.link.ledger import PLEDGE_MS
from firmware.link.region import band_of
from firmware.ticks import since
from micropython import const

_TRIES = const(3)
_AWAY_MS = const(600000)


class FallbackChannel(Radio):
    """A Radio on `lora` or on lora["then"]; see Radio."""

    def __init__(self, make, pins, lora, memory, store, weak=False):
        then = lora["then"]
        band = band_of(then["khz"])
        own = band_of(lora["khz"])
        self._other = (then["khz"], then["sf"], band, most_dbm(pins, band, weak))
        self._tries = 0  # of what was asked for last
        self._other_at = -1  # when a frame of an alarm went there last
        self._away_at = -1  # since when it is on the other channel; -1: it is not
        super().__init__(make, pins, lora, memory, store, weak, (own, band) if band != own else (own,))

    def ready(self, n, is_alarm, now, tries=0):
        """Return whether a frame of `n` bytes could be sent at once, if need be on the other channel; see Radio."""
        if self.up():
            leave = tries != self._tries and tries >= _TRIES and tries % _TRIES == 0
            back = not (tries or is_alarm or self._away_at < 0) and since(self._away_at, now) >= _AWAY_MS
            self._tries = tries
            alarm_ms = self._airtime_ms(ALARM_BYTES, False)
            paced = is_alarm and self._paced(self._band, alarm_ms, self._alarm_at, tries, now)
            if leave or back or paced or self.wait_ms(n, is_alarm, now):
                _, sf, band, _ = self._other
                paced = is_alarm and self._paced(band, airtime_ms(ALARM_BYTES, sf), self._other_at, tries, now)
                # the longest frame of all, since nobody has asked a modem what this one takes there
                if not paced and not self._ledger.wait_ms(band, PLEDGE_MS, is_alarm, now):
                    self._turn(now)
        return super().ready(n, is_alarm, now, tries)

    def _turn(self, now):
        khz, sf, band, dbm = self._other
        self._other = (self._khz, self._sf, self._band, self._most_dbm)
        self._khz, self._sf, self._band = khz, sf, band
        self._most_dbm = self._set_dbm = self._dbm = dbm
        self._alarm_at, self._other_at = self._other_at, self._alarm_at
        self._away_at = now if self._away_at < 0 else -1
        self._modem.sf = sf
        self.configure({"freq_khz": khz, "sf": sf, "output_power": dbm})
