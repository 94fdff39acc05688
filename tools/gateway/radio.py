"""What does the gateway answer to the bytes it gets? Datagrams and time in, datagrams out.

    datagrams ─► open and check ─► one transaction ─► commit ─► acks, calls, steps, orders

All datagrams that have arrived are stored in one commit, and only then are their acks returned: an ack means the alarm
is on disk. Any bytes are safe; what is refused is counted by reason and changes nothing. What a frame means is said in
alarms.py, duty.py, visits.py and tests.py; this file knows frames only.

Every heartbeat is acked for itself, over LoRa too. The acks of a hundred badges that beat every 300 s take 1.5 % of the
bridge's hour at SF7 and 5.5 % at SF9; the law gives 10 %, and 7 % to what is no alarm. An ack for many would be sealed
with a key that all of them have, so any of them could hide that the gateway is dead.
"""

import json
from contextlib import contextmanager
from types import SimpleNamespace

from sqlalchemy import select, update

from firmware import codes
from firmware.limits import HEARTBEAT_MS
from firmware.link import frame, keys as keyframes
from firmware.link.seal import NONCE_BYTES, Seal
from tools.gateway import (
    acts, alarms, clock, crashes, deadlines, doubts, downlinks, duty, group_calls, house_time, keys, people,
    strangers, tests, troubles, visits,
)
from tools.gateway.copies import Copies
from tools.gateway.datagrams import misshapen
from tools.gateway.jobs import rows as jobs
from tools.gateway.moment import BRIDGE, Moment
from tools.gateway.plans import KINDS
from tools.gateway.stations import Stations
from tools.gateway.store import DOWN_BLOCK
from tools.gateway.strangers import Strangers
from tools.gateway.tables import BADGES

WINDOW = 64
WARN_MS = 60_000
WAYS_MS = 400_000  # so long a badge is believed to be reached where it was heard: a heartbeat over LoRa, and its tries
LOOK_MS = 1000  # how often silence and the like are looked for
_WRITERS = {frame.STEP: frame.step, frame.CALL: frame.call, frame.STAND_DOWN: frame.stand_down,
            frame.ORDER: frame.order, frame.KEY: keyframes.key}
_NOTHING = SimpleNamespace(type=frame.ORDER, a=codes.ORDER_NOTHING, b=0, c=0, tries=0)
_WILFUL = (codes.KIND_ASSIST, codes.KIND_EMERGENCY)
_ASKED = codes.WANTS_GROUP | codes.WANTS_TIME  # beside the faults of a heartbeat
_FIELDS = {frame.STEP: 3, frame.CALL: 3, frame.STAND_DOWN: 2, frame.ORDER: 2}


