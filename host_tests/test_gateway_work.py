"""Does one thing that goes wrong in the gateway leave all else at work, and is it shown?"""

import asyncio
import json
import sqlite3
from contextlib import suppress

import pytest
from gateway_rig import Rig, badges, plan
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError

from firmware import codes
from firmware.link import frame
from tools.gateway import alarms, deadlines, duty, lending, rules, updates, visits
from tools.gateway import server as server_room
from tools.gateway.disk import Disk
from tools.gateway.jobs.workers import Ways
from tools.gateway.radio import Radio
from tools.gateway.store import DOWN_BLOCK, open_store
from tools.gateway.tables import DOWNLINKS
from waits import comes


class Posted:
    """Stands for the network: hands what is sent to the badges, and what they said to the server."""

    unreachable = 0

    def __init__(self, rig):
        self.rig, self.said = rig, []

    def receive(self):
        said, self.said = self.said, []
        return said

    def send(self, data, address):
        self.rig.deliver([(data, address)])


@pytest.fixture
def rig(tmp_path, monkeypatch):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms)
    return rig


def work(rig, story, ways=None):
    """Run `story(server)` beside a server on the rig's database; badges speak to it from now on."""

    async def run():
        network = Posted(rig)
        server = rig.server(network, ways)

        def carry(datagrams):
            network.said += datagrams
            server.wake()

        rig.carry = carry
        task = asyncio.create_task(server.work())
        await story(server)
        assert not task.done(), task
        task.cancel()

    asyncio.run(run())


def faults(server):
    server._facts = (0, {})
    return {trouble["fault"] for trouble in json.loads(server.facts())["troubles"]}


def test_a_frame_that_we_fail_on_keeps_no_other_from_disk_and_ack(rig, monkeypatch, caplog):
    true = alarms.frame

    def fails(at, badge, said, counter):
        if badge.name == "anna":
            raise KeyError("ours")
        return true(at, badge, said, counter)

    monkeypatch.setattr(alarms, "frame", fails)

    async def story(server):
        said = {}  # she is called to bo, and what she says of that is acked
        for name in ("anna", "bo"):
            rig[name].alarm(codes.KIND_EMERGENCY)
            said[name] = rig[name]._counter
        await comes(lambda: said["bo"] in rig["bo"].acked)
        assert said["anna"] not in rig["anna"].acked
        assert [row["name"] for row in rig.store.alarms()] == ["bo"]
        assert "gateway_error" in faults(server)

    work(rig, story)
    assert caplog.text.count("KeyError: 'ours'") == 1


@pytest.mark.parametrize("room, fails", [
    (server_room.board, "badges"), (server_room.overview, "glance"), (server_room.incidents, "overdue")])
def test_what_fails_of_the_board_hides_no_alarm(rig, monkeypatch, room, fails):
    def error(*_):
        raise ZeroDivisionError("ours")

    rig["anna"].alarm(codes.KIND_EMERGENCY)

    async def story(server):
        monkeypatch.setattr(room, fails, error)
        assert [alarm["name"] for alarm in server.shown()["alarms"]] == ["anna"]
        assert "gateway_error" in faults(server)

    work(rig, story)


@pytest.mark.parametrize("fails", ["tick", "bridges", "waiting_jobs", "storage", "prepare"])
def test_what_fails_beside_the_frames_keeps_no_alarm_from_its_ack(rig, monkeypatch, fails, caplog):
    def error(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Radio, fails, error)

    async def story(server):
        for _ in range(3):
            rig["anna"].alarm(codes.KIND_EMERGENCY)
            await comes(lambda: rig["anna"]._counter in rig["anna"].acked)
        assert "gateway_error" in faults(server)

    work(rig, story)
    assert caplog.text.count("ZeroDivisionError: ours") == 1


