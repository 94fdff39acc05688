"""Does one look at the board suffice? Who, where, what, since when, who comes; and who cannot be relied on."""

import pytest

from firmware import codes
from page_rig import OPEN, act, looking, people, press
from tools.gateway import board, overview

__all__ = ["people"]
ALARMS = "document.querySelectorAll('.alarm').length"
WALL = (1920, 1080)
READ_AT_6_M = 36  # px of 1920 on a screen of 55 inches: capital letters 16 mm high


class Row:
    """A badge, as overview.py looks at one."""

    def __init__(self, device=1, name="x", faults=0, mode=codes.MODE_READY, silent=False, alone=False, team="house"):
        self.device, self.name, self.faults, self.mode = device, name, faults, mode
        self.silent, self.alone, self.team = silent, alone, team


LOW, DEAD = codes.FAULT_BATTERY_LOW, codes.FAULT_PART_SILENT


@pytest.mark.parametrize("row, health, worst", [
    (Row(), "well", None), (Row(faults=LOW), "doubtful", "battery_low"),
    (Row(faults=LOW | DEAD), "dead", "part_silent"), (Row(silent=True, faults=LOW), "dead", "silent"),
    (Row(faults=codes.FAULT_NOT_WORN), "doubtful", "not_worn"),
    (Row(faults=codes.FAULT_NOT_WORN, mode=codes.MODE_CHARGING), "well", None),
    (Row(faults=DEAD, mode=codes.MODE_OFF), "dead", "part_silent"),
    (Row(mode=codes.MODE_NOT_READY), "untested", None), (Row(mode=None), "untested", None),
    (Row(mode=codes.MODE_NOT_READY, faults=LOW), "doubtful", "battery_low"),
    (Row(faults=1 << 15), "doubtful", f"fault_{1 << 15:#06x}"), (Row(mode=codes.MODE_OFF), "well", None),
])
def test_a_badges_health_is_the_worst_that_is_true_of_it(row, health, worst):
    wrong = overview.wrong(row)
    assert (overview.health(row, wrong), wrong[0] if wrong else None) == (health, worst)
    at_a_glance = {word for word, said in overview.glance([row]).items() if said["count"]}
    assert at_a_glance == ({health} - {"well"})


def test_a_glance_counts_all_and_names_the_first():
    rows = [Row(n, f"b{n}", silent=True, alone=n % 2 == 0) for n in range(30, 0, -1)]
    said = overview.glance(rows)
    assert said["dead"] == {"count": 30, "names": [f"b{n}" for n in range(1, overview.NAMES_MOST + 1)]}
    assert said["alone"]["count"] == 15 and said["untested"] == {"count": 0, "names": []}


@pytest.mark.parametrize("step, broker, unset", [
    ({"do": "badges"}, False, False), ({"do": "notify", "to": []}, True, True),
    ({"do": "notify", "to": ["json://x"]}, False, False), ({"do": "siren", "topic": ""}, True, True),
    ({"do": "siren", "topic": "a"}, True, False), ({"do": "siren", "topic": "a"}, False, True),
    ({"do": "webhook", "url": ""}, True, True), ({"do": "webhook", "url": "https://x"}, False, False),
    *[({"do": "badges", "group": group}, True, group in ("nigth", "ALL"))
      for group in ("own", "all", " Night", "nigth", "ALL")],
])
def test_a_step_that_nobody_has_set_up_is_known_before_an_alarm(step, broker, unset):
    plan = {"plans": [{"name": "all", "steps": [{"do": "badges", "group": "own"}, step]}]}
    said = overview.unset(plan, broker, {"night"})
    assert said == ([{"plan": "all", "step": 2, "does": step["do"]}] if unset else [])


