"""After an alarm: is it told in sentences, and is what is left to do owned, dated, listed and done, all by name?"""

import csv
import io
import json
import re

import pytest

from firmware import codes
from gateway_rig import Rig, on_file, served
from page_rig import OPEN, looking, people, tab_to, type_in
from axe_rig import axe, in_each_look
from test_sign_in import Browser, each_role, quick
from tools.gateway import incidents, permissions, records
from tools.gateway.acts import Wrong
from tools.gateway.pages import follow_up
from tools.gateway.pages import incidents as incidents_page
from tools.gateway.pages.words import WORDS
from tools.gateway.plans import DEFAULT, ITEMS, check
from tools.gateway.plans import Wrong as WrongPlan

__all__ = ["axe", "people", "quick"]
DAY_MS = 86_400_000


rig = on_file("anna", "bo", "carla")


def read(rig, what, *more):
    with rig.store.engine.connect() as db:
        return what(db, *more)


def alarm(rig, outcome="real"):
    """Let an emergency come, be taken and closed."""
    number = len(rig.store.alarms()) + 1
    rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=50 + number, refresh=False)
    rig.run(8)
    rig["bo"].answer(rig["anna"], 50 + number)
    rig.run(30)
    rig.act("close", number, by="bo", outcome=outcome)
    return number


def test_every_item_of_the_guides_list_is_due_and_an_old_list_of_texts_still_holds(rig):
    number = alarm(rig)
    record = read(rig, records.read, number)
    hours = [(one["due_ms"] - record["closed_ms"]) / 3_600_000 for one in record["checks"]]
    assert [one["item"] for one in record["checks"]] == list(ITEMS) and hours == sorted(hours)
    assert 72 in [hours[n] for n, item in enumerate(ITEMS) if "EASY" in item]
    rig.plan({**DEFAULT, "checklist": ["Ring home"]})
    assert read(rig, records.read, alarm(rig))["checks"][0]["due_ms"] is None
    for wrong in ({"item": "x"}, *[{"item": "x", "within_h": hours} for hours in (0, True, 9000, "1")],
                  {"item": "", "within_h": 1}, {"item": "x", "within_h": 1, "more": 1}, 7):
        with pytest.raises(WrongPlan):
            check({**DEFAULT, "checklist": [wrong]})


def test_an_alarm_is_on_the_list_from_its_end_until_somebody_says_that_all_is_done(rig):
    assert read(rig, incidents.left) == []
    one = alarm(rig)
    rig["bo"].alarm(codes.KIND_FALL, what=codes.WHAT_PRACTICE, refresh=False)
    rig.run(30)
    false = alarm(rig, "false")
    assert [case.alarm for case in read(rig, incidents.left)] == [one], "no practice, and nothing that was false"
    assert follow_up.section(read(rig, records.read, 2), WORDS["en"]) == ""
    assert not rig.act("follow", 99, done=1) and rig.act("outcome", false, outcome="real")
    assert [case.alarm for case in read(rig, incidents.left)] == [one, false]
    item = read(rig, records.read, one)["checks"][0]["id"]
    assert rig.act("owner", one, by="leader", who="Eva") and rig.act("check", one, by="Eva", item=item, done=1)
    case = read(rig, incidents.left)[0]
    assert (case.owner, case.ticked, case.items) == ("Eva", 1, len(ITEMS))
    assert rig.act("follow", one, by="Eva", done=1) and not rig.act("follow", one, by="Eva", done=1)
    assert [case.alarm for case in read(rig, incidents.left)] == [false]
    assert [case.alarm for case in read(rig, incidents.done)] == [one]
    assert rig.act("follow", one, by="leader", done=0) and len(read(rig, incidents.left)) == 2
    steps = [(line["step"], line["who"], line["detail"]) for line in read(rig, records.read, one)["events"]]
    assert steps[-4:] == [("owned", "leader", "Eva"), ("checked", "Eva", ITEMS[0]),
                          ("followed", "Eva", f"1 / {len(ITEMS)}"), ("unfollowed", "leader", f"1 / {len(ITEMS)}")]


