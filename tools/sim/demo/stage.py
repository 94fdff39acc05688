"""What can be done and seen in the demo's house? Hands and bodies act; what follows is only watched.

Steps that are acted are noted when they are done; all others only when they were seen: `sent` and `answered` on the
air, the rest when the wearer felt them or when they stood on the board.
"""

import time
from collections.abc import Callable, Mapping

from firmware.feedback import patterns
from firmware.link.frame import ALARM, ANSWER
from tools.sim.demo import rooms
from tools.sim.demo.feeling import NAMES, SLACK_MS, Feeling, drawing
from tools.sim.demo.house import Alarm, Facts, House
from tools.sim.demo.timeline import Missing, Timeline
from tools.sim.virtual.badge import now_ms

_FELT = {
    patterns.RECEIVED: "received", patterns.TAKEN: "taken", patterns.CLOSED: "closed",
    patterns.UNANSWERED: "unanswered",
    patterns.UNHEARD: "unheard", patterns.PRE_ALARM: "pre_alarm", patterns.CANCELLED: "told",
    patterns.CALLED_ASSIST: "called", patterns.CALLED_FALL: "called",
}
HAND_MS = 110  # a quick press, and the gap after it
_LOOK_S = 0.1


class Stage:
    """Acts on a `house` (house.py) and writes into a `timeline`. Presses are noted at the edge that decides."""

    house: House  # given before anything is acted
    where: Mapping[str, int] = {}  # who is in which of the house's rooms (rooms.py)
    slack_ms = SLACK_MS  # so much a span of what is felt may be off

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._feelings: dict[str, Feeling] = {}
        self._sent: set[str] = set()
        self._asked: set[str] = set()
        self._pressed: set[str] = set()  # who has pressed since they were asked
        self._calling: set[str] = set()  # who has an alarm or a question under way
        self._tested: set[str] = set()  # who has a test under way

    def plan(self, address: str) -> Mapping[str, object] | None:
        """Return the house's plan, None for the default. address: where notifications may go, in Apprise's form."""
        return None

    def act(self) -> None:
        """Play all scenes. Raises Missing, and tools.sim.demo.house's Trouble."""
        raise NotImplementedError

    def notified(self, text: str) -> None:
        """Hear of a notification."""

    # What is seen

    def frame(self, t_ms: int, who: str, type: int) -> None:
        """Note an uplink frame."""
        if type == ALARM:
            self._calling.add(who)
        if type == ALARM and who not in self._sent:
            self._sent.add(who)  # retries say nothing new
            self.timeline.note(t_ms, who, "sent", "on the air, sealed")
        elif type == ANSWER:
            self.timeline.note(t_ms, who, "answered", "I am coming")

    def motor(self, who: str, t_ms: int, level: int) -> None:
        """Note a motor's level."""
        self._feelings.setdefault(who, Feeling(self.slack_ms)).level(t_ms, level)

    def watch(self, now_ms: int) -> None:
        """Note what has been felt by `now_ms`."""
        for who, feeling in list(self._feelings.items()):
            for t_ms, number in feeling.felt(now_ms):
                step, meaning = self._understood(who, number), NAMES[number]
                if step == "received" and who not in self._calling:
                    step, meaning = "felt", "cut short"  # so begins "somebody comes", which may have been broken off
                self.timeline.note(t_ms, who, step, f"felt {drawing(number)}  ({meaning})")

    def _understood(self, who: str, number: int) -> str:
        """Return the step that the wearer takes a rhythm for, knowing what has just happened."""
        step = _FELT[number]
        if step == "pre_alarm":
            if who not in self._asked:
                self._pressed.discard(who)
            self._asked.add(who)
            if who in self._tested:
                return "test_asked"
            return step if who in self._calling else "reminded"
        if step in ("received", "closed"):
            self._asked.discard(who)  # what was asked has become an alarm, or is over
        if step == "closed":
            self._calling.discard(who)
            if who in self._tested:
                self._tested.discard(who)
                return "ready"
        if step == "told" and who in self._asked and who in self._pressed:  # else it is news
            self._asked.discard(who)
            self._calling.discard(who)
            return "cancelled"
        return step

    def tested(self, who: str) -> None:
        """Hear that the board has ordered a test of `who`: so they know what is asked next."""
        self._tested.add(who)

    # What is done

    def note(self, who: str, step: str, detail: str) -> int:
        """Note what is done now; return its t_ms."""
        return self.timeline.note(now_ms(), who, step, detail)

    def mash(self, who: str, *meanings: str | None) -> int:
        """Press once for each of `meanings`, quickly; return the t_ms of the last press-down, which decides."""
        badge = self.house.badges[who]
        for meaning in meanings:
            self._sent.discard(who)
            at = self._down(who, meaning)
            badge.let()
        return at

    def _down(self, who: str, meaning: str | None) -> int:
        with self.timeline.lock:  # so that no frame of this press is noted before it
            self._pressed.add(who)
            self.house.badges[who].push(HAND_MS, HAND_MS)
            return self.note(who, "pressed", meaning) if meaning else 0

    def once(self, who: str, meaning: str) -> None:
        """Press once; a single press is decided when it is let go."""
        self._pressed.add(who)
        self.house.badges[who].push(HAND_MS)
        self.timeline.note(self.house.badges[who].let(), who, "pressed", meaning)

    def seen(self, who: str, step: str, since_ms: int, within_s: float = 20) -> int:
        """Wait for a step; return its t_ms. Raises Missing."""
        return self.timeline.wait(who, step, since_ms, within_s)["t_ms"]

    def within(self, what: str, from_ms: int, to_ms: int, most_ms: int) -> None:
        """Raise Missing if it took longer than `most_ms`."""
        if to_ms - from_ms > most_ms:
            raise Missing(f"{what} took {to_ms - from_ms} ms, and may take {most_ms}")

    def alarm(self, who: str) -> Alarm:
        """Return the newest alarm of `who` on the board, as the gateway has it on disk."""
        for alarm in self.house.facts()["alarms"]:
            if alarm["name"] == who:
                return alarm
        raise Missing(f"the gateway has no alarm of {who}")

    def close(self, who: str, by: str) -> None:
        """Close the newest alarm of `who` at the board; wait until that is felt."""
        closed_ms = self.timeline.now()
        self.house.act("close", self.alarm(who)["id"], by)
        self.seen(who, "closed", closed_ms)

    def shows(self, what: str, there: Callable[[Facts], bool], within_s: float = 20) -> None:
        """Wait until the board's facts make `there(facts)` true. Raises Missing."""
        self.timeline.progress.now(f"waiting for: the board shows {what}")
        end = time.monotonic() + within_s
        while not there(self.house.facts()):
            if time.monotonic() > end:
                raise Missing(f"the board does not show {what}")
            time.sleep(_LOOK_S)

    def placed(self, who: str, colleague: str) -> int:
        """Wait until `colleague` can read on the board which room `who` is in; return its t_ms. Raises Missing."""
        room = rooms.name(self.where[who])
        self.shows(f"that {who} is in {room}", lambda _: room in self._place(who))
        return self.note(colleague, "placed", f"reads on the board: {self._place(who)}")

    def _place(self, who: str) -> str:
        place = self.alarm(who)["place"]
        return place["en"] if place else ""

    def forget_sent(self, who: str) -> None:
        """The next alarm frame of `who` is a new one."""
        self._sent.discard(who)

    def wear(self, seconds: float) -> None:
        """Let everybody walk for so long, so that badges know their wearers."""
        self.timeline.progress.now(f"everybody walks for {seconds} s, so that the badges know who wears them")
        for badge in self.house.badges.values():
            badge.play("walking")
        time.sleep(seconds)
