"""What happens on a day? One seed draws all of it: how bad the air is, who answers, what befalls the wearer and when.

A day is a chain of scenes. Each has a cause and perhaps a trouble on top: the link goes, the gateway dies, the badge
restarts. Between scenes the house comes to rest. At the end everything is healed and must come to a good end.
"""

import random

from firmware.words import KIND_ASSIST, KIND_EMERGENCY, SAFE
from tools.story.air import Air
from tools.story.people import Colleagues, Office
from tools.story.promises import HEALED_MS, Promises
from tools.story.teller import Teller
from tools.story.world import World

NAMES = ("Anna", "Bo", "Carla")
SCENES = 7
_SCENE_MOST_MS = 600_000
_BOOT_MS = 1500
CAUSES = ("mash", "hold", "assist", "assist_grows", "stray_press", "fall", "fall_denied", "fall_mash", "colleague")
TROUBLES = ("none", "link", "gateway", "restart")


class Day:
    """The day of `seed`, in `folder` (a Path that exists and is empty). Scenes are drawn from causes and troubles."""

    def __init__(self, seed, folder, scenes=SCENES, causes=CAUSES, troubles=TROUBLES):
        self._draw = draw = random.Random(seed)
        loss, repeat, damage = (draw.choice((0, 0, most)) for most in (0.3, 0.2, 0.1))
        share = draw.choice((0.2, 0.6, 0.9))
        self._scenes, self._causes, self._troubles = scenes, causes, troubles
        self.teller = Teller(draw.randint(6 * 60, 20 * 60) * 60_000)
        self.world = World(folder, NAMES, draw, Air(draw, loss, repeat, damage))
        self.promises = Promises(self.world)
        self.office = Office(self.world, self.promises, draw)
        self.colleagues = Colleagues(self.world, self.promises, self.teller, draw, share)
        self.world.listeners += [self.teller, self.promises, self.colleagues]
        self._due = []  # (ms, what to do), what befalls the house
        self.told = f"of all datagrams {loss:.0%} are lost, {repeat:.0%} come twice, {damage:.0%} are damaged"

    def live(self):
        """Live the whole day, and judge it."""
        self.teller.tell(0, f"{', '.join(NAMES[:-1])} and {NAMES[-1]} put on their badges. In this house {self.told}.")
        self._run(20_000)
        for _ in range(self._scenes):
            self._run(self._draw.randint(60_000, 600_000))
            self._scene(self._draw.choice(self._causes), self._draw.choice(self._troubles))
            self._settle()
        self.teller.tell(self.world.now, "The day is over.")
        self._run(HEALED_MS)
        self.promises.end()

    # Time

    def _run(self, ms):
        until = self.world.now + ms
        while self.world.now < until:
            self._step(until)

    def _step(self, until):
        world = self.world
        for at_ms, act in sorted((each for each in self._due if each[0] <= world.now), key=lambda each: each[0]):
            self._due.remove((at_ms, act))
            act()
        self.office.act()
        self.colleagues.act()
        world.step(min([until] + [max(at_ms, world.now) for at_ms, _ in self._due]))
        self.promises.watch()

    def _settle(self):
        until = self.world.now + _SCENE_MOST_MS
        self._run(30_000)
        while self.world.now < until and not self._calm():
            self._step(until)

    def _calm(self):
        safe = all(person.awake and person.badge.alarm.state == SAFE for person in self.world.people)
        return safe and not self._due and not self.office.open()

    def _later(self, ms, act):
        self._due.append((self.world.now + ms, act))

    # Scenes

    def _scene(self, cause, trouble):
        hero = self.world.people[0]
        if trouble != "none":
            getattr(self, "_" + trouble)(hero)
        getattr(self, "_" + cause)(hero, self.world.now + self._draw.randint(3000, 8000))

    def _hand(self):
        return self._draw.randint(70, 160), self._draw.randint(90, 260)

    def _presses(self, person, at_ms, times, kind, sentence):
        down_ms, up_ms = self._hand()
        edge_ms = person.press(at_ms, down_ms, up_ms, times)
        self.promises.pressed(person, at_ms, at_ms + (down_ms + up_ms) * (2 if times > 2 else 1), kind)
        self.teller.tell(at_ms, f"{person.name} {sentence}")
        return edge_ms

    def _mash(self, person, at_ms, sentence="presses again and again: emergency."):
        self._presses(person, at_ms, self._draw.randint(3, 7), KIND_EMERGENCY, sentence)

    def _hold(self, person, at_ms):
        self.promises.pressed(person, at_ms, person.hold(at_ms), KIND_EMERGENCY)
        self.teller.tell(at_ms, f"{person.name} holds the button down: emergency.")

    def _assist(self, person, at_ms):
        return self._presses(person, at_ms, 2, KIND_ASSIST, "presses twice: assistance, quietly.")

    def _assist_grows(self, person, at_ms):
        edge_ms = self._assist(person, at_ms)
        self._mash(person, edge_ms + self._draw.randint(1500, 25_000), "is in danger, and presses on: emergency.")

    def _stray_press(self, person, at_ms):
        person.press(at_ms, self._hand()[0])
        self.teller.tell(at_ms, f"{person.name} touches the button once, by mistake.")

    def _fall(self, person, at_ms, sentence="falls, and lies still.", lies_ms=(60_000, 120_000)):
        rise_ms = at_ms + self._draw.randint(*lies_ms)
        person.fall(at_ms, rise_ms)
        self.promises.fell(person, at_ms)
        self.teller.tell(at_ms, f"{person.name} {sentence}")
        self.teller.tell(rise_ms, f"{person.name} gets up.")

    def _fall_denied(self, person, at_ms):
        self.colleagues.denials[person.name] = self._draw.randint(1500, 25_000)
        self._fall(person, at_ms, "falls, and is well.", (12_000, 22_000))  # who lies longer is asked again

    def _fall_mash(self, person, at_ms):
        self._fall(person, at_ms, "is thrown to the ground.")
        self._mash(person, at_ms + self._draw.randint(2000, 30_000), "presses again and again, lying down: emergency.")

    def _colleague(self, _hero, at_ms):
        other = self.world.people[self._draw.randrange(1, len(NAMES))]
        getattr(self, self._draw.choice(("_mash", "_assist", "_hold")))(other, at_ms)

    # Troubles

    def _link(self, person):
        self._later(self._draw.randint(0, 12_000), lambda: self._linked(person, False, "is out of reach of the house."))
        back_ms = self._draw.randint(15_000, 150_000)
        self._later(back_ms, lambda: self._linked(person, True, "is within reach of the house again."))

    def _linked(self, person, there, sentence):
        self.world.link(person, there)
        self.teller.tell(self.world.now, f"{person.name} {sentence}")

    def _gateway(self, _person):
        self._later(self._draw.randint(0, 12_000), self._dies)
        self._later(self._draw.randint(15_000, 150_000), self._lives)

    def _dies(self):
        self.world.down()
        self.teller.tell(self.world.now, "The gateway dies.")

    def _lives(self):
        self.world.up()
        self.teller.tell(self.world.now, "The gateway starts again.")

    def _restart(self, person):
        # After the hand: a press while the badge boots is another story.
        self._later(self._draw.randint(12_000, 40_000), lambda: self._restarts(person))

    def _restarts(self, person):
        if not person.idle(self.world.now, 2 * _BOOT_MS):
            self._later(_BOOT_MS, lambda: self._restarts(person))
            return
        person.off(self.world.now)
        self.teller.tell(self.world.now, f"{person.name}'s badge restarts.")
        self._later(_BOOT_MS, lambda: self.world.restart(person))
