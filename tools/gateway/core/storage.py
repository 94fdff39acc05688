"""What must a store be able to do for the core? disk.py does it over SQLite, postgres.py over PostgreSQL."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tools.gateway.core import memory


class Unavailable(Exception):
    """The store takes nothing now: its disk is full, locked or broken."""


class Station(NamedTuple):
    """A gateway. name: on which machine and in which folder it runs. there: it is connected."""

    name: str
    there: bool


@dataclass
class Wanted:
    """What a batch concerns beside that which is in memory. said: (pairing, alarm id) of alarms; alarms: row numbers.

    tested: (pairing, alarm id) of tests. crashed, wished: pairings, of whom the latest of those are asked.
    """

    said: set[tuple[int, int]] = field(default_factory=set)
    alarms: set[int] = field(default_factory=set)
    tested: set[tuple[int, int]] = field(default_factory=set)
    crashed: set[int] = field(default_factory=set)
    wished: set[int] = field(default_factory=set)


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

    def prune(self, statement: str, values: Mapping[str, int]) -> int:
        """Delete what is over and in nobody's memory; return how many rows that were."""
