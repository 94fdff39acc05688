"""Does the board ever look calm while it knows nothing? In a real browser; the gateway hangs, dies or is cut off.

After 5 s without a beat the whole page says so, and no button looks as if it could act. What is pressed is under way,
then done or refused within 3 s.
"""

import asyncio
import json
import signal
import time

import pytest

from firmware import codes
from page_rig import OPEN, Wire, act, looking, people, press
from tools.gateway import house_zone, live, ring
from tools.gateway.store import open_store

__all__ = ["people"]
CALLED = "document.querySelector('.alarm') !== null"
RING = "Nattevagten, 12 34 56 78"
ABLE = "[...document.querySelectorAll('button.act')].filter(b => b.getAttribute('aria-disabled') !== 'true').length"
QUIET_S = 5
SLACK_S = 1.5  # of a busy machine


def state(facts, alarms, badges, **more):
    return {"alarms": [{"id": n, **facts} for n in alarms], "badges": [{"device": n, **facts} for n in badges], **more}


def applied(facts, change):
    """Return what a page makes of a change, as stream.js does."""
    after = {**facts, **change["other"]}
    for section, part in change["rows"].items():
        key = live.KEYS[section]
        rows = {row[key]: row for row in [*facts[section], *part["rows"]]}
        after[section] = [rows[each] for each in part.get("order", [row[key] for row in facts[section]])]
    return after


@pytest.mark.parametrize("before, after, rows", [
    (state({"a": 1}, [2, 1], [1, 2, 3]), state({"a": 1}, [3, 2, 1], [1, 2, 3]), 1),
    (state({"a": 1}, [1], [1, 2, 3]), state({"a": 2}, [1], [1, 2, 3]), 4),
    (state({"a": 1}, [1, 2], [1, 2]), state({"a": 1}, [2, 1], [2]), 0),
    (state({"a": 1}, [1], [1], ring=""), state({"a": 1}, [1], [1], ring="Bo"), 0),
])
def test_a_change_makes_the_new_facts_of_the_old_and_sends_no_row_that_is_known(before, after, rows):
    change = json.loads(json.dumps(live.change(before, after)))
    assert applied(before, change) == after
    assert sum(len(part["rows"]) for part in change["rows"].values()) == rows


def test_a_page_that_comes_back_gets_what_it_lacks_and_all_of_it_where_that_is_not_known():
    now = [state({"a": 0}, [], [1])]
    stream = live.Live(lambda: now[0], lambda: 0, lambda: 0)
    text, first = stream.since("")
    assert text.startswith("event: whole")
    last = first
    for n in (1, 2):
        now[0] = state({"a": n}, [], [1])
        text, last = stream.since(last)
        assert text.count("event: change") == 1
    assert stream.since(first)[0].count("event: change") == 2 and stream.since(last) == ("", last)
    for odd in ("", "x", "-", first.replace(first[0], "z", 1), f"{last}9", last.split("-")[0] + "--1", "9" * 5000):
        assert stream.since(odd)[0].startswith("event: whole"), odd
    for n in range(live.KEPT + 5):
        now[0] = state({"a": 10 + n}, [], [1])
        last = stream.since(last)[1]
    assert stream.since(first)[0].startswith("event: whole")


async def test_a_loop_that_stands_still_is_not_vouched_for():
    for age_s, beats in ((0.1, True), (live.STILL_S + 1, False)):
        said = []

        async def write(data):
            said.append(data.decode())
            if len(said) == 2:
                raise ConnectionResetError

        stream = live.Live(lambda: {"alarms": [], "badges": [], "n": time.monotonic()}, lambda: age_s, lambda: 0)
        with pytest.raises(ConnectionResetError):
            await stream.follow("", write)
        assert ("event: beat" in said[0]) == beats


def set_ring(house):
    with open_store(house.folder / "kald.sqlite").engine.begin() as db:
        ring.put(db, RING)


async def says_that_it_is_lost(page, lang="da"):
    """Return after how long the page has said so, s; it must then look so all over."""
    took = await page.wait("lost")
    await page.wait(f"{ABLE} === 0 && document.title.startsWith('⚠')")
    await page.ask("scrollTo(0, document.body.scrollHeight)")
    banner = await page.ask("(() => { const at = document.getElementById('lost').getBoundingClientRect();"
                            "return [at.top >= 0 && at.bottom <= innerHeight && at.height > 40,"
                            "document.getElementById('lost').textContent,"
                            "getComputedStyle(document.querySelector('main')).filter]; })()")
    assert banner[0], "the banner is scrolled away"
    assert RING in banner[1] and ("INGEN FORBINDELSE" in banner[1]) == (lang == "da")
    assert "brightness(0.65)" in banner[2]
    assert await page.ask("calls()") == 0, "a lost link has a sound of its own"
    return took


