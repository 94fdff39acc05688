"""What holds for a whole day, whatever else befalls it? Each habit is called as habit(day) as the day begins."""

import functools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from firmware.badge import Badge
from firmware.link import frame
from tools.sim.story import causes, faults, machine
from tools.sim.story.board import Contact
from tools.sim.story.listener import Listener
from tools.sim.story.wearer import Wearer

if TYPE_CHECKING:
    from tools.sim.story.day import Day

Habit = Callable[["Day"], None]
_STILL_MS = 110_000  # from when she keeps still until a gateway has it, over a whole way
_UPRIGHT_MS = 40_000  # so much later is asked who is upright, but in a red visit
_TORN_MS = 75_000  # from the clip's opening until a gateway has it, over a whole way


def late(day: "Day") -> None:
    """Datagrams overtake each other by seconds."""
    day.world.air.late = day.draw.choice((0.1, 0.3))


def replay(day: "Day") -> None:
    """Somebody plays back what was recorded, changed or not, and sends garbage of a byte."""
    day.attack_ms = day.draw.choice((700, 3000, 9000))


def old_gateway(day: "Day") -> None:
    """A gateway of an older version, which does not know some frames."""
    day.world.refuses = tuple(day.draw.sample((frame.REPORT, frame.ABLE, frame.REFUSED), day.draw.randint(1, 3)))


def two_bridges(day: "Day") -> None:
    """The house has two bridges, each of which hears all; now the one, now the other is gone for a while."""
    day.world.bridge_turn_ms = day.draw.randint(20_000, 90_000)


def twin(day: "Day") -> None:
    """Somebody starts a second gateway on a copy of the first one's disk, beside it, for a while."""
    day.world.air.bad = True  # what one has acked, the other need not have heard
    begins_ms, whole = day.draw.randint(15_000, 120_000), day.draw.random() < 0.5
    day.later(begins_ms, lambda: day.doubled(whole))
    day.later(begins_ms + day.draw.randint(30_000, 300_000), day.alone)


def babble(day: "Day") -> None:
    """The gateway is dead for minutes, and somebody sends what only looks like one."""
    day.attack_ms = day.attack_ms or 2000
    begins_ms = day.draw.randint(20_000, 60_000)
    day.later(begins_ms, day.dies)
    day.later(begins_ms + day.draw.randint(420_000, 480_000), day.lives)
    day.rests(begins_ms + 490_000)


def untold(day: "Day") -> None:
    """A badge has crashed, and its gateway, an older one, knows no reports: for twelve minutes nobody takes it."""
    person = day.world.people[day.draw.randrange(len(day.world.people))]
    day.world.refuses = (frame.REPORT, *day.draw.sample((frame.ABLE, frame.REFUSED), day.draw.randint(0, 2)))
    begins_ms = day.draw.randint(15_000, 40_000)
    day.later(begins_ms, lambda: day.resets(person, "crashes.", machine.WATCHDOG))
    day.rests(begins_ms + 750_000)


def edge(day: "Day") -> None:
    """A battery is at the edge of what is told as low, for twelve minutes."""
    day.world.people[0].luck.percent = lambda now: 14 + now // 10_000 % 2
    day.rests(730_000)


def _fitted(day: "Day", chosen: Mapping[str, bool], part: str = "", closed: bool = False) -> Contact:
    # badges have one more part from the beginning, beside those that another habit gave them; return the first one's
    contacts = [Contact(closed) for _ in day.world.people]
    for person, contact in zip(day.world.people, contacts):
        person.chip.settings = json.dumps({**json.loads(person.chip.settings), **chosen})
        if part:
            setattr(person.luck, part, contact)
        person.off(0)
        person.boot(0)
    return contacts[0]


def wishes(day: "Day") -> None:
    """Badges have a function button, by which one begins a visit, or prolongs it, and ends it."""
    function = _fitted(day, {}, "function")
    person, at_ms = day.world.people[0], day.draw.randint(10_000, 60_000)

    def closes(closed: bool) -> None:
        function.closed = closed
        person.rouse(day.world.now)

    for down_ms in (700, day.draw.choice((700, 2500)), 2500):  # a badge that naps looks in twice a second
        day.later(at_ms, functools.partial(closes, True))
        day.later(at_ms + down_ms, functools.partial(closes, False))
        at_ms += day.draw.randint(5000, 90_000)


