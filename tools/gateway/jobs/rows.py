"""Which jobs wait, and what becomes of one that was tried? The rows of ERRANDS, one for each address or topic.

    a plan's step (errands.py) ─► waiting ─► done
                                     │ ▲
                                     ▼ │ after WAITS_MS; then failed, and with nobody reached the plan goes on

A row outlives a restart, and is tried until it is done, failed, or its alarm is over. Who tries is in workers.py.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from firmware.codes import STEP_CLOSED
from tools.gateway import plans
from tools.gateway.jobs import trials
from tools.gateway.moment import Moment
from tools.gateway.tables import ALARMS, DONE, ERRANDS, FAILED, WAITING

WAITS_MS = (5_000, 15_000, 30_000)  # after the first, second, third try in vain; then it has failed
_SAID = {"notify": "notified", "siren": "siren", "webhook": "webhook"}


def due(at: Moment) -> Sequence[Row[Any]]:
    """Return the rows to try now."""
    waiting = (ERRANDS.c.state == WAITING) & (ERRANDS.c.due_ms <= at.now_ms)
    return at.db.execute(select(ERRANDS).where(waiting).order_by(ERRANDS.c.id)).all()


def waits(at: Moment, number: int) -> bool:
    """Return whether the row `number` is still to be tried: its alarm may be over by now."""
    return at.db.execute(select(ERRANDS.c.state).where(ERRANDS.c.id == number)).scalar() == WAITING


def done(at: Moment, number: int, why: str) -> tuple[int, int] | None:
    """The row `number` was tried, and failed for the reason `why` ("": it did not).

    Return (alarm's row number, place in its plan) if nobody can be reached by that step any more, so that the plan goes
    on; else None.
    """
    row = at.db.execute(select(ERRANDS).where(ERRANDS.c.id == number)).one()
    if row.state != WAITING:
        return None
    values: dict[str, Any] = {"tries": row.tries + 1, "due_ms": None}
    if not why:
        values["state"] = DONE
    elif row.tries < len(WAITS_MS):
        values["due_ms"] = at.now_ms + WAITS_MS[row.tries]
    else:
        values["state"] = FAILED
    beside = (ERRANDS.c.alarm == row.alarm) & (ERRANDS.c.place == row.place) & (ERRANDS.c.at_ms == row.at_ms)
    states = at.db.execute(select(ERRANDS.c.state).where(beside & (ERRANDS.c.id != number))).scalars().all()
    at.db.execute(update(ERRANDS).where(ERRANDS.c.id == number).values(**values))
    said = _SAID[row.does] if not why else f"{_SAID[row.does]}_in_vain"
    first = not why and DONE not in states  # the board says once that somebody was told, the record each time
    at.note(row.alarm, said, "plan", " ".join((kind(row.does, row.target), why))[:200].strip(), brief=first)
    if values.get("state") in (DONE, FAILED):
        trials.told(at, row.does, row.target, why)
    lost = values.get("state") == FAILED and not {WAITING, DONE} & set(states)
    return (row.alarm, row.place) if lost else None


def kind(does: str, target: str) -> str:
    """Return what kind of address stands in `target` (JSON), as ntfys: more of it may be a secret."""
    if does != "notify":
        return ""
    first = json.loads(target)
    first = first[0] if isinstance(first, list) and first else first  # an older version kept a step's in one row
    return first.split("://")[0] if isinstance(first, str) else ""


def sirens(at: Moment) -> dict[str, str]:
    """Return {topic: what is to be retained there}, for every siren of the plan in force and of alarms.

    A broker remembers the last word that it had, and this gateway may have died, or have a new disk, since.
    """
    plan = plans.house(at.db)
    steps = (step for part in plan["plans"] for step in part["steps"] if step["do"] == "siren")
    truth = {step["topic"]: json.dumps({"on": False}) for step in steps if step["topic"]}
    found = (
        select(ERRANDS.c.alarm, ERRANDS.c.target, ERRANDS.c.text, ERRANDS.c.state, ALARMS.c.step)
        .join(ALARMS, ALARMS.c.id == ERRANDS.c.alarm)
        .where((ERRANDS.c.does == "siren") & (ERRANDS.c.text != "")).order_by(ERRANDS.c.id)
    )
    wanted: dict[tuple[str, int], str] = {}  # by alarm, what switches it on
    for row in at.db.execute(found).all():
        topic = json.loads(row.target)
        truth.setdefault(topic, json.dumps({"on": False}))
        if not json.loads(row.text)["on"]:
            wanted.pop((topic, row.alarm), None)
        elif row.step != STEP_CLOSED and row.state == DONE:
            wanted[topic, row.alarm] = row.text
    return truth | {topic: text for (topic, _), text in wanted.items()}
