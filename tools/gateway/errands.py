"""What does a plan's step do? It calls badges, or leaves an errand for what cannot be done in a transaction.

Notifications and sirens wait in the database as errands, are carried out by notify.py, and are tried again; so a
restart loses none. An errand says what and where, and never a person's name: names stay on the gateway.
"""

import json

from sqlalchemy import insert, select, update

from tools.gateway import downlinks, duty
from tools.gateway.comers import coming
from tools.gateway.plans import KINDS
from tools.gateway.tables import BADGES, ERRANDS, EVENTS

WAITS_MS = (5_000, 15_000, 30_000)  # after the first, second, third try in vain; then it has failed
OVER = "over"


def do(at, alarm, place, step):
    """Do step number `place` of the plan of the row `alarm`; return whether it may reach anybody."""
    if step["do"] == "badges":
        return _badges(at, alarm, place, step)
    target = step["to"] if step["do"] == "notify" else step["topic"]
    if not target:
        _leave(at, alarm, place, step["do"], target, "", "unset", None)
        return False
    device = at.db.execute(select(BADGES.c.device).where(BADGES.c.pairing == alarm.pairing)).scalar_one()
    text = f"Kald: {KINDS[alarm.kind].replace('_', '-')}, badge {device}, alarm {alarm.id}. See the board."
    if step["do"] == "siren":
        text = json.dumps({"on": True, "alarm": alarm.id, "kind": KINDS[alarm.kind], "badge": device})
    _leave(at, alarm, place, step["do"], target, text, "waiting", at.now_ms)
    return True


def _leave(at, alarm, place, does, target, text, state, due_ms):
    values = {"alarm": alarm.id, "place": place, "does": does, "target": json.dumps(target), "text": text}
    at.db.execute(insert(ERRANDS).values(state=state, at_ms=at.now_ms, due_ms=due_ms, **values))
    if state != "waiting":
        at.note(alarm.id, f"plan_{does}", "plan", state, brief=False)


def _badges(at, alarm, place, step):
    rows = at.db.execute(select(BADGES)).all()
    caller = next(row for row in rows if row.pairing == alarm.pairing)
    group = caller.team if step["group"] == "own" else step["group"]
    answered = {one.device for one in coming(at, alarm)}
    near = [row for row in rows if row.pairing != caller.pairing and group in ("all", row.team)]
    near = [row for row in near if row.device not in answered]
    alarmed = duty.alarmed(at)
    if step["who"] == "any":
        called = [row for row in near if duty.can_be_called(at, row, alarmed)]
    else:
        here = [row for row in near if duty.within_call(at, row, alarmed)]
        # where nobody has a tested badge, an untested one is better than none
        called = [row for row in here if duty.tested(row)] or here
    downlinks.call(at, [row.device for row in called], caller.device, alarm)  # a few statements, however many badges
    mine = (EVENTS.c.alarm == alarm.id) & (EVENTS.c.step == "called") & (EVENTS.c.detail == str(alarm.revision))
    known = set(at.db.execute(select(EVENTS.c.who).where(mine)).scalars())
    lines = [{"at_ms": at.now_ms, "alarm": alarm.id, "step": "called_again" if row.name in known else "called",
              "who": row.name, "detail": str(alarm.revision), "brief": row.name not in known}
             for row in called]
    if lines:
        at.db.execute(insert(EVENTS), lines)
    _leave(at, alarm, place, "badges", [row.device for row in called], "", "done" if called else "nobody", None)
    return bool(called)


def end(at, alarm):
    """The row `alarm` is over: forget what waits, and switch off the sirens that may be on."""
    mine = ERRANDS.c.alarm == alarm.id
    waiting = mine & (ERRANDS.c.state == "waiting")
    sirens = mine & (ERRANDS.c.does == "siren") & (ERRANDS.c.text != "")
    topics = set(at.db.execute(select(ERRANDS.c.target).where(sirens)).scalars())
    at.db.execute(update(ERRANDS).where(waiting).values(state=OVER, due_ms=None))
    for topic in sorted(topics):
        _leave(at, alarm, -1, "siren", json.loads(topic), json.dumps({"on": False, "alarm": alarm.id}), "waiting",
               at.now_ms)


def due(at):
    """Return the rows to carry out now."""
    waiting = (ERRANDS.c.state == "waiting") & (ERRANDS.c.due_ms <= at.now_ms)
    return at.db.execute(select(ERRANDS).where(waiting).order_by(ERRANDS.c.id)).all()


def done(at, errand, why):
    """The errand with row number `errand` was carried out, or not, for the reason `why` ("" if it was).

    Return (alarm's row number, place in its plan) if it has failed for good, so that the plan goes on; else None.
    """
    row = at.db.execute(select(ERRANDS).where(ERRANDS.c.id == errand)).one()
    if row.state != "waiting":
        return None
    values = {"tries": row.tries + 1, "due_ms": None}
    if not why:
        values["state"] = "done"
    elif row.tries < len(WAITS_MS):
        values["due_ms"] = at.now_ms + WAITS_MS[row.tries]
    else:
        values["state"] = "failed"
    at.db.execute(update(ERRANDS).where(ERRANDS.c.id == errand).values(**values))
    said = {"notify": "notified", "siren": "siren"}[row.does]
    at.note(row.alarm, said if not why else f"{said}_in_vain", "plan", why[:200], brief=not why)
    return (row.alarm, row.place) if values.get("state") == "failed" else None
