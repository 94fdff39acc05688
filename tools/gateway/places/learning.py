"""How does a house enter its places and learn them? Rows of the database, written by commands beside the gateway.

Learning takes what the gateway has stored: a badge tells what it hears only while an alarm or a test is open, so who
walks presses in practice, and each press is one place.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from tools.gateway.columns import typed
from tools.gateway.core.rows import loaded
from tools.gateway.pages.place_words import Wrong
from tools.gateway.places.estimate import Observation, Place
from tools.gateway.places.floor_plan import METRES_MOST
from tools.gateway.tables import ALARMS, BADGES, PLACES, SIGHTINGS, SIGNATURES

NAME_MOST, FLOOR_MOST, WAY_MOST = 40, 20, 200
PLACES_MOST = 1000
REAL = "that is a REAL alarm and no practice: it calls colleagues. Nothing is learnt from it."


def _text(what: str, value: str, least: int, most: int) -> str:
    value = typed(value).strip()
    if not least <= len(value) <= most or not (value.isprintable() or not value):
        raise Wrong("place_text", what=what, least=least, most=most)
    return value


def floor_name(floor: str) -> str:
    """Return a floor's name as it is kept. Raises Wrong."""
    return _text("place_floor", floor, 1, FLOOR_MOST)


def _spot(at: Sequence[float | None] | None) -> tuple[float | None, float | None]:
    x, y = at or (None, None)
    for what, value in (("place_x", x), ("place_y", y)):
        if value is not None and not 0 <= value <= METRES_MOST:  # nor is it no number
            raise Wrong("place_metres", what=what, most=METRES_MOST)
    if (x is None) != (y is None):
        raise Wrong("place_both")
    return x, y


def add(db: Connection, name: str, floor: str, area: str = "", directions: str = "",
        at: Sequence[float | None] | None = None, place: int | None = None) -> None:
    """Enter a place, or change the one with that name. at: x and y on the floor's plan, m. Raises Wrong.

    place: the id of the one to be changed, which then may get another name.
    """
    x_m, y_m = _spot(at)
    values: dict[str, Any] = {
        "name": _text("place_name", name, 1, NAME_MOST), "floor": floor_name(floor),
        "area": _text("place_area", area, 0, FLOOR_MOST), "directions": _text("place_way", directions, 0, WAY_MOST),
        "x_m": x_m, "y_m": y_m,
    }
    there = db.execute(select(PLACES.c.id).where(PLACES.c.name == values["name"])).scalar()
    if place is not None:
        if there not in (None, place):
            raise Wrong("place_used", name=values["name"])
        there = place
    if there is None:
        if len(db.execute(select(PLACES.c.id)).all()) >= PLACES_MOST:
            raise Wrong("places_most", most=PLACES_MOST)
        db.execute(insert(PLACES).values(**values))
    else:
        db.execute(PLACES.update().where(PLACES.c.id == there).values(**values))


def remove(db: Connection, name: str) -> bool:
    """Take a place away with what was learnt of it; return False if there is none of that name."""
    place = db.execute(select(PLACES.c.id).where(PLACES.c.name == name)).scalar()
    if place is None:
        return False
    forget(db, place)
    db.execute(delete(PLACES).where(PLACES.c.id == place))
    return True


def forget(db: Connection, place: int) -> None:
    """Forget what was learnt of a place, as when an access point was moved."""
    db.execute(delete(SIGNATURES).where(SIGNATURES.c.place == place))


def places(db: Connection) -> list[Place]:
    """Return the places in the order in which they were entered: the order of a walk."""
    return [Place(row.id, row.name, row.floor, row.area, row.x_m, row.y_m)
            for row in db.execute(select(PLACES).order_by(PLACES.c.id))]


