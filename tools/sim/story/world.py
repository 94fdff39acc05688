"""Where does the day happen? Badges, air and one gateway in virtual time: from one moment that matters to the next.

The gateway is the real Radio over a real Store on disk; it may die and come back, from an older copy of its disk too.
The badges are the real ones. Whoever wants to know what happened listens: `meant`, `felt`, `noted` are called as it
does, and `answered` and `arrived` on those listeners that have them.
"""

import shutil
import sqlite3

from firmware.link import frame
from tools.gateway import enumerations
from tools.gateway.bridges import PACE_MS, slower_ms
from tools.gateway.core.rows import BRIDGE
from tools.gateway.radio import Radio
from tools.gateway.rollback import NAME
from tools.gateway.store import open_store
from tools.sim.story.air import Paced
from tools.sim.story import rows
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
_EVENTS = """SELECT e.id AS event, e.at_ms, e.event AS step, e.who, e.detail, a.id, a.alarm_id, a.kind, b.name, b.device
             FROM events e JOIN alarms a ON a.id = e.alarm JOIN badges b ON b.pairing = a.pairing
             WHERE e.id > ? AND e.brief ORDER BY e.id"""


class World:
    """A house in `folder` (a Path), in whose database badges are paired. draw: random.Random. air: of air.py.

    people: [(name, the badge's row, spreading factor or 0 for Wi-Fi)].
    """

    def __init__(self, folder, people, draw, air):
        self.now = 0
        self.people = []
        self.twin = None  # another gateway, on a copy of the disk
        self.was_doubled = None  # the same, stopped or not: badges may have its group key, and on its disk is an alarm
        self.up_since = 0  # when the gateway last came up; None while it is down
        self.linked_since = {}  # by person's name
        self.lived = []  # those who did anything in this step
        self.listeners = []
        self.refuses = ()  # types of frames that this gateway, an older one, does not know
        self.air = self._air = air
        self.bridge_turn_ms = 0  # of two bridges first the one is gone for as long, later the other; 0: there is one
        self.ahead_ms = 0  # how far the gateway's clock has been set
        self._turns = [Paced() for _ in range(4)]  # of two bridges, and of the two of a second gateway
        self._path = folder / "kald.sqlite"
        self._copy = folder / "copy.sqlite"
        self._told = 0
        self._next_ms = 0
        self._rows = None
        self.up()
        self._disk = None  # a reader of its own, once it is wanted: it sees only what has been committed
        self._reads = sqlite3.connect(self._path)
        self._reads.row_factory = sqlite3.Row
        for name, row, sf in people:
            began = (1 << 30) - draw.randint(60_000, 3_600_000)  # so that its clock wraps within the day
            self.people.append(Wearer(name, row, began, draw, sf))
            self.linked_since[name] = 0

    # What may happen to the house

    def up(self, restored=False):
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

    def down(self):
        """Kill the gateway."""
        self.store.close()
        self.radio = self.up_since = None
        self._turns[:2] = Paced(), Paced()

    def doubled(self, whole):
        """Start another gateway on a copy of the disk, beside this one; whole: the marker is copied, too."""
        self.keep_copy()
        folder = self._path.parent
        marker = folder / NAME if whole else None
        self.twin = self.was_doubled = Twin(folder / "twin", self._copy, marker, self.unix_ms())

    def alone(self):
        """Stop the other gateway."""
        if self.twin:
            self.twin.stop()
            self._turns[2:] = Paced(), Paced()
        self.twin = None

    def keep_copy(self):
        """Make a copy of the disk, as a backup does."""
        copy = sqlite3.connect(self._copy)
        self._reads.backup(copy)
        copy.close()

    def _replace(self):
        self._forget_disk()
        self._reads.close()
        for path in self._path.parent.glob("kald.sqlite*"):
            path.unlink()
        shutil.copy(self._copy, self._path)
        self._reads = sqlite3.connect(self._path)
        self._reads.row_factory = sqlite3.Row
        self._told = self._reads.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]

    def set_clock(self, by_ms):
        """Set the gateway's clock ahead by `by_ms`, or back."""
        self.ahead_ms += by_ms
        if self.radio:
            self.radio.clock_set(by_ms, self.unix_ms())
            self.stir()

    def stir(self):
        """Somebody has done something at the gateway: it looks now."""
        self._next_ms = self.now
        self._rows = None

    def link(self, person, there):
        """Give `person` a link, or take it."""
        if there and not person.linked:
            if person.awake and person.badge and not person.lora:
                person.badge.outbox.hurry(person.clock(self.now))
            self.linked_since[person.name] = self.now
        person.linked = there
        person.rouse(self.now)

    def restart(self, person):
        """Start a badge that was off; it counts as healed from here on."""
        person.boot(self.now)
        self.linked_since[person.name] = self.now

    def healed_since(self, person):
        """Return since when the way from `person` to the gateway is whole; None if it is not."""
        there = person.linked and person.awake and not person.luck.deaf and self.now >= person.held_until_ms
        if self.up_since is None or not there:
            return None
        return max(self.up_since, self.linked_since[person.name], person.heals_ms, person.held_until_ms)

    def unix_ms(self):
        """Return the gateway's clock."""
        return BEGAN_MS + self.now + self.ahead_ms

    # Time

    def step(self, until_ms):
        """Let time pass to the next moment in which anything happens, at most to `until_ms`."""
        dues = [person.next_ms() for person in self.people]
        at_ms = min(*dues, self._air.next_ms(), *(turns.next_ms() for turns in self._turns))
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
            for data in person.uplinks(self.now):
                self._say("sent", person, data)
                if self.now < person.held_until_ms:
                    self._air.tell("held", data, number)
                    self._air.put(data, (None, number), person.held_until_ms)
                else:
                    self._air.send(data, (None, number), self.now)
        uplinks = self._arrive() if self._air.next_ms() <= self.now else []
        for person in self.lived:
            for pattern in person.meant():
                self._say("meant", person, self.now, pattern)
            for at_ms, pattern in person.felt(self.now):
                self._say("felt", person, at_ms, pattern)
        if (self.radio or self.twin) and (uplinks or self.now >= self._next_ms):
            self._gateway(uplinks)
        for turns in self._turns:
            if turns.next_ms() <= self.now:
                self._down(*turns.take(self.now, self._pace_ms))

    def _gateway(self, uplinks):
        out = []
        self._say("heard", uplinks)
        if self.radio:
            self.radio.prepare()
            out = self.radio.receive(uplinks, self.unix_ms())
            self._rows = None
            self._say("answered", uplinks, out)
        said = [(0, *one) for one in out]
        if self.twin:
            said += [(2, *one) for one in self.twin.receive(uplinks, self.unix_ms())]
        for first, data, to in said:
            self._say("spoken", data)
            if to[0] != BRIDGE or data[0] == frame.ACK:
                self._down(data, to)
            else:
                self._turns[first + to[1] // _SECOND].put(data, to)
        open_alarms = any(row["step"] != 4 for row in self.rows())
        due_ms = self._reads.execute(_DUE).fetchone()[0]
        self._next_ms = self.now + (_LOOK_MS if open_alarms else _IDLE_MS)
        if due_ms is not None:
            self._next_ms = max(self.now + _GRID_MS, min(self._next_ms, due_ms - BEGAN_MS - self.ahead_ms))
        self.look()

    def _down(self, data, to):
        if to[0] != BRIDGE or to[1] // _SECOND * _SECOND in self._bridges():
            self._air.send(data, (to[0], to[1] % _SECOND), self.now)

    def _pace_ms(self, to):
        return PACE_MS + slower_ms(self.people[to[1] % _SECOND].sf)

    def _bridges(self):
        if not self.bridge_turn_ms:
            return (0,)
        turn = self.now // self.bridge_turn_ms % 4
        return (0,) if turn == 1 else (_SECOND,) if turn == 3 else (0, _SECOND)

    def _arrive(self):
        uplinks = []
        for data, to in self._air.arrived(self.now):
            if to[0] is None:
                if data and data[0] in self.refuses:
                    self._say("refused", data)
                    continue
                if self.people[to[1]].lora:
                    uplinks += [(data, (BRIDGE, to[1] + bridge)) for bridge in self._bridges()]
                else:
                    uplinks.append((data, (_HOST, to[1])))
                continue
            person = self.people[to[1]]
            if person.linked and person.awake and not person.luck.deaf:
                if person.hear(data, self.now):
                    self._say("arrived", person, data)
        return uplinks

    # What the gateway knows

    def alarms(self):
        """Return all alarms on the gateway's board, newest first, whether it is up or not."""
        self._disk = self._disk or open_store(self._path)
        return self._disk.alarms()

    def _forget_disk(self):
        if self._disk:
            self._disk.close()
            self._disk = None

    def rows(self):
        """Return the alarms on the gateway's disk, newest first: a few columns, and all of them."""
        if self._rows is None:
            self._rows = rows.alarms(self._reads, "ORDER BY a.id DESC")
        return self._rows

    def row(self, device, alarm_id):
        """Return one of them, or None; of two gateways that of the one which has heard the later word."""
        for row in self.rows():
            if row["device"] == device and row["alarm_id"] == alarm_id:
                break
        else:
            row = None
        other = self.was_doubled and self.was_doubled.row(device, alarm_id)
        return other if other and (row is None or other["newest"] > row["newest"]) else row

    def ask(self, question, *words):
        """Return what the gateway's disk says to a question in SQL."""
        return self._reads.execute(question, words).fetchall()

    def look(self):
        """Tell the listeners what the gateway has noted since the last look."""
        for event in self._reads.execute(_EVENTS, (self._told,)).fetchall():
            self._told = event["event"]
            shown = {**event, "kind": enumerations.number(enumerations.KINDS, event["kind"])}
            self._say("noted", shown, event["at_ms"] - BEGAN_MS - self.ahead_ms, shown)

    def _say(self, what, *facts):
        for listener in self.listeners:
            say = getattr(listener, what, None)
            if say:
                say(*facts)

    def close(self):
        """Let go of the database."""
        self.alone()
        if self.was_doubled:
            self.was_doubled.close()
        self._forget_disk()
        self._reads.close()
        if self.radio:
            self.down()
