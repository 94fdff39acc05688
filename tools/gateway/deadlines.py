"""What is due about an alarm, now that time has passed? Deadlines stand in the database, as times.

So a gateway that starts again goes on to the second. A plan's step that reaches nobody is followed by the next at once;
a badge that falls silent in its alarm, or in the question before it, is lost: this is shown, and the plan goes on.
"""

import json

from firmware.codes import STEP_TAKEN, WHAT_RAISED
from tools.gateway import escalation, people, plans
from tools.gateway.core.rows import Alarm, Badge, Plan
from tools.gateway.core.transaction import Transaction
from tools.gateway.people import live

UNANSWERED_MS = 30_000
LOST_MS = 60_000  # an open alarm is refreshed every 20 s
ASKED_LOST_MS = LOST_MS + 15_000  # a question is not, but a heartbeat each minute may say that it is over
PRACTICE_TAKEN_MS = 5_000
PRACTICE = "practice"  # who takes and closes an alarm that is only practised


def begin(at: Transaction, alarm: int, badge: Badge) -> None:
    """The alarm with row number `alarm` is raised: start its plan, or its practice."""
    row = at.alarms[alarm]
    if row.practice:
        at.note(alarm, "practised", badge.name, plans.KINDS[row.kind], brief=False)
        at.alarms.put(alarm, received_ms=row.received_ms or at.now_ms, due_ms=at.now_ms + PRACTICE_TAKEN_MS)
        return
    plan = _plan(at, row, badge)
    first_ms = at.now_ms + plan["steps"][0]["after_s"] * 1000
    at.alarms.put(alarm, plan=json.dumps(plan), plan_step=0, due_ms=first_ms, received_ms=row.received_ms or at.now_ms,
                  unanswered_ms=None if row.status == STEP_TAKEN else at.now_ms + UNANSWERED_MS)
    if row.status == STEP_TAKEN:
        _go_on(at, at.alarms[alarm])  # who was on the way still is
    # else its first step is done by `look`, so that an alarm's ack waits for no call


def _plan(at: Transaction, row: Alarm, badge: Badge) -> Plan:
    return plans.choose(at.house.plan, badge.team, badge.device, row.kind, row.colour)


def look(at: Transaction, alarm: int) -> None:
    """Do all that is due about the alarm with row number `alarm`."""
    row = at.alarms[alarm]
    unanswered = row.unanswered_ms is not None and row.unanswered_ms <= at.now_ms
    if unanswered:
        people.unanswered(at, row)
    if unanswered or row.due_ms is not None and row.due_ms <= at.now_ms:
        _due(at, at.alarms[alarm])


def _due(at: Transaction, row: Alarm) -> None:
    while row.due_ms is not None and row.due_ms <= at.now_ms:
        if row.practice:
            if row.status == STEP_TAKEN:
                people.close(at, row, PRACTICE)
            else:
                people.take(at, row, PRACTICE)
        else:
            if row.status == STEP_TAKEN and not escalation.unfinished(at, row):
                at.note(row.id, "not_closed" if row.arrived_ms else "not_arrived", row.taken_by or "")
            if not _go_on(at, row):
                return
        row = at.alarms[row.id]


def _go_on(at: Transaction, row: Alarm) -> bool:
    """Do the plan's next step; one that reaches nobody is followed by the one after at once.

    Return whether that is done; else the next transaction goes on.
    """
    plan = plans.begun(row.plan) or _plan(at, row, at.badges[row.pairing])
    steps, place = plan["steps"], min(row.plan_step, len(plan["steps"]) - 1)
    from_ms = row.due_ms if row.due_ms is not None and row.due_ms <= at.now_ms else at.now_ms
    while True:
        reached = escalation.do(at, row, place, steps[place])
        if reached is None:
            at.alarms.put(row.id, plan_step=place, due_ms=from_ms)
            return False
        place += 1
        if place == len(steps):
            place, due_ms = 0, at.now_ms + plan["again_s"] * 1000
            break
        if reached:
            due_ms = from_ms + steps[place]["after_s"] * 1000
            break
        from_ms = at.now_ms
    if row.status == STEP_TAKEN:
        due_ms = people.closing_ms(at, row) if row.arrived_ms else at.now_ms + plans.ARRIVE_S * 1000
    at.alarms.put(row.id, plan_step=place, due_ms=due_ms)
    return True


def hasten(at: Transaction, alarm: int, place: int) -> None:
    """Step `place` of the plan of row number `alarm` has failed for good: if the next is waited for, it is due."""
    row = at.alarms[alarm]
    if live(row) and row.status != STEP_TAKEN and row.plan_step == place + 1:
        _go_on(at, row)


def look_for_lost(at: Transaction) -> None:
    """Find the badges that have fallen silent in their alarm; time before this gateway listened does not count."""
    if at.now_ms - at.began_ms < LOST_MS:
        return
    for row in at.alarms.by("open", True):
        badge = at.badges[row.pairing]
        within_ms = LOST_MS if row.phase == WHAT_RAISED else ASKED_LOST_MS
        heard = badge.heard_ms is None or badge.heard_ms > at.now_ms - within_ms
        if heard or row.practice or row.lost_ms is not None:
            continue
        # who was asked, and can no longer say that nothing is wrong, is taken to need help
        at.alarms.put(row.id, lost_ms=at.now_ms, phase=WHAT_RAISED)
        at.note(row.id, "lost", badge.name)
        if row.phase == WHAT_RAISED:
            _go_on(at, row)
        else:
            begin(at, row.id, badge)
