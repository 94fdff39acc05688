"""Columns with names, foreign keys, and codes by their names. From every version before: 1 to 4, which grew by columns.

Until then a database gained what it lacked as it was opened, so that one number stands for many shapes. What is not
there is filled in as those versions did. 0005_names.sql has the tables as they were from then on; only SQLite had
houses before.
"""

from collections.abc import Mapping
from pathlib import Path

from alembic import op
from sqlalchemy import Connection, inspect, text

revision = "0005"
down_revision = None

_KINDS = {1: "assist", 2: "fall", 3: "emergency", 4: "motionless", 5: "position", 6: "check_in", 7: "torn",
          9: "struggle"}
_PHASES = {0: "raised", 1: "pre_alarm", 2: "cancelled"}
_STATUSES = {1: "received", 2: "taken", 3: "unanswered", 4: "closed"}
_STATES = {0: "safe", 1: "warned", 2: "relieved", 3: "calling", 4: "received", 5: "unanswered", 6: "taken"}
_MODES = {0: "not_ready", 1: "ready", 2: "paused", 3: "charging", 4: "off", 5: "practice", 6: "testing", 7: "lifeboat"}
_COLOURS = {0: "none", 1: "green", 2: "yellow", 3: "red"}
_ORDERS = {0: "nothing", 1: "visit", 2: "pause", 3: "off", 4: "practice", 5: "test", 6: "alone", 7: "time"}
_STEP, _CALL, _STAND_DOWN, _ORDER, _KEY = range(0x21, 0x26)
_TYPES = {_STEP: "step", _CALL: "call", _STAND_DOWN: "stand_down", _ORDER: "order", _KEY: "key"}


def _named(value: str, names: Mapping[int, str], other: str = "NULL") -> str:
    cases = " ".join(f"WHEN {number} THEN '{name}'" for number, name in names.items())
    return f"CASE {value} {cases} ELSE {other} END"


def _of(types: tuple[int, ...], value: str) -> str:
    return f"CASE WHEN type IN ({', '.join(map(str, types))}) THEN {value} END"


_BEFORE = {"notification_jobs": "errands", "settings": "house", "gateways": "gateway"}
_FROM = {  # new column: what it is made of, if that is not the old column of its name
    "gateways": {"next_counter": "down_next"},
    "badges": {
        "uplink_key": "up", "downlink_key": "down", "uplink_counter": "newest", "replay_window": "mask",
        "state": _named("state", _STATES, "'unknown'"), "mode": _named("mode", _MODES),
        "colour": _named("colour", _COLOURS, "'none'"), "next_secret": "secret", "group_key": "keyed",
    },
    "alarms": {
        "kind": _named("kind", _KINDS, "'emergency'"), "phase": _named("what", _PHASES, "'raised'"),
        "badge_phase": _named("said", _PHASES), "content_counter": "content", "uplink_counter": "newest",
        "colour": _named("colour", _COLOURS, "'none'"), "status": _named("step", _STATUSES, "'received'"),
        "plan_step": "plan_at",
    },
    "responders": {"device": "CASE WHEN device IN (SELECT device FROM badges) THEN device END"},
    "events": {"event": "step"},
    "notification_jobs": {"plan_step": "place", "channel": "does", "made_ms": "at_ms"},
    "downlinks": {
        "alarm": "nullif(alarm, 0)", "type": _named("type", _TYPES), "caller": _of((_CALL, _STAND_DOWN), "a"),
        "alarm_id": f"CASE WHEN type = {_STEP} THEN a WHEN type IN ({_CALL}, {_STAND_DOWN}) THEN b END",
        "status": _of((_STEP,), _named("b", _STATUSES)), "responder": _of((_STEP,), "c"),
        "kind": _of((_CALL,), _named("c", _KINDS)), "order_code": _of((_ORDER,), _named("a", _ORDERS)),
        "order_value": _of((_ORDER,), "b"), "key_number": _of((_KEY,), "a"), "ordered_by": '"by"',
        "settled": "told", "delivered_ms": "told_ms",
    },
    "tests": {"uplink_counter": "newest"},
    "troubles": {"pairing": "CASE WHEN pairing > 0 THEN pairing END",
                 "bridge": "CASE WHEN pairing < 0 THEN -pairing END"},
    "crashes": {"report": "told"},
    "visits": {"colour": _named("colour", _COLOURS, "'none'")},
}
_LACKING = {  # old column that an older version has not: what its rows say
    "gateway": {"line": "lower(hex(randomblob(8)))", "turns": "0", "retired": "0"},
    "badges": {
        "team": "'house'", "mode": "NULL", "colour": "0", "silent": "0", "unverified": "0", "secret": "NULL",
        "keyed": "NULL", "tested_ms": "(SELECT max(at_ms) FROM old_tests WHERE NOT missed AND passed = 7 "
                                      "AND old_tests.pairing = old_badges.pairing)",
    },
    "alarms": {
        "practice": "0", "colour": "0", "plan": "'{}'", "plan_at": "0", "outcome": "'not said'", "unverified": "0",
        "said": "NULL", "content": "NULL", "newest": "NULL", "received_ms": "since_ms",
        "closed_ms": "CASE WHEN step = 4 THEN "
                     "(SELECT max(at_ms) FROM old_events WHERE old_events.alarm = old_alarms.id) END",
    },
    "events": {"detail": "''", "brief": "1"},
    "downlinks": {"by": "''", "made_ms": "due_ms", "told_ms": "NULL"},
    "tests": {"newest": "NULL"},
}


def upgrade() -> None:
    """Put what is there aside, make the tables, copy the rows, and drop what was put aside."""
    db = op.get_bind()
    indexes = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")).scalars()
    for name in indexes.all():
        op.execute(f"DROP INDEX {name}")
    old = [name for name in inspect(db).get_table_names() if name != "alembic_version"]
    for name in old:
        op.rename_table(name, f"old_{name}")
    if old and "tests" not in old:
        op.execute("CREATE TABLE old_tests (pairing INTEGER, at_ms BIGINT, passed INTEGER, missed BOOLEAN)")
    for name in old:
        there = _columns(db, f"old_{name}")
        for column, value in _LACKING.get(name, {}).items():
            if column not in there:
                op.execute(f'ALTER TABLE old_{name} ADD COLUMN "{column}"')
                op.execute(f'UPDATE old_{name} SET "{column}" = {value}')
    made = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split(";")
    for statement in filter(str.strip, made):
        db.exec_driver_sql(statement)
    for name in inspect(db).get_table_names():
        before = _BEFORE.get(name, name)
        if before in old:
            there, made_of = _columns(db, f"old_{before}"), _FROM.get(name, {})
            values = {column: made_of.get(column, f'"{column}"') for column in _columns(db, name)
                      if column in made_of or column in there}
            columns = ", ".join(f'"{column}"' for column in values)
            db.exec_driver_sql(f"INSERT INTO {name} ({columns}) SELECT {', '.join(values.values())} FROM old_{before}")
    for name in inspect(db).get_table_names():
        if name.startswith("old_"):
            op.drop_table(name)


def _columns(db: Connection, table: str) -> list[str]:
    return [column["name"] for column in inspect(db).get_columns(table)]
