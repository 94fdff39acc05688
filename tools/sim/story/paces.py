"""Is nothing repeated without end, what nobody hears felt, and a crash that is repeated told? S4, L1 and L2."""

from collections import deque
from collections.abc import Callable

from firmware.codes import CALLING
from firmware.link import frame
from tools.sim.story.machine import ORDERED
from tools.sim.story.promises import Promises
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
_WINDOW_MS = 10 * MINUTE_MS
# frames of one kind in ten minutes of a whole way
PACES = {frame.HEARTBEAT: 32, frame.REPORT: 24, frame.ANSWER: 60, frame.WISH: 60, frame.CALLED: 60, frame.TOLD: 150,
         frame.ABLE: 30, frame.REFUSED: 30}
ANSWERS_A_PRESS = 8  # a thief calls again and again, and each press is said until it is acked
LATE_BEATS = 45  # each of fifteen heartbeats three times, where acks come late
WRITES_IN_A_MINUTE = 150
HOUR_AIR_MS = 360_000
TRIES_APART_MS = 80_000
UNHEARD_FIRST_MS = 14_000  # within ten seconds, and the pattern that may play then
UNHEARD_AGAIN_MS = 66_000  # and each minute
_ANSWERED_MS = 8000  # so much later where a hand goes on pressing
LIFEBOAT_MS = 12 * MINUTE_MS
_FAILED_MANY = 9  # starts within an hour: then a lifeboat may last
STARTS = 6  # within _WINDOW_MS that nobody ordered


class Paces:
    """Counts for a Witness what badges send, write and start. break_(promise, sentence)."""

    def __init__(self, world: World, promises: Promises, break_: Callable[[str, str], None]) -> None:
        self._world, self._promises, self._break = world, promises, break_
        self.ordered: set[tuple[int, int]] = set()  # (device, ms) of starts that a person has caused
        self._frames: dict[tuple[str, int], deque[int]] = {}
        self._calling: dict[str, int] = {}
        self._answered: dict[str, deque[int]] = {}
        self.boats: dict[str, int] = {}  # by person's name: since when her badge is its lifeboat, and calls nobody
        # by person's name: since when nobody hears her, untold, and how long that may last
        self._unheard: dict[str, tuple[int, int]] = {}

    def answered(self, person: Wearer) -> None:
        """A wearer has pressed: I am coming."""
        self._answered.setdefault(person.name, deque(maxlen=200)).append(self._world.now)

    def sent(self, person: Wearer, data: bytes) -> None:
        """A badge has sent a frame."""
        times = self._frames.setdefault((person.name, data[0]), deque(maxlen=200))
        times.append(self._world.now)

    def felt_unheard(self, person: Wearer, at_ms: int) -> None:
        """A wearer has felt that nobody hears her."""
        self._unheard[person.name] = at_ms, UNHEARD_AGAIN_MS

    def unheard(self, person: Wearer, now: int, pressed_ms: int) -> None:
        """L1: look at a badge once a second: who calls in vain feels so again and again, in a lifeboat, too.

        pressed_ms: when a hand was last on the button, which is answered first.
        """
        if person.state() != CALLING:
            self._unheard.pop(person.name, None)
            return
        if person.numb:
            self._unheard[person.name] = now, UNHEARD_AGAIN_MS
        since, most_ms = self._unheard.setdefault(person.name, (now, UNHEARD_FIRST_MS))
        if person.boots[-1][0] > since:
            self._unheard[person.name] = person.boots[-1][0], UNHEARD_AGAIN_MS
        elif now - max(since, min(pressed_ms, since + _ANSWERED_MS)) > most_ms:
            self._break("L1", f"{person.name} calls in vain, and has not felt so for {most_ms // 1000} s")

    def boat(self, person: Wearer, now: int) -> int:
        """L2: look at a lifeboat once a second: it has a reason, and gives way; return the state of its alarm."""
        if not person.chip.missing and all(cause in ORDERED for _, cause in person.boots):
            self._break("L2", f"{person.name}'s badge is its lifeboat, and nothing has failed")
        state = person.state()
        if state == CALLING:
            self.boats[person.name] = now  # it goes on calling, and then lets the app try
        began_ms = self.boats.setdefault(person.name, now)
        failed = sum(at_ms > now - HOUR_MS for at_ms, _ in person.boots)
        if now - began_ms > LIFEBOAT_MS and failed < _FAILED_MANY:
            self._break("L2", f"{person.name}'s badge has been its lifeboat for {LIFEBOAT_MS // MINUTE_MS} min, "
                              "and runs")
        return state

    def minute(self, person: Wearer, now: int) -> None:
        """Look at a badge."""
        self._promises.looked_at["S4"] += 1
        healed = self._world.healed_since(person)
        whole = healed is not None and now - healed >= _WINDOW_MS and not self._world.air.bad
        for (name, type), times in self._frames.items():
            lately = sum(at_ms > now - _WINDOW_MS for at_ms in times)
            most = PACES.get(type, 1 << 30)
            if type == frame.HEARTBEAT and self._world.air.late:
                most = LATE_BEATS
            if type == frame.ANSWER:
                presses = sum(at_ms > now - _WINDOW_MS for at_ms in self._answered.get(name, ()))
                most = max(most, ANSWERS_A_PRESS * presses)
            if name == person.name and whole and lately > most:
                self._break("S4", f"{name}'s badge sends frames of type {type} more than {most} times in 10 min")
        if person.chip.writes_in_a_minute() > WRITES_IN_A_MINUTE:
            self._break("S4", f"{person.name}'s badge writes more than {WRITES_IN_A_MINUTE} times a minute to flash")
        if person.lora:
            self._law(person, now)
        since_ms = max(now - _WINDOW_MS, self._promises.cut_ms.get(person.name, 0))  # a cut takes the count away
        starts = [at_ms for at_ms, _ in person.boots if since_ms < at_ms < now - MINUTE_MS]
        starts = [at_ms for at_ms in starts if (person.device, at_ms) not in self.ordered]
        mute = person.awake and person.board.mute()  # the law lets nothing but alarms go, perhaps thanks to a thief
        told = healed is not None and now - healed > MINUTE_MS and not self._world.air.bad
        restored = self._promises.forgiven_ms > now - _WINDOW_MS  # to what the board knew before
        if (len(starts) >= STARTS and told or len(starts) >= 2 * STARTS) and not restored and not mute:
            self._promises.looked_at["L2"] += 1
            faults = self._world.ask("SELECT 1 FROM troubles t JOIN badges b ON b.pairing = t.pairing "
                                     "WHERE b.device = ? AND t.fault IN ('crashed', 'lifeboat')", person.device)
            if not faults:
                self._break("L2", f"{person.name}'s badge starts again and again, and the board says nothing")

    def _law(self, person: Wearer, now: int) -> None:
        air = person.air
        while air and air[0][0] < now - HOUR_MS:
            air.pop(0)
        if sum(ms for _, ms, _ in air) > HOUR_AIR_MS:
            self._break("S4", f"{person.name}'s badge has spent more than the law's hour")
        calling = person.awake and person.badge and person.badge.alarm.state == CALLING
        if not calling:
            self._calling.pop(person.name, None)
            return
        began = self._calling.setdefault(person.name, now)
        last = max([at_ms for at_ms, _, type in air if type == frame.ALARM], default=began)
        if now - max(last, began) > TRIES_APART_MS:
            self._break("S4", f"{person.name}'s alarm is unheard, and is not tried for {(now - last) // 1000} s")
