"""Whose is a badge? Renamed, lent for a day, moved, replaced: is each alarm still that of whoever wore it?"""

import json
import time

import pytest
from sqlalchemy import select

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig, on_file, served
from page_rig import looking, people, tab_to, type_in
from axe_rig import axe, in_each_look
from test_sign_in import Browser, made, quick
from tools.cli import group as group_command
from tools.gateway import guide, incidents, lending, permissions, plans, records, report, retention, wearers
from tools.gateway.acts import Wrong
from tools.gateway.pages import wearers as wearers_page
from tools.gateway.pages.words import WORDS
from tools.gateway.tables import ACCOUNT_EVENTS, ACCOUNTS, ACTS

__all__ = ["axe", "people", "quick"]
HOUR_MS = 3_600_000
EVIL = "<img src=x onerror=alert(1)>\"'&"


rig = on_file("anna", "bo", ("carla", "north"))


def read(rig, what, *more):
    with rig.store.engine.connect() as db:
        return what(db, *more)


def names(rig):
    return {one.device: one.name for one in read(rig, wearers.read)}


def alarm(rig, number, fake="anna", close=True):
    rig[fake].alarm(codes.KIND_FALL, alarm_id=70 + number, refresh=False)
    if close:
        rig.act("close", number, outcome="real")


def test_an_alarm_stays_that_of_whoever_wore_the_badge_when_it_began(rig):
    alarm(rig, 1)
    assert rig.act("rename", 1, by="leader", name="  Eva   Åse ")
    alarm(rig, 2)
    assert rig.act("lend", 1, by="leader", name="Temp", until_ms=rig.now_ms + HOUR_MS)
    alarm(rig, 3)
    assert rig.act("back", 1, by="leader") and names(rig)[1] == "Eva Åse"
    alarm(rig, 4)
    wore = ["anna", "Eva Åse", "Temp", "Eva Åse"]
    assert [read(rig, records.read, number)["name"] for number in range(1, 5)] == wore
    assert [one["name"] for one in sorted(rig.store.alarms(), key=lambda one: one["id"])] == wore
    assert sorted(case.name for case in read(rig, incidents.left)) == sorted(wore)
    told = [(row.act, row.who, row.detail) for row in read(rig, lambda db: db.execute(select(ACTS)).all())]
    assert [line for line in told if line[0] in ("renamed", "lent", "given_back")] == [
        ("renamed", "leader", "anna → Eva Åse"), ("lent", "leader", "Temp"), ("given_back", "leader", "Temp")]


def test_what_is_lent_comes_back_by_itself_but_never_under_an_open_alarm(rig):
    assert rig.act("lend", 1, name="Temp", until_ms=rig.now_ms + 600_000) and names(rig)[1] == "Temp"
    assert not rig.act("rename", 1, name="Eva"), "it is not the temp's to rename"
    rig.run(500)
    alarm(rig, 1, close=False)
    rig.run(200)
    assert names(rig)[1] == "Temp" and not rig.act("back", 1)
    rig.act("close", 1)
    rig.run(5)
    assert names(rig)[1] == "anna" and read(rig, wearers.read)[0].lent_until_ms is None
    assert not rig.act("back", 1) and read(rig, records.read, 1)["name"] == "Temp"


