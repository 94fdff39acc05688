"""Which jobs wait, and what becomes of one that was tried? Rows of NOTIFICATION_JOBS, one for each address or topic.

    a plan's step (escalation.py) ─► waiting ─► done
                                     │ ▲
                                     ▼ │ after WAITS_MS; then failed, and with nobody reached the plan goes on

A row outlives a restart, and is tried until it is done, failed, or its alarm is over. Who tries is in workers.py.
"""

import json
from collections.abc import Sequence
from typing import Any

from firmware.codes import STEP_CLOSED
from tools.gateway.core.rows import DONE, FAILED, WAITING, NotificationJob, loaded
from tools.gateway.core.transaction import Transaction
from tools.gateway.jobs import trials

WAITS_MS = (5_000, 15_000, 30_000)  # after the first, second, third try in vain; then it has failed
_SAID = {"notify": "notified", "siren": "siren", "webhook": "webhook"}


def due(at: Transaction) -> Sequence[NotificationJob]:
    """Return the rows to try now."""
    return [row for row in at.notification_jobs.by("waiting", True) if (row.due_ms or 0) <= at.now_ms]


def waits(at: Transaction, number: int) -> bool:
    """Return whether the row `number` is still to be tried: its alarm may be over by now."""
    row = at.notification_jobs.get(number)
    return row is not None and row.state == WAITING


def done(at: Transaction, number: int, why: str) -> tuple[int, int] | None:
    """The row `number` was tried, and failed for the reason `why` ("": it did not).

    Return (alarm's row number, place in its plan) if nobody can be reached by that step any more, so that the plan goes
    on; else None.
    """
    row = at.notification_jobs.get(number)
    if row is None or row.state != WAITING:
        return None
    values: dict[str, Any] = {"tries": row.tries + 1, "due_ms": None}
    if not why:
        values["state"] = DONE
    elif row.tries < len(WAITS_MS):
        values["due_ms"] = at.now_ms + WAITS_MS[row.tries]
    else:
        values["state"] = FAILED
    beside = [one for one in at.notification_jobs.by("alarm", row.alarm)
              if (one.plan_step, one.made_ms) == (row.plan_step, row.made_ms)]
    states = [one.state for one in beside if one.id != number]
    at.notification_jobs.put(number, **values)
    if values.get("state") in (DONE, FAILED):
        trials.told(at, row.channel, row.target, why)
    if row.alarm is None:
        return None
    said = _SAID[row.channel] if not why else f"{_SAID[row.channel]}_in_vain"
    first = not why and DONE not in states  # the board says once that somebody was told, the record each time
    at.note(row.alarm, said, "plan", " ".join((kind(row.channel, row.target), why))[:200].strip(), brief=first)
    lost = values.get("state") == FAILED and not {WAITING, DONE} & set(states)
    return (row.alarm, row.plan_step) if lost else None


def kind(does: str, target: str) -> str:
    """Return what kind of address stands in `target` (JSON), as ntfys: more of it may be a secret."""
    if does != "notify":
        return ""
    first = next(iter(loaded(target, [])), None) or loaded(target, "")  # an older version kept a step's in one row
    return first.split("://")[0] if isinstance(first, str) else ""


def sirens(at: Transaction) -> dict[str, str]:
    """Return {topic: what is to be retained there}, for every siren of the plan in force and of alarms.

    A broker remembers the last word that it had, and this gateway may have died, or have a new disk, since.
    """
    steps = (step for part in at.house.plan["plans"] for step in part["steps"] if step["do"] == "siren")
    truth = {step["topic"]: json.dumps({"on": False}) for step in steps if step["topic"]}
    wanted: dict[tuple[str, int | None], str] = {}  # by alarm, what switches it on
    for row in at.notification_jobs:
        if row.channel != "siren" or not row.text:
            continue
        alarm = at.alarms.get(row.alarm)  # what is over may not be in memory
        topic = loaded(row.target, "")
        if not topic:  # a bit has flipped in it
            continue
        truth.setdefault(topic, json.dumps({"on": False}))
        if not loaded(row.text, {}).get("on", True):
            wanted.pop((topic, row.alarm), None)
        elif alarm is not None and alarm.status != STEP_CLOSED and row.state == DONE:
            wanted[topic, row.alarm] = row.text
    return truth | {topic: text for (topic, _), text in wanted.items()}
