"""What does the gateway know after a power cut? Everything it has acknowledged.

SQLAlchemy Core over SQLite: WAL, synchronous=FULL, so that a commit is on disk. Times are Unix milliseconds. The file
holds keys: its mode is 0600. `application_id` tells our databases from others.
"""

import os
import secrets
import sqlite3
from pathlib import Path

from sqlalchemy import (
    BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint, create_engine, event,
    func, insert, select, update,
)  # fmt: skip
from sqlalchemy.exc import DatabaseError

APPLICATION_ID = 0x4B414C44  # "KALD"
VERSION = 1
DOWN_BLOCK = 1000  # downlink counters reserved at once

META = MetaData()
BADGES = Table(
    "badges", META,
    Column("pairing", Integer, primary_key=True),
    Column("device", Integer, unique=True, nullable=False),
    Column("name", String, nullable=False),
    Column("up", LargeBinary, nullable=False),
    Column("down", LargeBinary, nullable=False),
    Column("newest", BigInteger, nullable=False, default=-1),
    Column("mask", String, nullable=False, default="0"),  # hex; bit n: newest - n has been used
    Column("heard_ms", BigInteger),
    Column("heartbeat_ms", BigInteger),
    Column("state", Integer, nullable=False, default=0),
    Column("battery", Integer, nullable=False, default=255),
    Column("faults", Integer, nullable=False, default=0),
    Column("address", String),
)  # fmt: skip
ALARMS = Table(
    "alarms", META,
    Column("id", Integer, primary_key=True),
    Column("pairing", Integer, nullable=False),
    Column("alarm_id", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("what", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("due_ms", BigInteger),  # when nobody's answer becomes "unanswered"
    Column("taken_by", String),
    UniqueConstraint("pairing", "alarm_id"),
)  # fmt: skip
EVENTS = Table(
    "events", META,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("alarm", Integer, nullable=False),
    Column("step", String, nullable=False),
    Column("who", String, nullable=False),
)  # fmt: skip
DOWNLINKS = Table(
    "downlinks", META,
    Column("id", Integer, primary_key=True),
    Column("device", Integer, nullable=False),
    Column("alarm", Integer, nullable=False),
    Column("type", Integer, nullable=False),
    Column("a", BigInteger, nullable=False),
    Column("b", BigInteger, nullable=False),
    Column("c", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_ms", BigInteger, nullable=False),
    Column("counters", String, nullable=False, default=" "),  # those it was sent under, each between spaces
    Column("told", Boolean, nullable=False, default=False),
)  # fmt: skip
GATEWAY = Table(
    "gateway", META,
    Column("number", Integer, primary_key=True),
    Column("down_next", BigInteger, nullable=False),
)  # fmt: skip


class Refusal(Exception):
    """A sentence for the person at the command line."""


def _pragmas(connection, _record):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")


def open_store(path):
    """Open or make the database at `path`. Raises Refusal in plain words: not ours, not writable."""
    path = Path(path)
    new = not path.exists()
    try:
        if new:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        probe = sqlite3.connect(path)
        ours = probe.execute("PRAGMA application_id").fetchone()[0]
        version = probe.execute("PRAGMA user_version").fetchone()[0]
        tables = probe.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and (ours != APPLICATION_ID or version != VERSION):
            raise Refusal(f"{path.name} is a database, but not one of this version of Kald; name another --data folder")
        probe.execute(f"PRAGMA application_id={APPLICATION_ID}")
        probe.execute(f"PRAGMA user_version={VERSION}")
        probe.close()
    except OSError as error:
        raise Refusal(f"cannot write {path.name} in {path.parent}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise Refusal(f"cannot use {path.name} in {path.parent} as a database: {error}") from error
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _pragmas)
    try:
        META.create_all(engine)
    except DatabaseError as error:
        raise Refusal(f"cannot use {path.name} in {path.parent} as a database: {error.orig}") from error
    return Store(engine)


class Store:
    """The database; `engine.begin()` is one commit."""

    def __init__(self, engine):
        self.engine = engine
        with engine.begin() as db:
            if db.execute(select(GATEWAY.c.number)).first() is None:
                db.execute(insert(GATEWAY).values(number=1, down_next=1))
        self.number = 1

    def pair(self, name):
        """Make keys for a new badge called `name`; return its row: .device .up .down (16 bytes each)."""
        with self.engine.begin() as db:
            device = (db.execute(select(func.max(BADGES.c.device))).scalar() or 0) + 1
            row = insert(BADGES).values(
                device=device, name=name, up=secrets.token_bytes(16), down=secrets.token_bytes(16)
            )
            pairing = db.execute(row).inserted_primary_key[0]
            return db.execute(select(BADGES).where(BADGES.c.pairing == pairing)).one()

    def heard(self, device):
        """Return when the last heartbeat of `device` was stored, Unix ms, or None."""
        with self.engine.connect() as db:
            return db.execute(select(BADGES.c.heartbeat_ms).where(BADGES.c.device == device)).scalar()

    def reserve_down(self):
        """Reserve DOWN_BLOCK downlink counters on disk and return the first."""
        with self.engine.begin() as db:
            start = db.execute(select(GATEWAY.c.down_next)).scalar_one()
            db.execute(update(GATEWAY).values(down_next=start + DOWN_BLOCK))
            return start

    def alarms(self):
        """Return all alarms as dicts, newest first, with the wearer's name and the time line."""
        with self.engine.connect() as db:
            rows = db.execute(
                select(ALARMS, BADGES.c.name, BADGES.c.device)
                .join(BADGES, BADGES.c.pairing == ALARMS.c.pairing)
                .order_by(ALARMS.c.id.desc()).limit(200)
            ).mappings().all()  # fmt: skip
            lines = db.execute(select(EVENTS).order_by(EVENTS.c.id.desc()).limit(2000)).mappings().all()
        alarms = [dict(row) for row in rows]
        for alarm in alarms:
            alarm["events"] = [
                {"at_ms": line["at_ms"], "step": line["step"], "who": line["who"]}
                for line in reversed(lines) if line["alarm"] == alarm["id"]
            ]  # fmt: skip
        return alarms

    def badges(self):
        """Return all badges as dicts, without their keys."""
        shown = [BADGES.c[name] for name in ("device", "name", "heard_ms", "state", "battery", "faults")]
        with self.engine.connect() as db:
            return [dict(row) for row in db.execute(select(*shown).order_by(BADGES.c.device)).mappings()]
