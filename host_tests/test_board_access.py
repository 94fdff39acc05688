"""Can everybody use the pages: by keyboard, by ear, at 200 % and without motion? WCAG 2.2 AA, in a real browser."""

import re
from pathlib import Path

import pytest

from axe_rig import axe, faultless
from firmware import codes
from page_rig import OPEN, act, looking, people, tab_to

__all__ = ["axe", "people"]
ROOT = Path(__file__).resolve().parent.parent
SIZES = {"laptop": (1366, 768), "phone": (390, 844), "zoomed": (683, 384)}
ALARMS = "document.querySelectorAll('.alarm').length"
FOCUS = "(document.activeElement.textContent || document.activeElement.id || document.activeElement.tagName)"


def full(people):
    """Return a house in which about everything is the matter that can be."""
    house = people("Anna", "Bo", "Cecilie", "Dennis", ("Emilie", "Hus 2"), "Frederik", "Gitte", "Hassan", "Ida")
    house["Bo"].beat(codes.FAULT_PART_SILENT)
    house["Emilie"].mode = codes.MODE_NOT_READY
    house["Emilie"].beat(codes.FAULT_BATTERY_LOW)
    house["Frederik"].mode = codes.MODE_OFF
    house["Frederik"].beat()
    house["Cecilie"].alarm(codes.KIND_ASSIST)
    house["Dennis"].alarm(codes.KIND_FALL)
    house["Hassan"].alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM)
    house["Ida"].alarm(codes.KIND_CHECK_IN, what=codes.WHAT_CANCELLED)
    house["Gitte"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_PRACTICE)
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    return house


async def wish(page, **features):
    """Let the reader have these wishes: prefers_color_scheme, prefers_reduced_motion."""
    wishes = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    await page.do("Emulation.setEmulatedMedia", features=wishes)


@pytest.mark.parametrize("lang", ["da", "en"])
async def test_no_page_has_a_finding_of_any_grade(lang, people, axe, tmp_path):
    house = full(people)
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        base = f"http://127.0.0.1:{house.web}/"

        for night in (False, True):
            await wish(page, prefers_color_scheme="dark" if night else "light")
            for name, (width, height) in SIZES.items():
                await page.show(f"{base}?lang={lang}", width, f"{OPEN} && {ALARMS} > 3", height)
                await faultless(page, axe, f"board, {name}, dark {night}")
            await page.show(f"{base}?lang={lang}&wall", 1920, f"{OPEN} && {ALARMS} > 3", 1080)
            await faultless(page, axe, f"wall, dark {night}")
            assert await page.ask("[...document.querySelectorAll('.badge :is(.name, .state)')]"
                                  ".filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)") == []
            await page.show(f"{base}?lang={lang}", 1366, f"{OPEN} && {ALARMS} > 3", 768)
            await page.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            await page.push("document.querySelector('[data-do=close]')")
            await faultless(page, axe, f"everything unfolded, dark {night}")
            await act(page, "document.querySelector('.alarm .act')", "document.querySelector('dialog[open]') !== null")
            await faultless(page, axe, f"who are you, dark {night}")
            await page.show(f"{base}record/1?lang={lang}", 1366, "document.querySelector('#me') !== null", 768)
            await faultless(page, axe, f"record, dark {night}")
            await page.show(f"{base}month/2026-11?lang={lang}", 390, "document.querySelector('h1') !== null", 844)
            await faultless(page, axe, f"month, dark {night}")
            await page.show(f"{base}guide?lang={lang}", 390, "document.querySelectorAll('h3').length > 20", 844)
            await faultless(page, axe, f"guide, dark {night}")
        await page.show(f"{base}?lang={lang}", 1366, f"{OPEN} && {ALARMS} > 3", 768)
        house.stop()
        await page.wait("lost")
        await faultless(page, axe, "lost")


async def tab_to(page, text, most=60):
    """Press Tab until what has the focus begins with `text`; each step must be seen."""
    for _ in range(most):
        await page.key("Tab")
        if (await page.ask(FOCUS)).startswith(text):
            assert await page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            at = await page.ask("(() => { const at = document.activeElement.getBoundingClientRect();"
                                "return [at.top, at.bottom, document.getElementById('top').contains("
                                "document.activeElement), document.getElementById('top').offsetHeight]; })()")
            modal = await page.ask("document.activeElement.closest('dialog') !== null")
            assert modal or at[2] or at[0] >= at[3] - 1, "the focus lies under the strip"
            return
    raise AssertionError(f"no Tab comes to {text}")


