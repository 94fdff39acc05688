"""What is left to do after alarms? Whose it is, how much of each list is ticked, and what is overdue.

An alarm is on the open list from when it was closed until somebody says that all is done; practice never is, nor what
was judged a false alarm or a test, nor what has no list. Acts on it stand in records.py.
"""

from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select

from tools.gateway.tables import ALARMS, BADGES, CHECKS, WEARER

DONE_SHOWN = 20
_OPEN = (ALARMS.c.closed_ms.is_not(None) & ALARMS.c.followed_ms.is_(None) & ~ALARMS.c.practice
         & ALARMS.c.outcome.not_in(("false", "test")))


class Case(NamedTuple):
    """One alarm. due_ms: the first day of what is not ticked; ticked, items: how many; followed_ms: since when done."""

    alarm: int
    name: str
    kind: int
    since_ms: int
    owner: str | None
    ticked: int
    items: int
    due_ms: int | None
    followed_ms: int | None


def _cases() -> Select[tuple[object, ...]]:
    left = CHECKS.c.done_ms.is_(None)
    return (
        select(ALARMS.c.id, WEARER, ALARMS.c.kind, ALARMS.c.since_ms,
               ALARMS.c.owner,
               func.count(CHECKS.c.done_ms), func.count(), func.min(CHECKS.c.due_ms).filter(left),
               ALARMS.c.followed_ms)
        .join(BADGES, BADGES.c.pairing == ALARMS.c.pairing).join(CHECKS, CHECKS.c.alarm == ALARMS.c.id)
        .group_by(ALARMS.c.id, BADGES.c.name)
    )


def left(db: Connection) -> list[Case]:
    """Return the open ones, what is due first before all others."""
    found = [Case._make(row) for row in db.execute(_cases().where(_OPEN)).all()]
    return sorted(found, key=lambda case: (case.due_ms is None, case.due_ms, case.alarm))


def done(db: Connection) -> list[Case]:
    """Return those that were said to be done last."""
    asked = _cases().where(ALARMS.c.followed_ms.is_not(None), ALARMS.c.followed_by.is_not(None))
    asked = asked.order_by(ALARMS.c.followed_ms.desc()).limit(DONE_SHOWN)
    return [Case._make(row) for row in db.execute(asked).all()]


def overdue(db: Connection, now_ms: int) -> int:
    """Return of how many open ones something is overdue."""
    late = CHECKS.c.done_ms.is_(None) & (CHECKS.c.due_ms < now_ms)
    asked = select(func.count(func.distinct(ALARMS.c.id))).join(CHECKS, CHECKS.c.alarm == ALARMS.c.id)
    return int(db.execute(asked.where(late, _OPEN)).scalar_one())
