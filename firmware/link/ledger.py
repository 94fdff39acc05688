"""May this frame be sent now, and if not, when? The law's hour of airtime, per band, kept over any reset.

The law counts transmissions within any hour (region.py). Here time is cut into slots, and what was sent in a slot is
forgotten only when the whole slot has left the hour, so what is counted is never less than what the law counts. Three
tenths of each band at least are for alarms only.

An alarm that nobody hears would spend the hour in minutes at a high SF, and then be silent for the rest of it. So its
tries keep a pace (`pace_ms`) that leaves a third of the budget for all else, and goes on for ever at two tries in every
minute, so that one may be lost: 160 in the 4,000 s that are counted here, 237 s of airtime at SF12 and 132 s at SF11,
out of 360 s in band P. As much is kept from all else by whoever sets `alarm_ms`, as badges do.

A slot lasts 160 s, not 150: 24 of them are 3,840 s, so a badge clock that runs up to 6 % fast (the ESP32 sleeps on an
RC oscillator) still counts a true hour. A clock that jumps back, or stands for longer than half its circle, makes
nothing forgotten. A ledger that knows nothing has everything spent: a badge whose records are all gone is silent on
LoRa for an hour, since nobody can say what it sent before.

Two records outlive a reset, both written by the hallway:

    save()    into RTC memory, after each `spend` and before its frame goes; exact
    pledge()  into flash, seldom: airtime is pledged there before it is spent, as counters are, so that after a power
              cut the record holds at least what was sent. Without a pledge nothing may be sent: `wants_pledge` says
              it is time, `pledged()` that the flash has it.

Where flash refuses a pledge (`refused`), an alarm goes all the same, with a thirtieth of the budget on loan: RTC memory
knows what was lent, and a power cut forgets no more than that. So whoever has only the record in flash left takes a
loan for spent (`owe`), and nobody lends before a pledge of this life has told flash of the last one.

    record    mark 1 | bands 1 | per band: band 1 | pledge left, in 8 ms 2 | per slot, newest first: in 8 ms 2

Time between two lives is not known, so it counts as none.
"""

from array import array

from firmware.limits import SCARCE_MS, TRIES_SOON
from firmware.link.frame import get16, put16
from firmware.link.region import budget_ms
from firmware.ticks import after, since
from micropython import const

SLOT_MS = const(160000)
SLOTS = const(25)  # the one that runs, and an hour of full ones
PLEDGE_MS = const(2000)  # one flash write for some thirty frames at SF7; also the longest frame that may be sent
RECORD_BYTES_MAX = const(2 + 6 * (3 + 2 * SLOTS))

_MARK = const(0x4C)
_UNIT_MS = const(8)
_BAND_BYTES = const(3 + 2 * SLOTS)
_SPAN_MS = const(4000000)  # SLOTS of them: as long may what was spent still count
_LOAN_PART = const(30)  # of a band's budget; at SF7 in band P some 190 frames, at SF12 eight
_TRIES = const(160)  # at the pace for scarce hours, within it

# an hour, 6 % of it, and the frame that was under way when its slot ended
assert SLOTS * SLOT_MS == _SPAN_MS and (SLOTS - 1) * SLOT_MS >= 3600000 * 106 // 100 + PLEDGE_MS


def _left_ms(buf, at):
    left = get16(buf, at)  # what was lent is below zero
    return (left - 0x10000 if left & 0x8000 else left) * _UNIT_MS


