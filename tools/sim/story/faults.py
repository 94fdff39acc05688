"""What breaks? Parts of a badge, its supply, its firmware, the gateway's clock; called as scene(day, person, ms).

What is broken must be on the board within its limit (L2), and what it does not concern goes on as promised.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware.codes import KIND_EMERGENCY, WHAT_RAISED
from firmware.link import frame
from firmware.link.seal import Seal
from tools.gateway import downlinks
from tools.sim import sealed
from tools.sim.story import causes, machine
from tools.sim.story.wearer import Wearer

if TYPE_CHECKING:
    from tools.sim.story.day import Day

_MINUTE_MS = 60_000
_UNKNOWN_ORDER = 40
_THIEF_MS = 4000


def _mended(day: "Day", person: Wearer, at_ms: int, sentence: str, well: bool = True, **luck: object) -> None:
    def mend() -> None:
        vars(person.luck).update(luck)
        person.numb = person.numb and not well
        day.tell(f"{person.name}'s {sentence}")

    day.at(at_ms, mend)
    day.rests(at_ms + 2000)


def _begins(day: "Day", person: Wearer, at_ms: int, sentence: str, **luck: object) -> None:
    _mended(day, person, at_ms, sentence, False, **luck)


def sensor(day: "Day", person: Wearer, at_ms: int) -> None:
    """The sensor falls silent, or says the same for ever."""
    silent = day.draw.random() < 0.5
    luck, fault = ({"measures": False}, "sensor_silent") if silent else ({"frozen": True}, "sensor_stuck")
    _begins(day, person, at_ms, "sensor falls silent." if silent else "sensor says the same for ever.", **luck)
    day.expected.fault(person, at_ms, (75_000 if silent else 200_000), fault,
                       unless=lambda: person.luck.measures and not person.luck.frozen,
                       rests=lambda: person.boat)  # it has no eyes
    causes.hold(day, person, at_ms + day.draw.randint(4000, 60_000))
    _mended(day, person, at_ms + 270_000, "sensor is well again.", measures=True, frozen=False)


def motor(day: "Day", person: Wearer, at_ms: int) -> None:
    """The motor's chip is silent: nothing is felt any more."""
    person.numb = True
    _begins(day, person, at_ms, "motor stands still.", motor=False)
    day.expected.fault(person, at_ms, 75_000, "part_silent", unless=lambda: person.luck.motor)
    causes.hold(day, person, at_ms + 9000)
    _mended(day, person, at_ms + 150_000, "motor is well again.", motor=True)


def beats(day: "Day", person: Wearer, at_ms: int) -> None:
    """A motor that loses a beat now and then."""
    person.numb = True
    _begins(day, person, at_ms - 2000, "motor loses a beat now and then.", loses=day.draw.choice((7, 8, 11, 13)))
    if day.draw.random() < 0.4:
        day.at(at_ms, lambda: day.linked(person, False, "is out of reach of the house."))
        day.at(at_ms + 50_000, lambda: day.linked(person, True, "is within reach again."))
    day.draw.choice((causes.hold, causes.assist, causes.dither))(day, person, at_ms)
    _mended(day, person, at_ms + 120_000, "motor is well again.", loses=0)


def full_flash(day: "Day", person: Wearer, at_ms: int) -> None:
    """Flash takes nothing for a while; over LoRa a badge is silent then, since the law's hour would be forgotten."""
    if person.lora:
        causes.hold(day, person, at_ms)
        return
    for_ms = day.draw.randint(80_000, 150_000)

    def takes(none: bool, sentence: str) -> None:
        person.chip.full = none
        day.tell(f"{person.name}'s flash {sentence}")

    day.at(at_ms - 2000, lambda: takes(True, "takes nothing any more."))
    causes.hold(day, person, at_ms)
    day.expected.fault(person, at_ms, 75_000, "storage", unless=lambda: not person.chip.full)
    day.at(at_ms + for_ms, lambda: takes(False, "is well again."))
    day.rests(at_ms + for_ms)


def stalls(day: "Day", person: Wearer, at_ms: int) -> None:
    """Each write to flash takes seconds, in which nothing else runs: no pattern is whole then."""
    person.numb = True
    causes.hold(day, person, at_ms)
    _begins(day, person, at_ms, "flash becomes slow.", stall_ms=day.draw.choice((300, 1500, 4000)))
    _mended(day, person, at_ms + 30_000, "flash is quick again.", stall_ms=0)


def deafened(day: "Day", person: Wearer, at_ms: int) -> None:
    """A strong signal deafens the radio until it is calibrated, or built anew."""
    if not person.lora:
        causes.hold(day, person, at_ms)
        return

    def deafen() -> None:
        person.luck.deaf = day.draw.choice(("calibrate", "rebuild"))
        day.tell(f"{person.name}'s radio is deafened by a strong signal.")

    day.at(at_ms - 1000, deafen)
    causes.hold(day, person, at_ms)
    if not day.world.air.bad:
        sentence = f"{person.name}'s radio has been deaf for 5 min, and is not made anew"
        day.expected.that(person, at_ms, 300_000, lambda: not person.luck.deaf, sentence, whole=False)
    day.rests(at_ms + 310_000)


def brown_out(day: "Day", person: Wearer, at_ms: int) -> None:
    """The supply dips, again and again; some dips are deep enough that nothing is kept."""
    for _ in range(day.draw.randint(3, 7)):
        deep = day.draw.random() < 0.3
        day.at(at_ms, functools.partial(day.resets, person, "has a dip of its supply.", machine.POWER_ON, deep))
        at_ms += day.draw.randint(3500, 20_000)
    causes.hold(day, person, at_ms + 6000)


