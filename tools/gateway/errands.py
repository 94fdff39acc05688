"""What does a plan's step do? It calls badges, or leaves an errand for what cannot be done in a transaction.

Notifications, sirens and webhooks wait in the database as jobs, one for each address, which tools/gateway/jobs
carries out. A job says what and where, and never a person's name: names stay on the gateway.
"""

import json

from sqlalchemy import insert, select, update

from firmware.codes import STEP_CLOSED
from tools.gateway import downlinks, duty
from tools.gateway.comers import coming
from tools.gateway.plans import KINDS
from tools.gateway.tables import ALARMS, BADGES, DONE, ERRANDS, EVENTS, OVER, WAITING


OFF = -1  # place of what switches a siren off


def do(at, alarm, place, step):
    """Do step number `place` of the plan of the row `alarm`; return whether it may reach anybody."""
    if step["do"] == "badges":
        return _badges(at, alarm, place, step)
    does = step["do"]
    targets = [target for target in _targets(step) if target]
    if not targets:
        _leave(at, alarm, place, does, "", "", "unset", None)
        return False
    device = at.db.execute(select(BADGES.c.device).where(BADGES.c.pairing == alarm.pairing)).scalar_one()
    text = f"Kald: {KINDS[alarm.kind].replace('_', '-')}, badge {device}, alarm {alarm.id}. See the board."
    facts = {"alarm": alarm.id, "kind": KINDS[alarm.kind], "badge": device}
    if does != "notify":
        text = json.dumps({"on": True, **facts} if does == "siren" else {"event": "alarm", **facts, "text": text})
    mine = (ERRANDS.c.alarm == alarm.id) & (ERRANDS.c.state == WAITING) & (ERRANDS.c.text == text)
    still = set(at.db.execute(select(ERRANDS.c.target).where(mine)).scalars())  # of the round before: told once
    for target in dict.fromkeys(targets):
        if does == "siren":
            _overtake(at, target)
        if json.dumps(target) not in still:
            _leave(at, alarm, place, does, target, text, WAITING, at.now_ms)
    return True


def _overtake(at, topic):
    # what would switch it off, and has not gone out yet, must not come after what switches it on
    off = (ERRANDS.c.does == "siren") & (ERRANDS.c.target == json.dumps(topic)) & (ERRANDS.c.place == OFF)
    at.db.execute(update(ERRANDS).where(off & (ERRANDS.c.state == WAITING)).values(state=OVER, due_ms=None))


def _targets(step):
    """Return what each job of a step is for: an address, a topic, a URL."""
    return {"notify": step.get("to"), "siren": [step.get("topic")], "webhook": [step.get("url")]}[step["do"]]


def _leave(at, alarm, place, does, target, text, state, due_ms):
    values = {"alarm": alarm.id, "place": place, "does": does, "target": json.dumps(target), "text": text}
    at.db.execute(insert(ERRANDS).values(state=state, at_ms=at.now_ms, due_ms=due_ms, **values))
    if state != WAITING:
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
    """The row `alarm` is over: forget what waits, and switch off the sirens that no other alarm wants."""
    mine = ERRANDS.c.alarm == alarm.id
    waiting = mine & (ERRANDS.c.state == WAITING)
    sirens = (ERRANDS.c.does == "siren") & (ERRANDS.c.text != "")
    topics = set(at.db.execute(select(ERRANDS.c.target).where(mine & sirens)).scalars())
    at.db.execute(update(ERRANDS).where(waiting).values(state=OVER, due_ms=None))
    others = select(ERRANDS.c.target).join(ALARMS, ALARMS.c.id == ERRANDS.c.alarm).where(
        sirens & ~mine & (ERRANDS.c.place != OFF) & (ALARMS.c.step != STEP_CLOSED)
        & ERRANDS.c.state.in_((WAITING, DONE))
    )
    for topic in sorted(topics - set(at.db.execute(others).scalars()) if topics else ()):
        _leave(at, alarm, OFF, "siren", json.loads(topic), json.dumps({"on": False, "alarm": alarm.id}), WAITING,
               at.now_ms)
