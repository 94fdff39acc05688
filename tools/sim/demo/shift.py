"""What happens in the demo's second story? A shift of two: tests, a visit on red, and what a body and a clip say.

The check-in of one wearer runs for nearly three minutes; the other's scenes are played meanwhile. Nobody takes these
alarms at a badge: what the plan does then is what is to be seen.
"""

import time
from collections.abc import Mapping

from firmware.limits import PRESS_GAP_MS
from tools.gateway.jobs import trials
from tools.gateway.plans import KINDS
from tools.sim.demo.house import BadgeFact, Facts
from tools.sim.demo.stage import Stage
from tools.sim.demo.timeline import Missing, Timeline

NAMES = ("dina", "emil")
STEPS = ("test_asked", "ready", "visit", "slumped", "pre_alarm", "received", "called", "closed", "torn", "pressed",
         "unanswered", "notified", "missed", "home", "alone")
SETTINGS = {"pre_alarm_ms": 6000, "clip": True}  # a house waits 30 s; a demo need not
CHECK_IN_S = 120
NOTIFY_S = 10
_WEAR_S = 10  # until the upright attitude is known
_TILT_S = 60  # 30 s of it, the pre-alarm, and what a loaded machine takes
_APART_S = 2 * PRESS_GAP_MS / 1000  # sooner, the first press would be the third of the gesture before
_CHECK_IN_MOST_S = CHECK_IN_S + 45 + 30


