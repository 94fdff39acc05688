"""What happens on a day? One seed draws all of it: how bad the air is, who answers, what befalls the wearer and when.

A day is a chain of scenes. Each has a cause and perhaps a trouble on top. Which causes, troubles and habits a day can
have at all is drawn first, so that some days are full of one thing. Between scenes the house comes to rest. At the end
everything is healed and must come to a good end.
"""

import functools
import heapq
import random
import shutil
import tempfile
from pathlib import Path

from firmware.codes import KIND_EMERGENCY, WHAT_RAISED
from firmware.link import frame
from firmware.link.downlink import group_call
from firmware.link.seal import Seal
from tools.gateway.alarms import ASKED_MS
from tools.gateway.store import open_store
from tools.sim import sealed
from tools.sim.story import machine
from tools.sim.story.air import Air
from tools.sim.story.causes import safe
from tools.sim.story.expected import Expected
from tools.sim.story.habits import HABITS, LATER
from tools.sim.story.luck import TROUBLES
from tools.sim.story.narrator import Narrator
from tools.sim.story.nonces import Nonces
from tools.sim.story.people import Colleagues, Office
from tools.sim.story.plan import CAUSES, MANY, NAMES, Plan
from tools.sim.story.promises import Promises
from tools.sim.story.situations import Situations
from tools.sim.story.witness import Witness
from tools.sim.story.world import World

_SCENE_MOST_MS = 600_000
_REST_MS = 12_000  # at the end of a day at least; a minute where anything is still waited for
_BOOT_MS = 1500
_RED_S = 120  # the shortest check-in interval
_QUIVERS_MG = (0, 40, 200, 600, 1500)  # what a sensor feels of its badge's motor: a heavy one on cloth, a light one
_CROWD = 60
_CROWDED_MS = 25_000


@functools.cache
def _house(crowd):
    """Return (folder of a database, the badges' rows): NAMES, and a crowd if one is wanted, are paired; made once."""
    folder = tempfile.TemporaryDirectory(prefix="kald-house-")
    draw = random.Random(1)
    store = open_store(Path(folder.name) / "kald.sqlite")
    for i in range(len(NAMES) + (_CROWD if crowd else 0)):
        store.pair(NAMES[i] if i < len(NAMES) else f"number {i}", "house" if i < len(NAMES) else f"room {i}")
    with store.engine.begin() as db:
        for row in db.exec_driver_sql("SELECT pairing FROM badges").fetchall():
            db.exec_driver_sql("UPDATE badges SET uplink_key = ?, downlink_key = ? WHERE pairing = ?",
                               (draw.randbytes(16), draw.randbytes(16), row[0]))
        plans_house(db)
        pairs = db.exec_driver_sql("SELECT * FROM badges ORDER BY pairing").fetchall()
    store.close()
    return folder, pairs


def plans_house(db):
    """Let a red visit have the shortest interval."""
    from tools.gateway import plans

    house = plans.house(db)
    house["check_in_s"] = {**house["check_in_s"], "red": _RED_S}
    plans.put(db, house)


