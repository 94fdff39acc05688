"""Do all alarms of a house reach the gateway's disk, how soon, and does everybody keep the law meanwhile?

    Wearer (a badge of the lives) ═ Air ═ Post (real bridge) ─ cable ─ real Bridges ─ real Radio ─ SQLite

One seed places people, chooses their alarms, and throws the air's dice. An alarm is a hold of the button; one colleague
who feels the call answers after 5 s, and the board closes it. A commit is given COMMIT_MS of virtual time; what is
`on disk` is read from the database file by a connection of its own.
"""

import random
import sqlite3
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, update

from firmware.limits import HOLD_MS
from firmware.link import frame, region
from tools.gateway.bridges import ASK_MS, Bridges
from tools.gateway.datagrams import UPLINKS, Datagram
from tools.gateway.radio import LOOK_MS, Radio
from tools.gateway.store import open_store
from tools.gateway.tables import BADGES
from tools.sim.air import channel as air_channel
from tools.sim.air.channel import Air, Frame
from tools.sim.air.clock import Clock
from tools.sim.building import Body, Building

from .post import Post
from .wearer import CHANNEL, Channel, Wearer

T0 = 1_800_000_000_000
SIDE_M = 40
COMMIT_MS = 10  # an fsync of a Raspberry Pi's SD card takes 5 to 20
TICK_MS = 200
_LONGER_MS = 200
PUMP_MS = 20
ANSWER_MS = 5_000
CLOSE_MS = 90_000
SETTLED_MS = 60_000  # after closing, stand-downs are repeated for a while
HOUR_US = 3_600_000_000


@dataclass
class Alarm:
    """One alarm: when it was decided, and how many ms later what was `seen` of it first, and colleagues felt the call.

    seen: "disk", "seen" (its place), "felt received", "felt taken". id: (pairing, alarm id), once it is closed.
    """

    wearer: Wearer
    decided_us: int
    called: list[float] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    id: tuple[int, int] | None = None


