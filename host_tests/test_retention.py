"""Does what is over go when a house has said so, and nothing else: nothing open, nothing still being told?"""


import pytest
from hypothesis import example, given, settings, strategies as st
from sqlalchemy import func, insert, select

from firmware import codes
from firmware.link import frame
from gateway_rig import BEGAN_MS, Rig, badges, forget_alarms, plan
from tools.cli import retention as command
from tools.gateway import accounts, report, retention, server as server_room
from tools.gateway.disk import Disk
from tools.gateway.retention import DAY_MS, Daily, Policy
from tools.gateway.store import Unavailable, open_store
from tools.gateway.tables import (
    ACTS, ALARMS, CRASHES, DOWNLINKS, EVENTS, META, NOTES, NOTIFICATION_JOBS, TESTS, TROUBLES,
)

SIREN = {"do": "siren", "after_s": 0, "topic": "horn"}


@pytest.fixture
def rig(tmp_path):
    """Return a house with two closed alarms (1, 2) and an open one (3)."""
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))
    for number, name in enumerate(("anna", "bo"), 1):
        rig[name].alarm(codes.KIND_EMERGENCY, alarm_id=number, refresh=False)
        rig["bo" if name == "anna" else "anna"].answer(rig[name], number)
        rig.act("note", number, text="what was learned")
        rig.run(5)
        rig.act("close", number)
        rig.run(5)
    rig["anna"].alarm(codes.KIND_ASSIST, alarm_id=3, refresh=False)
    rig["bo"].answer(rig["anna"], 3)
    rig.act("note", 3, text="still going on")
    rig.run(5)
    return rig


def rows(rig):
    with rig.store.engine.connect() as db:
        return {name: set(db.execute(select(table)).all()) for name, table in META.tables.items()}


def of(rig, table, alarm):
    with rig.store.engine.connect() as db:
        return db.execute(select(func.count()).select_from(table).where(table.c.alarm == alarm)).scalar()


def run(rig, policy, days):
    return retention.run(policy, rig.radio.prune, rig.now_ms + days * DAY_MS)


def test_a_closed_alarm_loses_its_record_and_keeps_its_row_and_an_open_one_loses_nothing(rig):
    with rig.store.engine.begin() as db:
        for alarm in (2, 3):
            db.execute(insert(EVENTS).values(at_ms=rig.now_ms, alarm=alarm, event="practised", who=""))
    before = rows(rig)
    with rig.store.engine.connect() as db:
        figures = report.month(db, "2027-01")
    assert figures["alarms"] == 3 and figures["practised"] == ["anna", "bo"]
    gone = run(rig, Policy(alarms=30), 31)
    assert gone["alarms", "events"] and gone["alarms", "notes"] == 2 and gone["alarms", "downlinks"]
    after = rows(rig)
    others = {name: None for name in ("taken_by", "unneeded_by", "owner", "followed_by")}
    own = {row.id: row._asdict() for row in before["alarms"]}
    assert own[1]["taken_by"] and own[3]["taken_by"], "whoever came is part of the record"
    left = {row.id: row._asdict() for row in after["alarms"]}
    assert left == {number: {**row, **(others if number < 3 else {})} for number, row in own.items()}
    for table in (EVENTS, NOTES, DOWNLINKS):
        assert of(rig, table, 1) == 0 and of(rig, table, 2) == (table is EVENTS), "but for who has practised"
        assert {row for row in before[table.name] if row.alarm == 3} <= after[table.name]
    assert all(before[name] - after[name] == set() for name in ("acts", "tests", "badges", "settings", "gateways"))
    with rig.store.engine.connect() as db:
        assert report.month(db, "2027-01") == figures
    assert rig.act("close", 3) and rig["bo"].alarm(codes.KIND_EMERGENCY, alarm_id=4), "the gateway goes on"
    assert sum(run(rig, Policy(alarms=30), 31).values()) < 100, "the third is over by now"


