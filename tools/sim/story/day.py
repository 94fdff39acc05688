"""What happens on a day? One seed draws all of it: how bad the air is, who answers, what befalls the wearer and when.

A day is a chain of scenes. Each has a cause and perhaps a trouble on top. Which causes, troubles and habits a day can
have at all is drawn first, so that some days are full of one thing. Between scenes the house comes to rest. At the end
everything is healed and must come to a good end.
"""

import functools
import heapq
import itertools
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from firmware.codes import KIND_EMERGENCY, WHAT_RAISED
from firmware.link import frame
from firmware.link.downlink import group_call
from firmware.link.seal import Seal
from tools.gateway import plans
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
from tools.sim.story.person import Pairing
from tools.sim.story.plan import CAUSES, MANY, NAMES, Plan
from tools.sim.story.promises import Promises
from tools.sim.story.situations import Situations
from tools.sim.story.wearer import Wearer
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
def _house(crowd: bool) -> tuple[tempfile.TemporaryDirectory[str], list[Pairing]]:
    """Return (folder of a database, the pairings in it): of NAMES, and of a crowd if one is wanted; made once."""
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
        read = "SELECT device, uplink_key, downlink_key FROM badges ORDER BY pairing"
        pairs = [Pairing(*row) for row in db.exec_driver_sql(read).fetchall()]
    store.close()
    return folder, pairs


def plans_house(db: Connection) -> None:
    """Let a red visit have the shortest interval."""
    house = plans.house(db)
    house["check_in_s"] = {**house["check_in_s"], "red": _RED_S}
    plans.put(db, house)