class House:
    """badges, bridges: how many. loss_permille: of all receptions. then: the channel of all bridges but the first.

    dozes: badges listen in windows, and are called with a preamble that wakes; grouped: all of them with one frame.
    building: the one whose beacons they hear, each in a room of it. kind: of badge.
    """

    def __init__(self, folder: Path, badges: int, bridges: int = 1, seed: int = 1, heartbeat_ms: int = 300_000,
                 loss_permille: int = 0, then: Channel | None = None, dozes: bool = False, grouped: bool = False,
                 building: Building | None = None, kind: type[Wearer] = Wearer) -> None:
        self._habits = {"dozes": dozes, "grouped": grouped}
        self._building, self._kind = building, kind
        self.dice = random.Random(seed)
        self.clock = Clock(start_us=5_000_000)
        self.air = Air(self.clock, seed, loss_permille=loss_permille, shadowing=True, aim=self._aim)
        self.path = folder / "kald.sqlite"
        self.store = open_store(self.path)
        self.radio = Radio(self.store, heartbeat_ms)
        self.channel = {**CHANNEL, "then": then} if then else CHANNEL
        others = then or CHANNEL
        self.posts = [Post(self.air, 1 + i, self._metre(), self._metre(), self._arrived, others if i else CHANNEL)
                      for i in range(bridges)]
        ports = {post.path: post for post in self.posts}
        self.bridges = Bridges(find=lambda: list(ports), open=lambda path: ports[path].port(), wakes=dozes)
        self.wearers: dict[int, Wearer] = {}  # by device
        for i in range(badges):
            row = self._pair(f"wearer {i}")
            began_us = self.dice.randrange(1000 * heartbeat_ms)
            self.clock.at(self.clock.now_us + began_us, self._move_in, row, heartbeat_ms)
        self.alarms: list[Alarm] = []
        self._open: dict[int, Alarm] = {}  # by device
        self._reads = sqlite3.connect(self.path)
        self._coming = False
        self._pumping: int | None = None
        self._busy_until_us = 0
        self._looked_ms = 0
        self._tend()
        self._tick()

    def live(self, hours: float, alarms: int) -> None:
        """Let `hours` pass, with `alarms` presses spread over them; then until the last is closed."""
        begin_us = self.clock.now_us + 700_000_000  # everybody has moved in
        span_us = int(hours * HOUR_US)
        for i in range(alarms):
            at_us = begin_us + (span_us - 1_000_000_000) * i // max(1, alarms) + self.dice.randrange(60_000_000)
            self.clock.at(at_us, self._press)
        self.clock.run(self.clock.now_us + span_us)
        self.clock.run(self.clock.now_us + 1000 * (CLOSE_MS + SETTLED_MS))

    # People

    def _metre(self) -> int:
        return self.dice.randrange(SIDE_M)

    def _pair(self, name: str) -> Row[Any]:
        # keys from the house's own dice: tags choose the slots of a busy channel, and one seed is to be one day
        paired = self.store.pair(name)
        mine = BADGES.c.pairing == paired.pairing
        with self.store.engine.begin() as db:
            db.execute(update(BADGES).where(mine).values(uplink_key=self.dice.randbytes(16),
                                                         downlink_key=self.dice.randbytes(16)))
            return db.execute(select(BADGES).where(mine)).one()

    def _move_in(self, row: Row[Any], heartbeat_ms: int) -> None:
        phase_us = self.dice.randrange(10_000)
        body = None
        if self._building:
            body = Body(self._building, self._building.middle(row.device % self._building.rooms), row.device)
        self.wearers[row.device] = self._kind(self.air, row, self._metre(), self._metre(), phase_us, self.channel,
                                              heartbeat_ms=heartbeat_ms, seen=self._seen, body=body, **self._habits)

    def _press(self) -> None:
        free = [wearer for wearer in self.wearers.values() if wearer.safe() and wearer.device not in self._open]
        wearer = self.dice.choice(free)
        decided_us = self.clock.now_us + 1000 * HOLD_MS
        self._open[wearer.device] = alarm = Alarm(wearer, decided_us)
        self.alarms.append(alarm)
        wearer.push(HOLD_MS + _LONGER_MS)
        self.clock.at(self.clock.now_us + 1000 * CLOSE_MS, self._close, alarm)

    def _seen(self, wearer: Wearer, what: str) -> None:
        if what == "felt call":
            for alarm in self._open.values():
                if "disk" in alarm.seen and wearer is not alarm.wearer:
                    alarm.called.append(self._since(alarm))
                    if len(alarm.called) == 1:
                        self.clock.at(self.clock.now_us + 1000 * ANSWER_MS, wearer.push, 150)
            return
        self._saw(wearer.device, what)

    def _close(self, alarm: Alarm) -> None:
        wearer = alarm.wearer
        row = self._reads.execute("SELECT id FROM alarms WHERE pairing=? AND alarm_id=?",
                                  (wearer.pairing, wearer.badge.alarm.alarm_id)).fetchone()
        self._busy_until_us = self.clock.now_us + 1000 * SETTLED_MS
        if row and self.radio.close(row[0], "the board", self._unix_ms()):
            alarm.id = (wearer.pairing, wearer.badge.alarm.alarm_id)
            del self._open[wearer.device]
        else:
            self.clock.at(self.clock.now_us + 10_000_000, self._close, alarm)  # not even stored yet

    def _since(self, alarm: Alarm) -> float:
        return (self.clock.now_us - alarm.decided_us) / 1000

    def _saw(self, device: int, what: str) -> None:
        alarm = self._open.get(device)
        if alarm:
            alarm.seen.setdefault(what, self._since(alarm))

    # The gateway

    def _unix_ms(self) -> int:
        return T0 + self.clock.now_us // 1000

    def _aim(self, sent: Frame) -> Container[air_channel.Radio]:
        if sent.payload[0] in UPLINKS:
            return ()
        if sent.payload[0] == frame.GROUP_CALL:
            return {wearer.radio for wearer in self.wearers.values()}
        wearer = self.wearers.get(frame.get16(sent.payload, 1))
        return (wearer.radio,) if wearer else ()

    def _arrived(self) -> None:
        if not self._coming:  # all that arrives in one turn shares one commit
            self._coming = True
            self.clock.at(self.clock.now_us + 1000, self._receive)

    def _receive(self) -> None:
        self._coming = False
        heard = self.bridges.receive(self._unix_ms())
        if not heard:
            return
        for data, _ in heard:
            if data[0] == frame.SIGHTING:
                self._saw(frame.get16(data, 1), "seen")
        self.radio.prepare()
        out = self.radio.receive(heard, self._unix_ms())
        if any(data[0] != frame.HEARTBEAT for data, _ in heard):
            self._busy_until_us = self.clock.now_us + 1000 * SETTLED_MS
        self.clock.at(self.clock.now_us + 1000 * COMMIT_MS, self._send, heard, out)

    def _send(self, heard: list[Datagram], out: list[Datagram]) -> None:
        alarms = {data[1:3] + data[5:7] for data, _ in heard if data[0] == frame.ALARM}
        for data, address in out:
            if data[0] == frame.ACK and data[1:3] + data[4:6] in alarms:
                self._saw(frame.get16(data, 1), "disk")
            self.bridges.send(data, address, self._unix_ms())
        if self.bridges.waiting():
            self._pump()

    def _pump(self) -> None:
        self.clock.cancel(self._pumping)
        self.bridges.tend(self._unix_ms())
        again = self.bridges.waiting()
        self._pumping = self.clock.at(self.clock.now_us + 1000 * PUMP_MS, self._pump) if again else None

    def _tend(self) -> None:
        self.bridges.tend(self._unix_ms())
        self.clock.at(self.clock.now_us + 1000 * ASK_MS, self._tend)

    def _tick(self) -> None:
        if (self._open or self.clock.now_us < self._busy_until_us) and self._due():
            self.radio.prepare()
            out = self.radio.tick(self._unix_ms())
            if out:
                self._busy_until_us = self.clock.now_us + 1000 * SETTLED_MS
                self.clock.at(self.clock.now_us + 1000 * COMMIT_MS, self._send, [], out)
        self.clock.at(self.clock.now_us + 1000 * TICK_MS, self._tick)

    def _due(self) -> bool:
        # whether a tick of the Radio would do anything: asked without SQLAlchemy, since nearly all do nothing
        now_ms = self._unix_ms()
        if now_ms - self._looked_ms >= LOOK_MS:
            self._looked_ms = now_ms
            return True
        return bool(self._reads.execute(
            "SELECT EXISTS (SELECT 1 FROM downlinks WHERE NOT settled AND due_ms <= ?1)"
            " OR EXISTS (SELECT 1 FROM alarms WHERE due_ms <= ?1 OR unanswered_ms <= ?1)", (now_ms,)
        ).fetchone()[0])

    def close(self) -> None:
        """Let go of the database."""
        self._reads.close()
        self.store.close()

    def on_disk(self) -> set[tuple[int, int]]:
        """Return {(pairing, alarm id)} from the file."""
        return set(self._reads.execute("SELECT pairing, alarm_id FROM alarms").fetchall())


