"""Is there a badge at the end of the cable? Finds its port and runs mpremote on it; refuses in plain words."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serial
from serial.tools import list_ports

from tools import spoken
from tools.flash.constants import literal

WINDOWS = os.name == "nt"
_RUN_S = 180
_REST_S = 4
COPY_S = 900  # a ROMFS, or a package out of the internet, over a slow cable; else it goes file by file
SOON_S = 4  # for a badge to go on after somebody's Ctrl-C; one that hangs does so by its watchdog
WORD_S = 30  # for what is done at once; mpremote itself waits without end for a badge that falls silent
NO_PROMPT = ("it does not answer as MicroPython does; is MicroPython on it? A badge without Wi-Fi sleeps: press its "
             "reset key, and try again within half a minute. A bridge wants 10 s after its gateway")


class Refusal(spoken.Sentence):
    """A sentence for the technician."""


class NoPrompt(Refusal):
    """No MicroPython answers there."""


def told(port: str, said: str, word: str, none: Any) -> Any:
    """Return what the board at `port` has written behind `word`, a Python literal, among all that it has `said`.

    none: where there is no such line. Raises Refusal for one that came torn.
    """
    lines = [line.partition(" ")[2] for line in said.splitlines() if line.startswith(f"{word} ")]
    try:
        return literal(lines[0]) if lines else none
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise Refusal(f"what the badge on {port} answers cannot be read: another cable or USB port, and try again; if "
                      "it babbles by itself, kald flash --install") from error


def find_all() -> list[str]:
    """Return the ports of all USB serial devices there are. Raises Refusal for none."""
    found = sorted(port.device for port in list_ports.comports() if port.vid is not None)
    if not found:
        raise Refusal("no badge found: plug it in with a USB cable that carries data, or name its port")
    return found


def find() -> str:
    """Return the port of the one USB serial device there is. Raises Refusal for none or several."""
    found = find_all()
    if len(found) > 1:
        raise Refusal(f"there are several serial ports ({', '.join(found)}): name the badge's")
    return found[0]


def check(port: str) -> None:
    """Raise Refusal unless `port` can be opened now and by us alone."""
    if WINDOWS:  # its ports are no files
        there = port.upper() in {each.device.upper() for each in list_ports.comports()}
    else:
        there = os.path.exists(port)
    if not there:
        raise Refusal(f"there is no port {port}: is the cable plugged in?")
    if not WINDOWS and not os.access(port, os.R_OK | os.W_OK):
        raise Refusal(f"you may not use {port}: join the group that owns it (often dialout) and log in again")
    try:
        serial.Serial(port, exclusive=True).close()
    except (OSError, serial.SerialException) as error:
        if re.search("lock|busy|access is denied|PermissionError", str(error), re.IGNORECASE):
            raise Refusal(f"{port} is in use by another program: close it and try again") from error
        raise Refusal(f"{port} is not a serial port that works: {error}") from error


def overheard(port: str, seconds: float = _REST_S, ends: bytes = b"") -> str:
    """Return what the board at `port` says by itself in `seconds`, or until it has said `ends`.

    MicroPython tells every three seconds what ails it, a chip without a program all the time.
    """
    said, until = b"", time.monotonic() + seconds
    line = serial.Serial(baudrate=115200, timeout=0.2, exclusive=True)
    line.port = port
    line.dtr = line.rts = False  # on a DevKit these two pull the chip's reset
    try:
        with line:
            while time.monotonic() < until and not (ends and ends in said):
                said += line.read(line.in_waiting or 1)
    except (OSError, serial.SerialException):
        return ""  # it is gone, which somebody else says
    return said.decode("utf-8", "replace")


def unmounted(port: str, said: str) -> None:
    """Raise Refusal where what a board said is MicroPython's word for a file system that does not mount."""
    if re.search(r"file\s?system.{0,120}corrupt", said, re.IGNORECASE | re.DOTALL):
        raise Refusal(f"the file system of the badge on {port} does not mount, and nothing of ours can run: kald "
                      "flash --install erases the chip and writes all anew; then pair it again")


@contextlib.contextmanager
def watching_again(port: str, ends: type[BaseException] = BaseException) -> Iterator[None]:
    """Have the badge at `port` go on if what is begun here `ends` before its end: at its prompt it calls nobody.

    Its own watchdog would do so after ten minutes.
    """
    try:
        yield
    except ends as error:
        if not isinstance(error, NoPrompt):
            with contextlib.suppress(Refusal):
                mpremote(port, "resume", "reset", seconds=SOON_S)
        raise


def mpremote(port: str, *words: str, cwd: str | Path | None = None, seconds: float = _RUN_S) -> str:
    """Run mpremote on `port`, for `seconds` at most, and return what it printed. Raises Refusal.

    A badge that is just starting again may swallow the first word, so a short one is said twice before it is refused.
    """
    command = [sys.executable, "-m", "mpremote", "connect", port, *words]
    for last in (seconds >= _RUN_S or words[0] == "resume", True):
        try:
            run = subprocess.run(command, cwd=cwd, timeout=seconds, capture_output=True, encoding="utf-8",
                                 errors="replace", stdin=subprocess.DEVNULL)
            break
        except subprocess.TimeoutExpired as error:
            if last or error.stdout:
                unmounted(port, overheard(port))
                said = f"the badge on {port} stopped answering: press its reset key and try again"
                raise NoPrompt(said) from error
    if run.returncode:
        unmounted(port, run.stdout + run.stderr)
        said = (run.stderr.strip() or run.stdout.strip() or "no reason given").splitlines()[-1]
        if "raw repl" in said:
            raise NoPrompt(f"the badge on {port} refused: {NO_PROMPT}")
        raise Refusal(f"the badge on {port} refused: {said}")
    return run.stdout
