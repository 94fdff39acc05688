"""Has a badge started, and does it go on? What it says in its first seconds, judged.

A healthy app says one line, with its board and the heap that is left; a badge without a pairing says that it has none.
Whoever says so twice, or an error in between, starts again and again.
"""

import re
import time
from collections.abc import Callable
from typing import Protocol

from tools.flash.cable import Refusal
from tools.flash.console import Console

STARTS_S = 30  # from the reset to the app's line: MicroPython, a look at the files, imports, and a slow cable
STEADY_S = 3.0  # what falls down at once does so within this; the app's first turns are over
_WELL = re.compile(r"kald: started (.*)|kald: (this badge is not paired)")
_FELL = re.compile(r"Traceback|^MemoryError|rst:0x[0-9a-f]+ \(.*(WDT|PANIC)|Guru Medi|kald: (no firmware|broken)")
_ENDS = re.compile(r"^(\w*(?:Error|Exception)): ?(.*)")


class Line(Protocol):
    """A badge's cable: tools/flash/prompt.py."""

    def reset(self, broken: bool = False) -> None:
        """Have the badge start anew."""

    def heard(self) -> bytes:
        """Return what it has said since, soon."""


def started(line: Line, clock: Callable[[], float] = time.monotonic) -> str:
    """Reset the badge and return what it says of itself. Raises Refusal: it says nothing, or starts again and again."""
    line.reset()
    console = Console()
    told: list[str] = []
    until = clock() + STARTS_S
    well, starts = "", 0
    while clock() < until:
        for text in console.hear(line.heard()):
            told.append(text)
            found = _WELL.search(text)
            if found:
                starts += 1
                well = (found[1] or found[2]).partition("   = ")[0]
                until = min(until, clock() + STEADY_S)
    fell = [text for text in told if _FELL.search(text)]
    if well and starts == 1 and not fell:
        return well
    raise Refusal(_why(told, fell, starts))


def _why(told: list[str], fell: list[str], starts: int) -> str:
    last = [text for text in told if _ENDS.search(text)]
    reason = f" ({last[-1]})" if last else f" ({fell[-1]})" if fell else ""
    send = "please send us what kald monitor prints"
    if any("not proven; back to" in text for text in told):
        return f"the new firmware failed{reason}, and the badge went back to the one before: {send}"
    if starts <= 1 and any("kald: lifeboat" in text for text in told):
        wrong = [text for text in told if text.startswith("kald: ") and ("settings" in text or "pairing" in text)]
        cause = f" ({wrong[-1]})" if wrong else reason
        return f"it has started as its lifeboat{cause}: only button and radio work; kald monitor says why"
    if starts > 1 or fell:
        return f"it starts again and again{reason}: flash it once more; if that does not help, {send}"
    return (f"it says nothing in {STARTS_S} s: press its reset key and look with kald monitor; a board whose USB cable "
            "gives no power needs its cell")