def most_in_an_hour_permille(sent: Sequence[tuple[int, int, int]]) -> float:
    """Return the most airtime within any hour, permille of it. sent: [(start_us, end_us, hz)] in order."""
    most = spent = first = 0
    for start_us, end_us, _ in sent:
        spent += end_us - start_us
        while sent[first][1] <= end_us - HOUR_US:
            spent -= sent[first][1] - sent[first][0]
            first += 1
        most = max(most, spent)
    return 1000 * most / HOUR_US


def _quantile(numbers: Iterable[float], share: float) -> int | None:
    ordered = sorted(numbers)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else None


def report(house: House) -> dict[str, Any]:
    """Return the figures of a house that has lived, as one dict."""
    alarms = house.alarms
    disk = house.on_disk()
    sent = {wearer.device: wearer.radio.sent for wearer in house.wearers.values()}
    uplinks: dict[int, int] = {}
    counts: dict[str, int] = {}
    for radio in house.air.radios:
        for word, count in radio.counts.items():
            counts[word] = counts.get(word, 0) + count
    for wearer in house.wearers.values():
        for type, count in wearer.frames.items():
            uplinks[type] = uplinks.get(type, 0) + count
    called = [ms for alarm in alarms for ms in alarm.called]
    seen_ms = {what: [alarm.seen[what] for alarm in alarms if what in alarm.seen]
               for what in ("disk", "seen", "felt received", "felt taken")}
    wanted = len(alarms) * (len(house.wearers) - 1)
    law = region.DUTY_PERMILLE[region.P]
    figures: dict[str, Any] = {
        "alarms": len(alarms),
        "on_disk": sum(alarm.id in disk for alarm in alarms),
        "felt_received": len(seen_ms["felt received"]),
        "disk_ms": [_quantile(seen_ms["disk"], q) for q in (0.5, 0.99, 1)],
        "felt_ms": [_quantile(seen_ms["felt received"], q) for q in (0.5, 0.99, 1)],
        "seen_ms": [_quantile(seen_ms["seen"], q) for q in (0.5, 1)],
        "taken_ms": [_quantile(seen_ms["felt taken"], q) for q in (0.5, 0.99)],
        "calls_felt": f"{len(called)} of {wanted}",
        "call_ms": [_quantile(called, q) for q in (0.5, 0.99, 1)],
        "badge_permille": round(max(most_in_an_hour_permille(times) for times in sent.values()), 2),
        "gateway_permille": [round(most_in_an_hour_permille(post.radio.sent), 2) for post in house.posts],
        "gateway_s": [round(sum(end - start for start, end, _ in post.radio.sent) / 1e6, 1) for post in house.posts],
        "law_permille": law,
        "uplinks": uplinks,
        "heartbeats_given_up": sum(wearer.given_up for wearer in house.wearers.values()),
        "downlinks": [len(post.radio.sent) for post in house.posts],
        "counts": counts,
        "missed_while_reading_another": house.air.occupied,
        "bridge_dropped": [post.bridge.dropped for post in house.posts],
        "busy_looks": sum(w.lora_radio.busy for w in house.wearers.values())
        + sum(post.lora.busy for post in house.posts),
        "put_off_by_law": sum(w.put_off for w in house.wearers.values()) + sum(p.lora.refused for p in house.posts),
        "refused": dict(house.radio.refused),
        "bridges": dict(house.bridges.counts),
    }
    figures["lawful"] = max([figures["badge_permille"], *figures["gateway_permille"]]) <= law
    return figures
