"""Does a gateway whose disk or server gives nothing begin, say so at its board, ack nothing, and serve once it can?"""

import asyncio
import json
import re
import select
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy.exc import OperationalError

from postgres_rig import fresh
from gateway_rig import served
from test_sign_in import Browser, house, made, quick  # noqa: F401  (a fixture)
from tools.bench import load
from tools.gateway import permissions
from tools.gateway.store import open_at
from tools.sim.gateway_process import GatewayProcess, free_port
from waits import HANGS_S, until

_RUN = ("import sys; from tools.cli import gateway; gateway.AGAIN_S = 0.1; sys.exit(gateway.main(sys.argv[1:]))")


class Gateway(GatewayProcess):
    """A process on `folder` that looks again every 0.1 s. url: of a PostgreSQL, or None."""

    def __init__(self, folder, url=None):
        super().__init__(folder, *(("--store", url) if url else ()), udp=free_port(socket.SOCK_DGRAM),
                         web=free_port(), run=_RUN, stderr=subprocess.PIPE)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", self.udp))

    def acks(self, voice):
        """Say one thing; return whether it is acked within half a second."""
        with suppress(ConnectionRefusedError):  # between two servers nobody has the port
            self._socket.send(voice.alarm())
            return bool(select.select([self._socket], [], [], 0.5)[0]) and bool(self._socket.recv(100))
        return False

    def get(self, path):
        """Return the status and the JSON of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=HANGS_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def faults(self):
        """Return {fault: detail} of what the board shows."""
        return {one["fault"]: one["detail"] for one in self.get("/api/alarms")[1]["troubles"] if not one["until_ms"]}

    def stop(self):
        """Stop it; return its exit code and what it has said."""
        self.process.terminate()
        said = self.process.communicate(timeout=HANGS_S)[1]
        self._socket.close()
        return self.process.returncode, said


def damaged(folder, server):
    whole = (folder / "kald.sqlite").read_bytes()
    (folder / "kald.sqlite").write_bytes(b"\xff" * 4096 + whole[4096:])
    return lambda: (folder / "kald.sqlite").write_bytes(whole)


def read_only(folder, server):
    """No file can be written: root may write what is read-only, but no folder."""
    (folder / "kald.line").unlink(missing_ok=True)
    (folder / "kald.line").mkdir()
    return (folder / "kald.line").rmdir


def away(folder, server):
    server.stop()
    return server.start


@pytest.mark.long
@pytest.mark.parametrize("befell, says", [
    (damaged, "cannot use kald.sqlite in .* as a database: .*"), (read_only, "cannot write kald.line in .*: .*"),
    (away, "cannot use the database postgresql://.*: .*"),
])
def test_a_gateway_begins_over_what_gives_nothing_says_so_and_serves_when_it_is_mended(request, tmp_path, postgresql,
                                                                                       befell, says):
    url = fresh(postgresql) if befell is away else None
    (voice, *_), _ = load.house(tmp_path, 2, url)
    mend = befell(tmp_path, postgresql)
    try:
        gateway = Gateway(tmp_path, url)
        request.addfinalizer(lambda: gateway.end(signal.SIGKILL))
        until(lambda: "storage" in gateway.faults())
        assert re.fullmatch(says, gateway.faults()["storage"]) and not gateway.acks(voice)
        status, health = gateway.get("/healthz")
        assert status == 503 and re.fullmatch(says, health["wrong"]["store"])
    finally:
        mend()
    until(lambda: gateway.acks(voice))
    assert "storage" not in gateway.faults() and gateway.get("/healthz")[0] == 200
    code, said = gateway.stop()
    assert code == 0 and re.search(f"kald: {says}\\. Nothing is stored", said)
    with open_at(tmp_path, url).engine.connect() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM alarms").scalar() >= 1


@asynccontextmanager
async def signed_in(tmp_path, monkeypatch):
    store, _ = house(tmp_path)
    made(store, "Eva", permissions.ADMINISTRATOR)
    async with served(store) as (url, _), Browser(url) as browser, Browser(url) as stranger:
        await browser.sign_in("Eva")
        assert (await browser.get("/api/alarms"))[0] == 200

        def gone():
            raise OperationalError("SELECT", {}, Exception("the server has gone away"))

        monkeypatch.setattr(store.engine, "connect", gone)
        monkeypatch.setattr(store.engine, "begin", gone)
        yield browser, stranger


async def test_while_the_database_gives_nothing_who_was_in_sees_that_and_nobody_new_is_let_in(tmp_path, monkeypatch):
    async with signed_in(tmp_path, monkeypatch) as (browser, stranger):
        async with asyncio.timeout(HANGS_S):  # what was read just before is shown for a moment
            while '"storage"' not in (await browser.get("/api/alarms"))[1]:
                pass
        assert (await browser.get("/"))[0] == 200
        for path in ("/month/2026-11", "/people"):
            status, text, headers = await browser.get(path + "?lang=en")
            assert status in (200, 503) and "Traceback" not in text and "Content-Security-Policy" in headers
        assert (await stranger.get("/api/alarms"))[0] == 401 and (await stranger.get("/"))[0] == 303
        assert (await stranger.sign_in("Eva"))[0] == 503
