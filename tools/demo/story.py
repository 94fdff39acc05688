"""What happens in the demo? Four scenes, acted by wearers' hands and bodies; what follows is only watched.

Steps that are acted are noted when they are done (pressed, fell, healed); all others only when they were seen: `sent`
and `answered` on the air, the rest when the wearer felt them.
"""

import time

from firmware.feedback import patterns
from firmware.limits import HOLD_MS
from firmware.link.frame import ALARM, ANSWER
from tools.demo.feeling import NAMES, Feeling, drawing
from tools.demo.timeline import Missing
from tools.sim.virtual.badge import now_ms

STEPS = ("pressed", "sent", "received", "called", "answered", "taken", "closed", "fell", "pre_alarm", "cancelled",
         "unheard", "healed")  # fmt: skip
SETTINGS = {"pre_alarm_ms": 6000}  # a house waits 30 s; a demo need not
TO_FRAME_MS = 100
TO_FELT_MS = 400
_FELT = {
    patterns.HEARD: "received", patterns.COMING: "taken", patterns.OVER: "closed", patterns.NOBODY: "unanswered",
    patterns.DEAF: "unheard", patterns.PRE_ALARM: "pre_alarm", patterns.CANCELLED: "cancelled",
    patterns.CALLED_ASSIST: "called", patterns.CALLED_FALL: "called", patterns.CALLED_EMERGENCY: "called",
}  # fmt: skip
_WEAR_S = 6  # on the body before the first scene: gravity is learned
_HAND_S = 0.11  # a quick press, and the gap after it


