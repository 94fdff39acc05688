"""Do several gateways over one PostgreSQL make one house, whichever dies when, and is it as with SQLite?"""

import json
import time
import types

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from far_ends import hanging
from firmware import codes
from firmware.link import frame
from gateway_rig import BEGAN_MS, badges, plan
from postgres_rig import NOTIFY, Over, Several, fresh, jobs, three, until_acked
from test_core import NAMES, STORY, everything, tell
from test_migrations import shape
from tools.gateway import (
    accounts, incidents, migrations, plans, postgres, report, retention, rollback, shared, wearers,
)
from tools.gateway.clock import Clock
from tools.gateway.core.memory import House
from tools.gateway.core.storage import Unavailable
from tools.gateway.postgres import GATEWAYS_MOST
from tools.gateway.server import Server
from tools.gateway.store import Refusal, open_store


DAY_NS = 86_400 * 10**9


@pytest.fixture
def url(postgresql):
    """Return the address of a new database."""
    return fresh(postgresql)


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORY)
def test_over_sqlite_and_over_postgresql_a_house_says_and_keeps_the_same(postgresql, tmp_path_factory, story):
    Over.folder = tmp_path_factory.mktemp("h")
    rig = Over(fresh(postgresql), *NAMES)
    rig.begin()
    alarms = {}
    for one in story:
        tell(rig, alarms, *one)
        rig.run(2)
    there = everything(rig.sqlite)
    for name, found in everything(rig.store).items():
        assert sorted(there[name]) == sorted(found), name
    rig.store.close()
    rig.sqlite.close()


@pytest.fixture
def house(postgresql, tmp_path):
    with three(postgresql, tmp_path) as rig:
        yield rig


def test_three_gateways_have_three_numbers_and_one_leads(house):
    numbers = {radio.store.number for radio in house.gateways}
    assert len(numbers) == 3
    assert sum(radio.leads() for radio in house.gateways) == 1
    for radio in house.gateways:
        assert {number for number, one in radio._disk.stations().items() if one.there} == numbers


def test_an_alarm_that_several_hear_is_one_and_whoever_is_asked_knows_it(house):
    until_acked(house["anna"], house, codes.KIND_EMERGENCY, refresh=False)
    house.run(10)
    assert len(house.store.alarms()) == 1 and house["bo"].got(frame.CALL) and jobs(house) == [1]
    for radio in house.gateways:
        assert radio.act("note", 1, {"by": "office", "text": "seen"}, house.now_ms)
    assert house.act("take", 1, by="bo") and not house.act("take", 1, by="bo")
    assert house.act("close", 1, outcome="real")
    house.run(5)
    assert house["anna"].steps()[-1] == codes.STEP_CLOSED and house["bo"].got(frame.STAND_DOWN)
    for radio in house.gateways:
        assert not radio._house.alarms.by("open", True)


def test_who_leads_dies_and_another_goes_on_with_the_plan(house):
    until_acked(house["anna"], house, codes.KIND_EMERGENCY, refresh=False)
    house.run(1)
    assert house["bo"].got(frame.CALL) and jobs(house) == []
    house.kill(house.leader())
    house.run(10)
    assert jobs(house) == [1] and len(house.gateways) == 2 and house.leader()
    house.kill(house.leader())
    house.run(3)
    assert house.act("close", 1) and house["anna"].steps()[-1] == codes.STEP_CLOSED


@pytest.mark.parametrize("seed", range(4))
def test_whenever_one_dies_what_was_acked_is_kept_and_each_alarm_is_escalated_once(url, tmp_path, seed):
    rig = Several(url, tmp_path, 3, "anna", "bo", "carla", plan=plan(badges(0), NOTIFY, again_s=3600), seed=seed)
    rig.beat()
    rig.dying = 0.1
    acked = []
    for number in range(1, 13):
        fake = rig[rig.dice.choice(("anna", "bo", "carla"))]
        until_acked(fake, rig, codes.KIND_EMERGENCY, alarm_id=number, refresh=False)
        acked.append((fake.row.pairing, number))
        rig.run(rig.dice.randrange(8, 14))
    rig.dying = 0.0
    rig.run(10)
    stored = everything(rig.store)
    assert sorted((row.pairing, row.alarm_id) for row in stored["alarms"]) == sorted(acked)
    assert sorted(jobs(rig)) == list(range(1, 13)), "each once"
    assert rig.starts > 6, "gateways have died"
    numbers = {row for row in rig.gateways[0]._disk._ask("SELECT number FROM gateways")}
    assert len(numbers) <= GATEWAYS_MOST, "whoever starts takes a number that is free"
    for name in ("anna", "bo", "carla"):
        assert {row.alarm_id for row in stored["alarms"]} >= {fields[0] for fields in rig[name].got(frame.STEP)}
    for radio in rig.gateways:
        radio.store.close()
    rig.store.close()


