"""Which rows matter now, how are they found, and what has the present transaction changed of them?

All badges are here, and all that is open or waiting: alarms with what belongs to them, downlinks, jobs, visits,
troubles. What is over is on the disk alone, and comes back when a frame or a person names it. What is only ever
added (events, acts) passes through.

A row is never changed in place: whoever holds one has what was true when it was read.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from firmware.codes import STEP_CLOSED
from firmware.link import frame
from tools.gateway.core import rows

WATCHED = ("mode", "mode_ms", "faults", "silent", "alone", "until_ms", "untested_ms", "team", "revoked_ms", "address",
           "beat_ms")  # of a badge: what decides whether its wearer is within call, and what is due about it
DUE_MS = 100  # downlinks that are due within as long are looked at together
UPDATING = ("waiting", "ordered", "runs")  # states of an update that is not over
ADDED = None  # instead of the names of the columns that have changed
GONE = ()
R = TypeVar("R", bound=tuple[Any, ...])
Index = tuple[tuple[str, ...], Callable[[Any], Any]]  # the columns it depends on, row -> value or None
Journal = list[tuple["Table[Any]", Any, Any]]  # table, key, what stood there before


class Table(Generic[R]):
    """Rows of one kind, a class of rows.py, by key: their first column.

    kept(row): whether a row stays in memory when the transaction that has written it is stored. watched: columns; the
    rows in which one of them has changed are kept in `touched`, for whoever looks at them next.
    """

    def __init__(self, kind: Any, journal: Journal, kept: Callable[[R], bool] | None = None,
                 watched: Iterable[str] = (), **indexes: Index):
        self.kind = kind
        self.watched = frozenset(watched)
        self.touched: set[Any] = set()
        self.rows: dict[Any, R] = {}
        self.changed: dict[Any, Any] = {}  # key: set of columns, ADDED or GONE
        self.next = 1
        self._journal = journal
        self._kept = kept
        self.passing: set[int] = set()  # rows that were fetched for the present transaction only
        self._key: str = kind._fields[0]
        self._places = {name: place for place, name in enumerate(kind._fields)}
        self._indexes: dict[str, tuple[frozenset[str], Callable[[R], Any], dict[Any, set[Any]]]] = {
            name: (frozenset(columns), of, {}) for name, (columns, of) in indexes.items()}
        self._every = tuple((name, *index) for name, index in self._indexes.items())
        self._ordered: dict[Any, list[Any]] = {}  # what `keys` has returned, while true: a town is not sorted twice

    # Asking

    def get(self, key: Any) -> R | None:
        """Return the row with this key, or None."""
        return self.rows.get(key)

    def __getitem__(self, key: Any) -> R:
        return self.rows[key]

    def __iter__(self) -> Iterator[R]:
        return iter(sorted(self.rows.values()))

    def by(self, index: str, value: Any) -> list[R]:
        """Return the rows for which `index` has this value, in order of their keys."""
        keys = self._indexes[index][2].get(value)
        if not keys:
            return []
        return [self.rows[key] for key in sorted(keys)]

    def one(self, index: str, value: Any) -> R | None:
        """Return the newest row for which `index` has this value, or None."""
        keys = self._indexes[index][2].get(value)
        return self.rows[max(keys)] if keys else None

    def the(self, index: str, value: Any) -> R:
        """Return the newest row for which `index` has this value, where there must be one."""
        return self.rows[max(self._indexes[index][2][value])]

    def count(self, index: str, value: Any) -> int:
        """Return for how many rows `index` has this value."""
        return len(self._indexes[index][2].get(value, ()))

    def keys(self, index: str, value: Any) -> list[Any]:
        """Return the keys of the rows for which `index` has this value, in order; the caller changes nothing of it."""
        found = self._indexes[index][2].get(value)
        if not found:
            return []
        known = self._ordered.get((index, value))
        if known is None:
            known = self._ordered[index, value] = sorted(found)
        return known

    def values(self, index: str) -> list[Any]:
        """Return the values that `index` has for any row, in order."""
        return sorted(self._indexes[index][2])

    def has(self, index: str, value: Any) -> bool:
        """Return whether there is a row for which `index` has this value."""
        return value in self._indexes[index][2]

    # Changing

    def add(self, **values: Any) -> R:
        """Add a row; its key is the next number unless given. Return it."""
        key = values.setdefault(self._key, self.next)
        row = self.kind(**values)
        self._journal.append((self, key, None))
        self.changed[key] = ADDED
        self._put(key, None, row, self.kind._fields)
        if isinstance(key, int):
            self.next = max(self.next, key + 1)
        return row

    def put(self, key: Any, **values: Any) -> R:
        """Set columns of the row with this key; return the new row. What is so already changes nothing."""
        old = self.rows[key]
        fresh, names, places = list(old), [], self._places
        for name, value in values.items():
            place = places[name]
            if fresh[place] != value:
                fresh[place] = value
                names.append(name)
        if not names:
            return old
        row = self.kind._make(fresh)
        self._journal.append((self, key, old))
        if key not in self.changed:
            self.changed[key] = set(names)
        elif self.changed[key]:
            self.changed[key].update(names)
        self._put(key, old, row, names)
        return row

    def drop(self, key: Any) -> None:
        """Take a row away."""
        old = self.rows[key]
        self._journal.append((self, key, old))
        self.changed[key] = GONE
        self._put(key, old, None, self.kind._fields)

    def _put(self, key: Any, old: R | None, new: R | None, names: Iterable[str]) -> None:
        if new is None:
            del self.rows[key]
        else:
            self.rows[key] = new
        whole = old is None or new is None
        for name, columns, of, found in self._every:
            if not whole and columns.isdisjoint(names):
                continue
            was = None if old is None else of(old)
            now = None if new is None else of(new)
            if was == now:
                continue
            if self._ordered:
                self._ordered.pop((name, was), None)
                self._ordered.pop((name, now), None)
            if was is not None:
                keys = found[was]
                keys.discard(key)
                if not keys:
                    del found[was]
            if now is not None:
                found.setdefault(now, set()).add(key)

    # For whoever loads and stores

    def load(self, made: Iterable[R], passing: bool = False) -> None:
        """Take rows from the disk; what is here already stays as it is. passing: for one transaction only."""
        for row in made:
            if row[0] not in self.rows:
                self._put(row[0], None, row, self.kind._fields)
                if passing:
                    self.passing.add(row[0])

    def renew(self, key: Any, row: R | None) -> None:
        """Take a row as somebody else has stored it; None: it is gone. Nothing of it is to be stored here."""
        old = self.rows.get(key)
        if old is None and row is None:
            return
        names: Iterable[str] = self.kind._fields if old is None or row is None else [
            name for name, was, now in zip(self.kind._fields, old, row) if was != now]
        self._put(key, old, row, names)
        if self.watched and not self.watched.isdisjoint(names):
            self.touched.add(key)

    def forget(self, keys: Iterable[int]) -> None:
        """Let rows go that are on the disk."""
        for key in list(keys):
            self._put(key, self.rows[key], None, self.kind._fields)

    def empty(self) -> None:
        """Let all rows go."""
        self.rows.clear()
        self.changed.clear()
        self.touched.clear()
        self.passing.clear()
        self._ordered.clear()
        for _, _, found in self._indexes.values():
            found.clear()

    def restore(self, key: Any, old: R | None) -> None:
        """Undo one change."""
        if old is None and isinstance(key, int):
            self.next = key
        self._put(key, self.rows.get(key), old, self.kind._fields)

    def keeps(self, row: R) -> bool:
        """Return whether a row stays in memory when the transaction that has written it is stored."""
        return self._kept is None or self._kept(row)

    def settle(self) -> None:
        """The transaction is over: what only passes through goes."""
        going = self.passing
        if self._kept:
            going = going | {key for key in self.changed if key in self.rows and not self.keeps(self.rows[key])}
        self.forget(key for key in going if key in self.rows)
        for key, names in self.changed.items():
            if self.watched and (not names or not self.watched.isdisjoint(names)):
                self.touched.add(key)
        self.changed.clear()
        self.passing.clear()


class Tables:
    """The tables of a house, by their names; behind those that they point to."""

    badges: Table[rows.Badge]
    group_keys: Table[rows.GroupKey]
    alarms: Table[rows.Alarm]
    responders: Table[rows.Responder]
    events: Table[rows.Event]
    notification_jobs: Table[rows.NotificationJob]
    job_trials: Table[rows.JobTrial]
    downlinks: Table[rows.Downlink]
    tests: Table[rows.DeviceTest]
    troubles: Table[rows.Trouble]
    crashes: Table[rows.Crash]
    bridges: Table[rows.Bridge]
    visits: Table[rows.Visit]
    places: Table[rows.Place]
    signatures: Table[rows.Signature]
    sightings: Table[rows.Sighting]
    updates: Table[rows.Update]
    notes: Table[rows.Note]
    checks: Table[rows.Check]
    acts: Table[rows.Act]


KINDS: dict[str, Any] = {name: get_args(table)[0] for name, table in get_type_hints(Tables).items()}  # of rows


class House(Tables):
    """All tables of one house. plan: the house's, as tools/gateway/plans.py has it; zone: its tzinfo, or None.

    Both are present to be read only.
    """

    def __init__(self) -> None:
        self.journal: Journal = []
        self.plan: rows.Plan = {}
        self.zone: tzinfo | None = None
        self.presence: Any = None  # tools/gateway/duty.py: who is there, as of its last look; None: to be found anew
        self.looked = False  # in the present transaction
        self.located: Any = None  # tools/gateway/places/sightings.py: what the places are known by; None: not made yet
        made = self._made
        self.badges = made(
            "badges", watched=WATCHED, device=(("device",), lambda r: r.device),
            team=(("team", "revoked_ms"), lambda r: r.team if r.revoked_ms is None else None),
            alone=(("alone", "revoked_ms"), lambda r: True if r.alone and r.revoked_ms is None else None),
            lonely=(("team", "alone"), lambda r: r.team if r.alone else None),
            bridge=(("address",), lambda r: r.address if r.address and r.address[:9] == '["bridge"' else None),
            group_key=(("group_key",), lambda r: r.group_key or None),
            lent=(("lent_until_ms",), lambda r: True if r.lent_until_ms is not None else None),
        )
        self.group_keys = made("group_keys", team=(("team",), lambda r: r.team))
        self.alarms = made(
            "alarms", said=(("pairing", "alarm_id"), lambda r: (r.pairing, r.alarm_id)),
            open=(("status",), lambda r: True if r.status != STEP_CLOSED else None),
            mine=(("status", "pairing"), lambda r: r.pairing if r.status != STEP_CLOSED else None),
        )
        self.responders = made("responders", alarm=(("alarm",), lambda r: r.alarm),
                               who=(("who",), lambda r: r.who))
        self.events = made(
            "events", lambda r: r.event == "called",
            called=(("alarm", "event"), lambda r: r.alarm if r.event == "called" else None),
            whom=(("alarm", "event", "who"), lambda r: (r.alarm, r.who) if r.event == "called" else None),
        )
        self.notification_jobs = made(
            "notification_jobs", lambda r: r.alarm is not None or r.state == "waiting",
            alarm=(("alarm",), lambda r: r.alarm),
            siren=(("channel", "text", "target"), _siren),
            waiting=(("state",), lambda r: True if r.state == "waiting" else None),
        )
        self.downlinks = made(
            "downlinks", watched=("settled", "type"),
            device=(("device",), lambda r: r.device), alarm=(("alarm",), lambda r: r.alarm or None),
            due=(("settled", "due_ms", "tries", "type"), _due),
            whom=(("alarm", "device"), lambda r: (r.alarm, r.device) if r.alarm else None),
            waits=(("settled", "device"), lambda r: None if r.settled else r.device),
            order=(("type", "device", "order_code"),
                   lambda r: (r.device, r.order_code) if r.type == frame.ORDER else None),
        )
        self.tests = made("tests", lambda r: False, said=(("pairing", "alarm_id"), lambda r: (r.pairing, r.alarm_id)))
        self.troubles = made(
            "troubles", lambda r: r.until_ms is None,
            stands=(("until_ms", "pairing", "bridge", "fault"),
                    lambda r: (r.pairing, r.bridge, r.fault) if r.until_ms is None else None),
            fault=(("until_ms", "fault"), lambda r: r.fault if r.until_ms is None else None),
            whose=(("until_ms", "pairing", "bridge"), lambda r: (r.pairing, r.bridge) if r.until_ms is None else None),
        )
        self.crashes = made("crashes", lambda r: False, pairing=(("pairing",), lambda r: r.pairing))
        self.visits = made("visits", lambda r: r.ended_ms is None,
                           present=(("ended_ms", "pairing"), lambda r: r.pairing if r.ended_ms is None else None))
        self.sightings = made("sightings", lambda r: r.alarm is not None, alarm=(("alarm",), lambda r: r.alarm))
        self.updates = made("updates", lambda r: r.state in UPDATING,
                            open=(("state",), lambda r: True if r.state in UPDATING else None))
        self.notes = made("notes", lambda r: False)
        self.checks = made("checks", alarm=(("alarm",), lambda r: r.alarm))
        self.acts = made("acts", lambda r: False, wished=(
            ("act", "pairing", "detail"), lambda r: (r.pairing, r.detail) if r.act == "wished" else None))
        self.tables: dict[str, Table[Any]] = {name: getattr(self, name, None) or made(name) for name in KINDS}
        vars(self).update(self.tables)

    def _made(self, name: str, kept: Callable[[Any], bool] | None = None, watched: Iterable[str] = (),
              **indexes: Index) -> Table[Any]:
        return Table(KINDS[name], self.journal, kept, watched, **indexes)

    def dirty(self) -> bool:
        """Return whether the present transaction has changed anything."""
        return bool(self.journal)

    def settle(self) -> None:
        """The present transaction is on the disk, or has changed nothing."""
        self.journal.clear()
        before = set(self.badges.touched) if self.looked else None
        for table in self.tables.values():
            if table.changed or table.passing:
                table.settle()
        if before is not None:  # what a look has changed it knows
            self.badges.touched = before
        self.looked = False

    def undo(self) -> None:
        """The present transaction has failed: all is as it was before."""
        for table, key, old in reversed(self.journal):
            table.restore(key, old)
        for table in self.tables.values():
            table.changed.clear()
        if self.looked:
            self.presence = None
        self.settle()

    def trim(self) -> None:
        """Let go of what is over and told; call it between transactions."""
        for alarm in [row for row in self.alarms.rows.values() if row.status == STEP_CLOSED]:
            told = self.downlinks.by("alarm", alarm.id)
            jobs = self.notification_jobs.by("alarm", alarm.id)
            if all(row.settled for row in told) and not any(row.state == "waiting" for row in jobs):
                self.alarms.forget([alarm.id])
                self.downlinks.forget(row.id for row in told)
                self.notification_jobs.forget(row.id for row in jobs if not self._last_word(row))
                for table, index in ((self.responders, "alarm"), (self.sightings, "alarm"), (self.checks, "alarm"),
                                     (self.events, "called")):
                    table.forget(row.id for row in table.by(index, alarm.id))
        touched, self.downlinks.touched = self.downlinks.touched, set()
        for key in touched:
            row = self.downlinks.get(key)
            if row is not None and row.type == frame.ORDER:  # the last of a kind says when that was ordered
                alike = self.downlinks.by("order", (row.device, row.order_code))[:-1]
                self.downlinks.forget(one.id for one in alike if one.settled)
            elif row is not None and row.settled and self.alarms.get(row.alarm) is None:
                self.downlinks.forget([key])

    def _last_word(self, row: rows.NotificationJob) -> bool:
        # to its siren: a broker that has kept it may need to hear the next
        return _siren(row) is not None and self.notification_jobs.one("siren", row.target) is row


def _siren(row: rows.NotificationJob) -> str | None:
    return row.target if row.channel == "siren" and row.text else None


def _due(row: rows.Downlink) -> tuple[bool, int] | None:
    if row.settled:
        return None
    repeats = row.tries > 0 and row.type != frame.STEP  # these wait for what was not said yet, and for one's own alarm
    return repeats, row.due_ms // DUE_MS
