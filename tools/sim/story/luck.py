"""What bad luck has a house? Troubles beside a cause, and days of their own; each is called as trouble(day, person)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware.codes import KIND_EMERGENCY, KIND_FALL, KIND_NONE, WHAT_CANCELLED, WHAT_RAISED
from firmware.link import frame
from firmware.link.seal import Seal
from tools.sim import sealed
from tools.sim.story import causes, machine
from tools.sim.story.wearer import Wearer

if TYPE_CHECKING:
    from tools.sim.story.day import Day

Trouble = Callable[["Day", Wearer], None]
_BOOT_MS = 1500
_MINUTE_MS = 60_000
_CUT = "loses its power, and has it again."
_HEAVY_MG = 1000  # a motor whose shaking a sensor takes for an impact


# Troubles


def none(_day: "Day", _person: Wearer) -> None:
    """No trouble."""


def _outage_ms(day: "Day") -> int:
    return day.draw.choice((day.draw.randint(13_000, 40_000), day.draw.randint(40_000, 150_000)))


def link(day: "Day", person: Wearer) -> None:
    """Out of reach for a while."""
    day.later(day.draw.randint(0, 12_000), lambda: day.linked(person, False, "is out of reach of the house."))
    day.later(_outage_ms(day), lambda: day.linked(person, True, "is within reach of the house again."))


def gateway(day: "Day", _person: Wearer) -> None:
    """The gateway dies, and comes back."""
    day.later(day.draw.randint(0, 12_000), day.dies)
    day.later(_outage_ms(day), day.lives)


def restart(day: "Day", person: Wearer) -> None:
    """The badge restarts, after the hand: a press while it boots is another story."""

    def restarts() -> None:
        if not person.idle(day.world.now, 2 * _BOOT_MS):
            day.later(_BOOT_MS, restarts)
            return
        day.resets(person, "restarts.")

    day.later(day.draw.randint(12_000, 40_000), restarts)


def any_tick(day: "Day", person: Wearer) -> None:
    """The badge restarts at any moment, a gesture or not."""
    causes_ = (machine.HARD, machine.WATCHDOG, machine.SOFT)
    day.later(day.draw.randint(2500, 12_000), lambda: day.resets(person, "restarts.", day.draw.choice(causes_)))


def cut(day: "Day", person: Wearer) -> None:
    """The battery is taken out, and put back: nobody knows after how long."""
    day.later(day.draw.randint(2500, 40_000), lambda: day.resets(person, _CUT, cut=True))


def flash_cut(day: "Day", person: Wearer) -> None:
    """The power goes between two writes to flash."""
    day.later(day.draw.randint(0, 8000), lambda: setattr(person.chip, "cut_in", day.draw.randint(0, 3)))


def restored(day: "Day", _person: Wearer) -> None:
    """The gateway's disk is put back from a backup of a while ago."""
    day.world.keep_copy()
    day.later(day.draw.randint(15_000, 60_000), day.dies)
    day.later(day.draw.randint(61_000, 80_000), lambda: day.lives(restored=True))


TROUBLES: dict[str, Trouble] = {
    name: globals()[name]
    for name in ("none", "link", "gateway", "restart", "any_tick", "cut", "flash_cut", "restored")
}


# Scenes of their own, called as a cause


def check_in(day: "Day", person: Wearer, at_ms: int) -> None:
    """A visit with check-ins, and what may come in between."""
    draw = day.draw
    due_ms = at_ms + 122_000
    way = draw.choice(("pressed", "lies", "lies", "missed", "denied"))
    if way == "pressed":
        causes.stray_press(day, person, due_ms - draw.randint(5000, 50_000))
    elif way == "lies":
        causes.lies(day, person, due_ms - draw.randint(20_000, 45_000))
    elif way == "denied":
        causes.fall_denied(day, person, at_ms + 20_000)
    if way in ("lies", "missed"):
        day.colleagues.deaf_ms = due_ms + 60_000
    day.promises.fell(person, at_ms, 350_000)  # after a power cut it is asked at once
    day.visits(person, "red", at_ms, due_ms + draw.randint(70_000, 100_000))


def denied_and_sent(day: "Day", person: Wearer, at_ms: int) -> None:
    """A fall is denied, and then the office orders a visit, or ends one."""
    causes.fall_denied(day, person, at_ms)
    day.visits(person, "green", at_ms + 40_000, at_ms + 185_000)


def duty_cut(day: "Day", person: Wearer, at_ms: int) -> None:
    """Off, paused or practising, and then the battery is taken out for nobody knows how long."""
    more: dict[str, dict[str, int]] = {"off": {}, "pause": {"minutes": 60}, "practice": {"minutes": 10}, "test": {}}
    verb = day.draw.choice(sorted(more))
    day.at(at_ms, lambda: day.order(person, verb, f"'s board says: {verb}.", **more[verb]))
    day.at(at_ms + 30_000, lambda: day.resets(person, _CUT, cut=True))
    if verb == "practice":  # which may reach her after that only, and would then be true of the next scene
        day.at(at_ms + 50_000, lambda: day.order(person, verb, "practises no more.", minutes=0))


def charger(day: "Day", person: Wearer, at_ms: int) -> None:
    """On the charger until the cell is full and takes nothing more; then off it."""

    def put(on: bool, percent: int, sentence: str) -> None:
        person.luck.charging = on
        seen = person.awake and person.badge is not None  # else, as by a lifeboat, no charging has been seen
        person.on_charger = percent != 97 and (on or seen)
        person.still = (0, 0, 1000) if percent != 97 else None
        person.luck.percent = lambda now: percent
        if percent == 97 and person.quivers_mg > _HEAVY_MG:
            day.promises.fell(person, day.world.now, 15_000)  # it is turned over, and jolted by its own motor
        day.tell(f"{person.name}'s badge {sentence}")

    day.at(at_ms, lambda: put(True, 60, "is put on the charger."))
    day.at(at_ms + 40_000, lambda: put(False, 100, "is full; it is still on the charger."))
    day.at(at_ms + 90_000, lambda: put(False, 97, "is taken off the charger."))


