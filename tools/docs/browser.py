"""How is a page shown, read and photographed? By a Chromium without a window, over the Chrome DevTools Protocol."""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ANSWER_S = 20


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

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def _do(self, method: str, **given: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": given})
        while True:
            said = await self._socket.receive_json(timeout=_ANSWER_S)
            if said.get("id") == self._number:
                return said["result"]

    async def ask(self, script: str) -> Any:
        """Return what `script` is on the page."""
        return (await self._do("Runtime.evaluate", expression=script, returnByValue=True))["result"].get("value")

    async def show(self, address: str, width: int, there: str) -> None:
        """Go to `address`, and wait until the script `there` is true there. Raises Refusal."""
        size = {"width": width, "height": 400, "deviceScaleFactor": 1, "mobile": False}
        await self._do("Emulation.setDeviceMetricsOverride", **size)
        await self._do("Page.navigate", url=address)
        for _ in range(100):
            await asyncio.sleep(0.1)
            if await self.ask(there):
                return
        raise Refusal(f"the browser waits in vain for {there} on {address}")

    async def shot(self, path: Path, width: int) -> None:
        """Take a picture of the whole page."""
        height = await self.ask("Math.ceil(document.documentElement.scrollHeight)")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = await self._do("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextlib.asynccontextmanager
async def window(folder: Path) -> AsyncIterator[Window]:
    """Give a Window while it lasts. folder: for what the browser keeps."""
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
             f"--user-data-dir={folder}", "about:blank"]
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
                yield Window(socket)
    finally:
        run.terminate()
        await run.wait()
