"""Can a manager enter where a colleague runs to, by keyboard alone, and is what is wrong refused in words?"""

import base64
import json
import re

import pytest
from sqlalchemy import select

from axe_rig import axe, in_each_look
from page_rig import looking, people, tab_to, type_in
from test_floor_plans import HEAD, png
from gateway_rig import served
from test_sign_in import Browser, each_role, house, made, quick
from tools.gateway import permissions
from tools.gateway.pages import place_words, words as page_words
from tools.gateway.places import floor_plan, learning
from tools.gateway.tables import FLOOR_PLANS, HOUSE_EVENTS, PLACES

__all__ = ["axe", "people", "quick"]
EVIL = "<img src=x onerror=alert(1)>\"'&"
DOOR = "/api/house/0"
HOSTILE = "<script>alert(1)</script><rect onload='alert(1)'/><style>*{fill:url(//evil)}</style>"
DRAWN = base64.b64encode(f'{HEAD}><rect width="30" height="20"/>{HOSTILE}</svg>'.encode()).decode()
PLACE = {"name": "Room 7", "floor": "1", "area": "east", "directions": "through the yard", "x": 3, "y": 4.5}
PLAN = {"floor": "1", "wide": 30, "high": 20, "image": DRAWN}


def test_every_word_is_said_in_both_languages_with_the_same_things_in_it_and_is_no_other_pages():
    def named(text):
        return set(re.findall(r"{(\w+)}", text))

    assert all(named(danish) == named(english) for danish, english in place_words.BOTH.values())
    for part in (page_words._BOTH, *[each.BOTH for each in page_words._MORE if each is not place_words]):
        assert not set(part) & set(place_words.BOTH)


async def test_places_and_plans_are_kept_in_ones_own_name_and_never_over_somebody_elses(tmp_path):
    store, _ = house(tmp_path)
    async for role, one in each_role(store):
        runs, may = role in permissions.PLACES, lambda code: (code if role in permissions.PLACES else 403)
        place = {**PLACE, "name": f"{EVIL[:20]} {role}", "by": "somebody else"}
        assert (await one.post(f"{DOOR}/place", place))[0] == may(200), role
        assert (await one.post(f"{DOOR}/floor_plan", PLAN))[0] == may(200), role
        csrf, one.csrf = one.csrf, "not this page's"
        for verb, given in (("place", PLACE), ("floor_plan", PLAN), ("no_place", {"place": 1})):
            assert (await one.post(f"{DOOR}/{verb}", given))[0] == 403
        one.csrf = csrf
        status, page, _ = await one.get("/places?lang=da")
        assert status == may(200) and "<img src=x" not in page and " style=" not in page
        for floor, code in (("1", may(200)), ("9", may(404)), ("../../etc", may(404))):
            status, drawn, headers = await one.get(f"/floor.svg?floor={floor}&x=nan&y=1")
            assert status == code and "alert" not in drawn.replace("alert(1)&gt;", "")
        if not runs:
            continue
        found = r'data-was="(\w+)"><input type="hidden" name="place" value="(\d+)"'
        was, number = re.findall(found, page)[-1]
        again = {**PLACE, "place": int(number), "was": was, "name": f"Room {role}", "x": None, "y": None}
        assert (await one.post(f"{DOOR}/place", again))[0] == 200
        stale = await one.post(f"{DOOR}/place?lang=da", {**again, "name": "stale"})
        assert stale[:2] == (409, place_words.WORDS["da"]["place_other"])
        used = await one.post(f"{DOOR}/place?lang=da", {**PLACE, "name": f"Room {role}"})
        assert used[:2] == (400, f"Et andet sted hedder allerede Room {role}.")
        assert (await one.post(f"{DOOR}/no_floor_plan", {"floor": "1"}))[0] == 200
        assert (await one.post(f"{DOOR}/no_floor_plan", {"floor": "1"}))[0] == 409
    with store.engine.connect() as db:
        told = [(row.who, row.event) for row in db.execute(select(HOUSE_EVENTS)).all()]
        kept = [row.name for row in db.execute(select(PLACES)).all()]
    runs = [role for role in permissions.ROLES if role in permissions.PLACES]
    assert told == [(role, what) for role in runs for what in ("place", "floor_plan", "place", "no_floor_plan")]
    assert kept == [f"Room {role}" for role in runs]
    store.close()


