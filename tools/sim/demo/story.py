"""What happens in the demo's first story? Four scenes: an emergency, a fall, a fall that is denied, a lost link."""

import time

from firmware.limits import HOLD_MS
from tools.sim.demo.stage import HAND_MS, Stage
from tools.sim.demo.timeline import Missing

NAMES = ("anna", "bo", "carla")
STEPS = ("pressed", "sent", "received", "called", "placed", "answered", "taken", "closed", "fell", "pre_alarm",
         "cancelled", "unheard", "healed")
SETTINGS = {"pre_alarm_ms": 6000}  # a house waits 30 s; a demo need not
TO_FRAME_MS = 100
TO_FELT_MS = 400
TO_PLACE_MS = 5000  # it is there after 2.5, as the scan takes 2.2; she looks when she has felt the whole call
_WEAR_S = 6  # on the body before the first scene: gravity is learned


class Story(Stage):
    """An emergency that a colleague takes, a fall, a denied fall, and an alarm while the Wi-Fi is away."""

    where = {"anna": 5, "bo": 2, "carla": 12}

    def act(self) -> None:
        """Play all scenes. Raises Missing, and tools.sim.demo.house's Trouble."""
        self.wear(_WEAR_S)
        self.emergency("anna", "bo")
        self.fall("bo", "anna")
        self.denied_fall("carla")
        self.lost_link("anna")

    def emergency(self, who: str, colleague: str) -> None:
        """Three presses; a colleague is called, answers, and closes."""
        self.timeline.say(f"{who} presses three times. {colleague} is in another room.")
        at = self.mash(who, None, "twice: assist", "a third time: emergency")
        self.within("press to frame", at, self.seen(who, "sent", at), TO_FRAME_MS)
        self.within("press to received felt", at, self.seen(who, "received", at), TO_FELT_MS)
        self.seen(colleague, "called", at)
        self.within("press to place", at, self.placed(who, colleague), TO_PLACE_MS)
        self.once(colleague, "once: I am coming")
        self.seen(colleague, "answered", at)
        self.seen(who, "taken", at)
        if self.alarm(who)["taken_by"] != colleague:
            raise Missing(f"the gateway does not know that {colleague} comes")
        self.close(who, colleague)

    def fall(self, who: str, colleague: str) -> None:
        """A fall that nobody denies."""
        self.timeline.say(f"{who} falls and lies still.")
        self.forget_sent(who)
        self.house.badges[who].play("fall")
        at = self.note(who, "fell", "hard, and lies still")
        self.seen(who, "pre_alarm", at, 12)
        self.seen(who, "received", at, 20)
        self.seen(colleague, "called", at)
        alarm = self.alarm(who)
        if [event["step"] for event in alarm["events"]][:2] != ["pre_alarm", "received"]:
            raise Missing("the gateway has not seen pre-alarm and alarm of one fall")
        self.once(colleague, "once: I am coming")
        self.seen(who, "taken", at)
        self.house.badges[who].play("walking")  # helped up, before it is closed: who lies on is asked again
        self.close(who, colleague)

    def denied_fall(self, who: str) -> None:
        """A fall that one press denies."""
        self.timeline.say(f"{who} falls, and says that nothing is wrong.")
        self.forget_sent(who)
        self.house.badges[who].play("fall")
        at = self.note(who, "fell", "and is well")
        self.seen(who, "pre_alarm", at, 12)
        self.once(who, "once: I am well")
        self.seen(who, "cancelled", at)
        self.house.badges[who].play("walking")
        self.shows("that the fall was denied", lambda _: self.alarm(who)["events"][-1]["step"] == "cancelled")

    def lost_link(self, who: str) -> None:
        """An alarm while the Wi-Fi is away."""
        self.timeline.say(f"The Wi-Fi is gone. {who} holds the button.")
        badge = self.house.badges[who]
        badge.wifi(False)
        before = len(self.house.facts()["alarms"])
        time.sleep(0.5)
        self.forget_sent(who)
        badge.push(HOLD_MS + HAND_MS)
        time.sleep(HOLD_MS / 1000)
        at = self.note(who, "pressed", "held 0.8 s: emergency")
        badge.let()
        self.seen(who, "unheard", at, 15)
        if len(self.house.facts()["alarms"]) != before:
            raise Missing("the gateway has an alarm that cannot have reached it")
        healed = self.note("house", "healed", "the Wi-Fi is back")
        badge.wifi(True)
        self.seen(who, "sent", healed, 15)
        self.seen(who, "received", healed, 15)
        self.close(who, "the office")
