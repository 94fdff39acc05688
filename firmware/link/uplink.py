"""What does this badge say, and with which bytes? Things to tell in, one sealed frame at a time out.

Each frame is made when it is sent, from the newest numbers, under a counter of its own. What it is made of waits in the
outbox as a type and three numbers, a, b and c:

    ALARM       alarm id | kind << 4 and what | revision; of a test which parts passed
    HEARTBEAT   0 | state << 8 and battery | faults
    ANSWER      caller | alarm id | 0
    CALLED      caller | alarm id | kind
    WISH        order | value | 0
    TOLD        downlink counter | gateway | 0
    REFUSED     downlink counter | gateway | why
    ABLE        0 | version | abilities
    REPORT      0 | crashes | abilities         the rest stands in `report`
    SIGHTING    0 | 0 | 0                       what was heard stands in `seen`
"""

from array import array

from firmware.codes import (
    ABLE_AGAIN, ABLE_REFUSES, KIND_TEST, KNOWS_REFUSED, ORDER_NOTHING, ORDER_TIME, ORDER_UPDATE, VERSION, WANTS_TIME,
    WHAT_CANCELLED, WHAT_MASK, WHAT_PRE_ALARM, WHY_UNKNOWN,
)
from firmware.limits import COUNTER_LOW, ONCE_FIRST_MS, ONCE_MOST_MS, SEEN_METERED, SEEN_MOST, TRIES_OTHER, VAIN
from firmware.link import frame, outbox
from firmware.link.frame import COUNTER_END
from firmware.link.outbox import Outbox
from firmware.link.seal import KEY_BYTES, NONCE_BYTES, Seal
from firmware.ticks import after, due, kept, since
from micropython import const


class Counter:
    """Which number may the next frame carry, so that none is ever used twice?

    Blocks of counters are reserved in flash by the hallway before they are granted here, so a power cut wastes the rest
    of a block and repeats nothing. Without a grant nothing is sent: a badge that lost its counter must be paired again.
    It has lost it, too, when a gateway has heard a counter that this life has not reached: then the flash is older than
    the badge. `start` is the first of this life, by which downlinks prove to be fresh; -1 without a grant.

    least: no block may be granted that begins below it.
    """

    def __init__(self):
        self.start = -1
        self.least = 0
        self._next = 0
        self._end = 0

    def grant(self, start, end):
        """Allow `start <= counter < end`. A later grant must begin where the last one ended."""
        if not 0 <= start < end <= COUNTER_END:
            raise ValueError
        if self.start < 0:
            self.start = start
            self._next = start
        elif start != self._end:
            raise ValueError
        self._end = end

    def take(self):
        """Spend a counter and return it, or -1 when none is granted."""
        if self._next >= self._end:
            return -1
        self._next += 1
        return self._next - 1

    def heard(self, counter):
        """Take that a gateway has heard `counter`; one that is not spent yet means that none can be spent any more."""
        if counter >= self._next:
            self._next = self._end
            self.least = COUNTER_END

    def low(self):
        """Return whether the next block should be reserved now."""
        return self._end - self._next < COUNTER_LOW


NEVER = const(-1)
_TURNS = const(32)
_TURN_MS = const(80)  # a CALLED over LoRa, SF7, and a look before it
_AGE_MOST = const(255)
_ABLE_MS = const(500)  # the heartbeat beside it goes first, and its ack
_SECRET_AT = const(14)  # in a KEY
_REPORT = const(0)  # what is told once: this, and the next
_ABLE = const(1)
_MINUTE_MS = const(60000)
_MINUTES = const(0xFFFF)  # a circle of 45 days, 1 .. 65535


