"""Does a gateway that was put back from a backup know it, and is nobody's recording taken for a badge that speaks?"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import time

import pytest

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig
from tools.gateway import rollback
from tools.gateway.radio import Radio
from tools.gateway.store import DOWN_BLOCK, open_store


class Tape(Rig):
    """A Rig that begins to serve, records what badges say, and can be put back from a copy of its database."""

    def __init__(self, path):
        self.tape = []
        self.nonces = set()
        super().__init__(path, "anna", "bo")
        assert self.store.serve() is False
        self.radio = Radio(self.store)
        self.beat()

    def carry(self, datagrams):
        self.tape += datagrams
        super().carry(datagrams)

    def deliver(self, out):
        for data, _ in out:
            nonce = (data[:4], data[4:6]) if data[0] == frame.ACK else data[1:8]
            if data[0] != frame.ACK:  # an ack may be said again, word for word
                assert nonce not in self.nonces
                self.nonces.add(nonce)
        super().deliver(out)

    def stop(self):
        self.store.close()

    def start(self, restored=False):
        self.store = open_store(self.path)
        was = self.store.serve(restored)
        self.radio = Radio(self.store)
        return was

    def copy(self, name):
        self.stop()
        shutil.copytree(self.path.parent, self.path.parent.parent / name)
        self.start()

    def put_back(self, name, *files):
        self.stop()
        for file in files or os.listdir(self.path.parent.parent / name):
            shutil.copy2(self.path.parent.parent / name / file, self.path.parent / file)
        for left in ("kald.sqlite-wal", "kald.sqlite-shm"):
            (self.path.parent / left).unlink(missing_ok=True)


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "data").mkdir()
    return Tape(tmp_path / "data" / "kald.sqlite")


def test_a_gateway_that_starts_again_keeps_its_number_however_often(rig):
    for _ in range(300):
        rig.stop()
        assert rig.start() is False and rig.store.number == 1
    rig.beat()
    assert rig.radio.refused == {}


def test_a_marker_that_a_power_cut_left_behind_is_no_backup(rig):
    marker = rig.path.parent / rollback.NAME
    old = marker.read_bytes()
    rig.run(120)
    rig.stop()
    assert marker.read_bytes() != old
    marker.write_bytes(old)
    assert rig.start() is False


def test_a_database_that_is_put_back_under_a_gateway_that_runs_gives_no_counter_twice(rig):
    with rig.store.engine.begin() as db:
        db.exec_driver_sql("UPDATE gateways SET next_counter = 1")
    given = set()
    for _ in range(3 * DOWN_BLOCK):
        rig.radio.prepare()
        given.add(rig.radio._down_counter())
    assert len(given) == 3 * DOWN_BLOCK


@pytest.mark.parametrize("files", [("kald.sqlite",), ()])
def test_an_older_database_is_known_by_its_marker_alone_or_with_it(rig, files, monkeypatch):
    now = time.time
    monkeypatch.setattr(rollback.time, "time", lambda: now() - 86_400)  # the backup was made yesterday
    if not files:
        rig.beat()
    rig.copy("backup")
    monkeypatch.setattr(rollback.time, "time", now)
    rig.run(61)
    rig.put_back("backup", *files)
    assert rig.start() is True and rig.store.number != 1
    number = rig.store.number
    rig.stop()
    assert rig.start() is False and rig.store.number == number


def test_an_older_database_is_known_by_the_counters_that_were_reserved_since_though_no_badge_was_heard(rig):
    rig.copy("early")
    rig.radio.prepare()
    rig.put_back("early", "kald.sqlite")
    assert rig.start() is True and rig.store.number != 1
    rig.radio.prepare()
    rig.stop()
    assert rig.start() is False


def test_a_database_without_its_marker_or_with_another_ones_was_put_back(rig):
    marker = rig.path.parent / rollback.NAME
    other = json.dumps({"line": "0" * 16, "number": 1, "turns": 0, "wrote_s": 0}).encode()
    for content in (None, b"", b"noise" * 40, other):
        before = rig.store.number
        rig.stop()
        marker.unlink()
        if content is not None:
            marker.write_bytes(content)
        assert rig.start() is True and rig.store.number != before
    rig.stop()
    assert rig.start(restored=True) is True


@pytest.mark.parametrize("column, value", [("next_counter", value) for value in (-1, 0, 1 << 30, 1 << 62)]
                         + [("number", value) for value in (-1, 0, 256)])
def test_a_number_or_a_counter_that_no_frame_can_carry_is_left_for_another(rig, column, value):
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.path)) as db:
        db.execute("PRAGMA ignore_check_constraints=ON")
        db.execute(f"UPDATE gateways SET {column} = ?", (value,))
        db.commit()
    assert rig.start() is True and rig.store.number in range(1, 256)
    assert rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig.run(5)
    assert rig["bo"].got(frame.CALL)


@pytest.mark.parametrize("whole", [False, True])
def test_a_second_gateway_on_a_copy_beside_the_first_says_nothing_under_its_number(rig, whole):
    other = rig.path.parent.parent / "other"
    rig.stop()
    shutil.copytree(rig.path.parent, other, ignore=shutil.ignore_patterns("" if whole else "*.line"))
    assert rig.start() is False and rig.store.number == 1
    second = open_store(other / "kald.sqlite")
    assert second.serve() is True and second.number != 1
    number = second.number
    second.close()
    second = open_store(other / "kald.sqlite")
    assert second.serve() is False and second.number == number
    second.close()


@pytest.mark.parametrize("here, copied", [("aaaabbbb", False), ("aaaac0de", False), ("c0debbbb", False),
                                          ("c0dec0de", True)])
def test_a_folder_that_is_carried_to_another_machine_while_its_gateway_runs_is_another_gateway_there(
        rig, monkeypatch, here, copied):
    marker = rig.path.parent / rollback.NAME
    rig.stop()
    marker.write_bytes(re.sub(rb'"here": "\w{8}", ', b"", marker.read_bytes()))
    monkeypatch.setattr(rollback, "_here", lambda _file: "aaaabbbb")
    assert rig.start() is False, "an older version has named none"
    rig.beat()
    assert b'"here": "aaaabbbb"' in marker.read_bytes()
    rig.stop()
    monkeypatch.setattr(rollback, "_here", lambda _file: here)
    assert rig.start() is copied and (rig.store.number != 1) is copied


def test_a_marker_has_room_for_the_greatest_that_it_may_say(rig):
    said = json.loads((rig.path.parent / rollback.NAME).read_bytes())
    most = {"number": 255, "next": (1 << 30) - 1, "turns": 10**10, "wrote_s": 10**10}
    assert most.keys() <= said.keys() and len(json.dumps(said | most)) < rollback._BYTES
    with open(rig.path, "rb") as another:
        here = rollback._here(another.fileno())
    assert len(here) == 8 and here[:4] == said["here"][:4] and here[4:] != said["here"][4:]


def test_put_back_from_one_backup_again_and_again_it_says_nothing_twice_and_ends_in_a_sentence(rig, monkeypatch):
    rig.copy("backup")
    rig.beat()
    now = time.time
    for turn in range(6):
        monkeypatch.setattr(rollback.time, "time", lambda: now() + 100 * turn)
        rig.put_back("backup", "kald.sqlite")
        assert rig.start() is True
        rig.run(61)
        rig["anna"].alarm(codes.KIND_ASSIST, alarm_id=rig.now, refresh=False)
        assert rig.badge("anna")["heard_ms"] >= rig.now_ms - 1000
    from tools.gateway.store import Refusal

    with pytest.raises(Refusal, match="pair the badges again"):
        for _ in range(255):
            rig.stop()
            rig.start(restored=True)


def test_recordings_are_marked_or_refused_until_the_badge_answers(rig):
    anna, bo = rig["anna"], rig["bo"]
    rig.copy("backup")
    rig.tape.clear()
    anna.alarm(codes.KIND_EMERGENCY, alarm_id=77, refresh=False)
    bo.answer(anna, 77)
    anna.wish(codes.ORDER_PAUSE, 60)
    anna.alarm(codes.KIND_TEST, alarm_id=78, passed=codes.PASSED_ALL)
    bo.beat(codes.FAULT_CRASHED)
    rig.act("close", 1)
    tape = list(rig.tape)
    rig.put_back("backup", "kald.sqlite")
    assert rig.start() is True and rig.store.alarms() == []
    anna.on = bo.on = False  # the badges are out of reach, and their voices are played back
    for datagram in tape:
        rig.carry([datagram])
    alarm = rig.alarm()
    assert alarm["unverified"] and alarm["alarm_id"] == 77 and alarm["taken_by"] is None
    assert rig.badge("anna")["tested_ms"] is None and rig.badge("anna")["waiting"] == []
    assert rig.radio.refused["unverified"] >= 4
    assert {row["fault"] for row in rig.facts()} >= {"counter_unverified"}

    anna.on = bo.on = True  # now they speak
    bo.faults = 0
    anna._counter += 5
    rig.run(61)
    rig.beat()
    rig.run(2)
    rig.beat()
    assert not [row for row in rig.facts() if row["until_ms"] is None]
    assert rig.alarm()["unverified"], "the badge has not said this alarm again"
    refused = dict(rig.radio.refused)
    for datagram in tape:
        rig.carry([datagram])
    assert rig.radio.refused["replay"] == refused.get("replay", 0) + len(tape)


def test_an_alarm_that_is_real_calls_at_once_and_loses_its_mark_when_the_badge_has_answered(rig):
    rig.copy("backup")
    rig.run(61)
    rig.put_back("backup", "kald.sqlite")
    assert rig.start() is True
    rig["bo"].beat()
    rig.run(2)
    rig["anna"].deaf = True
    assert rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=90)
    assert rig.alarm()["unverified"] and rig["bo"].got(frame.CALL) == [(1, 90, codes.KIND_EMERGENCY)]
    rig["anna"].deaf = False
    rig.run(22)
    assert not rig.alarm()["unverified"] and "counter_verified" in rig.steps()


@pytest.fixture
def outside(rig, tmp_path, monkeypatch):
    """Let the house have a witness, and be a day old; return the folder of witnesses."""
    monkeypatch.setattr(rollback.tempfile, "gettempdir", lambda: "/nowhere")
    monkeypatch.setattr(rollback, "_PASSING", ())
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    yesterday(rig, monkeypatch)
    return tmp_path / "state"


def yesterday(rig, monkeypatch):
    """Let the last run have ended yesterday: a file's own time cannot be set, so the run's is."""
    now = time.time
    rig.stop()
    with monkeypatch.context() as then:
        then.setattr(rollback.time, "time", lambda: now() - 86_400)
        rig.start()
        rig.beat()
    rig.stop()


def told_again(path):
    """Let a file be of now, as what a run that has just ended has left."""
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps(said | {"wrote_s": int(time.time())}).ljust(rollback._BYTES - 1) + "\n")


def test_a_new_owner_or_mode_of_all_that_lies_in_the_folder_is_no_backup(rig, outside):
    witness, = outside.iterdir()
    assert witness.stat().st_mode & 0o077 == 0 and outside.stat().st_mode & 0o077 == 0
    told_again(witness)  # it was not touched since
    for path in rig.path.parent.iterdir():
        os.chown(path, os.getuid(), os.getgid())
    assert rig.start() is False and rig.store.number == 1


@pytest.mark.parametrize("lost", ["touched", "gone", "damaged", "another's"])
def test_a_witness_that_says_nothing_leaves_the_time_to_decide(rig, outside, lost):
    witness, = outside.iterdir()
    if lost == "gone":
        witness.unlink()
    elif lost == "damaged":
        witness.write_bytes(b"")
    elif lost == "another's":
        witness.write_bytes(witness.read_bytes().replace(b'"number": 1', b'"number": 9'))
        told_again(witness)
    assert rig.start() is True, "touched: whoever put all of the disk back put the witness back, too"


def test_a_folder_that_was_put_back_whole_and_in_time_is_known_by_its_witness(rig, outside, tmp_path):
    rig.start(restored=True)
    rig.beat()
    number = rig.store.number
    rig.copy("backup")
    rig.run(61)
    rig.put_back("backup")
    told_again(rig.path.parent / rollback.NAME)  # as if its time were right
    assert rig.start() is True and rig.store.number != number


def test_there_is_no_witness_in_the_folder_itself_nor_of_one_that_passes(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "house" / "state"))
    assert rollback._outside(str(tmp_path / "house")) is None
    monkeypatch.setattr(rollback.tempfile, "gettempdir", lambda: "/nowhere")
    monkeypatch.setattr(rollback, "_PASSING", ())
    assert rollback._outside(str(tmp_path / "house")) is None
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    assert rollback._outside(str(tmp_path / "house")).startswith(str(tmp_path / "state"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file" / "state"))
    (tmp_path / "file").write_text("")
    (tmp_path / "house").mkdir()
    store = open_store(tmp_path / "house" / "kald.sqlite")
    assert store.serve() is False, "where it cannot be written there is none"
    store.close()
