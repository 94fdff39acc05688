"""How do a house's rows get from one database into another? Table by table, as of one moment: SQLite or PostgreSQL.

A backup is a SQLite database, wherever the house lives: what was made of the one can be put back into the other. Keys
go as they lie there, sealed or not.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, StaticPool, create_engine, insert, select
from sqlalchemy.exc import DBAPIError

from tools.gateway import migrations, rollback
from tools.gateway.store import APPLICATION_ID, Refusal
from tools.gateway.tables import META

_PORTION = 1000  # rows


def copy(source: Connection, target: Connection) -> None:
    """Put all rows of a house into the empty tables of another database. Both have the tables of this version."""
    for table in META.sorted_tables:  # whatever a row names stands there before it
        for some in source.execute(select(table)).mappings().partitions(_PORTION):
            target.execute(insert(table), [dict(row) for row in some])


@contextmanager
def _memory(data: bytes = b"") -> Iterator[tuple[sqlite3.Connection, Connection]]:
    """Give a SQLite database in memory, twice, since no key is to lie on a disk unsealed. data: what it begins with."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        if data:
            raw.deserialize(data)
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, hide_parameters=True)
        with engine.connect() as db:
            yield raw, db


def out_of(url: str) -> bytes:
    """Return the house at `url` (postgresql://) as a SQLite database, whoever writes meanwhile. Raises Refusal."""
    from tools.gateway import shared  # wants psycopg, which a house with a file does not have

    store = shared.open_shared(url, make=False)
    try:
        moment = store.engine.connect().execution_options(isolation_level="REPEATABLE READ", stream_results=True)
        with moment as source, _memory() as (raw, db):
            META.create_all(db)
            migrations.stamp(db)
            db.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
            copy(source, db)
            return raw.serialize()
    except DBAPIError as error:
        raise Refusal(f"cannot copy the house: {shared.said(error)}") from error
    finally:
        store.close()


def into(data: bytes, url: str, force: bool = False) -> str | None:
    """Put the SQLite database `data` into the PostgreSQL database `url`, all or nothing. Raises Refusal.

    A house that is there stays in a schema with the time in its name, which is returned; that needs `force`. The new
    one says of itself that it was put back, and no number under which anybody has spoken is used again.
    """
    from tools.gateway import shared

    with _memory(data) as (_, db):
        if migrations.number(db) < int(migrations.NEWEST):
            migrations.upgrade(db)

        def fill(target: Connection) -> None:
            copy(db, target)
            rollback.mark(target)
            try:
                rollback.renew(target)
            except rollback.Spent as error:
                raise Refusal(str(error)) from error

        return shared.put_back(url, fill, force)