@pytest.mark.parametrize("verb, given", [
    ("rename", {"name": "Eva"}), ("group", {"group": "south"}), ("lend", {"name": "Eva", "until_ms": 0}),
    ("replace", {"with": 3}),
])
def test_nobody_changes_name_or_group_in_an_alarm_or_on_the_way_to_one(rig, verb, given):
    def free():
        return {**given, "until_ms": rig.now_ms + HOUR_MS} if verb == "lend" else given

    rig["bo"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig.run(2)
    rig["carla"].answer(rig["bo"])
    assert rig.act("take", 1, by="anna")  # at the board, not by her badge
    before = names(rig)
    for device in (1,) if verb == "replace" else (1, 2, 3):
        assert not rig.act(verb, device, **free()), device
    groups = [one.team for one in read(rig, wearers.read)]
    for device in "123" if verb == "group" else "":
        assert group_command.main(["south", device, "--data", str(rig.path.parent)]) == 2
    assert names(rig) == before and groups == [one.team for one in read(rig, wearers.read)]
    rig.act("close", 1)
    assert rig.act(verb, 1, **free())


@pytest.mark.parametrize("verb, given", [
    *[(verb, {"name": name, "until_ms": 1}) for verb in ("rename", "lend")
      for name in ("", "x" * 41, 7, None, "\x1b", "BO", " carla ", "Årh")],
    *[("lend", {"name": "Eva", "until_ms": until_ms}) for until_ms in (None, True, 10**15)],
    ("group", {}), ("group", {"group": "own"}), ("group", {"group": "all"}), ("group", {"group": "x" * 61}),
    ("replace", {}), ("replace", {"with": "3"}), ("introduced", {}), ("introduced", {"text": "x" * 201}),
])
def test_what_is_not_right_is_refused_in_words_and_changes_nothing(rig, verb, given):
    assert rig.act("rename", 3, name="Århus") and rig.act("rename", 3, name="carla")
    assert rig.act("lend", 3, name="A\u030arh", until_ms=rig.now_ms + HOUR_MS)  # in letters of two parts
    before = read(rig, wearers.read)
    with pytest.raises(Wrong):
        rig.act(verb, 1, **given)
    assert read(rig, wearers.read) == before


@pytest.mark.parametrize("late_ms, good", [(0, False), (-1, False), (1, True), (lending.LENT_MOST_MS, True),
                                           (lending.LENT_MOST_MS + 1, False)])
def test_a_badge_is_lent_for_a_day_and_no_longer(rig, late_ms, good):
    assert rig.act("lend", 1, name="Temp", until_ms=rig.now_ms + late_ms) is good


def test_who_is_moved_is_called_by_the_new_group_and_no_more_by_the_old(rig):
    rig.plan({**plans.DEFAULT, "plans": [{"name": "x", "steps": [
        {"do": "badges", "after_s": 0, "group": "own", "who": "any"}]}]})
    assert rig.act("group", 2, by="leader", group=" north ")
    alarm(rig, 1, close=False)
    assert not rig["bo"].got(frame.CALL)
    rig.act("close", 1)
    alarm(rig, 2, fake="carla")
    assert len(rig["bo"].got(frame.CALL)) == 1
    for puts in (lambda name: rig.act("group", 2, group=name),
                 lambda name: group_command.main([name, "2", "--data", str(rig.path.parent)]) == 0):
        assert puts("Huset") and {one.team for one in read(rig, wearers.read)} == {"house", "north"}
        assert puts("NORTH") and {one.team for one in read(rig, wearers.read)} == {"house", "north"}
        assert puts("A\u030arhus  S") and {one.team for one in read(rig, wearers.read)} == {"house", "Århus S", "north"}
        assert puts("south") and {one.team for one in read(rig, wearers.read)} == {"house", "south", "north"}
    assert group_command.main(["south", "2", "99", "--data", str(rig.path.parent)]) == 2


def test_a_lost_badge_is_shut_out_and_the_new_one_has_its_name_and_group(rig):
    assert not rig.act("replace", 1, **{"with": 1}) and not rig.act("replace", 1, **{"with": 99})
    alarm(rig, 1)
    assert rig.act("replace", 3, by="leader", **{"with": 1})
    assert names(rig) == {1: "carla", 2: "bo"} and read(rig, wearers.read)[1].team == "north"
    assert not rig["carla"].beat(), "whoever found it calls nobody"
    assert not rig.act("replace", 3, **{"with": 2}) and not rig.act("replace", 1, **{"with": 3})
    assert read(rig, records.read, 1)["name"] == "anna", "what the new one told before was somebody else's"
    alarm(rig, 2, close=False)
    assert rig.alarm()["name"] == "carla"


def forget_details(rig):
    with rig.store.engine.begin() as db:
        retention.run(retention.Policy(details=0), lambda sql, values: db.exec_driver_sql(
            sql.replace(":before", str(values["before"]))).rowcount, rig.now_ms + 9 * 86_400_000)


def unpractised(rig):
    with rig.store.engine.connect() as db:
        return guide.answers(guide.read(db, rig.radio.badges(), False, rig.now_ms))["tried"].names


def test_who_has_not_practised_or_been_introduced_is_named_and_nobody_inherits_it(rig):
    rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_PRACTICE, refresh=False)
    rig.run(30)
    assert rig.act("introduced", 1, by="leader", text="button: card")
    rig.act("introduced", 2, by="leader", text="card")
    anna, bo, carla = read(rig, wearers.read)
    assert list(anna.practised) == ["fall"] and not bo.practised and carla.introduced is None
    assert anna.introduced[1:] == ("leader", "button: card") and anna.introduced.at_ms == rig.now_ms
    page = wearers_page.page([anna, bo, carla], "da")
    assert "Har ikke øvet: <strong>bo, carla</strong>" in page
    assert "Er ikke introduceret: <strong>carla</strong>" in page
    forget_details(rig)
    assert read(rig, wearers.read)[0].introduced is not None, "the house must know it for as long as she is there"
    assert read(rig, report.month, "2027-01")["practised"] == ["anna"]
    assert unpractised(rig) == ("bo", "carla")
    rig.act("rename", 1, name="Ann", same=1)
    rig.run(1)
    rig.act("rename", 2, name="Bob")  # the newest of a table stays in any case
    forget_details(rig)
    ann = next(one for one in read(rig, wearers.read) if one.name == "Ann")
    assert list(ann.practised) == ["fall"] and ann.introduced and unpractised(rig) == ("Bob", "carla")
    rig.act("rename", 1, name="Eva")
    eva = next(one for one in read(rig, wearers.read) if one.name == "Eva")
    assert eva.introduced is None and not eva.practised and unpractised(rig) == ("Eva", "Bob", "carla")
    assert read(rig, report.month, "2027-01")["practised"] == ["anna"]


