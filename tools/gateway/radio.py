"""What does the gateway answer to the bytes it gets? Datagrams and time in, datagrams out.

    datagrams ─► open and check in memory ─► load, decide ─► one commit ─► acks, calls, steps, orders

All datagrams that have arrived are stored in one commit, and only then are their acks returned: an ack means the alarm
is on disk. Any bytes are safe; what is refused is counted by reason, changes nothing and costs no commit. What a frame
means is said in core/frames.py and the rooms; this file opens, seals and keeps the order of things.

Every heartbeat is acked for itself, over LoRa too. The acks of a hundred badges that beat every 300 s take 1.5 % of the
bridge's hour at SF7 and 5.5 % at SF9; the law gives 10 %, and 7 % to what is no alarm. An ack for many would be sealed
with a key that all of them have, so any of them could hide that the gateway is dead.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import Any

from firmware import codes
from firmware.limits import HEARTBEAT_MS
from firmware.link import downlink, frame
from tools.gateway import (
    acts, clock, deadlines, downlinks, duty, group_calls, house_time, keys, lending, rules, troubles,
    unknown_badges, updates, visits,
)
from tools.gateway.ack_cache import AckCache
from tools.gateway.bridge_watch import BridgeWatch
from tools.gateway.bridges import Fact
from tools.gateway.core import frames, transaction
from tools.gateway.core.memory import House
from tools.gateway.core.rows import BRIDGE, Address, Badge, Bridge, Downlink, NotificationJob, kept
from tools.gateway.core.storage import Unavailable, Wanted
from tools.gateway.core.transaction import Transaction
from tools.gateway.datagrams import Datagram, Sources, misshapen
from tools.gateway.gateway_watch import GatewayWatch
from tools.gateway.jobs import rows as jobs
from tools.gateway.sealing import Seals
from tools.gateway.spared import Spared
from tools.gateway.store import DOWN_BLOCK, Store
from tools.gateway.unknown_badges import UnknownBadges

WARN_MS = 60_000
WAYS_MS = 400_000  # so long a badge is believed to be reached where it was heard: a heartbeat over LoRa, and its tries
LOOK_MS = 1000  # how often silence and the like are looked for
_WRITERS: dict[int, Any] = {frame.STEP: downlink.step, frame.CALL: downlink.call, frame.KEY: downlink.key,
                            frame.STAND_DOWN: downlink.stand_down, frame.ORDER: downlink.order}
_SINCE_END = 1 << 24
_NOTHING = Downlink(0, 0, None, frame.ORDER, order_code=codes.ORDER_NOTHING, order_value=0)
_FIELDS = {frame.STEP: attrgetter("alarm_id", "status", "responder"),
           frame.CALL: attrgetter("caller", "alarm_id", "kind"),
           frame.STAND_DOWN: attrgetter("caller", "alarm_id"), frame.ORDER: attrgetter("order_code", "order_value")}


def _what(row: Downlink) -> tuple[Any, ...]:
    """Return what the downlink `row` says to whom: in a turn that is undone its number goes to another."""
    return row.device, row.type, row.alarm, row.kind, row.order_code, row.key_number


class Radio:
    """One gateway over a Store. `refused` counts by reason. All times are Unix milliseconds.

    heartbeat_ms: how far apart badges beat whose pairing says nothing else. An address is a pair: (host, port), or
    ("bridge", number); what is sent goes where it was heard.
    """

    def __init__(self, store: Store, heartbeat_ms: int = HEARTBEAT_MS):
        self.store, self._heartbeat_ms = store, heartbeat_ms
        self.refused: Counter[str] = Counter()
        # returns [(bridge, dBm)] of those that have heard a frame
        self.levels: Callable[[bytes], Iterable[tuple[int, int]]] = lambda _data: ()
        self._house = House()
        self._disk = store.disk()
        self._seals = Seals()
        self._warn_ms: dict[int, int] = {}
        self._down_next = self._down_end = self._down_number = 0
        self._others: frozenset[int] = frozenset()  # numbers of gateways beside this one, as of the last look
        self._began_ms: int | None = None
        self._look_ms, self.busy = 0, False  # busy: more is due than one `tick` does
        self._bridges, self._stations = BridgeWatch(), GatewayWatch()
        self._copies, self._strangers, self._sources = AckCache(), UnknownBadges(), Sources()
        self._spared = Spared()
        with suppress(Unavailable), self._disk.held():  # else it stays up, acks nothing, and the board says why
            self._current()

    # Transactions

    def _current(self) -> House:
        """Return the house as it is: what somebody else has written since is read first."""
        if self._disk.changed():
            self._disk.load(self._house)
        return self._house

    @contextmanager
    def moment(self, now_ms: int, turn: bool = False) -> Iterator[Transaction]:
        """Give a Transaction: what it changes is on the disk at the end, in one commit, or all undone.

        turn: frames are in it (tools/gateway/rollback.py).
        """
        with self._disk.held():
            house = self._current()
            if self._began_ms is None:
                self._began_ms = now_ms
            try:
                yield Transaction(house, now_ms, self._began_ms, self._heartbeat_ms)
                turns = self._disk.save(house, turn and self.store.serving) if house.dirty() else 0
            except BaseException:
                house.undo()
                raise
            house.settle()
        if turns:
            self.store.turned(turns)

    def leads(self) -> bool:
        """Return whether this gateway looks after deadlines and jobs; of several that share a house one does."""
        return self._disk.leads

    def _mine(self, row: Badge | Bridge) -> bool:
        """Return whether it is for this gateway to care for what that one has which is named in `row`."""
        own = row.gateway == self.store.number
        return own or self._disk.leads and row.gateway not in self._others

    def receive(self, datagrams: Sequence[Datagram], now_ms: int) -> list[Datagram]:
        """Take [(bytes, address)] and let time pass; return [(bytes, address)] to send."""
        return self.hear(datagrams, now_ms) + self.tick(now_ms)

    def hear(self, datagrams: Sequence[Datagram], now_ms: int) -> list[Datagram]:
        """Take [(bytes, address)]; return [(bytes, address)], the acks of what is on disk by now."""
        out: list[Datagram] = []
        if not datagrams:
            return out
        with self._disk.held():
            house = self._current()
            heard: list[frames.Heard] = []
            for data, address in datagrams:
                self._open(house, bytes(data), address, now_ms, heard, out)
            if heard:
                self._disk.fetch(house, frames.concerns(house, heard, Wanted()))
                self._copies.begin()
                with self.moment(now_ms, turn=True) as tx:
                    for one in heard:
                        ack = self._take(tx, one)
                        if ack:
                            out.append((ack, one.address))
                self._copies.stored()
        return out

    def tick(self, now_ms: int) -> list[Datagram]:
        """Let time pass; return [(bytes, address)] that are due."""
        out: list[Datagram] = []
        with self.moment(now_ms) as tx:
            looks = now_ms >= self._look_ms
            if looks:
                self._look_ms = now_ms + LOOK_MS
                known = self._disk.stations()
                self._others = frozenset(n for n, one in known.items() if one.there) - {self.store.number}
                self._spared.do(now_ms, "stations", self._stations.look, tx, known, self._disk.leads)
                self._spared.do(now_ms, "strangers", self._strangers.look, tx)
            if looks and self._disk.leads:
                for room in (duty, visits, lending, rules, updates):
                    self._spared.do(now_ms, room.__name__, room.look, tx)
                self._spared.do(now_ms, "lost", deadlines.look_for_lost, tx)
            if self._disk.leads:
                for alarm in tx.alarms.keys("open", True):
                    self._spared.do(now_ms, ("alarm", alarm), deadlines.look, tx, alarm)
            most = min(transaction.CALLS_MOST, self._reserved())
            rows = downlinks.due(tx, most + 1, self._mine)
            self.busy = not tx.calls_left or len(rows) > most
            rows = rows[:most]  # the rest after the next `prepare`
            calls, gathered = group_calls.gather(tx, rows)
            for call in calls:
                sealed = self._group_call(call)
                out += [(sealed, address) for address in call.addresses]
            for row in rows:
                sent = None if row.id in gathered else self._spared.do(now_ms, _what(row), self._send, tx, row)
                if sent:
                    out.append(sent)
        if looks:
            self._house.trim()
        return out

    def act(self, verb: str, number: int, given: object, now_ms: int) -> bool:
        """Do what a person says at the board: tools/gateway/acts.py. Return whether it could be done. Raises Wrong."""
        with self._disk.held():
            if verb in acts.ON_ALARMS:
                self._disk.fetch(self._current(), Wanted(alarms={number}))
            with self.moment(now_ms) as tx:
                return acts.act(tx, verb, number, given)

    def close(self, alarm: int, who: str, now_ms: int) -> bool:
        """A person closes the alarm: return whether it was open."""
        return self.act("close", alarm, {"by": who}, now_ms)

    def waiting_jobs(self, now_ms: int) -> Sequence[NotificationJob]:
        """Return the jobs to try now: rows of NOTIFICATION_JOBS."""
        with self.moment(now_ms) as tx:
            return jobs.due(tx) if self._disk.leads else []

    def job_done(self, job: int, why: str, now_ms: int) -> None:
        """The job with row number `job` was carried out, or not, for the reason `why` ("" if it was)."""
        with self.moment(now_ms) as tx:
            failed = jobs.done(tx, job, why)
            if failed:
                deadlines.hasten(tx, *failed)

    def bridges(self, facts: Sequence[Fact], now_ms: int) -> None:
        """The bridges are as Bridges.facts() says; called every second or so."""
        with self.moment(now_ms) as tx:
            self._bridges.look(tx, facts, self.store.number, self._mine)

    def prune(self, statement: str, values: Mapping[str, int]) -> int:
        """Delete what is over (tools/gateway/retention.py); return how many rows that were."""
        self._house.trim()
        return self._disk.prune(statement, values)

    def badges(self) -> list[Badge]:
        """Return the rows of all badges that are not shut out."""
        with self._disk.held():
            return [badge for badge in self._current().badges.rows.values() if badge.revoked_ms is None]

    def updating(self) -> bool:
        """Return whether a badge is to be updated over the air."""
        return self._house.updates.count("open", True) > 0

    def began(self, now_ms: int) -> None:
        """This run begins to listen: where the clock is behind what badges have said, what waits moves back to it."""
        with self.moment(now_ms) as tx:
            if self._disk.leads:
                clock.move(tx, -clock.behind_ms(tx))

    def clock_set(self, by_ms: int, now_ms: int) -> None:
        """This machine's clock has been set by `by_ms`, and is `now_ms` by now."""
        with self.moment(now_ms) as tx:
            if self._disk.leads:
                clock.move(tx, by_ms)
        if self._began_ms is not None:
            self._began_ms += by_ms
        self._look_ms = 0
        self._warn_ms.clear()
        self._bridges, self._stations = BridgeWatch(), GatewayWatch()
        self._strangers.clock_set()

    def storage(self, free_bytes: int, now_ms: int) -> None:
        """So many bytes are free where the database lies."""
        with self.moment(now_ms) as tx:
            troubles.storage(tx, free_bytes)

    # Frames

    def refuse(self, reason: str) -> None:
        """Count what was dropped."""
        self.refused[reason] += 1

    def _open(self, house: House, data: bytes, address: Address, now_ms: int, heard: list[frames.Heard],
              out: list[Datagram]) -> None:
        """Open a datagram in memory: put it into `heard`, or what it gets at once into `out`, or count why not."""
        if not self._sources.may_ask(address, now_ms):
            return self.refuse("too many refused")
        before = len(heard) + len(out)
        self._read(house, data, address, now_ms, heard, out)
        if len(heard) + len(out) == before:
            return self._sources.refused(address, now_ms)
        return self._sources.believed(address)

    def _read(self, house: House, data: bytes, address: Address, now_ms: int, heard: list[frames.Heard],
              out: list[Datagram]) -> None:
        reason = misshapen(data)
        if reason:
            return self.refuse(reason)
        device, counter = frame.get16(data, 1), frame.get30(data, 3)
        badge = house.badges.one("device", device)
        if badge is None or badge.revoked_ms is not None:
            self._strangers.heard(unknown_badges.REVOKED if badge else unknown_badges.UNKNOWN, data[0], device)
            return self.refuse("revoked" if badge else "unknown device")
        if frames.window(badge, counter) is None:
            answer = self._copies.again(badge.pairing, data, address, now_ms)
            if not answer:
                self.refuse("replay")
                answer = self._warning(badge, counter, data, now_ms)
            if answer:
                out.append((answer, address))
            return None
        buf, renewed = self._opened(badge, counter, data)
        if buf is None:
            self._strangers.heard(unknown_badges.FOREIGN, data[0], device)
            return self.refuse("seal")
        levels = self.levels(data) if data[0] == frame.SIGHTING and address[0] == BRIDGE else ()
        return heard.append(frames.Heard(badge.pairing, counter, buf, data, address, renewed, tuple(levels)))

    def _opened(self, badge: Badge, counter: int, data: bytes) -> tuple[bytes | None, bool]:
        """Return the frame without its seal, and whether that was made with the badge's next keys."""
        buf = self._seals.open(badge.uplink_key, badge.device, counter, data)
        if buf is None and badge.next_secret is not None:
            return self._seals.open(keys.following(badge)[0], badge.device, counter, data), True
        return buf, False

    def _take(self, tx: Transaction, one: frames.Heard) -> bytes | None:
        """Take a frame that was opened; return its ack, or None."""
        badge = tx.badges[one.pairing]
        if one.renewed and badge.next_secret is not None:
            badge = keys.settle(tx, badge)
        mask = frames.window(badge, one.counter)
        if mask is None:  # another copy of it came in the same batch
            again = self._copies.again(badge.pairing, one.sealed, one.address, tx.now_ms)
            if not again:
                self.refuse("replay")
            return again
        came, refused = frames.take(tx, badge, one, mask, kept(one.address), self.store.number,
                                    self._others)
        if refused:
            self.refuse(refused)
        if came == frames.NOTHING:
            return None
        status = codes.VERSION if one.buf[0] == frame.ABLE else 0
        ack = self._seals.ack(badge.downlink_key, badge.device, self.store.number, one.counter, status)
        if came == frames.ACKED:
            self._copies.acked(badge.pairing, one.sealed, ack, one.address, tx.now_ms)
        return ack

    def _warning(self, badge: Badge, counter: int, data: bytes, now_ms: int) -> bytes | None:
        """Return a downlink for a badge whose counter is far behind, or whose recording is played back; None mostly.

        It names the newest counter that was heard, by which a badge knows that it has lost its own (link/uplink.py).
        One in so many ms, and nothing is written down: to a badge that is well it says nothing.
        """
        if not 0 <= counter <= badge.uplink_counter - frames.WINDOW or now_ms < self._warn_ms.get(badge.pairing, 0):
            return None
        if self._opened(badge, counter, data)[0] is None:
            self._strangers.heard(unknown_badges.FOREIGN, data[0], badge.device)
            return None
        if not self._reserved():
            return None
        self._warn_ms[badge.pairing] = now_ms + WARN_MS
        return self._down(badge, _NOTHING, self._down_counter(), now_ms)

    # Downlinks

    def _send(self, tx: Transaction, row: Downlink) -> Datagram | None:
        badge = tx.badges.the("device", row.device)
        address: Address | None = badge.way
        if address is None or badge.uplink_counter < 0:
            downlinks.sent(tx, row, badge, None)
            return None
        counter = self._down_counter()
        downlinks.sent(tx, row, badge, downlinks.under(self.store.number, counter))
        secret = badge.next_secret
        if row.type == frame.KEY and row.key_number:
            secret = tx.group_keys[row.key_number].key
        if row.tries % 4 >= 2:  # two under either key, and then the same on the other way
            address = self._copies.other_way(badge.pairing, address, tx.now_ms, WAYS_MS) or address
        heard = tx.alarms[row.alarm].uplink_counter if row.type == frame.STEP else None
        first = downlinks.first_counter(row, self.store.number)
        if address[0] == BRIDGE:
            # it takes the place of its copy before, and of what was said before of the alarm (tools/gateway/bridges.py)
            address = (*address, row.id if row.alarm is None else -row.alarm)
        return (self._down(badge, row, counter, tx.now_ms, secret, heard, first), address)

    def _group_call(self, call: group_calls.GroupCall) -> bytes:
        buf, number, counter = bytearray(frame.FRAME_BYTES_MAX), self.store.number, self._down_counter()
        length = downlink.group_call(buf, call.number, number, counter, call.caller, call.alarm_id, call.kind)
        return self._seals.down(call.key, frame.STREAM_GROUP, call.number, number, counter, bytes(buf[:length]))

    def _down(self, badge: Badge, row: Downlink, counter: int, now_ms: int, secret: bytes | None = None,
              heard: int | None = None, first: int | None = None) -> bytes:
        buf, number = bytearray(frame.FRAME_BYTES_MAX), self.store.number
        writer = _WRITERS[row.type]
        fields = (row.key_number, secret) if row.type == frame.KEY else _FIELDS[row.type](row)
        if row.type == frame.ORDER and row.order_code == codes.ORDER_TIME:
            fields = row.order_code, house_time.minute(now_ms)
        if row.type == frame.ORDER and first is not None and (badge.abilities or 0) & codes.ABLE_AGAIN:
            if 0 < counter - first < _SINCE_END:
                writer, fields = downlink.order_again, (*fields, counter - first)
        heard = badge.uplink_counter if heard is None else heard
        length = writer(buf, badge.device, number, counter, heard, *fields)
        own = row.type == frame.KEY and row.key_number == downlink.OWN
        key = badge.downlink_key
        if badge.next_secret is not None and not own and row.tries % 2:
            key = keys.following(badge)[1]  # it may have them already
        return self._seals.down(key, frame.STREAM_DOWN, badge.device, number, counter, bytes(buf[:length]))

    def prepare(self) -> None:
        """Reserve downlink counters while no transaction is open; call it before `receive` and `tick`."""
        if self._reserved() < DOWN_BLOCK // 2:
            start = self._disk.reserve(DOWN_BLOCK, self._down_end)
            if start != self._down_end or self._down_number != self.store.number:
                self._down_next, self._down_number = start, self.store.number
            self._down_end = start + DOWN_BLOCK
            if self.store.serving:
                self.store.reserved(self._down_end)

    def _reserved(self) -> int:
        """Return how many counters are left of those that were reserved for the number that this gateway has now."""
        return self._down_end - self._down_next if self._down_number == self.store.number else 0

    def _down_counter(self) -> int:
        if not self._reserved():
            raise RuntimeError("no downlink counters are reserved")
        self._down_next += 1
        return self._down_next - 1
