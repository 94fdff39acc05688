"""How is the self-test run on a badge? By mpremote, line by line as the badge says it, and a reset at the end."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, cast

from tools.flash.cable import SOON_S, WORD_S, Refusal, mpremote, unmounted
from tools.flash.constants import Shared

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "tools" / "flash" / "onchip" / "selftest.py"
RUN_S = 180


class Found(TypedDict):
    """What the badge has said last: whether all that was tried is well, which parts are not, and what was not tried."""

    ok: bool
    failed: list[str]
    skipped: list[str]


def selftest(port: str, hands: bool = True, hear: Callable[[str], None] = print) -> Found:
    """Run the self-test on the badge at `port`; hear(line) gets each line at once. Return its last line.

    Raises Refusal if it did not come to its end. The badge is reset in any case, so that it watches again.
    """
    text = Shared(ROOT).inline(SCRIPT.read_text())  # as on the badge, where constants have no names
    return cast(Found, run(port, text if hands else f"HANDS = False\n{text}", hear))


def run(port: str, text: str, hear: Callable[[str], None] = print, what: str = "self-test") -> dict[str, Any]:
    """Run a script on the badge at `port`; hear(line) gets each line at once. Return its last line, an object.

    Raises Refusal if it did not come to its end. The badge is reset in any case, so that it watches again.
    """
    handle, path = tempfile.mkstemp(prefix="kald-", suffix=".py")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        found = _run(port, path, hear, what)
    except BaseException as error:
        with contextlib.suppress(Refusal):  # what came first is what is told
            mpremote(port, "resume", "reset", seconds=WORD_S if isinstance(error, Refusal) else SOON_S)
        raise
    finally:
        os.unlink(path)
    mpremote(port, "resume", "reset", seconds=WORD_S)
    return found


def _run(port: str, path: str | Path, hear: Callable[[str], None], what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "mpremote", "connect", port, "run", str(path)]
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           encoding="utf-8", errors="replace")
    assert run.stdout is not None  # it is a pipe
    ender = threading.Timer(RUN_S, run.kill)
    ender.start()
    last = ""
    try:
        for line in run.stdout:
            line = line.rstrip()
            last = line or last
            if line and not line.startswith("{"):
                hear(line)
        code = run.wait()
    finally:
        ender.cancel()
        if run.poll() is None:
            run.kill()
            run.wait()
    try:
        found = json.loads(last)
        if isinstance(found, dict):
            return found
    except (ValueError, RecursionError):
        pass
    unmounted(port, last)
    raise Refusal(f"the {what} did not come to its end on {port} (exit {code}): {last[-200:]}")
