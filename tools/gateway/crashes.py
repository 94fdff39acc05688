"""Why did a badge crash or start again? What its REPORT frames say, kept with the badge and put into words.

The bytes are kept as they were told; `says` names them by keys of tools/gateway/pages/words.py, so that each language
has its own sentence. Facts and tasks that only a newer badge knows are shown by number or refused, never guessed at.

When it happened is the badge's own minute of its latest facts: in a crash that of the crash, after a watchdog or a dip
that of the last save, ten seconds before at most. When it was told may be hours later, where there was no gateway.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, Select, select

from firmware import trace, codes
from tools.gateway import house_time, records, troubles
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction
from tools.gateway.tables import BADGES, CRASHES

SHOWN = 10
AGAIN_MS = 3_600_000  # a report whose ack was lost is told again with a later heartbeat, and is no second crash
COLUMNS = ("badge", "time", "happened", "cause", "crashes", "reason", "task", "latest")
CAUSES = {
    codes.CAUSE_NONE: "went_on", codes.CAUSE_POWER_ON: "power_on", codes.CAUSE_RESET: "reset",
    codes.CAUSE_WATCHDOG: "watchdog", codes.CAUSE_DEEP_SLEEP: "deep_sleep", codes.CAUSE_SOFT: "soft",
    codes.CAUSE_DIP: "dip",
}
TASKS = {
    codes.TASK_NONE: "none", codes.TASK_SENSE: "sense", codes.TASK_TALK: "talk", codes.TASK_FEEL: "feel",
    codes.TASK_KEEP: "keep", codes.TASK_MIND: "mind",
}
FACTS = {trace.ARROW: "arrow", trace.GESTURE: "gesture", trace.FELT: "felt", trace.FAULT: "faults"}
_REASON = slice(2, 6)
_MINUTE = slice(6, 8)
_FACT_AT = (8, 11)
_NO_MINUTE_BYTES = 12  # a report that an older version has kept
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
# the exceptions that MicroPython knows: of two with the same first letters, the one that a running badge can raise
_CLASSES = ("ArithmeticError", "AssertionError", "AttributeError", "CancelledError", "EOFError", "ImportError",
            "IndexError", "KeyError", "LookupError", "MemoryError", "NameError", "NotImplementedError", "OSError",
            "OverflowError", "RuntimeError", "StopIteration", "TimeoutError", "TypeError", "UnicodeError", "ValueError",
            "ZeroDivisionError")
REASONS = {**{name[:4]: name for name in _CLASSES}, "watc": "reason_watchdog", "pani": "reason_panic"}


def store(at: Transaction, badge: Badge, told: bytes) -> bool:
    """Keep the 14 bytes of a REPORT; return False, having kept nothing, if no badge says such a thing."""
    if not _possible(told):
        return False
    known = at.crashes.by("pairing", badge.pairing)
    if not any(row.report == told and abs(at.now_ms - row.at_ms) < AGAIN_MS for row in known):
        at.crashes.add(pairing=badge.pairing, at_ms=at.now_ms, report=told)
    return True


def _possible(told: bytes) -> bool:
    task, cause, crashes = told[0] >> 4, told[0] & 0x0F, told[1]
    reason = told[_REASON].rstrip(b"\0")
    if cause not in CAUSES or task not in TASKS or not set(reason) <= _LETTERS:
        return False
    if crashes:
        if not reason:
            return False
    elif cause != codes.CAUSE_DIP:
        return False  # nothing to tell; without a crash, reason and task are those of an older one, and say nothing
    facts = [told[at : at + 3] for at in _FACT_AT]
    return all(fact[0] or not any(fact) for fact in facts) and bool(facts[0][0] or not facts[1][0])


def says(told: bytes) -> dict[str, list[list[str]]]:
    """Return what a REPORT says as {column: [[key or text, ...], ...]}, parts without anything to say left out."""
    told = _whole(told)
    said = {"cause": [[f"cause_{CAUSES[told[0] & 0x0F]}"]]}
    if told[1]:
        reason = told[_REASON].rstrip(b"\0").decode("ascii")
        said["crashes"] = [["crashes", str(told[1])]]
        said["reason"] = [[REASONS.get(reason, f"{reason}...")]]
        said["task"] = [[f"task_{TASKS[told[0] >> 4]}"]]
    said["latest"] = [_fact(told[at], told[at + 1] << 8 | told[at + 2]) for at in _FACT_AT if told[at]]
    return said


def _whole(told: bytes) -> bytes:
    return told[: _MINUTE.start] + bytes(2) + told[_MINUTE.start :] if len(told) == _NO_MINUTE_BYTES else told


def happened_ms(told: bytes, at_ms: int) -> int | None:
    """Return when that was of which a REPORT told at `at_ms`, Unix ms to the minute; None if the badge did not know."""
    return house_time.when_ms(int.from_bytes(_whole(told)[_MINUTE]), at_ms)


def _fact(code: int, value: int) -> list[str]:
    name = FACTS.get(code)
    if name == "arrow":
        return ["fact_arrow", f"was_{value >> 4}", "->", f"was_{value & 0x0F}"]
    if name == "faults":
        there = [troubles.FAULTS.get(1 << n, hex(1 << n)) for n in range(16) if value >> n & 1]
        return ["fact_faults", *[f"fault_{fault}" for fault in there]] if there else ["no_fault"]
    return [f"fact_{name}", f"{name}_{value}"] if name else [f"fact {code}: {value}"]


def spoken(parts: Iterable[list[str]], language: dict[str, str]) -> str:
    """Return `parts` of `says` as a text; language: one of pages.words.WORDS."""
    return "; ".join(" ".join(language.get(key, key) for key in part) for part in parts)


def shown(db: Connection) -> list[dict[str, Any]]:
    """Return the latest reports, the newest first.

    "name", "at_ms" (when it was told), "happened_ms" or None, and "says", the parts of a sentence by key.
    """
    found = _all().order_by(CRASHES.c.id.desc()).limit(SHOWN)
    return [{"name": name, "at_ms": at_ms, "happened_ms": happened_ms(told, at_ms),
             "says": [part for parts in says(told).values() for part in parts]}
            for name, at_ms, told in db.execute(found)]


def _all() -> Select[str, int, bytes]:
    return select(BADGES.c.name, CRASHES.c.at_ms, CRASHES.c.report).join(BADGES, BADGES.c.pairing == CRASHES.c.pairing)


def as_csv(db: Connection, language: dict[str, str], zone: tzinfo | None = None, separator: str = ",") -> str:
    """Return all reports as CSV text, a row each, oldest first. zone, separator: as for records.as_csv."""
    table: list[Sequence[str]] = [COLUMNS]
    for name, at_ms, told in db.execute(_all().order_by(CRASHES.c.id)):
        said = {**dict.fromkeys(COLUMNS[3:], ()), **says(told), "crashes": [[str(told[1])]]}
        when = happened_ms(told, at_ms)
        times = (records.local(at_ms, zone), "" if when is None else records.local(when, zone))
        table.append((name, *times, *[spoken(said[column], language) for column in COLUMNS[3:]]))
    return records.sheet(table, separator)