class Radio:
    """One gateway over a Store. `refused` counts by reason. All times are Unix milliseconds.

    heartbeat_ms: how far apart badges beat whose pairing says nothing else. An address is a pair: (host, port), or
    ("bridge", number); what is sent goes where it was heard.
    """

    def __init__(self, store, heartbeat_ms=HEARTBEAT_MS):
        self._heartbeat_ms = heartbeat_ms
        self.store = store
        self.refused = {}
        self._seals = {}
        self._warn_ms = {}
        self._down_next = self._down_end = 0
        self._began_ms = None
        self._look_ms = 0
        self._stations = Stations()
        self._copies = Copies()
        self._strangers = Strangers()

    @contextmanager
    def moment(self, now_ms):
        """Give a Moment: one transaction at one time."""
        if self._began_ms is None:
            self._began_ms = now_ms
        with self.store.engine.begin() as db:
            yield Moment(db, now_ms, self._began_ms, self._heartbeat_ms)

    def receive(self, datagrams, now_ms):
        """Take [(bytes, address)] and let time pass; return [(bytes, address)] to send."""
        return self.hear(datagrams, now_ms) + self.tick(now_ms)

    def hear(self, datagrams, now_ms):
        """Take [(bytes, address)]; return [(bytes, address)], the acks of what is on disk by now."""
        acks = []
        if datagrams:
            self._copies.begin()
            with self.moment(now_ms) as at:
                for data, address in datagrams:
                    ack = self._frame(at, bytes(data), address)
                    if ack:
                        acks.append((ack, address))
                turns = self.store.turn(at.db)
            self._copies.stored()
            self.store.turned(turns)
        return acks

    def tick(self, now_ms):
        """Let time pass; return [(bytes, address)] that are due."""
        out = []
        with self.moment(now_ms) as at:
            if now_ms >= self._look_ms:
                self._look_ms = now_ms + LOOK_MS
                duty.look(at)
                visits.look(at)
                deadlines.look_for_lost(at)
                self._strangers.look(at)
            deadlines.look(at)
            rows = downlinks.due(at)[: self._down_end - self._down_next]  # the rest after the next `prepare`
            calls, gathered = group_calls.gather(at, rows)
            for call in calls:
                sealed = self._group_call(call)
                out += [(sealed, address) for address in call.addresses]
            for row in rows:
                sent = None if row.id in gathered else self._send(at, row)
                if sent:
                    out.append(sent)
        return out

    def act(self, verb, number, given, now_ms):
        """Do what a person says at the board: tools/gateway/acts.py. Return whether it could be done. Raises Wrong."""
        with self.moment(now_ms) as at:
            return acts.act(at, verb, number, given)

    def take(self, alarm, who, now_ms):
        """Somebody comes: return whether the alarm with row `alarm` is open and `who` was not coming yet."""
        return self.act("take", alarm, {"by": who}, now_ms)

    def close(self, alarm, who, now_ms):
        """A person closes the alarm: return whether it was open."""
        return self.act("close", alarm, {"by": who}, now_ms)

    def errands(self, now_ms):
        """Return the jobs to try now: rows of ERRANDS."""
        with self.moment(now_ms) as at:
            return jobs.due(at)

    def errand_done(self, errand, why, now_ms):
        """The errand with row number `errand` was carried out, or not, for the reason `why` ("" if it was)."""
        with self.moment(now_ms) as at:
            failed = jobs.done(at, errand, why)
            if failed:
                deadlines.hasten(at, *failed)

    def bridges(self, facts, now_ms):
        """The bridges are as Bridges.facts() says; called every second or so."""
        with self.moment(now_ms) as at:
            self._stations.look(at, facts)

    def began(self, now_ms):
        """This run begins to listen: where the clock is behind what badges have said, what waits moves back to it."""
        with self.moment(now_ms) as at:
            clock.move(at, -clock.behind_ms(at))

    def clock_set(self, by_ms, now_ms):
        """This machine's clock has been set by `by_ms`, and is `now_ms` by now."""
        with self.moment(now_ms) as at:
            clock.move(at, by_ms)
        self._began_ms += by_ms
        self._look_ms = 0
        self._warn_ms.clear()
        self._stations = Stations()
        self._strangers.clock_set()

    def storage(self, free_bytes, now_ms):
        """So many bytes are free where the database lies."""
        with self.moment(now_ms) as at:
            troubles.storage(at, free_bytes)

    # Frames

    def _refuse(self, reason):
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def _seal(self, badge, direction):
        key = badge.up if direction == "up" else badge.down
        known = self._seals.get((badge.pairing, direction))
        if known is None or known[0] != key:
            known = self._seals[badge.pairing, direction] = (key, Seal(key))
        return known[1]

    def _frame(self, at, data, address):
        reason = misshapen(data)
        if reason:
            return self._refuse(reason)
        badge = at.db.execute(select(BADGES).where(BADGES.c.device == frame.get16(data, 1))).one_or_none()
        if badge is None:
            self._strangers.heard(strangers.UNKNOWN, data[0], frame.get16(data, 1))
            return self._refuse("unknown device")
        if badge.revoked_ms is not None:
            self._strangers.heard(strangers.REVOKED, data[0], badge.device)
            return self._refuse("revoked")
        counter = frame.get30(data, 3)
        mask = self._window(badge, counter)
        if mask is None:
            again = self._copies.again(badge.pairing, data, address, at.now_ms)
            if again:
                return again
            self._refuse("replay")
            return self._warning(at, badge, counter, bytearray(data))
        buf, known = bytearray(data), badge
        badge = self._opened(at, known, counter, buf)
        if badge is None:
            self._strangers.heard(strangers.FOREIGN, data[0], known.device)
            return self._refuse("seal")
        believed = not badge.unverified or doubts.may_say(at, badge, buf)
        stored = self._believe(at, badge, buf, counter) if believed else None
        if believed and stored is None:
            return self._refuse("content")
        if believed and badge.unverified and buf[0] == frame.TOLD:
            doubts.settle(at, badge)
            mask = (1 << WINDOW) - 1  # whatever it said before may have been recorded
        seen = {"newest": max(counter, badge.newest), "mask": f"{mask:x}", "address": json.dumps(list(address[:2]))}
        if not believed:
            at.db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**seen))
            return self._refuse("unverified")
        seen |= {"heard_ms": at.now_ms, "silent": False}
        at.db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**seen))
        if badge.silent:
            troubles.mark(at, badge.pairing, "silent", False)
        alarms.found(at, badge)
        downlinks.hasten(at, badge.device, 0 if buf[0] == frame.HEARTBEAT else downlinks.PATIENT_MS)
        if not stored:
            return None
        needless = buf[0] in (frame.TOLD, frame.REFUSED)
        if buf[0] == frame.CALLED:
            said = frame.get16(buf, 7), frame.get30(buf, 9), buf[13]
            needless = group_calls.called(at, badge, *said, cheap=address[0] != BRIDGE)
        if needless and address[0] == BRIDGE:
            return None  # it has no ack on LoRa: the air is needed, and a downlink whose TOLD is lost is said again
        ack = self._ack(badge, counter, codes.VERSION if buf[0] == frame.ABLE else 0)
        if not needless:
            self._copies.acked(badge.pairing, data, ack, address, at.now_ms)
        return ack

    def _opened(self, at, badge, counter, buf):
        """Open `buf` in place; return the badge's row, which is another if it has new keys, or None."""
        nonce, sealed = bytearray(NONCE_BYTES), bytes(buf)
        frame.nonce(nonce, frame.STREAM_UP, badge.device, 0, counter)
        if self._seal(badge, "up").open(nonce, buf, frame.UP_HEAD, len(buf)) >= 0:
            return badge
        if badge.secret is None:
            return None
        buf[:] = sealed
        if Seal(keys.following(badge)[0]).open(nonce, buf, frame.UP_HEAD, len(buf)) < 0:
            return None
        return keys.settle(at, badge)

    def _warning(self, at, badge, counter, buf):
        """Return a downlink for a badge whose counter is far behind, or whose recording is played back; None mostly.

        It names the newest counter that was heard, by which a badge knows that it has lost its own (link/counter.py).
        One in so many ms, and nothing is written down: to a badge that is well it says nothing.
        """
        if not 0 <= counter <= badge.newest - WINDOW or at.now_ms < self._warn_ms.get(badge.pairing, 0):
            return None
        if self._opened(at, badge, counter, buf) is None:
            return self._strangers.heard(strangers.FOREIGN, buf[0], badge.device)
        if self._down_next >= self._down_end:
            return None
        self._warn_ms[badge.pairing] = at.now_ms + WARN_MS
        return self._down(badge, _NOTHING, self._down_counter(), at.now_ms)

    @staticmethod
    def _window(badge, counter):
        if counter < 0:
            return None
        mask = int(badge.mask, 16)
        ahead = counter - badge.newest
        if ahead > 0:
            return (mask << min(ahead, WINDOW) | 1) & (1 << WINDOW) - 1
        if -ahead >= WINDOW or mask >> -ahead & 1:
            return None
        return mask | 1 << -ahead

    def _ack(self, badge, counter, status):
        buf = bytearray(frame.FRAME_BYTES_MAX)
        nonce = bytearray(NONCE_BYTES)
        length = frame.ack(buf, badge.device, self.store.number, counter, status)
        frame.nonce(nonce, frame.STREAM_ACK, badge.device, self.store.number, counter)
        return bytes(buf[: self._seal(badge, "down").close(nonce, buf, frame.ACK_HEAD, length)])

    def _believe(self, at, badge, buf, counter):
        """Take the fields of an opened frame; return None, having changed nothing, if they make no sense.

        True: what they say is stored, so an ack may say so. False: it is not, for there is something newer.
        """
        if buf[0] == frame.ALARM:
            return self._alarm(at, badge, buf, counter)
        if buf[0] == frame.ANSWER:
            return alarms.answer(at, badge, frame.get16(buf, 7), frame.get30(buf, 9))
        return self._other(at, badge, buf) or None

    def _other(self, at, badge, buf):
        type = buf[0]
        if type == frame.HEARTBEAT:
            told = {"state": buf[7] & 7, "mode": buf[7] >> 3 & 7, "colour": buf[7] >> 6}
            duty.heartbeat(at, badge, {**told, "battery": buf[8], "faults": frame.get16(buf, 9) & ~_ASKED})
            visits.reconcile(at, badge, told["colour"])
            group_calls.heartbeat(at, badge, frame.get16(buf, 9))
            house_time.heartbeat(at, badge, frame.get16(buf, 9))
            if badge.keyed:
                downlinks.confirm(at, badge)
            return True
        if type == frame.TOLD or type == frame.REFUSED:
            counter = frame.get30(buf, 8)
            if buf[7] != self.store.number or counter < 0:
                return False
            if type == frame.REFUSED:
                return downlinks.refused(at, badge, counter, buf[12]) or True
            return downlinks.arrived(at, badge, counter) or not badge.unverified
        if type == frame.CALLED:
            return frame.get30(buf, 9) >= 0
        if type == frame.WISH:
            return acts.wish(at, badge, buf[7], frame.get16(buf, 8))
        if type == frame.ABLE:
            told = {"version": buf[7], "abilities": frame.get16(buf, 8)}
            at.db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**told))
            return True
        return crashes.store(at, badge, bytes(buf[frame.UP_HEAD : frame.expected(type)]))

    @staticmethod
    def _alarm(at, badge, buf, counter):
        kind, what, place = buf[11] >> 4, buf[11] & 0x0F, frame.get16(buf, 13)
        practice = bool(what & codes.WHAT_PRACTICE)
        what &= ~codes.WHAT_PRACTICE
        said = alarms.Said(frame.get30(buf, 7), kind, what, practice, buf[12] >> 4, place, buf[15])
        if said.alarm_id < 0 or what > codes.WHAT_CANCELLED:
            return None
        if what != codes.WHAT_RAISED and kind in _WILFUL:
            return None  # nobody is asked about them, so nobody can have said no
        if kind == codes.KIND_TEST:
            if what != codes.WHAT_RAISED or place > codes.PASSED_ALL:
                return None
            return tests.store(at, badge, said.alarm_id, said.revision, place, counter)
        return alarms.frame(at, badge, said, counter) if kind in KINDS else None

    # Downlinks

    def _send(self, at, row):
        badge = at.db.execute(select(BADGES).where(BADGES.c.device == row.device)).one()
        if not badge.address or badge.newest < 0:
            downlinks.sent(at, row, badge, None)
            return None
        counter = self._down_counter()
        downlinks.sent(at, row, badge, counter)
        secret = badge.secret
        if row.type == frame.KEY and row.a != keyframes.OWN:
            secret = group_calls.key(at, row.a)
        address = tuple(json.loads(badge.address))
        if row.tries % 4 >= 2:  # two under either key, and then the same on the other way
            address = self._copies.other_way(badge.pairing, address, at.now_ms, WAYS_MS) or address
        heard = people.get(at, row.alarm).newest if row.type == frame.STEP else None
        return (self._down(badge, row, counter, at.now_ms, secret, heard), address)

    def _group_call(self, call):
        buf, nonce, number = bytearray(frame.FRAME_BYTES_MAX), bytearray(NONCE_BYTES), self.store.number
        counter = self._down_counter()
        length = keyframes.group_call(buf, call.number, number, counter, call.caller, call.alarm_id, call.kind)
        frame.nonce(nonce, frame.STREAM_GROUP, call.number, number, counter)
        return bytes(buf[: Seal(call.key).close(nonce, buf, frame.DOWN_HEAD, length)])

    def _down(self, badge, row, counter, now_ms, secret=None, heard=None):
        buf = bytearray(frame.FRAME_BYTES_MAX)
        nonce = bytearray(NONCE_BYTES)
        fields = (row.a, secret) if row.type == frame.KEY else (row.a, row.b, row.c)[: _FIELDS[row.type]]
        if row.type == frame.ORDER and row.a == codes.ORDER_TIME:
            fields = row.a, house_time.minute(now_ms)
        heard = badge.newest if heard is None else heard
        length = _WRITERS[row.type](buf, badge.device, self.store.number, counter, heard, *fields)
        frame.nonce(nonce, frame.STREAM_DOWN, badge.device, self.store.number, counter)
        seal = self._seal(badge, "down")
        own = row.type == frame.KEY and row.a == keyframes.OWN
        if badge.secret is not None and not own and row.tries % 2:
            seal = Seal(keys.following(badge)[1])  # it may have them already
        return bytes(buf[: seal.close(nonce, buf, frame.DOWN_HEAD, length)])

    def prepare(self):
        """Reserve downlink counters while no transaction is open; call it before `receive` and `tick`."""
        if self._down_end - self._down_next < DOWN_BLOCK // 2:
            start = self.store.reserve_down()
            if start != self._down_end:
                self._down_next = start
            self._down_end = start + DOWN_BLOCK

    def _down_counter(self):
        if self._down_next >= self._down_end:
            raise RuntimeError("no downlink counters are reserved")
        self._down_next += 1
        return self._down_next - 1
