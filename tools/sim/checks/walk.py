"""Do the sentences hold along every sequence of events, however long? All reachable states, every event in each.

What firmware/alarm/alarm.py does at an event depends on: state, kind, practice, and how far the deadline and the next
refresh are ahead. (The revision is only counted on, `what` and the number are only written; in SAFE nothing is read.)
So all sequences that lead to the same of these have the same futures, and it is enough to try every event once from
each: a sequence of any length, six among them, is a path in this graph, and each of its steps is one that was tried.
Two facts about the past are carried along, since sentences speak of them: whether a gateway has stored the newest word,
and whether a person has taken it. Time passes in steps of 5 s or up to what is due next, whichever is sooner: all
limits are met exactly, and between two of them time changes nothing. host_tests/test_walk.py also walks all sequences
of four events as they are, and finds no state that is not in the graph.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.alarm import alarm as alarms
from firmware.alarm.alarm import NO_ID, Alarm
from firmware.codes import ACKED, EVENTS, KIND_NONE, SAFE, TAKE_TOLD, TIMED_OUT, WHAT_RAISED
from firmware.ticks import after, since
from tools.sim.checks import sentences
from tools.sim.checks.sentences import OPEN, RESET, WAITED

NOW = 2**30 - 7  # every step begins here: what lies ahead lies behind the wrap
STEP_MS = 5000
ID = 77
Key = tuple[object, ...]
Make = Callable[[int], Alarm]
PRACTISED = 0x40  # added to an event while the wearer practises


@dataclass(slots=True, eq=False)
class Side:
    """One side of a step; as made, that from which everything begins: safe.

    took .. practising are facts about the step itself, seen from its far side.
    """

    state: int = SAFE
    kind: int = KIND_NONE
    what: int = WHAT_RAISED
    practice: bool = False
    left_ms: int = 0
    refresh_ms: int = 0
    revision: int = 0
    stored: bool = False
    person: bool = False
    unsent: bool = False
    took: bool = False
    fresh: bool = False
    new_id: bool = False
    practising: bool = False
    waited_ms: int = 0

    def key(self) -> Key:
        """Return what the future depends on, as a tuple."""
        if self.state == SAFE:
            return (SAFE,)
        refresh_ms = self.refresh_ms if self.state in OPEN else 0
        return (self.state, self.kind, self.what, self.practice, self.left_ms, refresh_ms, self.stored, self.person)


def events() -> tuple[int, ...]:
    """Return all events, those that can be practice also as practice, and what time and a reset do."""
    real = [event for event in range(1, EVENTS) if event != TIMED_OUT]
    return (*real, *(event | PRACTISED for event in real if alarms.KIND_OF[event]), WAITED, RESET)


def step(before: Side, event: int, pre_alarm_ms: int, make: Make = Alarm) -> tuple[int, Side]:
    """Let one event happen to an alarm that is as `before`; return (event as sentences know it, after)."""
    alarm = make(pre_alarm_ms)
    alarm.state, alarm.kind, alarm.what, alarm.practice = before.state, before.kind, before.what, before.practice
    alarm.deadline, alarm.refresh_at = after(NOW, before.left_ms), after(NOW, before.refresh_ms)
    alarm.revision, alarm.alarm_id = before.revision, ID
    practising = bool(event & PRACTISED)
    event &= ~PRACTISED
    now, took = NOW, False
    if event == WAITED:
        now = after(NOW, next_ms(before))
        took = alarm.tick(now)
        event = TIMED_OUT if took else WAITED
    elif event == RESET:
        saved = bytearray(alarms.SAVED_BYTES)
        n = alarm.save(saved, now)
        alarm = make(pre_alarm_ms)
        took = alarm.load(saved, n, now)
    else:
        took = alarm.on(event, now, now, practising)
    return event, side_of(alarm, before, event, took, now, practising)


def next_ms(before: Side) -> int:
    """Return for how long the next step of time is."""
    if before.state == SAFE:
        return STEP_MS
    return min(STEP_MS, before.left_ms, before.refresh_ms if before.state in OPEN else STEP_MS)


def side_of(alarm: Alarm, before: Side, event: int, took: bool, now: int, practising: bool) -> Side:
    """Return what is seen of `alarm` at `now`, after `event` (took: whether it did something) met one like `before`."""
    side = Side()
    side.state, side.kind, side.what, side.practice = alarm.state, alarm.kind, alarm.what, alarm.practice
    side.left_ms = since(now, alarm.deadline) if alarm.state != SAFE else 0
    side.refresh_ms = since(now, alarm.refresh_at) if alarm.state in OPEN else 0
    side.waited_ms = next_ms(before) if event in (WAITED, TIMED_OUT) else 0
    side.revision, side.unsent, side.took, side.practising = alarm.revision, alarm.unsent, took, practising
    side.new_id = alarm.alarm_id == NO_ID and alarm.state != SAFE
    side.fresh = alarm.unsent and took and event != RESET and (event != TIMED_OUT or before.state not in OPEN)
    side.stored = (before.stored or took and event == ACKED) and not side.fresh
    side.person = (before.person or took and event == TAKE_TOLD) and not side.fresh
    return side


class Walk:
    """All that is reachable. sides: {key: Side}; came: {key: (key before, event)}; steps: how many were tried.

    broken: [(name of the sentence, [events that led there])], one for each sentence at most. until: the sentence at
    whose breaking the walk may end.
    """

    def __init__(self, pre_alarm_ms: int, make: Make = Alarm, until: str | None = None) -> None:
        first = Side()
        self.sides = {first.key(): first}
        self.came: dict[Key, tuple[Key, int] | None] = {first.key(): None}
        self.arrows: dict[Key, list[Key]] = {}
        self.steps = 0
        self.broken: list[tuple[str, list[int]]] = []
        self._told: set[str] = set()
        waiting = [first.key()]
        for key in waiting:  # grows while it is walked
            if until in self._told:
                break
            self.arrows[key] = []
            for event in events():
                known, side = step(self.sides[key], event, pre_alarm_ms, make)
                self.steps += 1
                self._judge(key, event, known, side)
                self.arrows[key].append(side.key())
                if side.key() not in self.sides:
                    self.sides[side.key()] = side
                    self.came[side.key()] = (key, event)
                    waiting.append(side.key())

    def _judge(self, key: Key, event: int, known: int, side: Side) -> None:
        for name, holds in sentences.ALL.items():
            if name not in self._told and not holds(self.sides[key], known, side):
                self._told.add(name)
                self.broken.append((name, [*self.way(key), event]))

    def way(self, key: Key) -> list[int]:
        """Return the events of a shortest way to `key`."""
        back: list[int] = []
        while came := self.came[key]:
            key, event = came
            back.append(event)
        return back[::-1]

    def sequences(self, length: int) -> tuple[int, int]:
        """Return how many sequences of `length` events the graph stands for, and how many states they can end in."""
        ends = {Side().key(): 1}
        for _ in range(length):
            after_one: dict[Key, int] = {}
            for key, ways in ends.items():
                for following in self.arrows[key]:
                    after_one[following] = after_one.get(following, 0) + ways
            ends = after_one
        return sum(ends.values()), len(ends)


def complaint(broken: list[tuple[str, list[int]]]) -> str:
    """Return broken sentences as text, with the way that broke each."""
    return "\n".join(f"BROKEN: {sentences.text(name)}\n  by the events {way}" for name, way in broken)
