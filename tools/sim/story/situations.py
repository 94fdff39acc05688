"""In which situations have lives been, and in which never? Counted beside the promises; what happens is not changed.

    row     an event in a state that has an arrow in the alarm's table
    frame   a kind of frame that was lost, doubled, late, held back, damaged or forged, by the state of its badge
    cut     the power gone between two keys of flash, of those pairs that are written one after the other
    task    a task of app.py that met an error of ours, by state
    start   why a badge started, by the state that it was in
    older   a kind of frame that the gateway, an older one, does not know
"""

from collections import Counter

from firmware.alarm.alarm import Alarm
from firmware.link import frame
from tools.docs import table_words
from tools.docs.rows import rows
from tools.sim.story import machine
from tools.sim.story.listener import Listener
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

FATES = ("lost", "doubled", "late", "held", "damaged", "forged")
TASKS = ("sense", "talk", "feel", "keep", "mind")
CAUSES = {machine.POWER_ON: "power on", machine.HARD: "reset", machine.WATCHDOG: "watchdog", machine.SOFT: "soft reset"}
OLDER = (frame.REPORT, frame.ABLE, frame.REFUSED)
_FRAMES = ("ALARM", "HEARTBEAT", "ANSWER", "TOLD", "WISH", "CALLED", "REPORT", "ABLE", "REFUSED", "SIGHTING", "ACK",
           "STEP", "CALL", "STAND_DOWN", "ORDER", "KEY", "ORDER_AGAIN", "GROUP_CALL")
FRAMES = {getattr(frame, name): name.lower() for name in _FRAMES}
STATES = {number: word for number, (word, _) in table_words.states().items()}
_OFF = "off"  # without power, or as a lifeboat with no alarm
Met = Counter[tuple[str, str, str]]  # (which of the above, what, in which state or at what)


class Situations(Listener):
    """Looks at a World's people and air; `met` counts."""

    def __init__(self, world: World) -> None:
        self.met: Met = Counter()
        self._people = world.people
        self._alarms: dict[str, Alarm] = {}  # by person's name: of the life that runs, or has just ended
        world.air.tell = self._frame
        for person in world.people:
            person.started, person.stumbled, person.chip.tell = self._started, self._stumbled, self._written
            self._started(person)

    def refused(self, data: bytes) -> None:
        """The gateway, an older one, has thrown a frame away."""
        self.met["older", FRAMES[data[0]], ""] += 1

    def _state(self, person: Wearer) -> str:
        return STATES[self._alarms[person.name].state] if person.awake else _OFF

    def _started(self, person: Wearer) -> None:
        before, alarm = self._alarms.get(person.name), person.alarm()
        if before:
            self.met["start", CAUSES[person.boots[-1][1]], STATES[before.state]] += 1
        if alarm:
            self._alarms[person.name] = self._watched(alarm)

    def _stumbled(self, person: Wearer, number: int) -> None:
        self.met["task", TASKS[number], self._state(person)] += 1

    def _written(self, what: str, before: str, key: str) -> None:
        self.met[what, before, key] += 1

    def _watched(self, alarm: Alarm) -> Alarm:
        on = alarm.on

        def watched(event: int, *words: object, **more: object) -> bool:
            state, taken = alarm.state, bool(on(event, *words, **more))
            if taken:
                self.met["row", STATES[state], _EVENTS[event]] += 1
            return taken

        vars(alarm)["on"] = watched
        return alarm

    def _frame(self, fate: str, data: bytes, number: int) -> None:
        if data and data[0] in FRAMES:
            self.met["frame", f"{FRAMES[data[0]]} {fate}", self._state(self._people[number])] += 1


_EVENTS = table_words.events()
_ALL = {
    "row": [(STATES[state], _EVENTS[event]) for state, event, _, _ in rows()],
    "frame": [(f"{name} {fate}", state) for name in FRAMES.values() for fate in FATES for state in STATES.values()],
    "task": [(task, state) for task in TASKS for state in STATES.values()],
    "start": [(cause, state) for cause in CAUSES.values() for state in STATES.values()],
    "older": [(FRAMES[type], "") for type in OLDER],
}


def told(met: Met) -> list[str]:
    """Return a line for each sort of situations: how many there are, how many were met, and what never was."""
    lines = []
    between = [(before, key) for kind, before, key in met if kind == "write"]
    for kind, there in {**_ALL, "cut": between}.items():
        never: dict[str, list[str]] = {}
        for what, where in there:
            if not met[kind, what, where]:
                never.setdefault(what, []).append(where)
        count = sum(map(len, never.values()))
        lines.append(f"{kind}: {len(there) - count} of {len(there)}" + "; never:" * (count > 0))
        whole = Counter(what for what, _ in there)
        for what, places in never.items():
            lines.append(f"    {what}: " + ("anywhere" if len(places) == whole[what] > 1 else ", ".join(places)))
    return lines
