"""Does a place come out of what a badge hears? The building with walls, the real badge, and the house's estimate."""

import json
import math
import random
import re
from functools import cache
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select
from test_gateway import BEGAN_MS
from test_gateway import House as Gateway
from test_sighting import Walker
from tools.sim.building import BODY_DB, CEILING_DB, WEAKEST_DBM, Body, Building, Sender
from tools.sim.ears import Ears
from tools.sim.rig import close, mash

from firmware import codes
from firmware.limits import HOLD_MS, SEEN_METERED
from firmware.link.sighting import level
from firmware.nearby import Nearby
from tools.gateway.places.estimate import BRIDGES, Model, Place
from tools.gateway.tables import PLACES, SIGHTINGS, SIGNATURES

ROOMS, FLOORS = 40, 2
LEARN_TURNS = 8  # twice to each side
LIVES = 3  # alarms in each room


class Visitor(Walker):
    """A badge worn in a room of `building`."""

    def __init__(self, building, wifi, beacons, seed):
        self.body = Body(building, building.middle(0), seed)
        super().__init__(wifi=wifi, beacons=beacons)
        self.ears.points, self.ears.beacons = self.body.points, self.body.beacons

    def told_at(self, spot, facing, metered):
        """Go there and press; return (observations, ms from the press) of the first SIGHTING, and stand down."""
        self.body.spot, self.body.facing = spot, facing
        self.badge.uplink.metered = metered
        mash(self)
        begun, before = self.now, len(self.at)
        while len(self.at) == before and self.now - begun < 12_000:
            self.run(100, step=20)
        close(self)
        self.run(1000, step=50)
        return (self.seen()[before], self.at[before] - begun) if len(self.at) > before else ([], 99_999)


def walked(building, wifi, beacons, metered):
    """Return (places, signatures) of a walk through all rooms."""
    walker, draw, signatures = Visitor(building, wifi, beacons, 1), random.Random(7), []
    for room in range(building.rooms):
        for turn in range(LEARN_TURNS):
            spot = building.somewhere(room, draw)
            signatures.append((room, walker.told_at(spot, turn * math.pi / 2, metered)[0]))
    places = [Place(room, f"room {room}", str(building.middle(room).floor)) for room in range(building.rooms)]
    return places, signatures


