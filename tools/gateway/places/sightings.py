"""A SIGHTING has come: where is she? Kept with the alarm or the test that it belongs to, and thrown away without one.

One row says where a badge is as long as that stays what is said; its time is that of the newest sighting. So an alarm
of an hour has a few rows, which are the way that the badge has gone.
"""

import json
from collections.abc import Sequence
from typing import Any

from firmware.codes import MODE_TESTING
from firmware.limits import SEEN_METERED, SEEN_MOST
from firmware.link import downlink
from tools.gateway.core.memory import House
from tools.gateway.core.rows import Badge, loaded
from tools.gateway.core.transaction import Transaction
from tools.gateway.places import wording
from tools.gateway.places.estimate import BRIDGES, Model, Place
from tools.gateway.places.wording import Finding

MEASURED, SAID = "measured", "said"


def model(house: House) -> Model:
    """Return what the house's places are known by; made anew when places or signatures are others."""
    newest = max(house.signatures.rows, default=0)
    stand = (tuple(house.places), len(house.signatures.rows), newest)
    if house.located is None or house.located[0] != stand:
        places = [Place(row.id, row.name, row.floor, row.area, row.x_m, row.y_m) for row in house.places]
        learnt = ((row.place, [(one, dbm) for one, dbm in loaded(row.heard, [])]) for row in house.signatures)
        house.located = stand, Model(places, learnt)
    return house.located[1]


def store(at: Transaction, badge: Badge, buf: bytes, metered: bool, beside: Sequence[tuple[int, int]] = ()) -> bool:
    """Keep what an opened SIGHTING tells; return False, having kept nothing, if nothing of that badge is open.

    metered: it came over LoRa, where it tells fewer. beside: (number, dBm) of the bridges that have heard it.
    """
    alarm = at.alarms.one("mine", badge.pairing)  # questions included
    if alarm is None and badge.mode != MODE_TESTING:
        return False
    heard = downlink.observations(buf, len(buf))
    if not heard:
        return True
    heard += [(BRIDGES + number, dbm) for number, dbm in beside]
    known = model(at.house)
    found = known.estimate(heard, SEEN_METERED if metered else SEEN_MOST)
    places = {place.id: place for place in known.places}
    ways = {row.id: row.directions for row in at.house.places}
    finding = wording.finding(found, places, ways)
    values = {"at_ms": at.now_ms, "heard": json.dumps(heard), "finding": wording.kept(finding)}
    mine = at.sightings.by("alarm", alarm.id) if alarm else []
    row = next((one for one in reversed(mine) if one.source == MEASURED), None)
    if row is not None and _stated(wording.read(row.finding)) == _stated(finding):
        at.sightings.put(row.id, **values)
    else:
        at.sightings.add(pairing=badge.pairing, alarm=alarm.id if alarm else None, source=MEASURED, **values)
    return True


def carry(at: Transaction, alarm: int, badge: Badge, place: str | None, since_ms: int) -> None:
    """The alarm has begun in a visit whose place was said: it goes with the alarm."""
    if place:
        finding = wording.kept(Finding(wording.ROOM, (place,)))
        at.sightings.add(pairing=badge.pairing, alarm=alarm, source=SAID, at_ms=since_ms, finding=finding)


def _stated(found: Finding) -> tuple[Any, ...]:
    return found.level, found.rooms, found.floor, found.area, found.doubtful


def fact(rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return where an alarm's badge is, of its rows of SIGHTINGS in the order of time, or None if nobody knows.

    "da", "en": in words. "at_ms": how old it is. "source": measured, or said if nothing was found. "said": the said
    one beside a measured one. "x", "y", "ring": on the floor's plan, m.
    """
    last = {row["source"]: row for row in rows}
    measured, said = last.get(MEASURED), last.get(SAID)
    if measured is None and said is None:
        return None
    spoken = _spoken(said) if said is not None and wording.read(said["finding"]).rooms else None
    if measured is not None:
        found = wording.read(measured["finding"])
        if found.level != wording.UNKNOWN or spoken is None:
            text = {lang: wording.say(found, lang) for lang in wording.LANGUAGES}
            return {**text, "at_ms": measured["at_ms"], "source": MEASURED, "level": found.level, "said": spoken,
                    "floor": found.floor, "directions": found.directions, "x": found.x, "y": found.y,
                    "ring": found.ring, "probability": found.probability}
    return spoken


def _spoken(row: Any) -> dict[str, Any]:
    found = wording.read(row["finding"])
    text = {lang: wording.said(found.rooms[0], lang) for lang in wording.LANGUAGES}
    return {**text, "at_ms": row["at_ms"], "source": SAID, "level": found.level, "said": None}
