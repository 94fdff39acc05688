"""How does a test look at the board as people do? A gateway process, badges that speak by UDP, and a real browser.

The badges are those of gateway_rig, which say what the test orders. What lies between browser and gateway is a Wire: it
carries bytes, or holds them back as a cut network does.
"""

import asyncio
import contextlib
import shutil
import signal
import socket

import pytest

from gateway_rig import Fake
from tools.docs import browser
from tools.gateway import plans
from tools.gateway.store import open_store
from tools.sim.gateway_process import GatewayProcess


class People:
    """A house whose gateway is a process, with a badge for each name; a name may be (name, group)."""

    def __init__(self, folder, *names, plan=None, heard=True):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        store, self.fakes = open_store(folder / "kald.sqlite"), {}
        for name in names:
            name, team = (name, "house") if isinstance(name, str) else name
            self.fakes[name] = Fake(self, store.pair(name, team))
        if plan:
            with store.engine.begin() as db:
                plans.put(db, plan)
        store.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.gateway = GatewayProcess(folder)
        self.web = self.gateway.web
        if heard:
            for fake in self.fakes.values():
                fake.beat()

    def __getitem__(self, name):
        return self.fakes[name]

    def carry(self, datagrams):
        """Send frames; what the gateway answers is nobody's business here."""
        for data, _ in datagrams:
            self._socket.sendto(data, ("127.0.0.1", self.gateway.udp))

    def stop(self, how=signal.SIGSTOP):
        """Stop the gateway: for a while, or with SIGKILL for good."""
        self.gateway.process.send_signal(how)

    def close(self):
        """End the gateway."""
        self._socket.close()
        self.gateway.end(signal.SIGKILL)


class Wire:
    """A network cable of 127.0.0.1 to a port: `cut` holds back whatever is said on it, in both directions."""

    def __init__(self, to):
        self._to, self._open, self._tasks = to, asyncio.Event(), set()
        self._open.set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        self._server.close()

    def cut(self, cut=True):
        """Cut the wire, or mend it."""
        (self._open.clear if cut else self._open.set)()

    async def _carry(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))
        except (OSError, asyncio.CancelledError):  # the test is over
            writer.close()

    async def _pipe(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
def people(tmp_path):
    """Return a maker of a People; it ends with the test."""
    if not any(shutil.which(name) for name in browser.BROWSERS):
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    made = []

    def make(*names, **more):
        made.append(People(tmp_path / "house", *names, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


def looking(folder, *more):
    """Open a browser whose data lie in `folder`, and give its first Window. more: words for it."""
    return browser.window(folder / "browser", *more)


OPEN = "facts !== null && !lost"


def press(words, inside="document"):
    """Return a script that gives the button inside `inside` whose text begins with `words`."""
    return f"[...{inside}.querySelectorAll('button')].find(b => b.textContent.startsWith({words!r}))"


async def tab_to(page, node):
    """Press Tab until what the script `node` gives has the focus."""
    for _ in range(400):
        if await page.ask(f"document.activeElement === {node}"):
            return
        await page.key("Tab")
    raise AssertionError(f"no Tab leads to {node}")


async def type_in(page, text):
    """Press a key for each letter."""
    for letter in text:
        await page.key(letter)


async def act(page, node, there):
    """Press what the script `node` gives on the board until `there` is true: rows that just moved take no press."""
    for _ in range(4):
        await page.wait("!lost && performance.now() - moved_at > 600 &&"
                        f"({node}).getAttribute('aria-disabled') !== 'true'")
        await page.ask("done(''), refused('')")
        await page.click(node)
        with contextlib.suppress(browser.Refusal):
            await page.wait(f"({there}) || !place('refused').hidden", 10)
        if await page.ask(f"Boolean({there})"):
            return
        refused = await page.ask("place('refused').textContent")
        assert refused in ("", await page.ask("words.has_moved")), refused
    raise AssertionError(f"the rows never stand still: {node} is pressed in vain")
