"""What do people do of themselves? Colleagues answer calls or do not, the office takes and closes, a hand says no."""

import functools
import random
from typing import TYPE_CHECKING

from firmware.codes import STEP_CLOSED, STEP_TAKEN, WHAT_RAISED
from firmware.feedback import patterns
from firmware.feedback.player import of_call
from firmware.limits import CALL_SLOTS
from tools.sim.story.answers import Call
from tools.sim.story.listener import Listener
from tools.sim.story.promises import Promises
from tools.sim.story.rows import Alarm
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

if TYPE_CHECKING:
    from tools.sim.story.day import Day

CALLS = {value for name, value in vars(patterns).items() if name.startswith("CALLED_")}
_LOOK_MS = 1000
_CLOSES_MS = (45_000, 60_000, 75_000, 90_000)  # after it was seen; unanswered comes after 30 s
_ONE_HAND_MS = 1200
_AHEAD_MS = 700  # a hand is slower than a badge's nap
_PRESSED_MS = 120


class Colleagues(Listener):
    """Whoever feels a call decides once for each kind of it whether to answer, and when. share: how many do."""

    def __init__(self, day: "Day", share: float, draw: random.Random) -> None:
        self._day, self._world, self._promises, self._narrator = day, day.world, day.promises, day.narrator
        self._draw, self._share = draw, share
        self._decided: set[tuple[str, Call, int]] = set()  # by whom, of which call, at which pattern
        self._coming: list[tuple[int, Wearer, int]] = []  # (ms, person, pattern)
        self.denials: dict[str, int] = {}  # person's name: ms after the question at which a press says no
        self.sure = False  # everybody comes
        self.numb: set[str] = set()  # names of those who press nothing
        self.deaf_ms = 0  # until then nobody heeds a reminder

    def meant(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """Decide at the first feeling of a call, or of a question."""
        if person.name in self.numb:
            return
        if pattern == patterns.PRE_ALARM and person.name in self.denials:
            self._once(person, at_ms + self.denials.pop(person.name), "all is well.")
        if pattern == patterns.REMINDER and at_ms >= self.deaf_ms:  # two minutes after a fall that was denied
            self._once(person, at_ms + self._draw.randint(2000, 15_000), "all is well.")
        if pattern == patterns.TEST_ASK:
            self._once(person, at_ms + self._draw.randint(1000, 6000), "the motor is felt.")
            self._day.witness.cuts.pop(person.name, None)  # it asks for its test: what follows is that test's doing
        if pattern not in CALLS:
            return
        for call in self._calls(person, pattern):
            if (person.name, call, pattern) not in self._decided:
                self._decided.add((person.name, call, pattern))
                if self.sure or self._draw.random() < self._share:
                    self._coming.append((at_ms + self._draw.randint(1500, 20_000), person, pattern))

    def _once(self, person: Wearer, at_ms: int, sentence: str) -> None:
        at_ms = max(at_ms, self._world.now + _AHEAD_MS)
        if not person.idle(at_ms, _ONE_HAND_MS):
            return  # the press that comes anyway answers this, too; two of them would be a gesture
        person.press(at_ms, _PRESSED_MS)
        self._day.touched(person, at_ms, at_ms + _PRESSED_MS)
        self._narrator.tell(at_ms, f"{person.name} presses once: {sentence}")

    @staticmethod
    def _calls(person: Wearer, pattern: int) -> list[Call]:
        if person.badge is None:
            return []
        calls = person.badge.calls
        slots = [i for i in range(CALL_SLOTS) if calls.kind[i] and of_call(calls.kind[i]) == pattern]
        return [(calls.caller[i], calls.alarm_id[i]) for i in slots]

    def act(self) -> None:
        """Press where somebody has decided to."""
        now = self._world.now
        for _, person, pattern in [each for each in self._coming if each[0] <= now]:
            calls = self._calls(person, pattern) if person.awake else []
            if not (calls and person.badge and person.idle(now, 2000)) or person.name in self.numb:
                continue
            if person.badge.alarm.state or person.badge.shift.asks():
                continue
            self._once(person, now + _AHEAD_MS, "I am coming.")
            self._day.witness.paces.answered(person)
            for device, alarm_id in calls:
                self._promises.came(device, alarm_id)
            if len(calls) == 1:
                row = self._world.row(*calls[0])
                if row and of_call(row.kind) == pattern:  # else it has grown graver, and she answers what it was
                    said = functools.partial(self._day.witness.answers.add, person, calls[0], row.revision, now)
                    self._day.later(_AHEAD_MS + _PRESSED_MS // 2, said)
        self._coming = [each for each in self._coming if each[0] > now]


class Office:
    """Whoever sits at the board: takes some alarms that nobody takes, withdraws, and closes each in the end."""

    def __init__(self, world: World, promises: Promises, draw: random.Random) -> None:
        self._world, self._promises, self._draw = world, promises, draw
        self.slow_ms = 0  # it closes so much later
        self.takes = 0.6  # the share that it takes
        # by (id, device, alarm id): [take at ms, withdraw at ms, close at ms]
        self._plans: dict[tuple[int, int, int], list[int]] = {}
        self._looked_ms = 0

    def open(self) -> list[Alarm]:
        """Return the alarms that the gateway has as open."""
        rows = self._world.rows()
        return [row for row in rows if row.step != STEP_CLOSED and row.what == WHAT_RAISED]

    def act(self) -> None:
        """Look at the board, once a second."""
        world = self._world
        if not world.radio or world.now - self._looked_ms < _LOOK_MS:
            return
        self._looked_ms = world.now
        for row in self.open():
            key = row.id, row.device, row.alarm_id  # a database that was put back counts its rows anew
            if key not in self._plans:
                takes = world.now + self._draw.randint(5000, 50_000) if self._draw.random() < self.takes else 0
                leaves = takes + self._draw.randint(500, 20_000) if takes and self._draw.random() < 0.4 else 0
                self._plans[key] = [takes, leaves, world.now + self._draw.choice(_CLOSES_MS) + self.slow_ms]
            self._plan(row, self._plans[key])

    def _plan(self, row: Alarm, plan: list[int]) -> None:
        now = self._world.now
        if now >= plan[2]:
            self._promises.closed(row.device, row.alarm_id)
            self._world.act("close", row.id)
        elif plan[0] and now >= plan[0] and row.step != STEP_TAKEN:
            plan[0] = 0
            self._take(row)
        elif plan[1] and now >= plan[1]:
            plan[1] = 0
            self._world.act("withdraw", row.id)

    def _take(self, row: Alarm) -> None:
        self._promises.came(row.device, row.alarm_id)
        self._world.act("take", row.id)

    def says(self, verb: str, device: int) -> None:
        """Say `verb`, "take" or "withdraw", to the newest open alarm of the badge `device`."""
        rows = [row for row in self.open() if row.device == device]
        if rows and self._world.radio:
            if verb == "take":
                self._take(rows[0])
            else:
                self._world.act(verb, rows[0].id)
