"""Which bytes from the air may be believed?

An ack proves itself: its nonce is the uplink counter it answers, and each is believed once. Any other downlink must
open under this badge's key, name an uplink counter of this life (`heard`, so nothing recorded before a reset is played
back after it), and carry a counter that this gateway has not used before (a window of 16). A group call must open under
the group's key, which came in such a downlink, be of a gateway that has said something to this badge alone, count
higher than the first of that, or than the key if it gave that, and not be far behind the newest. Only that moves the
floor: whoever has the group's key may count as high as the wire goes, and ends no later call. The last group calls are
kept, so that none is played back. What is refused is counted and changes nothing.

A gateway has one sender number, whatever keys and groups change, and takes another when its database is put back. Four
windows are kept. A fifth gateway evicts the one whose `heard` is oldest, and only if its own is newer than any before;
its window starts full. So no frame that was once believed is believed again, however often gateways change.
"""

from array import array

from firmware.codes import ORDERS
from firmware.link.frame import (
    ACK, ACK_HEAD, COUNTER_END, DOWN_HEAD, GROUP_CALL, KEY, ORDER, ORDER_AGAIN, STAND_DOWN, STEP, STREAM_ACK,
    STREAM_DOWN, STREAM_GROUP, expected, get16, get30, nonce,
)
from firmware.link.seal import KEY_BYTES, NONCE_BYTES, TAG_BYTES, Seal
from micropython import const

_GATEWAYS = const(4)
_WINDOW = const(16)
_GROUP_KEPT = const(8)
_DOWN_LAST = const(0x2F)
_DOWN_LEAST = const(20)  # bytes of head, heard and tag
_KEY_AT = const(14)  # in a KEY
_COUNT_MOST = const(0xFFFFFF)  # a count that stops here stays a small int, however long somebody sends noise


