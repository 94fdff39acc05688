"""A bit flips in a row on the disk: is every alarm on the board all the same, can its wearer call, can it be closed?"""

import random

import pytest
from gateway_rig import Rig, badges, plan

from firmware import codes
from firmware.link import frame
from tools.gateway import board, downlinks, records
from tools.gateway.core.rows import Downlink
from tools.gateway.pages import paper

TABLES = ("alarms", "badges", "events", "sightings", "notification_jobs", "downlinks", "visits", "settings")
FLIPS = 5  # of each text
STEPS = (badges(0), {"do": "notify", "after_s": 2, "to": ["json://127.0.0.1:1/"], "place": "da"},
         {"do": "siren", "after_s": 4, "topic": "house/siren"})


@pytest.fixture
def rig(tmp_path):
    """A house in which somebody is in need on a visit whose place was said: called, and notified, and not taken."""
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(*STEPS))
    rig.act("visit", rig["anna"].device, colour="red", place="home")
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(6)
    rig.do_jobs()
    rig.act("take", 1)
    return rig


def spoil(db, table, rowid, column, value):
    db.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
    db.exec_driver_sql(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?", (value, rowid))
    db.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")


def flipped(text, draw):
    """Return `text` with one bit flipped, some times."""
    data = text.encode()
    for bit in draw.sample(range(8 * len(data)), min(FLIPS, 8 * len(data))):
        yield bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))


def test_no_bit_in_a_text_hides_an_alarm_or_a_badge_or_keeps_a_record_shut(rig):
    draw = random.Random(1)
    with rig.store.engine.connect() as db:
        for table in TABLES:
            rows = db.exec_driver_sql(f"SELECT rowid AS number, * FROM {table}").mappings().all()
            texts = {(key, text): row["number"] for row in rows for key, text in row.items() if isinstance(text, str)}
            for (column, text), number in texts.items():
                for value in flipped(text, draw):
                    spoil(db, table, number, column, value)
                    assert [alarm["id"] for alarm in board.alarms(db)] == [1], (table, column, value)
                    assert [badge["device"] for badge in board.badges(db)] == [1, 2], (table, column, value)
                    for lang in ("da", "en"):
                        assert paper.record(records.read(db, 1), lang), (table, column, value)
                    db.rollback()


@pytest.mark.parametrize("table, column, value", [
    ("badges", "replay_window", "g"), ("badges", "refused", "{"), ("alarms", "kind", "emergencx"),
    ("alarms", "phase", "raisdd"), ("alarms", "status", "takdn"), ("alarms", "colour", "rdd"), ("alarms", "plan", "{"),
    ("sightings", "finding", '{"level": "room", "roomr": ["home"]}'), ("notification_jobs", "target", '"house'),
    ("settings", "value", "checklist")])
def test_whose_row_a_bit_has_spoilt_is_heard_taken_notified_and_closed(rig, table, column, value):
    with rig.store.engine.begin() as db:
        if value == "checklist":
            text = db.exec_driver_sql("SELECT value FROM settings WHERE key = 'plan'").scalar()
            spoil(db, table, 1, "value", text.replace('"within_h"', '"withhn_h"'))
        elif table == "notification_jobs":
            spoil(db, table, db.exec_driver_sql(f"SELECT max(rowid) FROM {table}").scalar(), column, value)
        else:
            spoil(db, table, 1, column, value)
    rig.restart()
    rig.run(2)
    for alarm_id in (50, 51):  # what she has said, and another
        assert any(rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id) for _ in range(2))
    rig.run(8)
    assert {"notify", "siren"} <= {channel for channel, _, _ in rig.do_jobs()}
    assert (rig["anna"].device, 51) in [fields[:2] for fields in rig["bo"].got(frame.CALL)]
    for alarm in (1, 2):
        assert rig.act("take", alarm, by="carla") and rig.act("close", alarm)
    assert not [alarm for alarm in rig.store.alarms() if alarm["closed_ms"] is None]


def test_a_counter_that_a_bit_has_spoilt_keeps_no_downlink_from_being_sent_again():
    row = Downlink(1, 1, None, frame.ORDER, counters=" 1.10p0 2.7 1.1001 ")
    assert [downlinks.first_counter(row, number) for number in (1, 2, 3)] == [1001, 7, None]