async def test_who_only_gets_another_name_has_still_practised_and_is_signed_in_by_it(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    store = rig.store
    rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_PRACTICE, refresh=False)
    rig.run(30)
    rig.act("introduced", 1, by="leader", text="card")
    made(store, "anna", "wearer", 1)
    made(store, "Eva", "colleague")
    made(store, "leader", "manager")
    async with served(store) as (url, _), Browser(url) as own, Browser(url) as one:
        await own.sign_in("anna")
        await one.sign_in("leader")
        taken = await one.post("/api/badges/1/rename?lang=da", {"name": "EVA", "same": 1})
        assert taken[:2] == (400, "Navnet er brugt.") and names(rig)[1] == "anna"
        assert (await one.post("/api/badges/1/rename", {"name": "Ida", "same": 2}))[0] == 400
        for name in (" Ida  Berg ", "Ida Lund"):
            assert (await one.post("/api/badges/1/rename", {"name": name, "same": 1}))[0] == 200
        assert json.loads((await own.get("/api/me"))[1])["name"] == "Ida Lund"
        assert (await own.get("/record/1"))[0] == 200, "it is still her own"
        ida = next(each for each in read(rig, wearers.read) if each.device == 1)
        assert ida.name == "Ida Lund" and list(ida.practised) == ["fall"] and ida.introduced.text == "card"
        async with Browser(url) as again:
            assert (await again.sign_in("ida lund"))[0] == 200
        assert (await one.post("/api/badges/1/rename", {"name": "Mia", "same": 0}))[0] == 200
        mia = next(each for each in read(rig, wearers.read) if each.device == 1)
        assert not mia.practised and mia.introduced is None
        assert json.loads((await own.get("/api/alarms"))[1])["badges"] == [], "the badge is somebody else's"
        for door in ("/record/1", "/record/99", "/where/99.svg"):
            assert (await own.get(door))[0] in (403, 404), door
        assert (await own.post("/api/alarms/99/note", {"text": "x"}))[0] == 403
    with store.engine.connect() as db:
        told = db.execute(select(ACCOUNT_EVENTS.c.event, ACCOUNT_EVENTS.c.who, ACCOUNT_EVENTS.c.detail).where(
            ACCOUNT_EVENTS.c.event.in_(("renamed", "badge")))).all()
    assert [tuple(line) for line in told] == [
        ("renamed", "leader", "Ida Berg"), ("renamed", "leader", "Ida Lund"), ("badge", "leader", "")]
    store.close()


def test_a_town_of_badges_is_one_page_that_grows_by_a_line_each_and_a_search_finds_every_one(rig):
    anna = read(rig, wearers.read)[0]
    town = [anna._replace(device=n, name=f"wearer {n}") for n in range(1, 1001)]
    page = wearers_page.page(town, "en")
    assert len(page) < 1_000_000 and page.count("<details") == wearers_page.SHOWN_MOST and "900 more badges" in page
    for find in ("wearer 777", "777", " WEARER 777 "):
        assert wearers_page.page(town, "en", None, find).count('<details id="badge777"') == 1
    assert WORDS["en"]["found_none"] in wearers_page.page(town, "en", None, EVIL) and EVIL not in page


@pytest.mark.parametrize("lang", WORDS)
def test_any_name_is_shown_as_text_and_each_colour_with_what_was_agreed(tmp_path, lang):
    rig = Rig(tmp_path / "kald.sqlite", EVIL, ("bo", EVIL))
    rig.plan({**plans.DEFAULT, "plans": [
        {"name": "red", "colours": ["red"], "agreement": EVIL, "steps": plans.DEFAULT["plans"][0]["steps"]},
        plans.DEFAULT["plans"][1]]})
    rig.act("introduced", 1, by=EVIL, text=EVIL)
    page = wearers_page.page(read(rig, wearers.read), lang)
    assert "<img" not in page and " style=" not in page and page.count(WORDS[lang]["nothing_agreed"]) == 4


