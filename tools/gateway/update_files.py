"""What may a badge fetch from this gateway, and how? The two trees that `kald fleet` has put into the gateway's folder.

    update/about.json       {"version", "made_min"}
    update/a  update/b      a whole tree for either slot, as tools/flash/copy.py builds it

A badge asks with HTTP/1.0, at the TCP port with the number of its datagrams' port, and only while a badge is to be
updated does anybody listen there. What is given is no secret. The list is sealed for the badge whose number is asked,
and for nobody else (tools/flash/tree.py), so whoever stands between can hold it back, and no more.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tools.flash import tree

Keys = Callable[[int], tuple[bytes, bytes] | None]  # of a badge's number

SLOTS = ("a", "b")
FOLDER, _ABOUT = "update", "about.json"
_ASKED = re.compile(rb"GET /(?:(\d{1,5})/([ab])/list|([ab])((?:/[A-Za-z0-9_.]+)+)) HTTP/1\.[01]\r?\n")
_REQUEST_BYTES_MOST = 1024
_REQUEST_S, _ANSWER_S = 10, 60
_AT_ONCE_MOST = 8
_NONE = b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_log = logging.getLogger(__name__)


def fill(folder: Path, version: int, made_min: int, build: Callable[[Path, str], object]) -> None:
    """Put both trees into `folder`, the gateway's, in the place of what is there. build(to, slot): makes one."""
    fresh = folder / f"{FOLDER}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for slot in SLOTS:
        (fresh / slot).mkdir(parents=True)
        build(fresh / slot, slot)
    (fresh / _ABOUT).write_text(json.dumps({"version": version, "made_min": made_min}), encoding="utf-8")
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    fresh.rename(folder / FOLDER)


class UpdateFiles:
    """What lies in `folder`, the gateway's. keys: of a badge, None where it has none or must not be updated."""

    def __init__(self, folder: Path, keys: Keys):
        self._folder, self._keys = folder / FOLDER, keys
        self._lines: dict[str, tuple[float, bytes]] = {}

    def answer(self, asked: bytes) -> bytes:
        """Return what is answered to a request. Any bytes are safe."""
        found = _ASKED.match(asked)
        if found is None:
            return _NONE
        device, of, slot, path = found.groups()
        try:
            if device is None:
                return self._file(slot.decode(), path.decode())
            keys = self._keys(int(device))
            return _given(tree.sealed(self._listed(of.decode()), keys)) if keys else _NONE
        except (OSError, ValueError, KeyError, TypeError):
            return _NONE

    def _file(self, slot: str, path: str) -> bytes:
        if ".." in path.split("/"):
            return _NONE
        return _given((self._folder / slot / path[1:]).read_bytes())

    def _listed(self, slot: str) -> bytes:
        about = self._folder / _ABOUT
        at = about.stat().st_mtime
        if self._lines.get(slot, (None,))[0] != at:
            said = json.loads(about.read_text(encoding="utf-8"))
            top = self._folder / slot
            files = {f"/{path.relative_to(top).as_posix()}": path.read_bytes()
                     for path in top.rglob("*") if path.is_file()}
            digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
            sizes = {path: len(data) for path, data in files.items()}
            self._lines[slot] = at, tree.listed(said["version"], said["made_min"], sizes, digests)
        return self._lines[slot][1]


def _given(data: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data


class UpdateServer:
    """Gives what there is of UpdateFiles at `host` and `port`, while that is wanted."""

    def __init__(self, files: UpdateFiles, host: str, port: int):
        self._files, self._host, self._port = files, host, port
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._failed = False
        self._guests: set[asyncio.StreamWriter] = set()

    def look(self, wanted: bool) -> None:
        """Listen or not, as is `wanted`; call it from the loop, every second or so."""
        if not wanted:
            self.close()
        elif self._server is None and (self._opening is None or self._opening.done()):
            self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            self._server = await asyncio.start_server(self._meet, self._host, self._port, limit=_REQUEST_BYTES_MOST)
            self._failed = False
        except OSError as error:
            if not self._failed:
                _log.error("badges cannot fetch their update: port %d (TCP) is not to be had (%s)", self._port,
                           error.strerror)
            self._failed = True

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._guests) >= _AT_ONCE_MOST:
            writer.close()
            return
        self._guests.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError):
                asked = await asyncio.wait_for(reader.readuntil(b"\n"), _REQUEST_S)
                writer.write(self._files.answer(asked))
                await asyncio.wait_for(writer.drain(), _ANSWER_S)
        except asyncio.LimitOverrunError:
            pass  # no badge asks for so much
        finally:
            self._guests.discard(writer)
            writer.close()

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._guests:
            writer.close()