class Story:
    """Acts on a `house` (tools.demo.house) and writes into a `timeline`. Presses are noted at the edge that decides."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.house = None
        self._feelings = {}
        self._sent = set()
        self._asked = set()

    # What is seen

    def frame(self, t_ms, who, type):
        """Note an uplink frame."""
        if type == ALARM and who not in self._sent:
            self._sent.add(who)  # retries say nothing new
            self.timeline.note(t_ms, who, "sent", "on the air, sealed")
        elif type == ANSWER:
            self.timeline.note(t_ms, who, "answered", "I am coming")

    def motor(self, who, t_ms, level):
        """Note a motor's level."""
        self._feelings.setdefault(who, Feeling()).level(t_ms, level)

    def watch(self, now_ms):
        """Note what has been felt by `now_ms`."""
        for who, feeling in list(self._feelings.items()):
            for t_ms, number in feeling.felt(now_ms):
                step, meaning = _FELT.get(number, "felt"), NAMES[number]
                if step == "pre_alarm":
                    self._asked.add(who)
                elif step == "cancelled" and who not in self._asked:
                    # one tap also begins the call of a colleague, which a graver one may have broken off
                    step, meaning = "felt", "cut short"
                self.timeline.note(t_ms, who, step, f"felt {drawing(number)}  ({meaning})")

    # What is done

    def _note(self, who, step, detail):
        """Note what is done now; return its t_ms."""
        self.timeline.note(now_ms(), who, step, detail)
        return self.timeline.steps[-1]["t_ms"]

    def _mash(self, who):
        """Press three times; return the t_ms of the third press-down, which decides."""
        badge = self.house.badges[who]
        for meaning in (None, "twice: assist", "a third time: emergency"):
            self._sent.discard(who)
            at = self._down(who, meaning)
            time.sleep(_HAND_S)
            badge.button(0)
            time.sleep(_HAND_S)
        return at

    def _down(self, who, meaning):
        with self.timeline.lock:  # so that no frame of this press is noted before it
            self.house.badges[who].button(1)
            return self._note(who, "pressed", meaning) if meaning else 0

    def _once(self, who, meaning):
        """Press once; a single press is decided when it is let go."""
        self.house.badges[who].button(1)
        time.sleep(_HAND_S)
        with self.timeline.lock:
            self.house.badges[who].button(0)
            self._note(who, "pressed", meaning)

    def _seen(self, who, step, since_ms, within_s=8):
        return self.timeline.wait(who, step, since_ms, within_s)["t_ms"]

    def _within(self, what, from_ms, to_ms, most_ms):
        if to_ms - from_ms > most_ms:
            raise Missing(f"{what} took {to_ms - from_ms} ms, and may take {most_ms}")

    def _alarm(self, who):
        """Return the newest alarm of `who` on the board, as the gateway has it on disk."""
        for alarm in self.house.facts()["alarms"]:
            if alarm["name"] == who:
                return alarm
        raise Missing(f"the gateway has no alarm of {who}")

    def _close(self, who, by):
        closed_ms = self.timeline.now()
        self.house.act("close", self._alarm(who)["id"], by)
        self._seen(who, "closed", closed_ms)

    def act(self):
        """Play all scenes. Raises Missing, and tools.demo.house's Trouble."""
        for badge in self.house.badges.values():
            badge.play("walking")
        time.sleep(_WEAR_S)
        self.emergency("anna", "bo")
        self.fall("bo", "anna")
        self.denied_fall("carla")
        self.lost_link("anna")

    def emergency(self, who, colleague):
        """Three presses; a colleague is called, answers, and closes."""
        self.timeline.say(f"{who} presses three times. {colleague} is in another room.")
        at = self._mash(who)
        self._within("press to frame", at, self._seen(who, "sent", at), TO_FRAME_MS)
        self._within("press to received felt", at, self._seen(who, "received", at), TO_FELT_MS)
        self._seen(colleague, "called", at)
        self._once(colleague, "once: I am coming")
        self._seen(colleague, "answered", at)
        self._seen(who, "taken", at)
        if self._alarm(who)["taken_by"] != colleague:
            raise Missing(f"the gateway does not know that {colleague} comes")
        self._close(who, colleague)

    def fall(self, who, colleague):
        """A fall that nobody denies."""
        self.timeline.say(f"{who} falls and lies still.")
        self._sent.discard(who)
        self.house.badges[who].play("fall")
        at = self._note(who, "fell", "hard, and lies still")
        self._seen(who, "pre_alarm", at, 12)
        self._seen(who, "received", at, 20)
        self._seen(colleague, "called", at)
        alarm = self._alarm(who)
        if [event["step"] for event in alarm["events"]][:2] != ["pre_alarm", "received"]:
            raise Missing("the gateway has not seen pre-alarm and alarm of one fall")
        self._once(colleague, "once: I am coming")
        self._seen(who, "taken", at)
        self._close(who, colleague)
        self.house.badges[who].play("walking")

    def denied_fall(self, who):
        """A fall that one press denies."""
        self.timeline.say(f"{who} falls, and says that nothing is wrong.")
        self._sent.discard(who)
        self.house.badges[who].play("fall")
        at = self._note(who, "fell", "and is well")
        self._seen(who, "pre_alarm", at, 12)
        self._once(who, "once: I am well")
        self._seen(who, "cancelled", at)
        self.house.badges[who].play("walking")
        end = time.monotonic() + 5
        while self._alarm(who)["events"][-1]["step"] != "cancelled":
            if time.monotonic() > end:
                raise Missing("the gateway has not heard that the fall was denied")
            time.sleep(0.1)

    def lost_link(self, who):
        """An alarm while the Wi-Fi is away."""
        self.timeline.say(f"The Wi-Fi is gone. {who} holds the button.")
        badge = self.house.badges[who]
        badge.wifi(False)
        before = len(self.house.facts()["alarms"])
        time.sleep(0.5)
        self._sent.discard(who)
        badge.button(1)
        time.sleep(HOLD_MS / 1000)
        at = self._note(who, "pressed", "held 0.8 s: emergency")
        time.sleep(_HAND_S)
        badge.button(0)
        self._seen(who, "unheard", at, 15)
        if len(self.house.facts()["alarms"]) != before:
            raise Missing("the gateway has an alarm that cannot have reached it")
        healed = self._note("house", "healed", "the Wi-Fi is back")
        badge.wifi(True)
        self._seen(who, "sent", healed, 15)
        self._seen(who, "received", healed, 15)
        self._close(who, "the office")
