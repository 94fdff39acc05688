"""Does every house that ever was come along, with its rows, and does a cut on the way lose nothing?

old_houses/N.sql are the tables as the code of version N made them.
"""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, inspect

from firmware import codes
from firmware.link import frame
from tools.cli import export, report
from tools.gateway import migrations, rollback
from tools.gateway.columns import Code
from tools.gateway.core import memory
from tools.gateway.radio import Radio
from tools.gateway.store import APPLICATION_ID, Refusal, open_store
from tools.gateway.tables import META

HOUSES = Path(__file__).parent / "old_houses"
SHAPES = [("1", 1), ("2", 2), ("3", 3), ("3", 4), ("4", 4)]  # the tables and the number: 4 grew by columns
T = 1_795_000_000_000
NOW_MS = T + 3_600_000
UP, DOWN = bytes(range(16)), bytes(range(16, 32))
PLAN = json.dumps({"steps": [], "again_s": 120})
BADGE = {"up": UP, "down": DOWN, "newest": 900, "mask": "ff", "heard_ms": T, "heartbeat_ms": T, "battery": 80,
         "faults": 4, "address": '["10.0.0.9", 5570]', "team": "north", "silent": 0, "colour": 3, "unverified": 0,
         "mode": 1}
ALARM = {"what": 0, "revision": 2, "since_ms": T, "practice": 0, "colour": 2, "received_ms": T + 5, "plan": PLAN,
         "plan_at": 0, "outcome": "not said", "unverified": 0}
LINK = {"by": "office", "made_ms": T, "tries": 1, "due_ms": T, "counters": " 7 ", "told": 0, "told_ms": None, "c": 0}
ERRAND = {"alarm": 1, "place": 1, "target": '"x"', "text": "", "tries": 1, "at_ms": T}
ROWS = {
    "badges": [BADGE | {"pairing": 1, "device": 1, "name": "anna", "state": 4, "keyed": 0, "tested_ms": T + 2},
               BADGE | {"pairing": 2, "device": 5, "name": "bo", "state": 0, "mode": 4, "secret": b"s" * 16}],
    "alarms": [ALARM | {"id": 1, "pairing": 1, "alarm_id": 77, "kind": 3, "step": 1, "said": 1, "content": 5,
                        "newest": 6},
               ALARM | {"id": 2, "pairing": 2, "alarm_id": 78, "kind": 2, "step": 4, "taken_by": "bo",
                        "closed_ms": T + 9}],
    "events": [{"at_ms": T, "alarm": 1, "step": "received", "who": "anna: emergency", "detail": "", "brief": 1},
               {"at_ms": T + 9, "alarm": 2, "step": "closed", "who": "office", "detail": "", "brief": 1}],
    "downlinks": [LINK | {"id": 1, "device": 1, "alarm": 1, "type": 0x21, "a": 77, "b": 2, "c": 5},
                  LINK | {"id": 2, "device": 5, "alarm": 1, "type": 0x22, "a": 1, "b": 77, "c": 3},
                  LINK | {"id": 3, "device": 5, "alarm": 2, "type": 0x23, "a": 1, "b": 77, "told": 1},
                  LINK | {"id": 4, "device": 5, "alarm": 0, "type": 0x24, "a": 2, "b": 30},
                  LINK | {"id": 5, "device": 1, "alarm": 0, "type": 0x25, "a": 0, "b": 0, "told": 1}],
    "responders": [{"alarm": 1, "revision": 5, "who": "bo", "device": 5, "at_ms": T},
                   {"alarm": 1, "revision": 5, "who": "office", "device": 0, "at_ms": T}],
    "errands": [ERRAND | {"does": "siren", "state": "waiting", "due_ms": T},
                ERRAND | {"does": "notify", "state": "unset"}],
    "job_trials": [{"key": "k", "due_ms": T, "tries": 0, "why": ""}],
    "tests": [{"pairing": 1, "revision": 0, "at_ms": T + n, "passed": passed, "missed": 0, "alarm_id": n, "newest": n}
              for n, passed in ((1, 7), (2, 7), (3, 1))],
    "troubles": [{"pairing": pairing, "fault": fault, "since_ms": T} for pairing, fault in
                 ((0, "storage_full"), (1, "silent"), (-3, "bridge_gone"))],
    "crashes": [{"pairing": 1, "at_ms": T, "told": bytes(14)}],
    "bridges": [{"number": 3, "since_ms": T}],
    "visits": [{"pairing": 1, "colour": 3, "began_ms": T, "began_by": "anna"}],
    "notes": [{"alarm": 1, "at_ms": T, "who": "bo", "text": "seen"}],
    "checks": [{"alarm": 2, "item": "told"}],
    "acts": [{"at_ms": T, "pairing": 1, "act": "wished", "who": "anna", "detail": "pause 5"}],
    "group_keys": [{"number": 2, "team": "north", "key": UP, "made_ms": T}],
    "house": [{"key": "retention", "value": '{"alarms": 30, "details": null}'}],
    "gateway": [{"number": 3, "down_next": 5000, "line": "abc", "turns": 12, "retired": 0}],
}
AFTER = {"errands": "notification_jobs", "house": "settings", "gateway": "gateways"}