class Shift(Stage):
    """Slumped, torn off, an emergency over an assist, a missed check-in, and the last colleague going home."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._told: list[tuple[int, str]] = []  # notifications, as the listener has them

    def plan(self, address: str) -> Mapping[str, object]:
        """Return the house's plan; address: where its notifications go, in Apprise's form."""
        steps = [{"do": "badges", "after_s": 0, "group": "own", "who": "ready"},
                 {"do": "notify", "after_s": NOTIFY_S, "to": [address]}]
        return {"check_in_s": {"green": 1800, "yellow": 900, "red": CHECK_IN_S}, "again_s": 120, "checklist": [],
                "lang": "en", "plans": [{"name": "everything", "agreement": "", "steps": steps}]}

    def notified(self, text: str) -> None:
        """Note a notification that the listener has received; a new address is tried, which is none."""
        if trials.TEST in text:
            return
        self._told.append((self.timeline.now(), text))
        self.note("phone", "notified", text.replace("\n", " "))

    def act(self) -> None:
        """Play all scenes. Raises Missing, and tools.sim.demo.house's Trouble."""
        self.wear(_WEAR_S)
        for who in NAMES:
            self.test(who)
        visited = self.visit("dina")
        self.slump("emil", "dina")
        self.tear("emil", "dina")
        self.nobody_answers("emil", "dina")
        self.miss_check_in("dina", "emil", visited)
        self.go_home("emil", "dina")

    def test(self, who: str) -> None:
        """The shift's test, from the board: sensor, motor felt, button."""
        self.timeline.say(f"The board tests {who}'s badge; {who} stands still for it.")
        self.house.badges[who].play("standing")
        at = self.timeline.now()
        self.tested(who)
        self.house.order("test", who, "the office")
        self.seen(who, "test_asked", at, 15)
        self.once(who, "once: I feel it")
        self.seen(who, "ready", at, 15)
        self.house.badges[who].play("walking")

    def visit(self, who: str) -> int:
        """A visit on red begins; return when."""
        self.timeline.say(f"{who} goes on a visit; the house has marked it red.")
        at = self.note(who, "visit", f"red: a check-in every {CHECK_IN_S} s")
        self.house.order("visit", who, "the office", colour="red")
        self.shows(f"{who}'s visit on red", lambda facts: self._badge(facts, who)["state"] is not None
                   and self._badge(facts, who)["visit"]["colour"] == "red"
                   and not self._badge(facts, who)["waiting"])
        return at

    def slump(self, who: str, colleague: str) -> None:
        """Somebody slumps without a fall: the upright attitude is lost."""
        self.timeline.say(f"{who} slumps in the chair.")
        self.forget_sent(who)
        self.house.badges[who].play("slump")
        at = self.note(who, "slumped", "slowly, without a fall")
        self.seen(who, "pre_alarm", at, _TILT_S)
        self.seen(who, "received", at, 20)
        self.seen(colleague, "called", at)
        self.is_kind(who, "position")
        self.house.badges[who].play("walking")  # helped up, before it is closed: who lies on is asked again
        self.close(who, "the office")

    def tear(self, who: str, colleague: str) -> None:
        """The clip is torn open."""
        self.timeline.say(f"Somebody tears the badge off {who}.")
        self.forget_sent(who)
        self.house.badges[who].clip(0)
        at = self.note(who, "torn", "the clip is open")
        self.seen(who, "received", at, 15)
        self.seen(colleague, "called", at)
        self.is_kind(who, "torn")
        self.house.badges[who].clip(1)
        self.close(who, "the office")

    def nobody_answers(self, who: str, colleague: str) -> None:
        """An assist grows into an emergency that nobody answers: the plan goes on to its next step."""
        self.timeline.say(f"{who} asks for assistance, quietly. {colleague} does not answer.")
        self.forget_sent(who)
        at = self.mash(who, None, "twice: assist")
        self.seen(who, "received", at)
        self.is_kind(who, "assist")
        if self._told:
            raise Missing("nobody should have been notified of alarms that were closed at once")
        self.timeline.say(f"It grows worse: {who} presses again.")
        time.sleep(_APART_S)
        at = self.timeline.now()
        self.mash(who, None, None, "three times: emergency")
        self.seen(who, "received", at)
        self.is_kind(who, "emergency")
        told = self.seen("phone", "notified", at, NOTIFY_S + 20)
        badge = f"badge {NAMES.index(who) + 1}"  # a phone is told no names
        if badge not in self._told[-1][1]:
            raise Missing(f"the notification does not say {badge}")
        if told - at < NOTIFY_S * 1000 - 3000:
            raise Missing(f"the notification came after {told - at} ms, before its step was due")
        self.seen(who, "unanswered", at, 45)
        self.close(who, "the office")

    def miss_check_in(self, who: str, colleague: str, visited: int) -> None:
        """The check-in of the visit on red is not given."""
        self.timeline.say(f"{who} does not answer the reminder.")
        asked = self.seen(who, "pre_alarm", visited, _CHECK_IN_MOST_S)
        if asked - visited < CHECK_IN_S * 1000:
            raise Missing(f"the check-in was asked for after {asked - visited} ms, before it was due")
        self.seen(who, "received", asked, 60)
        self.note(who, "missed", "nobody pressed: the check-in has become an alarm")
        self.seen(colleague, "called", asked, 60)
        self.is_kind(who, "check_in")
        self.house.order("end", who, "the office")
        self.close(who, "the office")

    def go_home(self, who: str, left: str) -> None:
        """The last colleague ends the shift; who stays is told."""
        self.timeline.say(f"{who}'s shift is over. {left} is the last one.")
        at = self.note(who, "home", "the shift is over")
        self.house.order("off", who, "the office")
        self.seen(left, "told", at, 90)
        self.shows(f"that {left} is alone", lambda facts: self._badge(facts, left)["alone"])
        self.note(left, "alone", "looks at the board: nobody else is within call")

    def is_kind(self, who: str, kind: str) -> None:
        """Raise Missing unless the newest alarm of `who` on the board is of that kind."""
        shown = KINDS[self.alarm(who)["kind"]]
        if shown != kind:
            raise Missing(f"{who}'s alarm is {shown} on the board, and should be {kind}")

    @staticmethod
    def _badge(facts: Facts, who: str) -> BadgeFact:
        return next(badge for badge in facts["badges"] if badge["name"] == who)
