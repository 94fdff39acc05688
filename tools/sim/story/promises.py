"""Were the promises kept? S1, S2 and L1 of docs/architecture.md, judged from outside the product.

    S1  the wearer is never told "received" unless the gateway stored that very alarm, nor "taken" unless a person
        took it, nor "closed" unless a person closed it
    S2  no press is lost, and none is accepted twice
    L1  within 60 s of a whole way the gateway has the alarm and the wearer has felt it

The witness knows what hands and people did, since it saw them do it; it reads the gateway's disk through a connection
of its own; and it reads the motor, not the badge's intentions, where something must have been felt. What else is
promised is judged in witness.py.
"""

from firmware.alarm.alarm import Alarm as BadgeAlarm
from firmware.codes import CALLING, KIND_EMERGENCY, SAFE, WARNED, WHAT_RAISED
from firmware.feedback import patterns as feel
from tools.sim.demo.feeling import NAMES
from tools.sim.story.listener import Listener
from tools.sim.story.rows import Alarm, Event
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

HEALED_MS = 60_000
LATE_MS = 10_000  # what the badge orders is felt within this, or not at all
COARSE_MS = 1000  # the longest step of a world
_BEGINS_MS = 1500  # an alarm begins as long after the hand at most, debounce and long steps included
_FALL_MS = 12_000  # and as long after the fall
_SAID_MS = 420_000  # an answer is tried for nearly five minutes, and a gateway takes none that it knows to be older
_GIVES_WAY_MS = 10_000  # between the last look of a lifeboat and the first of the app
_UNDECIDED_MS = 300  # a power cut so soon after the hand may take the alarm with it; a reset may within a debounce
_ARRIVED = (feel.RECEIVED, feel.TAKEN, feel.UNANSWERED, feel.CLOSED)  # each of these says that the alarm has arrived
_PROMISES = {feel.UNANSWERED: 1, feel.RECEIVED: 2, feel.TAKEN: 3, feel.CLOSED: 4}  # a lost beat may only promise less
_LOOK_MS = 500
_PRACTISED_MS = 25_000  # between two emergencies of a practice
NAMED = ("S1", "S2", "S3", "S4", "S5", "L1", "L2")


Name = tuple[int, int]


class Cause:
    """Something that must become an alarm: a gesture, or a fall nobody denied. kind: the least that must be stored."""

    def __init__(self, person: Wearer, begins_ms: int, edge_ms: int, kind: int, until_ms: int,
                 practice: bool = False) -> None:
        self.person = person
        self.begins_ms = begins_ms
        self.edge_ms = edge_ms
        self.kind = kind
        self.until_ms = until_ms
        self.practice = practice  # nobody need be called for it
        self.many = False  # it may open more than one alarm
        self.began = False  # this one has opened an alarm
        self.stored = self.felt = False
        self.alarm_id = -1
        self.before: tuple[int, int] | None = None  # the badge's (alarm id, revision) when the hand began
        self.taken_up = False
        self.waited_ms: int | None = None  # from edge, or from a whole way if that was later, until stored and felt


def _latest_ms(cause: Cause) -> int:
    # a loop that stands still for seconds looks at the button when it goes on, and finds what was held down
    return cause.until_ms + COARSE_MS + cause.person.luck.stall_ms