@pytest.mark.parametrize("what", [duty, visits, lending, rules, updates, deadlines, Radio])
def test_what_fails_about_one_thing_at_each_turn_keeps_no_other_from_being_done(tmp_path, monkeypatch, what):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", "carla", plan=plan(badges(0)))
    anna, failed = rig["anna"], []
    true, name = (Radio._send, "_send") if what is Radio else (what.look, "look")

    def fails(*given):
        about = {Radio: lambda: given[2].device == anna.device,
                 deadlines: lambda: given[0].alarms.get(given[1]).pairing == anna.row.pairing}
        if about.get(what, lambda: True)():
            failed.append(rig.now)
            raise ZeroDivisionError("ours")
        return true(*given)

    def carry(datagrams):
        rig.radio.prepare()
        rig.deliver(rig.radio.hear(datagrams, rig.now_ms))
        with suppress(ZeroDivisionError):  # as the server does, which shows it
            rig.deliver(rig.radio.tick(rig.now_ms))

    monkeypatch.setattr(what, name, fails)
    rig.carry = carry
    anna.alarm(codes.KIND_EMERGENCY)
    rig["bo"].alarm(codes.KIND_EMERGENCY)
    rig.run(40)
    assert failed and len(set(failed)) <= 8, "one turn for each thing that fails"
    assert rig["bo"].device in {fields[0] for fields in rig["carla"].got(frame.CALL)}
    assert codes.STEP_UNANSWERED in rig["bo"].steps()


def test_more_than_a_block_of_downlinks_at_once_is_told_in_turns(rig):
    rig["bo"].alarm(codes.KIND_EMERGENCY, refresh=False)
    with rig.store.engine.begin() as db:
        called = db.execute(select(DOWNLINKS).where(DOWNLINKS.c.type == frame.CALL)).first()._asdict()
        del called["id"]
        waiting = {**called, "settled": False, "due_ms": rig.now_ms}
        db.execute(insert(DOWNLINKS), [{**waiting, "alarm_id": i} for i in range(1600)])
    before = len(rig["anna"].heard)
    for _ in range(3):
        rig.radio.prepare()
        out = rig.radio.tick(rig.now_ms)
        assert len(out) <= DOWN_BLOCK * 3 // 2
        for data, _ in out:
            rig["anna"].hand(data)
    assert {fields[1] for kind, fields in rig["anna"].heard[before:] if kind == frame.CALL} >= set(range(1600))


def test_a_disk_that_takes_no_marker_still_acks_what_is_in_the_database(rig, monkeypatch):
    rig.store.serve()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rig.store._marker, "write", full)

    async def story(_server):
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        await comes(lambda: rig["anna"]._counter in rig["anna"].acked)

    work(rig, story)


def emptied(path):
    for file in path.parent.iterdir():
        file.unlink()


def replaced(path):
    emptied(path)
    open_store(path).close()


@pytest.mark.parametrize("befalls", [emptied, replaced])
def test_a_disk_that_keeps_nothing_gets_no_ack_and_the_board_says_so(rig, befalls, capsys):
    async def story(server):
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        await comes(lambda: rig["anna"]._counter in rig["anna"].acked)
        befalls(rig.path)
        rig["bo"].alarm(codes.KIND_EMERGENCY)
        said = rig["bo"]._counter
        await comes(lambda: "storage" in faults(server))
        assert said not in rig["bo"].acked

    work(rig, story)


@pytest.mark.parametrize("owner, door, error, fault", [
    (Disk, "save", sqlite3.OperationalError("database is locked"), "storage"),  # another program holds it
    (Disk, "save", None, "storage"),  # SQLite itself refuses the commit
    (Disk, "load", sqlite3.DatabaseError("database disk image is malformed"), "storage"),
    (Radio, "hear", DatabaseError("INSERT", {}, Exception("database disk image is malformed")), "gateway_error"),
])
def test_what_came_while_the_database_gave_nothing_is_said_and_acked_once_it_does(rig, monkeypatch, owner, door, error,
                                                                                  fault):
    true, broken = getattr(owner, door), [True]

    def fails(self, house, *more):
        if not broken[0] or house == []:
            return true(self, house, *more)
        if error is None:
            self._db.set_authorizer(lambda *words: sqlite3.SQLITE_DENY if "COMMIT" in words else sqlite3.SQLITE_OK)
            try:
                return true(self, house, *more)
            finally:
                self._db.set_authorizer(None)
        if owner is Radio:
            raise error
        with self._at_work():
            raise error

    monkeypatch.setattr(owner, door, fails)
    rig.radio = Radio(rig.store)

    async def story(server):
        rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
        said = rig["anna"]._counter
        await comes(lambda: fault in faults(server))
        assert said not in rig["anna"].acked
        broken[0] = False
        rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
        await comes(lambda: rig["anna"]._counter in rig["anna"].acked)
        assert owner is not Disk or said in rig["anna"].acked and "storage" not in faults(server)

    work(rig, story)