def heard(db: Connection) -> dict[int, list[list[Observation]]]:
    """Return the signatures of each place's id."""
    found: dict[int, list[list[Observation]]] = {}
    for place, some in db.execute(select(SIGNATURES.c.place, SIGNATURES.c.heard).order_by(SIGNATURES.c.id)):
        found.setdefault(place, []).append([(address, dbm) for address, dbm in loaded(some, [])])
    return found


def learn(db: Connection, place: int, at_ms: int, some: Sequence[Observation]) -> None:
    """Add a signature to a place."""
    db.execute(insert(SIGNATURES).values(place=place, at_ms=at_ms, heard=json.dumps(list(some))))


def pressed(db: Connection, device: int) -> tuple[int, bool, bool]:
    """Return (row, practice, open) of the newest alarm of a badge; row 0: it has had none."""
    found = db.execute(
        select(ALARMS.c.id, ALARMS.c.practice, ALARMS.c.closed_ms)
        .join(BADGES, BADGES.c.pairing == ALARMS.c.pairing)
        .where(BADGES.c.device == device).order_by(ALARMS.c.id.desc()).limit(1)
    ).first()
    return (found.id, found.practice, found.closed_ms is None) if found else (0, False, False)


def latest(db: Connection, alarm: int) -> tuple[int, list[Observation]] | None:
    """Return (Unix ms, observations) of the newest sighting of an alarm, or None."""
    found = db.execute(
        select(SIGHTINGS.c.at_ms, SIGHTINGS.c.heard).where((SIGHTINGS.c.alarm == alarm) & (SIGHTINGS.c.heard != "[]"))
        .order_by(SIGHTINGS.c.at_ms.desc()).limit(1)
    ).first()
    return (found.at_ms, [(address, dbm) for address, dbm in loaded(found.heard, [])]) if found else None


class Walk:
    """Somebody walks through the places of a list, and presses her badge at each.

    step() is asked again and again: it returns what to say, and which alarm to close. A press is the next place, or
    that which was typed. looks: how often each place is learnt; practice is over after ten seconds by itself, so more
    than one takes as many presses. before: the newest alarm of the badge when the walk begins.
    """

    def __init__(self, some: Sequence[Place], device: int, looks: int = 1, before: int = 0) -> None:
        self.places, self.device, self.looks = list(some), device, looks
        self.at = 0
        self.done: dict[int, int] = {}  # place's id: how often it was learnt in this walk
        self._before = self._alarm = before
        self._learnt_ms = 0

    @property
    def here(self) -> Place | None:
        """The place that is learnt now or next, None after the last."""
        return self.places[self.at] if self.at < len(self.places) else None

    def choose(self, typed: str) -> str:
        """Go to the place that was typed, by its number in the list or its name; return what to say."""
        typed = typed.strip()
        for i, place in enumerate(self.places):
            if typed in (str(i + 1), place.name):
                self.at = i
                return f"next: {place.name}"
        return f"there is no place {typed!r}; places are numbered 1 to {len(self.places)}"

    def step(self, db: Connection) -> tuple[str, int | None]:
        """Look at what is stored: return (what to say or "", row of the alarm to be closed or None)."""
        alarm, practice, still = pressed(db, self.device)
        here = self.here
        if alarm == self._before or here is None:
            return "", None
        fresh, self._alarm = alarm != self._alarm, alarm
        if not practice:
            return (REAL if fresh else ""), None
        sighting = latest(db, alarm)
        if sighting is None or sighting[0] <= self._learnt_ms:
            return (f"{here.name}: stay until it is learnt" if fresh else ""), None
        self._learnt_ms, some = sighting
        learn(db, here.id, *sighting)
        count = self.done[here.id] = self.done.get(here.id, 0) + 1
        said = f"{here.name}: {len(some)} heard, the strongest at {max(dbm for _, dbm in some)} dBm"
        if count < self.looks:
            return f"{said}; {count} of {self.looks}", None
        self.at += 1
        self._before = alarm
        return f"{said}; next: {self.here.name if self.here else 'that was the last'}", alarm if still else None
