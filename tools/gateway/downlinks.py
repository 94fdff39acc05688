"""What must badges be told, and have they said that it arrived?

A downlink waits in the database and is repeated, under new counters, until the badge has TOLD that one of them arrived.
A newer step of the same alarm, and a newer order of the same kind, replaces the older. An order that a badge has not
heard in ten minutes is given up: a pause that arrives an hour late would be a lie.
"""

import json

from sqlalchemy import insert, select, update

from firmware.link import frame
from firmware.link.keys import OWN
from firmware.codes import ORDER_TIME, STEP_CLOSED
from tools.gateway.tables import ALARMS, BADGES, DOWNLINKS, RESPONDERS

# A minute of quick tries; then a badge is out of reach or off, and is told as soon as it is heard again.
REPEAT_MS = (1000, 1000, 1000, 2000) + (5000,) * 11 + (10_000, 20_000, 40_000, 60_000)
PATIENT_MS = 5000
ORDER_GIVEN_UP_MS = 600_000
ASKED_GIVEN_UP_MS = 15_000  # a group's key, the time: the next heartbeat asks again, and a badge dozes after the last
_COUNTERS_MOST = 400  # letters: some forty of the last counters
NAMES = {frame.STEP: "step", frame.CALL: "call", frame.STAND_DOWN: "stand_down", frame.ORDER: "order",
         frame.KEY: "key"}


def tell(at, device, alarm, type, a, b, c, by=""):
    """Have `device` told (type, a, b, c), due now."""
    told = {"device": device, "alarm": alarm, "type": type, "a": a, "b": b, "c": c, "by": by}
    at.db.execute(insert(DOWNLINKS).values(made_ms=at.now_ms, due_ms=at.now_ms, **told))


def step(at, alarm, step, responder):
    """Tell the wearer how far the world has come with the row `alarm`."""
    _drop(at, (DOWNLINKS.c.alarm == alarm.id) & (DOWNLINKS.c.type == frame.STEP))
    device = at.db.execute(select(BADGES.c.device).where(BADGES.c.pairing == alarm.pairing)).scalar_one()
    tell(at, device, alarm.id, frame.STEP, alarm.alarm_id, step, responder)


def call(at, devices, caller, alarm):
    """Call the badges `devices` to the row `alarm` of the badge `caller`."""
    either = DOWNLINKS.c.type.in_((frame.CALL, frame.STAND_DOWN))  # a stand-down on its way must not end this call
    _drop(at, (DOWNLINKS.c.alarm == alarm.id) & either & DOWNLINKS.c.device.in_(devices))
    told = {"alarm": alarm.id, "type": frame.CALL, "a": caller, "b": alarm.alarm_id, "c": alarm.kind}
    told |= {"made_ms": at.now_ms, "due_ms": at.now_ms}
    if devices:
        at.db.execute(insert(DOWNLINKS), [{"device": device, **told} for device in devices])


def stand_down(at, alarm, only=None):
    """Tell all whom the row `alarm` called, or one device only, that they need not come."""
    called = select(DOWNLINKS).where((DOWNLINKS.c.alarm == alarm.id) & (DOWNLINKS.c.type == frame.CALL))
    calls = {row.device: row for row in at.db.execute(called).all()}
    for device, row in calls.items():
        if only in (None, device):
            tell(at, device, alarm.id, frame.STAND_DOWN, row.a, row.b, 0)


def stand_down_stranger(at, device, caller, alarm_id):
    """Tell `device` that there is nothing to come to, unless that is under way: it feels what nobody has sent."""
    mine = (DOWNLINKS.c.device == device) & (DOWNLINKS.c.type == frame.STAND_DOWN) & ~DOWNLINKS.c.told
    same = (DOWNLINKS.c.a == caller) & (DOWNLINKS.c.b == alarm_id)
    if at.db.execute(select(DOWNLINKS.c.id).where(mine & same)).first() is None:
        tell(at, device, 0, frame.STAND_DOWN, caller, alarm_id, 0)