def test_the_gravest_comes_first_and_a_mere_question_last(tmp_path):
    from gateway_rig import Rig

    names = {"a": (codes.KIND_FALL, codes.WHAT_PRE_ALARM), "b": (codes.KIND_EMERGENCY, codes.WHAT_RAISED),
             "c": (codes.KIND_ASSIST, codes.WHAT_RAISED), "d": (codes.KIND_CHECK_IN, codes.WHAT_RAISED),
             "e": (codes.KIND_EMERGENCY, codes.WHAT_PRACTICE), "f": (codes.KIND_TORN, codes.WHAT_RAISED)}
    rig = Rig(tmp_path / "kald.sqlite", *names)
    for name, (kind, what) in names.items():
        rig[name].alarm(kind, what=what, refresh=False)
    shown = rig.store.alarms()
    assert "".join(alarm["name"] for alarm in shown) == "fbdcae"
    assert [alarm["gravity"] for alarm in shown[:5]] == [4, 4, 3, 2, 1]
    assert board.EMERGENCY > board.AUTOMATIC > board.ASSIST > board.QUESTION


def four(house):
    house["Hassan"].alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM)
    house["Cecilie"].alarm(codes.KIND_ASSIST)
    house["Dennis"].alarm(codes.KIND_FALL)
    house["Anna"].alarm(codes.KIND_EMERGENCY)


async def test_an_alarm_says_who_where_what_since_when_and_who_comes_and_how_grave_it_is(people, tmp_path):
    house = people("Anna", "Bo", "Cecilie", "Dennis", "Hassan")
    four(house)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1366, f"{OPEN} && {ALARMS} === 4", 768)
        parts = await page.ask("['.name', '.where', '.what strong', '.since', '.comes'].map(part => {"
                               "const node = document.querySelector(`.alarm ${part}`);"
                               "return [node.textContent, parseFloat(getComputedStyle(node).fontSize),"
                               "node.getBoundingClientRect().top]; })")
        assert [part[0] for part in parts][:3] == ["Anna", "Place unknown", "EMERGENCY"]
        assert parts[3][0].startswith("since") and parts[4][0] == "received, nobody has answered"
        assert parts[0][1] > parts[1][1] > parts[2][1] > parts[3][1], "the largest first"
        assert [part[2] for part in parts] == sorted(part[2] for part in parts)
        for what, script in (("sizes", "parseFloat(getComputedStyle(a.querySelector('h3')).fontSize)"),
                             ("signs", "a.querySelector('.sign').textContent"),
                             ("colours", "getComputedStyle(a.querySelector('header')).backgroundColor")):
            seen = await page.ask(f"[...document.querySelectorAll('.alarm')].map(a => {script})")
            assert len(set(seen)) == 4, what
            assert what != "sizes" or seen == sorted(seen, reverse=True)


async def test_a_dead_button_is_on_the_strip_and_its_row_does_not_say_ready(people, tmp_path):
    house = people("Anna", "Bo", "Cecilie")
    house["Bo"].beat(codes.FAULT_PART_SILENT | codes.FAULT_BATTERY_LOW)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1366, OPEN, 600)
        await page.wait("document.getElementById('strip').textContent.includes('not working')")
        strip = await page.ask("document.getElementById('strip').textContent")
        assert "1 not working: Bo" in strip and "THE PLAN IS NOT SET UP: notification, siren" in strip
        link = "[...document.querySelectorAll('a.chip.dead')].pop().getAttribute('href')"
        assert await page.ask(link) == "plans?lang=en", "what is not set up is set up there; no trouble tells of it"
        row = await page.ask("document.querySelector('.badge.dead').textContent")
        assert "BUTTON, MOTOR OR BATTERY" in row and "ready" not in row
        await page.ask("scrollTo(0, 100000)")
        top = await page.ask("document.querySelector('.chip.dead').getBoundingClientRect().top")
        assert 0 <= top < 300
        await page.click("document.querySelector('.chip.dead')")
        assert await page.ask("[...document.querySelectorAll('.badge .name')].map(e => e.textContent)") == ["Bo"]
        await page.click("place('all')")
        assert await page.ask("document.querySelectorAll('.badge').length") == 3
        for alarm_id in (50, 51):  # one call more, before the first one is closed: two chips that say the same
            house["Anna"].alarm(codes.KIND_EMERGENCY, alarm_id)
        calls = "document.querySelectorAll('.chip.call').length"
        await page.wait(f"facts.alarms.length === 2 && {calls} === 2")
        assert await page.ask(f"draw(true), draw(true), {calls}") == 2, "what is drawn anew leaves nothing behind"
        assert await page.ask(f"facts.alarms.length = 0, draw(true), {calls}") == 0, "nor does what is over"


