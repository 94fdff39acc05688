"""Does an alarm say where, and does nothing else? SIGHTING frames through the whole gateway, in virtual time."""

import json
from xml.etree import ElementTree

import pytest
from gateway_rig import Rig, badges, plan
from sqlalchemy import insert, select

from firmware import codes
from firmware.link import frame
from firmware.link.sighting import level
from tools.cli import place as command
from tools.gateway import cables, house_events, places_web, plans, records, retention
from tools.gateway.jobs import topics
from tools.gateway.pages import paper
from tools.gateway.pages.words import WORDS
from tools.gateway.places import learning, survey, wording
from tools.gateway.places.estimate import BRIDGES, Place
from tools.gateway.retention import DAY_MS, Policy
from tools.gateway.store import open_store
from tools.gateway.tables import PLACES, SIGHTINGS, SIGNATURES

HERE = {1: [(1001, -45), (1002, -60), (1003, -75)], 2: [(1001, -75), (1002, -60), (1003, -45)],
        3: [(2001, -45), (2002, -60), (2003, -75)]}
NAMES = {1: ("Room 11", "2"), 2: ("Room 12", "2"), 3: ("Cellar store", "-1")}


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
    learn(rig.store)
    return rig


def learn(house):
    with house.engine.begin() as db:
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
    page = paper.record(record, "en")
    assert page.index("Room 11, 2nd floor") < page.rindex("Cellar store, basement 1")


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
    assert rig.alarm()["place"] is None, "it has left the board: its record has it"


def test_a_test_keeps_its_sighting_and_it_belongs_to_no_alarm(rig):
    rig["anna"].mode = codes.MODE_TESTING
    rig["anna"].beat()
    sight(rig, 1)
    assert [(row.alarm, wording.read(row.finding).rooms) for row in rows(rig)] == [(None, ("Room 11",))]
    rig["anna"].mode = codes.MODE_READY
    rig["anna"].beat()
    sight(rig, 2)
    assert len(rows(rig)) == 1


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


def test_over_lora_the_bridges_that_have_heard_it_are_kept_beside_it(rig):
    rig["anna"].route = ("bridge", 3)
    rig.radio.levels = lambda data: [(3, -71), (7, -104)]
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    sight(rig, 1)
    heard = json.loads(rows(rig)[0].heard)
    assert heard == [*map(list, HERE[1]), [BRIDGES + 3, -71], [BRIDGES + 7, -104]]
    assert rig.alarm()["place"]["en"] == "Room 11, 2nd floor"


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
    learn(rig.store)
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
    (F("floor", (), "-1", doubtful=("1a2b, Room 3",)), "Basement 1 (an access point may have been moved: 1a2b, Room 3)",
     "1. kælder (et adgangspunkt er måske flyttet: 1a2b, Room 3)"),
    (F("unknown"), "Place unknown", "Sted ukendt"),
])
def test_a_finding_is_said_in_both_languages_and_read_back(found, en, da):
    assert (wording.say(found, "en"), wording.say(found, "da")) == (en, da)
    assert wording.read(wording.kept(found)) == found


def test_a_walk_learns_each_place_by_a_press_in_practice_and_ends_in_a_drawing_and_a_table(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(badges(0)))
    with rig.store.engine.begin() as db:
        for name, floor in NAMES.values():
            learning.add(db, name, floor)
        walk = learning.Walk(learning.places(db), rig["anna"].device, looks=2)
    said = []

    def look():
        with rig.store.engine.begin() as db:
            text, alarm = walk.step(db)
        said.append(text)
        if alarm is not None:
            rig.act("close", alarm)

    look()
    for number in NAMES:
        fake = rig["anna"]
        for n in range(2):
            fake.alarm(codes.KIND_ASSIST, 2 * number + n, codes.WHAT_RAISED | codes.WHAT_PRACTICE, refresh=False)
            look()
            assert "stay" in said[-1]
            rig.run(2)
            sight(rig, number)
            if number == 2:
                rig.run(15)  # whoever looks late learns no less
            look()
            look()
            rig.run(15)
    assert walk.here is None and walk.done == {1: 2, 2: 2, 3: 2}
    assert all(alarm["closed_ms"] for alarm in rig.store.alarms())
    assert walk.choose("9").startswith("there is no") and walk.choose("2") == "next: Room 12"
    rig["anna"].alarm(codes.KIND_ASSIST, alarm_id=9, refresh=False)
    sight(rig, 1)
    look()
    look()
    assert "REAL" in said[-2] and not said[-1], "an alarm is never taken for a step of a walk"
    with rig.store.engine.connect() as db:
        places, heard = learning.places(db), learning.heard(db)
    assert [len(some) for some in heard.values()] == [2, 2, 2]
    assert rig.alarm()["place"]["en"].startswith(("Room 11", "Near Room 11", "2nd floor"))
    known = survey.survey(places, heard)
    assert [one.verdict for one in known] == [survey.WELL] * 3 and not any(one.mixed for one in known)
    assert "Cellar store" in survey.drawing(known) and survey.table(known).count("\n") == 4


