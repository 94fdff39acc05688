"""Is an alarm heard, by how grave it is, until somebody comes; and does the page say so when it cannot sound?"""

import asyncio
import itertools
import json
import re
from pathlib import Path


from firmware import codes
from page_rig import OPEN, act, looking, people, press

__all__ = ["people"]
PAGES = Path(__file__).resolve().parent.parent / "tools/gateway/pages"
# so that a test sees what sounds: Hz, when (s), and the page's state then
EARS = """window.heard_hz = []; const made = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { const tone = made.call(this);
  const start = tone.start;
  tone.start = function (at) {
    heard_hz.push([tone.frequency.value, performance.now() / 1000, document.visibilityState]);
    return start.call(this, at); }; return tone; };"""
LOUDEST = "Math.max(0, ...heard_hz.map(one => one[0]))"
READY = "hearing() === 'ready'"


def test_the_graver_the_faster_and_no_two_gravities_sound_alike():
    said = re.search(r"TONES = ({.*?\n});", (PAGES / "sound.js").read_text(encoding="utf-8"), re.S).group(1)
    said = re.sub(r"//.*", "", said)
    tones = json.loads(re.sub(r"(\d+):", r'"\1":', said).replace(",\n}", "}"))
    graver = [tones[str(gravity)] for gravity in (1, 2, 3, 4)]
    assert [one[0] for one in graver] == sorted((one[0] for one in graver), reverse=True)
    assert all(min(tone[0] for tone in less[1]) < min(tone[0] for tone in more[1]) or len(less[1]) < len(more[1])
               for less, more in itertools.pairwise(graver))
    patterns = [json.dumps(one[1]) for one in tones.values()]
    assert len(set(patterns)) == 5
    assert all(to <= again / 1000 for again, parts in tones.values() for _, _, to in parts), "a tone runs into the next"


async def listen(page, address, more=""):
    await page.do("Page.enable")
    await page.do("Page.addScriptToEvaluateOnNewDocument", source=EARS)
    await page.show(f"{address}?lang=en{more}", 1366, OPEN, 768)


async def test_a_wall_screen_asks_for_its_click_and_then_sounds_by_gravity_until_taken(people, tmp_path):
    house = people("Anna", "Bo", "Carla")
    async with looking(tmp_path) as page:
        await listen(page, f"http://127.0.0.1:{house.web}/", "&wall")
        assert await page.ask("hearing()") == "touch"
        assert (await page.ask("place('sound').textContent")).startswith("SILENT")
        assert await page.ask("getComputedStyle(place('sound')).fontWeight") == "700"
        house["Anna"].alarm(codes.KIND_ASSIST)
        await page.wait("calls() === 2")
        assert await page.ask("heard_hz.length") == 0
        await page.click("place('sound')")
        await page.wait(READY)
        assert await page.ask("place('sound').textContent") == "Sound: on"
        await page.wait("heard_hz.length >= 2")
        assert await page.ask(LOUDEST) < 600
        house["Bo"].alarm(codes.KIND_EMERGENCY)
        await page.wait(f"{LOUDEST} > 1000")
        before = await page.ask("heard_hz.length")
        await page.wait(f"heard_hz.length > {before}")
        for name in ("Bo", "Anna"):
            await act(page, "[...document.querySelectorAll('.alarm')].find(a => a.querySelector('.name').textContent"
                            f" === '{name}').querySelector('.act')", "document.querySelector('dialog[open]') !== null")
            await page.click(press("Carla", "document.querySelector('dialog')"))
            await page.wait("document.querySelector('dialog') === null && !document.querySelector('[data-do*=take]"
                            "[aria-disabled=true]')")
        await page.wait("calls() === -1")
        quiet = await page.ask("heard_hz.length")
        await page.ask("sounded_at = -Infinity; ring_out()")
        assert await page.ask("heard_hz.length") == quiet, "it sounds on although somebody comes"


async def test_a_desk_is_silent_until_it_is_asked_and_says_after_a_reload_that_it_waits_for_a_touch(people, tmp_path):
    house = people("Anna")
    async with looking(tmp_path) as page:
        await listen(page, f"http://127.0.0.1:{house.web}/")
        assert await page.ask("[hearing(), place('sound').textContent]") == ["off", "Sound: off"]
        await page.click("place('sound_test')")
        await page.wait(f"{READY} && heard_hz.length > 0")
        assert (await page.ask("place('done').textContent")).startswith("The sound plays now")
        await page.show(f"http://127.0.0.1:{house.web}/?lang=da", 1366, OPEN, 768)
        assert (await page.ask("[hearing(), place('sound').textContent]"))[0] == "touch"
        assert (await page.ask("place('sound').textContent")).startswith("TAVS")
        await page.key("Tab")
        await page.wait(READY)
        await page.ask("ears.close()")
        await page.wait("place('sound').textContent.startsWith('INGEN LYD')")


async def test_a_hidden_tab_sounds_within_seconds_though_its_clocks_are_slowed(people, tmp_path):
    house = people("Anna")
    async with looking(tmp_path, '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/3') as page:
        await listen(page, f"http://127.0.0.1:{house.web}/")
        await page.click("place('sound_test')")
        await page.wait(READY)
        front = await page.tab()
        await front.do("Page.bringToFront")
        assert await page.ask("document.visibilityState") == "hidden"
        await asyncio.sleep(8)  # the browser is told to slow timers to one a minute after three
        await page.ask("heard_hz.length = 0")
        house["Anna"].alarm(codes.KIND_EMERGENCY)
        took = await page.wait("heard_hz.length > 6 && heard_hz[0][2] === 'hidden'")
        assert took < 20, "a slowed clock comes round once a minute"
        before = await page.ask("heard_hz.length")
        await page.wait(f"heard_hz.length >= {before} + 12")
        house.stop()
        assert await page.wait("lost && document.title.startsWith('⚠')") < 7
        await page.wait("heard_hz.some(one => one[0] < 300)")