def group_key(at, device, number):
    """Give `device` the group's key `number`, unless that is under way; an older one is no longer given."""
    mine = (DOWNLINKS.c.device == device) & (DOWNLINKS.c.type == frame.KEY) & (DOWNLINKS.c.a != OWN)
    _drop(at, mine & (DOWNLINKS.c.a != number))
    if at.db.execute(select(DOWNLINKS.c.id).where(mine & ~DOWNLINKS.c.told)).first() is None:
        tell(at, device, 0, frame.KEY, number, 0, 0)


def order(at, device, what, value, by):
    """Order `device` to do `what` (an ORDER_ word); an older order of the kind is no longer told."""
    _drop(at, (DOWNLINKS.c.device == device) & (DOWNLINKS.c.type == frame.ORDER) & (DOWNLINKS.c.a == what))
    _refusals(at, device, what, None)
    tell(at, device, 0, frame.ORDER, what, value, 0, by)


def forget(at, alarm):
    """Tell nothing more of what was decided about the alarm's row number `alarm`."""
    _drop(at, DOWNLINKS.c.alarm == alarm)


def _drop(at, which):
    at.db.execute(update(DOWNLINKS).where(which & ~DOWNLINKS.c.told).values(told=True))


def arrived(at, badge, counter):
    """The badge says that the downlink sent under `counter` has arrived; return whether there was one."""
    known = False
    mine = (DOWNLINKS.c.device == badge.device) & DOWNLINKS.c.told_ms.is_(None)
    for row in at.db.execute(select(DOWNLINKS).where(mine & DOWNLINKS.c.counters.like(f"% {counter} %"))).all():
        known = True
        _arrived(at, badge, row)
    return known


def _arrived(at, badge, row):
    at.db.execute(update(DOWNLINKS).where(DOWNLINKS.c.id == row.id).values(told=True, told_ms=at.now_ms))
    if row.alarm:
        at.note(row.alarm, "arrived_at_badge", badge.name, f"{NAMES[row.type]}, {row.tries} sent", brief=False)
    if row.type == frame.KEY and row.a != OWN:
        at.db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(keyed=row.a))


def call_arrived(at, badge, alarm):
    """The badge has answered the row `alarm`, so that it feels the call, whether or not it has said so."""
    mine = (DOWNLINKS.c.device == badge.device) & (DOWNLINKS.c.alarm == alarm.id) & (DOWNLINKS.c.type == frame.CALL)
    for row in at.db.execute(select(DOWNLINKS).where(mine & ~DOWNLINKS.c.told & (DOWNLINKS.c.c == alarm.kind))).all():
        _arrived(at, badge, row)


def refused(at, badge, counter, why):
    """The badge says that the downlink sent under `counter` has arrived and is not done; return whether there was one.

    why: a WHY_ word, or one that only a newer badge knows.
    """
    mine = (DOWNLINKS.c.device == badge.device) & DOWNLINKS.c.told_ms.is_(None)
    rows = at.db.execute(select(DOWNLINKS).where(mine & DOWNLINKS.c.counters.like(f"% {counter} %"))).all()
    for row in rows:
        fresh = not row.told
        at.db.execute(update(DOWNLINKS).where(DOWNLINKS.c.id == row.id).values(told=True, told_ms=at.now_ms))
        if row.alarm:
            at.note(row.alarm, "refused_by_badge", badge.name, NAMES[row.type], brief=False)
        if row.type == frame.ORDER and fresh:
            _refusals(at, badge.device, row.a, [why, at.now_ms])
    return bool(rows)


def _refusals(at, device, order, said):
    # the last order of a kind: a newer one takes its place, and is not refused yet
    mine = BADGES.c.device == device
    before = json.loads(at.db.execute(select(BADGES.c.refused).where(mine)).scalar() or "{}")
    after = {key: value for key, value in before.items() if key != str(order)} | ({str(order): said} if said else {})
    if after != before:
        at.db.execute(update(BADGES).where(mine).values(refused=json.dumps(after)))


