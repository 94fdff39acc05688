"""Does an alarm say where, and does nothing else? SIGHTING frames through the whole gateway, in virtual time."""

import json

import pytest
from gateway_rig import Rig, badges, plan
from sqlalchemy import insert, select

from firmware import codes
from firmware.link import frame
from firmware.link.sighting import level
from tools.gateway import records, retention
from tools.gateway.pages import paper
from tools.gateway.people import OUTCOMES
from tools.gateway.places import wording
from tools.gateway.retention import DAY_MS, Policy
from tools.gateway.tables import META, PLACES, SIGHTINGS, SIGNATURES

HERE = {1: [(1001, -45), (1002, -60), (1003, -75)], 2: [(1001, -75), (1002, -60), (1003, -45)],
        3: [(2001, -45), (2002, -60), (2003, -75)]}
NAMES = {1: ("Room 11", "2"), 2: ("Room 12", "2"), 3: ("Cellar store", "-1")}
SECRET = ("Room 1", "Cellar", "[1001,", "[2001,")


def writer(buf, device, counter, observed):
    """Write a SIGHTING as a badge does, by its bits."""
    bits = 0
    for address, dbm in observed:
        bits = bits << 22 | address << 6 | level(dbm)
    size = (22 * len(observed) + 7) // 8
    buf[0] = frame.SIGHTING
    frame.put16(buf, 1, device)
    frame.put32(buf, 3, counter)
    buf[7 : 7 + size] = (bits << (8 * size - 22 * len(observed))).to_bytes(size, "big")
    return 7 + size


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))
    learn(rig)
    return rig


def learn(rig):
    with rig.store.engine.begin() as db:
        for number, (name, floor) in NAMES.items():
            db.execute(insert(PLACES).values(id=number, name=name, floor=floor, directions="by the back stairs"))
            for n in range(12):
                some = [(address, dbm + (n % 3) - 1) for address, dbm in HERE[number]]
                db.execute(insert(SIGNATURES).values(place=number, at_ms=n, heard=json.dumps(some)))


def sight(rig, where, name="anna"):
    return rig[name].send(writer, HERE[where] if isinstance(where, int) else where)


def rows(rig):
    with rig.store.engine.connect() as db:
        return db.execute(select(SIGHTINGS).order_by(SIGHTINGS.c.id)).all()


def test_an_alarm_says_its_room_in_both_languages_with_its_age_and_follows_the_badge(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    assert rig.alarm()["place"] is None, "not known yet"
    sight(rig, 1)
    told = rig.alarm()["place"]
    assert (told["en"], told["da"]) == ("Room 11, 2nd floor", "Room 11, 2. sal")
    assert told["at_ms"] == rig.now_ms and told["source"] == "measured" and told["directions"] == "by the back stairs"
    rig.run(10)
    sight(rig, 1)
    assert len(rows(rig)) == 1 and rig.alarm()["place"]["at_ms"] == rig.now_ms, "the same place is no new row"
    rig.run(10)
    sight(rig, 3)
    assert rig.alarm()["place"]["en"] == "Cellar store, basement 1" and len(rows(rig)) == 2
    rig.restart()
    rig.run(10)
    sight(rig, 3)
    assert len(rows(rig)) == 2, "nor is it after a restart"
    with rig.store.engine.connect() as db:
        record = records.read(db, rig.alarm()["id"])
    page = paper.record(record, "en", OUTCOMES)
    assert page.index("Room 11, 2nd floor") < page.index("Cellar store, basement 1")


@pytest.mark.parametrize("what", [codes.WHAT_RAISED, codes.WHAT_PRE_ALARM])
def test_a_question_has_a_place_too_and_a_closed_alarm_gets_none(rig, what):
    rig["anna"].alarm(codes.KIND_FALL, what=what, refresh=False)
    sight(rig, 2)
    assert rig.alarm()["place"]["en"] == "Room 12, 2nd floor"
    if what == codes.WHAT_RAISED:
        rig.act("close", rig.alarm()["id"])
    else:
        rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_CANCELLED, revision=1, refresh=False)
    before = rows(rig)
    sight(rig, 3)
    assert rows(rig) == before and rig.radio.refused == {"no alarm": 1}


def test_a_test_keeps_its_sighting_and_it_belongs_to_no_alarm(rig):
    rig["anna"].mode = codes.MODE_TESTING
    rig["anna"].beat()
    sight(rig, 1)
    assert [(row.alarm, wording.read(row.finding).rooms) for row in rows(rig)] == [(None, ("Room 11",))]
    rig["anna"].mode = codes.MODE_READY
    rig["anna"].beat()
    sight(rig, 2)
    assert len(rows(rig)) == 1


def everything(rig):
    """Return all rows but what the house has entered, and the facts of the board, as one text."""
    with rig.store.engine.connect() as db:
        text = [repr(db.execute(select(table)).all()) for name, table in META.tables.items()
                if name not in ("places", "signatures")]
    return "\n".join([*text, json.dumps(rig.store.alarms()), json.dumps(rig.store.badges())])