def test_what_has_gone_is_in_no_byte_of_the_file(rig):
    run(rig, Policy(alarms=30), 31)
    rig.store.close()
    content = rig.path.read_bytes()
    assert b"still going on" in content and b"what was learned" not in content


def test_nothing_goes_unless_somebody_has_said_so_or_before_its_time(rig):
    before = rows(rig)
    assert run(rig, Policy(), 40_000) == {}
    assert set(run(rig, Policy(alarms=30, details=30), 29).values()) == {0}
    assert rows(rig) == before


def test_an_alarm_whose_end_is_still_being_told_is_not_over(rig):
    rig["bo"].on = False
    rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=9, refresh=False)
    rig.run(2)
    rig.act("close", 4)
    rig.run(2)
    told = of(rig, EVENTS, 4)
    with rig.store.engine.connect() as db:
        assert db.execute(select(DOWNLINKS).where((DOWNLINKS.c.alarm == 4) & ~DOWNLINKS.c.settled)).first()
    run(rig, Policy(alarms=1), 2)
    assert told and of(rig, EVENTS, 4) == told and of(rig, EVENTS, 1) == 0
    rig["bo"].on = True
    rig.beat()
    rig.run(30)
    run(rig, Policy(alarms=1), 2)
    assert of(rig, EVENTS, 4) < told


def test_details_go_and_what_stands_or_was_said_last_stays(rig):
    old, new = BEGAN_MS, BEGAN_MS + 20 * DAY_MS
    with rig.store.engine.begin() as db:
        for at_ms in (old, new):
            db.execute(insert(ACTS).values(at_ms=at_ms, pairing=1, act="wished", who="anna"))
            db.execute(insert(CRASHES).values(at_ms=at_ms, pairing=1, report=bytes(14)))
            db.execute(insert(TESTS).values(at_ms=at_ms, pairing=1, passed=0, alarm_id=at_ms & 0xFFFF))
            db.execute(insert(TROUBLES).values(fault="storage", since_ms=old, until_ms=at_ms))
        db.execute(insert(TROUBLES).values(fault="storage", since_ms=old))
        for order, told in ((codes.ORDER_PAUSE, True), (codes.ORDER_PAUSE, True), (codes.ORDER_TIME, False)):
            db.execute(insert(DOWNLINKS).values(device=1, type=frame.ORDER, order_code=order, made_ms=old, due_ms=old,
                                                settled=told, delivered_ms=old if told else None))
    before = rows(rig)
    gone = retention.run(Policy(details=10), rig.radio.prune, BEGAN_MS + 21 * DAY_MS)
    after = rows(rig)
    assert gone["details", "crashes"] == 1 and gone["details", "tests"] >= 1 and gone["details", "troubles"] == 1
    assert not [row for name in ("acts", "tests", "crashes") for row in after[name] if row.at_ms < new]
    assert [row.until_ms for row in after["troubles"] if row.until_ms is None or row.until_ms == old] == [None]
    orders = [row for row in after["downlinks"] if row.alarm is None and row.device == 1]
    assert sorted(row.order_code for row in orders if row.order_code in (codes.ORDER_PAUSE, codes.ORDER_TIME)) == [
        codes.ORDER_PAUSE, codes.ORDER_TIME]
    assert after["events"] == before["events"]


def test_what_was_done_to_accounts_goes_with_the_other_details(rig):
    with rig.store.engine.begin() as db:
        account, _ = accounts.add(db, BEGAN_MS, "Eva", "colleague", "Inge")
        for at_ms in (BEGAN_MS, BEGAN_MS + 20 * DAY_MS):
            accounts.note(db, at_ms, account, "Inge", "tried")
    retention.run(Policy(details=10), rig.radio.prune, BEGAN_MS + 21 * DAY_MS)
    with rig.store.engine.connect() as db:
        assert db.exec_driver_sql("SELECT at_ms FROM account_events").all() == [(BEGAN_MS + 20 * DAY_MS,)]
        assert accounts.find(db, "Eva") is not None