class Ledger:
    """Airtime of `bands` (numbers of region.py)."""

    def __init__(self, bands):
        self.bands = bytes(bands)
        self._budget = array("i", [budget_ms(band) for band in bands])
        self._spent = array("i", bytes(4 * SLOTS * len(bands)))  # newest first
        self._left = array("i", bytes(4 * len(bands)))  # of the pledge in flash
        self._next = array("i", bytes(4 * len(bands)))  # of the pledge that is being written
        self._at = -1  # when the newest slot began; -1: not known yet
        self.wants_pledge = True
        self.refused = False  # flash has not taken the last pledge
        self._lends = False
        self.alarm_ms = 0  # how long a frame of an alarm takes, for which this is kept too
        for i in range(len(bands)):
            self._spent[i * SLOTS] = self._budget[i]

    def clear(self):
        """Forget all: for a badge that is known to have been silent for an hour, at its pairing."""
        for i in range(len(self._spent)):
            self._spent[i] = 0

    def may(self, band, airtime_ms, is_alarm, now):
        """Return whether a frame of `airtime_ms` may be sent in `band` at `now`."""
        i = self._place(band)
        if i < 0:
            return False
        if airtime_ms > self._left[i]:
            self.wants_pledge = True
            if not (is_alarm and self.refused and self._lends) or airtime_ms > self._left[i] + self._loan_ms(i):
                return False
        self._pass(now)
        return self._sum(i) + airtime_ms <= self._most(i, is_alarm)

    def wait_ms(self, band, airtime_ms, is_alarm, now):
        """Return how long the law makes this frame wait, ms; -1 for ever. 0 can still mean: after a pledge."""
        i = self._place(band)
        if i < 0 or airtime_ms > PLEDGE_MS:
            return -1
        self._pass(now)
        most = self._most(i, is_alarm) - airtime_ms
        if most < 0:
            return -1
        total = self._sum(i)
        if total <= most:
            return 0
        for slot in range(SLOTS - 1, -1, -1):
            total -= self._spent[i * SLOTS + slot]
            if total <= most:
                # a slot leaves when SLOTS - slot further ones have begun
                return (SLOTS - slot) * SLOT_MS - max(0, since(self._at, now))
        return -1

    def pace_ms(self, band, airtime_ms, tries, now):
        """Return how far apart two frames of an alarm keep, ms, after `tries` of it in vain, for its first none.

        So two more are lawful in every minute, at every SF in band P; where less is lawful, as often as that can be.
        """
        i = self._place(band)
        if i < 0:
            return 0
        steady_ms = airtime_ms * (_SPAN_MS // (self._budget[i] * 2 // 3))
        little = self._kept(i, airtime_ms)
        if self.left_ms(band, now) < (little if tries else little * 5 // 6):
            return max(SCARCE_MS, steady_ms)
        return steady_ms if tries >= TRIES_SOON else 0

    def spend(self, band, airtime_ms, now):
        """Book a frame that is about to be sent at `now`. Raises ValueError for a band that is not kept."""
        i = self._place(band)
        if i < 0:
            raise ValueError
        self._pass(now)
        self._spent[i * SLOTS] += airtime_ms
        self._left[i] = max(-self._loan_ms(i), self._left[i] - airtime_ms)
        self._next[i] = max(0, self._next[i] - airtime_ms)
        if self._left[i] < PLEDGE_MS // 2:
            self.wants_pledge = True

    def spent_ms(self, band, now):
        """Return what counts as spent in `band` now, ms."""
        i = self._place(band)
        self._pass(now)
        return self._sum(i) if i >= 0 else 0

    def left_ms(self, band, now):
        """Return what may still be sent in `band` within this hour, alarms' share included, ms."""
        i = self._place(band)
        return max(0, self._budget[i] - self.spent_ms(band, now)) if i >= 0 else 0

    def save(self, buf):
        """Write the record for RTC memory into `buf`; return its length."""
        for i in range(len(self.bands)):
            put16(buf, 2 + i * _BAND_BYTES + 1, self._left[i] // _UNIT_MS & 0xFFFF)
        return self._record(buf, 0)

    def pledge(self, buf):
        """Write the record for flash into `buf`, with a pledge counted as spent; return its length."""
        for i in range(len(self.bands)):
            put16(buf, 2 + i * _BAND_BYTES + 1, 0)
            self._next[i] = PLEDGE_MS
        return self._record(buf, PLEDGE_MS)

    def pledged(self):
        """Believe the last `pledge`: flash has it."""
        self.wants_pledge = self.refused = False
        self._lends = True
        for i in range(len(self.bands)):
            self._left[i] = self._next[i]

    def owe(self):
        """Count a loan as spent: power was cut, and nobody knows whether there was one."""
        for i in range(len(self.bands)):
            self._spent[i * SLOTS] += self._loan_ms(i)

    def load(self, buf, n):
        """Go on from a record, as if no time had passed; return False, changing nothing, for bytes that are not one.

        Of a band that the record does not name nothing is learnt: a badge paired with one more still knows the first.
        """
        if n < 2 or n != 2 + buf[1] * _BAND_BYTES or buf[0] != _MARK:
            return False
        known = False
        for at in range(2, n, _BAND_BYTES):
            if _left_ms(buf, at + 1) > PLEDGE_MS:
                return False
            known = known or self._place(buf[at]) >= 0
        if not known:
            return False
        for at in range(2, n, _BAND_BYTES):
            i = self._place(buf[at])
            if i < 0:
                continue
            self._left[i] = max(-self._loan_ms(i), _left_ms(buf, at + 1))
            self._lends = self._lends or self._left[i] != 0
            self._next[i] = 0
            for slot in range(SLOTS):
                self._spent[i * SLOTS + slot] = get16(buf, at + 3 + 2 * slot) * _UNIT_MS
        self._at = -1
        self.wants_pledge = min(self._left) < PLEDGE_MS // 2
        return True

    def _place(self, band):
        for i in range(len(self.bands)):
            if self.bands[i] == band:
                return i
        return -1

    def _loan_ms(self, i):
        return self._budget[i] // _LOAN_PART

    def _most(self, i, is_alarm):
        budget = self._budget[i]
        return budget if is_alarm else budget - max(budget * 3 // 10, self._kept(i, self.alarm_ms))

    def _kept(self, i, airtime_ms):
        return min(_TRIES * airtime_ms, self._budget[i] * 2 // 3)

    def _sum(self, i):
        total = 0
        for slot in range(i * SLOTS, i * SLOTS + SLOTS):
            total += self._spent[slot]
        return total

    def _pass(self, now):
        # Let the slots grow old. Between two lives, and when the clock has jumped back, no time has passed for sure.
        if self._at < 0:
            self._at = now
        span = since(self._at, now)
        if span < 0:
            self._at = now
        while span >= SLOT_MS:
            for at in range(len(self._spent) - 1, -1, -1):
                self._spent[at] = self._spent[at - 1] if at % SLOTS else 0
            span -= SLOT_MS
            self._at = after(self._at, SLOT_MS)
            if span >= SLOTS * SLOT_MS:  # an hour and more of silence: what remains of it changes nothing
                self._at = now
                self.clear()
                return

    def _record(self, buf, ms):
        # ms: what counts as spent beside what is
        buf[0] = _MARK
        buf[1] = len(self.bands)
        for i in range(len(self.bands)):
            at = 2 + i * _BAND_BYTES
            buf[at] = self.bands[i]
            for slot in range(SLOTS):
                spent_ms = self._spent[i * SLOTS + slot] + (ms if slot == 0 else 0)
                put16(buf, at + 3 + 2 * slot, min((spent_ms + _UNIT_MS - 1) // _UNIT_MS, 0xFFFF))
        return 2 + len(self.bands) * _BAND_BYTES
