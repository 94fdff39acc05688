"""How is a house opened whose database several gateways share? `--store postgresql://user@host/database`.

Each gateway keeps its own folder (`--data`) with a marker, by which it knows a database that was put back from a dump
(tools/gateway/rollback.py). A password is better not in the address, which `ps` shows: libpq reads `~/.pgpass` and
PGPASSFILE.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, Integer, create_engine, func, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError

from tools.gateway import migrations, rollback
from tools.gateway.core.storage import Unavailable
from tools.gateway.postgres import ALONE, OWN, PATIENCE, Postgres, lock_of
from tools.gateway.store import Refusal, Store, Unusable, check_number
from tools.gateway.tables import GATEWAYS, META

_NAME_MOST = 80  # letters
_OPENING = 0x4B414C44, 4  # an advisory lock: two that start at once make the tables once


class SharedStore(Store):
    """The same as a Store over PostgreSQL. Before `serve` it is a command's, which is no sender."""

    path = None

    def __init__(self, engine: Engine, url: str):
        self._url, self._marked = url, 0
        self._folder: Path | None = None
        super().__init__(engine)

    def _begin(self) -> None:
        pass

    @property
    def folder(self) -> Path | None:
        """This gateway's own folder, None before it serves."""
        return self._folder

    def serve(self, restored: bool = False, folder: Path | None = None) -> bool:
        """Begin to speak to badges; return whether this database was put back. Raises Refusal.

        folder: this gateway's own. restored: somebody says that it was.
        """
        assert folder is not None
        self.check_keys()
        try:
            self._folder = folder
            self._marker = rollback.Marker(folder / rollback.NAME)
            self._marker.hold()
            said = self._marker.read()
            with self.engine.begin() as db:
                row = db.execute(select(GATEWAYS).where(GATEWAYS.c.number == said.get("number", 0))).one_or_none()
                restored = restored or rollback.marked(db) or self._marker.older(row)
                if restored:
                    rollback.renew(db, said.get("number", 0))
            self._disks.append(Postgres(self._url, said.get("number", 0), self.ring, _here(folder)))
            self._mark()
        except rollback.Held as error:
            self._marker = None
            raise Refusal(f"another gateway runs on the folder {folder}; name another with --data") from error
        except (rollback.Spent, Unavailable) as error:
            raise Refusal(str(error)) from error
        except OSError as error:
            raise Unusable(f"cannot write {rollback.NAME} in {folder}: {error.strerror}") from error
        return restored

    def forget(self, number: int) -> bool:
        """Miss the gateway `number` no more, and never speak under its number again; return whether the house had it.

        Raises Refusal: it runs.
        """
        with self.engine.begin() as db:
            if not db.execute(select(func.pg_try_advisory_xact_lock(*lock_of(number)))).scalar():
                raise Refusal(f"gateway {number} runs: stop it first")
            mine = (GATEWAYS.c.number == number) & ~GATEWAYS.c.retired
            return db.execute(update(GATEWAYS).where(mine).values(retired=True)).rowcount > 0

    def disk(self) -> Postgres:
        """Return what the core's rows are loaded from and stored on."""
        if not self._disks:
            self._disks.append(Postgres(self._url, None, self.ring))
        return self._disks[0]

    @property
    def number(self) -> int:
        """This gateway's as a sender, which may be another after its connection was lost."""
        return self._disks[0].number if self._disks else 0

    def time_ns(self) -> int:
        """Return the time of the server, Unix ns."""
        return self.disk().time_ns()

    def reserved(self, end: int) -> None:
        """The downlink counters below `end` are reserved for its number."""
        if self._marked == self.number:
            super().reserved(end)

    def turned(self, turns: int) -> None:
        """So many transactions with frames in them are in the database."""
        if self._marker and self._marked != self.number:
            with suppress(OSError):  # as there: what is in the database is acked, however full this disk is
                self._mark()
        elif turns:
            super().turned(turns)

    def _mark(self) -> None:
        assert self._marker is not None
        with self.engine.connect() as db:
            self._marker.begin(db.execute(select(GATEWAYS).where(GATEWAYS.c.number == self.number)).one())
        self._marked = self.number


def _here(folder: Path) -> str:
    """Return where this gateway runs, as a person who looks for it would say."""
    return f"{socket.gethostname()}:{folder.resolve()}"[:_NAME_MOST]


def said(error: DBAPIError) -> str:
    """Return the line in which PostgreSQL says what is wrong."""
    return (str(error.orig).strip().splitlines() or ["it does not answer"])[0]


@contextmanager
def _opening(url: str) -> Iterator[tuple[Engine, Connection, str]]:
    """Give engine, a transaction in which nobody else opens the database, and what it is called. Raises Refusal."""
    try:
        place = make_url(url)
    except ArgumentError as error:
        raise Refusal("--store must be an address such as postgresql://kald@database.house/kald") from error
    if place.drivername not in ("postgresql", "postgres"):
        raise Refusal("--store takes postgresql:// alone; without it the database is kald.sqlite in the --data folder")
    engine = create_engine(place.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True,
                           connect_args=PATIENCE)
    shown = place.render_as_string(hide_password=True)
    try:
        with engine.begin() as db:
            db.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", _OPENING)
            yield engine, db, shown
    except DBAPIError as error:
        raise Unusable(f"cannot use the database {shown}: {said(error)}") from error


def open_shared(url: str, make: bool = True) -> SharedStore:
    """Open the house in the PostgreSQL database `url`; its tables are made if `make`. Raises Refusal."""
    with _opening(url) as (engine, db, shown):
        if not inspect(db).has_table("badges"):
            if not make:
                raise Refusal(f"there is no house in {shown}: start its gateway first")
            META.create_all(db)
            migrations.stamp(db)
            _own(db)
        check_number(migrations.number(db), shown)
        if migrations.number(db) < int(migrations.NEWEST):
            migrations.upgrade(db)
            _own(db)
    return SharedStore(engine, url.replace("postgres://", "postgresql://", 1))


def put_back(url: str, fill: Callable[[Connection], None], force: bool) -> str | None:
    """Make the tables of a house in the PostgreSQL database `url`, and let `fill` put its rows there. Raises Refusal.

    A house that is there is moved into a schema of its own, which is returned; that needs `force`.
    """
    with _opening(url) as (engine, db, shown):
        there = inspect(db).has_table("badges")
        if there and not force:
            raise Refusal(f"there is a house in {shown}: name another database, or say --force, which keeps it beside")
        if not [db.exec_driver_sql(statement).scalar() for statement in ALONE][-1]:
            raise Refusal(f"a gateway runs on {shown}: stop it first")
        kept = _put_aside(db) if there else None
        META.create_all(db)
        migrations.stamp(db)
        fill(db)
        for table in META.sorted_tables:  # what counts by itself goes on after what is there
            key, = table.primary_key
            if isinstance(key.type, Integer):
                db.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "
                                   f"max({key.name})) FROM {table.name}")
        _own(db)
    engine.dispose()
    return kept


def _put_aside(db: Connection) -> str:
    kept = f"kald_{datetime.now():%Y_%m_%d_%H%M%S_%f}"
    db.exec_driver_sql(f"CREATE SCHEMA {kept}")
    for name in inspect(db).get_table_names():
        if name in (*META.tables, "alembic_version", "changes"):
            db.exec_driver_sql(f"ALTER TABLE {name} SET SCHEMA {kept}")
    return kept


def _own(db: Connection) -> None:
    for statement in OWN:
        db.exec_driver_sql(statement)