class Uplink:
    """Speaks for `device` under its 16-byte `key`. The attributes below are kept up to date by the badge."""

    def __init__(self, device, key):
        self.counter = Counter()
        self.outbox = Outbox()
        self.told_counter = NEVER  # first frame of this life that told the alarm's newest revision
        self.alarm_id = NEVER
        self.revision = 0
        self.edge_at = 0
        self.battery16 = 15  # fifteenths; 15: not known
        self.sent_counter = NEVER
        self.lately = self._beat = NEVER  # the last frame before the heartbeat before the last, and before the last
        self.report = None  # what a REPORT tells, until a gateway has it
        self.keys = None  # the next ones, up and down: store them, then `rekey`
        self.gateway = 0  # version of the gateway, once that has said so
        self.seen = None  # what a SIGHTING tells (firmware/link/sighting.py)
        self.able = ABLE_REFUSES | ABLE_AGAIN  # what an ABLE tells
        self.update = (0, 0)  # counter and gateway of the order to update
        self.metered = False  # the next frame goes where the law counts bytes, too
        self._linked = False  # a gateway has acked something
        self._pause_ms, self._due_at = array("i", (0, 0)), array("i", (0, 0))  # of _REPORT and _ABLE
        self._crashes = 0  # of which a REPORT tells
        self._minute = self._at = 0  # the house's minute, and when it began
        self._gateway = self._number = 0  # whose KEY `keys` are, and its downlink counter
        self.device = device
        self.seal = Seal(key)
        self._nonce = bytearray(NONCE_BYTES)

    def alarm(self, alarm_id, kind, what, revision, edge_at, now):
        """Tell the wearer's own alarm, newest revision; it replaces what stood there of the same alarm."""
        self.alarm_id = alarm_id
        self.revision = revision
        self.edge_at = edge_at
        rank = outbox.ALARM_RANK
        if what & WHAT_MASK == WHAT_PRE_ALARM:
            rank = outbox.PRE_ALARM_RANK
        elif what & WHAT_MASK == WHAT_CANCELLED:
            rank = outbox.REPORT_RANK
        self.outbox.put(rank, frame.ALARM, alarm_id, kind << 4 | what, revision, now)

    def test(self, alarm_id, passed, now):
        """Tell the shift's test; passed: PASSED_ bits."""
        self.outbox.put(outbox.REPORT_RANK, frame.ALARM, alarm_id, KIND_TEST << 4, passed, now)

    def heartbeat(self, rank, state, battery, faults, now):
        """Tell state (the byte of frame.py), battery in percent and faults; only the newest is kept."""
        if rank == outbox.HEARTBEAT_RANK:
            self.lately, self._beat = self._beat, self.sent_counter
        wants = 0 if self.minute(now) else WANTS_TIME
        self.outbox.put(rank, frame.HEARTBEAT, 0, state << 8 | battery, faults | wants, now)
        if self.report:
            if self.report[1] != self._crashes:  # another crash is another thing to tell, at once
                self._crashes = self.report[1]
                self._due_at[_REPORT] = now
            self._once(_REPORT, rank, frame.REPORT, self.report[1], now)
        self.introduce(rank, now)

    def introduce(self, rank, now):
        """Say which version this is, until a gateway has said which it is."""
        if self._linked and not self.gateway:
            self._once(_ABLE, rank, frame.ABLE, VERSION, now)

    def sighted(self, now):
        """Tell what is `seen`, once: the next time it is newer."""
        if self.seen.count:
            self.outbox.put(outbox.TOLD_RANK, frame.SIGHTING, 0, 0, 0, now)

    def _once(self, which, rank, type, b, now):
        # beside a heartbeat, and the more seldom the longer nobody acks it: an older gateway refuses it
        waited_ms = self._pause_ms[which]
        if waited_ms and not due(self._due_at[which], now):
            return
        slot = self.outbox.put(rank, type, 0, b, self.able, now)
        if slot < 0:
            return
        self._pause_ms[which] = min(2 * waited_ms, ONCE_MOST_MS) or ONCE_FIRST_MS
        self._due_at[which] = after(now, self._pause_ms[which])
        if waited_ms:
            self.outbox.tries[slot] = TRIES_OTHER - 2  # twice, for one may be lost
        if which == _ABLE:
            self.outbox.hold(slot, _ABLE_MS)

    def answer(self, caller, alarm_id, now):
        """Tell a colleague that this wearer comes."""
        self.outbox.put(outbox.ANSWER_RANK, frame.ANSWER, caller, alarm_id, 0, now)

    def minute(self, now):
        """Return the house's minute (frame.py), 0 while it is not known; heartbeats ask before the clock wraps."""
        while self._minute and since(self._at, now) >= _MINUTE_MS:
            self._minute = self._minute % _MINUTES + 1
            self._at = after(self._at, _MINUTE_MS)
        return self._minute

    def told(self, inbox, type, now, why=0):
        """Tell a gateway that its downlink, held by `inbox`, has arrived; keep the minute in it unless that is past.

        why: the WHY_ word for which an order is not carried out, 0 if it is.
        """
        if type > frame.ORDER_AGAIN:
            why = WHY_UNKNOWN
        if why and type >= frame.ORDER and type != frame.KEY:
            if self.gateway >= KNOWS_REFUSED:
                self.outbox.put(outbox.TOLD_RANK, frame.REFUSED, inbox.counter, inbox.gateway, why, now)
            self.introduce(outbox.TECHNICAL_RANK, now)  # once the gateway has said what it is, this can be said
            return
        if type == frame.ORDER:
            order, value = inbox.order, inbox.value
            if order == ORDER_NOTHING:  # it takes what it doubts once it hears this TOLD
                self.outbox.again(now)
            elif order == ORDER_UPDATE:
                self.update = (inbox.counter, inbox.gateway)
            elif order == ORDER_TIME and (not self.minute(now) or (value - self._minute) % _MINUTES < _MINUTES // 2):
                self._minute = value
                self._at = now
        self.outbox.put(outbox.TOLD_RANK, frame.TOLD, inbox.counter, inbox.gateway, 0, now)

    def refuse(self, why, now):
        """Tell that no update came of the order, and the WHY_ word for it."""
        self.outbox.put(outbox.TOLD_RANK, frame.REFUSED, *self.update, why, now)

    def called(self, caller, alarm_id, kind, now):
        """Tell that a group call is felt, in this badge's turn: all of the group have heard it at once."""
        slot = self.outbox.put(outbox.TOLD_RANK, frame.CALLED, caller, alarm_id, kind, now)
        if slot >= 0:
            self.outbox.hold(slot, self.device % _TURNS * _TURN_MS)

    def wish(self, order, value, now):
        """Ask the board for an order."""
        self.outbox.put(outbox.ANSWER_RANK, frame.WISH, order, value, 0, now)

    def take_keys(self, inbox, buf):
        """Take the KEY that `inbox` has opened in `buf`; return whether to tell now that it has arrived.

        Of own keys `rekey` tells, and of a group's key that is older than the present one nobody.
        """
        if inbox.value:
            return inbox.take_group(buf)
        self.keys = b"".join((self.seal.derive(buf, _SECRET_AT), inbox.seal.derive(buf, _SECRET_AT)))
        self._gateway = inbox.gateway
        self._number = inbox.counter
        return False

    def rekey(self, inbox, now):
        """Speak and listen under the next keys, which flash has by now, and tell so."""
        self.seal = Seal(self.keys[:KEY_BYTES])
        inbox.seal = Seal(self.keys[KEY_BYTES:])
        self.keys = None
        self.outbox.put(outbox.TOLD_RANK, frame.TOLD, self._number, self._gateway, 0, now)

    def next_frame(self, buf, now, state=0):
        """Write the next sealed frame into `buf`; return its length, 0 for none. `sent_counter` is then its counter.

        state: the alarm's, which is what its wearer knows.
        """
        slot = self.outbox.next(now)
        if slot < 0:
            return 0
        counter = self.counter.take()
        if counter < 0:
            return 0
        length = self._write(slot, buf, counter, now, state)
        self.outbox.sent(slot, counter, now)
        self.sent_counter = counter
        frame.nonce(self._nonce, frame.STREAM_UP, self.device, 0, counter)
        return self.seal.close(self._nonce, buf, frame.UP_HEAD, length)

    def stood_down(self, caller, alarm_id):
        """Tell no more that this wearer comes, or is called, to what is over."""
        self.drop(frame.ANSWER, caller, alarm_id)
        self.drop(frame.CALLED, caller, alarm_id)

    def drop(self, type, a=0, b=0):
        """Tell no more what waits under this type and these numbers."""
        box = self.outbox
        for i in range(len(box.rank)):
            if box.type[i] == type and box.a[i] == a and box.b[i] == b:
                box.free(i)

    def acked(self, counter, status=0):
        """Take the ack of the frame with `counter`: return the slot it frees, or -1 if nothing waits for it any more.

        The slot's type, a, b and c can be read until something else is put.
        """
        if self.outbox.vain >= VAIN:  # nobody was there to refuse it
            self._pause_ms[_REPORT] = self._pause_ms[_ABLE] = 0
        slot = self.outbox.acked(counter)
        self._linked = True
        if slot >= 0:
            if self.outbox.type[slot] == frame.ABLE:
                self.gateway = max(status, 1)
            self.outbox.free(slot)
            ours = self.outbox.type[slot] == frame.REPORT and self.report  # one that was given up has a late ack, too
            if ours and self.outbox.b[slot] == self.report[1]:
                self.report = None  # and it has not crashed again meanwhile
        return slot

    def _write(self, slot, buf, counter, now, state):
        box = self.outbox
        type = box.type[slot]
        a = box.a[slot]
        b = box.b[slot]
        c = box.c[slot]
        if type == frame.ALARM:
            kind = b >> 4
            if kind == KIND_TEST:
                return frame.alarm(buf, self.device, counter, a, kind, b & 0x0F, 0, self.battery16, c, 0)
            ours = a == self.alarm_id
            if ours and c == self.revision and self.told_counter == NEVER:
                self.told_counter = counter
            self.edge_at = kept(self.edge_at, now)
            age_s = min(since(self.edge_at, now) // 1000, _AGE_MOST) if ours else _AGE_MOST
            knows = state if ours else 0
            return frame.alarm(buf, self.device, counter, a, kind, b & 0x0F, c, self.battery16, knows, age_s)
        if type == frame.HEARTBEAT:
            return frame.heartbeat(buf, self.device, counter, b >> 8, b & 0xFF, c)
        if type == frame.ANSWER:
            return frame.answer(buf, self.device, counter, a, b)
        if type == frame.WISH:
            return frame.wish(buf, self.device, counter, a, b)
        if type == frame.CALLED:
            return frame.called(buf, self.device, counter, a, b, c)
        if type == frame.ABLE:
            return frame.able(buf, self.device, counter, b, c)
        if type == frame.SIGHTING:
            count = min(self.seen.count, SEEN_METERED if self.metered else SEEN_MOST)
            return frame.sighting(buf, self.device, counter, self.seen.hashes, self.seen.levels, count)
        if type == frame.REFUSED:
            return frame.refused(buf, self.device, counter, b, a, c)
        if type == frame.REPORT:
            return frame.report(buf, self.device, counter, self.report)
        return frame.told(buf, self.device, counter, b, a)
