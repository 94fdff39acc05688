"""Which process sends a notification, so that one that never ends can be ended?

    stdin: {"id", "address", "title", "text", "limit_s"} a line   stdout: {"id", "why"} a line, why: "" if it was sent

Apprise knows the services (mail, ntfy, SMS gateways, ...) and blocks: a server that drips a byte every other second
holds it for ever, and no thread can be ended. So it lives here, loaded once, and each message is sent by a fork with an
alarm clock: when that rings, the kernel ends it. The gateway ends all of them at once, by the process group; if the
gateway is gone, so is the one who writes to stdin, and the group ends itself.

    python -m tools.gateway.jobs.postman
"""

import json
import logging
import os
import selectors
import signal
from typing import Any

import apprise

from tools.gateway.jobs import reasons

_READ = 65536


class _Said(logging.Handler):
    """Keeps what Apprise logs, since its answer is only yes or no."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def send(address: str, title: str, text: str) -> str:
    """Send one message; return "" or why it was not. Blocks for as long as the server likes."""
    said = _Said()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [said], False  # its lines hold addresses: they are read, and go no further
    logger.setLevel(logging.DEBUG)
    service = apprise.Apprise()
    if not service.add(address):
        return "Apprise knows no such address"
    if service.notify(body=text, title=title):
        return ""
    return reasons.why(" | ".join(said.lines))


def _fork(job: dict[str, Any]) -> int:
    """Send in a process of its own; return the end of a pipe that it says why on, and closes when it is gone."""
    near, far = os.pipe()
    if os.fork():
        os.close(far)
        return near
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)  # or whoever reads what this process says would wait for a fork that hangs
    os.dup2(nothing, 1)
    signal.setitimer(signal.ITIMER_REAL, job["limit_s"])  # SIGALRM ends a process that does nothing about it
    try:
        why = send(job["address"], job["title"], job["text"])
    except Exception as error:  # a service's own; what it says may hold the address
        why = f"Apprise failed: {type(error).__name__}"
    os.write(far, json.dumps(why).encode())
    os._exit(0)


def main() -> None:
    """Serve until stdin ends."""
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ, None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    waiting = b""
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, _READ)
            if key.data is not None:  # a fork has said its word, or was ended
                selector.unregister(key.fd)
                os.close(key.fd)
                why = json.loads(data) if data else f"no answer within {key.data['limit_s']} s"
                print(json.dumps({"id": key.data["id"], "why": why}), flush=True)
            elif not data:
                os.killpg(0, signal.SIGKILL)
            else:
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    job = json.loads(line)
                    selector.register(_fork(job), selectors.EVENT_READ, job)


if __name__ == "__main__":
    main()
