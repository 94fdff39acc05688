"""How do several gateways decide about one house, and any of them may die? One at a time, over one PostgreSQL.

    BEGIN, lock, what the others have changed since ─► decide in memory ─► what changed, and its keys, COMMIT

A gateway decides only while it has the lock of the house, which ends with its transaction, and so with its connection,
if it dies. Each transaction leaves a row in `changes` that names the rows it has changed: the others read just these,
before they decide. Whoever else writes (a command that pairs a badge) leaves a row that says "read everything", by a
trigger that waits for the same lock. A gateway that stands still in its transaction loses it after two seconds, and
one that stands still between two of them loses its connection after five, and with it all locks.

Two more locks belong to a connection. The leader's: who has it looks after deadlines and jobs; whoever first asks after
it died has it. And one for each sender number: no two gateways ever seal under one, and who starts takes one that is
free, so that badges, which know four gateways, meet no new ones. Counters of downlinks are taken from the row of that
number, a block at a time, by one statement: a block is never given twice, whoever believes that he has the number.

The time is the server's for all of them. A small computer that has just begun may be years behind, and a badge that it
has heard would be silent, or a step of a plan never due, for whoever looks at another clock.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from firmware.codes import STEP_CLOSED
from tools.gateway import rollback
from tools.gateway.core import memory
from tools.gateway.core.storage import Station, Unavailable, Wanted
from tools.gateway.key_ring import Ring
from tools.gateway.statements import FORMS, Form, Reader, parted
from tools.gateway.tables import META

GATEWAYS_MOST = 4  # a badge keeps a window for so many (firmware/link/inbox.py)
_CLOCK_NS = 100_000_000  # what is less is how long the answer took
KEPT_S = 60  # so long a row of `changes` stays: who has missed it reads everything
_LOCKS = 0x4B414C44  # the class of all advisory locks of ours
_HOUSE, _LEADER, _NUMBERING, _NUMBER = 1, 2, 3, 1000  # _NUMBER + n: that of the sender number n
_OPTIONS = ("-c lock_timeout=500 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=2000 "
            "-c idle_session_timeout=5000 -c synchronous_commit=on -c kald.gateway=on")
PATIENCE: dict[str, Any] = {"connect_timeout": 2, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
            "tcp_user_timeout": 5000}  # with a server that says nothing any more: the gateway stands still meanwhile
_MUTE_S = 0.5  # a refusal comes sooner than this
_AWAY_S = 5  # so long a server that said nothing is not asked again, so that the board goes on
_HELD = f"""SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = {_LOCKS}
    AND objid::bigint > {_NUMBER} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_STATIONS = f"SELECT number, name, number + {_NUMBER} IN ({_HELD}) FROM gateways WHERE NOT retired"
_TIME = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# Said by whoever puts a house back: from here to the end of its transaction no gateway begins; is none there?
ALONE = f"SELECT pg_advisory_xact_lock({_LOCKS}, {_NUMBERING})", f"SELECT NOT EXISTS ({_HELD})"
# What only this file reads: no step of the migrations, since it can be made anew at any time.
OWN = (
    "CREATE TABLE IF NOT EXISTS changes (id BIGSERIAL PRIMARY KEY, at_ms BIGINT NOT NULL, touched TEXT)",
    f"""CREATE OR REPLACE FUNCTION kald_told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock({_LOCKS}, {_HOUSE});
    INSERT INTO changes (at_ms, touched) VALUES (extract(epoch FROM clock_timestamp()) * 1000, NULL);
    RETURN NULL; END $$""",
    *(f"""CREATE OR REPLACE TRIGGER kald_told BEFORE INSERT OR UPDATE OR DELETE ON {table.name} FOR EACH STATEMENT
    WHEN (current_setting('kald.gateway', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION kald_told()"""
      for table in META.sorted_tables if table.name in (*FORMS, "settings")),  # what gateways have in memory
)


def _type(column: Column[Any]) -> str:
    return column.type.compile(dialect=postgresql.dialect())


