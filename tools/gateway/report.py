"""What were the month's figures? Alarms by kind, false and real, time to taken, tests done and missed, practice.

A month is this machine's own calendar month. An alarm counts in the month in which it began; practice is not an alarm,
and a question that the wearer called off is counted by itself. Percentiles are the nearest rank of the sorted times.
"""

import re
from datetime import datetime, tzinfo
from typing import TypedDict

from sqlalchemy import Connection, select

from firmware.codes import PASSED_ALL, WHAT_CANCELLED, WHAT_RAISED
from tools.gateway.plans import KINDS
from tools.gateway.tables import ALARMS, BADGES, EVENTS, TESTS


class Month(TypedDict):
    """A month's figures. to_taken_s: median and p95, in s; tests: done, partial and missed."""

    month: str
    alarms: int
    by_kind: dict[str, int]
    cancelled_questions: int
    verified: int
    false: int
    tests_said: int
    not_said: int
    to_taken_s: dict[str, float | None]
    untaken: int
    tests: dict[str, int]
    practised: list[str]


class Wrong(ValueError):
    """A sentence about a month that is none."""


def span(month, zone=None):
    """Return (from_ms, to_ms) of a month such as "2026-11"; zone: a tzinfo, or this machine's own. Raises Wrong."""
    said = re.fullmatch(r"(\d{4})-(\d{2})", month, re.ASCII)
    year, number = (int(said[1]), int(said[2])) if said else (0, 0)
    if not 1971 <= year <= 2999 or not 1 <= number <= 12:
        raise Wrong("a month is written as 2026-11")
    ends = (year, number + 1) if number < 12 else (year + 1, 1)
    return tuple(int(datetime(*each, 1, tzinfo=zone).timestamp() * 1000) for each in ((year, number), ends))


def rank(times, percent):
    """Return the nearest-rank percentile of a list of numbers, None for an empty one."""
    return sorted(times)[max(0, -(-len(times) * percent // 100) - 1)] if times else None


def month(db: Connection, text: str, zone: tzinfo | None = None) -> Month:
    """Return the figures of the month `text` as an object that JSON can hold. Raises Wrong."""
    from_ms, to_ms = span(text, zone)
    within = (ALARMS.c.since_ms >= from_ms) & (ALARMS.c.since_ms < to_ms) & ~ALARMS.c.practice
    rows = db.execute(select(ALARMS).where(within)).all()
    raised = [row for row in rows if row.phase == WHAT_RAISED]
    taken_s = [(row.taken_ms - row.received_ms) / 1000 for row in raised if row.taken_ms is not None]
    said = {outcome: sum(row.outcome == outcome for row in raised) for outcome in ("real", "false", "test", "not said")}
    tests = db.execute(select(TESTS).where((TESTS.c.at_ms >= from_ms) & (TESTS.c.at_ms < to_ms))).all()
    done = [test for test in tests if not test.missed]
    return {
        "month": text,
        "alarms": len(raised),
        "by_kind": {name: sum(row.kind == kind for row in raised) for kind, name in KINDS.items()},
        "cancelled_questions": sum(row.phase == WHAT_CANCELLED for row in rows),
        "verified": said["real"], "false": said["false"], "tests_said": said["test"], "not_said": said["not said"],
        "to_taken_s": {"median": rank(taken_s, 50), "p95": rank(taken_s, 95)},
        "untaken": sum(row.taken_ms is None for row in raised),
        "tests": {
            "done": sum(test.passed == PASSED_ALL for test in done),
            "partial": sum(test.passed != PASSED_ALL for test in done),
            "missed": sum(test.missed for test in tests),
        },
        "practised": _practised(db, from_ms, to_ms),
    }


def _practised(db, from_ms, to_ms):
    found = (
        select(BADGES.c.name).join(ALARMS, ALARMS.c.pairing == BADGES.c.pairing)
        .join(EVENTS, EVENTS.c.alarm == ALARMS.c.id)
        .where((EVENTS.c.event == "practised") & (EVENTS.c.at_ms >= from_ms) & (EVENTS.c.at_ms < to_ms))
        .distinct().order_by(BADGES.c.name)
    )
    return list(db.execute(found).scalars())