class Day:
    """The day of `seed`, in `folder`, which is empty. The rest: as Plan takes it, or a Plan."""

    def __init__(self, seed: int, folder: Path, scenes: int = MANY, causes: Sequence[str] | None = None,
                 troubles: Sequence[str] | None = None, habits: Sequence[str] | None = None,
                 plan: Plan | None = None) -> None:
        self.plan = plan or Plan(seed, scenes, causes, troubles, habits)
        self.draw, draw = self._drawn("scenes"), self._drawn("house")
        loss, repeat, damage = self.plan.air
        self.narrator = Narrator(draw.randint(6 * 60, 20 * 60) * 60_000)
        crowd = any(cause == "crowd" for cause, _, _ in self.plan.scenes)
        house, self._pairs = _house(crowd)
        shutil.copy(Path(house.name) / "kald.sqlite", folder)
        air = Air(self._drawn("air"), loss, repeat, damage)
        self.world = World(folder, list(zip(NAMES, self._pairs, self.plan.ways)), draw, air)
        self.promises = Promises(self.world)
        self.witness = Witness(self.world, self.promises)
        self.expected = Expected(self.world, self.promises)
        self.witness.keys = {each.device: (each.uplink_key, each.downlink_key) for each in self._pairs}
        self.office = Office(self.world, self.promises, self._drawn("office"))
        self.colleagues = Colleagues(self, self.plan.share, self._drawn("colleagues"))
        nonces = Nonces(self.world, self.promises)
        self.situations = Situations(self.world)
        self.world.listeners += [self.narrator, self.promises, self.witness, self.colleagues, nonces, self.situations]
        motors = self._drawn("motors")
        for person in self.world.people:
            person.when_cut = self._cut
            person.quivers_mg = motors.choice(_QUIVERS_MG)
        self.stolen: Wearer | None = None  # whose badge somebody else has
        self.attack_ms = 0
        self._attacked_ms = 0
        self._rests_ms = 0
        self._due: list[tuple[int, int, Callable[[], object]]] = []  # what befalls the house: a heap of (ms, order, it)
        self._orders = itertools.count()
        self.thief = self._drawn("thief")
        for name in self.plan.habits:
            self.draw.seed(f"{self.plan.seed} {name}")
            (HABITS | LATER)[name](self)
        self.told = f"of all datagrams {loss:.0%} are lost, {repeat:.0%} come twice, {damage:.0%} are damaged"
        if self.plan.habits:
            self.told += f"; habits: {', '.join(self.plan.habits)}"

    def _drawn(self, whose: str) -> random.Random:
        return random.Random(f"{self.plan.seed} {whose}")

    def live(self) -> None:
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
        self.tell("The day is over.")
        self._heal()
        until = self.world.now + max(map(self.promises.healed_ms, self.world.people)) + 5000
        if self.world.was_doubled or self.promises.forgiven_ms > 0:
            until += ASKED_MS  # a question whose end is not on this disk is over here when heartbeats say so
        self._run(_REST_MS)
        while self.world.now < until and not self._over():
            self._step(until)
        self.promises.end()
        self.witness.end()

    def _over(self) -> bool:
        return self._calm() and self.promises.waits_for_nothing() and self.witness.agree()

    # Time

    def _run(self, ms: int) -> None:
        until = self.world.now + ms
        while self.world.now < until:
            self._step(until)

    def _step(self, until: int) -> None:
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

    def _settle(self) -> None:
        until = self.world.now + _SCENE_MOST_MS
        self._run(12_000)
        while self.world.now < max(until, self._rests_ms) and not self._calm():
            self._step(max(until, self._rests_ms))

    def _calm(self) -> bool:
        quiet = not self._due and self.world.now >= self._rests_ms
        still = all(safe(person) and not person.stirs() for person in self.world.people)
        return quiet and still and not self.office.open()

    def rests(self, until_ms: int) -> None:
        """This scene lasts until then at least."""
        self._rests_ms = max(self._rests_ms, until_ms)

    def later(self, ms: int, act: Callable[[], object]) -> None:
        """Do something in `ms`."""
        self.at(self.world.now + ms, act)

    def at(self, at_ms: int, act: Callable[[], object]) -> None:
        """Do something at `at_ms`, now if that is past."""
        heapq.heappush(self._due, (max(self.world.now, at_ms), next(self._orders), act))

    def _heal(self) -> None:
        self.attack_ms = 0
        self._due.clear()
        self.world.alone()
        if not self.world.radio:
            self.lives()
        for person in self.world.people:
            self.linked(person, person is not self.stolen)
            self.world.one_way(person, "")
            person.luck.crash_every_ms, person.chip.cut_in = 0, -1
            person.held_until_ms = min(person.held_until_ms, self.world.now)
            if not person.awake:
                self.world.restart(person)

    # What scenes do

    def tell(self, sentence: str) -> None:
        """Say what happens now."""
        self.narrator.tell(self.world.now, sentence)

    def others(self) -> list[Wearer]:
        """Return the people who are not the hero, in a drawn order."""
        others = [person for person in self.world.people[1:] if person is not self.stolen]
        return self.draw.sample(others, len(others))

    def touched(self, person: Wearer, from_ms: int, until_ms: int) -> None:
        """A hand is on the button."""
        self.at(from_ms, lambda: self.witness.hands.update({person.name: self.world.now}))

        def lets_go() -> None:
            self.witness.hands[person.name] = self.world.now
            self.promises.let_go(person)

        self.at(until_ms, lets_go)

    def linked(self, person: Wearer, there: bool, sentence: str = "") -> None:
        """Give or take a link."""
        self.world.link(person, there)
        if sentence:
            self.tell(f"{person.name} {sentence}")

    def dies(self) -> None:
        """The gateway dies."""
        if self.world.radio:
            self.world.down()
            self.tell("The gateway dies.")

    def doubled(self, whole: bool) -> None:
        """A second gateway starts; whole: on a copy of the first one's marker, too."""
        self.world.doubled(whole)
        self.tell("A second gateway starts, on a copy of the first one's disk.")

    def alone(self) -> None:
        """It is stopped."""
        self.world.alone()
        self.tell("The second gateway is stopped.")

    def lives(self, restored: bool = False) -> None:
        """The gateway starts."""
        if self.world.radio:
            return
        if restored:
            self.promises.forgiven_ms = self.world.now + 60_000
            self.witness.put_back()
        self.world.up(restored)
        self.tell("The gateway starts again" + (" from a backup." if restored else "."))

    def resets(self, person: Wearer, sentence: str, cause: int = machine.HARD, cut: bool = False) -> None:
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

        def starts() -> None:
            if not person.awake:
                if cause != machine.WATCHDOG:
                    self.witness.paces.ordered.add((person.device, self.world.now))
                self.world.restart(person)

        self.later(self.draw.randint(400, 2 * _BOOT_MS), starts)
        self.tell(f"{person.name}'s badge {sentence}")

    def order(self, person: Wearer, verb: str, sentence: str, **given: object) -> None:
        """The board orders something."""
        if self.world.act(verb, person.device, **given):
            self.tell(f"{person.name} {sentence}")

    def visits(self, person: Wearer, colour: str, from_ms: int, until_ms: int) -> None:
        """The board orders a visit, and its end."""
        self.at(from_ms, lambda: self.order(person, "visit", f"goes on a visit, {colour}.", colour=colour, minutes=0))
        self.at(until_ms, lambda: self.order(person, "end", "'s visit is over."))

    def _cut(self, person: Wearer, kept: bool) -> None:
        self.promises.lost_power(person, True, kept)
        self.witness.forget(person)
        self.witness.cuts[person.name] = self.world.now + 2 * _BOOT_MS
        self.tell(f"{person.name}'s badge loses its power while it writes to flash.")

    def crowd(self, count: int) -> None:
        """As many others are in need, at once."""
        for pairing in self._pairs[len(NAMES) : len(NAMES) + count]:
            fields = (0, KIND_EMERGENCY, WHAT_RAISED, 0, 15, 0, 0)
            data = sealed.up(Seal(pairing.uplink_key), frame.alarm, pairing.device, 1, *fields)
            self.world.air.put(data, (None, 0), self.world.now + self.draw.randint(20, 4000))
            self.promises.others.add((pairing.device, 0))
        self.tell(f"{count} others are in need.")
        self.later(_CROWDED_MS, self._crowd_is_over)

    def _crowd_is_over(self) -> None:
        """All of them go home, and their badges are paired no more: nobody need call them for hours."""
        if not self.world.radio:
            self.later(_CROWDED_MS, self._crowd_is_over)
            return
        others = {device for device, _ in self.promises.others}
        for row in [row for row in self.office.open() if row.device in others]:
            self.promises.closed(row.device, row.alarm_id)
            self.world.act("close", row.id)
            self.world.act("revoke", row.device)

    def _attack(self) -> None:
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
            changed = bytearray(data)
            changed[self.thief.randrange(len(data))] ^= 1 << self.thief.randrange(8)
            data = bytes(changed)
        air.forge(data, to, self.world.now + 20)