def test_what_one_has_in_memory_is_what_it_would_read_anew_whoever_wrote_it(house):
    until_acked(house["anna"], house, codes.KIND_FALL, refresh=False)
    house.run(70)
    house.act("visit", 2, colour="red")
    house.act("close", 1)
    until_acked(house["bo"], house, codes.KIND_ASSIST, alarm_id=9, refresh=False)
    house.run(5)
    for radio in house.gateways:
        radio.tick(house.now_ms)
        with radio._disk.held():
            radio._current()
            radio._house.trim()
            anew = House()
            radio._disk._load(anew)
            for name in ("badges", "alarms", "troubles", "visits", "responders", "group_keys", "bridges"):
                assert list(radio._house.tables[name]) == list(anew.tables[name]), name
            for name in ("downlinks", "notification_jobs"):
                mine = radio._house.tables[name].rows
                assert anew.tables[name].rows.items() <= mine.items(), name
            assert {name: table.next for name, table in anew.tables.items()} == {
                name: table.next for name, table in radio._house.tables.items()}


def test_what_one_owes_about_an_alarm_that_is_over_each_can_say_wherever_the_badge_goes(house):
    until_acked(house["anna"], house, codes.KIND_EMERGENCY, refresh=False)
    house.run(5)
    house.act("close", 1)
    house.run(5)
    said, house.carry, anna, bo = [], lambda datagrams: said.extend(datagrams), house["anna"], house["bo"]
    for radio in house.gateways:
        radio.tick(house.now_ms)
        assert not radio._house.alarms.rows

    def hears(radio, speak, *given, **more):
        said.clear()
        speak(*given, **more)
        radio.prepare()
        return [data[0] for data, _ in radio.hear(said, house.now_ms) + radio.tick(house.now_ms)]

    assert hears(house.gateways[0], anna.alarm, codes.KIND_EMERGENCY, refresh=False)[0] == frame.ACK
    assert hears(house.gateways[0], bo.answer, anna) == [frame.ACK]
    anna.state = codes.RECEIVED  # she has not been told that it is over
    for radio in house.gateways[1:]:
        assert set(hears(radio, anna.beat)) == {frame.ACK, frame.STEP}
        assert frame.ACK in hears(radio, bo.beat)
    radio = house.gateways[1]
    with radio._disk.held():
        assert radio._current().alarms.rows.keys() == {1}


def test_what_a_command_writes_beside_them_is_known_at_their_next_turn(house):
    row = house.store.pair("carla")
    with house.store.engine.begin() as db:
        plans.put(db, {**plans.DEFAULT, "check_in_s": {"green": 1200, "yellow": 700, "red": 200}})
    house.fakes["carla"] = type(house["anna"])(house, row)
    for _ in range(20):
        if house["carla"].beat():
            break
    else:
        raise AssertionError("nobody knows the badge")
    for radio in house.gateways:
        radio.tick(house.now_ms)
        assert radio._house.plan["check_in_s"]["red"] == 200


def test_a_gateway_that_stands_still_loses_its_turn_and_stores_nothing_any_more(house):
    first, second = house.gateways[:2]
    with first._disk.held():
        first._current()
        with pytest.raises(Unavailable), second._disk.held():
            second._current()  # waits for half a second
        psycopg.connect(house.path, autocommit=True).execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        first._house.acts.add(at_ms=1, pairing=1, act="late", who="nobody")
        with pytest.raises(Unavailable):
            first._disk.save(first._house)
        first._house.undo()
    second.tick(house.now_ms)
    first.tick(house.now_ms)
    assert not any(row.act == "late" for row in everything(house.store)["acts"])


