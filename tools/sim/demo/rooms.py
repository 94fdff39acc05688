"""Which rooms has the demo's house, and what is heard in each? Entered and learnt before its gateway is started.

A technician would walk through the house with a badge (docs/technician.md); here the building is asked.
"""

import json
import math
import random
from pathlib import Path

from sqlalchemy import insert

from firmware.limits import SEEN_MOST
from firmware.link.sighting import KIND_WIFI, LEVEL_TOP_DBM, address_hash, level
from tools.gateway.store import open_store
from tools.gateway.tables import PLACES, SIGNATURES
from tools.sim.building import Body, Building

BUILDING = Building(floors=2, rooms=8, seed=2, every=(2, 2))
_LOOKS = 12
Point = tuple[bytes, bytes, int, int, int, bool]  # as WLAN.scan lists it


def name(room: int) -> str:
    """Return what the house calls a room, 0 .. BUILDING.rooms - 1."""
    return f"Room {100 * (BUILDING.middle(room).floor + 1) + room % 8 + 1}"


def around(room: int, seed: int) -> list[Point]:
    """Return the access points that a badge hears in the middle of a room."""
    return Body(BUILDING, BUILDING.middle(room), seed).points()[: SEEN_MOST + 2]


def enter(path: Path) -> None:
    """Enter all rooms into the database at `path`, made if it is not there, and what is heard in them."""
    store, draw = open_store(path), random.Random(1)
    with store.engine.begin() as db:
        for room in range(BUILDING.rooms):
            middle = BUILDING.middle(room)
            db.execute(insert(PLACES).values(id=room + 1, name=name(room), floor=str(middle.floor), x_m=middle.x,
                                             y_m=middle.y))
            body = Body(BUILDING, middle, 100 + room)
            for turn in range(_LOOKS):
                body.spot, body.facing = BUILDING.somewhere(room, draw), turn * math.pi / 2
                heard = [(address_hash(KIND_WIFI, bssid), LEVEL_TOP_DBM - level(dbm))
                         for _, bssid, _, dbm, *_ in body.points()[:SEEN_MOST]]
                db.execute(insert(SIGNATURES).values(place=room + 1, at_ms=0, heard=json.dumps(heard)))
    store.close()
