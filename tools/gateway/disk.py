"""How do the core's rows get from and onto the disk? One bulk statement per table, and one commit per transaction.

Plain sqlite3: no more than columns that have changed are bound. Whoever else writes (a command that pairs a badge, or
sets a plan) is noticed before the next transaction, which begins with all rows read anew.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tools.gateway.columns import readable
from tools.gateway.core import memory
from tools.gateway.core.storage import Station, Unavailable, Wanted
from tools.gateway.key_ring import Ring
from tools.gateway.statements import FORMS, Form, Reader, parted

BUSY_MS = 500  # whoever else writes takes a few ms; what waits longer keeps the board and the bridges waiting, too


class Disk(Reader):
    """A Storage: the SQLite file at `path`, opened for one gateway.

    A file that is deleted under us still takes what we write, and nobody will ever read it: so each time it is made
    sure that it is the one that stands there.
    """

    leads = True  # a file has one gateway

    def __init__(self, path: Path, ring: Ring | None = None):
        self._path, self._ring = path, ring
        self._version: int | None = None
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
            self._db.text_factory = readable
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._file = self._standing()
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(str(error)) from error

    def _standing(self) -> tuple[int, int]:
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    @contextmanager
    def _at_work(self) -> Iterator[sqlite3.Connection]:
        """Undo what fails, and say that the disk takes nothing. Raises Unavailable, and IntegrityError as it is."""
        try:
            if self._standing() != self._file:
                raise Unavailable("another file stands where the database was")
            yield self._db
        except sqlite3.IntegrityError:  # somebody else has taken the same number: all is read anew
            self._back()
            self._version = None
            raise
        except (sqlite3.Error, OSError) as error:
            self._back()
            raise Unavailable(str(error)) from error

    def _back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def changed(self) -> bool:
        """Return whether somebody else has written since the last `load`; True before the first."""
        with self._at_work() as db:
            return self._version is None or db.execute("PRAGMA data_version").fetchone()[0] != self._version

    def held(self) -> AbstractContextManager[None]:
        """Give what belongs to one transaction; nobody else decides on this file."""
        return nullcontext()

    def stations(self) -> Mapping[int, Station]:
        """Return the gateways of a house that can have several: none."""
        return {}

    def load(self, house: memory.House) -> None:
        """Fill the house with all that is open or waiting."""
        self._version = None
        with self._at_work() as db:
            version = db.execute("PRAGMA data_version").fetchone()[0]
            db.execute("BEGIN")
            self._load(house)
            db.execute("COMMIT")
        self._version = version

    def fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not here."""
        with self._at_work():
            self._fetch(house, want)

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> Iterable[tuple[Any, ...]]:
        return self._db.execute(sql, values)

    def save(self, house: memory.House, turn: bool = False) -> int:
        """Write what the transaction has changed, and see it on the disk; return the count of turns if `turn`."""
        with self._at_work() as db:
            db.execute("BEGIN IMMEDIATE")
            for name, table in house.tables.items():
                if table.changed:
                    self._write(FORMS[name], table)
            turns = 0
            if turn:
                db.execute("UPDATE gateways SET turns = turns + 1 WHERE NOT retired")
                turns = db.execute("SELECT turns FROM gateways WHERE NOT retired").fetchone()[0]
            db.execute("COMMIT")
            return turns

    def _write(self, form: Form, table: memory.Table[Any]) -> None:
        gone, changed, added = parted(table)
        if gone:
            self._db.executemany(form.delete, [(key,) for key in gone])
        for names, some in changed.items():
            statement, of = form.update(names)
            self._db.executemany(statement, [of(row) for row in form.closed(some, self._ring, names)])
        if added:
            self._db.executemany(form.insert, [form.whole(row) for row in form.closed(added, self._ring)])

    def prune(self, statement: str, values: Mapping[str, int]) -> int:
        """Delete what is over and in nobody's memory, in a commit of its own; return how many rows that were.

        Their bytes are overwritten, too: they are about people.
        """
        with self._at_work() as db:
            db.execute("PRAGMA secure_delete=ON")  # as Debian's SQLite does by itself
            db.execute("BEGIN IMMEDIATE")
            count = db.execute(statement, values).rowcount
            db.execute("COMMIT")
            return count

    def reserve(self, block: int, least: int) -> int:
        """Reserve so many downlink counters, and return the first, which is `least` or more."""
        with self._at_work() as db:
            db.execute("BEGIN IMMEDIATE")
            start = max(least, db.execute("SELECT next_counter FROM gateways WHERE NOT retired").fetchone()[0])
            db.execute("UPDATE gateways SET next_counter = ? WHERE NOT retired", (start + block,))
            db.execute("COMMIT")
            return start