def test_who_has_another_number_by_now_and_no_room_for_its_marker_still_acks_what_the_server_has(house, monkeypatch):
    for radio in house.gateways[1:]:
        house.kill(radio)
    radio, = house.gateways
    monkeypatch.setattr(radio.store, "_marked", 0)

    def full(_row):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as then:
        then.setattr(radio.store._marker, "begin", full)
        assert house["anna"].alarm(codes.KIND_EMERGENCY)
    house.beat()
    assert radio.store._marked == radio.store.number


def test_counters_of_downlinks_are_given_once_whoever_has_the_number(house):
    disks = [radio._disk for radio in house.gateways]
    blocks = {(disk.number, start + n) for disk in disks for start in [disk.reserve(10, 0), disk.reserve(10, 0)]
              for n in range(10)}
    assert len(blocks) == 60
    number = disks[0].number
    before = disks[0].reserve(10, 0)
    house.kill(house.gateways[0])
    radio = house.start()
    assert radio.store.number == number and radio._disk.reserve(10, 0) == before + 10
    # a server that stands in for one that is gone may lag behind: what was given is not given again
    assert [radio._disk.reserve(10, least) - before for least in (before + 500, 0)] == [500, 510]


def test_all_gateways_go_by_the_clock_of_their_server_however_far_apart_their_own_are(url, tmp_path, monkeypatch):
    disks, true = [], time.time_ns
    for years in (0, -50, 2):
        monkeypatch.setattr(postgres.time, "time_ns", lambda ahead=years * 365 * DAY_NS: true() + ahead)
        disks.append(postgres.Postgres(shared.open_shared(url)._url, 0))
    assert max(abs(disk.time_ns() - true()) for disk in disks) < 60 * 10**9
    assert max(abs(Server.now_ms(types.SimpleNamespace(store=disk)) - true() // 10**6) for disk in disks) < 60_000
    clocks = [Clock(disk.time_ns) for disk in disks]
    monkeypatch.setattr(postgres, "_TIME", f"SELECT ({postgres._TIME}) - {DAY_NS // 1000}")  # somebody sets it back
    for disk, clock in zip(disks, clocks):
        assert clock.set_by_ms() == 0 and disk.stations()
        assert abs(clock.set_by_ms() + DAY_NS // 10**6) < 60_000
        disk.close()


def test_a_server_that_says_nothing_is_not_asked_at_each_turn_since_the_board_stands_still_meanwhile():
    with hanging() as (port, calls):
        disk = postgres.Postgres(f"postgresql://kald@127.0.0.1:{port}/kald")
        for _ in range(3):
            with pytest.raises(Unavailable), disk.held():
                disk.changed()
        assert len(calls) == 1


def test_who_signs_in_makes_no_gateway_read_its_house_anew(house):
    def told():
        with house.store.engine.connect() as db:
            return db.exec_driver_sql("SELECT count(*) FROM changes").scalar()

    before = told()
    with house.store.engine.begin() as db:
        accounts.add(db, house.now_ms, "the manager", "manager", "the console")
    assert told() == before
    with house.store.engine.begin() as db:
        plans.put(db, plan(badges(7)))
    assert told() > before


def test_a_fifth_gateway_is_refused_since_badges_know_four(house, tmp_path):
    house.start()
    with pytest.raises(Refusal, match="badges know no more"):
        house.start()


def test_a_database_that_was_put_back_from_a_dump_is_known_and_all_take_new_numbers(house, tmp_path):
    until_acked(house["anna"], house, codes.KIND_FALL, refresh=False)
    marker = rollback.Marker(tmp_path / "gateway1" / rollback.NAME)
    said = marker.read()
    marker.close()
    assert said["turns"] > 0
    with house.store.engine.begin() as db:  # the dump is older than what that gateway has seen
        db.exec_driver_sql("UPDATE gateways SET turns = 0")
    before = {radio.store.number for radio in house.gateways}
    for radio in list(house.gateways):
        if radio.store.number == said["number"]:
            house.kill(radio)
    store = shared.open_shared(house.path)
    assert store.serve(folder=tmp_path / "gateway1") is True and store.number not in before
    for radio in house.gateways:
        for _ in range(3):
            try:
                radio.prepare()
                radio.tick(house.now_ms)
            except Unavailable:
                pass
        assert radio.store.number not in before
    assert all(row.unverified for row in everything(house.store)["badges"])
    store.close()
    again = shared.open_shared(house.path)
    assert again.serve(folder=tmp_path / "gateway1") is False, "once is enough"
    again.close()


def test_postgresql_is_restarted_and_the_gateways_go_on(postgresql, house):
    until_acked(house["anna"], house, codes.KIND_FALL, refresh=False)
    postgresql.stop()
    for radio in house.gateways:
        with pytest.raises(Unavailable):
            radio.tick(house.now_ms)
    postgresql.start()
    until_acked(house["bo"], house, codes.KIND_EMERGENCY, alarm_id=3, refresh=False)
    assert {row.alarm_id for row in everything(house.store)["alarms"]} == {50, 3}
    house.run(3)
    assert house.leader()


def test_its_tables_are_those_of_sqlite_and_refuse_the_same(url, tmp_path):
    store, file = shared.open_shared(url), open_store(tmp_path / "kald.sqlite")
    mine, other = shape(store.engine), shape(file.engine)
    assert set(mine) - {"changes"} == set(other)
    for table in other:
        for what in ("primary", "foreign", "unique"):
            assert mine[table][what] == other[table][what], (table, what)
        assert [name for name, _ in mine[table]["checks"]] == [name for name, _ in other[table]["checks"]], table
        names = {one[0] for one in other[table]["indexes"]}
        assert [one[:2] for one in mine[table]["indexes"] if one[0] in names] == [
            one[:2] for one in other[table]["indexes"]], table
    with store.engine.connect() as db:
        assert migrations.number(db) == int(migrations.NEWEST)
    store.close()
    file.close()


def test_retention_and_what_the_board_shows_run_over_it(house):
    until_acked(house["anna"], house, codes.KIND_FALL, refresh=False)
    house.act("close", 1)
    house.run(70)
    house.act("introduced", 1, text="card")
    assert house.act("lend", 2, name="Temp", until_ms=house.now_ms + 60_000) and not house.act("back", 3)
    with house.store.engine.connect() as db:
        case, = incidents.left(db)
        assert (case.name, case.ticked) == ("anna", 0) and incidents.overdue(db, case.due_ms + 1) == 1
        assert wearers.read(db)[0].introduced and report.year(db, "2027")["months"][0]["alarms"] == 1
    house.act("follow", 1, done=1)
    with house.store.engine.connect() as db:
        assert [case.alarm for case in incidents.done(db)] == [1] and incidents.left(db) == []
    house.run(70)
    with house.store.engine.connect() as db:
        assert "Temp" not in {one.name for one in wearers.read(db)}, "it came back by itself"
    policy, later_ms = retention.Policy(alarms=1, details=1), BEGAN_MS + 9 * retention.DAY_MS
    gone = retention.run(policy, house.gateways[0].prune, later_ms)
    assert gone["alarms", "events"] > 3
    assert json.dumps(house.store.alarms()) and json.dumps(house.store.badges()) and house.facts() is not None


@pytest.mark.parametrize("given, says", [
    ("mysql://x/y", "takes postgresql:// alone"), ("no address", "must be an address"),
    ("postgresql://nobody@127.0.0.1:9/kald", "cannot use the database"),
])
def test_a_store_that_cannot_be_used_is_refused_in_a_sentence(given, says):
    with pytest.raises(Refusal, match=says) as error:
        shared.open_shared(given)
    assert "\n" not in str(error.value)


def test_no_password_is_said(url):
    with pytest.raises(Refusal) as error:
        shared.open_shared("postgresql://me:geheim@127.0.0.1:9/kald")
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("command, words", [
    ("report", ["--month", "2027-01"]), ("export", ["--month", "2027-01"]), ("export", ["--crashes"]), ("group", []),
    ("plan", ["show"]), ("retention", ["show"]), ("ring", ["show"]),
    ("account", ["list"]), ("place", ["list"]), ("bridge", ["--forget", "7"]),
])
def test_commands_do_over_it_what_they_do_over_a_file(house, tmp_path, capsys, command, words):
    from importlib import import_module

    until_acked(house["anna"], house, codes.KIND_FALL, refresh=False)
    main = import_module(f"tools.cli.{command}").main
    over = main([*words, "--store", house.path]), capsys.readouterr()
    assert over[0] in (0, 1) and "Traceback" not in over[1].err
    assert main([*words, "--store", house.path.replace("/house", "/nohouse")]) == 2
    said = capsys.readouterr().err
    assert "cannot use the database" in said and said.count("\n") == 1
