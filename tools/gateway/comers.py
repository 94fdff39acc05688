"""Who has said "I am coming" to what an alarm says now? Read by all; written by people.py."""

from sqlalchemy import select

from tools.gateway.tables import RESPONDERS


def word(row):
    """Return the number of what the alarm's row says now: no other word of the alarm has or had it."""
    return row.revision if row.content is None else row.content


def coming(at, row):
    """Return those who come to what the row says now, first first."""
    mine = (RESPONDERS.c.alarm == row.id) & (RESPONDERS.c.revision == word(row)) & RESPONDERS.c.withdrew_ms.is_(None)
    return at.db.execute(select(RESPONDERS).where(mine).order_by(RESPONDERS.c.id)).all()