def torn(day: "Day") -> None:
    """Badges have clips, and one is torn off its wearer."""
    clip = _fitted(day, {"clip": True}, "clip", True)
    person, begins_ms, for_ms = day.world.people[0], day.draw.randint(20_000, 200_000), day.draw.randint(8_000, 150_000)

    def tears() -> None:
        clip.closed = False
        day.tell(f"{person.name}'s badge is torn off.")
        day.promises.fell(person, day.world.now, for_ms + 15_000)
        over = raised(day, person, "AND a.closed_ms IS NOT NULL")
        day.expected.that(person, day.world.now, _TORN_MS, lambda: raised(day, person) - over,
                          f"{person.name}'s badge was torn off, and no gateway knows it", unless=unheeded)

    def unheeded() -> bool:
        return person.badge is None or not person.badge.shift.duty.watching() or person.badge.shift.duty.practising()

    def mended() -> None:
        clip.closed = True
        day.tell(f"{person.name} clips the badge on again.")

    day.later(begins_ms, tears)
    day.later(begins_ms + for_ms, mended)
    day.rests(begins_ms + for_ms + 5000)


def raised(day: "Day", person: Wearer, more: str = "") -> set[int]:
    """Return the numbers of the alarms of `person` that are raised; more: of which."""
    return {row[0] for row in day.world.ask(_RAISED + more, person.device)}


def restless(day: "Day") -> None:
    """All day long a task of one badge meets an error now and then, or it restarts, or loses its power at a write."""
    person, draw = day.world.people[0], day.draw
    acts: list[Callable[[], None]] = [functools.partial(person.stumble, draw.randrange(5)) for _ in range(4)]
    for cause in (machine.HARD, machine.WATCHDOG, machine.SOFT, machine.SOFT):
        acts.append(functools.partial(day.resets, person, "restarts.", cause))
    acts += [functools.partial(setattr, person.chip, "cut_in", draw.randint(0, 3)) for _ in range(3)]
    draw.shuffle(acts)
    at_ms = draw.randint(10_000, 30_000)
    for act in acts:
        day.later(at_ms, act)
        at_ms += draw.randint(5000, 35_000)


def faints(day: "Day") -> None:
    """Somebody on a visit sits or lies still, for minutes, and no hand of hers is on the button."""
    person, begins_ms = day.world.people[-1], day.draw.randint(45_000, 150_000)
    colour, for_ms = day.draw.choice(("yellow", "red")), day.draw.randint(150_000, 240_000)
    how, within_ms = day.draw.choice(("sitting", "slump")), _STILL_MS * (2 if day.world.air.bad or person.lora else 1)
    if how == "sitting" and colour == "yellow":
        within_ms += _UPRIGHT_MS

    def sinks() -> None:
        at_ms, before = day.world.now, len(person.boots)
        if person is day.stolen or person.stirs() or not (person.awake and person.badge and ready(person.badge)):
            return
        over = raised(day, person, "AND a.closed_ms IS NOT NULL")
        day.colleagues.numb.add(person.name)
        day.later(for_ms, functools.partial(day.colleagues.numb.discard, person.name))
        person.play([(how, at_ms)], at_ms + for_ms)
        day.promises.fell(person, at_ms, for_ms + 120_000)
        day.narrator.tell(at_ms, f"{person.name} keeps still ({how}).")
        day.expected.that(
            person, at_ms, within_ms, lambda: raised(day, person) - over,
            f"{person.name} keeps still on a visit, and no gateway knows it", unless=lambda: len(person.boots) != before
            or not (person.badge and person.badge.shift.duty.watching())
            or day.witness.hands.get(person.name, 0) > at_ms or day.world.now >= at_ms + for_ms)

    def ready(badge: Badge) -> bool:
        worn, shift = badge.body._position.known, badge.shift
        return worn and shift.visit.colour and shift.duty.watching() and not shift.duty.practising()

    day.visits(person, colour, begins_ms - 20_000, begins_ms + for_ms + 10_000)
    day.later(begins_ms, sinks)
    day.rests(begins_ms + for_ms + 15_000)