_LETTER, _BYTES = "CAST(x'61E16E' AS TEXT)", "x'616E6E61'"  # no letter in UTF-8; a text that is none any more


@pytest.mark.parametrize("table, column, value", [
    ("badges", "mode", "'re`dy'"), ("badges", "address", "'['"), ("badges", "replay_window", "'g'"),
    ("badges", "refused", "'{'"), ("badges", "silent", "9"), ("badges", "unverified", "'x'"),
    *[("badges", column, text) for column in ("name", "team", "replay_window") for text in (_LETTER, _BYTES)],
    ("alarms", "status", "'t`ken'"), ("alarms", "kind", "''"), ("alarms", "plan", "'{'"), ("alarms", "plan", "'9'"),
    ("alarms", "plan", _LETTER), ("alarms", "colour", "'gre`n'"), ("alarms", "practice", "9"),
    ("alarms", "wearer", _BYTES), ("events", "who", _LETTER), ("gateways", "line", _LETTER),
    ("downlinks", "type", "'ste0'"), ("notification_jobs", "target", "'['"), ("settings", "value", "'{'"),
    ("settings", "value", _LETTER), ("visits", "colour", "'gre`n'"), ("visits", "place", _BYTES)])
def test_what_a_flipped_bit_made_of_a_row_keeps_nobody_else_from_calling(tmp_path, monkeypatch, table, column, value):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", "carla", plan=plan(badges(0)))
    rig["carla"].deaf = True
    rig.act("visit", rig["bo"].row.pairing, colour="red", place="home")
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    with rig.store.engine.begin() as db:
        db.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        assert db.exec_driver_sql(f"UPDATE {table} SET {column} = {value} WHERE rowid = 1").rowcount == 1
        db.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
    rig.store.close()
    rig.store = open_store(rig.path)
    rig.radio = Radio(rig.store)
    monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms)

    async def story(server):
        rig.now += 1000
        rig["carla"].deaf = False
        rig["bo"].alarm(codes.KIND_EMERGENCY)
        await comes(lambda: rig["bo"]._counter in rig["bo"].acked)
        await comes(lambda: any(fields[0] == rig["bo"].device for fields in rig["carla"].got(frame.CALL)))
        server._facts = (0, {})
        assert "bo" in [alarm["name"] for alarm in json.loads(server.facts())["alarms"]]

    work(rig, story)


def test_a_job_whose_service_fails_on_us_is_tried_again(rig):
    rig.plan(plan({"do": "notify", "after_s": 0, "to": ["json://127.0.0.1:1/"]}))
    asked = []

    class Fails(Ways):
        async def send(self, does, target, text):
            asked.append(does)
            raise RuntimeError("a service's own")

    async def story(server):
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        for tries in (1, 2, 3, 4):
            await comes(lambda: len(asked) >= tries and not server.jobs.workers.under_way)
            rig.now += 30_001

    work(rig, story, Fails())


def test_no_error_of_the_database_tells_a_key(rig):
    from sqlalchemy.exc import IntegrityError

    from tools.gateway.tables import BADGES

    row = rig["anna"].row
    with pytest.raises(IntegrityError) as error, rig.store.engine.begin() as db:
        db.execute(insert(BADGES).values(device=row.device, name="x", uplink_key=row.uplink_key,
                                          downlink_key=row.downlink_key))
    assert repr(row.uplink_key)[2:8] not in str(error.value) and "hidden" in str(error.value)
