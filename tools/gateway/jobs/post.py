"""How does the gateway hand a notification to the process that sends it, and take the answer back?

The process (postman.py) begins with the first message, and again if it was ended. Its group is its own, so that one
signal ends all that hang.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

import certifi

_LOG = logging.getLogger(__name__)
TITLE = "Kald"
_SLACK_S = 3  # what begins a process on a small computer; the limit itself is kept by the kernel


class Post:
    """Sends notifications. ca_file: a CA to believe beside those of this machine."""

    def __init__(self, ca_file: Path | None = None):
        self._ca_file = ca_file
        self._trusted: tempfile._TemporaryFileWrapper[bytes] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._number = 0
        self._beginning = asyncio.Lock()

    async def send(self, address: str, text: str, limit_s: float) -> str:
        """Send `text` to an address in Apprise's form; return "" or why it failed, after `limit_s` at the latest."""
        process = await self.ready()
        self._number += 1
        number, answer = self._number, asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        job = {"id": number, "address": address, "title": TITLE, "text": text, "limit_s": limit_s}
        try:
            async with asyncio.timeout(limit_s + _SLACK_S):
                assert process.stdin is not None
                process.stdin.write(json.dumps(job).encode() + b"\n")
                await process.stdin.drain()
                return await answer
        except TimeoutError:
            return f"no answer within {limit_s} s"
        except OSError as error:
            return f"the process that sends notifications is gone ({type(error).__name__})"
        finally:
            self._asked.pop(number, None)

    async def ready(self) -> asyncio.subprocess.Process:
        """Begin the process, if it does not run; return it. A small computer takes seconds to load Apprise."""
        async with self._beginning:
            if self._process is None or self._process.returncode is not None:
                return await self._begin()
            return self._process

    async def _begin(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tools.gateway.jobs.postman", stdin=pipe, stdout=pipe, start_new_session=True,
            env=self._environment(),
        )
        self._reading = asyncio.create_task(self._read(process))
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            answer = self._asked.get(said["id"])
            if answer is not None and not answer.done():
                answer.set_result(said["why"])
        await process.wait()
        _end(process)  # whatever it was about
        _LOG.warning("the process that sends notifications has ended (%s); the next one begins it anew",
                     process.returncode)
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result("the process that sends notifications has ended")

    async def stop(self) -> None:
        """End it, and whatever it was about."""
        if self._reading is not None:
            self._reading.cancel()
        if self._process is not None and self._process.returncode is None:
            _end(self._process)
            await self._process.wait()

    def _environment(self) -> dict[str, str]:
        """Return this process's surroundings, with the way to these sources, and whom TLS is to believe."""
        there = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        if self._ca_file is not None and self._trusted is None:
            self._trusted = tempfile.NamedTemporaryFile(prefix="kald-ca-", suffix=".pem")
            self._trusted.write(Path(certifi.where()).read_bytes() + b"\n" + self._ca_file.read_bytes())
            self._trusted.flush()
        if self._trusted is not None:
            there["SSL_CERT_FILE"] = there["REQUESTS_CA_BUNDLE"] = self._trusted.name
        return there


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
