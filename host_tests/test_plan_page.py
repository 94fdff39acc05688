"""Can a manager edit who is called when, by keyboard alone, and is what is wrong refused in the reader's language?"""

import copy
import json
import re

import pytest
from sqlalchemy import select

from firmware import codes
from gateway_rig import BEGAN_MS, Rig, served
from page_rig import looking, people, tab_to, type_in
from axe_rig import axe, in_each_look
from test_sign_in import Browser, each_role, house, made, quick
from tools.gateway import administration, house_events, permissions, plans
from tools.gateway.house_events import Line
from tools.gateway.jobs import reasons, trials
from tools.gateway.pages import plan_words
from tools.gateway.pages import plans as plans_page
from tools.gateway.pages.sheet import unreached
from tools.gateway.pages.words import WORDS
from tools.gateway.tables import HOUSE_EVENTS, TRIALS

__all__ = ["axe", "people", "quick"]
PATH = "/api/house/0/plan"
EVIL = "<img src=x onerror=alert(1)>\"'&"


def edited(**values):
    return {**copy.deepcopy(plans.DEFAULT), **values}


def test_every_refusal_and_every_place_is_said_in_both_languages_with_the_same_things_in_it():
    for said in (*plan_words._SAID.values(), *plan_words._WHERE.values()):
        danish, english = [set(re.findall(r"{(\w+)}", text)) for text in said]
        assert danish == english, said
    source = open(plans.__file__, encoding="utf-8").read()
    assert set(re.findall(r'Wrong\("(\w+)"', source)) == set(plan_words._SAID)
    assert set(re.findall(r'\(\("(\w+)"|, \("(\w+)", number', source)) >= {("plan", ""), ("name", "")}


def test_what_every_house_begins_with_and_why_nobody_was_reached_is_said_in_the_readers_language(tmp_path):
    assert {f"why {said}" for said in reasons.ALL} <= set(plan_words.BOTH)
    assert all(f"plan {name}" in plan_words.BOTH for name in plans.NAMES)
    page = plans_page.page(plans.DEFAULT, {}, [Line(BEGAN_MS, "Inge", "plan", ", ".join(plans.NAMES))], "da")
    assert "everything else" not in page and page.count("alt andet") == 2 and ">assistance</h3>" in page
    for where, danish in (("everything else, 4. siren", "alt andet, 4. sirene"),
                          ("night, 1. notify 2/3", "night, 1. besked 2/3"), ("assist", "assistance"),
                          ("mine", "mine"), (EVIL, EVIL)):
        assert unreached(where, WORDS["da"]) == danish


@pytest.mark.parametrize("change, danish", [
    ({"again_s": 1}, "Tiden, før planen begynder forfra, skal være et helt tal fra 30 til 3600."),
    ({"plans": []}, "Planerne skal være 1 til 50 i tal."),
    ({"plans": [{"name": "x", "steps": [{"do": "notify", "after_s": 0, "to": ["mail"]}]}]},
     "En adresse i trin 1 i plan 1 har ikke :// i sig, som ntfys://ntfy.example/emne har."),
    ({"plans": [{"name": "x", "colours": ["red"], "steps": [{"do": "siren", "after_s": 0, "topic": ""}]}]},
     "Den sidste plan skal passe på alle alarmer: uden grupper, brikker, arter og farver."),
    ({"plans": [{"name": "x" * 61, "steps": []}]}, "Navnet på plan 1 skal være en tekst på 1 til 60 tegn."),
])
async def test_what_is_wrong_is_refused_in_danish_where_it_is_and_nothing_changes(tmp_path, change, danish):
    store, _ = house(tmp_path)
    made(store, "Inge", "manager")
    async with served(store) as (url, _), Browser(url) as one:
        await one.sign_in("Inge")
        before = json.loads((await one.get("/api/plan"))[1])
        status, text, _ = await one.post(f"{PATH}?lang=da", {"plan": edited(**change), "was": before["was"]})
        assert (status, text) == (400, danish)
        english = (await one.post(f"{PATH}?lang=en", {"plan": edited(**change), "was": before["was"]}))[1]
        assert english != danish and "plan" in english or "again_s" in english
        assert json.loads((await one.get("/api/plan"))[1]) == before
    store.close()


async def test_a_plan_is_put_in_force_in_ones_own_name_and_never_over_somebody_elses(tmp_path):
    store, _ = house(tmp_path)
    async for role, one in each_role(store):
        runs = role in ("manager", "administrator")
        assert (await one.get("/plans"))[0] == (200 if runs else 403), role
        status, text, _ = await one.get("/api/plan")
        assert status == (200 if runs else 403), role
        was = json.loads(text)["was"] if runs else administration.digest(plans.DEFAULT)
        new = edited(again_s=100 + len(role), plans=[{"name": role, "steps": [
            {"do": "notify", "after_s": 0, "to": ["ntfys://ntfy.example/" + "x" * 400] * 30}] * 12}])
        given = {"plan": new, "was": was, "by": "somebody else"}
        assert (await one.post(PATH, given))[0] == (200 if runs else 403), role
        stale = await one.post(f"{PATH}?lang=en", given)
        assert stale[0] == (409 if runs else 403) and not runs or "Somebody else" in stale[1], role
        csrf, one.csrf = one.csrf, "not this page's"
        assert (await one.post(PATH, {**given, "was": administration.digest(new)}))[0] == 403
        one.csrf = csrf
        assert (await one.post(PATH, {**given, "more": "x" * 400_000}))[0] in (403, 413), role
        for wrong in ([], 7, {"plan": None}, {}):
            assert (await one.post(PATH, wrong))[0] in (400, 403)
    with store.engine.connect() as db:
        told = [(row.who, row.event) for row in db.execute(select(HOUSE_EVENTS)).all()]
        assert plans.house(db)["plans"][0]["name"] == told[-1][0]
    assert told == [(name, "plan") for name in permissions.ROLES if name in ("manager", "administrator")]
    store.close()