def confirm(at, badge):
    """Call `badge` alone to what it says it feels and knows by the group's key only, which may be stolen: once each."""
    alone = (DOWNLINKS.c.counters != " ") | ~DOWNLINKS.c.told
    mine = (DOWNLINKS.c.device == badge.device) & (DOWNLINKS.c.type == frame.CALL)
    over = select(ALARMS.c.id).where(ALARMS.c.step == STEP_CLOSED)
    over = over.union(select(RESPONDERS.c.alarm).where(RESPONDERS.c.device == badge.device))
    unsure = mine & ~alone & DOWNLINKS.c.told_ms.is_not(None) & DOWNLINKS.c.alarm.not_in(over)
    at.db.execute(update(DOWNLINKS).where(unsure).values(told=False, told_ms=None, due_ms=at.now_ms))


def felt(at, badge, alarm, caller):
    """The badge feels the call of the badge `caller` to the row `alarm`, though it was not called alone."""
    mine = (DOWNLINKS.c.device == badge.device) & (DOWNLINKS.c.alarm == alarm.id) & (DOWNLINKS.c.type == frame.CALL)
    rows = at.db.execute(select(DOWNLINKS).where(mine & (DOWNLINKS.c.c == alarm.kind))).all()
    if not rows:  # whom nobody counted on: it is to be stood down with the others
        tell(at, badge.device, alarm.id, frame.CALL, caller, alarm.alarm_id, alarm.kind)
        rows = at.db.execute(select(DOWNLINKS).where(mine & (DOWNLINKS.c.c == alarm.kind))).all()
    for row in rows:
        if row.told_ms is None:
            _arrived(at, badge, row)


def hasten(at, device, within_ms=0):
    """`device` was heard, so it listens for a moment: what waits for it, and for more than `within_ms`, is due now."""
    mine = (DOWNLINKS.c.device == device) & ~DOWNLINKS.c.told & (DOWNLINKS.c.due_ms > at.now_ms + within_ms)
    at.db.execute(update(DOWNLINKS).where(mine).values(due_ms=at.now_ms))


def due(at):
    """Return the rows to send now; give up orders that are too old, and what is for a badge shut out."""
    waiting = ~DOWNLINKS.c.told & (DOWNLINKS.c.due_ms <= at.now_ms)
    rows = at.db.execute(select(DOWNLINKS).where(waiting).order_by(DOWNLINKS.c.id)).all()
    if not rows:
        return rows
    gone = set(at.db.execute(select(BADGES.c.device).where(BADGES.c.revoked_ms.is_not(None))).scalars())
    old_ms = at.now_ms - ORDER_GIVEN_UP_MS
    vain = {row.id for row in rows if row.device in gone or row.type == frame.ORDER and row.made_ms <= old_ms}
    old_ms = at.now_ms - ASKED_GIVEN_UP_MS
    vain |= {row.id for row in rows if _asked(row) and row.made_ms <= old_ms}
    if vain:
        _drop(at, DOWNLINKS.c.id.in_(vain))
    return [row for row in rows if row.id not in vain]


def _asked(row):
    return row.type == frame.KEY and row.a != OWN or row.type == frame.ORDER and row.a == ORDER_TIME


def grouped(at, row, badge, wait_ms):
    """Note that one frame to all carries the call `row` first; after `wait_ms` it goes alone."""
    values = {"tries": row.tries + 1, "due_ms": at.now_ms + wait_ms}
    at.note(row.alarm, "sent_to_badge", badge.name, "call to the group", brief=False)
    at.db.execute(update(DOWNLINKS).where(DOWNLINKS.c.id == row.id).values(**values))


def sent(at, row, badge, counter):
    """Note that `row` was tried, under `counter` if it could be sent, and when it is due again."""
    values = {"tries": row.tries + 1, "due_ms": at.now_ms + REPEAT_MS[min(row.tries, len(REPEAT_MS) - 1)]}
    if counter is not None:
        kept = row.counters
        if len(kept) > _COUNTERS_MOST:
            kept = " " + kept[-_COUNTERS_MOST:].split(" ", 1)[1]
        values["counters"] = f"{kept}{counter} "
        if row.alarm and not row.tries:
            at.note(row.alarm, "sent_to_badge", badge.name, NAMES[row.type], brief=False)
    at.db.execute(update(DOWNLINKS).where(DOWNLINKS.c.id == row.id).values(**values))