class _Bulk:
    """One statement for many rows of one table: an array for each column."""

    def __init__(self, form: Form):
        self.form = form
        self._columns = META.tables[form.name].c
        names = form.kind._fields
        self.insert = (f"INSERT INTO {form.name} ({', '.join(map(_quoted, names))}) "
                       f"SELECT * FROM unnest({self._arrays(names)})")
        self.delete = f'DELETE FROM {form.name} WHERE "{form.key}" = ANY(%s)'
        self.select = f'{form.select} WHERE "{form.key}" = ANY(%s)'
        self._updates: dict[frozenset[str], str] = {}

    def _arrays(self, names: Iterable[str]) -> str:
        return ", ".join(f"%s::{_type(self._columns[name])}[]" for name in names)

    def update(self, names: frozenset[str]) -> str:
        """Return the statement that sets these columns, whose arrays come sorted by name, the key's last."""
        known = self._updates.get(names)
        if known is None:
            ordered = [*sorted(names), self.form.key]
            sets = ", ".join(f"{_quoted(name)} = v.{_quoted(name)}" for name in ordered[:-1])
            known = self._updates[names] = (
                f"UPDATE {self.form.name} t SET {sets} FROM unnest({self._arrays(ordered)}) "
                f"AS v({', '.join(map(_quoted, ordered))}) WHERE t.\"{self.form.key}\" = v.\"{self.form.key}\"")
        return known


def _quoted(name: str) -> str:
    return f'"{name}"'


_BULKS = {name: _Bulk(form) for name, form in FORMS.items()}