def crowd(day: "Day", person: Wearer, at_ms: int) -> None:
    """Fifty and more others are in need at once, and one who is in less."""
    causes.assist(day, person, at_ms)
    day.at(at_ms + 6000, lambda: day.crowd(day.draw.randint(50, 60)))


def stranger(day: "Day", person: Wearer, at_ms: int) -> None:
    """A badge calls that this database does not know."""

    def call() -> None:
        fields = (counter, KIND_EMERGENCY, WHAT_RAISED, 0, 15, 0, 0)
        data = sealed.up(Seal(bytes(16)), frame.alarm, 900 + counter % 90, counter + 1, *fields)
        day.world.air.put(data, (None, 0), day.world.now + 20)
        day.tell("A badge calls that nobody has paired with this gateway.")

    counter = day.draw.randint(1000, 100_000)
    for again_ms in range(0, 20_000, 2000):
        day.at(at_ms + again_ms, call)
    day.at(at_ms, lambda: day.witness.strangers.append(day.world.now))


def cancels(day: "Day", person: Wearer, at_ms: int) -> None:
    """After a wilful alarm frames of the same badge say that it, or a fall, is cancelled: no firmware of ours does."""
    causes.hold(day, person, at_ms)

    def cancel(kind: int = KIND_FALL) -> None:
        if not (person.awake and person.badge) or person.badge.alarm.alarm_id < 0:
            return
        alarm, counter = person.badge.alarm, person.badge.counter.take()
        fields = (alarm.alarm_id, kind or alarm.kind, WHAT_CANCELLED, (alarm.revision + 1) % 16, 15, 0, 5)
        data = sealed.up(Seal(day.witness.keys[person.device][0]), frame.alarm, person.device, counter, *fields)
        day.witness.forged.add(data)
        day.world.air.forge(data, (None, day.world.people.index(person)), day.world.now + 20)
        day.tell(f"A frame says that {person.name}'s alarm is cancelled.")

    day.at(at_ms + 9000, lambda: cancel(KIND_NONE))
    day.at(at_ms + 12_000, cancel)


def quiet(day: "Day", person: Wearer, at_ms: int) -> None:
    """Twelve minutes in which nothing happens, with a battery at the edge, or a crash that was just told."""
    which = day.draw.choice(("battery", "report", "keys"))
    if which == "battery":
        person.luck.percent = lambda now: 14 + now // 10_000 % 2
    elif which == "keys":
        person.chip.refuses = ("keys",)
        day.later(20_000, lambda: day.order(person, "rekey", "'s badge gets new keys, and its flash takes none."))
    else:
        day.world.refuses = (frame.REPORT,)
        day.resets(person, "crashes.", machine.WATCHDOG)
        day.tell("This gateway is of an older version, which knows no reports.")
    day.rests(at_ms + 12 * _MINUTE_MS + 5000)

    def mended() -> None:
        person.chip.refuses = ()
        person.luck.percent = lambda now: 80

    day.at(at_ms + 12 * _MINUTE_MS, mended)


def short_boots(day: "Day", person: Wearer, at_ms: int) -> None:
    """A technician's session: starts one after the other, and then all is well."""
    for i in range(day.draw.randint(4, 6)):
        start_ms = at_ms + i * day.draw.randint(6000, 12_000)
        day.at(start_ms, lambda: day.resets(person, "is started again by the technician.", machine.SOFT))
    if day.draw.random() < 0.5:
        causes.hold(day, person, at_ms + 90_000)
    day.rests(at_ms + 13 * _MINUTE_MS)


def crashes(day: "Day", person: Wearer, at_ms: int) -> None:
    """The badge panics some time after each start."""
    person.luck.crash_every_ms = day.draw.choice((12_000, 35_000, 45_000, 70_000))
    day.narrator.tell(at_ms, f"{person.name}'s badge panics {person.luck.crash_every_ms // 1000} s after each start.")
    day.rests(at_ms + 14 * _MINUTE_MS)
    day.at(at_ms + 14 * _MINUTE_MS, lambda: setattr(person.luck, "crash_every_ms", 0))


def gauge(day: "Day", person: Wearer, at_ms: int) -> None:
    """The battery cannot be measured any more."""
    person.luck.battery_error = day.draw.choice((OSError(5), OSError(-1), RuntimeError("gauge"), ValueError("gauge")))
    day.narrator.tell(at_ms, f"{person.name}'s battery cannot be measured any more.")
    day.rests(at_ms + 14 * _MINUTE_MS)


def away(day: "Day", person: Wearer, at_ms: int) -> None:
    """Half an hour and more without a gateway, with an alarm."""
    day.linked(person, False, "is out of reach of the house for long.")
    causes.hold(day, person, at_ms)
    for_ms = (day.draw.randint(15, 35) if person.lora else 3) * _MINUTE_MS
    day.later(for_ms, lambda: day.linked(person, True, "is within reach of the house again."))
    day.rests(day.world.now + for_ms + 90_000)


SCENES: dict[str, causes.Cause] = {
    name: globals()[name]
    for name in ("check_in", "denied_and_sent", "duty_cut", "charger", "crowd", "stranger", "cancels", "quiet",
                 "short_boots", "crashes", "gauge", "away")
}