async def test_a_new_alarm_comes_into_view_and_moves_no_button_under_a_finger(people, tmp_path):
    house = people(*[f"Badge {n}" for n in range(40)], "Anna")
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1000, OPEN, 600)
        house["Badge 1"].alarm(codes.KIND_ASSIST)
        await page.wait(f"{ALARMS} === 1")
        await page.ask("scrollTo({top: 100000, behavior: 'instant'})")
        assert await page.ask("scrollY") > 500
        await page.ask("new MutationObserver((_, me) => {"  # a finger that is on its way as the rows move
                       "if (place('alarms').children.length < 2) return;"
                       "me.disconnect(); document.querySelector('#alarms article:last-child .act').click();"
                       "}).observe(place('alarms'), {childList: true})")
        house["Anna"].alarm(codes.KIND_EMERGENCY)
        await page.wait(f"{ALARMS} === 2")
        assert (await page.ask("place('refused').textContent")).startswith("The list has just moved")
        assert await page.ask("document.querySelector('dialog') === null")
        await page.wait("(() => { const at = document.querySelector('.alarm.g4').getBoundingClientRect();"
                        "return at.top >= place('top').offsetHeight - 1 && at.top < innerHeight / 2; })()")
        assert (await page.ask("document.title")).startswith("(2) EMERGENCY: Anna")


UNSEEN = """(() => {  // of alarms: which of their parts does nobody see who stands before the screen?
  const parts = ['.name', '.where', '.what', '.since', '.comes'], unseen = [];
  for (const part of document.querySelectorAll(parts.map(part => `.alarm ${part}`).join())) {
    const at = part.getBoundingClientRect(), shown = document.elementFromPoint(at.x + 2, at.y + at.height / 2);
    if (at.height < 10 || at.bottom > innerHeight || at.right > innerWidth || !part.closest('.alarm').contains(shown))
      unseen.push(part.className, part.textContent); }
  return unseen; })()"""
ANSWERED = """[...document.querySelectorAll('.alarm')].filter(alarm =>
  [...alarm.querySelectorAll('[data-do*=" take "]')].some(take => {
    const at = take.getBoundingClientRect(), [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
    return take.contains(document.elementFromPoint(x, y)) && at.height > 18; })).length"""
SIZES = """Object.fromEntries(['.badge .name', '.chip:not(.call)', '.alarm h3', '.alarm .where', '.alarm .comes']
  .map(part => [part, [...document.querySelectorAll(part)].map(e => parseFloat(getComputedStyle(e).fontSize))])
  .filter(([, sizes]) => sizes.length).map(([part, sizes]) => [part, Math.min(...sizes)]))"""


async def test_sixty_badges_and_all_open_alarms_are_on_one_wall_screen_that_is_read_at_six_metres(people, tmp_path):
    names = [f"Frederikke {chr(65 + n // 26)}{chr(65 + n % 26)}." for n in range(60)]
    house = people(*[(name, "Hus 1") for name in names])
    house["Frederikke BZ."].beat(codes.FAULT_PART_SILENT)
    kinds = (codes.KIND_EMERGENCY, codes.KIND_ASSIST, codes.KIND_FALL, codes.KIND_CHECK_IN, codes.KIND_TORN)
    readable = {0: (36, 0, 0), 2: (28, 45, 36), 4: (28, 45, 36), 6: (25, 45, 28), 8: (25, 30, 24), 20: (15, 20, 15),
                40: (15, 14, 14)}
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=da&wall", WALL[0], OPEN, WALL[1])
        await page.wait("document.querySelectorAll('.badge').length === 60")
        called = 0
        for count, (badge_px, who_px, comes_px) in readable.items():
            for name in names[called:count]:
                house[name].alarm(kinds[called % len(kinds)], refresh=False)
                called += 1
            await page.wait(f"{ALARMS} === {count} && document.documentElement.scrollHeight <= innerHeight")
            assert await page.ask("document.documentElement.scrollWidth") == WALL[0]
            assert await page.ask(UNSEEN) == [], count
            assert await page.ask(ANSWERED) == count, "one touch answers each of them"
            sizes = await page.ask(SIZES)
            assert sizes[".chip:not(.call)"] >= READ_AT_6_M and sizes[".badge .name"] >= badge_px, (count, sizes)
            assert not count or sizes[".alarm h3"] >= who_px and sizes[".alarm .comes"] >= comes_px, (count, sizes)
            told = await page.ask("[...document.querySelectorAll('.badge .name')].filter(e => e.lastChild.scrollWidth >"
                                  " e.lastChild.clientWidth).map(e => e.textContent)")
            assert told == [], "what tells one name from another is cut off"
        assert await page.ask("hearing()") == "touch" and "TAVS" in await page.ask("place('sound').textContent")
        await page.ask("facts.alarms = facts.alarms.slice(0, 1); draw(true)")
        assert await page.ask("density") == 0, "one alarm is large again"