def broken_tree(day: "Day", person: Wearer, at_ms: int) -> None:
    """A file of the firmware is missing; only the lifeboat's are whole."""

    def breaks() -> None:
        person.chip.missing = True
        day.resets(person, "restarts, and a file of its firmware is missing.")

    def mended() -> None:
        person.chip.missing = False
        day.tell(f"{person.name}'s firmware is whole again.")

    day.at(at_ms, breaks)
    causes.hold(day, person, at_ms + 60_000)
    if not day.world.air.bad:  # its heartbeats are never repeated
        # over LoRa a gateway that was dead as it began may hear nothing of it before it is mended
        day.expected.fault(person, at_ms, 180_000, "crashed", "lifeboat",
                           unless=lambda: person.lora and not person.chip.missing)
    day.at(at_ms + 240_000, mended)
    day.rests(at_ms + 14 * _MINUTE_MS)


def stumbles(day: "Day", person: Wearer, at_ms: int) -> None:
    """One task after the other meets an error of ours."""
    for number in range(5):
        at_ms += day.draw.randint(4000, 15_000)
        day.at(at_ms, functools.partial(person.stumble, number))
    day.draw.choice((causes.hold, causes.assist, causes.fall))(day, person, at_ms - 20_000)
    day.rests(at_ms + 5000)


def orders_unknown(day: "Day", person: Wearer) -> bool:
    """Order what no badge knows, where there is a gateway to do so."""
    if not day.world.radio:
        return False
    with day.world.radio.moment(day.world.unix_ms()) as at:
        downlinks.order(at, person.device, _UNKNOWN_ORDER, 7, "the office")
    day.world.stir()
    day.tell(f"{person.name}'s badge is ordered what it does not know.")
    return True


def unknown_order(day: "Day", person: Wearer, at_ms: int) -> None:
    """A newer gateway orders what this badge does not know."""

    def order() -> None:
        if not orders_unknown(day, person):
            return
        # A badge says so only to whom it knows to be able, which is said the more seldom the more often it was lost.
        if not day.world.air.bad and not {frame.REFUSED, frame.ABLE} & set(day.world.refuses):
            sentence = f"{person.name}'s badge does not know an order, and the board does not say so"
            day.expected.that(person, day.world.now, 180_000 if day.world.air.late else 90_000, refused, sentence)

    def refused() -> bool:
        rows = day.world.ask("SELECT refused FROM badges WHERE device = ?", person.device)
        return f'"{_UNKNOWN_ORDER}"' in (rows[0][0] or "")

    day.at(at_ms, order)
    day.rests(at_ms + 100_000)
    if day.draw.random() < 0.5:
        causes.hold(day, person, at_ms + day.draw.randint(0, 20_000))


def clock_set(day: "Day", person: Wearer, at_ms: int) -> None:
    """The gateway's clock is set, back or ahead, by minutes or by days."""
    by_ms = day.draw.choice((-1, 1)) * day.draw.choice((90_000, 3_600_000, 86_400_000))

    def sets() -> None:
        day.world.set_clock(by_ms)
        day.tell(f"The gateway's clock is set by {by_ms // 1000} s.")

    causes.hold(day, person, at_ms)
    day.at(at_ms + day.draw.randint(-3000, 40_000), sets)


def stolen(day: "Day", person: Wearer, at_ms: int) -> None:
    """Somebody has a colleague's badge and its keys, until the office revokes it; then somebody is in need."""
    if day.stolen:
        causes.hold(day, person, at_ms)
        return
    other = day.stolen = day.others()[0]
    seal, end_ms = Seal(day.witness.keys[other.device][0]), at_ms + day.draw.randint(20_000, 90_000)
    counter = day.draw.choice((5000, 1 << 29, (1 << 30) - 60))

    def loses() -> None:
        day.linked(other, False, "has lost the badge; somebody has its keys.")
        day.promises.lost(other)

    day.at(at_ms, loses)

    def sends(number: int) -> None:
        write, *fields = _thieves_words(day, other, counter + number)
        data = sealed.up(seal, write, other.device, counter + number, *fields)
        day.witness.forged.add(data)
        day.world.air.forge(data, (None, day.world.people.index(other)), day.world.now + 20)

    for number in range((end_ms - at_ms) // _THIEF_MS):
        day.at(at_ms + (number + 1) * _THIEF_MS, functools.partial(sends, number))
    if day.draw.random() < 0.5:
        causes.hold(day, person, at_ms + 15_000)
    day.at(end_ms + 5000, lambda: day.order(other, "revoke", "'s badge is revoked."))
    causes.hold(day, person, end_ms + 100_000)


def _thieves_words(day: "Day", other: Wearer, counter: int) -> tuple[Callable[..., int], *tuple[int, ...]]:
    rows = [row for row in day.office.open() if row.device != other.device]
    what = day.thief.choice(("alarm", "heartbeat", "answer"))
    if what == "answer" and rows:
        day.promises.came(rows[0].device, rows[0].alarm_id)
        return frame.answer, rows[0].device, rows[0].alarm_id
    if what == "alarm":
        day.promises.others.add((other.device, counter))
        return frame.alarm, counter, KIND_EMERGENCY, WHAT_RAISED, 0, 15, 0, 0
    return frame.heartbeat, day.thief.randrange(256), 200, day.thief.randrange(1 << 16)


FAULTS: dict[str, causes.Cause] = {
    name: globals()[name]
    for name in ("sensor", "motor", "beats", "full_flash", "stalls", "deafened", "brown_out", "broken_tree", "stumbles",
                 "unknown_order", "clock_set", "stolen")
}