def hoard(day: "Day") -> None:
    """Somebody keeps frames off the air, some and for a while all of a badge, and lets them through much later."""
    draw = day.draw
    day.world.air.bad, day.world.air.held = True, draw.choice((0.01, 0.03))
    day.office.slow_ms = draw.choice((0, 600_000))

    def begins(person: Wearer, for_ms: int) -> None:
        person.held_until_ms = day.world.now + for_ms
        day.tell(f"Somebody keeps off the air for {for_ms // 1000} s what {person.name} sends.")

    for _ in range(draw.randint(1, 2)):
        person, most_s = draw.choice(day.world.people), draw.choice((60, 400, 1500))
        day.later(draw.randint(10_000, 120_000), functools.partial(begins, person, draw.randint(10, most_s) * 1000))


def struggles(day: "Day") -> None:
    """The house wants a struggle told, and somebody is pushed about, whatever else befalls her."""
    _fitted(day, {"struggle_alarm": True})
    person, at_ms = day.world.people[0], day.draw.randint(15_000, 60_000)

    def begins(for_ms: int) -> None:
        person.fights_ms = day.world.now + for_ms
        person.rouse(day.world.now)
        day.promises.fell(person, day.world.now, for_ms + 15_000)
        day.tell(f"{person.name} is pushed about for {for_ms // 1000} s.")

    if "charger" in day.plan.visited():
        return  # who is in an alarm lays no badge on its charger
    for _ in range(day.draw.randint(2, 4)):
        for_ms = day.draw.randint(12_000, 30_000)
        day.later(at_ms, functools.partial(begins, for_ms))
        at_ms += for_ms + day.draw.randint(10_000, 90_000)
    day.rests(at_ms)


def one_way(day: "Day") -> None:
    """One end is weaker: for a while a badge hears and is not heard, or is heard and hears nothing."""
    at_ms = day.draw.randint(10_000, 60_000)
    for _ in range(3):
        person, lost = day.draw.choice(day.world.people), day.draw.choice(("up", "down"))
        for_ms = day.draw.randint(15_000, 120_000)
        day.later(at_ms, functools.partial(day.world.one_way, person, lost))
        day.later(at_ms + for_ms, functools.partial(day.world.one_way, person, ""))
        at_ms += for_ms + day.draw.randint(5000, 60_000)


class _Sags(Listener):
    """A cell that is old: the supply of its badge dips as the radio sends an alarm, for some times."""

    def __init__(self, day: "Day"):
        self._day, self._person, self._left = day, day.world.people[0], day.draw.randint(2, 6)

    def sent(self, person: Wearer, data: bytes) -> None:
        """A badge has sent a frame."""
        draw = self._day.draw
        if person is self._person and data[0] == frame.ALARM and self._left and draw.random() < 0.5:
            self._left -= 1
            dip = machine.POWER_ON, draw.random() < 0.3
            self._day.later(draw.randint(0, 80), lambda: self._day.resets(person, "has a dip as it sends.", *dip))


def sags(day: "Day") -> None:
    """The supply of a badge dips as it sends an alarm."""
    day.world.listeners.append(_Sags(day))


def flaps(day: "Day") -> None:
    """The gateway's supply is weak: it dies, and starts again, and dies."""
    at_ms = day.draw.randint(20_000, 90_000)
    for _ in range(day.draw.randint(5, 12)):
        day.later(at_ms, day.dies)
        at_ms += day.draw.randint(300, 4000)
        day.later(at_ms, day.lives)
        at_ms += day.draw.choice((300, 2000, 15_000))
    day.rests(at_ms)


