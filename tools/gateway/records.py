"""What happened, and what was learned? One record per alarm: its time line, notes, outcome, and what is left to do.

Times go out as local ISO 8601 with the offset. The time line holds each new word of the badge
about the alarm, how often the last was said again, each downlink when it was first sent and when it had arrived, each
step, each round of the plan, and each person.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, select

from tools.gateway.core.rows import Alarm
from tools.gateway.core.transaction import Transaction
from tools.gateway.places import floor_plan, sightings
from tools.gateway.plans import COLOURS, KINDS
from tools.gateway.tables import ALARMS, BADGES, CHECKS, EVENTS, NOTES, RESPONDERS, SIGHTINGS, WEARER

COLUMNS = ("alarm", "wearer", "kind", "practice", "outcome", "time", "step", "who", "detail")
CHECKS_MOST = 60  # of one alarm
_OUT = {"event": "step"}  # as exports and pages name it


def write(at: Transaction, row: Alarm, who: str, text: str) -> bool:
    """Add a note to the record; it cannot be changed afterwards. Return True."""
    at.notes.add(alarm=row.id, at_ms=at.now_ms, who=who, text=text)
    return True


def check(at: Transaction, row: Alarm, who: str, item: int, done: int) -> bool:
    """Tick (1) or untick (0) the item with row number `item`; return False if the alarm has no such item."""
    values = {"done_ms": at.now_ms, "done_by": who} if done else {"done_ms": None, "done_by": None}
    known = at.checks.get(item)
    if known is None or known.alarm != row.id:
        return False
    at.checks.put(item, **values)
    at.note(row.id, "checked" if done else "unchecked", who, known.item, brief=False)
    return True


def add(at: Transaction, row: Alarm, who: str, item: str, due_ms: int | None) -> bool:
    """Put one more thing to do on the list, due then (None: whenever); return False while the alarm is open."""
    if row.closed_ms is None or len(at.checks.by("alarm", row.id)) >= CHECKS_MOST:
        return False
    at.checks.add(alarm=row.id, item=item, due_ms=due_ms)
    at.note(row.id, "to_do", who, item, brief=False)
    return True


def due(at: Transaction, row: Alarm, who: str, item: int, due_ms: int | None) -> bool:
    """Let the item with row number `item` be due at `due_ms`, or whenever (None); return False if there is none."""
    known = at.checks.get(item)
    if known is None or known.alarm != row.id:
        return False
    at.checks.put(item, due_ms=due_ms)
    at.note(row.id, "due", who, known.item, brief=False)
    return True


def own(at: Transaction, row: Alarm, who: str, owner: str) -> bool:
    """`owner` sees to what is left to do, "" for nobody; return False while the alarm is open."""
    if row.closed_ms is None:
        return False
    at.alarms.put(row.id, owner=owner or None)
    at.note(row.id, "owned", who, owner, brief=False)
    return True


def follow(at: Transaction, row: Alarm, who: str, done: int) -> bool:
    """Say that all is done that was to be done after the alarm (1), or is not (0); return False if that is so."""
    if row.closed_ms is None or bool(row.followed_ms) == bool(done):
        return False
    values = {"followed_ms": at.now_ms, "followed_by": who} if done else {"followed_ms": None, "followed_by": None}
    items = at.checks.by("alarm", row.id)
    at.alarms.put(row.id, **values)
    ticked = sum(each.done_ms is not None for each in items)
    at.note(row.id, "followed" if done else "unfollowed", who, f"{ticked} / {len(items)}", brief=False)
    return True


def judge(at: Transaction, row: Alarm, who: str, outcome: str) -> bool:
    """Say afterwards what it was; return False while it is open."""
    if row.closed_ms is None:
        return False
    at.alarms.put(row.id, outcome=outcome)
    at.note(row.id, "judged", who, outcome, brief=False)
    return True


def read(db: Connection, alarm: int) -> dict[str, Any] | None:
    """Return the record of the row number `alarm` as a dict, or None: the alarm, "events", "notes", "checks"."""
    found = (
        select(ALARMS, WEARER.label("name"), BADGES.c.device, BADGES.c.team)
        .join(BADGES, BADGES.c.pairing == ALARMS.c.pairing).where(ALARMS.c.id == alarm)
    )
    row = db.execute(found).mappings().one_or_none()
    if row is None:
        return None
    record = {key: value for key, value in row.items() if key != "plan"}
    record["kind_name"], record["colour_name"] = KINDS[row["kind"]], COLOURS[row["colour"]]
    for name, table in (("events", EVENTS), ("notes", NOTES), ("checks", CHECKS), ("responders", RESPONDERS),
                        ("sightings", SIGHTINGS)):
        lines = db.execute(select(table).where(table.c.alarm == alarm).order_by(table.c.id)).mappings()
        record[name] = [{_OUT.get(key, key): value for key, value in line.items()} for line in lines]
    if row["repeats"]:
        again = {"at_ms": row["repeated_ms"], "alarm": alarm, "who": row["name"], "detail": str(row["repeats"])}
        record["events"].append({"id": None, "step": "repeated", "brief": False, **again})
        record["events"].sort(key=lambda line: line["at_ms"])
    place = sightings.fact(record["sightings"])
    record["planned"] = place is not None and place.get("x") is not None and place["floor"] in floor_plan.floors(db)
    return record


def between(db: Connection, from_ms: int, to_ms: int) -> list[int]:
    """Return the row numbers of all alarms that began at from_ms <= time < to_ms, oldest first."""
    span = (ALARMS.c.since_ms >= from_ms) & (ALARMS.c.since_ms < to_ms)
    return list(db.execute(select(ALARMS.c.id).where(span).order_by(ALARMS.c.id)).scalars())


def local(ms: int, zone: tzinfo | None = None) -> str:
    """Return Unix ms as local ISO time to the ms; zone: a tzinfo, this machine's own without one."""
    return datetime.fromtimestamp(ms / 1000, zone).astimezone(zone).isoformat(timespec="milliseconds")


def as_csv(records: Iterable[dict[str, Any]], zone: tzinfo | None = None, separator: str = ",") -> str:
    """Return records as CSV text (RFC 4180), a row for each line and note of their time lines, in the order of time.

    separator: a Danish spreadsheet opens what has semicolons.
    """
    table: list[Sequence[object]] = [COLUMNS]
    for record in records:
        head = (record["id"], record["name"], record["kind_name"], int(record["practice"]), record["outcome"])
        lines = [(line["at_ms"], line["step"], line["who"], line["detail"]) for line in record["events"]]
        lines += [(note["at_ms"], "note", note["who"], note["text"]) for note in record["notes"]]
        for at_ms, *rest in sorted(lines, key=lambda line: line[0]):
            table.append((*head, local(at_ms, zone), *rest))
    return sheet(table, separator)


def sheet(rows: Iterable[Sequence[object]], separator: str = ",") -> str:
    """Return rows as CSV text. A spreadsheet runs a cell that begins so, and what a person typed is text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(
        ["'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row]
        for row in rows)
    return out.getvalue()
