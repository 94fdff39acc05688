"""How do the core's rows get from and onto the disk? One bulk statement per table, and one commit per transaction.

Plain sqlite3: what is asked many thousand times a second is written once, at the start, and no more than columns that
have changed are bound. Whoever else writes (a command that pairs a badge, or sets a plan) is noticed before the next
transaction, which begins with all rows read anew.
"""

import copy
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Boolean, Integer

from tools.gateway.core import memory, rows
from tools.gateway.core.storage import Unavailable, Wanted
from tools.gateway.plans import DEFAULT
from tools.gateway.tables import META, Code

BUSY_MS = 500  # whoever else writes takes a few ms; what waits longer keeps the board and the bridges waiting, too
_MANY = 500  # values in one question
_LIVE = {
    "alarms": "status != 'closed' OR id IN (SELECT alarm FROM downlinks WHERE NOT settled) "
              "OR id IN (SELECT alarm FROM notification_jobs WHERE state = 'waiting')",
    "downlinks": "NOT settled OR id IN "
                 "(SELECT max(id) FROM downlinks WHERE type = 'order' GROUP BY device, order_code)",
    "notification_jobs": "state = 'waiting' OR id IN (SELECT max(id) FROM notification_jobs "
                         "WHERE channel = 'siren' AND text != '' GROUP BY target)",
    "troubles": "until_ms IS NULL",
    "visits": "ended_ms IS NULL",
}
_PASSING = ("events", "tests", "crashes", "notes", "checks", "acts", "responders",
            "sightings")  # nothing of these stands alone


class _Form:
    """The statements of one table."""

    def __init__(self, name, kind):
        self.name, self.kind, self.key = name, kind, kind._fields[0]
        table = META.tables[name]
        self.counted = isinstance(table.c[self.key].type, Integer)
        self._read, self._coded = {}, {}  # place in a row: what makes of it what the core has, and what stands on disk
        for place, field in enumerate(kind._fields):
            type = table.c[field].type
            if isinstance(type, Boolean):
                self._read[place] = {0: False, 1: True, None: None}.__getitem__
            elif isinstance(type, Code):
                self._read[place] = {None: None, **type.numbers}.__getitem__
                self._coded[place] = {None: None, **type.names}.__getitem__
        columns = ", ".join(f'"{field}"' for field in kind._fields)
        self.select = f"SELECT {columns} FROM {name}"
        self.insert = f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * len(kind._fields))})"
        self.delete = f'DELETE FROM {name} WHERE "{self.key}" = ?'
        self._updates = {}

    def made(self, found: Iterable[tuple]) -> list:
        """Return rows of the core."""
        if not self._read:
            return [self.kind._make(row) for row in found]
        made = []
        for row in found:
            values = list(row)
            for place, read in self._read.items():
                values[place] = read(values[place])
            made.append(self.kind._make(values))
        return made

    def whole(self, row: tuple) -> Sequence:
        """Return the row as it stands on disk."""
        return _named(row, self._coded.items())

    def update(self, names: frozenset):
        """Return the statement that sets these columns, and what makes its values, the key last, of a row."""
        known = self._updates.get(names)
        if known is None:
            ordered = sorted(names)
            sets = ", ".join(f'"{name}" = ?' for name in ordered)
            places = [self.kind._fields.index(name) for name in (*ordered, self.key)]
            coded = [(at, self._coded[place]) for at, place in enumerate(places) if place in self._coded]
            statement = f'UPDATE {self.name} SET {sets} WHERE "{self.key}" = ?'
            known = self._updates[names] = statement, lambda row: _named([row[place] for place in places], coded)
        return known


def _named(values, coded):
    """Return the values with names for codes. coded: (place, what returns the name)."""
    if coded:
        values = list(values)
        for at, name in coded:
            values[at] = name(values[at])
    return values


_FORMS = {name: _Form(name, kind) for name, kind in rows.KINDS.items()}