def beset(day: "Day") -> None:
    """Ever graver things befall somebody on a visit, her alarm open or not; it is closed late."""
    if "charger" in day.plan.visited():
        return  # who is in an alarm lays no badge on its charger
    person, draw, at_ms = day.world.people[0], day.draw, day.draw.randint(15_000, 40_000)
    blows, clip = list(_BLOWS), person.luck.clip
    if not clip:  # else another habit has it in its hands
        clip = _fitted(day, {"clip": True}, "clip", True)
        blows.append(("clip", 15_000))
    _fitted(day, {"struggle_alarm": True})
    day.office.slow_ms = draw.choice((60_000, 180_000, 300_000))
    if draw.random() < 0.5:
        day.office.takes = 0
        day.colleagues.numb.update(each.name for each in day.world.people)

    def strikes(blow: str, for_ms: int, denied_ms: int) -> None:
        now = day.world.now
        if blow == "assist":
            if person.idle(now, 4000) and person.awake:
                causes.assist(day, person, now + 500)
            return
        if denied_ms < 20_000:
            day.colleagues.denials[person.name] = denied_ms
        if blow == "fall":
            person.fall(now, now + for_ms)
        elif blow == "struggle":
            person.fights_ms = now + for_ms
        elif blow == "clip":
            clip.closed = False
            day.later(for_ms, functools.partial(setattr, clip, "closed", True))
        else:
            person.play([(blow, now)], now + for_ms)
        person.rouse(now)
        day.tell(f"{person.name} is struck ({blow}) for {for_ms // 1000} s.")

    colour, begins_ms = draw.choice(("yellow", "red")), at_ms
    for blow, for_ms in blows:  # a graver one each time, or an open alarm would not heed it
        if draw.random() < 0.6:
            day.later(at_ms, functools.partial(strikes, blow, for_ms, draw.randint(1000, 80_000)))
            at_ms += for_ms + draw.choice((-8000, 2000, 20_000))
    if draw.random() < 0.5:
        out_ms = draw.randint(begins_ms, max(begins_ms, at_ms))
        day.later(out_ms, functools.partial(day.linked, person, False, "is out of reach of the house."))
        day.later(out_ms + 100_000, functools.partial(day.linked, person, True, "is within reach of the house again."))
    day.visits(person, colour, begins_ms - 12_000, at_ms)
    day.promises.fell(person, begins_ms, at_ms + 150_000 - begins_ms)
    day.rests(at_ms + 30_000)


def picky(day: "Day") -> None:
    """What is seldom said is lost, doubled, late, held back or damaged more than the rest; badges refuse, and wish."""
    day.world.air.bad, day.world.air.picky = True, day.draw.choice((0.1, 0.25))
    for each in day.world.people:
        each.luck.beacons = [(1, bytes((each.device, i, 2, 3, 4, 192)), 0, -50 - i, _BEACON) for i in range(5)]
    wishes(day)
    person = day.world.people[0]
    for _ in range(5):
        day.later(day.draw.randint(20_000, 240_000), functools.partial(faults.orders_unknown, day, person))
    day.rests(250_000)


_BLOWS = ("assist", 12_000), ("sitting", 100_000), ("slump", 70_000), ("fall", 25_000), ("struggle", 20_000)
_BEACON = bytes((2, 1, 6, 26, 0xFF, 0x4C, 0, 2, 0x15)) + bytes(20) + b"\xc5"  # an iBeacon's
_RAISED = """SELECT a.id FROM alarms a JOIN badges b ON b.pairing = a.pairing
             WHERE b.device = ? AND a.phase = 'raised' """
HABITS: dict[str, Habit] = {name: globals()[name] for name in ("late", "replay", "old_gateway", "two_bridges")}
# drawn apart from all else, so that days of before stay what they were: in which share of days
SELDOM = {"twin": 0.1, "babble": 0.03, "untold": 0.03, "torn": 0.05, "restless": 0.05, "hoard": 0.05, "wishes": 0.04,
          "edge": 0.03, "faints": 0.05, "struggles": 0.04, "one_way": 0.05, "sags": 0.05, "flaps": 0.05,
          "beset": 0.06, "picky": 0.05}
LATER: dict[str, Habit] = {name: globals()[name] for name in SELDOM}
