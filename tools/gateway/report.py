"""What were the figures of a month, or a year? Alarms, times to taken and to there, tests, practice, hours alone.

A month is the house's own calendar month (house_zone.py). An alarm counts in the month in which it began; practice is
not an alarm, and a question that the wearer called off is counted by itself. Percentiles are the nearest rank of the
sorted times. *Alone* is what badges were told: on duty with nobody else of a group of two or more within call. An alarm
is *late* if it was first heard so long after it began that its wearer had felt *unheard*.
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, TypedDict

from sqlalchemy import Connection, func, select

from firmware.codes import PASSED_ALL, WHAT_CANCELLED, WHAT_RAISED
from tools import spoken
from tools.gateway import duty, retention
from tools.gateway.core.rows import loaded
from tools.gateway.places import wording
from tools.gateway.plans import KINDS
from tools.gateway.tables import ACTS, ALARMS, BADGES, EVENTS, SIGHTINGS, TESTS, TROUBLES, WEARER

LATE_MS = 10_000
_BEFORE_MS = 2 * 86_400_000  # nobody who is alone has been so for longer
_HOUR_MS = 3_600_000
_ON = tuple(duty.MODES[mode] for mode in duty.ON_DUTY)


class Month(TypedDict):
    """A month's figures.

    to_taken_s, to_there_s: median and p95, in s; tests: done, partial and missed; late: alarms that were, by place:
    [{"where": a Finding as it is kept, "count"}]. None: retention has deleted what tells it.
    """

    month: str
    alarms: int
    by_kind: dict[str, int]
    cancelled_questions: int
    verified: int
    false: int
    tests_said: int
    not_said: int
    to_taken_s: dict[str, float | None]
    to_there_s: dict[str, float | None]
    untaken: int
    tests: dict[str, int | None]
    practised: list[str]
    alone_h: float | None
    late: list[dict[str, Any]]


class Year(TypedDict):
    """A year's figures, month by month."""

    year: str
    months: list[Month]


class Wrong(spoken.Sentence, ValueError):
    """A sentence about a month that is none."""


def span(month: str, zone: tzinfo | None = None) -> tuple[int, int]:
    """Return (from_ms, to_ms) of a month such as "2026-11"; zone: a tzinfo, or this machine's own. Raises Wrong."""
    said = re.fullmatch(r"(\d{4})-(\d{2})", month, re.ASCII)
    year, number = (int(said[1]), int(said[2])) if said else (0, 0)
    if not 1971 <= year <= 2999 or not 1 <= number <= 12:
        raise Wrong("a month is written as 2026-11")
    after = (year, number + 1) if number < 12 else (year + 1, 1)
    begins, ends = (int(datetime(*each, 1, tzinfo=zone).timestamp() * 1000) for each in ((year, number), after))
    return begins, ends


