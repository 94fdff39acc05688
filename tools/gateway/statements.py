"""Which statements bring the core's rows in, whatever database holds them? What SQLite and PostgreSQL share.

`?` stands for a value. What is asked many thousand times a second is written once, at the start.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, String

from tools.gateway import house_zone, plans
from tools.gateway.columns import Code, Key, readable
from tools.gateway.core import memory
from tools.gateway.core.storage import Wanted
from tools.gateway.key_ring import Ring
from tools.gateway.tables import META

_MANY = 500  # values in one question
_LATEST = 100  # rows of one badge
_SAID = "pairing = ? AND alarm_id = ?"
LIVE = {
    "alarms": "status != 'closed' OR id IN (SELECT alarm FROM downlinks WHERE NOT settled) "
              "OR id IN (SELECT alarm FROM notification_jobs WHERE state = 'waiting')",
    "downlinks": "NOT settled OR id IN "
                 "(SELECT max(id) FROM downlinks WHERE type = 'order' GROUP BY device, order_code)",
    "notification_jobs": "state = 'waiting' OR id IN (SELECT max(id) FROM notification_jobs "
                         "WHERE channel = 'siren' AND text != '' GROUP BY target)",
    "troubles": "until_ms IS NULL",
    "visits": "ended_ms IS NULL",
    "updates": "state IN ('waiting', 'ordered', 'runs')",
}
PASSING = ("events", "tests", "crashes", "notes", "checks", "acts", "responders",
           "sightings")  # nothing of these stands alone


class Form:
    """The statements of one table."""

    def __init__(self, name: str, kind: Any):
        self.name, self.kind, self.key = name, kind, kind._fields[0]
        table = META.tables[name]
        self.counted = isinstance(table.c[self.key].type, Integer)
        self.keys: dict[str, int] = {}  # columns that lie sealed, and their places
        # place in a row: what makes of it what the core has, and what stands on disk
        self._read: dict[int, Callable[[Any], Any]] = {}
        self._coded: dict[int, Callable[[Any], Any]] = {}
        self._texts: list[int] = []  # places, too
        for place, field in enumerate(kind._fields):
            type = table.c[field].type
            if isinstance(type, Boolean):
                self._read[place] = {0: False, 1: True}.get  # None, too, for what is neither
            elif isinstance(type, Key):
                self.keys[field] = place
            elif isinstance(type, Code):
                self._read[place] = type.number
                self._coded[place] = {None: None, **dict[Any, Any](type.names)}.__getitem__
            elif isinstance(type, String):
                self._texts.append(place)
        columns = ", ".join(f'"{field}"' for field in kind._fields)
        self.select = f"SELECT {columns} FROM {name}"
        self.insert = f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * len(kind._fields))})"
        self.delete = f'DELETE FROM {name} WHERE "{self.key}" = ?'
        self._updates: dict[frozenset[str], tuple[str, Callable[[Any], Sequence[Any]]]] = {}

    def made(self, found: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Return rows of the core."""
        made = []
        for row in found:
            values = list(row)
            for place, read in self._read.items():
                values[place] = read(values[place])
            for place in self._texts:
                if isinstance(values[place], bytes):  # of which a flipped bit has made what is none
                    values[place] = readable(values[place])
            made.append(self.kind._make(values))
        return made

    def opened(self, made: list[Any], ring: Ring | None) -> list[Any]:
        """Return rows with their keys as the core has them."""
        return [self._with(row, self.keys, ring.open) for row in made] if ring and self.keys else made

    def closed(self, some: list[Any], ring: Ring | None, names: Iterable[str] | None = None) -> list[Any]:
        """Return rows with their keys as they may lie on the disk; names: of the columns that are written, or None."""
        wanted = self.keys if names is None else {name: self.keys[name] for name in self.keys.keys() & names}
        return [self._with(row, wanted, ring.close) for row in some] if ring and wanted else some

    @staticmethod
    def _with(row: Any, keys: Mapping[str, int], done: Callable[[bytes], bytes]) -> Any:
        values = {name: done(row[place]) for name, place in keys.items() if row[place] is not None}
        return row._replace(**values) if values else row

    def whole(self, row: tuple[Any, ...]) -> Sequence[Any]:
        """Return the row as it stands in the database."""
        return _named(row, self._coded.items())

    def update(self, names: frozenset[str]) -> tuple[str, Callable[[Any], Sequence[Any]]]:
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