def test_what_is_due_first_stands_first_and_is_overdue_after_its_day(rig):
    one, two = alarm(rig), alarm(rig)
    assert read(rig, incidents.overdue, rig.now_ms) == 0
    assert read(rig, incidents.overdue, rig.now_ms + 2 * DAY_MS) == 2
    items = [line["id"] for line in read(rig, records.read, one)["checks"]]
    for item in items:
        assert rig.act("due", one, by="leader", item=item)
    assert read(rig, incidents.overdue, rig.now_ms + 99 * DAY_MS) == 1, "whenever"
    assert [case.alarm for case in read(rig, incidents.left)] == [two, one]
    assert rig.act("to_do", one, by="leader", text="Ring the union", due_ms=rig.now_ms + 1)
    assert [case.alarm for case in read(rig, incidents.left)] == [one, two]
    assert read(rig, incidents.overdue, rig.now_ms + 2) == 1
    page = incidents_page.page(read(rig, incidents.left), [], "da", rig.now_ms + 2)
    assert page.count("OVERSKREDET") == 1 and page.index("/record/1") < page.index("/record/2")
    for line in read(rig, records.read, one)["checks"]:
        rig.act("check", one, by="Eva", item=line["id"], done=1)
    assert read(rig, incidents.overdue, rig.now_ms + 99 * DAY_MS) == 1, "what is ticked is never overdue"
    assert not rig.act("due", two, item=items[0]), "an item of another alarm"
    for _ in range(records.CHECKS_MOST):
        full = rig.act("to_do", one, text="More")
    assert not full


@pytest.mark.parametrize("verb, given", [
    ("owner", {"who": "x" * 41}), ("owner", {"who": ["Eva"]}), ("owner", {"who": "\x1b"}), ("follow", {}),
    ("follow", {"done": 2}), ("to_do", {}), ("to_do", {"text": "x" * 201}), ("to_do", {"text": "x", "due_ms": -1}),
    ("to_do", {"text": "x", "due_ms": "2027-01-01"}), ("due", {"item": 1, "due_ms": 10**15}), ("due", {"item": "1"}),
])
def test_what_is_not_right_changes_nothing(rig, verb, given):
    number = alarm(rig)
    before = read(rig, records.read, number)
    with pytest.raises(Wrong):
        rig.act(verb, number, **given)
    assert read(rig, records.read, number) == before