def rank(times: Sequence[float], percent: int) -> float | None:
    """Return the nearest-rank percentile of a list of numbers, None for an empty one."""
    return sorted(times)[max(0, -(-len(times) * percent // 100) - 1)] if times else None


def month(db: Connection, text: str, zone: tzinfo | None = None) -> Month:
    """Return the figures of the month `text` as an object that JSON can hold. Raises Wrong."""
    from_ms, to_ms = span(text, zone)
    within = (ALARMS.c.since_ms >= from_ms) & (ALARMS.c.since_ms < to_ms) & ~ALARMS.c.practice
    rows = db.execute(select(ALARMS).where(within).order_by(ALARMS.c.id)).all()
    raised = [row for row in rows if row.phase == WHAT_RAISED]
    taken_s = [(row.taken_ms - row.received_ms) / 1000 for row in raised if row.taken_ms is not None]
    there_s = [(row.arrived_ms - row.received_ms) / 1000 for row in raised if row.arrived_ms is not None]
    said = {outcome: sum(row.outcome == outcome for row in raised) for outcome in ("real", "false", "test", "not said")}
    tests = db.execute(select(TESTS).where((TESTS.c.at_ms >= from_ms) & (TESTS.c.at_ms < to_ms))).all()
    done = [test for test in tests if not test.missed]
    counts = {"done": sum(test.passed == PASSED_ALL for test in done),
              "partial": sum(test.passed != PASSED_ALL for test in done), "missed": sum(test.missed for test in tests)}
    known = from_ms >= _kept_since_ms(db)
    return {
        "month": text,
        "alarms": len(raised),
        "by_kind": {name: sum(row.kind == kind for row in raised) for kind, name in KINDS.items()},
        "cancelled_questions": sum(row.phase == WHAT_CANCELLED for row in rows),
        "verified": said["real"], "false": said["false"], "tests_said": said["test"], "not_said": said["not said"],
        "to_taken_s": {"median": rank(taken_s, 50), "p95": rank(taken_s, 95)},
        "to_there_s": {"median": rank(there_s, 50), "p95": rank(there_s, 95)},
        "untaken": sum(row.taken_ms is None for row in raised),
        "tests": {name: count if known else None for name, count in counts.items()},
        "practised": _practised(db, from_ms, to_ms),
        "alone_h": round(_alone_ms(db, from_ms, to_ms) / _HOUR_MS, 1) if known else None,
        "late": _late(db, [row.id for row in raised if (row.received_ms or 0) - row.since_ms > LATE_MS]),
    }


def year(db: Connection, text: str, zone: tzinfo | None = None) -> Year:
    """Return the figures of the year `text`, such as "2026". Raises Wrong."""
    return {"year": text, "months": [month(db, f"{text}-{number:02}", zone) for number in range(1, 13)]}


def _kept_since_ms(db: Connection) -> int:
    days = retention.read(db).details
    newest_ms = db.execute(select(func.max(ACTS.c.at_ms))).scalar()
    return 0 if days is None or newest_ms is None else int(newest_ms) - days * retention.DAY_MS


def _alone_ms(db: Connection, from_ms: int, to_ms: int) -> int:
    """Return for how long people were alone, ms, summed up over all badges."""
    about = ACTS.c.act.in_(("ordered_alone", "mode")) & (ACTS.c.at_ms >= from_ms - _BEFORE_MS) & (ACTS.c.at_ms < to_ms)
    silent = (TROUBLES.c.fault == "silent") & (TROUBLES.c.since_ms >= from_ms - _BEFORE_MS)
    lines = [(row.pairing, row.at_ms, row.act == "ordered_alone" and row.detail == "1") for row in
             db.execute(select(ACTS).where(about)).all() if row.act == "ordered_alone" or row.detail not in _ON]
    lines += [(row.pairing, row.since_ms, False) for row in db.execute(select(TROUBLES).where(silent)).all()]
    heard = {row.pairing: row.heard_ms or 0 for row in db.execute(select(BADGES.c.pairing, BADGES.c.heard_ms)).all()}
    lines += [(pairing, min(to_ms, heard.get(pairing, 0)), False) for pairing in {line[0] for line in lines}]
    total = 0
    since: dict[int, int] = {}
    for pairing, at_ms, alone in sorted(lines):
        if alone:
            since.setdefault(pairing, at_ms)
        elif pairing in since:
            total += max(0, min(at_ms, to_ms) - max(since.pop(pairing), from_ms))
    return total


def _late(db: Connection, alarms: list[int]) -> list[dict[str, Any]]:
    found = dict.fromkeys(alarms, '{"level": "unknown"}')
    for row in db.execute(select(SIGHTINGS).where(SIGHTINGS.c.alarm.in_(alarms)).order_by(SIGHTINGS.c.id)).all():
        found[row.alarm] = row.finding
    counts: dict[str, dict[str, Any]] = {}
    for text in found.values():
        where = loaded(text, {"level": "unknown"})
        place = counts.setdefault(wording.say(wording.read(text), "en"), {"where": where, "count": 0})
        place["count"] += 1
    return sorted(counts.values(), key=lambda place: -place["count"])


def _practised(db: Connection, from_ms: int, to_ms: int) -> list[str]:
    found = (
        select(WEARER).join(ALARMS, ALARMS.c.pairing == BADGES.c.pairing)
        .join(EVENTS, EVENTS.c.alarm == ALARMS.c.id)
        .where((EVENTS.c.event == "practised") & (EVENTS.c.at_ms >= from_ms) & (EVENTS.c.at_ms < to_ms))
        .distinct()
    )
    return sorted(db.execute(found).scalars())