def old_house(path, shape, number):
    """Make the database of an older version at `path`; return {table: how many rows it has}."""
    counts = {}
    with sqlite3.connect(path) as db:
        db.executescript((HOUSES / f"{shape}.sql").read_text())
        for table, made in ROWS.items():
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            for row in made if columns else ():
                known = [name for name in row if name in columns]
                names = ", ".join(f'"{name}"' for name in known)
                marks = ", ".join("?" * len(known))
                db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [row[name] for name in known])
                counts[table] = counts.get(table, 0) + 1
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={number}")
    db.close()
    return counts


def everything(store):
    with store.engine.connect() as db:
        return {name: [kind._make(row) for row in db.execute(META.tables[name].select())]
                for name, kind in memory.KINDS.items()}


def shape(engine):
    """Return what the database holds of its tables: columns, keys, indexes, checks."""
    known = inspect(engine)
    return {table: {
        "columns": [(one["name"], str(one["type"]), one["nullable"]) for one in known.get_columns(table)],
        "primary": known.get_pk_constraint(table)["constrained_columns"],
        "foreign": sorted((*one["constrained_columns"], one["referred_table"], *one["referred_columns"])
                          for one in known.get_foreign_keys(table)),
        "unique": sorted(one["column_names"] for one in known.get_unique_constraints(table)),
        "indexes": sorted((one["name"], one["column_names"], str(one["dialect_options"].get("sqlite_where")))
                          for one in known.get_indexes(table)),
        "checks": sorted((one["name"], one["sqltext"]) for one in known.get_check_constraints(table)),
    } for table in known.get_table_names()}


@pytest.mark.parametrize("tables, number", SHAPES)
def test_a_house_of_every_version_comes_along_with_all_its_rows(tmp_path, tables, number):
    counts = old_house(tmp_path / "kald.sqlite", tables, number)
    store = open_store(tmp_path / "kald.sqlite")
    fresh = open_store(tmp_path / "fresh.sqlite")
    assert shape(store.engine) == shape(fresh.engine), "an old house and a new one have the same tables"
    with store.engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for table, count in counts.items():
            name = AFTER.get(table, table)
            assert db.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() == count, table
        first = db.exec_driver_sql("SELECT status, kind, phase FROM alarms ORDER BY id").first()
    assert first == ("received", "emergency", "raised"), "a stranger can read it"
    kept = everything(store)
    anna, bo = kept["badges"]
    assert (anna.uplink_key, anna.downlink_key, anna.uplink_counter, anna.replay_window) == (UP, DOWN, 900, "ff")
    assert (anna.state, anna.team) == (codes.RECEIVED, "north" if number > 1 else "house")
    calls, closed = kept["alarms"]
    assert (calls.status, calls.kind, calls.phase) == (codes.STEP_RECEIVED, codes.KIND_EMERGENCY, codes.WHAT_RAISED)
    assert (closed.status, closed.closed_ms, closed.taken_by) == (codes.STEP_CLOSED, T + 9, "bo")
    types = [row.type for row in kept["downlinks"]]
    assert types == [frame.STEP, frame.CALL, frame.STAND_DOWN, frame.ORDER, frame.KEY]
    step, call, stand_down, order, key = kept["downlinks"]
    assert (step.alarm_id, step.status, step.responder, step.alarm) == (77, codes.STEP_TAKEN, 5, 1)
    assert (call.caller, call.alarm_id, call.kind, call.settled) == (1, 77, codes.KIND_EMERGENCY, False)
    assert (stand_down.caller, stand_down.alarm_id, stand_down.settled) == (1, 77, True)
    assert (order.order_code, order.order_value, order.alarm) == (codes.ORDER_PAUSE, 30, None) and key.key_number == 0
    if number > 1:
        assert [row.device for row in kept["responders"]] == [5, None]
        assert [(row.pairing, row.bridge) for row in kept["troubles"]] == [(None, None), (1, None), (None, 3)]
        assert anna.tested_ms == T + 2 and (anna.colour, anna.mode) == (codes.RED, codes.MODE_READY)
        assert [row.channel for row in kept["notification_jobs"]] == ["siren", "notify"]
    if tables == "4":
        assert (calls.badge_phase, calls.content_counter, calls.uplink_counter) == (codes.WHAT_PRE_ALARM, 5, 6)
        assert kept["crashes"][0].report == bytes(14) and bo.next_secret == b"s" * 16 and anna.group_key == 0
    assert store.number == 3
    radio = Radio(store)
    radio.prepare()
    assert radio.receive([], NOW_MS), "the gateway goes on where it was: what waits is sent"
    for each in (store, fresh):
        each.close()
    again = open_store(tmp_path / "kald.sqlite")
    assert again.pair("carla").device == 6
    again.close()