@pytest.mark.parametrize("lang, says", [("da", "Gå ud og se til kollegerne"), ("en", "Go and look after your")])
async def test_a_page_without_scripts_says_that_it_shows_nothing_and_looks_neither_calm_nor_able(lang, says, people,
                                                                                                tmp_path):
    house = people("Anna")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as page:
        await page.do("Emulation.setScriptExecutionDisabled", value=True)
        await page.show(f"http://127.0.0.1:{house.web}/?lang={lang}", 390, "document.readyState === 'complete'", 844)
        seen = await page.ask("document.body.innerText")
        assert "JavaScript" in seen and says in seen
        assert await page.ask("[...document.querySelectorAll('button, h2')].filter(e => e.offsetParent)"
                              ".map(e => e.textContent)") == []


@pytest.mark.parametrize("how", ["stopped", "killed", "cut"])
async def test_a_gateway_that_is_gone_is_said_over_the_whole_page_in_five_seconds(how, people, tmp_path):
    house = people("Anna", "Bo")
    set_ring(house)
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as page:
        async with Wire(house.web) as wire:
            await page.show(f"http://127.0.0.1:{wire.port}/", 1000, f"{OPEN} && {CALLED}", 500)
            assert await page.ask(ABLE) > 0 and await page.ask("document.getElementById('lost').hidden")
            {"stopped": house.stop, "killed": lambda: house.stop(signal.SIGKILL), "cut": wire.cut}[how]()
            assert await says_that_it_is_lost(page) < QUIET_S + SLACK_S
            if how == "stopped":
                house.stop(signal.SIGCONT)
            elif how == "cut":
                wire.cut(False)
            else:
                house.gateway.end()
                house.gateway.begin()
                house["Bo"].alarm(codes.KIND_FALL)
            await page.wait("!lost")
            assert await page.ask("document.getElementById('lost').hidden") and await page.ask(ABLE) > 0
            house["Bo"].alarm(codes.KIND_FALL, alarm_id=70)
            await page.wait("document.querySelectorAll('.alarm').length > 1")


async def test_an_act_at_a_gateway_that_hangs_is_refused_in_three_seconds_and_not_done_later(people, tmp_path):
    house = people("Anna", "Bo")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/", 1000, f"{OPEN} && {CALLED}", 700)
        await act(page, press("Jeg kommer"), "document.querySelector('dialog[open]') !== null")
        house.stop()
        await page.ask("(real => { setTimeout = (act, ms) => (`${act}`.includes('abort') && (patience_ms = ms),"
                       "real(act, ms)); })(setTimeout); skew_ms -= 10000")  # as if it took so long to get there
        await page.click(press("Bo", "document.querySelector('dialog')"))
        await page.wait("document.querySelector('.alarm .act').textContent.startsWith('Sender')")
        await page.wait("document.getElementById('refused').textContent.startsWith('INTET SVAR')")
        assert await page.ask("patience_ms") == 3000
        assert await page.ask("document.activeElement.textContent.startsWith('Jeg kommer')")
        house.stop(signal.SIGCONT)
        house["Bo"].beat(codes.FAULT_BATTERY_LOW)
        await page.wait("document.querySelector('.chip.doubtful') !== null")
        assert await page.ask("facts.alarms[0].step") == codes.STEP_RECEIVED, "done long after it was given up"
        await act(page, press("Jeg kommer"), "document.querySelector('.alarm.step2') !== null")
        await page.wait("place('done').textContent === 'Gjort: du kommer'")
        assert await page.ask("document.getElementById('refused').hidden")


async def test_every_act_that_is_pressed_with_a_mouse_is_sent_and_answered(people, tmp_path):
    house = people("Anna", "Bo")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    row = "document.querySelector('#badges [data-key=\"badges 2\"]')"
    async with looking(tmp_path) as page:
        old = """delete AbortSignal.timeout; delete URLSearchParams.prototype.size;  // as an old tablet has it
          window.meets = 0; const ask = fetch;  // and its first question is lost: who has signed in here?
          window.fetch = (to, ...more) => to === "/api/me" && !meets++ ? Promise.reject(Error(to)) : ask(to, ...more)"""
        await page.do("Page.enable")
        await page.do("Page.addScriptToEvaluateOnNewDocument", source=old)
        there = f"{OPEN} && {CALLED} && location.search === '?lang=en'"
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en&alarm=1", 1366, there, 3000)
        assert await page.ask("keep('Eva'), AbortSignal.timeout === undefined")

        async def pressed(text, inside):
            await act(page, press(text, inside), "place('done').textContent.startsWith('Done')")

        await page.ask("act('badges', 99, 'on')")
        assert await page.ask("meets") >= 2, "who has not been told asks before she acts"
        await page.click(f"{row}.querySelector('summary')")
        await page.wait(f"{press('Visit: red', row)} !== undefined")
        for text in ("Visit: red", "Visit: yellow", "30 min more", "End visit", "Pause 15 min", "Practise", "Test now",
                     "End shift"):
            await pressed(text, row)
        called = "document.querySelector('.alarm')"
        await page.click(f"{called}.querySelector('[data-do=close]')")
        await page.wait(f"{press('False', called)} !== undefined")
        await pressed("False", called)


