"""How does each badge stand: version, battery, when heard, tests missed, what it needs, and how its update goes?"""

from typing import Any, TypedDict

from sqlalchemy import Connection, Row, func, select

from tools.gateway import updates
from tools.gateway.tables import BADGES, TESTS, UPDATES

MISSED_MS = 30 * 86_400_000  # tests that were missed within as long are counted
_PERCENT = 100


class Fact(TypedDict):
    """One badge. version, to: three hex digits or None; battery: percent or None; why: a WHY_ number, or a word."""

    device: int
    name: str
    version: str | None
    battery: int | None
    heard_ms: int | None
    tests_missed: int
    needs: str
    state: str | None
    to: str | None
    why: str
    at_ms: int | None


def read(db: Connection, now_ms: int) -> list[Fact]:
    """Return the facts of all badges that are not shut out, in order of their numbers."""
    newest = select(func.max(UPDATES.c.id)).group_by(UPDATES.c.pairing)
    last = {row.pairing: row for row in db.execute(select(UPDATES).where(UPDATES.c.id.in_(newest)))}
    lately = TESTS.c.missed & (TESTS.c.at_ms >= now_ms - MISSED_MS)
    counts = select(TESTS.c.pairing, func.count()).where(lately).group_by(TESTS.c.pairing)
    missed = {pairing: count for pairing, count in db.execute(counts)}
    there = select(BADGES).where(BADGES.c.revoked_ms.is_(None)).order_by(BADGES.c.device)
    return [_fact(row, last.get(row.pairing), missed.get(row.pairing, 0)) for row in db.execute(there)]


def _fact(badge: Any, row: Row[Any] | None, missed: int) -> Fact:
    runs = updates.version(badge)
    return {
        "device": badge.device, "name": badge.name, "version": updates.shown(runs) if runs else None,
        "battery": badge.battery if badge.battery <= _PERCENT else None, "heard_ms": badge.heard_ms,
        "tests_missed": missed, "needs": updates.needs(badge), "state": row.state if row else None,
        "to": updates.shown(row.version) if row else None, "why": row.why if row else "",
        "at_ms": row.at_ms if row else None,
    }
