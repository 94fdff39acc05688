"""Who has said "I am coming" to what an alarm says now? Read by all; written by people.py."""

from tools.gateway.core.rows import Alarm, Responder
from tools.gateway.core.transaction import Transaction


def word(row: Alarm) -> int:
    """Return the number of what the alarm's row says now: no other word of the alarm has or had it."""
    return row.revision if row.content_counter is None else row.content_counter


def coming(at: Transaction, row: Alarm) -> list[Responder]:
    """Return those who come to what the row says now, first first."""
    mine = at.responders.by("alarm", row.id)
    return [one for one in mine if one.revision == word(row) and one.withdrew_ms is None]
