"""What does a plan's step do? It calls badges, or leaves an errand for what cannot be done in a transaction.

Notifications, sirens and webhooks wait in the database as jobs, one for each address, which tools/gateway/jobs
carries out. A job says what and where, and never a person's name: names stay on the gateway.
"""

import json

from firmware.codes import STEP_CLOSED
from tools.gateway import downlinks, duty
from tools.gateway.comers import coming
from tools.gateway.plans import KINDS
from tools.gateway.tables import DONE, OVER, WAITING

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
    device = at.badges.get(alarm.pairing).device
    text = f"Kald: {KINDS[alarm.kind].replace('_', '-')}, badge {device}, alarm {alarm.id}. See the board."
    facts = {"alarm": alarm.id, "kind": KINDS[alarm.kind], "badge": device}
    if does != "notify":
        text = json.dumps({"on": True, **facts} if does == "siren" else {"event": "alarm", **facts, "text": text})
    mine = at.errands.by("alarm", alarm.id)
    still = {row.target for row in mine if row.state == WAITING and row.text == text}  # of the round before: told once
    for target in dict.fromkeys(targets):
        if does == "siren":
            _overtake(at, target)
        if json.dumps(target) not in still:
            _leave(at, alarm, place, does, target, text, WAITING, at.now_ms)
    return True


def _overtake(at, topic):
    # what would switch it off, and has not gone out yet, must not come after what switches it on
    for row in at.errands.by("siren", json.dumps(topic)):
        if row.place == OFF and row.state == WAITING:
            at.errands.put(row.id, state=OVER, due_ms=None)


def _targets(step):
    """Return what each job of a step is for: an address, a topic, a URL."""
    return {"notify": step.get("to"), "siren": [step.get("topic")], "webhook": [step.get("url")]}[step["do"]]


def _leave(at, alarm, place, does, target, text, state, due_ms):
    values = {"alarm": alarm.id, "place": place, "does": does, "target": json.dumps(target), "text": text}
    at.errands.add(state=state, at_ms=at.now_ms, due_ms=due_ms, **values)
    if state != WAITING:
        at.note(alarm.id, f"plan_{does}", "plan", state, brief=False)


def _badges(at, alarm, place, step):
    caller = at.badges.get(alarm.pairing)
    group = caller.team if step["group"] == "own" else step["group"]
    rows = list(at.badges) if group == "all" else at.badges.by("team", group)
    answered = {one.device for one in coming(at, alarm)}
    near = [row for row in rows if row.pairing != caller.pairing and row.device not in answered]
    alarmed = duty.alarmed(at)
    if step["who"] == "any":
        called = [row for row in near if duty.can_be_called(at, row, alarmed)]
    else:
        here = [row for row in near if duty.within_call(at, row, alarmed)]
        # where nobody has a tested badge, an untested one is better than none
        called = [row for row in here if duty.tested(row)] or here
    downlinks.call(at, [row.device for row in called], caller.device, alarm)
    known = {line.who for line in at.events.by("called", alarm.id) if line.detail == str(alarm.revision)}
    for row in called:
        again = row.name in known
        at.note(alarm.id, "called_again" if again else "called", row.name, str(alarm.revision), brief=not again)
    _leave(at, alarm, place, "badges", [row.device for row in called], "", "done" if called else "nobody", None)
    return bool(called)


def end(at, alarm):
    """The row `alarm` is over: forget what waits, and switch off the sirens that no other alarm wants."""
    mine = at.errands.by("alarm", alarm.id)
    topics = {row.target for row in mine if row.does == "siren" and row.text}
    for row in mine:
        if row.state == WAITING:
            at.errands.put(row.id, state=OVER, due_ms=None)
    for topic in sorted(topics):
        if any(_wants(at, row, alarm) for row in at.errands.by("siren", topic)):
            continue
        _leave(at, alarm, OFF, "siren", json.loads(topic), json.dumps({"on": False, "alarm": alarm.id}), WAITING,
               at.now_ms)


def _wants(at, row, but):
    # whether another open alarm has this siren on
    other = at.alarms.get(row.alarm)
    on = row.alarm != but.id and row.place != OFF and row.state in (WAITING, DONE)
    return on and other is not None and other.step != STEP_CLOSED
