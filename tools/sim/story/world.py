"""Where does the day happen? Badges, air and one gateway in virtual time: from one moment that matters to the next.

The gateway is the real Radio over a real Store on disk; it may die and come back, from an older copy of its disk too.
The badges are the real ones. Whoever wants to know what happened is one of its listeners.
"""

import itertools
import random
import secrets
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from firmware.codes import STEP_CLOSED, WHAT_RAISED
from firmware.limits import CALL_SLOTS
from firmware.link import frame
from tools.gateway import rollback
from tools.gateway.board import Fact
from tools.gateway.bridges import PACE_MS, slower_ms
from tools.gateway.core.rows import BRIDGE, Address
from tools.gateway.datagrams import Datagram
from tools.gateway.radio import Radio
from tools.gateway.rollback import NAME
from tools.gateway.store import Store, open_store
from tools.sim.story import rows
from tools.sim.story.air import Air, Paced
from tools.sim.story.listener import Listener
from tools.sim.story.person import Pairing
from tools.sim.story.rows import Alarm
from tools.sim.story.twin import Twin
from tools.sim.story.wearer import Wearer

BEGAN_MS = 1_795_417_200_000  # some Monday in November
_HOST = "127.0.0.1"  # an uplink flies to (None, number of its sender), a downlink back to (_HOST, the same number)
_SECOND = 100  # is added to the number of a sender where the second bridge has heard it
_GRID_MS = 10
_LOOK_MS = 4000  # the gateway looks as often while something is open, beside when it knows that something is due
_IDLE_MS = 10_000
_DUE = """SELECT min(due_ms) FROM (SELECT min(due_ms) AS due_ms FROM downlinks WHERE NOT settled
          UNION ALL SELECT min(due_ms) FROM alarms UNION ALL SELECT min(unanswered_ms) FROM alarms)"""


# Hours of a life pass in a second, in which two gateways might draw one number, as no house does: they are dealt here.
_dealt = itertools.count(0, 17)
setattr(rollback, "secrets", SimpleNamespace(choice=lambda free: free[next(_dealt) % len(free)],
                                             token_hex=secrets.token_hex))


