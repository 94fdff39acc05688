"""What befalls the wearer on a day? Hands and bodies; each cause is called as cause(day, person, ms)."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware.codes import KIND_ASSIST, KIND_EMERGENCY, SAFE
from tools.sim.story.wearer import Wearer

if TYPE_CHECKING:
    from tools.sim.story.day import Day

Cause = Callable[["Day", Wearer, int], object]


def hand(day: "Day") -> tuple[int, int]:
    """Return how long a hand presses and lets go, ms."""
    return day.draw.randint(70, 160), day.draw.randint(90, 260)


def presses(day: "Day", person: Wearer, at_ms: int, times: int, kind: int, sentence: str,
            practice: bool = False) -> int:
    """Press `times`, for an alarm of `kind`; return when the last press begins."""
    down_ms, up_ms = hand(day)
    edge_ms = person.press(at_ms, down_ms, up_ms, times)
    deciding_ms = at_ms + (down_ms + up_ms) * (2 if times > 2 else 1)
    day.touched(person, at_ms, edge_ms + down_ms)
    day.promises.pressed(person, at_ms, deciding_ms, kind, practice)
    day.narrator.tell(at_ms, f"{person.name} {sentence}")
    return edge_ms


def mash(day: "Day", person: Wearer, at_ms: int, sentence: str = "presses again and again: emergency.") -> int:
    """Three presses or more."""
    return presses(day, person, at_ms, day.draw.randint(3, 7), KIND_EMERGENCY, sentence)


def hold(day: "Day", person: Wearer, at_ms: int, practice: bool = False) -> int:
    """A hold."""
    edge_ms = person.hold(at_ms)
    day.touched(person, at_ms, edge_ms + 200)
    day.promises.pressed(person, at_ms, edge_ms, KIND_EMERGENCY, practice)
    day.narrator.tell(at_ms, f"{person.name} holds the button down: emergency.")
    return edge_ms


def assist(day: "Day", person: Wearer, at_ms: int) -> int:
    """Two presses."""
    return presses(day, person, at_ms, 2, KIND_ASSIST, "presses twice: assistance, quietly.")


def assist_grows(day: "Day", person: Wearer, at_ms: int) -> None:
    """Two presses, and later more."""
    edge_ms = assist(day, person, at_ms)
    mash(day, person, edge_ms + day.draw.randint(1500, 25_000), "is in danger, and presses on: emergency.")


def stray_press(day: "Day", person: Wearer, at_ms: int) -> None:
    """One press that means nothing."""
    down_ms = hand(day)[0]
    person.press(at_ms, down_ms)
    day.touched(person, at_ms, at_ms + down_ms)
    day.narrator.tell(at_ms, f"{person.name} touches the button once, by mistake.")


def slips(day: "Day", person: Wearer, at_ms: int) -> None:
    """One press whose contact slips once or twice, for 20 to 40 ms."""
    down_ms = day.draw.randint(250, 480)
    one_ms = day.draw.randint(50, 110)
    apart = [(one_ms, day.draw.randint(20, 40))]
    if day.draw.random() < 0.5:
        apart.append((one_ms + 60 + day.draw.randint(50, 80), day.draw.randint(20, 40)))
    person.press(at_ms, down_ms, slips=apart)
    day.touched(person, at_ms, at_ms + down_ms)
    day.narrator.tell(at_ms, f"{person.name} touches the button once, by mistake, and the contact slips.")


def fall(day: "Day", person: Wearer, at_ms: int, sentence: str = "falls, and lies still.",
         lies_ms: tuple[int, int] = (60_000, 90_000)) -> None:
    """A fall."""
    rise_ms = at_ms + day.draw.randint(*lies_ms)
    person.fall(at_ms, rise_ms)
    day.promises.fell(person, at_ms)
    day.promises.fell(person, at_ms + 12_000, rise_ms - at_ms + 30_000)  # who lies is asked again
    day.promises.fell(person, at_ms + 110_000, rise_ms - at_ms + 90_000)  # and who denied, two minutes later
    day.narrator.tell(at_ms, f"{person.name} {sentence}")
    day.narrator.tell(rise_ms, f"{person.name} gets up.")


def fall_denied(day: "Day", person: Wearer, at_ms: int) -> None:
    """A fall that is denied."""
    day.colleagues.denials[person.name] = day.draw.randint(1500, 25_000)
    fall(day, person, at_ms, "falls, and is well.", (12_000, 22_000))  # who lies longer is asked again


def fall_mash(day: "Day", person: Wearer, at_ms: int) -> None:
    """A fall, and presses."""
    fall(day, person, at_ms, "is thrown to the ground.")
    mash(day, person, at_ms + day.draw.randint(2000, 30_000), "presses again and again, lying down: emergency.")


def colleague(day: "Day", _hero: Wearer, at_ms: int) -> None:
    """Somebody else is in need."""
    other = day.others()[0]
    day.draw.choice((mash, assist, hold))(day, other, at_ms)


def panics(day: "Day", person: Wearer, at_ms: int) -> None:
    """Eight to fifteen revisions, most of them while nobody hears."""
    at_ms = assist(day, person, at_ms) + day.draw.randint(1500, 6000)
    day.at(at_ms - 300, lambda: day.linked(person, False, "is out of reach of the house."))
    for _ in range(day.draw.randint(2, 8)):
        if day.draw.random() < 0.5:
            at_ms = mash(day, person, at_ms, "presses on.") + day.draw.randint(2500, 5000)
        else:
            at_ms = hold(day, person, at_ms) + day.draw.randint(2500, 5000)
    back_ms = at_ms + day.draw.randint(1000, 8000)
    day.at(back_ms, lambda: day.linked(person, True, "is within reach of the house again."))


def both(day: "Day", person: Wearer, at_ms: int) -> None:
    """Two are in alarm at once, and each touches the button once more."""
    other = day.others()[0]
    hold(day, person, at_ms)
    hold(day, other, at_ms + day.draw.randint(200, 3000))
    for each in (person, other):
        stray_press(day, each, at_ms + day.draw.randint(5500, 12_000))


def called_again(day: "Day", person: Wearer, at_ms: int) -> None:
    """Assistance that is answered becomes an emergency, once it has been."""
    day.colleagues.sure = True
    edge_ms = assist(day, person, at_ms)
    mash(day, person, edge_ms + day.draw.randint(15_000, 30_000), "is in danger after all: emergency.")


def dither(day: "Day", person: Wearer, at_ms: int) -> None:
    """An emergency; the office says that it comes, and that it does not, and that it does."""
    edge_ms = hold(day, person, at_ms)
    for verb in ("take", "withdraw") * day.draw.randint(2, 4):
        edge_ms += day.draw.randint(1200, 6000)
        day.at(edge_ms, functools.partial(day.office.says, verb, person.device))


def noise(day: "Day", person: Wearer, at_ms: int) -> None:
    """Edges on the button's wire, and no press."""
    span_ms, apart_ms = day.draw.choice((60, 150, 400, 1000)), day.draw.choice((3, 7, 10, 25))
    edges = range(at_ms, at_ms + span_ms, apart_ms)
    person.strike(edges)
    day.narrator.tell(at_ms, f"{len(edges)} edges strike the wire of {person.name}'s button, for {span_ms} ms.")


