"""Does the board show everything in two languages, and is each act one touch through the guarded door?"""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import event

from firmware import codes as wire
from gateway_rig import JSON, Rig, ask, visiting
from tools.gateway import (
    acts, board, bridge_watch, downlinks, duty, enumerations, overview, plans, troubles, unknown_badges, web,
)
from tools.gateway import records
from tools.gateway.pages import board as board_page
from tools.gateway.pages import paper
from tools.gateway.pages import wearers as wearers_page
from tools.gateway.pages.words import WORDS
from tools.gateway.store import open_store

NO_WORDS = {"lang", "wall_class", "other_lang", "other_wall", "this_wall", "other_view", "scripts"}
FAKE = {"state": 1, "khz": 869525, "sf": 7, "left_s": 180, "rssi_dbm": -90}
SCRIPTS = (*board_page.SCRIPTS, "record.js", "plans.js", "wearers.js")


def source(name):
    return board_page.file(name, "da")[0].decode()


def test_both_languages_say_the_same_things():
    assert set(WORDS["da"]) == set(WORDS["en"])
    for lang in WORDS.values():
        assert [key for key, word in lang.items() if not word] == ["state_"]


@pytest.mark.parametrize("lang", WORDS)
def test_there_is_a_word_for_all_that_facts_can_say(lang):
    known = WORDS[lang]
    wanted = {f"kind_{kind}" for kind in plans.KINDS} | {f"step_{step}" for step in range(1, 5)}
    wanted |= {f"mode_{mode}" for mode in (*duty.MODES.values(), "null")} | set(enumerations.OUTCOMES)
    faults = (*troubles.FAULTS.values(), *bridge_watch.FAULTS, *unknown_badges.FAULTS, "silent", "visit_overdue",
              "storage_full", "gateway_error")
    wanted |= {f"fault_{fault}" for fault in faults}
    wanted |= {f"order_{order}" for order in duty.ORDERS.values()} | {f"what_{what}" for what in (1, 2)}
    wanted |= {f"does_{does}" for does in ("badges", "notify", "siren")} | {"green", "yellow", "red"}
    wanted |= {f"down_{name}" for name in downlinks.NAMES.values()} | set(plans.ITEMS)
    wanted |= {f"state_{state}" for state in ("", "next", "done", "nobody", "unset", "waiting", "failed")}
    wanted |= {f"verb_{verb}" for verb in (*acts.ON_ALARMS, *acts.ON_BADGES)}
    wanted |= {f"glance_{word}" for word in overview.glance(())} | {f"by_{who}" for who in ("gateway", "plan")}
    wanted |= {f"sound_{how}" for how in re.findall(r'"(off|ready|touch|broken)"', source("sound.js"))}
    doors = "".join(Path(room.__file__).read_text(encoding="utf-8") for room in (acts, web))
    refusals = re.findall(r'(?:Wrong\(|_refusal\(request, )"(\w+)"', doors)
    assert len(refusals) > 8
    wanted |= {f"no_{key}" for key in refusals} | {"no_text", "no_name"}
    for name in SCRIPTS:
        wanted |= set(re.findall(r"words\.(\w+)", source(name)))
    wanted |= set(re.findall(r"{(\w+)}", board_page._HTML)) - NO_WORDS
    assert wanted <= set(known), wanted - set(known)


def test_every_step_that_is_noted_has_a_word():
    noted = set()
    for path in (board_page.HERE.parent).glob("*.py"):
        noted |= set(re.findall(r'note\([\w.]+, "(\w+)"', path.read_text(encoding="utf-8")))
    noted |= {"received", "pre_alarm", "cancelled", "called", "called_again", "checked", "unchecked", "note"}
    noted |= {f"{said}{vain}" for said in ("notified", "siren") for vain in ("", "_in_vain")}
    noted |= {f"plan_{does}" for does in ("badges", "notify", "siren")}
    assert len(noted) > 25
    assert {f"ev_{step}" for step in noted} <= set(WORDS["en"]), {f"ev_{step}" for step in noted} - set(WORDS["en"])