async def test_a_shared_screen_forgets_who_acted_and_a_desk_shows_it(people, tmp_path):
    house = people("Anna", "Bo", "Carla", "Dan")
    house["Dan"].mode = codes.MODE_OFF
    house["Dan"].beat()
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as page:
        for more, kept in (("&wall", False), ("", True)):
            await page.show(f"http://127.0.0.1:{house.web}/?lang=en{more}", 1366, f"{OPEN} && {ALARMS} === 1", 768)
            await act(page, "document.querySelector('.alarm .act')", "document.querySelector('dialog[open]') !== null")
            names = await page.ask("[...document.querySelectorAll('dialog .names button')].map(b => b.textContent)")
            assert names == ["Bo", "Carla"], "who is called for, and who is off duty, does not come"
            name = "Carla" if kept else "Bo"
            await page.click(press(name, "document.querySelector('dialog')"))
            await page.wait(f"document.querySelector('.comes').textContent.includes('{name}')")
            shown = await page.ask("place('me').textContent")
            assert shown == (f"You are {name} · change" if kept else "Who are you?")
        assert "Carla" not in await page.ask("JSON.stringify(localStorage)")
        await act(page, "document.querySelector('.alarm .act[data-do*=arrived]')",
                  "document.querySelector('.comes').textContent.includes('Carla is there')")


async def test_above_three_hundred_badges_one_is_found_by_name_group_or_number(people, tmp_path):
    house = people(*[f"Badge {n}" for n in range(1, board.BADGES_SHOWN + 20)], ("Åse", "Nat"), heard=False)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/?lang=en", 1000, OPEN, 700)
        shown = "[...document.querySelectorAll('.badge .name')].map(e => e.textContent)"
        assert len(await page.ask(shown)) == board.BADGES_SHOWN
        assert "badges of which there is nothing to tell" in await page.ask("place('left').textContent")
        for words, name in (("åse", "Åse"), ("NAT", "Åse"), ("320", "Åse"), ("badge 319", "Badge 319")):
            await page.ask(f"place('find').value = {words!r}; place('find').oninput({{target: place('find')}})")
            await page.wait(f"JSON.stringify({shown}) === JSON.stringify([{name!r}])")


async def test_a_phone_can_put_the_board_among_its_programs(people, tmp_path):
    house = people("Anna")
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/", 390, OPEN, 844)
        assert (await page.do("Page.getInstallabilityErrors"))["installabilityErrors"] == []
        said = await page.do("Page.getAppManifest")
        assert not said["errors"] and said["url"].endswith("kald.webmanifest?lang=da")


async def test_a_page_of_an_older_gateway_loads_itself_anew_once(people, tmp_path):
    house = people("Anna")
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/", 390, OPEN, 844)
        await page.ask("window.old = true; facts.page = 'another'; heard.forEach(each => each())")
        await page.wait(f"!window.old && {OPEN}")
        await page.ask("window.old = true; addEventListener('beforeunload', () => { window.old = false; });"
                       "facts.page = 'another'; heard.forEach(each => each())")
        assert await page.ask("window.old") is True


def test_a_search_takes_parts_of_names_and_whole_numbers():
    rows = [Row(n, name, team=team) for n, name, team in ((1, "Anna", "house"), (2, "Bo", "Nat"), (30, "ÅSE", "house"))]
    for words, found in (("an", [1]), ("nat", [2]), ("åse", [30]), ("30", [30]), ("3", []), ("", [1, 2, 30])):
        assert overview.search(rows, words, 50) == found
    assert overview.search(rows, "", 2) == [1, 2]
