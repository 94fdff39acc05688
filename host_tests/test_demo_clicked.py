"""Are the demo's two stories played to their end where all that is done at the board is done by clicks in a browser?

The badges, presses and falls are the demo's own; what its office posts, a mouse does here. Before and after each act
the board is photographed as a wall, a laptop and a phone; $KALD_SHOTS names a folder where the pictures stay.
"""

import asyncio
import os
from pathlib import Path

import pytest

from house import BUSY_MS
from page_rig import OPEN, act, people, press, type_in
from tools.cli import demo
from tools.docs import browser
from tools.gateway.pages.words import WORDS
from tools.sim.demo import shift, stage
from tools.sim.demo.house import House
from tools.sim.demo.timeline import Timeline

__all__ = ["people"]

EN = WORDS["en"]
LATE_S = 120  # for what the demo gives some seconds: this machine has other work
ORDERS = {"test": EN["do_test"], "visit": EN["start_red"], "end": EN["end"], "off": EN["off"]}
SCREENS = {"wall": ("lang=da&wall", 1920, 1080, "dark"), "laptop": ("lang=en", 1366, 768, "light"),
           "phone": ("lang=da", 390, 844, "dark")}
DONE = f"place('done').textContent.startsWith({EN['done']!r})"
DIALOG = "document.querySelector('dialog[open]')"


class Office:
    """Somebody with a mouse at the board of the demo's house, and three screens that only show it."""

    def __init__(self, page, folder):
        self._page, self._folder, self._screens = page, folder, {}
        self.acts, self.shots = [], 0

    async def sit_down(self, board):
        """Open the board on all screens."""
        for name, (query, width, height, scheme) in SCREENS.items():
            tab = self._screens[name] = await self._page.tab()
            await tab.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await tab.show(f"{board}?{query}", width, OPEN, height)
        await self._page.show(f"{board}?lang=en", 1366, OPEN, 768)

    async def look(self, what):
        """Photograph the board on all screens."""
        self.shots += 1
        for name, tab in self._screens.items():
            path = self._folder / f"{self.shots:02} {what} {name}.png"
            await tab.do("Page.bringToFront")  # a tab behind others is not drawn
            await tab.shot(path, SCREENS[name][1])
            assert path.stat().st_size > 10_000
            wide = await tab.ask("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path.name} is {wide} px too wide"

    async def do(self, board, what, given):
        """Do by clicks what the demo would have posted."""
        if not self._screens:
            await self.sit_down(board)
        kind, number, verb = what.split("/")
        await self.look(f"before {verb}")
        await self._page.do("Page.bringToFront")
        await self._am(given["by"])
        await (self._close if kind == "alarms" else self._order)(number, verb)
        self.acts.append(verb)
        await self.look(f"after {verb}")

    async def _am(self, who):
        if await self._page.ask("kept()") == who:
            return
        await self._page.click("document.getElementById('me')")
        await self._page.wait(f"{DIALOG} !== null")
        there = press(who, DIALOG)
        if await self._page.ask(f"{there} !== undefined"):
            await self._page.click(there)
        else:
            await self._page.click(f"{DIALOG}.querySelector('input')")
            await type_in(self._page, who)
            await self._page.key("Enter")
        await self._page.wait(f"{DIALOG} === null && kept() === {who!r}")

    async def _close(self, number, verb):
        assert verb == "close"
        button = f"document.querySelector('#alarm{number} [data-do=close]')"
        await self._page.click(button)
        await act(self._page, press(EN["real"], f"document.getElementById('alarm{number}')"), DONE)

    async def _order(self, number, verb):
        row = f"document.querySelector('#badges [data-key=\"badges {number}\"]')"
        if not await self._page.ask(f"{row}.querySelector('details').open"):
            await self._page.click(f"{row}.querySelector('summary')")
        await act(self._page, press(ORDERS[verb], row), DONE)


@pytest.mark.long
@pytest.mark.parametrize(("name", "acts"), [
    ("alarm", ["close"] * 3), ("shift", ["test", "test", "visit", "close", "close", "close", "end", "close", "off"]),
], ids=["alarm", "shift"])
def test_a_story_is_played_to_its_end_by_clicks_at_the_board(name, acts, tmp_path, monkeypatch, people):
    monkeypatch.setattr(stage.Stage, "within", lambda *_: None)  # how quick a press is, the demo itself measures
    monkeypatch.setattr(stage.Stage, "slack_ms", BUSY_MS)
    wait = Timeline.wait
    monkeypatch.setattr(Timeline, "wait", lambda line, who, step, since_ms, _: wait(line, who, step, since_ms, LATE_S))
    shows = stage.Stage.shows
    monkeypatch.setattr(stage.Stage, "shows", lambda here, what, there, _=0: shows(here, what, there, LATE_S))
    monkeypatch.setattr(shift, "NOTIFY_S", 30)  # pictures are taken before somebody closes what must not come to this
    shots = Path(os.environ.get("KALD_SHOTS") or tmp_path) / name
    shots.mkdir(parents=True, exist_ok=True)
    (tmp_path / "house").mkdir()

    async def story():
        async with browser.window(tmp_path / "browser") as page:
            office, loop = Office(page, shots), asyncio.get_running_loop()
            monkeypatch.setattr(House, "_post", lambda house, what, given: asyncio.run_coroutine_threadsafe(
                office.do(house.board, what, given), loop).result(LATE_S))
            given = demo.Given(story=name, headless=True, json=True, keep=False, web=0)
            return office, await asyncio.to_thread(demo._play, given, name, tmp_path / "house")

    office, result = asyncio.run(story())
    assert result["ok"], result["steps"][-5:]
    assert office.acts == acts
    assert len(list(shots.glob("*.png"))) == len(acts) * 2 * len(SCREENS)