async def test_take_arrive_and_close_by_keyboard_alone_and_the_focus_is_kept(people, tmp_path):
    house = people("Anna", "Bo", "Carla")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as page:
        await wish(page, prefers_reduced_motion="reduce")  # so that it stands where it is looked at
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1000, f"{OPEN} && {ALARMS} === 1", 700)
        await page.key("Tab")
        assert await page.ask(FOCUS) == "Skip to the alarms"
        await page.key("Enter")
        await tab_to(page, "I am coming")
        await page.key("Enter")
        await page.wait("document.querySelector('dialog[open]') !== null")
        assert "Anna" not in await page.ask("document.querySelector('dialog .names').textContent")
        await page.key("Escape")
        await page.wait("document.querySelector('dialog') === null")
        assert (await page.ask(FOCUS)).startswith("I am coming")
        assert await page.ask("facts.alarms[0].step") == codes.STEP_RECEIVED
        await page.key(" ")
        await page.wait("document.querySelector('dialog[open]') !== null")
        await tab_to(page, "Bo") if not (await page.ask(FOCUS)).startswith("Bo") else None
        await page.key("Enter")
        await page.wait("document.querySelector('.alarm.step2') !== null")
        assert (await page.ask(FOCUS)).startswith("I am coming too: Anna, EMERGENCY")
        house["Carla"].beat(codes.FAULT_BATTERY_LOW)
        await page.wait("document.querySelector('.chip.doubtful') !== null")
        house["Carla"].alarm(codes.KIND_ASSIST)
        await page.wait(f"{ALARMS} === 2")
        assert (await page.ask(FOCUS)).startswith("I am coming too: Anna, EMERGENCY")
        await tab_to(page, "I am there")
        await page.key("Enter")
        await page.wait("document.querySelector('.comes').textContent.includes('is there')")
        await tab_to(page, "Close: Anna")
        await page.key("Enter")
        assert (await page.ask(FOCUS)).startswith("Real")
        await page.key("Enter")
        await page.wait("!document.getElementById('over').hidden")
        assert await page.ask("facts.alarms.find(a => a.name === 'Anna').outcome") == "real"


async def test_what_is_new_is_spoken_once_and_nothing_else(people, tmp_path):
    house = people("Anna", "Bo")
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1000, OPEN, 700)
        await page.ask("window.said = []; new MutationObserver(() => said.push(place('spoken').textContent))"
                       ".observe(place('spoken'), {childList: true})")
        house["Anna"].alarm(codes.KIND_EMERGENCY)
        await page.wait("said.length === 1")
        house["Bo"].beat(codes.FAULT_BATTERY_LOW)
        await page.wait("document.querySelector('.chip.doubtful') !== null")
        house["Bo"].alarm(codes.KIND_FALL)
        await page.wait("said.length === 2")
        house["Bo"].beat(0)
        await page.wait("document.querySelector('.chip.doubtful') === null")
        said = await page.ask("said")
        assert len(said) == 2 and said[0].startswith("EMERGENCY: Anna, Place unknown.")
        assert "Anna" not in said[1] and said[1].startswith("Fall: Bo")
        live = await page.ask("[...document.querySelectorAll('[aria-live], [role=alert], [role=status]')]"
                              ".map(e => e.id)")
        assert sorted(live) == ["done", "lost", "refused", "spoken"]


async def test_every_button_says_whose_it_is(people, tmp_path):
    house = full(people)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1000, f"{OPEN} && {ALARMS} > 3", 700)
        await page.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        shown = ("[...document.querySelectorAll('main button, main .does a, main summary')]"
                 ".filter(e => e.offsetParent).map(e => e.textContent)")
        await page.wait(f"{shown}.length > 40")
        names = await page.ask(shown)
        assert len(set(names)) == len(names), sorted(name for name in set(names) if names.count(name) > 1)


def test_whoever_wants_no_motion_gets_none():
    style = (ROOT / "tools/gateway/pages/board.css").read_text(encoding="utf-8")
    assert not re.search(r"animation|transition|@keyframes", style)
    assert re.search(r"prefers-reduced-motion:reduce\){html{scroll-behavior:auto", style)
