"""What does a plan's step do? It calls badges, or leaves a job for what cannot be done in a transaction.

Notifications, sirens and webhooks wait in the database as jobs, one for each address, which tools/gateway/jobs
carries out. A job says what and whither, and never a person's name: names stay on the gateway, and so do places unless
the step says that it tells them.
"""

import bisect
import itertools
import json
from collections.abc import Iterable, Iterator

from firmware.codes import STEP_CLOSED
from tools.gateway import downlinks, duty, notices, plans
from tools.gateway.core.rows import DONE, OVER, WAITING, Alarm, Badge, NotificationJob, Plan, loaded
from tools.gateway.core.transaction import Transaction
from tools.gateway.places import sightings
from tools.gateway.plans import KINDS
from tools.gateway.responders import coming

_ANY, _READY, _HERE = range(3)  # whom a step calls: whoever may hear, who is tested, who is within call
_NAMED = 5  # of those who are called again, in the record
OFF = -1  # place of what switches a siren off


def do(at: Transaction, alarm: Alarm, place: int, step: Plan) -> bool | None:
    """Do step number `place` of the plan of the row `alarm`; return whether it may reach anybody.

    None: there are more badges to be called than one transaction calls; the next one goes on with them.
    """
    if step["do"] == "badges":
        return _badges(at, alarm, place, step)
    does = step["do"]
    targets = plans.targets(step)
    if not targets:
        _leave(at, alarm, place, does, "", "", "unset", None)
        return False
    device = at.badges[alarm.pairing].device
    facts = {"alarm": alarm.id, "kind": KINDS[alarm.kind], "badge": device}
    if does == "siren":
        text = json.dumps({"on": True, **facts})
    else:
        text = notices.alarm(at.house.plan, step, alarm.kind, device, alarm.id)
        if step.get("place"):
            text += _where(at, alarm, step["place"])
        if does == "webhook":
            link = notices.link(at.house.plan, notices.language(at.house.plan, step), alarm.id)
            text = json.dumps({"event": "alarm", **facts, "text": text, **({"url": link} if link else {})})
    mine = at.notification_jobs.by("alarm", alarm.id)
    still = {row.target for row in mine if row.state == WAITING and row.text == text}  # of the round before: told once
    for target in dict.fromkeys(targets):
        if does == "siren":
            _overtake(at, target)
        if json.dumps(target) not in still:
            _leave(at, alarm, place, does, target, text, WAITING, at.now_ms)
    return True


def _where(at: Transaction, alarm: Alarm, lang: str) -> str:
    """Return where the wearer is and how old that is, in words that follow a sentence, "" if nobody knows."""
    told = sightings.fact([row._asdict() for row in at.sightings.by("alarm", alarm.id)])
    return f" {told[lang]} ({max(0, at.now_ms - told['at_ms']) // 1000} s)." if told else ""


def _overtake(at: Transaction, topic: str) -> None:
    # what would switch it off, and has not gone out yet, must not come after what switches it on
    for row in at.notification_jobs.by("siren", json.dumps(topic)):
        if row.plan_step == OFF and row.state == WAITING:
            at.notification_jobs.put(row.id, state=OVER, due_ms=None)


def _leave(at: Transaction, alarm: Alarm, place: int, does: str, target: object, text: str, state: str,
           due_ms: int | None) -> None:
    values = {"alarm": alarm.id, "plan_step": place, "channel": does, "target": json.dumps(target), "text": text}
    if state != WAITING:  # of a round before: no row more for what is only done once more
        for row in at.notification_jobs.by("alarm", alarm.id):
            if row.state == state and all(getattr(row, name) == value for name, value in values.items()):
                at.notification_jobs.put(row.id, made_ms=at.now_ms)
                return
    at.notification_jobs.add(state=state, made_ms=at.now_ms, due_ms=due_ms, **values)
    if state != WAITING:
        at.note(alarm.id, f"plan_{does}", "plan", state, brief=False)