class Promises(Listener):
    """Listens to a World; `broken` holds (promise, ms, sentence). A name is (device, alarm id)."""

    def __init__(self, world: World) -> None:
        self.broken: list[tuple[str, int, str]] = []
        self.looked_at = dict.fromkeys(NAMED, 0)
        self.causes: list[Cause] = []
        self.openings: list[Cause] = []  # what may open an alarm beside the causes: falls that may be denied
        self.said: set[Name] = set()  # a person has said "I am coming"
        self.went_back: set[Name] = set()  # the power went before flash had all that was said
        self.closed_by: dict[Name, set[int]] = {}  # the revisions that a person has closed
        self.others: set[Name] = set()  # of badges that are nobody's here
        self.forgiven_ms = -1  # the gateway's disk is older than that, by a person's hand
        # all by person's name: until when a disk that was put back need not have heard of her alarm; ...
        self._unknown_ms: dict[str, int] = {}
        self._world = world
        self._lost: set[Wearer] = set()
        self.cut_ms: dict[str, int] = {}  # ... when her badge last lost all that outlives a reset alone
        self._free: dict[str | None, int] = {}  # ... when a hand was last on the button, and no alarm of hers open
        self._called_ms: dict[str, int] = {}  # ... when her alarm was raised
        self._meant: dict[tuple[str, int], int] = {}
        self._states: dict[str, int] = {}
        self._ids: set[Name] = set()
        self._looked_ms = 0

    # What people do

    def pressed(self, person: Wearer, begins_ms: int, edge_ms: int, kind: int, practice: bool = False) -> None:
        """A hand makes an alarm gesture that asks for `kind`."""
        self.causes.append(Cause(person, begins_ms, edge_ms, kind, edge_ms + _BEGINS_MS, practice))

    def fell(self, person: Wearer, at_ms: int, span_ms: int = _FALL_MS) -> None:
        """A body falls, or lies; whether that becomes an alarm is the detector's and the wearer's business."""
        self.openings.append(Cause(person, at_ms, at_ms, 0, at_ms + span_ms))
        self.openings[-1].many = True

    def came(self, device: int, alarm_id: int) -> None:
        """A person says "I am coming"."""
        self.said.add((device, alarm_id))

    def let_go(self, person: Wearer) -> None:
        """A hand lets go of the button of `person`: whoever is in no alarm answers what calls then, meant or not."""
        if person.badge and person.badge.alarm.state == SAFE:
            self._free[person.name] = self._world.now

    def _answered(self, person: Wearer, row: Alarm | None) -> bool:
        raised_ms = self._called_ms.get(person.name, 0)
        return row is not None and self._free.get(row.taken_by, -1) >= raised_ms

    def lost(self, person: Wearer) -> None:
        """Somebody else has the badge of `person`: what it says need be heard by nobody."""
        self._lost.add(person)
        self.causes = [cause for cause in self.causes if cause.person is not person or cause.waited_ms is not None]

    def closed(self, device: int, alarm_id: int) -> None:
        """A person closes an alarm at the board."""
        row = self._world.row(device, alarm_id)
        self.closed_by.setdefault((device, alarm_id), set()).add(row.revision if row else -1)

    def lost_power(self, person: Wearer, cut: bool, kept: bool = True) -> None:
        """The badge of `person` was without power; cut: for so long that only flash has kept anything, if `kept`."""
        now = self._world.now
        if cut:
            self.cut_ms[person.name] = now
            for opening in self.openings:
                if opening.person is person and opening.many and now <= opening.until_ms:
                    opening.begins_ms = min(opening.begins_ms, now)  # what is asked later is asked at once after it
            self.went_back.add((person.device, person.alarm_id))
            if not kept:  # or to an older one, whose end flash refused, too
                self.went_back |= {one for one in self._ids if one[0] == person.device}
            if person.badge:
                self.went_back.add((person.device, person.badge.alarm.alarm_id))
        for cause in self.causes:
            mine = cause.person is person and cause.begins_ms <= now and not cause.waited_ms
            undecided = now < cause.edge_ms + (_UNDECIDED_MS if cut else 150) or cut and not kept
            if mine and (undecided or not (cut or cause.taken_up)):
                cause.until_ms = now + 30_000
                cause.began = cause.began and not cut  # it forgets what had begun, and the hand goes on
                self.openings.append(cause)
        self.causes = [cause for cause in self.causes if cause not in self.openings]

    # What the world says

    def meant(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """S1: look at the disk, and at what people have done, at the moment when the badge orders a feeling."""
        self._meant[person.name, pattern] = at_ms
        if pattern not in _ARRIVED:
            return
        self.looked_at["S1"] += 1
        assert person.badge  # who else would have ordered it?
        alarm, key = person.badge.alarm, (person.device, person.alarm_id)
        row, back = self._world.raised(*key), key in self.went_back
        if row is None or row.what != WHAT_RAISED:
            if at_ms > max(self.forgiven_ms, self._unknown_ms.get(person.name, -1)):
                self.break_("S1", at_ms, f"{person.name} was told of an alarm that the gateway does not have")
        elif pattern == feel.RECEIVED and not (back or self._said_of(row, alarm)):
            self.break_("S1", at_ms, f"{person.name} was told received, but the gateway has something older")
        if row and row.practice:  # the gateway itself plays the people in it
            return
        if pattern == feel.TAKEN and key not in self.said and not self._answered(person, row):
            self.break_("S1", at_ms, f"{person.name} was told that somebody comes, and nobody had said so")
        if pattern == feel.CLOSED and key not in self.closed_by:
            self.break_("S1", at_ms, f"{person.name} was told closed, and nobody had closed it")
        elif pattern == feel.CLOSED and alarm.revision not in self.closed_by[key] and not back:
            self.break_("S1", at_ms, f"{person.name} was told closed, and only an older word of hers was")

    @staticmethod
    def _said_of(row: Alarm, alarm: BadgeAlarm) -> bool:
        # "received" is of what the badge says now, or of what it said before a press in this very step of the world
        since: bool = alarm.state == CALLING and alarm.newer(row.revision) == alarm.revision
        return since or (row.revision, row.kind) == (alarm.revision, alarm.kind)

    def noted(self, at_ms: int, event: Event) -> None:
        """S1: who is said to come has pressed lately, and not before somebody has kept that off the air for long."""
        now = self._world.now
        for person in self._world.people:
            pressed_ms = self._free.get(person.name, now)
            mine = event.step == "answered" and event.who == person.name
            if mine and self._world.healed_since(person) is not None and now - pressed_ms > _SAID_MS:
                self.break_("S1", now, f"{person.name} is said to come to {event.name}, by a press "
                                       f"{(now - pressed_ms) // 1000} s ago")

    def felt(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """L1: the motor has really played it. S1: what patterns leave where they meet must not read as good news."""
        if pattern not in _ARRIVED:
            return
        if person.badge and at_ms - self._meant.get((person.name, pattern), -LATE_MS) >= LATE_MS:
            lately = [said for (name, said), ms in self._meant.items() if name == person.name and at_ms - ms < LATE_MS]
            less = person.luck.loses and any(_PROMISES.get(said, 0) >= _PROMISES[pattern] for said in lately)
            called_ms = self._called_ms.get(person.name, 0)
            if self._states.get(person.name, SAFE) < CALLING:  # it begins in this step
                called_ms = self._world.now
            hers = person.badge.alarm.state >= CALLING and at_ms >= called_ms
            if hers and pattern != feel.UNANSWERED and not less:
                self.break_("S1", at_ms, f"{person.name} felt {NAMES[pattern]!r}, left over from patterns that met")
            return
        for cause in self.causes:
            if cause.person is person and at_ms >= cause.edge_ms - COARSE_MS:
                cause.felt = True

    def watch(self) -> None:
        """Look at the badges after each step of the world."""
        now = self._world.now
        for person in self._world.people:
            if not person.awake:
                self._asleep(person, now)
        for person in self._world.lived:
            if person.awake and person.boat and person.boat._alarm.is_open():
                self._in_the_boat(person, now)
            if person.awake and person.badge:
                alarm, before = person.badge.alarm, self._states.get(person.name, SAFE)
                self._states[person.name] = alarm.state
                if before < CALLING <= alarm.state:
                    self._called_ms[person.name] = now
                if before == SAFE and alarm.state != SAFE:
                    self._opened(person, alarm.alarm_id, now)
                elif before == WARNED and alarm.state >= CALLING:
                    self._undenied(person, alarm.practice, now)
                self._take_up(person, (alarm.alarm_id, alarm.revision), now)
                if alarm.state != SAFE and alarm.alarm_id >= 0:
                    self.named(person, alarm.alarm_id)
        for person in self._world.people:
            forgiven_ms = max(self.forgiven_ms, self._unknown_ms.get(person.name, -1))
            if now <= forgiven_ms and self._world.healed_since(person) is None:
                self._unknown_ms[person.name] = now + self.healed_ms(person)
        if now - self._looked_ms >= _LOOK_MS:
            self._looked_ms = now
            self._wait(now)

    def _in_the_boat(self, person: Wearer, now: int) -> None:
        # what begins there the app goes on with, once the boat has given way
        for cause in self.causes:
            if cause.person is person and not cause.began and cause.edge_ms <= now:
                cause.until_ms = max(cause.until_ms, now + _GIVES_WAY_MS)

    def _asleep(self, person: Wearer, now: int) -> None:
        # what a hand does while the badge starts is another story: it may be taken up, and need not be
        for cause in [cause for cause in self.causes if cause.person is person and not cause.taken_up]:
            if cause.begins_ms - 100 <= now <= cause.edge_ms + 150:
                self.causes.remove(cause)
                cause.until_ms = now + 30_000
                self.openings.append(cause)

    def _opened(self, person: Wearer, alarm_id: int, now: int) -> None:
        """S2: an alarm has begun; somebody must have wanted it, who has not been given one already."""
        if (person.device, alarm_id) in self._ids:
            return  # it goes on, after a power cut
        for cause in self.causes + self.openings:
            if cause.person is person and not cause.began and cause.begins_ms <= now <= _latest_ms(cause):
                cause.began = not cause.many
                return
        self.break_("S2", now, f"{person.name}'s badge began an alarm nobody had asked for, or had asked for once")

    def _undenied(self, person: Wearer, practice: bool, now: int) -> None:
        if person in self._lost:
            return
        cause = Cause(person, now, now, 0, now, practice)
        cause.began = cause.taken_up = True
        self.causes.append(cause)

    def _take_up(self, person: Wearer, mark: tuple[int, int], now: int) -> None:
        for cause in self.causes:
            if cause.person is not person or cause.taken_up or now < cause.begins_ms:
                continue
            cause.before = cause.before or mark
            cause.taken_up = mark != cause.before
            if not cause.taken_up and now > _latest_ms(cause):
                cause.taken_up = True
                self.break_("S2", now, f"{person.name}'s badge has not taken up a press")

    def named(self, person: Wearer, alarm_id: int) -> None:
        """The alarm that `person` has now is called `alarm_id`."""
        self._ids.add((person.device, alarm_id))
        for cause in self.causes:
            if cause.person is person and cause.alarm_id < 0 and cause.edge_ms < self._world.now:  # seen by now
                cause.alarm_id = alarm_id

    def _wait(self, now: int) -> None:
        for cause in self.causes:
            if cause.waited_ms is not None or now < cause.edge_ms:
                continue
            healed = self._world.healed_since(cause.person)
            since = max(cause.edge_ms, healed) if healed is not None else None
            cause.stored = cause.stored or self._has(cause)
            cause.taken_up = cause.taken_up or cause.stored  # by a lifeboat, too
            cause.felt = cause.felt or cause.person.numb
            if cause.stored and cause.felt:
                cause.waited_ms = now - (cause.edge_ms if since is None else since)
            elif since is not None and now - since > self.healed_ms(cause.person):
                cause.waited_ms = now - since
                missing = "felt it" if cause.stored else "been heard"
                self.break_("L1", now, f"{cause.person.name} has not {missing} within 60 s of a whole way")

    def healed_ms(self, person: Wearer) -> int:
        """Return within how much of a whole way an alarm of `person` must be stored and felt."""
        # Bad air is no whole way: where a third of all frames is lost, six tries of ten have no ack. Over LoRa it takes
        # some, which the law's pace keeps half a minute apart at SF11 and SF12.
        tries_apart = 6 if person.lora > 10 else 3
        return tries_apart * HEALED_MS if self._world.air.bad and person.lora else HEALED_MS

    def _has(self, cause: Cause) -> bool:
        row = self._world.row(cause.person.device, cause.alarm_id)
        if not row or row.what != WHAT_RAISED or row.practice and not (cause.practice or self._first(cause)):
            return False
        return cause.kind != KIND_EMERGENCY or row.kind == cause.kind

    def _first(self, cause: Cause) -> bool:
        # no badge has seen the practised gesture before this one: it had no power
        return any(one.practice and not one.began and one.person is cause.person
                   and 0 < cause.edge_ms - one.edge_ms < _PRACTISED_MS for one in self.openings)

    def break_(self, promise: str, at_ms: int, sentence: str) -> None:
        """Note a broken promise, once."""
        if not self.broken or self.broken[-1][::2] != (promise, sentence):
            self.broken.append((promise, at_ms, sentence))

    def waits_for_nothing(self) -> bool:
        """Return whether each press has become what it must, so that more time would show no more."""
        return all(cause.waited_ms is not None for cause in self.causes)

    def end(self) -> None:
        """Judge the whole day: every press is on disk once, and nothing else is."""
        now = self._world.now
        for cause in self.causes:
            self.looked_at["S2"] += 1
            self.looked_at["L1"] += 1
            if cause.waited_ms is None and cause.edge_ms > now - self.healed_ms(cause.person):
                continue
            if not self._has(cause) and not (cause.stored and cause.edge_ms < self.forgiven_ms):
                self.break_("S2", now, f"an alarm of {cause.person.name} is not on the gateway's disk")
            if cause.waited_ms is None:
                self.break_("L1", now, f"the day ended before {cause.person.name}'s alarm was stored and felt")
        kept = [(row.device, row.alarm_id) for row in self._world.rows()]
        if len(set(kept)) != len(kept):
            self.break_("S2", now, "the gateway has an alarm twice")
        if set(kept) - self._ids - self.others:
            self.break_("S2", now, "the gateway has an alarm that no badge ever had")

    def slowest_ms(self) -> int:
        """Return the longest wait until stored and felt, from the press, or from when the way was whole again."""
        return max((cause.waited_ms for cause in self.causes if cause.waited_ms is not None), default=0)