def fall_noise(day: "Day", person: Wearer, at_ms: int) -> None:
    """A fall, and edges on the wire while the badge asks."""
    fall(day, person, at_ms)
    for _ in range(4):
        at_ms += day.draw.randint(3000, 9000)
        noise(day, person, at_ms)


def lies(day: "Day", person: Wearer, at_ms: int) -> None:
    """Lies down for too long, and stands up again before it is an alarm."""
    rise_ms = at_ms + day.draw.randint(38_000, 55_000)
    person.play([("slump", at_ms)], rise_ms)
    day.promises.fell(person, at_ms, rise_ms - at_ms + 40_000)
    day.narrator.tell(at_ms, f"{person.name} lies down.")
    day.narrator.tell(rise_ms, f"{person.name} stands up.")


def in_the_test(day: "Day", person: Wearer, at_ms: int) -> None:
    """A hand that presses while the sensor tests itself."""
    day.at(at_ms, lambda: day.order(person, "test", "is asked for the shift's test."))

    def hurry(local_ms: int) -> None:
        person.in_test = None
        begins_ms = local_ms + day.draw.randint(10, 160)
        down_ms, up_ms = day.draw.randint(55, 90), day.draw.randint(50, 80)
        times = day.draw.choice((2, 3))
        if person.badge and person.badge.calls.waiting() >= 0:
            times = 3  # two so quick are one answer that trembles, where somebody calls
        edge_ms = person.press(begins_ms, down_ms, up_ms, times)
        day.touched(person, begins_ms, edge_ms + down_ms)
        day.promises.pressed(person, begins_ms, edge_ms, KIND_ASSIST if times == 2 else KIND_EMERGENCY)
        day.narrator.tell(begins_ms, f"{person.name} presses {times} times while the sensor tests itself.")

    person.in_test = hurry


def practice(day: "Day", person: Wearer, at_ms: int) -> None:
    """Practises, twice in need; the second time is real, whatever the badge did in between."""
    day.at(at_ms, lambda: day.order(person, "practice", "practises.", minutes=10))
    first_ms = hold(day, person, at_ms + 8000, practice=True)
    second_ms = first_ms + day.draw.randint(9000, 20_000)
    if day.draw.random() < 0.5:
        day.at(first_ms + 4000, lambda: day.resets(person, "restarts."))
    hold(day, person, second_ms)
    day.at(second_ms + 30_000, lambda: day.order(person, "practice", "practises no more.", minutes=0))


def safe(person: Wearer) -> bool:
    """Return whether no alarm of this wearer is open."""
    return person.awake and (person.badge is None or person.badge.alarm.state == SAFE)


CAUSES: dict[str, Cause] = {
    name: globals()[name]
    for name in ("mash", "hold", "assist", "assist_grows", "stray_press", "fall", "fall_denied", "fall_mash",
                 "colleague", "slips", "panics", "both", "called_again", "dither", "noise", "fall_noise", "lies",
                 "in_the_test", "practice")
}