class Day:
    """The day of `seed`, in `folder` (a Path that exists and is empty). The rest: as Plan takes it, or a Plan."""

    def __init__(self, seed, folder, scenes=MANY, causes=None, troubles=None, habits=None, plan=None):
        self.plan = plan or Plan(seed, scenes, causes, troubles, habits)
        self.draw, draw = self._drawn("scenes"), self._drawn("house")
        loss, repeat, damage = self.plan.air
        self.narrator = Narrator(draw.randint(6 * 60, 20 * 60) * 60_000)
        crowd = any(cause == "crowd" for cause, _, _ in self.plan.scenes)
        house, self._pairs = _house(crowd)
        shutil.copy(Path(house.name) / "kald.sqlite", folder)
        air = Air(self._drawn("air"), loss, repeat, damage)
        air.bad = bool(loss or damage)
        self.world = World(folder, list(zip(NAMES, self._pairs, self.plan.ways)), draw, air)
        self.promises = Promises(self.world)
        self.witness = Witness(self.world, self.promises)
        self.expected = Expected(self.world, self.promises)
        self.witness.keys = {row.device: (row.uplink_key, row.downlink_key) for row in self._pairs}
        self.office = Office(self.world, self.promises, self._drawn("office"))
        self.colleagues = Colleagues(self, self.plan.share, self._drawn("colleagues"))
        nonces = Nonces(self.world, self.promises)
        self.situations = Situations(self.world)
        self.world.listeners += [self.narrator, self.promises, self.witness, self.colleagues, nonces, self.situations]
        motors = self._drawn("motors")
        for person in self.world.people:
            person.when_cut = self._cut
            person.quivers_mg = motors.choice(_QUIVERS_MG)
        self.stolen = None  # whose badge somebody else has
        self.attack_ms = 0
        self._attacked_ms = 0
        self._rests_ms = 0
        self._due = []  # a heap of (ms, order, what to do): what befalls the house
        self.thief = self._drawn("thief")
        for name in self.plan.habits:
            self.draw.seed(f"{self.plan.seed} {name}")
            (HABITS | LATER)[name](self)
        self.told = f"of all datagrams {loss:.0%} are lost, {repeat:.0%} come twice, {damage:.0%} are damaged"
        if self.plan.habits:
            self.told += f"; habits: {', '.join(self.plan.habits)}"

    def _drawn(self, whose):
        return random.Random(f"{self.plan.seed} {whose}")

    def live(self):
        """Live the whole day, and judge it."""
        who = f"{', '.join(NAMES[:-1])} and {NAMES[-1]}"
        self.narrator.tell(0, f"{who} put on their badges. In this house {self.told}.")
        self._run(8_000)
        for cause, trouble, seed in self.plan.scenes:
            if not cause:
                continue
            self.draw.seed(seed)
            hero = self.world.people[0]
            self._run(self.draw.randint(3000, 60_000))
            TROUBLES[trouble](self, hero)
            CAUSES[cause](self, hero, self.world.now + self.draw.randint(3000, 8000))
            self._settle()
        self.narrator.tell(self.world.now, "The day is over.")
        self._heal()
        until = self.world.now + max(map(self.promises.healed_ms, self.world.people)) + 5000
        if self.world.was_doubled or self.promises.forgiven_ms > 0:
            until += ASKED_MS  # a question whose end is not on this disk is over here when heartbeats say so
        self._run(_REST_MS)
        while self.world.now < until and not self._over():
            self._step(until)
        self.promises.end()
        self.witness.end()

    def _over(self):
        return self._calm() and self.promises.waits_for_nothing() and self.witness.agree()

    # Time

    def _run(self, ms):
        until = self.world.now + ms
        while self.world.now < until:
            self._step(until)

    def _step(self, until):
        world = self.world
        while self._due and self._due[0][0] <= world.now:
            heapq.heappop(self._due)[2]()
        self.office.act()
        self.colleagues.act()
        if self.attack_ms and world.now - self._attacked_ms >= self.attack_ms:
            self._attacked_ms = world.now
            self._attack()
        due_ms = max(self._due[0][0], world.now) if self._due else until
        world.step(min(until, world.now + 1000, due_ms))
        self.promises.watch()
        self.witness.watch()
        self.expected.look()

    def _settle(self):
        until = self.world.now + _SCENE_MOST_MS
        self._run(12_000)
        while self.world.now < max(until, self._rests_ms) and not self._calm():
            self._step(max(until, self._rests_ms))

    def _calm(self):
        quiet = not self._due and self.world.now >= self._rests_ms
        still = all(safe(person) and not person.stirs() for person in self.world.people)
        return quiet and still and not self.office.open()

    def rests(self, until_ms):
        """This scene lasts until then at least."""
        self._rests_ms = max(self._rests_ms, until_ms)

    def later(self, ms, act):
        """Do something in `ms`."""
        heapq.heappush(self._due, (self.world.now + max(0, ms), len(self._due) + self.world.now * 100, act))

    def _heal(self):
        self.attack_ms = 0
        self._due.clear()
        self.world.alone()
        if not self.world.radio:
            self.lives()
        for person in self.world.people:
            self.linked(person, person is not self.stolen, None)
            person.luck.crash_every_ms, person.chip.cut_in = 0, -1
            person.held_until_ms = min(person.held_until_ms, self.world.now)
            if not person.awake:
                self.world.restart(person)

    # What scenes do

    def others(self):
        """Return the people who are not the hero, in a drawn order."""
        others = [person for person in self.world.people[1:] if person is not self.stolen]
        return self.draw.sample(others, len(others))

    def touched(self, person, from_ms, until_ms):
        """A hand is on the button."""
        self.later(from_ms - self.world.now, lambda: self.witness.hands.update({person.name: self.world.now}))

        def lets_go():
            self.witness.hands[person.name] = self.world.now
            self.promises.let_go(person)

        self.later(until_ms - self.world.now, lets_go)

    def linked(self, person, there, sentence):
        """Give or take a link."""
        self.world.link(person, there)
        if sentence:
            self.narrator.tell(self.world.now, f"{person.name} {sentence}")

    def dies(self):
        """The gateway dies."""
        if self.world.radio:
            self.world.down()
            self.narrator.tell(self.world.now, "The gateway dies.")

    def lives(self, restored=False):
        """The gateway starts."""
        if self.world.radio:
            return
        if restored:
            self.promises.forgiven_ms = self.world.now + 60_000
            self.witness.put_back()
        self.world.up(restored)
        self.narrator.tell(self.world.now, "The gateway starts again" + (" from a backup." if restored else "."))

    def resets(self, person, sentence, cause=machine.HARD, cut=False):
        """The badge of `person` starts again."""
        if not person.awake:
            return
        kept = not person.chip.full
        person.off(self.world.now, cut)
        self.promises.lost_power(person, cut, kept)
        if cut:
            self.witness.forget(person)
            self.witness.cuts[person.name] = self.world.now + 2 * _BOOT_MS
        else:
            person.chip.cause = cause

        def starts():
            if not person.awake:
                if cause != machine.WATCHDOG:
                    self.witness.paces.ordered.add((person.device, self.world.now))
                self.world.restart(person)

        self.later(self.draw.randint(400, 2 * _BOOT_MS), starts)
        self.narrator.tell(self.world.now, f"{person.name}'s badge {sentence}")

    def order(self, person, verb, sentence, **given):
        """The board orders something."""
        if self.world.radio:
            self.world.radio.act(verb, person.device, {"by": "the office", **given}, self.world.unix_ms())
            self.world.stir()
            self.narrator.tell(self.world.now, f"{person.name} {sentence}")

    def _cut(self, person, kept):
        self.promises.lost_power(person, True, kept)
        self.witness.forget(person)
        self.witness.cuts[person.name] = self.world.now + 2 * _BOOT_MS
        self.narrator.tell(self.world.now, f"{person.name}'s badge loses its power while it writes to flash.")

    def crowd(self, count):
        """As many others are in need, at once."""
        for row in self._pairs[len(NAMES) : len(NAMES) + count]:
            fields = (0, KIND_EMERGENCY, WHAT_RAISED, 0, 15, 0, 0)
            data = sealed.up(Seal(row.uplink_key), frame.alarm, row.device, 1, *fields)
            self.world.air.put(data, (None, 0), self.world.now + self.draw.randint(20, 4000))
            self.promises.others.add((row.device, 0))
        self.narrator.tell(self.world.now, f"{count} others are in need.")
        self.later(_CROWDED_MS, self._crowd_is_over)

    def _crowd_is_over(self):
        """All of them go home, and their badges are paired no more: nobody need call them for hours."""
        if not self.world.radio:
            self.later(_CROWDED_MS, self._crowd_is_over)
            return
        others = {device for device, _ in self.promises.others}
        for row in [row for row in self.office.open() if row["device"] in others]:
            self.promises.closed(row["device"], row["alarm_id"])
            self.world.radio.act("close", row["id"], {"by": "the office"}, self.world.unix_ms())
            self.world.radio.act("revoke", row["device"], {"by": "the office"}, self.world.unix_ms())
        self.world.stir()

    def _attack(self):
        air = self.world.air
        keys = self.world.ask("SELECT number, key FROM group_keys ORDER BY number DESC LIMIT 1")
        if keys and self.thief.random() < 0.1:
            fields = (self.thief.choice((1, 2, 3, 77)), self.thief.randrange(1000), KIND_EMERGENCY)
            counter = self.thief.choice(((1 << 30) - 2, self.thief.randrange(1 << 30)))
            data = sealed.down(Seal(keys[0][1]), group_call, keys[0][0], 1, counter, *fields, stream=frame.STREAM_GROUP)
            for number in range(len(NAMES)):
                air.forge(data, ("thief", number), self.world.now + 20)
        data, to = self.thief.choice(air.recorded) if air.recorded else (b"x", (None, 0))
        way = self.thief.random()
        if way < 0.3:
            data = bytes([self.thief.randrange(256)])
        elif way < 0.6:
            data = bytearray(data)
            data[self.thief.randrange(len(data))] ^= 1 << self.thief.randrange(8)
            data = bytes(data)
        air.forge(data, to, self.world.now + 20)