class Disk:
    """A Storage: the SQLite file at `path`, opened for one gateway.

    A file that is deleted under us still takes what we write, and nobody will ever read it: so each time it is made
    sure that it is the one that stands there.
    """

    def __init__(self, path):
        self._path, self._version = path, None
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._file = self._standing()
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(str(error)) from error

    def _standing(self):
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    @contextmanager
    def _at_work(self):
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

    def _back(self):
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def changed(self) -> bool:
        """Return whether somebody else has written since the last `load`; True before the first."""
        with self._at_work() as db:
            return self._version is None or db.execute("PRAGMA data_version").fetchone()[0] != self._version

    def load(self, house: memory.House) -> None:
        """Fill the house with all that is open or waiting."""
        self._version = None
        with self._at_work() as db:
            version = db.execute("PRAGMA data_version").fetchone()[0]
            db.execute("BEGIN")
            for name, table in house.tables.items():
                table.empty()
                form = _FORMS[name]
                if name not in _PASSING:
                    where = f" WHERE {_LIVE[name]}" if name in _LIVE else ""
                    table.load(form.made(db.execute(f"{form.select}{where}")))
                if form.counted:
                    table.next = db.execute(f'SELECT coalesce(max("{form.key}"), 0) + 1 FROM {name}').fetchone()[0]
            found = db.execute("SELECT value FROM settings WHERE key = 'plan'").fetchone()
            house.plan = json.loads(found[0]) if found else copy.deepcopy(DEFAULT)
            house.presence = None
            self._belonging(house, house.alarms.rows)
            db.execute("COMMIT")
        self._version = version

    def fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not here."""
        with self._at_work():
            missing = [said for said in want.said if not house.alarms.has("said", said)]
            found = self._pairs("alarms", missing) + self._some("alarms", "id", want.alarms - house.alarms.rows.keys())
            fresh = {row.id for row in found} - house.alarms.rows.keys()
            house.alarms.load(found)
            self._belonging(house, fresh)
            house.tests.load(self._pairs("tests", want.tested), passing=True)
            house.crashes.load(self._latest("crashes", want.crashed), passing=True)
            house.acts.load(self._latest("acts", want.wished, " AND act = 'wished'"), passing=True)

    def _belonging(self, house, alarms):
        for table in (house.responders, house.notification_jobs, house.downlinks, house.sightings, house.checks):
            table.load(self._some(_name(house, table), "alarm", alarms))
        house.events.load(self._some("events", "alarm", alarms, " AND event = 'called'"))

    def _some(self, name, column, values, more=""):
        values, found = list(values), []
        for at in range(0, len(values), _MANY):
            some = values[at : at + _MANY]
            marks = ", ".join("?" * len(some))
            found += _FORMS[name].made(self._db.execute(
                f'{_FORMS[name].select} WHERE "{column}" IN ({marks}){more}', some))
        return found

    def _pairs(self, name, pairs):
        found = []
        for pair in pairs:
            found += _FORMS[name].made(self._db.execute(
                f"{_FORMS[name].select} WHERE pairing = ? AND alarm_id = ?", pair))
        return found

    def _latest(self, name, pairings, more="", most=100):
        found = []
        for pairing in pairings:
            found += _FORMS[name].made(self._db.execute(
                f"{_FORMS[name].select} WHERE pairing = ?{more} ORDER BY id DESC LIMIT {most}", (pairing,)))
        return found

    def save(self, house: memory.House, turn: bool = False) -> int:
        """Write what the transaction has changed, and see it on the disk; return the count of turns if `turn`."""
        with self._at_work() as db:
            db.execute("BEGIN IMMEDIATE")
            for name, table in house.tables.items():
                if table.changed:
                    self._write(_FORMS[name], table)
            turns = 0
            if turn:
                db.execute("UPDATE gateways SET turns = turns + 1 WHERE NOT retired")
                turns = db.execute("SELECT turns FROM gateways WHERE NOT retired").fetchone()[0]
            db.execute("COMMIT")
            return turns

    def _write(self, form, table):
        added, changed, gone = [], {}, []
        for key, names in table.changed.items():
            if names is memory.ADDED:
                if key in table.rows:
                    added.append(table.rows[key])
            elif names:
                changed.setdefault(frozenset(names), []).append(table.rows[key])
            else:
                gone.append((key,))
        if gone:
            self._db.executemany(form.delete, gone)
        for names, some in changed.items():
            statement, of = form.update(names)
            self._db.executemany(statement, [of(row) for row in some])
        if added:
            self._db.executemany(form.insert, [form.whole(row) for row in added])

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

    def reserve(self, block: int) -> int:
        """Reserve so many downlink counters, and return the first."""
        with self._at_work() as db:
            db.execute("BEGIN IMMEDIATE")
            start = db.execute("SELECT next_counter FROM gateways WHERE NOT retired").fetchone()[0]
            db.execute("UPDATE gateways SET next_counter = ? WHERE NOT retired", (start + block,))
            db.execute("COMMIT")
            return start


def _name(house, table):
    return next(name for name, each in house.tables.items() if each is table)
