"""Would each step of the plan reach its far end, if an alarm needed it now? Each is tried by itself, week after week.

A new address, topic or URL is tried at once, and then each week in working hours: a notification that says that it is a
test, a siren's topic told "off", a webhook's event "test". What fails is tried again after a minute, and then it is a
technical alarm on the board, until it has been reached; so is what an alarm itself could not reach. While an alarm is
open nothing is tried. `kald notify test` lets the gateway try all of it now.
"""

import datetime
import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from tools.gateway import plans, troubles
from tools.gateway.core.rows import JobTrial
from tools.gateway.core.transaction import Transaction
from tools.gateway.tables import TRIALS

FAULT = "step_unreachable"
AGAIN_MS = 60_000
FAILED_MS = 3_600_000  # between tries of what has failed
WEEK_MS = 7 * 86_400_000
HOURS = range(9, 15)  # of the house's clock, Monday to Friday: nobody is woken by a test
_TRIES_LEAST = 2  # one message in vain is no news
_DETAIL_MOST = 300
TEST = "PRØVE / TEST"


class Trial(NamedTuple):
    """One thing to try. target: JSON. where: in which step of which plan it stands first."""

    key: str
    does: str
    target: str
    text: str
    where: str


def of(plan: dict[str, Any]) -> dict[str, Trial]:
    """Return {key: Trial} of everything outside the house that a plan names."""
    found: dict[str, Trial] = {}
    rule = {"do": "notify", "to": plan.get("rules", {}).get("within_call", {}).get("to", ())}
    for part in (*plan["plans"], {"name": "within_call", "steps": [rule]}):
        for number, step in enumerate(part["steps"], 1):
            does = step["do"]
            named = plans.targets(step)
            for place, target in enumerate(named, 1):
                where = f"{part['name']}, {number}. {does}" + (f" {place}/{len(named)}" if len(named) > 1 else "")
                target = json.dumps(target)
                found.setdefault(key(does, target), Trial(key(does, target), does, target, _text(does, where), where))
    return found


def key(does: str, target: str) -> str:
    """Return under what the trials of a target are kept: no address stands there."""
    return hashlib.sha256(f"{does} {target}".encode()).hexdigest()[:32]


def _text(does: str, where: str) -> str:
    said = f"Kald: {TEST}. Ingen alarm, no alarm. ({where})"
    return {"notify": said, "siren": json.dumps({"on": False}),
            "webhook": json.dumps({"event": "test", "text": said})}[does]


def quiet(at: Transaction) -> bool:
    """Return whether no alarm is open: only then is anything tried."""
    return all(row.practice for row in at.alarms.by("open", True))


def due(at: Transaction) -> list[Trial]:
    """Return what to try now."""
    if not quiet(at):
        return []
    mine = of(at.house.plan)
    rows = dict(at.job_trials.rows)
    for one in mine.keys() - rows.keys():
        at.job_trials.add(key=one, due_ms=at.now_ms)
    for row in rows.values():
        if row.due_ms > at.now_ms + WEEK_MS + 4 * 86_400_000:  # this machine's clock has been set back
            at.job_trials.put(row.key, due_ms=at.now_ms)
    _mark(at, mine, list(rows.values()))
    return [one for one in mine.values() if one.key not in rows or rows[one.key].due_ms <= at.now_ms]


def done(at: Transaction, one: str, why: str) -> None:
    """What is kept under the key `one` was tried, and not reached for the reason `why` ("": it was reached)."""
    row = at.job_trials.get(one)
    if row is None:
        return
    if not why:
        due_ms = _next_week(at.now_ms, at.house.zone)
        at.job_trials.put(one, tries=0, why="", tried_ms=at.now_ms, reached_ms=at.now_ms, due_ms=due_ms)
    else:
        wait_ms = AGAIN_MS if row.tries + 1 < _TRIES_LEAST else FAILED_MS
        at.job_trials.put(one, tries=row.tries + 1, why=why[:_DETAIL_MOST], tried_ms=at.now_ms,
                          due_ms=at.now_ms + wait_ms)
    _mark(at, of(at.house.plan), list(at.job_trials))


def told(at: Transaction, does: str, target: str, why: str) -> None:
    """An alarm's own job has reached its target, or has failed for good: that is as true as a trial."""
    one = key(does, target)
    row = at.job_trials.get(one)
    if row is not None and (why or row.tries):
        at.job_trials.put(one, tries=max(row.tries, _TRIES_LEAST - 1) if why else 0)
        done(at, one, why)


def _mark(at: Transaction, mine: dict[str, Trial], rows: Sequence[JobTrial]) -> None:
    bad = sorted(f"{mine[row.key].where}: {row.why}" for row in rows
                 if row.key in mine and row.why and row.tries >= _TRIES_LEAST)
    stands = troubles.mark(at, troubles.OWN, FAULT, bool(bad))
    if stands is not None:
        at.troubles.put(stands.id, detail="; ".join(bad)[:_DETAIL_MOST])


def _next_week(now_ms: int, zone: datetime.tzinfo | None) -> int:
    """Return when the next trial is due, Unix ms: in a week, on the next working day in the house's working hours."""
    due_ms = now_ms + WEEK_MS
    while True:
        when = datetime.datetime.fromtimestamp(due_ms / 1000, zone)
        if when.weekday() <= 4 and when.hour in HOURS:
            return due_ms
        due_ms += 3_600_000


def ask(db: Connection, now_ms: int) -> dict[str, Trial]:
    """Let the gateway that serves this database try everything now; return what that is."""
    mine = of(plans.house(db))
    known = set(db.execute(select(TRIALS.c.key)).scalars())
    for one in mine:
        if one in known:
            db.execute(update(TRIALS).where(TRIALS.c.key == one).values(due_ms=now_ms))
        else:
            db.execute(insert(TRIALS).values(key=one, due_ms=now_ms, tries=0, why=""))
    return mine


def answers(db: Connection, since_ms: int) -> dict[str, str]:
    """Return {key: "" or why it was not reached} of what was tried since."""
    rows = db.execute(select(TRIALS.c.key, TRIALS.c.why).where(TRIALS.c.tried_ms >= since_ms)).all()
    return {row.key: row.why for row in rows}