def _badges(at: Transaction, alarm: Alarm, place: int, step: Plan) -> bool | None:
    """Call the badges of a step; return whether that is anybody, None if the next transaction is to go on."""
    if not at.calls_left:
        return None
    caller, begun = at.badges[alarm.pairing], None
    group = plans.group_key(caller.team if step["group"] == "own" else str(step["group"]))
    teams = [team for team in at.badges.values("team") if plans.group_key(team) == group]
    mine = (key for team in teams for key in at.badges.keys("team", team))
    keys = sorted(at.badges.rows if step["group"] == "all" else mine)
    for row in at.notification_jobs.by("alarm", alarm.id):
        if row.plan_step == place and row.channel == "badges" and row.text:
            begun = row
    if begun is not None:
        at.notification_jobs.put(begun.id, text="")
        who, last = loaded(begun.text, [_HERE, 0])
        keys = keys[bisect.bisect(keys, last) :]
    elif step["who"] == "any":
        who = _ANY
    else:
        # where nobody has a tested badge, an untested one is better than none
        who = _READY if any(row for row in _near(at, alarm, keys, _READY)) else _HERE
    called = list(itertools.islice(_near(at, alarm, keys, who), at.calls_left + 1))
    more, called = len(called) > at.calls_left, called[: at.calls_left]
    at.calls_left -= len(called)
    downlinks.call(at, [row.device for row in called], caller.device, alarm)
    again = []
    for one in called:
        if any(line.detail == str(alarm.revision) for line in at.events.by("whom", (alarm.id, one.name))):
            again.append(one.name)
        else:
            at.note(alarm.id, "called", one.name, str(alarm.revision))
    if again:
        said = ", ".join(again[:_NAMED]) + (f" +{len(again) - _NAMED}" if len(again) > _NAMED else "")
        at.note(alarm.id, "called_again", said, str(alarm.revision), brief=False)
    if more:
        left = json.dumps([who, called[-1].pairing])
        _leave(at, alarm, place, "badges", [row.device for row in called], left, DONE, None)
        return None
    reached = bool(called) or begun is not None
    if called or not reached:
        devices = [row.device for row in called]
        _leave(at, alarm, place, "badges", devices, "", "done" if reached else "nobody", None)
    return reached


def unfinished(at: Transaction, alarm: Alarm) -> bool:
    """Return whether a step of the plan of the row `alarm` has more badges to call."""
    return any(row.channel == "badges" and row.text for row in at.notification_jobs.by("alarm", alarm.id))


def _near(at: Transaction, alarm: Alarm, keys: Iterable[int], who: int) -> Iterator[Badge]:
    answered = {one.who for one in coming(at, alarm)}  # by their badges, or at the board
    alarmed = duty.alarmed(at)
    for key in keys:
        row = at.badges.rows[key]
        if key == alarm.pairing or row.name in answered:
            continue
        if duty.can_be_called(at, row, alarmed) if who == _ANY else duty.within_call(at, row, alarmed):
            if who != _READY or duty.tested(row):
                yield row


def end(at: Transaction, alarm: Alarm) -> None:
    """The row `alarm` is over: forget what waits, and switch off the sirens that no other alarm wants."""
    mine = at.notification_jobs.by("alarm", alarm.id)
    topics = {row.target for row in mine if row.channel == "siren" and row.text and loaded(row.target, "")}
    for row in mine:
        if row.state == WAITING:
            at.notification_jobs.put(row.id, state=OVER, due_ms=None)
        elif row.channel == "badges" and row.text:
            at.notification_jobs.put(row.id, text="")  # whoever was not called by then is not
    for topic in sorted(topics):
        if any(_wants(at, row, alarm) for row in at.notification_jobs.by("siren", topic)):
            continue
        _leave(at, alarm, OFF, "siren", json.loads(topic), json.dumps({"on": False, "alarm": alarm.id}), WAITING,
               at.now_ms)


def _wants(at: Transaction, row: NotificationJob, but: Alarm) -> bool:
    # whether another open alarm has this siren on
    other = at.alarms.get(row.alarm)
    on = row.alarm != but.id and row.plan_step != OFF and row.state in (WAITING, DONE)
    return on and other is not None and other.status != STEP_CLOSED