def test_a_siren_that_was_sounded_is_known_by_its_last_word_for_good(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(SIREN, {"do": "notify", "after_s": 0, "to": ["json://a/"]}))
    for number in (1, 2):
        rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=number, refresh=False)
        rig.run(2)
        rig.do_jobs()
        rig.act("close", number)
        rig.run(2)
        rig.do_jobs()
    with rig.store.engine.begin() as db:  # and one since that was never told, so that it is not the newest row
        said = select(NOTIFICATION_JOBS).where(NOTIFICATION_JOBS.c.text != "", NOTIFICATION_JOBS.c.channel == "siren")
        *_, (last, target) = [(row.id, row.target) for row in db.execute(said.order_by(NOTIFICATION_JOBS.c.id))]
        db.execute(insert(NOTIFICATION_JOBS).values(alarm=1, plan_step=0, channel="siren", target=target, text="",
                                                    state="done", made_ms=0))
    run(rig, Policy(alarms=1), 2)
    with rig.store.engine.connect() as db:
        left = db.execute(select(NOTIFICATION_JOBS.c.id).order_by(NOTIFICATION_JOBS.c.id)).scalars().all()
    assert left == [last, last + 1]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    store = open_store(tmp_path_factory.mktemp("house") / "kald.sqlite")
    store.pair("anna")
    return store


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60), st.booleans()), max_size=12), st.integers(1, 60))
@example([(codes.STEP_CLOSED, 30, False), (codes.STEP_CLOSED, 29, False)], 30)  # on the day, and one before
def test_whatever_was_closed_when_just_what_is_over_goes(empty, alarms, days):
    now_ms = BEGAN_MS + 60 * DAY_MS
    with empty.engine.begin() as db:
        forget_alarms(db)
        for number, (step, day, waits) in enumerate(alarms, 1):
            closed_ms = BEGAN_MS + day * DAY_MS if step == codes.STEP_CLOSED else None
            db.execute(insert(ALARMS).values(id=number, pairing=1, alarm_id=number, kind=1, phase=0, revision=0,
                                             since_ms=BEGAN_MS, status=step, closed_ms=closed_ms))
            db.execute(insert(EVENTS).values(at_ms=BEGAN_MS, alarm=number, event="raised", who=""))
            if waits:
                db.execute(insert(DOWNLINKS).values(device=1, alarm=number, type=frame.CALL, made_ms=0, due_ms=0))
        db.execute(insert(ALARMS).values(id=99, pairing=1, alarm_id=99, kind=1, phase=0, revision=0, since_ms=BEGAN_MS,
                                         status=1))
        db.execute(insert(EVENTS).values(at_ms=BEGAN_MS, alarm=99, event="newest", who=""))
    with empty.engine.connect() as db:
        asked = retention.due(db, Policy(alarms=days), now_ms)
    assert retention.run(Policy(alarms=days), empty.disk().prune, now_ms) == asked
    stays = [number for number, (step, day, waits) in enumerate(alarms, 1)
             if step != codes.STEP_CLOSED or waits or 60 - day <= days]
    with empty.engine.connect() as db:
        left = db.execute(select(EVENTS.c.alarm).where(EVENTS.c.alarm < 99).order_by(EVENTS.c.alarm)).scalars().all()
    assert left == stays


