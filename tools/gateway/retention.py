"""How long does a house keep what is over? As long as it says; without a word for good.

Two rules, each a number of days. `alarms`: what belongs to an alarm that has been closed for so long, its time line,
notes, checks, who came, where she was, what was told and to whom. The alarm's own row stays (whose, which kind, when,
the outcome; nobody else's name), so that a month's figures stay true. `details`: what is about no alarm, such as tests,
crashes, troubles that are over, acts of people, visits and orders. What is open, or still being told, is never touched,
and of each table the newest row stays, so that no number is given twice.

A portion is a transaction of its own, between which alarms have their turn.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, select, text

from tools.gateway.tables import SETTINGS

Prune = Callable[[str, Mapping[str, int]], int]

DAYS_MOST = 36_500
DAY_MS = 86_400_000
PORTION = 500  # rows; some ms on a Raspberry Pi
FIRST_S, AGAIN_S, GAP_S = 600, 86_400, 1  # from the start of a gateway, from run to run, from portion to portion
_KEY = "retention"
_log = logging.getLogger(__name__)
_OVER = (
    "SELECT id FROM alarms WHERE status = 'closed' AND closed_ms < :before "
    "AND id NOT IN (SELECT alarm FROM downlinks WHERE NOT settled AND alarm IS NOT NULL) "
    "AND id NOT IN (SELECT alarm FROM notification_jobs WHERE state = 'waiting' AND alarm IS NOT NULL)"
)
_OF_ALARM = f"alarm IN ({_OVER})"
_NAMES = ("taken_by", "unneeded_by", "owner", "followed_by")  # of those who came and saw to it, in the alarm's own row
_WHERE = {  # rule: {table: the rows that go}
    "alarms": {
        "events": f"{_OF_ALARM} AND event != 'practised'",  # a month's figures say who has
        "notes": _OF_ALARM,
        "checks": _OF_ALARM,
        "names": f"id IN ({_OVER}) AND coalesce({', '.join(_NAMES)}) IS NOT NULL",  # their row stays
        "responders": _OF_ALARM,
        "sightings": _OF_ALARM,
        "downlinks": _OF_ALARM,
        # the last word to a siren stays: a broker that has kept it may need to hear the next
        "notification_jobs": f"{_OF_ALARM} AND id NOT IN "
                   "(SELECT max(id) FROM notification_jobs WHERE channel = 'siren' AND text != '' GROUP BY target)",
    },
    "details": {
        "tests": "at_ms < :before",
        "crashes": "at_ms < :before",
        "troubles": "until_ms < :before",
        # the house must know who has been, and who is called otherwise since
        "acts": "at_ms < :before AND act NOT IN ('introduced', 'renamed', 'new_name')",
        "house_events": "at_ms < :before",
        "account_events": "at_ms < :before",
        "sightings": "alarm IS NULL AND at_ms < :before",
        "visits": "ended_ms < :before",
        "notification_jobs": "alarm IS NULL AND state != 'waiting' AND made_ms < :before",
        "updates": "state NOT IN ('waiting', 'ordered', 'runs') AND at_ms < :before",
        # the last order of a kind says when that was
        "downlinks": "alarm IS NULL AND settled AND coalesce(delivered_ms, made_ms) < :before AND id NOT IN "
                     "(SELECT max(id) FROM downlinks WHERE type = 'order' GROUP BY device, order_code)",
    },
}


class Policy(NamedTuple):
    """After how many days what is over goes; None: never."""

    alarms: int | None = None
    details: int | None = None


class _Part(NamedTuple):
    rule: str
    table: str
    before_ms: int

    def _rows(self) -> str:
        table = "alarms" if self.table == "names" else self.table
        return f"FROM {table} WHERE {_WHERE[self.rule][self.table]} AND id < (SELECT max(id) FROM {table})"

    def count(self, db: Connection) -> int:
        """Return how many rows would go."""
        asked = text(f"SELECT count(*) {self._rows()}")
        return int(db.execute(asked, {"before": self.before_ms}).scalar_one())

    def delete(self, prune: Prune) -> int:
        """Delete a portion; return how many rows that were."""
        does = f"DELETE FROM {self.table}"
        if self.table == "names":
            does = f"UPDATE alarms SET {', '.join(f'{name} = NULL' for name in _NAMES)}"
        return prune(f"{does} WHERE id IN (SELECT id {self._rows()} LIMIT {PORTION})", {"before": self.before_ms})


def read(db: Connection) -> Policy:
    """Return the policy in force."""
    said = db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == _KEY)).scalar()
    return Policy(**json.loads(said)) if said else Policy()


def put(db: Connection, policy: Policy) -> None:
    """Put a policy in force."""
    db.execute(delete(SETTINGS).where(SETTINGS.c.key == _KEY))
    db.execute(insert(SETTINGS).values(key=_KEY, value=json.dumps(policy._asdict())))


def _parts(policy: Policy, now_ms: int) -> Iterator[_Part]:
    for rule, days in policy._asdict().items():
        if days is not None:
            yield from (_Part(rule, table, now_ms - days * DAY_MS) for table in _WHERE[rule])


def due(db: Connection, policy: Policy, now_ms: int) -> dict[tuple[str, str], int]:
    """Return how many rows would go, by (rule, table)."""
    return {(part.rule, part.table): part.count(db) for part in _parts(policy, now_ms)}


def run(policy: Policy, prune: Prune, now_ms: int) -> dict[tuple[str, str], int]:
    """Delete what is due, portion by portion; return how many rows went, by (rule, table)."""
    gone = {}
    for part in _parts(policy, now_ms):
        count = last = part.delete(prune)
        while last == PORTION:
            last = part.delete(prune)
            count += last
        gone[part.rule, part.table] = count
    return gone


class Daily:
    """Runs the policy of a gateway's house once a day, a portion a look. steady: called for seconds."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._due_s = steady() + FIRST_S
        self._left: list[_Part] = []
        self._gone: dict[str, int] = {}

    def clock_set(self) -> None:
        """This machine's clock has been set, and may be set back: what looks old now has a day more."""
        self._due_s = self._steady() + AGAIN_S
        self._left = []

    def look(self, engine: Engine, prune: Prune, now_ms: int) -> None:
        """Delete a portion, if it is time."""
        if self._steady() < self._due_s:
            return
        if not self._left:
            with engine.connect() as db:
                self._left = list(_parts(read(db), now_ms))
            self._gone = {}
        if self._left:
            part = self._left[0]
            count = part.delete(prune)
            self._gone[part.table] = self._gone.get(part.table, 0) + count
            if count < PORTION:
                del self._left[0]
        self._due_s = self._steady() + (GAP_S if self._left else AGAIN_S)
        if not self._left and any(self._gone.values()):
            _log.info("retention has deleted %s", ", ".join(f"{n} {name}" for name, n in self._gone.items() if n))