def test_a_day_without_alarm_or_test_leaves_no_place_in_any_row_fact_or_log(rig, caplog):
    sent = []
    deliver, rig.deliver = rig.deliver, lambda out: (sent.extend(out), deliver(out))
    rig.act("visit", rig["anna"].device, colour="red", minutes=30, place="Room 12")
    for where in (1, 2, 3):
        sight(rig, where)
        rig["anna"].wish(codes.ORDER_PAUSE, 5)
        rig.run(600)
    rig.act("end", rig["anna"].device)
    sight(rig, 1)
    text = everything(rig) + caplog.text
    assert not [word for word in SECRET if word in text]
    assert rows(rig) == [] and rig.radio.refused["no alarm"] == 4
    assert not any(word.encode() in data for data, _ in sent for word in SECRET)


def test_a_replayed_or_forged_sighting_changes_nothing(rig):
    rig["anna"].alarm(codes.KIND_ASSIST)
    sealed = rig["anna"].sealed(writer, HERE[1])
    rig.carry([sealed])
    rig.run(10)
    sight(rig, 2)
    before = rows(rig)
    data, address = sealed
    for wrong in (data, bytes((data[0],)) + data[1:-1] + bytes((data[-1] ^ 1,)), data[:-1], data + b"\0"):
        rig.carry([(wrong, address)])
    sight(rig, 2, "bo")  # whose badge has no alarm
    assert rows(rig) == before


@pytest.mark.parametrize("observed", [[(0, -50)], [(7, -50)], [(1, -50)] * 8, [(65_535, -100), (0, -37)]])
def test_what_the_house_does_not_know_is_an_unknown_place(rig, observed):
    rig["anna"].alarm(codes.KIND_ASSIST)
    sight(rig, observed)
    told = rig.alarm()["place"]
    assert told is None or (told["en"], told["da"]) == ("Place unknown", "Sted ukendt")


def test_a_place_that_was_said_goes_with_the_alarm_as_said_and_beside_the_measured(rig):
    rig.act("visit", rig["anna"].device, colour="yellow", place="Villa Rose")
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    told = rig.alarm()["place"]
    assert (told["en"], told["da"], told["source"]) == ("said: Villa Rose", "sagt: Villa Rose", "said")
    sight(rig, [(7, -50), (8, -50)])
    assert rig.alarm()["place"]["source"] == "said", "nothing was found"
    sight(rig, 1)
    told = rig.alarm()["place"]
    assert told["en"] == "Room 11, 2nd floor" and told["said"]["en"] == "said: Villa Rose"
    rig.act("end", rig["anna"].device)
    assert rig.alarm()["place"]["said"]["en"] == "said: Villa Rose", "the alarm's own"


def test_places_go_with_what_is_over(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=1, refresh=False)
    sight(rig, 1)
    rig.act("close", rig.alarm()["id"])
    rig["bo"].alarm(codes.KIND_EMERGENCY, alarm_id=2, refresh=False)
    sight(rig, 2, "bo")
    rig.run(5)
    retention.run(Policy(alarms=30), rig.radio.prune, rig.now_ms + 31 * DAY_MS)
    assert [wording.read(row.finding).rooms for row in rows(rig)] == [("Room 12",)]
    gone = [alarm for alarm in rig.store.alarms() if alarm["alarm_id"] == 1]
    assert gone[0]["place"] is None


def test_a_place_learnt_while_the_gateway_runs_is_known_at_once(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    rig["anna"].alarm(codes.KIND_ASSIST)
    sight(rig, 1)
    assert rig.alarm()["place"]["level"] == "unknown"
    learn(rig)
    sight(rig, 1)
    assert rig.alarm()["place"]["en"] == "Room 11, 2nd floor"


F = wording.Finding


@pytest.mark.parametrize("found, en, da", [
    (F("room", ("Room 12",), "2"), "Room 12, 2nd floor", "Room 12, 2. sal"),
    (F("room", ("Room 11", "Room 12"), "1"), "Room 11 or Room 12, 1st floor", "Room 11 eller Room 12, 1. sal"),
    (F("near", ("Room 12",), "0"), "Near Room 12, ground floor", "Ved Room 12, stuen"),
    (F("area", (), "3", "east"), "3rd floor, east", "3. sal, øst"),
    (F("floor", (), "11"), "11th floor", "11. sal"),
    (F("floor", (), "Tower"), "Tower", "Tower"),
    (F("floor", (), "-1", doubtful=(0x1A2B,)), "Basement 1 (an access point may have been moved: 1a2b)",
     "1. kælder (et adgangspunkt er måske flyttet: 1a2b)"),
    (F("unknown"), "Place unknown", "Sted ukendt"),
])
def test_a_finding_is_said_in_both_languages_and_read_back(found, en, da):
    assert (wording.say(found, "en"), wording.say(found, "da")) == (en, da)
    assert wording.read(wording.kept(found)) == found