async def test_while_nobody_has_an_account_a_name_is_asked_for(tmp_path):
    store, _ = house(tmp_path)
    async with served(store) as (url, _), Browser(url) as one:
        given = {"plan": edited(again_s=99), "was": administration.digest(plans.DEFAULT)}
        assert (await one.post(PATH, given))[0] == 400
        assert (await one.post(PATH, {**given, "by": "Anna"}))[0] == 200
    with store.engine.connect() as db:
        assert [line.who for line in house_events.latest(db, ("plan",), 9)] == ["Anna"]
    store.close()


async def test_the_page_says_which_address_was_reached_and_shows_none_in_the_picture(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", ("bo", "night"))
    step = {"do": "notify", "after_s": 5, "to": ["ntfys://a.example/secret", "ntfys://b.example/secret"]}
    rig.plan(edited(plans=[{"name": EVIL, "agreement": EVIL, "steps": [
        {"do": "badges", "after_s": 0, "group": "night", "who": "any"}, step,
        {"do": "siren", "after_s": 7, "topic": ""}]}]))
    with rig.store.engine.begin() as db:
        for target, why in zip(step["to"], ("", "no such host")):
            db.execute(TRIALS.insert().values(key=trials.key("notify", json.dumps(target)), due_ms=1, tries=1, why=why,
                                              tried_ms=BEGAN_MS))
        plan = plans.house(db)
    page = plans_page.page(plan, {"night": ["bo"], "house": ["anna"]}, [], "da")
    assert "secret" not in page and EVIL not in page and "<img" not in page and " style=" not in page
    assert "0 s: kald night: alle på vagt (bo)" in page and "5 s: besked (2)" in page
    assert "12 s: sirene: IKKE SAT OP" in page and "så forfra efter 120 s" in page
    async with served(rig.store) as (url, _), Browser(url) as one:
        reached = json.loads((await one.get("/api/plan"))[1])["reached"]
        assert reached == [[[], [["reached", ""], ["not_reached", "no such host"]], []]]


@pytest.mark.long
async def test_a_plan_is_edited_by_keyboard_alone_and_the_page_has_no_finding(people, axe, tmp_path):
    home = people("Anna", "Bo")
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        base, ready = f"http://127.0.0.1:{home.web}", "document.querySelector('#save') !== null"

        async def instead(text):
            await page.ask("document.activeElement.select()")  # as Ctrl+A does
            await type_in(page, text)

        def labelled(text):
            labels = "[...document.querySelectorAll('#plan label')]"
            return f"{labels}.find(one => one.textContent.startsWith({text!r})).control"

        await page.show(f"{base}/plans?lang=en", 1366, ready, 768)
        await page.ask("keep('Inge')")
        await tab_to(page, labelled("Agreed beforehand"))
        await instead("Two go")
        await tab_to(page, "document.querySelector('[data-key=\"Plan 1 add\"]')")
        await page.key("Enter")
        added = "document.querySelectorAll('#plan fieldset ol')[0].children.length"
        assert await page.ask(added) == 4
        assert await page.ask("document.activeElement.tagName") == "SELECT", "the focus is on the new step"
        await tab_to(page, "document.querySelector('[data-key=\"Plan 1 move 3\"]')")
        await page.key("Enter")
        assert (await page.ask("document.activeElement.dataset.key")) == "Plan 1 move 2", "the focus went along"
        for box in ("No red visit", "Tell when no colleague", "Seconds from somebody's arrival"):
            await tab_to(page, labelled(f" {box}" if "Sec" not in box else box))
            await (instead("600") if "Sec" in box else page.key(" "))
        await tab_to(page, "document.querySelector('#save')")
        await page.key("Enter")
        await page.wait("document.querySelector('#done').textContent.startsWith('The plan is in force')")
        plan = json.loads(await page.ask("fetch('/api/plan').then(a => a.text())"))["plan"]
        assert plan["rules"] == {"red_not_alone": True, "within_call": {"to": []}, "closed_s": 600}
        assert [step["do"] for step in plan["plans"][0]["steps"]] == ["badges", "badges", "badges", "notify"]
        assert plan["plans"][0]["agreement"] == "Two go" and plan["checklist"] == plans.DEFAULT["checklist"]
        home["Anna"].alarm(codes.KIND_ASSIST, refresh=False)
        await page.wait("fetch('/api/alarms').then(a => a.json()).then(f => f.alarms[0]?.agreement === 'Two go')")
        await tab_to(page, labelled("Seconds until the plan begins again"))
        await instead("7")
        await tab_to(page, "document.querySelector('#save')")
        await page.key("Enter")
        await page.wait("document.querySelector('#refused').textContent.startsWith('again_s must be')")
        await in_each_look(page, axe, [(f"{base}/plans", ready)])