def test_nothing_is_owned_or_done_while_the_alarm_is_open(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    for verb, given in (("owner", {"who": "Eva"}), ("follow", {"done": 1}), ("to_do", {"text": "x"})):
        assert not rig.act(verb, 1, **given), verb


@pytest.mark.parametrize("lang, said", [
    ("da", ["anna kaldte: OVERFALDSALARM.", "Kaldt: bo, carla.", "bo kvitterede, 8 s efter.",
            "bo lukkede alarmen, 38 s efter."]),
    ("en", ["anna called: EMERGENCY.", "Called: bo, carla.", "bo took it, 8 s after it came.",
            "bo closed the alarm, 38 s after it came."]),
])
def test_the_story_is_sentences_in_the_readers_language(rig, lang, said):
    told = follow_up.sentences(read(rig, records.read, alarm(rig)), WORDS[lang], lang)
    assert [line.split(": ", 1)[1] for line in told] == said


def test_a_call_that_came_late_is_told_as_late_and_every_sentence_has_words_in_both_languages(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, age_s=90, refresh=False)
    told = follow_up.sentences(read(rig, records.read, 1), WORDS["en"], "en")
    assert "The call was first heard 90 s later." in told
    stories = [{key for key in words if key.startswith("story_")} for words in WORDS.values()]
    assert stories[0] == stories[1] and len(stories[0]) > 20
    for lang in WORDS.values():
        for key in stories[0]:
            assert set(re.findall(r"{(\w+)}", lang[key])) == set(re.findall(r"{(\w+)}", WORDS["en"][key])), key


async def test_only_who_runs_the_house_sees_the_list_and_gives_it_an_owner_in_the_own_name(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    number, store = alarm(rig), rig.store
    rig.act("to_do", number, text="Ring the union", due_ms=1)
    async for role, one in each_role(store):
        runs = role in ("manager", "administrator")
        assert (await one.get("/incidents"))[0] == (200 if runs else 403), role
        reads = role in permissions.RECORDS
        assert (await one.get(f"/record/{number}.csv"))[0] == (200 if reads else 403), role
        told = await one.post(f"/api/alarms/{number}/owner", {"who": "Eva", "by": "somebody else"})
        assert told[0] == (200 if runs else 403), role
        facts = json.loads((await one.get("/api/alarms"))[1])
        assert facts["overdue"] == (0 if role == "wearer" else 1), role
        one.csrf = "not this page's"
        assert (await one.post(f"/api/alarms/{number}/owner", {"who": "Eva"}))[0] == 403
    async with served(store) as (url, _), Browser(url) as one:
        await one.sign_in("manager")
        assert "Eva" in (await one.get("/incidents?lang=en"))[1]
        status, text, headers = await one.get(f"/record/{number}.csv")
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
        assert text.startswith("\ufeff") and rows[0] == list(records.COLUMNS) and len(rows) > 5
        assert "attachment" in headers["Content-Disposition"] and (await one.get("/record/99.csv"))[0] == 404
    with store.engine.connect() as db:
        owned = [line["who"] for line in records.read(db, number)["events"] if line["step"] == "owned"]
    assert owned == [name for name in permissions.ROLES if name in ("manager", "administrator")]
    store.close()


@pytest.mark.long
async def test_the_list_and_the_record_are_worked_by_keyboard_and_have_no_finding(people, axe, tmp_path):
    house = people("Anna", "Bo")
    house["Anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        base = f"http://127.0.0.1:{house.web}"

        await page.show(f"{base}/?lang=da", 1366, f"{OPEN} && facts.alarms.length === 1", 768)
        await page.ask("keep('Inge'); act('alarms', 1, 'close', {outcome: 'real'})")
        await page.wait("facts.alarms.every(a => a.step === 4)")
        await page.show(f"{base}/record/1?lang=da", 1366, "document.querySelector('#owner') !== null", 768)
        await tab_to(page, "document.querySelector('#owner')")
        await type_in(page, "Eva")
        await page.key("Tab")
        await page.key("Enter")
        await page.wait("document.querySelector('#owner')?.defaultValue === 'Eva'")
        await page.wait("typeof until === 'function'")  # the new page can act
        await page.ask("place('to_do').value = 'Ring'; place('to_do_due').value = '2026-01-31'")
        await page.push("place('add_to_do')")
        late = ("document.querySelector('.checks li:last-child')?.textContent"
                ".includes('Ring · frist 2026-01-31 OVERSKREDET')")
        await page.wait(late)
        there = "typeof until === 'function' && place('note').value"
        await page.wait("typeof until === 'function'")
        await page.ask("place('note').value = 'She is well', window.stale = true")
        await page.push("document.querySelector('.checks input[type=checkbox]')")
        await page.wait(f"!window.stale && {there} === 'She is well'")  # a tick reads the page anew, and takes no draft
        await page.ask("place('save').click(), place('save').click()")
        await page.wait(f"document.querySelector('main').textContent.includes('She is well') && {there} === ''")
        assert await page.ask("document.querySelector('main').innerText.split('She is well').length") == 2, "once"
        await page.show(f"{base}/?lang=da", 1366, f"{OPEN}", 768)
        await page.wait("document.querySelector('#strip').textContent.includes('1 frister overskredet')")
        await page.show(f"{base}/record/1?lang=da", 1366, f"{late} && typeof until === 'function'", 768)
        await page.ask("(() => { const f = document.querySelector('.checks li:last-child input[type=date]');"
                       "f.focus(); f.value = '2098-12-31'; })()")
        await page.key("Enter")
        await page.wait("document.body.textContent.includes('frist 2098-12-31')")
        await in_each_look(page, axe, [
            (f"{base}/record/1", "document.querySelector('#owner') !== null"),
            (f"{base}/incidents", "document.querySelector('table') !== null"),
        ])
