"""How is a page shown, read and photographed? By a Chromium without a window, over the Chrome DevTools Protocol."""

import asyncio
import base64
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ANSWER_S = 300  # ends what hangs: a machine that is busy takes its time


class Refusal(Exception):
    """Why no picture can be taken, in a sentence."""


def browser() -> str:
    """Return the path of a browser that takes pictures. Raises Refusal."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise Refusal(f"pictures of screens want a browser; none of these is here: {', '.join(BROWSERS)}")
    return found


class Window:
    """A page in a browser without a window, driven by the Chrome DevTools Protocol."""

    def __init__(self, session: aiohttp.ClientSession, host: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session, self._host, self._socket = session, host, socket
        self._number = 0

    async def tab(self) -> "Window":
        """Open one more page in the same browser, in front of this one."""
        async with self._session.put(f"http://{self._host}/json/new?about:blank") as answer:
            page = await answer.json()
        socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        return Window(self._session, self._host, socket)

    async def do(self, method: str, **given: Any) -> dict[str, Any]:
        """Give the browser one order of its protocol; return what it answers. Raises Refusal."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": given})
        while True:
            said = await self._socket.receive_json(timeout=_ANSWER_S)
            if said.get("id") == self._number:
                if "error" in said:
                    raise Refusal(f"the browser refuses {method}: {said['error'].get('message')}")
                return said["result"]

    async def ask(self, script: str) -> Any:
        """Return what `script` is on the page, or what it promises. Raises Refusal if it throws."""
        said = await self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise Refusal(f"the page throws at {script}: {said['exceptionDetails'].get('exception')}")
        return said["result"].get("value")

    async def show(self, address: str, width: int, there: str, height: int = 400) -> None:
        """Go to `address`, and wait until the script `there` is true there. Raises Refusal."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.do("Emulation.setDeviceMetricsOverride", **size)
        await self.ask("window.leaving = true")  # until another page is there, this one must not answer for it
        await self.do("Page.navigate", url=address)
        await self.wait(f"!window.leaving && ({there})")

    async def wait(self, there: str, seconds: float = _ANSWER_S) -> float:
        """Wait until the script `there` is true; return how long that took, s. Raises Refusal.

        A script that throws is not true yet, nor one whose page goes away: what it looks for may still be drawn.
        """
        began = time.monotonic()
        while not await self._true(there):
            if time.monotonic() - began > seconds:
                raise Refusal(f"the browser waits in vain for {there}")
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def _true(self, script: str) -> bool:
        try:
            return bool(await self.ask(script))
        except Refusal:
            return False

    async def key(self, key: str) -> None:
        """Press and let go one key, such as Tab, Enter, Escape or a letter."""
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        code = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            await self.do("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    async def click(self, node: str) -> None:
        """Press with the mouse what the script `node` gives, once it is drawn and nothing covers it. Raises Refusal."""
        await self.wait("(window.aim = (one => { const at = one.getBoundingClientRect(),"
                        "x = at.x + at.width / 2, y = at.y + at.height / 2;"
                        "if (one.contains(document.elementFromPoint(x, y))) return [x, y];"
                        f"one.scrollIntoView({{block: 'center', behavior: 'instant'}}); }})({node}))")
        x, y = await self.ask("window.aim")
        for kind in ("mousePressed", "mouseReleased"):
            await self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def push(self, node: str) -> None:
        """Click by script what the script `node` gives, once it is drawn: where no mouse comes to. Raises Refusal."""
        await self.wait(f"({node}).click() === undefined")

    async def shot(self, path: Path, width: int) -> None:
        """Take a picture of the whole page."""
        height = await self.ask("Math.ceil(document.documentElement.scrollHeight)")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = await self.do("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextlib.asynccontextmanager
async def window(folder: Path, *more: str) -> AsyncIterator[Window]:
    """Give a Window while it lasts. folder: for what the browser keeps. more: words for the browser."""
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
             f"--user-data-dir={folder}", *more, "about:blank"]
    run = await asyncio.create_subprocess_exec(browser(), *words, stderr=asyncio.subprocess.PIPE)
    try:
        said = ""
        while "DevTools listening" not in said:
            assert run.stderr is not None  # it is a pipe
            said = (await asyncio.wait_for(run.stderr.readline(), _ANSWER_S)).decode()
        host = said.split("ws://")[1].split("/")[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{host}/json/list") as answer:
                page = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Window(session, host, socket)
    finally:
        run.terminate()
        await run.wait()