class World:
    """A house in `folder`, in whose database badges are paired.

    people: (name, the badge's pairing, spreading factor or 0 for Wi-Fi) of each.
    """

    def __init__(self, folder: Path, people: Sequence[tuple[str, Pairing, int]], draw: random.Random, air: Air) -> None:
        self.now = 0
        self.people: list[Wearer] = []
        self.twin: Twin | None = None  # another gateway, on a copy of the disk
        # the same, stopped or not: badges may have its group key, and on its disk is an alarm
        self.was_doubled: Twin | None = None
        self.up_since: int | None = 0  # when the gateway last came up; None while it is down
        self.linked_since: dict[str, int] = {}  # by person's name
        self.lived: list[Wearer] = []  # those who did anything in this step
        self.listeners: list[Listener] = []
        self.refuses: tuple[int, ...] = ()  # types of frames that this gateway, an older one, does not know
        self.air = air
        self.bridge_turn_ms = 0  # of two bridges first the one is gone for as long, later the other; 0: there is one
        self.ahead_ms = 0  # how far the gateway's clock has been set
        self._turns = [Paced() for _ in range(4)]  # of two bridges, and of the two of a second gateway
        self._path = folder / "kald.sqlite"
        self._copy = folder / "copy.sqlite"
        self._told = 0
        self._next_ms = 0
        self._rows: list[Alarm] | None = None
        self.radio: Radio | None
        self.up()
        self._disk: Store | None = None  # a reader of its own, once it is wanted: it sees only what has been committed
        self._reads = sqlite3.connect(self._path)
        for name, pairing, sf in people:
            began = (1 << 30) - draw.randint(60_000, 3_600_000)  # so that its clock wraps within the day
            self.people.append(Wearer(name, pairing, began, draw, sf))
            self.linked_since[name] = 0

    # What may happen to the house

    def up(self, restored: bool = False) -> None:
        """Start the gateway from what is on disk, or from the copy that `keep_copy` has made.

        It must notice that by itself if it has heard anything since; what it has sent since, Nonces knows.
        """
        if restored:
            self._replace()
        self.store = open_store(self._path)
        if self.store.serve() and not restored:
            raise RuntimeError("a gateway takes its own disk for one that was put back")
        self.radio = Radio(self.store)
        self.radio.began(self.unix_ms())
        self.up_since = self.now
        self.stir()

    def down(self) -> None:
        """Kill the gateway."""
        self.store.close()
        self.radio = self.up_since = None
        self._turns[:2] = Paced(), Paced()

    def doubled(self, whole: bool) -> None:
        """Start another gateway on a copy of the disk, beside this one; whole: the marker is copied, too."""
        self.keep_copy()
        folder = self._path.parent
        marker = folder / NAME if whole else None
        self.twin = self.was_doubled = Twin(folder / "twin", self._copy, marker, self.unix_ms())

    def alone(self) -> None:
        """Stop the other gateway."""
        if self.twin:
            self.twin.stop()
            self._turns[2:] = Paced(), Paced()
        self.twin = None

    def keep_copy(self) -> None:
        """Make a copy of the disk, as a backup does."""
        copy = sqlite3.connect(self._copy)
        self._reads.backup(copy)
        copy.close()

    def _replace(self) -> None:
        self._forget_disk()
        self._reads.close()
        for path in self._path.parent.glob("kald.sqlite*"):
            path.unlink()
        shutil.copy(self._copy, self._path)
        self._reads = sqlite3.connect(self._path)
        self._told = self._reads.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]

    def set_clock(self, by_ms: int) -> None:
        """Set the gateway's clock ahead by `by_ms`, or back."""
        self.ahead_ms += by_ms
        if self.radio:
            self.radio.clock_set(by_ms, self.unix_ms())
            self.stir()

    def act(self, verb: str, number: int, **given: object) -> bool:
        """Let the office do something at the board; return whether there is a gateway."""
        if not self.radio:
            return False
        self.radio.act(verb, number, {"by": "the office", **given}, self.unix_ms())
        self.stir()
        return True

    def stir(self) -> None:
        """Somebody has done something at the gateway: it looks now."""
        self._next_ms = self.now
        self._rows = None

    def link(self, person: Wearer, there: bool) -> None:
        """Give `person` a link, or take it."""
        if there and not person.linked:
            if person.awake and person.badge and not person.lora:
                person.badge.outbox.hurry(person.clock(self.now))
            self.linked_since[person.name] = self.now
        person.linked = there
        person.rouse(self.now)

    def one_way(self, person: Wearer, lost: str) -> None:
        """Let what goes one way between `person` and the house be lost: "up" or "down", "" for neither."""
        if person.lost_way and not lost:
            self.linked_since[person.name] = self.now
        person.lost_way = lost

    def restart(self, person: Wearer) -> None:
        """Start a badge that was off; it counts as healed from here on."""
        person.boot(self.now)
        self.linked_since[person.name] = self.now

    def healed_since(self, person: Wearer) -> int | None:
        """Return since when the way from `person` to the gateway is whole; None if it is not."""
        there = person.linked and person.awake and not person.luck.deaf and self.now >= person.held_until_ms
        if self.up_since is None or not there or person.lost_way:
            return None
        return max(self.up_since, self.linked_since[person.name], person.heals_ms, person.held_until_ms)

    def unix_ms(self) -> int:
        """Return the gateway's clock."""
        return BEGAN_MS + self.now + self.ahead_ms

    # Time

    def step(self, until_ms: int) -> None:
        """Let time pass to the next moment in which anything happens, at most to `until_ms`."""
        dues = [person.next_ms() for person in self.people]
        at_ms = min(*dues, self.air.next_ms(), *(turns.next_ms() for turns in self._turns))
        if (self.radio or self.twin) and self._next_ms < at_ms:
            at_ms = self._next_ms
        at_ms = max(at_ms + -at_ms % _GRID_MS, self.now + _GRID_MS)
        self.now = min(at_ms, max(until_ms, self.now + 1))
        self.lived = []
        for number, person in enumerate(self.people):
            if dues[number] > self.now:
                continue
            self.lived.append(person)
            was = person.awake
            person.live(self.now)
            if person.awake and not was:
                self.linked_since[person.name] = self.now
            for data in person.uplinks():
                for listener in self.listeners:
                    listener.sent(person, data)
                if person.lost_way == "up":
                    self.air.tell("lost", data, number)
                elif self.now < person.held_until_ms:
                    self.air.tell("held", data, number)
                    self.air.put(data, (None, number), person.held_until_ms)
                else:
                    self.air.send(data, (None, number), self.now)
        uplinks = self._arrive() if self.air.next_ms() <= self.now else []
        for person in self.lived:
            for pattern in person.meant():
                for listener in self.listeners:
                    listener.meant(person, self.now, pattern)
            for at_ms, pattern in person.felt(self.now):
                for listener in self.listeners:
                    listener.felt(person, at_ms, pattern)
        if (self.radio or self.twin) and (uplinks or self.now >= self._next_ms):
            self._gateway(uplinks)
        for turns in self._turns:
            if turns.next_ms() <= self.now:
                self._down(*turns.take(self.now, self._pace_ms))

    def _gateway(self, uplinks: Sequence[Datagram]) -> None:
        out: list[Datagram] = []
        for listener in self.listeners:
            listener.heard(uplinks)
        if self.radio:
            self.radio.prepare()
            out = self.radio.receive(uplinks, self.unix_ms())
            self._rows = None
            for listener in self.listeners:
                listener.answered(uplinks, out)
        said = [(0, *one) for one in out]
        if self.twin:
            said += [(2, *one) for one in self.twin.receive(uplinks, self.unix_ms())]
        for first, data, to in said:
            for listener in self.listeners:
                listener.spoken(data)
            if to[0] != BRIDGE or data[0] == frame.ACK:
                self._down(data, to)
            else:
                self._turns[first + to[1] // _SECOND].put(data, to)
        open_alarms = any(row.step != STEP_CLOSED for row in self.rows())
        due_ms = self._reads.execute(_DUE).fetchone()[0]
        self._next_ms = self.now + (_LOOK_MS if open_alarms else _IDLE_MS)
        if due_ms is not None:
            self._next_ms = max(self.now + _GRID_MS, min(self._next_ms, due_ms - BEGAN_MS - self.ahead_ms))
        self.look()

    def _down(self, data: bytes, to: Address) -> None:
        if to[0] != BRIDGE or to[1] // _SECOND * _SECOND in self._bridges():
            self.air.send(data, (to[0], to[1] % _SECOND), self.now)

    def _pace_ms(self, to: Address) -> int:
        return PACE_MS + slower_ms(self.people[to[1] % _SECOND].lora)

    def _bridges(self) -> tuple[int, ...]:
        if not self.bridge_turn_ms:
            return (0,)
        turn = self.now // self.bridge_turn_ms % 4
        return (0,) if turn == 1 else (_SECOND,) if turn == 3 else (0, _SECOND)

    def _arrive(self) -> list[Datagram]:
        uplinks: list[Datagram] = []
        for data, to in self.air.arrived(self.now):
            if to[0] is None:
                if data and data[0] in self.refuses:
                    for listener in self.listeners:
                        listener.refused(data)
                    continue
                if self.people[to[1]].lora:
                    uplinks += [(data, (BRIDGE, to[1] + bridge)) for bridge in self._bridges()]
                else:
                    uplinks.append((data, (_HOST, to[1])))
                continue
            person = self.people[to[1]]
            if person.linked and person.awake and not person.luck.deaf and person.lost_way != "down":
                if person.hear(data, self.now):
                    for listener in self.listeners:
                        listener.arrived(person, data)
        return uplinks

    # What the gateway knows

    def alarms(self) -> list[Fact]:
        """Return all alarms on the gateway's board, newest first, whether it is up or not."""
        self._disk = self._disk or open_store(self._path)
        return self._disk.alarms()

    def _forget_disk(self) -> None:
        if self._disk:
            self._disk.close()
            self._disk = None

    def rows(self) -> list[Alarm]:
        """Return the alarms on the gateway's disk, newest first: a few columns, and all of them."""
        if self._rows is None:
            self._rows = rows.alarms(self._reads, "ORDER BY a.id DESC")
        return self._rows

    def _both(self, device: int, alarm_id: int) -> list[Alarm]:
        found = [row for row in self.rows() if (row.device, row.alarm_id) == (device, alarm_id)][:1]
        other = self.was_doubled and self.was_doubled.row(device, alarm_id)
        return sorted(found + ([other] if other else []), key=lambda row: -row.newest)

    def row(self, device: int, alarm_id: int) -> Alarm | None:
        """Return one of them, or None; of two gateways that of the one which has heard the later word."""
        return next(iter(self._both(device, alarm_id)), None)

    def raised(self, device: int, alarm_id: int) -> Alarm | None:
        """Return it as `row`, but of two gateways rather that of the one which has it as raised."""
        both = self._both(device, alarm_id)
        return next((row for row in both if row.what == WHAT_RAISED), both[0] if both else None)

    def crowded(self) -> bool:
        """Return whether more alarms are open than a badge can hold calls."""
        return sum(row.step != STEP_CLOSED for row in self.rows()) > CALL_SLOTS

    def ask(self, question: str, *words: object) -> list[Any]:
        """Return what the gateway's disk says to a question in SQL."""
        return self._reads.execute(question, words).fetchall()

    def look(self) -> None:
        """Tell the listeners what the gateway has noted since the last look."""
        for event in rows.events(self._reads, self._told):
            self._told = event.event
            for listener in self.listeners:
                listener.noted(event.at_ms - BEGAN_MS - self.ahead_ms, event)

    def close(self) -> None:
        """Let go of the database."""
        self.alone()
        if self.was_doubled:
            self.was_doubled.close()
        self._forget_disk()
        self._reads.close()
        if self.radio:
            self.down()
