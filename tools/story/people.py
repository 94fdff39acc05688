"""What do people do of themselves? Colleagues answer calls or do not, the office takes and closes, a hand says no."""

from firmware.feedback import patterns
from firmware.limits import CALL_SLOTS
from firmware.words import STEP_CLOSED, STEP_TAKEN, WHAT_RAISED

CALLS = {value for name, value in vars(patterns).items() if name.startswith("CALLED_")}
_LOOK_MS = 1000


class Colleagues:
    """Whoever feels a call decides once whether to answer it, and when. share: how many calls are answered."""

    def __init__(self, world, promises, teller, draw, share):
        self._world, self._promises, self._teller = world, promises, teller
        self._draw, self._share = draw, share
        self._decided = set()
        self._coming = []  # (ms, person)
        self.denials = {}  # person's name: ms after the question at which a press says no

    def meant(self, person, at_ms, pattern):
        """Decide at the first feeling of a call, or of a question."""
        if pattern == patterns.PRE_ALARM and person.name in self.denials:
            press_ms = at_ms + self.denials.pop(person.name)
            person.press(press_ms, 120)
            self._teller.tell(press_ms, f"{person.name} presses once: all is well.")
        if pattern == patterns.REMINDER:  # two minutes after a fall that was denied
            press_ms = at_ms + self._draw.randint(2000, 15_000)
            person.press(press_ms, 120)
            self._teller.tell(press_ms, f"{person.name} is asked again, and presses once: all is well.")
        if pattern not in CALLS:
            return
        for call in self._calls(person):
            if (person.name, call) not in self._decided:
                self._decided.add((person.name, call))
                if self._draw.random() < self._share:
                    self._coming.append((at_ms + self._draw.randint(1500, 20_000), person))

    def felt(self, person, at_ms, pattern):
        """Feelings are decided upon when they begin."""

    def noted(self, alarm, at_ms, event):
        """What the gateway notes, nobody has seen."""

    @staticmethod
    def _calls(person):
        calls = person.badge.calls
        slots = [i for i in range(CALL_SLOTS) if calls.kind[i] and not calls.answered[i]]
        return [(calls.caller[i], calls.alarm_id[i]) for i in slots]

    def act(self):
        """Press where somebody has decided to."""
        now = self._world.now
        for _, person in [each for each in self._coming if each[0] <= now]:
            calls = self._calls(person) if person.awake else []
            if calls and not person.badge.alarm.state:
                person.press(now + 20, 140)
                for device, alarm_id in calls:
                    self._promises.came(device, alarm_id)
                self._teller.tell(now, f"{person.name} presses once: I am coming.")
        self._coming = [each for each in self._coming if each[0] > now]


class Office:
    """Whoever sits at the board: takes some alarms that nobody takes, and closes each in the end."""

    def __init__(self, world, promises, draw):
        self._world, self._promises, self._draw = world, promises, draw
        self._plans = {}  # alarm's row: (take at ms, close at ms)
        self._looked_ms = 0

    def open(self):
        """Return the alarms that the board shows as open."""
        rows = self._world.alarms()
        return [row for row in rows if row["step"] != STEP_CLOSED and row["what"] == WHAT_RAISED]

    def act(self):
        """Look at the board, once a second."""
        world = self._world
        if not world.radio or world.now - self._looked_ms < _LOOK_MS:
            return
        self._looked_ms = world.now
        for row in self.open():
            if row["id"] not in self._plans:
                takes = self._draw.randint(5000, 70_000) if self._draw.random() < 0.6 else None
                self._plans[row["id"]] = (takes and world.now + takes, world.now + self._draw.randint(75_000, 200_000))
            takes_ms, closes_ms = self._plans[row["id"]]
            if world.now >= closes_ms:
                self._close(row)
            elif takes_ms and world.now >= takes_ms and row["step"] != STEP_TAKEN:
                self._promises.came(row["device"], row["alarm_id"])
                world.radio.take(row["id"], "the office", world.unix_ms())

    def _close(self, row):
        self._promises.closed(row["device"], row["alarm_id"])
        self._world.radio.close(row["id"], "the office", self._world.unix_ms())
