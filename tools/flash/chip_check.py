"""Does the chip do what the design believes? onchip/check.py run on it, a reset, and a look at what that left."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.flash import fit
from tools.flash.cable import WORD_S, Refusal, mpremote, told
from tools.flash.selftest import run

SCRIPTS = [Path(__file__).resolve().parent / "onchip" / name
           for name in ("open_alarm.py", "check_parts.py", "check.py")]
_BEGINS = "begin "
_RESETS_S = 0.5  # a board waits 0.1 s before the reset that mpremote orders, and a word in that time would hold it up

# Runs after the reset, and takes away what was left to be found.
_AFTER = """
import machine
from esp32 import NVS
memory = machine.RTC().memory()
mark = bytearray(16)
kept = False
try:
    store = NVS("kaldcheck")
    kept = bytes(mark[: store.get_blob("mark", mark)]) == b"kald check"
    store.erase_key("mark")
    store.commit()
except OSError:
    pass
print("after", {"rtc": memory[:10] == b"kald check", "rtc_other": len(memory) > 0, "nvs": kept,
                "cause": machine.reset_cause()})
if memory[:10] == b"kald check":
    machine.RTC().memory(b"")
"""


def pins(board: str) -> dict[str, Any]:
    """Return a kind of board's file as the script wants it, {} for "". Raises Refusal for one that there is not."""
    return fit.kind(board) if board else {}


def script() -> str:
    """Return what runs on the chip, behind PINS."""
    return "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)


def checked(port: str, board: str, hear: Callable[[str], None]) -> dict[str, Any]:
    """Check the chip at `port`, wired as `board`; hear(line) gets each line at once. Return the whole report.

    Raises Refusal, which names the part in which the chip hung or started anew.
    """
    at = ["the beginning"]

    def heard(line: str) -> None:
        if line.startswith(_BEGINS):
            at.append(line.removeprefix(_BEGINS))
        else:
            hear(line)

    text = f"PINS = {pins(board)!r}\n{script()}"
    try:
        report = run(port, text, heard, "check")
    except Refusal as error:
        raise Refusal(f"{error}. It hung, or the chip started anew, in: {at[-1]}. Please send us these lines") from None
    report["board"] = board
    if "RTC" not in report["facts"]:
        return report  # nothing was tried
    time.sleep(_RESETS_S)
    said = mpremote(port, "resume", "exec", _AFTER, seconds=WORD_S)
    mpremote(port, "resume", "reset", seconds=WORD_S)
    after = told(port, said, "after", {})
    report["facts"]["after a reset"] = after
    left_alone = "used" in report["facts"]["RTC"]
    kept = bool(after.get("nvs")) and (left_alone or bool(after.get("rtc")))
    if not kept:
        report["wrong"].append("after a reset")
        report["ok"] = False
    hear(f"{'ok' if kept else 'not ok'} after a reset: NVS {_word(after.get('nvs'))}, RTC memory "
         f"{'not tried' if left_alone else _word(after.get('rtc'))}, reset cause {after.get('cause')}")
    return report


def _word(kept: object) -> str:
    return "kept" if kept else "lost"


def written(report: dict[str, Any], path: Path) -> None:
    """Write a report that can be sent in; it holds no key, no name and no address. Raises OSError."""
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
