"""What does a colleague read, who is to run there? A finding in words, Danish or English, no longer than a line.

A finding is what is kept with an alarm: JSON, whole without the table of places, which a house may change later. What
is said is never more than what the estimate bears: a room, one of two, near one, part of a floor, a floor, or that the
place is not known.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tools.gateway.core.rows import loaded
from tools.gateway.places.estimate import Estimate, Place

ROOM, NEAR, AREA, FLOOR, UNKNOWN = "room", "near", "area", "floor", "unknown"
_WORDS = {
    "da": {"or": " eller ", "near": "ved ", "unknown": "Sted ukendt", "0": "stuen", "said": "sagt: ",
           "moved": "et adgangspunkt er måske flyttet: ", "floor": "{n}. sal", "cellar": "{n}. kælder",
           "east": "øst", "west": "vest", "north": "nord", "south": "syd"},
    "en": {"or": " or ", "near": "near ", "unknown": "Place unknown", "0": "ground floor", "said": "said: ",
           "moved": "an access point may have been moved: ", "floor": "{n} floor", "cellar": "basement {n}"},
}
LANGUAGES = tuple(_WORDS)


class Finding(NamedTuple):
    """Where a badge was found to be. level: how exactly; rooms: names; doubtful: what no longer fits, by its
    hash and the place where it was strongest."""

    level: str
    rooms: tuple[str, ...] = ()
    floor: str = ""
    area: str = ""
    probability: float = 0.0
    doubtful: tuple[str, ...] = ()
    x: float | None = None
    y: float | None = None
    ring: float | None = None
    directions: str = ""  # how to get in


def finding(estimate: Estimate, places: Mapping[int, Place], directions: Mapping[int, str]) -> Finding:
    """Return what an estimate bears. directions: how to get into a place, by its id."""
    moved = tuple(f"{one:04x}, {places[place].name}" for one, place in estimate.doubtful)
    more = (estimate.floor, "", estimate.floor_probability, moved, estimate.x, estimate.y, estimate.ring)
    if estimate.said:
        ways = " / ".join(filter(None, (directions.get(one, "") for one in estimate.said)))
        return Finding(ROOM, tuple(places[one].name for one in estimate.said), *more, ways)
    if estimate.near is not None:
        return Finding(NEAR, (places[estimate.near].name,), *more, directions.get(estimate.near, ""))
    if estimate.part_sure:
        return Finding(AREA, (), *more)._replace(area=estimate.area)
    if estimate.floor_sure:
        return Finding(FLOOR, (), *more)
    return Finding(UNKNOWN, doubtful=moved)


def kept(found: Finding) -> str:
    """Return a finding as the database has it."""
    return json.dumps({key: value for key, value in found._asdict().items() if value or value == 0}, ensure_ascii=False)


def read(text: str) -> Finding:
    """Return what `kept` has written; that nobody knows, where a bit has flipped in it."""
    given: dict[str, Any] = loaded(text, {})
    for key in ("rooms", "doubtful"):
        given[key] = tuple(given.get(key, ()))
    return Finding(**given) if "level" in given and given.keys() <= set(Finding._fields) else Finding(UNKNOWN)


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def floor(name: str, lang: str) -> str:
    """Return a floor as it is called: a number is a floor above the ground floor, 0; other names are the house's."""
    words = _WORDS[lang]
    try:
        number = int(name)
    except ValueError:
        return name
    if number == 0:
        return words["0"]
    if number < 0:
        return words["cellar"].format(n=-number)
    return words["floor"].format(n=_ordinal(number) if lang == "en" else number)


def say(found: Finding, lang: str) -> str:
    """Return the place in words, without its age."""
    words = _WORDS[lang]
    if found.level == UNKNOWN:
        text = words["unknown"]
    else:
        rooms = words["or"].join(found.rooms)
        parts = [words["near"] + rooms if found.level == NEAR else rooms, floor(found.floor, lang),
                 words.get(found.area, found.area)]
        text = ", ".join(part for part in parts if part)
        text = text[:1].upper() + text[1:]
    if found.doubtful:
        text += f" ({words['moved']}{'; '.join(found.doubtful)})"
    return text


def said(text: str, lang: str) -> str:
    """Return a place that a person has entered: said, and not measured."""
    return _WORDS[lang]["said"] + text