def _named(values: Sequence[Any], coded: Iterable[tuple[int, Callable[[Any], Any]]]) -> Sequence[Any]:
    """Return the values with names for codes. coded: (place, what returns the name)."""
    if coded:
        values = list(values)
        for at, name in coded:
            values[at] = name(values[at])
    return values


FORMS = {name: Form(name, kind) for name, kind in memory.KINDS.items()}


def parted(table: memory.Table[Any]) -> tuple[list[Any], dict[frozenset[str], list[Any]], list[Any]]:
    """Return what a transaction has changed of a table: keys gone, rows by the columns that changed, rows added."""
    added, gone = [], []
    changed: dict[frozenset[str], list[Any]] = {}
    for key, names in table.changed.items():
        if names is memory.ADDED:
            if key in table.rows:
                added.append(table.rows[key])
        elif names:
            changed.setdefault(frozenset(names), []).append(table.rows[key])
        else:
            gone.append(key)
    return gone, changed, added


class Reader:
    """Brings rows into a house. Whoever is one says how it asks. ring: of keys that lie sealed."""

    _ring: Ring | None = None

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> Iterable[tuple[Any, ...]]:
        raise NotImplementedError

    def _load(self, house: memory.House) -> None:
        """Fill the house with all that is open or waiting."""
        for name, table in house.tables.items():
            table.empty()
            form = FORMS[name]
            if name not in PASSING:
                where = f" WHERE {LIVE[name]}" if name in LIVE else ""
                table.load(form.opened(form.made(self._ask(f"{form.select}{where}")), self._ring))
            if form.counted:
                (table.next,) = next(iter(self._ask(f'SELECT coalesce(max("{form.key}"), 0) + 1 FROM {name}')))
        found = dict(self._ask("SELECT key, value FROM settings WHERE key IN ('plan', 'zone')"))
        house.plan = plans.kept(found.get("plan"))
        house.zone = house_zone.known(found.get("zone", ""))
        house.presence = house.located = None
        self._belonging(house, house.alarms.rows)

    def _fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not here."""
        missing = [said for said in want.said if not house.alarms.has("said", said)]
        found = self._each("alarms", _SAID, missing)
        found += self._some("alarms", "id", want.alarms - house.alarms.rows.keys())
        fresh = {row.id for row in found} - house.alarms.rows.keys()
        house.alarms.load(found)
        self._belonging(house, fresh)
        house.tests.load(self._each("tests", _SAID, want.tested), passing=True)
        for name, who, more in (("crashes", want.crashed, ""), ("acts", want.wished, " AND act = 'wished'")):
            latest = f"pairing = ?{more} ORDER BY id DESC LIMIT {_LATEST}"
            house.tables[name].load(self._each(name, latest, [(pairing,) for pairing in who]), passing=True)

    def _belonging(self, house: memory.House, alarms: Iterable[int]) -> None:
        for name in ("responders", "notification_jobs", "downlinks", "sightings", "checks"):
            house.tables[name].load(self._some(name, "alarm", alarms))
        house.events.load(self._some("events", "alarm", alarms, " AND event = 'called'"))

    def _some(self, name: str, column: str, values: Iterable[Any], more: str = "") -> list[Any]:
        values, found = list(values), []
        for at in range(0, len(values), _MANY):
            some = values[at : at + _MANY]
            found += self._each(name, f'"{column}" IN ({", ".join("?" * len(some))}){more}', [some])
        return found

    def _each(self, name: str, where: str, asked: Iterable[Sequence[Any]]) -> list[Any]:
        form = FORMS[name]
        return [row for values in asked for row in form.made(self._ask(f"{form.select} WHERE {where}", values))]
