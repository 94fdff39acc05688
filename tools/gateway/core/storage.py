"""What must a store be able to do for the core, and how does one do that in memory alone?

tools/gateway/disk.py does the same over SQLite; a test holds the two against each other, restarts and all.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol

from firmware.codes import STEP_CLOSED
from firmware.link import frame
from tools.gateway.core import memory, rows


class Unavailable(Exception):
    """The store takes nothing now: its disk is full, locked or broken."""


class Station(NamedTuple):
    """A gateway. name: on which machine and in which folder it runs. there: it is connected."""

    name: str
    there: bool


class Wanted(NamedTuple):
    """What a batch concerns beside that which is in memory. said: (pairing, alarm id) of alarms; alarms: row numbers.

    tested: (pairing, alarm id) of tests. crashed, wished: pairings, of whom the latest of those are asked.
    """

    said: set
    alarms: set
    tested: set
    crashed: set
    wished: set


def wanted() -> Wanted:
    """Return an empty Wanted."""
    return Wanted(set(), set(), set(), set(), set())


class Storage(Protocol):
    """What the core is loaded from and stored on. Each may raise Unavailable, and then has changed nothing.

    leads: whether this gateway is the one of several that looks after deadlines and jobs, as of the last `changed`.
    """

    leads: bool

    def held(self) -> AbstractContextManager[None]:
        """Give what belongs to one transaction: nobody else decides from `changed` on until it ends or is saved."""

    def stations(self) -> Mapping[int, Station]:
        """Return the house's gateways by their numbers, this one among them; none if it can have but one."""

    def changed(self) -> bool:
        """Return whether somebody else has written since the last `load`; True before the first."""

    def load(self, house: memory.House) -> None:
        """Fill the house with all that is open or waiting."""

    def fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not in memory."""

    def save(self, house: memory.House, turn: bool = False) -> int:
        """Keep what the transaction has changed, all or nothing; return the count of turns if `turn`, else 0."""

    def reserve(self, block: int, least: int) -> int:
        """Reserve so many downlink counters, and return the first, which is `least` or more: none below is free."""

    def close(self) -> None:
        """Let go of it."""


class InMemory:
    """A Storage that ends with its process. kept: {table: rows} to begin with. plan: the house's.

    Whoever else puts something into `kept` says so by `told`.
    """

    leads = True

    def __init__(self, kept: dict, plan: dict, down_next: int = 1):
        self.kept = {name: {row[0]: row for row in kept.get(name, ())} for name in rows.KINDS}
        self.plan, self.turns = plan, 0
        self._down_next = down_next
        self._fresh = True

    def held(self) -> AbstractContextManager[None]:
        """Give what belongs to one transaction; nobody else decides on this."""
        return nullcontext()

    def stations(self) -> Mapping[int, Station]:
        """Return the gateways of a house that can have several: none."""
        return {}

    def told(self) -> None:
        """Somebody else has changed what is kept."""
        self._fresh = True

    def changed(self) -> bool:
        """Return whether somebody else has written since the last `load`; True before the first."""
        return self._fresh

    def load(self, house: memory.House) -> None:
        """Fill the house with all that is open or waiting."""
        self._fresh, house.plan, house.presence = False, self.plan, None
        for name, table in house.tables.items():
            table.empty()
            numbers = [key for key in self.kept[name] if isinstance(key, int)]
            table.next = max(numbers, default=0) + 1
        for name in ("badges", "group_keys", "bridges", "job_trials", "places", "signatures"):
            house.tables[name].load(self.kept[name].values())
        house.visits.load(row for row in self.kept["visits"].values() if row.ended_ms is None)
        house.troubles.load(row for row in self.kept["troubles"].values() if row.until_ms is None)
        house.updates.load(row for row in self.kept["updates"].values() if row.state in memory.UPDATING)
        orders = [row for row in self.kept["downlinks"].values() if row.type == frame.ORDER]
        last = {(row.device, row.order_code): row for row in orders}
        waiting = [row for row in self.kept["downlinks"].values() if not row.settled]
        house.downlinks.load([*waiting, *last.values()])
        all_jobs = self.kept["notification_jobs"].values()
        jobs = [row for row in all_jobs if row.state == "waiting"]
        words = {row.target: row for row in all_jobs if row.channel == "siren" and row.text}
        house.notification_jobs.load([*jobs, *words.values()])
        open_or = {row.alarm for row in (*waiting, *jobs)}
        alarms = self.kept["alarms"].values()
        self._alarms(house, [row for row in alarms if row.status != STEP_CLOSED or row.id in open_or])

    def _alarms(self, house, alarms):
        house.alarms.load(alarms)
        numbers = {row.id for row in alarms}
        for name in ("responders", "notification_jobs", "downlinks", "sightings", "checks", "events"):
            mine = [row for row in self.kept[name].values() if row.alarm in numbers]
            house.tables[name].load(row for row in mine if name != "events" or row.event == "called")

    def fetch(self, house: memory.House, want: Wanted) -> None:
        """Bring in what a batch concerns and is not in memory."""
        self._alarms(house, [row for row in self.kept["alarms"].values() if row.id not in house.alarms.rows
                             and (row.id in want.alarms or (row.pairing, row.alarm_id) in want.said)])
        for name, mine in (
            ("tests", lambda row: (row.pairing, row.alarm_id) in want.tested),
            ("crashes", lambda row: row.pairing in want.crashed),
            ("acts", lambda row: row.pairing in want.wished and row.act == "wished"),
        ):
            house.tables[name].load((row for row in self.kept[name].values() if mine(row)), passing=True)

    def save(self, house: memory.House, turn: bool = False) -> int:
        """Keep what the transaction has changed; return the count of turns if `turn`, else 0."""
        for name, table in house.tables.items():
            for key in table.changed:
                if key in table.rows:
                    self.kept[name][key] = table.rows[key]
                else:
                    self.kept[name].pop(key, None)
        self.turns += turn
        return self.turns if turn else 0

    def reserve(self, block: int, least: int) -> int:
        """Reserve so many downlink counters, and return the first, which is `least` or more."""
        self._down_next = max(self._down_next, least) + block
        return self._down_next - block

    def close(self) -> None:
        """Let go of nothing: who holds it may begin again."""
