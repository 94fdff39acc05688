"""How does a story read a gateway's disk? A few columns of each alarm, and of each event, with the codes as numbers."""

import sqlite3
from typing import NamedTuple

from tools.gateway import enumerations

_ALARMS = """SELECT a.id, b.device, b.name, a.alarm_id, a.kind, a.phase AS what, a.badge_phase AS said, a.revision,
             a.practice, a.status AS step, a.taken_by, a.closed_ms, a.uplink_counter AS newest
             FROM alarms a JOIN badges b ON b.pairing = a.pairing"""
_EVENTS = """SELECT e.id AS event, e.at_ms, e.event AS step, e.who, a.id, b.name, a.kind
             FROM events e JOIN alarms a ON a.id = e.alarm JOIN badges b ON b.pairing = a.pairing
             WHERE e.id > ? AND e.brief ORDER BY e.id"""


class Alarm(NamedTuple):
    """One alarm. what: the phase that the gateway has it in; said: that of the badge's newest word, `newest`."""

    id: int
    device: int
    name: str
    alarm_id: int
    kind: int
    what: int
    said: int
    revision: int
    practice: bool
    step: int
    taken_by: str | None
    closed_ms: int | None
    newest: int


class Event(NamedTuple):
    """One event: a step of the alarm `id`, of the badge that `name` wears."""

    event: int
    at_ms: int
    step: str
    who: str | None
    id: int
    name: str
    kind: int


_KNOWN = {"kind": enumerations.KINDS, "what": enumerations.PHASES, "said": enumerations.PHASES,
          "step": enumerations.STATUSES}
_NUMBERS = [{name: code for code, name in _KNOWN[column].items()} if column in _KNOWN else None
            for column in Alarm._fields]


def alarms(db: sqlite3.Connection, more: str = "", *words: object) -> list[Alarm]:
    """Return the alarms. more: WHERE and ORDER, with `words` for its marks."""
    return [Alarm._make(known[cell] if known else cell for known, cell in zip(_NUMBERS, row))
            for row in db.execute(f"{_ALARMS} {more}", words)]


def events(db: sqlite3.Connection, after: int) -> list[Event]:
    """Return the events that came after the one with the number `after`."""
    return [Event._make((*row, enumerations.number(enumerations.KINDS, kind)))
            for *row, kind in db.execute(_EVENTS, (after,)).fetchall()]