def test_the_gateway_runs_it_once_a_day_in_portions_and_only_if_it_is_set(rig, monkeypatch):
    steady, sizes = [0.0], []
    monkeypatch.setattr(retention, "PORTION", 3)
    daily = Daily(lambda: steady[0])

    def prune(statement, values):
        sizes.append(rig.radio.prune(statement, values))
        return sizes[-1]

    def look(seconds, ahead=100):
        for _ in range(seconds):
            steady[0] += 1
            daily.look(rig.store.engine, prune, rig.now_ms + ahead * DAY_MS)

    look(retention.FIRST_S + 10)
    assert sizes == [], "nobody has set it"
    with rig.store.engine.begin() as db:
        retention.put(db, Policy(alarms=30))
    look(1000)
    assert sizes == []
    steady[0] += retention.AGAIN_S - 1000 - 20
    daily.clock_set()
    look(1000)
    assert sizes == [], "a clock that was just set makes nothing old"
    steady[0] += retention.AGAIN_S - 1001
    look(1)
    assert len(sizes) == 1, "one portion, and then whoever waits has a turn"
    look(100)
    assert max(sizes) == 3 and sum(sizes) > 9 and of(rig, EVENTS, 1) == 0
    done = len(sizes)
    look(1000)
    assert len(sizes) == done


async def test_the_servers_turn_looks_at_it_and_what_it_deletes_makes_no_gateway_read_all_anew(rig, monkeypatch):
    monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms + 100 * DAY_MS)
    with rig.store.engine.begin() as db:
        retention.put(db, Policy(alarms=30))
    server = server_room.Server(rig.store, None, ports=[])
    server._turn([])
    assert of(rig, EVENTS, 1)
    server._retention._due_s = 0
    monkeypatch.setattr(retention, "GAP_S", 0)
    for _ in range(10):
        server._turn([])
    assert of(rig, EVENTS, 1) == 0 and of(rig, EVENTS, 3)
    assert not server.radio._disk.changed()


def test_the_command_shows_sets_tries_and_runs(rig, capsys, monkeypatch):
    here = ["--data", str(rig.path.parent)]
    monkeypatch.setattr(command.time, "time_ns", lambda: (rig.now_ms + 100 * DAY_MS) * 1_000_000)
    assert command.main(["show", *here]) == 0 and capsys.readouterr().out.count("kept for good") == 2
    assert command.main(["run", *here]) == 0 and "0 rows are gone" in capsys.readouterr().out
    assert command.main(["set", "--alarms", "30", *here]) == 0
    assert command.main(["set", "--details", "7", *here]) == 0
    assert command.main(["set", "--details", "keep", *here]) == 0
    said = capsys.readouterr().out.splitlines()[-2:]
    assert "30 days" in said[0] and "kept for good" in said[1]
    before = rows(rig)
    assert command.main(["run", "--dry-run", *here]) == 0
    tried = capsys.readouterr().out
    assert "would go" in tried and rows(rig) == before
    assert command.main(["run", *here]) == 0
    assert capsys.readouterr().out == tried.replace("would go", "are gone") and rows(rig) != before
    rig.run(2)
    assert rig["bo"].alarm(codes.KIND_EMERGENCY, alarm_id=77)


@pytest.mark.parametrize("words", [
    ["set"], ["show", "--alarms", "3"], ["set", "--alarms", "0"], ["set", "--alarms", "-1"],
    ["set", "--alarms", "soon"], ["set", "--details", "99999"], ["show", "--dry-run"],
    ["set", "--alarms", "3", "--dry-run"], [],
])
def test_words_that_mean_nothing_are_refused(words, rig, capsys):
    with pytest.raises(SystemExit) as end:
        command.main([*words, "--data", str(rig.path.parent)])
    assert end.value.code == 2
    with rig.store.engine.connect() as db:
        assert retention.read(db) == Policy()


def test_a_folder_without_a_house_and_a_database_in_use_are_refused_in_a_sentence(rig, tmp_path, capsys, monkeypatch):
    assert command.main(["show", "--data", str(tmp_path / "none")]) == 2
    command.main(["set", "--alarms", "30", "--data", str(rig.path.parent)])
    capsys.readouterr()

    def locked(disk, statement, values):
        raise Unavailable("database is locked")

    monkeypatch.setattr(Disk, "prune", locked)
    assert command.main(["run", "--data", str(rig.path.parent)]) == 2
    assert "kald: cannot use the database" in capsys.readouterr().err