WRONG = (
    *[("place", {**PLACE, key: value}) for key in ("name", "floor", "area", "directions")
      for value in (7, None, ["x"], "x" * 201, "a\x1bb")],
    *[("place", {**PLACE, key: value}) for key in ("x", "y")
      for value in (-1, 1001, "3", True, [], None, float("nan"), float("inf"), 10**400)],
    *[("place", {**PLACE, "place": value}) for value in (0, -1, "1", True, 10**30, 99, [])],
    *[(verb, {"place": value}) for verb in ("no_place", "forget_place") for value in (None, 0, 99, "1", 10**30)],
    *[("floor_plan", {**PLAN, "image": base64.b64encode(data).decode()}) for data in (
        b"", b"GIF89a", png(9000, 10), png()[:20], b"<svg/>",
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}>&a;</svg>'.encode())],
    *[("floor_plan", {**PLAN, "image": value}) for value in (None, 7, "***", "Å", "x" * 101)],
    *[("floor_plan", {**PLAN, key: value}) for key in ("wide", "high")
      for value in (0, -1, 1001, None, "3", float("nan"))],
    *[("floor_plan", {**PLAN, "floor": value}) for value in ("", 7, None, "x" * 21)],
    ("no_floor_plan", {"floor": 7}), ("no_floor_plan", {"floor": "9"}), ("place", []), ("place", 7), ("floor_plan", {}),
)


async def test_what_is_wrong_is_refused_in_the_readers_language_and_changes_nothing(tmp_path):
    store, _ = house(tmp_path)
    made(store, "Inge", "manager")
    async with served(store) as (url, _), Browser(url) as one:
        await one.sign_in("Inge")
        assert (await one.post(f"{DOOR}/place", PLACE))[0] == 200
        for verb, given in WRONG:
            said = [await one.post(f"{DOOR}/{verb}?lang={lang}", given) for lang in ("da", "en")]
            assert {answer[0] for answer in said} <= {400, 409}, (verb, given, said)
            assert said[0][1] != said[1][1] and "{" not in said[0][1] + said[1][1], (verb, given)
        large = {**PLAN, "image": "A" * (4 * floor_plan.BYTES_MOST // 3 + 20_000)}
        assert (await one.post(f"{DOOR}/floor_plan", large))[0] == 413
    with store.engine.connect() as db:
        assert [place.name for place in learning.places(db)] == ["Room 7"] and not floor_plan.floors(db)
        assert len(db.execute(select(HOUSE_EVENTS)).all()) == 1
    store.close()


async def test_of_an_uploaded_plan_nothing_hostile_is_kept(tmp_path):
    store, _ = house(tmp_path)
    async with served(store) as (url, _), Browser(url) as one:
        assert (await one.post(f"{DOOR}/floor_plan", {**PLAN, "image": DRAWN, "by": "Inge"}))[0] == 200
        with store.engine.connect() as db:
            kept = db.execute(select(FLOOR_PLANS.c.image)).scalar().decode()
        assert 'width="30"' in kept and not re.search("script|alert|evil|style", kept)
    store.close()


@pytest.mark.long
async def test_a_place_is_entered_by_keyboard_pointed_at_and_the_page_has_no_finding(people, axe, tmp_path):
    home = people("Anna")
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        where, ready = f"http://127.0.0.1:{home.web}/places", "typeof opened !== 'undefined'"
        new = "document.querySelector('form[data-verb=place][data-was=\"\"]')"

        await page.show(f"{where}?lang=en", 1366, ready, 900)
        await page.ask("keep('Inge')")
        for name, text in (("name", EVIL[:39]), ("floor", "1"), ("directions", EVIL), ("x", "5"), ("y", "7.5")):
            await tab_to(page, f"{new}.elements.{name}")
            await type_in(page, text)
        await page.key("Enter")
        await page.wait("document.querySelector('#place1 strong') !== null")
        assert await page.ask("document.querySelector('#place1 strong').textContent") == EVIL[:39]
        given = json.dumps({**PLAN, "by": "Inge"})
        await page.wait("typeof act === 'function'")  # its script may still be on its way
        await page.ask(f"act('house', 0, 'floor_plan', {given})")
        await page.show(f"{where}?lang=en", 1366, ready, 900)
        await page.ask("document.querySelector('#place1').open = true")
        await page.wait("document.querySelector('img[data-wide]').naturalWidth > 0")
        await page.ask("document.querySelector('img[data-wide]').scrollIntoView({block: 'center'})")
        await page.click("document.querySelector('img[data-wide]')")  # its middle
        spot = "[...document.querySelectorAll('#place1 [name=x], #place1 [name=y]')].map(e => e.value)"
        assert await page.ask(spot) == ["15.0", "10.0"]
        await tab_to(page, "document.querySelector('#place1 form[data-verb=place] button')")
        await page.key("Enter")
        await page.wait(f"document.querySelector('#place1')?.open && {spot}.join() === '15,10'")
        await in_each_look(page, axe, [(where, ready)])
