"""Where does the day happen? Badges, air and one gateway in virtual time: small steps when something is due, else long.

The gateway is the real Radio over a real Store on disk; it may die and come back. The badges are the real ones. Whoever
wants to know what happened listens: `meant`, `felt` and `noted` are called as it does.
"""

from firmware.link.frame import FRAME_BYTES_MAX
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.story.person import Person

BEGAN_MS = 1_795_417_200_000  # some Monday in November
FINE_MS = 20
COARSE_MS = 1000
_HOST = "127.0.0.1"  # an uplink flies to (None, number of its sender), a downlink back to (_HOST, the same number)
_TURN_MS = 100  # the gateway looks at its deadlines as often


class World:
    """A house in `folder` (a Path) with badges for `names`. draw: random.Random. air: tools.story.air.Air."""

    def __init__(self, folder, names, draw, air):
        self.now = 0
        self.people = []
        self.up_since = 0  # when the gateway last came up; None while it is down
        self.linked_since = {}  # by person's name
        self.listeners = []
        self._path = folder / "kald.sqlite"
        self._air = air
        self._told = {}
        self._looked_ms = 0
        self.up()
        self._disk = open_store(self._path)  # a reader of its own sees only what has been committed
        for name in names:
            began = (1 << 30) - draw.randint(60_000, 3_600_000)  # so that its clock wraps within the day
            self.people.append(Person(name, self.store.pair(name), began, draw))
            self.linked_since[name] = 0

    # What may happen to the house

    def up(self):
        """Start the gateway from what is on disk."""
        self.store = open_store(self._path)
        self.radio = Radio(self.store)
        self.up_since = self.now

    def down(self):
        """Kill the gateway."""
        self.store.engine.dispose()
        self.radio = self.up_since = None

    def link(self, person, there):
        """Give `person` a link, or take it."""
        if there and not person.linked:
            person.badge.outbox.hurry(person.clock(self.now))
            self.linked_since[person.name] = self.now
        person.linked = there

    def restart(self, person):
        """Start a badge that was off; it counts as healed from here on."""
        person.boot(self.now)
        self.linked_since[person.name] = self.now

    def healed_since(self, person):
        """Return since when the way from `person` to the gateway is whole; None if it is not."""
        if self.up_since is None or not person.linked or not person.awake:
            return None
        return max(self.up_since, self.linked_since[person.name])

    def unix_ms(self):
        """Return the gateway's clock."""
        return BEGAN_MS + self.now

    # Time

    def step(self, until_ms):
        """Let time pass, at most to `until_ms`."""
        quiet = self._air.empty() and all(person.resting(self.now, COARSE_MS) for person in self.people)
        self.now = min(self.now + (COARSE_MS if quiet else FINE_MS), max(until_ms, self.now + FINE_MS))
        for number, person in enumerate(self.people):
            person.live(self.now)
            self._uplinks(number, person)
        uplinks = self._arrive()
        for person in self.people:
            for pattern in person.meant(self.now):
                self._say("meant", person, self.now, pattern)
            for at_ms, pattern in person.felt(self.now):
                self._say("felt", person, at_ms, pattern)
        if self.radio and (uplinks or self.now - self._looked_ms >= _TURN_MS):
            self._looked_ms = self.now
            self.radio.prepare()
            for data, address in self.radio.receive(uplinks, self.unix_ms()):
                self._air.send(data, address, self.now)
            if uplinks:
                self.look()

    def _arrive(self):
        uplinks = []
        for data, to in self._air.arrived(self.now):
            person = self.people[to[1]]
            if to[0] is None:
                uplinks.append((data, (_HOST, to[1])))
            elif person.linked and person.awake:
                person.badge.frame(bytearray(data) + bytearray(60), len(data), person.clock(self.now))
        return uplinks

    def _uplinks(self, number, person):
        while person.awake and person.linked:
            buf = bytearray(FRAME_BYTES_MAX)
            n = person.badge.next_frame(buf, person.clock(self.now))
            if not n:
                return
            self._air.send(bytes(buf[:n]), (None, number), self.now)

    # What the gateway knows

    def alarms(self):
        """Return all alarms on the gateway's disk, newest first, whether it is up or not."""
        return self._disk.alarms()

    def look(self):
        """Tell the listeners what the gateway has noted since the last look."""
        for alarm in reversed(self.alarms()):
            seen = self._told.get(alarm["id"], 0)
            self._told[alarm["id"]] = len(alarm["events"])
            for event in alarm["events"][seen:]:
                self._say("noted", alarm, event["at_ms"] - BEGAN_MS, event)

    def _say(self, what, *facts):
        for listener in self.listeners:
            getattr(listener, what)(*facts)

    def close(self):
        """Let go of the database."""
        self._disk.engine.dispose()
        if self.radio:
            self.down()
