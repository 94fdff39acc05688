"""Who has changed what of the house itself, and when? Lines that are never changed."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from tools.gateway.tables import HOUSE_EVENTS


class Line(NamedTuple):
    """One change. at_ms: Unix ms; event: a key of the words, ev_house_ before it."""

    at_ms: int
    who: str
    event: str
    detail: str


def note(db: Connection, now_ms: int, who: str, event: str, detail: str = "") -> None:
    """Write a change down."""
    db.execute(insert(HOUSE_EVENTS).values(at_ms=now_ms, who=who, event=event, detail=detail))


def note_command(db: Connection, event: str, detail: str) -> None:
    """Write down a change that somebody has made by a command."""
    note(db, time.time_ns() // 1_000_000, "command line", event, detail)


def latest(db: Connection, events: Sequence[str], most: int) -> list[Line]:
    """Return the last changes of these kinds, the newest first."""
    table = HOUSE_EVENTS.c
    asked = select(table.at_ms, table.who, table.event, table.detail).where(table.event.in_(events))
    return [Line._make(row) for row in db.execute(asked.order_by(table.id.desc()).limit(most)).all()]