def test_a_survey_names_what_is_heard_badly_or_not_and_what_cannot_be_told_apart():
    places = [Place(1, "twin <a>", "1"), Place(2, "=twin b", "1"), Place(3, "weak", "0"), Place(4, "deaf", "0")]
    strong = [(1, -50), (2, -60), (3, -70)]
    known = survey.survey(places, {1: [strong] * 8, 2: [strong] * 8, 3: [[(9, -90)]] * 4})
    assert [one.verdict for one in known] == [survey.WELL, survey.WELL, survey.BADLY, survey.NOT]
    assert {name for one in known[:2] for name in one.mixed} & {"twin <a>", "=twin b"}
    drawn = survey.drawing(known)
    ElementTree.fromstring(drawn)
    assert "twin &lt;a&gt;" in drawn and "\n'=twin b" in survey.table(known)
    assert "<svg" in survey.drawing([])


def test_the_command_enters_lists_and_removes_and_refuses_in_one_sentence(tmp_path, capsys):
    data = ["--data", str(tmp_path)]
    assert command.main(["add", "Room 1", "--floor", "2", "--area", "east", "--way", "by the stairs", *data]) == 0
    assert command.main(["add", "Room 1", "--floor", "3", *data]) == 0, "entered again, it is changed"
    assert command.main(["list", *data]) == 0
    assert "Room 1" in (told := capsys.readouterr().out) and "3" in told and "not heard" in told
    assert command.main(["forget", "Room 1", *data]) == 0 and command.main(["remove", "Room 1", *data]) == 0
    with open_store(tmp_path / "kald.sqlite").engine.connect() as db:
        told = [(line.who, line.event, line.detail) for line in house_events.latest(db, places_web.EVENTS, 9)]
    assert told == [("command line", event, detail) for event, detail in (
        ("no_place", "Room 1"), ("forget_place", "Room 1"), ("place", "Room 1, 3"), ("place", "Room 1, 2"))]
    for wrong in (["remove", "Room 1"], ["add", " ", "--floor", "1"], ["add", "x" * 41, "--floor", "1"]):
        assert command.main([*wrong, *data]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3 and all(line.startswith("kald: ") for line in told)


TELLS = {"do": "notify", "after_s": 0, "to": ["ntfys://ntfy.example/kald"]}


@pytest.mark.parametrize("lang, words", [
    (None, "brik 1, alarm 1. Se tavlen."), ("en", "badge 1, alarm 1. See the board. Room 11, 2nd floor (7 s)."),
    ("da", "brik 1, alarm 1. Se tavlen. Room 11, 2. sal (7 s).")])
def test_a_notification_tells_the_place_only_where_the_house_has_chosen_so(tmp_path, lang, words):
    step = {**TELLS, "after_s": 10} | ({"place": lang, "lang": lang} if lang else {})
    plans.check(plan(step))
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(step))
    learn(rig.store)
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(3)
    sight(rig, 1)
    rig.run(7)
    (_, _, text), = rig.do_jobs()
    assert text == f"Kald: {WORDS[lang or 'da']['kind_3']}, {words}"


def test_a_plan_that_tells_places_in_no_language_of_ours_is_refused():
    for wrong in ({**TELLS, "place": "fr"}, {"do": "siren", "after_s": 0, "topic": "x", "place": "da"}):
        with pytest.raises(plans.Wrong, match="place"):
            plans.check(plan(wrong))


def test_the_broker_is_told_a_place_only_where_the_house_has_chosen_so(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    sight(rig, 1)
    facts = {"alarms": rig.store.alarms(), "troubles": []}
    topic = f"kald/alarm/{rig.alarm()['id']}"
    assert "place" not in json.loads(topics.state(facts, "kald")[topic])
    assert json.loads(topics.state(facts, "kald", places=True)[topic])["place"]["da"] == "Room 11, 2. sal"


def test_a_moved_access_point_is_named_and_no_room_is_stated(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    sight(rig, [(1003, -44), (2001, -46), (1002, -60), (1001, -75)])  # the cellar's stands in room 12 by now
    told = rig.alarm()["place"]
    assert told["level"] != "room" and told["en"].endswith("may have been moved: 07d1, Cellar store)"), told


async def test_of_the_latest_sightings_it_is_known_which_bridges_have_heard_them():
    hub = cables.Cables([], lambda: None)
    frames = [bytes((frame.SIGHTING, 0, n)) for n in range(cables.LEVELS_MOST + 1)]
    for data in frames:
        for number, dbm in ((7, -104), (3, -71)):
            hub.bridges.heard((number, data, dbm, 5.0))
    hub.bridges.heard((3, bytes((frame.HEARTBEAT, 0, 1)), -71, 5.0))
    assert hub.levels(frames[-1]) == [(3, -71), (7, -104)] and hub.levels(frames[0]) == []
    assert hub.levels(bytes((frame.HEARTBEAT, 0, 1))) == [], "who heard a heartbeat is not kept"