@pytest.mark.parametrize("tables, number", SHAPES)
def test_an_old_house_is_read_by_export_and_report(tmp_path, capsys, tables, number):
    old_house(tmp_path / "kald.sqlite", tables, number)
    words = ["--month", "2026-11", "--data", str(tmp_path)]
    assert report.main([*words, "--json"]) == 0 and '"emergency": 1' in capsys.readouterr().out
    assert export.main(words) == 0 and "anna" in capsys.readouterr().out


class Cut(Exception):
    """The power is gone."""


def stopping(at):
    """Return what ends this at the statement number `at`."""
    said = []

    def stop(*_given):
        said.append(1)
        if len(said) == at:
            raise Cut

    return stop


@pytest.mark.parametrize("tables, number", [SHAPES[1], SHAPES[-1]])
def test_a_cut_at_any_statement_leaves_the_old_house_and_the_next_start_takes_it_along(tmp_path, tables, number):
    path, at, cuts = tmp_path / "kald.sqlite", 1, 0
    counts = old_house(path, tables, number)
    while True:
        stop = stopping(at)
        event.listen(Engine, "before_cursor_execute", stop)
        try:
            open_store(path).close()
            break
        except Cut:
            cuts += 1
        finally:
            event.remove(Engine, "before_cursor_execute", stop)
        with sqlite3.connect(path) as db:
            there = db.execute("PRAGMA user_version").fetchone()[0]
            if there == int(migrations.NEWEST):
                break  # the cut came after the commit
            assert there == number
            assert {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in counts} == counts
        db.close()
        at += 7
    open_store(path).close()
    assert cuts > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("at", [5, 90, 150])
def test_a_process_that_dies_on_the_way_leaves_the_old_house(tmp_path, at, monkeypatch):
    path = tmp_path / "kald.sqlite"
    counts = old_house(path, "4", 4)
    child = os.fork()
    if not child:
        stop = stopping(at)
        event.listen(Engine, "before_cursor_execute", stop)
        try:
            open_store(path)
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with sqlite3.connect(path) as db:
        assert {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in counts} == counts
    db.close()
    store = open_store(path)
    assert [row.name for row in everything(store)["badges"]] == ["anna", "bo"]
    store.close()


def test_a_house_whose_gateway_still_runs_is_not_changed_under_it(tmp_path):
    old_house(tmp_path / "kald.sqlite", "4", 4)
    marker = rollback.Marker(tmp_path / rollback.NAME)
    marker.hold()
    with pytest.raises(Refusal, match="whose gateway runs on it"):
        open_store(tmp_path / "kald.sqlite")
    marker.close()
    open_store(tmp_path / "kald.sqlite").close()


def test_a_newer_house_is_refused_in_a_sentence(tmp_path):
    open_store(tmp_path / "kald.sqlite").close()
    with sqlite3.connect(tmp_path / "kald.sqlite") as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(Refusal, match="written by a newer Kald"):
        open_store(tmp_path / "kald.sqlite")


def test_the_steps_follow_each_other_and_a_house_knows_the_last(tmp_path):
    from alembic.script import ScriptDirectory

    steps = list(ScriptDirectory(Path(migrations.__file__).parent).walk_revisions())
    assert [step.revision for step in steps] == [f"{n:04}" for n in range(int(migrations.NEWEST), 4, -1)]
    store = open_store(tmp_path / "kald.sqlite")
    with store.engine.connect() as db:
        assert migrations.number(db) == int(migrations.NEWEST)
        assert db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == migrations.NEWEST
    store.close()


def test_the_database_refuses_a_code_without_a_name_and_a_row_of_nothing(tmp_path):
    store = open_store(tmp_path / "kald.sqlite")
    store.pair("anna")
    db = sqlite3.connect(tmp_path / "kald.sqlite")
    db.execute("PRAGMA foreign_keys=ON")
    checked = 0
    for table in META.sorted_tables:
        checks = {one["name"] for one in inspect(store.engine).get_check_constraints(table.name)}
        for column in table.columns:
            if isinstance(column.type, Code):
                assert f"ck_{table.name}_{column.name}" in checks
                checked += 1
    assert checked > 12
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        db.execute("UPDATE badges SET state = 'asleep'")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        db.execute("INSERT INTO notes (alarm, at_ms, who, text) VALUES (9, 0, '', '')")
    db.close()
    store.close()


def test_columns_say_what_they_hold():
    short = {column.name for table in META.sorted_tables for column in table.columns if len(column.name) < 2}
    times = [column for table in META.sorted_tables for column in table.columns
             if column.name.endswith("_at") or column.name.endswith("_s")]
    assert not short and not times, "every time ends in _ms"