async def test_roles_do_what_the_table_says_and_who_has_lent_a_badge_sees_nothing_of_the_temp(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", "spare")
    store = rig.store
    alarm(rig, 1)
    for role in permissions.ROLES:
        made(store, role, role, 1 if role == "wearer" else None)
    async with served(store) as (url, _), Browser(url) as owner:
        await owner.sign_in("wearer")
        assert (await owner.get("/record/1"))[0] == 200
        for role in permissions.ROLES:
            async with Browser(url) as one:
                await one.sign_in(role)
                runs = role in permissions.PEOPLE
                assert (await one.get("/wearers"))[0] == (200 if runs else 403), role
                told = await one.post("/api/badges/2/rename?lang=da", {"name": f"Bo {role}", "by": "bo"})
                assert told[0] == (200 if runs else 403), (role, told)
                one.csrf = "not this page's"
                assert (await one.post("/api/badges/2/rename", {"name": "Bo"}))[0] == 403
        async with Browser(url) as one:
            await one.sign_in("manager")
            used = await one.post("/api/badges/2/rename?lang=da", {"name": "ANNA"})
            assert used[:2] == (400, "En anden brik hedder allerede ANNA.")
            until_ms = time.time_ns() // 1_000_000 + HOUR_MS
            assert (await one.post("/api/badges/1/lend", {"name": "Temp", "until_ms": until_ms}))[0] == 200
            rig["anna"].alarm(codes.KIND_FALL, alarm_id=90, refresh=False)
            facts = json.loads((await owner.get("/api/alarms"))[1])
            assert facts["alarms"] == [] and facts["badges"] == []
            assert (await owner.post("/api/badges/1/pause", {"minutes": 9}))[0] == 403
            assert (await owner.get("/record/2"))[0] == 403 and (await owner.get("/record/1"))[0] == 200
            await one.post("/api/alarms/2/close", {})
            assert (await one.post("/api/badges/1/back"))[0] == 200
            assert (await owner.get("/record/2"))[0] == 403
            facts = json.loads((await owner.get("/api/alarms"))[1])
            assert [one["id"] for one in facts["alarms"]] == [1] and len(facts["badges"]) == 1
            assert (await owner.post("/api/badges/1/pause", {"minutes": 9}))[0] == 200
            assert (await one.post("/api/badges/1/replace", {"with": 3}))[0] == 200
            assert [one["device"] for one in json.loads((await owner.get("/api/alarms"))[1])["badges"]] == [3]
    with store.engine.connect() as db:
        assert db.execute(select(ACCOUNTS.c.device).where(ACCOUNTS.c.role == "wearer")).scalar() == 3
        told = db.execute(select(ACCOUNT_EVENTS).where(ACCOUNT_EVENTS.c.event == "badge")).one()
        assert (told.who, told.detail) == ("manager", "3")
        renamed = db.execute(select(ACTS.c.who).where(ACTS.c.act == "renamed")).scalars().all()
        assert renamed == [role for role in permissions.ROLES if role in permissions.PEOPLE]
    store.close()


@pytest.mark.long
async def test_a_badge_is_lent_and_renamed_by_keyboard_and_the_page_has_no_finding(people, axe, tmp_path):
    home = people("Anna", "Bo", "Æ" * 40)  # a name without a blank must not widen a phone's page
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        where, ready = f"http://127.0.0.1:{home.web}/wearers", "typeof unfolded !== 'undefined'"

        async def fill(verb, text):
            await tab_to(page, "document.querySelector('#badge1 summary')")
            if not await page.ask("document.querySelector('#badge1').open"):
                await page.key("Enter")
            await tab_to(page, f"document.querySelector('#badge1 [data-verb={verb}] input')")
            await type_in(page, text)
            if verb == "rename":  # whose account it is then must be said
                await tab_to(page, "document.querySelector('#badge1 [data-verb=rename] select')")
                await page.key("t")  # the same person
                await tab_to(page, "document.querySelector('#badge1 [data-verb=rename] button')")
            await page.key("Enter")

        await page.show(f"{where}?lang=en", 1366, ready, 768)
        await page.ask("keep('Inge')")
        await fill("rename", "Eva")
        await page.wait("document.querySelector('#badge1 strong')?.textContent === 'Eva'")
        await page.wait("document.querySelector('#badge1')?.open")  # the page comes back where it was
        await fill("lend", "Temp")
        await page.wait("document.querySelector('#badge1')?.open &&"
                        "document.querySelector('#badge1 summary').textContent.includes('belongs to Eva')")
        await fill("group", "own")
        await page.wait("document.querySelector('#refused').textContent === 'A group must not be called own.'")
        await in_each_look(page, axe, [(where, ready)])
