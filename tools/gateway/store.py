"""What does the gateway know after a power cut? Everything it has acknowledged.

SQLAlchemy Core over SQLite: WAL, synchronous=FULL, so that a commit is on disk. Times are Unix milliseconds. The file
holds keys: its mode is 0600. `application_id` tells our databases from others. The tables stand in tables.py, and how a
house of an older version gets them in migrations.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection, Engine, LargeBinary, NullPool, Row, create_engine, event, func, insert, inspect, literal, select,
    update,
)
from sqlalchemy.exc import DatabaseError, OperationalError

from tools import spoken
from tools.gateway import board, key_ring, migrations, rollback
from tools.gateway.columns import Key, readable
from tools.gateway.core.memory import House
from tools.gateway.core.storage import Storage, Unavailable
from tools.gateway.core.transaction import Transaction
from tools.gateway.disk import Disk
from tools.gateway.plans import DEVICE_MOST
from tools.gateway.tables import BADGES, GATEWAYS, GROUP_KEYS, META, SETTINGS

APPLICATION_ID = 0x4B414C44  # "KALD"
BROKEN = (Unavailable, OperationalError)  # the disk takes nothing, or gives nothing
_KEYS = "keys_sealed"  # of SETTINGS: something sealed, by which the file that opens it is known
DOWN_BLOCK = 1000  # downlink counters reserved at once


class Refusal(spoken.Sentence):
    """A sentence for the person at the command line."""


class Unusable(Refusal):
    """Such a sentence about a disk, or a server, that may give what it should when it is asked again."""


def check_number(found: int, name: str) -> None:
    """Raise Refusal if the tables of `name` are of a newer Kald."""
    if found > int(migrations.NEWEST):
        raise Refusal(f"{name} was written by a newer Kald (its tables are number {found}, this one knows "
                      f"{int(migrations.NEWEST)}): start that one, or put back a backup of before")


def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.text_factory = readable
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA foreign_keys=ON")


def _claim(path: Path) -> int | None:
    """Return the number of the tables in the SQLite file at `path`, None if it is empty. Raises Refusal: not ours."""
    probe = sqlite3.connect(path)
    try:
        if not probe.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        if probe.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise Refusal(f"{path.name} is a database, but not one of Kald; name another --data folder")
        found = probe.execute("PRAGMA user_version").fetchone()[0]
        check_number(found, path.name)
        return found
    finally:
        probe.close()


@contextmanager
def _whole(path: Path) -> Iterator[Connection]:
    """Give a connection on which tables too are made and changed in one transaction: all or nothing."""
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def begins_nothing_by_itself(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None
        _pragmas(connection, record)
        connection.execute("PRAGMA foreign_keys=OFF")  # tables are made anew

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as db:
        yield db


def _make(path: Path) -> None:
    with _whole(path) as db:
        if not inspect(db).get_table_names():  # else another process was as quick
            META.create_all(db)
            migrations.stamp(db)
            db.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def _upgrade(path: Path, alone: bool) -> None:
    """Take an older house along. alone: the caller has the folder. Raises Refusal: its gateway still runs."""
    marker = None if alone else rollback.Marker(path.parent / rollback.NAME)
    try:
        if marker:
            marker.hold()
        with _whole(path) as db:
            if migrations.number(db) < int(migrations.NEWEST):
                migrations.upgrade(db)
    except rollback.Held as error:
        marker = None
        raise Refusal(f"{path.name} is of an older Kald, whose gateway runs on it: start that gateway anew first") \
            from error
    finally:
        if marker:
            marker.close()


def open_store(path: Path | str, make: bool = True, alone: bool = False) -> "Store":
    """Open the database at `path`, or make it if `make`; one of an older Kald is taken along.

    alone: the caller holds the folder already. Raises Refusal in plain words: not ours, not writable.
    """
    path = Path(path)
    if not make and not path.exists():
        raise Refusal(f"there is no {path.name} in {path.parent}; name the gateway's folder with --data")
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        found = _claim(path)
        if found is None:
            _make(path)
        elif found < int(migrations.NEWEST):
            _upgrade(path, alone)
        engine = create_engine(f"sqlite:///{path}", hide_parameters=True)  # keys would stand in the text of an error
        event.listen(engine, "connect", _pragmas)
        return Store(engine)
    except OSError as error:
        raise Unusable(f"cannot write {path.name} in {path.parent}: {error.strerror}") from error
    except (sqlite3.Error, DatabaseError) as error:
        said = getattr(error, "orig", error)
        raise Unusable(f"cannot use {path.name} in {path.parent} as a database: {said}") from error


def open_at(folder: Path, url: str | None = None, make: bool = False) -> "Store":
    """Open the house in `folder`, or the one that several gateways share at `url`. Raises Refusal."""
    if url is None:
        return open_store(folder / "kald.sqlite", make=make)
    from tools.gateway import shared  # wants psycopg, which a house with a file does not have

    return shared.open_shared(url, make)


class Store:
    """The database; `engine.begin()` is one commit. number: this gateway's as a sender."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self.ring: key_ring.Ring | None = None
        self._marker: rollback.Marker | None = None
        self._disks: list[Any] = []
        self._begin()

    def _begin(self) -> None:
        with self.engine.begin() as db:
            if db.execute(select(GATEWAYS.c.number)).first() is None:
                rollback.make(db)
            elif rollback.present(db) is None:  # all were forgotten where it comes from
                rollback.renew(db)
            self.number = self._row(db).number

    @staticmethod
    def _row(db: Connection) -> Row[Any]:
        row = rollback.present(db)
        assert row is not None
        return row

    time_ns: Callable[[], int] | None = None  # tells the time of a house, Unix ns; None: this machine's clock does
    why = ""  # why it cannot be opened, where it stands for one that cannot (shut_store.py)

    @property
    def path(self) -> Path | None:
        """The database's file, or None if it has none of its own."""
        return Path(self.engine.url.database) if self.engine.url.database else None

    @property
    def folder(self) -> Path | None:
        """The gateway's own folder, or None if it has none."""
        return self.path.parent if self.path else None

    def serve(self, restored: bool = False, _folder: Path | None = None) -> bool:
        """Begin to speak to badges; return whether this database was put back from a backup. Raises Refusal.

        restored: somebody says that it was.
        """
        if not self.path:
            return False
        self.check_keys()
        folder = self.path.parent
        try:
            self._marker = rollback.Marker(folder / rollback.NAME)
            self._marker.hold()
            with self.engine.begin() as db:
                restored = rollback.marked(db) or restored or self._marker.behind(self._row(db))
                if restored:
                    rollback.renew(db, self._marker.read().get("number", 0))
                row = self._row(db)
            self.number = row.number
            self._marker.begin(row)
        except rollback.Held as error:
            self._marker = None
            raise Refusal(f"another gateway runs on the folder {folder}; name another with --data") from error
        except rollback.Spent as error:
            raise Refusal(str(error)) from error
        except OSError as error:
            raise Unusable(f"cannot write {rollback.NAME} in {folder}: {error.strerror}") from error
        return restored

    def seal_keys(self, path: Path) -> None:
        """Keep the keys of badges sealed by the file at `path` from now on, as they may be already. Raises Refusal."""
        try:
            with self.engine.begin() as db:
                if db.dialect.name == "sqlite":
                    db.exec_driver_sql("PRAGMA secure_delete=ON")
                said = db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == _KEYS)).scalar()
                ring = key_ring.read(path, make=said is None)
                if said is not None:
                    ring.open(bytes.fromhex(said))
                for table in () if said else (BADGES, GROUP_KEYS):
                    names = [column.name for column in table.columns if isinstance(column.type, Key)]
                    for row in db.execute(select(table)).mappings().all():
                        sealed = {name: literal(ring.close(row[name]), LargeBinary) for name in names if row[name]}
                        key = next(iter(table.primary_key))
                        db.execute(update(table).where(key == row[key.name]).values(**sealed))
                if said is None:
                    known = ring.close(secrets.token_bytes(key_ring.PLAIN_BYTES)).hex()
                    db.execute(insert(SETTINGS).values(key=_KEYS, value=known))
        except key_ring.Wrong as error:
            raise Refusal(str(error)) from error
        self.ring = ring
        setattr(self.engine.dialect, "kald_ring", ring)  # where columns.Key finds it

    def check_keys(self) -> None:
        """Raise Refusal if keys are sealed here and nobody has said by what."""
        with self.engine.connect() as db:
            sealed = db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == _KEYS)).scalar()
        if sealed and self.ring is None:
            raise Refusal("the keys of this house are sealed: --keys-from names the file that opens them")

    def disk(self) -> Storage:
        """Return what the core's rows of one gateway are loaded from and stored on."""
        assert self.path is not None
        self._disks.append(Disk(self.path, self.ring))
        return self._disks[-1]

    @contextmanager
    def transaction(self, now_ms: int) -> Iterator[Transaction]:
        """Give a Transaction to a command that is no gateway; it is on the disk at the end."""
        disk, house = self.disk(), House()
        with disk.held():
            if disk.changed():
                disk.load(house)
            yield Transaction(house, now_ms, now_ms, 0)
            disk.save(house)

    def close(self) -> None:
        """Let go of the database, and of the folder for another gateway."""
        for disk in self._disks:
            disk.close()
        self._disks.clear()
        if self._marker:
            self._marker.close()
            self._marker = None
        self.engine.dispose()

    @property
    def serving(self) -> bool:
        """Whether this is who speaks to badges, and counts its transactions."""
        return self._marker is not None

    def reserved(self, end: int) -> None:
        """The downlink counters below `end` are reserved on the disk."""
        if self._marker:
            try:
                self._marker.reserved(end)
            except OSError:
                return  # as below

    def turned(self, turns: int) -> None:
        """So many transactions with frames in them are on the disk."""
        if self._marker:
            try:
                self._marker.write(turns)
            except OSError:
                return  # it may lag behind, and what is on the disk must be acked; a disk that fails says so by itself

    def pair(self, name: str, team: str = "house", beat_ms: int | None = None) -> Row[Any]:
        """Make keys for a new badge called `name`; return its row: .device .uplink_key .downlink_key (16 bytes each).

        beat_ms: how far apart it beats, None for as the house does. Raises Refusal if no number is left.
        """
        self.check_keys()
        with self.engine.begin() as db:
            device = (db.execute(select(func.max(BADGES.c.device))).scalar() or 0) + 1
            if device > DEVICE_MOST:  # sixteen bits on the wire; a number that is free was never used, or was given up
                used = set(db.execute(select(BADGES.c.device)).scalars())
                device = next((free for free in range(1, DEVICE_MOST + 1) if free not in used), None)
            if device is None:
                raise Refusal(f"all {DEVICE_MOST} numbers of badges are used")
            row = insert(BADGES).values(
                device=device, name=name, team=team, uplink_key=secrets.token_bytes(16),
                downlink_key=secrets.token_bytes(16), beat_ms=beat_ms,
            )
            db.execute(row)
            return db.execute(select(BADGES).where(BADGES.c.device == device)).one()

    def heard(self, device: int) -> int | None:
        """Return when the last heartbeat of `device` was stored, Unix ms, or None."""
        with self.engine.connect() as db:
            return db.execute(select(BADGES.c.heartbeat_ms).where(BADGES.c.device == device)).scalar()

    def alarms(self) -> list[board.Fact]:
        """Return open and recent alarms as dicts, open ones and newest first: tools/gateway/board.py."""
        with self.engine.connect() as db:
            return board.alarms(db)

    def badges(self) -> list[board.Fact]:
        """Return all badges as dicts, without their keys: tools/gateway/board.py."""
        with self.engine.connect() as db:
            return board.badges(db)