async def test_three_people_at_one_alarm_are_each_told_what_came_of_it_whatever_clock_their_laptop_has(
        people, tmp_path):
    house, names = people("Anna", "Bo", "Carla", "Dina"), ("Bo", "Carla", "Dina")
    house["Anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    with open_store(house.folder / "kald.sqlite").engine.begin() as db:
        house_zone.put(db, "Asia/Kathmandu")
    inside, comes = "document.querySelector('.alarm')", "document.querySelector('.comes').textContent"
    wrong_clock = "{const D = Date, now = D.now; Date.now = () => now() + 3600000;}"
    async with looking(tmp_path) as page:
        tabs = [await page.tab() for _ in names]
        for tab, name, zone in zip(tabs, names, ("Europe/Copenhagen", "America/New_York", "Asia/Tokyo")):
            await tab.do("Emulation.setTimezoneOverride", timezoneId=zone)
            if zone == "Asia/Tokyo":
                await tab.do("Page.addScriptToEvaluateOnNewDocument", source=wrong_clock)
            await tab.show(f"http://127.0.0.1:{house.web}/?lang=en", 1366, f"{OPEN} && {CALLED}", 768)
            await tab.ask(f"keep('{name}')")
        seen = {await tab.ask("document.querySelector('.since').textContent") for tab in tabs}
        assert len(seen) == 1 and "now" in seen.pop(), "one time, the house's, and its age by the gateway's clock"
        await asyncio.gather(*[tab.ask(f"{press('I am coming', inside)}.click()") for tab in tabs])
        for tab in tabs:
            await tab.wait(" && ".join(f"{comes}.includes('{name} is coming')" for name in names))
            await tab.ask("moved_at = -1000; done('')")
        for tab in tabs[:2]:
            await tab.ask(f"{inside}.querySelector('[data-do=close]').click()")
        await asyncio.gather(tabs[0].ask(f"{press('Real', inside)}.click()"),
                             tabs[1].ask(f"{press('False', inside)}.click()"))
        said = "place('done').textContent, place('refused').textContent"
        for tab in tabs[:2]:
            await tab.wait(f"[{said}].some(text => text && text !== words.sending)")
        told = sorted([(await tab.ask(f"[{said}].join('')"))[:15] for tab in tabs[:2]])
        assert told == ["Done: the alarm", "Too late: the a"]
        await tabs[2].wait("facts.alarms[0].step === 4 && ['real', 'false'].includes(facts.alarms[0].outcome)")
        await tabs[2].ask("document.querySelector('#over a').click()")
        await tabs[2].wait("document.querySelector('#desk') !== null")
        house["Bo"].alarm(codes.KIND_EMERGENCY, alarm_id=77, refresh=False)
        await tabs[2].ask("history.back()")
        await tabs[2].wait(f"{OPEN} && document.querySelector('.alarm h3')?.textContent.includes('Bo')")


async def test_thirty_tabs_share_one_stream_and_each_of_them_works(people, tmp_path):
    house = people("Anna", "Bo")
    async with looking(tmp_path) as page:
        tabs = [page]
        while len(tabs) < 30:
            tabs.append(await page.tab())
        for tab in tabs:
            await tab.show(f"http://127.0.0.1:{house.web}/?lang=en", 800, OPEN, 600)
        house["Anna"].alarm(codes.KIND_EMERGENCY)
        for tab in tabs:
            await tab.wait(CALLED)
        await act(tabs[-1], press("I am coming"), "document.querySelector('dialog[open]') !== null")
        await tabs[-1].click(press("Bo", "document.querySelector('dialog')"))
        for tab in tabs:
            await tab.wait("document.querySelector('.alarm.step2') !== null")
            own = "performance.getEntriesByType('resource').filter(e => /events/.test(e.name)).length"
            assert await tab.ask(own) == 0


async def test_a_page_whose_shared_worker_is_gone_listens_by_itself(people, tmp_path):
    house = people("Anna", "Bo")
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/", 1000, OPEN, 700)
        assert await page.ask("mine") is False
        await page.ask("told_at -= 20000; watch()")
        assert await page.ask("mine") is True
        house["Anna"].alarm(codes.KIND_EMERGENCY)
        await page.wait(f"{OPEN} && document.querySelectorAll('.alarm').length === 1")


def test_the_number_to_ring_is_one_line_of_the_house_and_nothing_else(tmp_path, capsys):
    from tools.cli import ring as command

    folder = ["--data", str(tmp_path)]
    open_store(tmp_path / "kald.sqlite").close()
    for words, code, says in ((["set", RING], 0, RING), (["show"], 0, RING), (["set", "x" * 121], 2, "120"),
                              (["set", "a\nb"], 2, "printed"), (["set", ""], 0, "nobody"), (["show"], 0, "nobody")):
        assert command.main([*words, *folder]) == code
        said = capsys.readouterr()
        assert says in said.out + said.err
    assert command.main(["show", "--data", str(tmp_path / "no")]) == 2