def test_the_scripts_put_nothing_in_as_markup_and_pages_hold_no_code():
    for name in SCRIPTS:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", source(name))
    for lang in WORDS:
        page = board_page.html(lang)
        assert not re.search(r"<style|style=|\son\w+=|javascript:", page)
        assert not re.search(r"<script(?! src=\"[a-z]+\.js)", page) and "<script>" not in page


def test_every_act_of_the_board_is_a_verb_of_the_door():
    verbs = set(re.findall(r'row, "(\w+)", {', source("board.js")))
    verbs |= set(re.findall(r'(?:written\(|"alarms", number, )"(\w+)"', source("record.js")))
    assert verbs == set(acts.ON_ALARMS)
    technicians = {"update", "keep"}  # by kald fleet, of many badges at once
    verbs = set(re.findall(r'order\([^,]+, "(\w+)"', source("badges.js")))
    verbs |= set(re.findall(r'form\("(\w+)"', Path(wearers_page.__file__).read_text(encoding="utf-8")))
    assert verbs == set(acts.ON_BADGES) - technicians


def test_every_fact_that_the_board_reads_is_there(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig.act("visit", 1, colour="red")
    rig["anna"].alarm(wire.KIND_FALL)
    rig["bo"].answer(rig["anna"])
    rig["bo"].beat(faults=wire.FAULT_BATTERY_LOW)
    with rig.store.engine.connect() as db:
        facts = {"a": board.alarms(db)[0], "b": board.badges(db)[0], "t": board.troubles(db)[0],
                 "hub": bridge_watch.board(db, [{"number": 3, **FAKE}])[0]}
    script = "".join(source(name) for name in SCRIPTS)
    for letter, fact in facts.items():
        read = set(re.findall(rf"\b{letter}\.(\w+)", script)) - {"length", "localeCompare", "textContent"}
        assert read and read <= set(fact), read - set(fact)
    assert set(facts["a"]["coming"][0]) == {"who", "arrived"}
    assert not {"up", "down", "address", "pairing", "counters"} & (set(facts["a"]) | set(facts["b"]))
    assert facts["a"]["place"] is None and not re.search("place|latitude|position", json.dumps(facts["b"]))


async def test_all_acts_go_through_the_door(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(wire.KIND_EMERGENCY, refresh=False)
    rig.store.close()
    async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, _):
        async def post(path, **given):
            body = json.dumps({"by": "Anna Ø", **given})
            return (await ask(client, "POST", f"/api/{path}", data=body, headers=JSON))[0]

        for path, given in (
            ("alarms/1/take", {}), ("alarms/1/withdraw", {}), ("alarms/1/arrived", {}), ("alarms/1/unneeded", {}),
            ("alarms/1/note", {"text": "seen"}), ("alarms/1/close", {"outcome": "real"}),
            ("alarms/1/outcome", {"outcome": "false"}), ("alarms/1/check", {"item": 1, "done": 1}),
            ("badges/1/visit", {"colour": "red", "minutes": 5}), ("badges/1/prolong", {"minutes": 5}),
            ("badges/1/end", {}), ("badges/1/pause", {"minutes": 5}), ("badges/1/resume", {}), ("badges/1/off", {}),
            ("badges/1/on", {}), ("badges/1/practice", {"minutes": 5}), ("badges/1/test", {}),
        ):
            assert await post(path, **given) == 200, path
        assert await post("alarms/1/take") == 409 and await post("badges/9/off") == 409
        for given in ({"minutes": 0}, {"minutes": 121}, {"minutes": "5"}, {"minutes": 1.5}, {"minutes": True}, {}):
            assert await post("badges/1/pause", **given) == 400, given
        for given in ({}, {"colour": "blue"}, {"colour": 3}, {"colour": "none"}, {"colour": "red", "minutes": -1}):
            assert await post("badges/1/visit", **given) == 400, given
        facts = json.loads((await ask(client, "GET", "/api/alarms"))[1])
        assert facts["alarms"][0]["outcome"] == "false" and facts["alarms"][0]["taken_by"] == "Anna Ø"
        assert {"alarms", "badges", "badges_left", "troubles", "crashes", "bridges", "refused", "glance", "unset",
                "ring", "page", "overdue", "zone"} == set(facts)
        for lang in WORDS:
            status, text, headers = await ask(client, "GET", f"/record/1?lang={lang}")
            assert status == 200 and "Anna Ø" in text and "script-src 'self'" in headers["Content-Security-Policy"]
            assert headers["Cache-Control"] == "no-store"


async def test_a_refusal_is_in_the_language_of_the_page_and_what_comes_late_changes_nothing(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    rig["anna"].alarm(wire.KIND_EMERGENCY, refresh=False)
    rig.store.close()
    async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, _):
        async def refused(path, lang, **given):
            body = json.dumps(given)
            return await ask(client, "POST", f"/api/{path}?lang={lang}", data=body, headers=JSON)

        for path, given, key in (
            ("alarms/1/take", {"by": ""}, "name"), ("alarms/1/note", {"by": "Bo", "text": 3}, "text"),
            ("alarms/1/close", {"by": "Bo", "outcome": "x"}, "choice"), ("alarms/9/take", {"by": "Bo"}, "longer"),
            ("badges/1/pause", {"by": "Bo", "minutes": 0}, "number"),
            ("alarms/1/take", {"by": "Bo", "said_ms": 1_700_000_000_000}, "late"),
        ):
            said = {lang: (await refused(path, lang, **given))[1] for lang in WORDS}
            for lang, text in said.items():
                assert text.startswith(WORDS[lang][f"no_{key}"].split("{")[0]) and "{" not in text
            assert said["da"] != said["en"]
        for lang in WORDS:
            assert (await ask(client, "GET", f"/record/9?lang={lang}"))[1] == WORDS[lang]["no_alarm"]
        facts = json.loads((await ask(client, "GET", "/api/alarms"))[1])
        assert facts["alarms"][0]["step"] == wire.STEP_RECEIVED and not facts["alarms"][0]["coming"]


def test_a_page_in_danish_calls_no_group_or_actor_by_an_english_word(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(wire.KIND_FALL)
    rig.run(40)
    rig["anna"].alarm(wire.KIND_EMERGENCY, alarm_id=60, what=wire.WHAT_PRACTICE)
    rig.run(20)
    with rig.store.engine.connect() as db:
        pages = [paper.record(records.read(db, number), "da") for number in (1, 2)]
    for page in pages:
        cells = re.findall(r"<t[dh][^>]*>([^<]*)", page)
        english = {"house", "gateway", "practice", "plan", "emergency", "fall", "nobody"} & set(cells)
        assert not english, english
        assert "huset" in cells


def test_in_a_town_the_board_shows_those_first_about_whom_there_is_something_to_see(tmp_path, monkeypatch):
    monkeypatch.setattr(board, "BADGES_SHOWN", 3)
    rig = Rig(tmp_path / "kald.sqlite", *[f"b{i}" for i in range(6)])
    rig["b5"].beat(faults=wire.FAULT_BATTERY_LOW)
    rig["b3"].state = wire.CALLING
    rig["b3"].beat()
    with rig.store.engine.connect() as db:
        assert [badge["name"] for badge in board.badges(db)] == ["b0", "b3", "b5"] and board.badges_left(db) == 3
    monkeypatch.setattr(board, "BADGES_SHOWN", 300)
    with rig.store.engine.connect() as db:
        assert len(board.badges(db)) == 6 and board.badges_left(db) == 0


def test_neither_the_board_nor_a_badge_costs_a_search_through_all_badges(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    said = []
    event.listen(rig.store.engine, "before_cursor_execute", lambda *given: said.append(given[2:4]))
    rig.store.badges()
    with rig.store.engine.connect() as db:
        board.badges_left(db)
        plans = [[row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
                 for statement, given in list(said) if "FROM badges" in statement]
    assert plans and all("INDEX" in line for lines in plans for line in lines), plans
