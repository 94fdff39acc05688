"""Does the gateway keep what it acknowledges, call colleagues, and tell the wearer no more than is true?"""

import sqlite3

import pytest

from firmware.badge import Badge
from firmware.codes import RECEIVED, SAFE, TAKEN
from firmware.feedback import patterns as feel
from firmware.link import frame
from tools.gateway.radio import Radio
from tools.gateway.store import Refusal, Unavailable, open_store

BEGAN_MS = 1_800_000_000_000


class House:
    """A gateway and badges that hear each other perfectly, unless told otherwise, in virtual time."""

    def __init__(self, path, count=2):
        self.path = path
        self.store = open_store(path)
        self.radio = Radio(self.store)
        self.now = 0
        self.badges = []
        self.pressed = [0] * count
        self.linked = [True] * count
        self.up = True
        self.rows = [self.store.pair(f"wearer {i}") for i in range(count)]
        for i, row in enumerate(self.rows):
            badge = Badge(row.device, row.uplink_key, row.downlink_key, 0)
            badge.counter.grant(1000 * i, 1000 * i + 100000)
            self.badges.append(badge)

    def loses_power(self, i, flash):
        """The badge starts anew from what `flash` has kept."""
        row = self.rows[i]
        start = self.badges[i].counter.start + 100000
        self.badges[i] = Badge(row.device, row.uplink_key, row.downlink_key, self.now)
        self.badges[i].counter.grant(start, start + 100000)
        assert self.badges[i].load(flash, len(flash), self.now, undated=True)

    def run(self, ms):
        for _ in range(ms // 10):
            self.now += 10
            arrived = []
            for i, badge in enumerate(self.badges):
                badge.button(self.pressed[i], self.now)
                if self.now % 20 == 0:
                    badge.samples((0, 0, 1000 if self.now % 2000 else 700), 1, self.now)
                badge.tick(self.now)
                badge.motor(self.now)
                buf = bytearray(frame.FRAME_BYTES_MAX)
                n = badge.next_frame(buf, self.now) if self.linked[i] else 0
                if n:
                    arrived.append((bytes(buf[:n]), ("127.0.0.1", i)))
            if self.up and (arrived or self.now % 100 == 0):
                self.radio.prepare()
                self.deliver(self.radio.receive(arrived, BEGAN_MS + self.now))

    def deliver(self, out):
        for data, address in out:
            if self.linked[address[1]]:
                self.badges[address[1]].frame(bytearray(data) + bytearray(60), len(data), self.now)

    def press(self, i, ms=900, after=300):
        self.pressed[i] = 1
        self.run(ms)
        self.pressed[i] = 0
        self.run(after)

    def state(self, i):
        return self.badges[i].alarm.state

    def felt(self, i):
        trace = self.badges[i].trace
        first = max(0, trace.count - 64)
        return [trace.value[n % 64] for n in range(first, trace.count) if trace.code[n % 64] == 6]

    def steps(self):
        return [event["step"] for event in self.store.alarms()[0]["events"]]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    return house


def test_the_whole_way_from_a_press_to_closed(house):
    house.press(0)
    assert house.state(0) == RECEIVED and feel.CALLED_EMERGENCY in house.felt(1)
    house.press(1, 100, 1500)
    assert house.state(0) == TAKEN and feel.TAKEN in house.felt(0) and feel.ANSWERED in house.felt(1)
    assert house.store.alarms()[0]["taken_by"] == "wearer 1" and house.badges[0].alarm.responder == 2
    alarm = house.store.alarms()[0]["id"]
    assert house.radio.close(alarm, "office", BEGAN_MS + house.now)
    house.run(500)
    assert house.state(0) == SAFE and house.felt(1)[-1] == feel.STOOD_DOWN
    assert house.steps() == ["received", "called", "answered", "taken", "closed"]
    before = house.badges[0].trace.count
    house.run(20000)
    assert house.badges[0].trace.count == before, "a downlink was repeated after it had been told"


def test_no_ack_without_a_commit(house, monkeypatch):
    buf = bytearray(40)
    house.badges[0]._beat(1, house.now)
    n = house.badges[0].next_frame(buf, house.now)

    sent = [(bytes(buf[:n]), ("127.0.0.1", 0))]

    before = house.store.badges()

    class Full:
        """The database, with no room for a commit."""

        def __init__(self, true):
            self.true, self.in_transaction = true, True

        def execute(self, statement, *words):
            if statement == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return self.true.execute(statement, *words)

        def executemany(self, *words):
            return self.true.executemany(*words)

    true = house.radio._disk._db
    monkeypatch.setattr(house.radio._disk, "_db", Full(true))
    with pytest.raises(Unavailable):
        house.radio.receive(sent, BEGAN_MS)
    assert house.store.badges() == before
    monkeypatch.setattr(house.radio._disk, "_db", true)
    assert house.radio.receive(sent, BEGAN_MS)[0][0][0] == frame.ACK, "nothing of it was kept in memory either"


def test_a_frame_counts_once_and_a_retry_is_acked_again(house):
    buf = bytearray(40)
    house.badges[0]._beat(1, house.now)
    n = house.badges[0].next_frame(buf, house.now)
    sent = (bytes(buf[:n]), ("127.0.0.1", 0))
    ack, time = house.radio.receive([sent], BEGAN_MS)
    assert ack[0][0] == frame.ACK and time[0][0] == frame.ORDER, "it has just begun, and asks what time it is"
    assert house.radio.receive([sent], BEGAN_MS) == [] and house.radio.refused == {"replay": 1}


def test_foreign_or_unwritable_files_are_refused_in_plain_words(tmp_path):
    foreign = tmp_path / "foreign.sqlite"
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE mine (x)")
    other.commit()
    with pytest.raises(Refusal, match="not one of Kald"):
        open_store(foreign)
    with pytest.raises(Refusal, match="cannot write"):
        open_store(tmp_path / "nowhere" / "kald.sqlite")
    (tmp_path / "text").write_text("this is no database at all, only text " * 40)
    with pytest.raises(Refusal):
        open_store(tmp_path / "text")
    ours = open_store(tmp_path / "ours.sqlite")
    assert (tmp_path / "ours.sqlite").stat().st_mode & 0o077 == 0
    with ours.engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