class Inbox:
    """Opens frames for one `device` under its 16-byte `key`. Attributes hold the fields of the last frame believed."""

    def __init__(self, device, key):
        self._device = device
        self.seal = Seal(key)
        self._nonce = bytearray(NONCE_BYTES)
        self._gateway = bytearray(_GATEWAYS)  # 0: free
        self._newest = array("i", bytes(4 * _GATEWAYS))
        self._mask = array("H", bytes(2 * _GATEWAYS))  # bit n: newest - n has been used
        self._heard = array("i", (-1, -1, -1, -1))  # the newest uplink that it named
        self._last = array("i", (-1, -1, -1, -1))  # the counter of its newest STEP
        self._order = array("i", bytes(4 * _GATEWAYS * ORDERS))  # the counter after its newest ORDER of each kind
        self._order_from = bytearray(ORDERS)  # whose ORDER of each kind was taken last, 0: nobody's
        self._sent_at = array("i", bytes(4 * ORDERS))  # and what this badge had sent last then
        self._at = 0  # whose downlink was opened last
        self.wants_group = 0  # a bit for heartbeats, until the key of the group has come
        self._group = 0  # number of the group's key
        self._group_seal = None
        self._floor = array("i", bytes(4 * _GATEWAYS))  # the counter from which on its group calls are believed
        self._seen = array("i", bytes(4 * _GROUP_KEPT))  # counters of the last group calls, and whose they were
        self._group_from = bytearray(_GROUP_KEPT)
        self._n = 0
        self.refused = 0
        # fields of the last frame believed; counter: of the downlink, or the uplink counter that an ack answers
        self.gateway = self.counter = self.heard = self.status = self.alarm_id = self.step = self.responder = 0
        self.caller = self.kind = self.order = self.value = 0
        self._first = 0  # the counter of the ORDER's first copy

    def receive(self, buf, n, outbox, start):
        """Open `buf[:n]` in place; return its type (ACK and downlinks), or 0 for anything not to be believed.

        outbox: knows which counters are under way. start: first uplink counter of this life, -1 if there is none.
        """
        type = self._open(buf, n, outbox, start)
        if not type:
            self.refused = min(self.refused + 1, _COUNT_MOST)
        return type

    def _open(self, buf, n, outbox, start):
        if n < 1 or start < 0:
            return 0
        type = buf[0]
        known = expected(type) if type >= ACK else 0
        newer = ORDER_AGAIN < type <= _DOWN_LAST and n >= _DOWN_LEAST  # of a newer gateway, to which that is told
        if not (n == known + TAG_BYTES if known else newer):
            return 0
        counter = get30(buf, 4)
        if type == GROUP_CALL:
            return self._group_call(buf, counter, n)
        if get16(buf, 1) != self._device or not buf[3]:
            return 0
        if type == ACK:
            counter = outbox.full_counter(get16(buf, 4))
            if counter < 0:
                return 0
            nonce(self._nonce, STREAM_ACK, self._device, buf[3], counter)
            if self.seal.open(self._nonce, buf, ACK_HEAD, n) < 0:
                return 0
            self.gateway = buf[3]
            self.counter = self.heard = counter
            self.status = buf[6]
            return ACK
        if counter < 0:
            return 0
        nonce(self._nonce, STREAM_DOWN, self._device, buf[3], counter)
        if self.seal.open(self._nonce, buf, DOWN_HEAD, n) < 0:
            return 0
        heard = get30(buf, 8)
        if heard < start or not self._fresh(buf[3], counter, heard):
            return 0
        self.gateway = buf[3]
        self.counter = counter
        self.heard = heard
        return self._read(type, buf, 12)

    def newest_step(self):
        """Return whether no newer STEP of its gateway has come before the one just opened."""
        newest = self.counter > self._last[self._at]
        if newest:
            self._last[self._at] = self.counter
        return newest

    def unsure(self):
        """Return whether the ORDER just opened may be the last of its kind once more, or older: that came from another
        gateway, and this one has heard nothing since."""
        kind = self.order
        return kind < ORDERS and self._order_from[kind] not in (0, self.gateway) and self.heard <= self._sent_at[kind]

    def new_order(self, sent):
        """Return whether the ORDER just opened has not come before, and no newer one of its kind and gateway has.

        sent: the counter of this badge's last frame.
        """
        if self.order >= ORDERS:
            return True
        at = self._at * ORDERS + self.order
        newer = self._first >= self._order[at]
        if newer:
            self._order[at] = self._first + 1
            self._order_from[self.order] = self.gateway
            self._sent_at[self.order] = sent
        return newer

    def take_group(self, buf):
        """Take the group's key from the KEY just opened in `buf`; return False for one older than what is here."""
        if self._group and self.counter < self._floor[self._at]:
            return False
        self._group_seal = Seal(bytes(buf[_KEY_AT : _KEY_AT + KEY_BYTES]))
        self.wants_group = 0
        if self.value != self._group:  # else a call that it has overtaken is none the worse
            self._group = self.value
            self._floor[self._at] = self.counter
        return True

    def _group_call(self, buf, counter, n):
        if get16(buf, 1) != self._group or not self._group or counter <= self.group_floor(buf[3]):
            return 0
        for i in range(_GROUP_KEPT):
            if self._seen[i] == counter and self._group_from[i] == buf[3]:
                return 0
        nonce(self._nonce, STREAM_GROUP, self._group, buf[3], counter)
        if self._group_seal.open(self._nonce, buf, DOWN_HEAD, n) < 0:
            return 0
        self._seen[self._n] = counter
        self._group_from[self._n] = buf[3]
        self._n = (self._n + 1) % _GROUP_KEPT
        return self._read(GROUP_CALL, buf, 8)

    def group_floor(self, gateway):
        """Return the counter above which a group call of `gateway` is believed."""
        for i in range(_GATEWAYS):
            if self._gateway[i] == gateway and gateway:
                return max(self._floor[i], self._newest[i] - _WINDOW)
        return COUNTER_END

    def _read(self, type, buf, at):
        if type == STEP:
            self.alarm_id = get30(buf, 12)
            self.step = buf[16]
            self.responder = get16(buf, 17)
        elif ORDER_AGAIN < type < GROUP_CALL:
            return type  # of a newer gateway: the badge says that it does not know it
        elif type == KEY:
            self.value = get16(buf, 12)  # which; its bytes stay in `buf`
            return type
        elif type == ORDER or type == ORDER_AGAIN:
            self.order = buf[12]
            self.value = get16(buf, 13)
            self._first = self.counter - (buf[15] << 16 | get16(buf, 16) if type == ORDER_AGAIN else 0)
            return ORDER
        else:
            self.caller = get16(buf, at)
            self.alarm_id = get30(buf, at + 2)
            if type != STAND_DOWN:
                self.kind = buf[at + 6]
        return type if self.alarm_id >= 0 else 0

    def _fresh(self, gateway, counter, heard):
        at = 0
        for i in range(_GATEWAYS):
            if self._gateway[i] == gateway:
                ahead = counter - self._newest[i]
                if ahead > 0:
                    # The bits that fall out are cleared before the shift, which so never passes 16 bits.
                    kept = self._mask[i] & (0xFFFF >> ahead) if ahead < _WINDOW else 0
                    self._mask[i] = kept << min(ahead, _WINDOW) | 1
                    self._newest[i] = counter
                elif ahead <= -_WINDOW or self._mask[i] >> -ahead & 1:
                    return False
                else:
                    self._mask[i] |= 1 << -ahead
                self._heard[i] = max(self._heard[i], heard)
                self._at = i
                return True
            if self._heard[i] < self._heard[at]:
                at = i
        if self._gateway[at] and heard <= max(self._heard):
            return False
        self._mask[at] = 0xFFFF if self._gateway[at] else 1  # it may have been here before, and used all below
        self._gateway[at] = gateway
        self._newest[at] = self._floor[at] = counter
        self._heard[at] = heard
        self._last[at] = -1
        for i in range(at * ORDERS, at * ORDERS + ORDERS):
            self._order[i] = 0
        self._at = at
        return True