@cache
def lived(wifi, beacons, metered, seed=3):
    """Return {figure: number} of a house in which an alarm is raised three times in every room."""
    building = Building(FLOORS, ROOMS // FLOORS, seed)
    model = Model(*walked(building, wifi, beacons, metered))
    visitor, draw = Visitor(building, wifi, beacons, 2), random.Random(seed)
    near = wrong = said = floor = exact = 0
    waits = []
    for room in range(building.rooms):
        for _ in range(LIVES):
            seen, ms = visitor.told_at(building.somewhere(room, draw), draw.uniform(0, 2 * math.pi), metered)
            found = model.estimate(seen, 4 if metered else 8)
            best = found.ranked[0][0] if found.ranked else None
            near += best in building.neighbours(room)
            exact += best == room
            floor += found.floor == str(building.middle(room).floor)
            said += bool(found.said)
            wrong += bool(found.said) and room not in found.said
            waits.append(ms)
    count = building.rooms * LIVES
    return {"near": near / count, "exact": exact / count, "floor": floor / count, "said": said / count,
            "wrong": wrong / count, "ms": max(waits)}


@pytest.mark.parametrize("wifi, beacons, metered", [(True, False, False), (True, True, False), (False, True, True)])
def test_forty_rooms_on_two_floors_are_told_apart_and_none_is_stated_wrongly(wifi, beacons, metered):
    figures = lived(wifi, beacons, metered)
    assert figures["near"] >= 0.95 and figures["wrong"] <= 0.02 and figures["floor"] >= 0.97, figures
    assert figures["exact"] >= 0.75 and figures["ms"] <= 3000, figures


def heard_by_bridges(seed, beacons, moved_db):
    """Return {whether bridges are weighed: {figure: number}} of a house where one in `beacons` rooms has a beacon.

    moved_db(bridge, draw): by how much more its strength is than when the house was learnt.
    """
    building, draw = Building(FLOORS, ROOMS // FLOORS, seed, (3, beacons)), random.Random(seed)
    bridges = [Sender("bridge", bytes((i,)), building.middle(room)) for i, room in enumerate((9, 29))]

    def heard(room, facing, more=lambda bridge, draw: 0):
        spot = building.somewhere(room, draw)
        strong = {i: round(building.strength(one, spot, facing, draw)) for i, one in enumerate(building.senders)
                  if one.kind == "beacon"}
        told = [(i, -37 - level(dbm)) for i, dbm in strong.items() if dbm >= WEAKEST_DBM]
        beside = [(BRIDGES + i, round(building.strength(one, spot, facing, draw)) + more(i, draw))
                  for i, one in enumerate(bridges)]
        return sorted(told, key=lambda one: -one[1])[:SEEN_METERED], beside

    places = [Place(room, str(room), str(building.middle(room).floor)) for room in range(ROOMS)]
    walked = [(room, *heard(room, turn * math.pi / 2)) for room in range(ROOMS) for turn in range(LEARN_TURNS)]
    models = {weighed: Model(places, [(room, told + beside * weighed) for room, told, beside in walked])
              for weighed in (False, True)}
    figures = {weighed: dict.fromkeys(("near", "exact", "said", "wrong"), 0) for weighed in models}
    for room in list(range(ROOMS)) * LIVES:
        told, beside = heard(room, draw.uniform(0, 2 * math.pi), moved_db)
        for weighed, model in models.items():
            found, of = model.estimate(told + beside * weighed, SEEN_METERED), figures[weighed]
            best = found.ranked[0][0] if found.ranked else None
            of["near"] += best in building.neighbours(room)
            of["exact"] += best == room
            of["said"] += bool(found.said)
            of["wrong"] += bool(found.said) and room not in found.said
    return {weighed: {name: count / (LIVES * ROOMS) for name, count in of.items()} for weighed, of in figures.items()}


@pytest.mark.parametrize("beacons, more_said", [(1, 0.4), (3, 0.05), (5, 0)])
def test_bridges_that_hear_the_badge_name_more_rooms_and_none_wrongly(beacons, more_said):
    found = [heard_by_bridges(seed, beacons, lambda bridge, draw: 0) for seed in (3, 4, 5)]
    plain, weighed = ({name: sum(one[which][name] for one in found) / len(found) for name in found[0][which]}
                      for which in (False, True))
    assert weighed["near"] >= plain["near"] - 0.01 and weighed["exact"] >= plain["exact"] - 0.01, (plain, weighed)
    assert weighed["said"] >= plain["said"] + more_said and weighed["wrong"] <= 0.02, (plain, weighed)


@pytest.mark.parametrize("moved_db", [lambda bridge, draw: -25 * (bridge == 0), lambda bridge, draw: 15],
                         ids=["one was moved", "all are louder"])
def test_a_bridge_that_was_moved_since_costs_some_rooms_and_states_no_wrong_one(moved_db):
    for seed in (3, 4):
        found = heard_by_bridges(seed, 1, moved_db)[True]
        assert found["near"] >= 0.95 and found["wrong"] <= 0.02, found


def test_the_board_says_the_room_within_three_seconds_of_the_press_and_nothing_before_or_after(tmp_path):
    building = Building(FLOORS, 8, 2)
    places, signatures = walked(building, True, True, False)
    house = Gateway(tmp_path / "kald.sqlite")
    with house.store.engine.begin() as db:
        for one in places:
            db.execute(insert(PLACES).values(id=one.id + 1, name=one.name, floor=one.floor))
        for room, heard in signatures:
            db.execute(insert(SIGNATURES).values(place=room + 1, at_ms=0, heard=json.dumps(heard)))
    badge, body, ears = house.badges[0], Body(building, building.middle(0), 3), Ears(lambda: house.now, None)
    ears.points, ears.beacons = body.points, body.beacons
    nearby, plain = Nearby(ears.scanner(SimpleNamespace(up=lambda: True), True), badge), badge.next_frame

    def next_frame(buf, now):
        ears.tend()
        nearby.tend(now)
        return plain(buf, now)

    def kept():
        with house.store.engine.connect() as db:
            return len(db.execute(select(SIGHTINGS)).all())

    badge.next_frame = next_frame
    house.run(2000)
    stated = astray = 0
    for room in range(building.rooms):
        body.spot, before = building.middle(room), kept()
        house.press(0, HOLD_MS, 0)
        house.run(3000)
        place = house.store.alarms()[0]["place"]
        assert place["level"] != "unknown" and place["floor"] == str(body.spot.floor)
        named = {int(number) for number in re.findall(r"room (\d+)", place["en"])}
        stated += bool(named)
        astray += bool(named) and not named & building.neighbours(room)
        assert kept() == before + 1
        house.radio.close(house.store.alarms()[0]["id"], "the office", BEGAN_MS + house.now)
        house.run(15_000)
        assert kept() == before + 1 and badge.alarm.state == codes.SAFE
    assert stated >= building.rooms // 3 and astray <= 1


def test_what_is_heard_falls_with_the_way_with_walls_and_behind_a_body():
    building, draw = Building(seed=5), random.Random(1)
    sender = next(one for one in building.senders if one.kind == "beacon")
    here = sender.spot

    def mean(spot, facing=None):
        way = math.atan2(here.y - spot.y, here.x - spot.x)
        turned = way if facing is None else way + facing
        return sum(building.strength(sender, spot, turned, draw) for _ in range(200)) / 200

    beside = building.middle(2)._replace(y=here.y)
    assert building.walls(here, beside) == 1 and building.walls(here, building.middle(3)) >= 2
    assert mean(here._replace(x=here.x + 1)) > mean(beside) > mean(building.middle(6)) > mean(building.middle(16))
    assert abs(mean(beside) - mean(beside, math.pi) - BODY_DB) < 1
    assert mean(beside) - mean(beside._replace(floor=1)) > CEILING_DB / 2


def test_the_same_seed_is_the_same_house_and_what_is_heard_has_the_ports_own_form():
    heard = [Body(Building(seed=seed), Building(seed=seed).middle(3), 1) for seed in (1, 1, 2)]
    first, again, other = [(body.points(), body.beacons()) for body in heard]
    assert first == again != other
    names = {name for name, *_ in first[0]}
    assert names == {b"house", b""} and all(len(one) == 6 and one[5] is False for one in first[0])
    levels = [dbm for _, _, _, dbm, _, _ in first[0]]
    assert levels == sorted(levels, reverse=True) and all(-95 <= dbm <= -30 for dbm in levels)
    assert all(kind == 1 and address[0] >> 6 == 3 for kind, address, *_ in first[1])