class Postgres(Reader):
    """A Storage of one gateway, over a connection that it makes anew when it has lost it. url: as libpq takes it.

    wanted: the sender number that it had before, 0 for none; None: a command, which is no sender. name: where it runs.
    """

    def __init__(self, url: str, wanted: int | None = None, ring: Ring | None = None, name: str = ""):
        self._url, self._wanted, self._ring, self._name = url, wanted, ring, name
        self._db: psycopg.Connection[Any] | None = None
        self._depth, self._open = 0, False
        self._seen: int | None = None  # the last row of `changes` that is known here; None: nothing is
        self._news: list[tuple[int, str | None]] = []
        self._swept = self._away_until = 0.0
        self._apart_ns = time.time_ns() - time.monotonic_ns()  # of the server's clock, as it was read last
        self.number, self.leads = 0, False
        if wanted is not None:
            self._connect()

    # The connection

    def _connect(self) -> psycopg.Connection[Any]:
        if self._db is not None and not self._db.closed:
            return self._db
        self._drop()
        began = time.monotonic()
        if began < self._away_until:
            raise Unavailable("the server does not answer")
        try:
            self._db = psycopg.connect(self._url, autocommit=True, options=_OPTIONS, **PATIENCE)
            self._set_clock(self._db)
            if self._wanted is not None:
                self.number = self._wanted = self._lease(self._db)
        except psycopg.Error as error:
            self._drop()
            if time.monotonic() - began >= _MUTE_S:
                self._away_until = time.monotonic() + _AWAY_S
            raise Unavailable(_why(error)) from error
        except Unavailable:
            self._drop()
            raise
        return self._db

    def time_ns(self) -> int:
        """Return the server's time, Unix ns: all gateways go by it, since their own clocks may be years apart."""
        return time.monotonic_ns() + self._apart_ns

    def _set_clock(self, db: psycopg.Connection[Any]) -> None:
        apart_ns = 1000 * int(_first(db, _TIME)) - time.monotonic_ns()
        if abs(apart_ns - self._apart_ns) >= _CLOCK_NS:
            self._apart_ns = apart_ns

    def _drop(self) -> None:
        self._open, self.leads, self._seen, self._news = False, False, None, []
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
        self._db = None

    def _lease(self, db: psycopg.Connection[Any]) -> int:
        """Take a sender number that nobody has, the one of before if that is free. Raises Unavailable."""
        with db.transaction():
            db.execute(f"SELECT pg_advisory_xact_lock({_LOCKS}, {_NUMBERING})")
            known = _numbers(db)
            for number in sorted(known, key=lambda one: one != self._wanted):
                if _first(db, f"SELECT pg_try_advisory_lock({_LOCKS}, %s)", _NUMBER + number):
                    db.execute("UPDATE gateways SET name = %s WHERE number = %s", (self._name, number))
                    return int(number)
            if len(known) >= GATEWAYS_MOST:
                raise Unavailable(f"{GATEWAYS_MOST} gateways run on this database, and badges know no more")
            used = dict(db.execute("SELECT number, next_counter FROM gateways").fetchall())
            try:
                number, counter = rollback.fresh(used, max(used.values())) if used else (1, 1)
            except rollback.Spent as error:
                raise Unavailable(str(error)) from error
            db.execute("INSERT INTO gateways (number, next_counter, line, turns, retired, name) "
                       "VALUES (%s, %s, md5(random()::text), 0, false, %s)", (number, counter, self._name))
            db.execute(f"SELECT pg_advisory_lock({_LOCKS}, %s)", (_NUMBER + number,))
            return int(number)

    def close(self) -> None:
        """Let go of the database, of the number and of the lead."""
        self._drop()

    @contextmanager
    def _at_work(self) -> Iterator[psycopg.Connection[Any]]:
        """Undo what fails, and say that the database takes nothing. Raises Unavailable, and IntegrityError as it is."""
        try:
            yield self._connect()
        except psycopg.IntegrityError:
            self._back()
            self._seen = None
            raise
        except psycopg.Error as error:
            self._back()
            self._seen = None  # whether a COMMIT that was not answered was done is known by then
            raise Unavailable(_why(error)) from error

    def _back(self) -> None:
        self._open = False
        try:
            if self._db is not None:
                self._db.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    # One transaction

    @contextmanager
    def held(self) -> Iterator[None]:
        """Give what belongs to one transaction: from `changed` on, until this ends or is saved, nobody else decides."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and self._open:
                self._back()

    def changed(self) -> bool:
        """Return whether somebody else has written since the last `load`; from here on nobody does."""
        assert self._depth
        if not self._open:
            with self._at_work() as db:
                asks = not self.leads and self._wanted is not None
                lead = f"; SELECT pg_try_advisory_lock({_LOCKS}, {_LEADER})" if asks else ""
                sql = (f"BEGIN; SELECT pg_advisory_xact_lock({_LOCKS}, {_HOUSE}); SELECT id, touched FROM changes "
                       f"WHERE id > {self._seen or 0} ORDER BY id{lead}")
                said = db.execute(sql, prepare=False)
                self._open = True
                said.nextset()
                said.nextset()
                self._news = said.fetchall() if self._seen is not None else []
                if asks:
                    said.nextset()
                    self.leads = said.fetchone()[0]  # type: ignore[index]
        return self._seen is None or bool(self._news)

    def load(self, house: memory.House) -> None:
        """Bring the house to what stands in the database: by what has changed, or all of it."""
        known, news = self._seen, self._news
        with self._at_work() as db:
            self._seen, self._news = None, []
            if known is not None and news and news[0][0] == known + 1 and all(touched for _, touched in news):
                self._take_over(db, house, [json.loads(touched or "{}") for _, touched in news])
                seen = news[-1][0]
            else:
                self._load(house)
                seen = _first(db, "SELECT coalesce(max(id), 0) FROM changes")
                if self._wanted is not None and self.number not in _numbers(db):  # an older database was put back
                    self._drop()
                    raise Unavailable("this gateway's number is retired")
            self._seen = seen

    def _take_over(self, db: psycopg.Connection[Any], house: memory.House, some: Sequence[Mapping[str, Any]]) -> None:
        """Read the rows that others have changed."""
        fresh: set[int] = set()
        owed: set[int] = set()  # alarms of which something is to be told, open or not
        for name, table in house.tables.items():
            keys = {key for touched in some for key in touched.get(name, ())}
            if not keys:
                continue
            bulk = _BULKS[name]
            made = bulk.form.made(db.execute(bulk.select, (list(keys),)))
            found = {row[0]: row for row in bulk.form.opened(made, self._ring)}
            for key in keys:
                row = found.get(key)
                if key in table.rows or row is not None and _matters(house, name, row):
                    if name == "alarms" and key not in table.rows:
                        fresh.add(key)
                    if name in ("downlinks", "notification_jobs") and row is not None and row.alarm is not None:
                        owed.add(row.alarm)
                    table.renew(key, row)
            if bulk.form.counted:
                table.next = max([table.next, *(key + 1 for key in keys)])
            if name in ("places", "signatures"):
                house.located = None
        owed -= house.alarms.rows.keys()
        house.alarms.load(self._some("alarms", "id", owed))
        self._belonging(house, fresh | owed)

    def fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not here."""
        with self._at_work():
            self._fetch(house, want)

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> Iterable[tuple[Any, ...]]:
        assert self._db is not None
        return self._db.execute(sql.replace("?", "%s"), values)

    def save(self, house: memory.House, turn: bool = False) -> int:
        """Write what the transaction has changed, and see it on the disk; return the count of turns if `turn`."""
        touched = {name: list(table.changed) for name, table in house.tables.items() if table.changed}
        with self._at_work() as db:
            if not self._open:
                raise Unavailable("the transaction is over")
            with db.pipeline():
                for name in touched:
                    _write(db, _BULKS[name], house.tables[name], self._ring)
                told = db.execute("INSERT INTO changes (at_ms, touched) VALUES (%s, %s) RETURNING id",
                                  (self.time_ns() // 1_000_000, json.dumps(touched)))
                turns = turn and db.execute("UPDATE gateways SET turns = turns + 1 WHERE number = %s RETURNING turns",
                                            (self.number,))
                db.execute("COMMIT")
            self._open, self._seen = False, told.fetchone()[0]  # type: ignore[index]
            self._sweep(db)
            return turns.fetchone()[0] if turns else 0  # type: ignore[index]

    def _sweep(self, db: psycopg.Connection[Any]) -> None:
        if time.monotonic() > self._swept + KEPT_S:
            self._swept = time.monotonic()
            db.execute("DELETE FROM changes WHERE at_ms < %s AND id < (SELECT max(id) FROM changes)",
                       (self.time_ns() // 1_000_000 - 1000 * KEPT_S,))

    def prune(self, statement: str, values: Mapping[str, int]) -> int:
        """Delete what is over and in nobody's memory, in a commit of its own; return how many rows that were."""
        for name in values:
            statement = statement.replace(f":{name}", f"%({name})s")
        with self._at_work() as db, db.transaction():
            db.execute(f"SELECT pg_advisory_xact_lock({_LOCKS}, {_HOUSE})")
            return db.execute(statement, values).rowcount

    def reserve(self, block: int, least: int) -> int:
        """Reserve so many downlink counters of its number, and return the first, which is `least` or more."""
        with self._at_work() as db:
            after = _first(db, "UPDATE gateways SET next_counter = greatest(next_counter, %s) + %s WHERE number = %s "
                           "AND NOT retired RETURNING next_counter", least, block, self.number)
            if after is None:
                self._drop()
                raise Unavailable("this gateway's number is retired")
            return int(after) - block

    def stations(self) -> Mapping[int, Station]:
        """Return the house's gateways by their numbers; there are those who hold the lock of one."""
        with self._at_work() as db:
            self._set_clock(db)
            return {number: Station(name, there) for number, name, there in db.execute(_STATIONS)}


def lock_of(number: int) -> tuple[int, int]:
    """Return the advisory lock that whoever speaks under this sender number holds."""
    return _LOCKS, _NUMBER + number


def _first(db: psycopg.Connection[Any], sql: str, *values: Any) -> Any:
    row = db.execute(sql, values or None).fetchone()
    return None if row is None else row[0]


def _numbers(db: psycopg.Connection[Any]) -> list[int]:
    return [number for (number,) in db.execute("SELECT number FROM gateways WHERE NOT retired ORDER BY number")]


def _why(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _write(db: psycopg.Connection[Any], bulk: _Bulk, table: memory.Table[Any], ring: Ring | None) -> None:
    gone, changed, added = parted(table)
    if gone:
        db.execute(bulk.delete, (gone,))
    for names, some in changed.items():
        _, of = bulk.form.update(names)
        db.execute(bulk.update(names), [list(column) for column in zip(*map(of, bulk.form.closed(some, ring, names)))])
    if added:
        db.execute(bulk.insert, [list(column) for column in zip(*map(bulk.form.whole, bulk.form.closed(added, ring)))])


def _matters(house: memory.House, name: str, row: Any) -> bool:
    """Return whether a row that another gateway has written belongs into memory, as those that `load` brings."""
    of_one_here = getattr(row, "alarm", None) in house.alarms.rows
    if name == "alarms":
        return bool(row.status != STEP_CLOSED)
    if name == "downlinks":
        return of_one_here or not row.settled or row.order_code is not None
    if name == "notification_jobs":
        return of_one_here or row.state == "waiting"
    of_alarms = ("responders", "checks", "sightings", "events")
    return house.tables[name].keeps(row) and (of_one_here or name not in of_alarms)
