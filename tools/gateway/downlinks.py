"""What must badges be told, and have they said that it arrived?

A downlink waits in the database and is repeated, under new counters, until the badge has TOLD that one of them arrived;
an order names its first counter from then on, so that it is carried out once.
A newer step of the same alarm, and a newer order of the same kind, replaces the older. An order that a badge has not
heard in ten minutes is given up: a pause that arrives an hour late would be a lie.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from firmware.alarm.alarm import RANKS
from firmware.codes import ORDER_PRACTICE, ORDER_TIME, ORDER_UPDATE, STEP_CLOSED, STEP_TAKEN
from firmware.limits import CALL_SLOTS
from firmware.link import frame
from firmware.link.downlink import OWN
from tools.gateway.core.memory import DUE_MS
from tools.gateway.core.rows import Alarm, Badge, Downlink, loaded
from tools.gateway.core.transaction import Transaction
from tools.gateway.enumerations import DOWNLINKS as NAMES

# A minute of quick tries; then a badge is out of reach or off, and is told as soon as it is heard again.
REPEAT_MS = (1000, 1000, 1000, 2000) + (5000,) * 11 + (10_000, 20_000, 40_000, 60_000)
PATIENT_MS = 5000
ORDER_GIVEN_UP_MS = 600_000
ASKED_GIVEN_UP_MS = 15_000  # a group's key, the time: the next heartbeat asks again, and a badge dozes after the last
_COUNTERS_MOST = 400  # letters: some thirty-five of the last counters
_FORGOTTEN_MS = 1500  # a heartbeat from before it was told may still be under way


def tell(at: Transaction, device: int, alarm: int | None, type: int, **fields: Any) -> Downlink:
    """Have `device` told what the fields of `type` say, due now; alarm: row number or None. Return the row."""
    return at.downlinks.add(device=device, alarm=alarm, type=type, made_ms=at.now_ms, due_ms=at.now_ms, **fields)


def step(at: Transaction, alarm: Alarm, step: int, responder: int | None) -> None:
    """Tell the wearer how far the world has come with the row `alarm`."""
    _drop(at, (row for row in at.downlinks.by("alarm", alarm.id) if row.type == frame.STEP))
    tell(at, at.badges[alarm.pairing].device, alarm.id, frame.STEP, alarm_id=alarm.alarm_id, status=step,
         responder=responder or 0)


def step_again(at: Transaction, alarm: Alarm) -> None:
    """Tell the wearer once more how far the world has come, if the badge was told, and has forgotten it since."""
    steps = [row for row in at.downlinks.by("alarm", alarm.id) if row.type == frame.STEP]
    last = max(steps, key=lambda row: row.id, default=None)
    if last is None or last.status != alarm.status or not last.settled or last.delivered_ms is None:
        return
    if abs(at.now_ms - last.delivered_ms) >= _FORGOTTEN_MS:  # the clock may have been set since
        step(at, alarm, last.status, last.responder)


def over(at: Transaction, device: int) -> None:
    """`device` says that it is in no alarm: after a restart it would refuse for ever to hear that one is closed."""
    waiting = at.downlinks.by("waits", device)
    _drop(at, [row for row in waiting if (row.type, row.status) == (frame.STEP, STEP_CLOSED)])


def call(at: Transaction, devices: Iterable[int], caller: int, alarm: Alarm) -> None:
    """Call the badges `devices` to the row `alarm` of the badge `caller`."""
    either = frame.CALL, frame.STAND_DOWN  # a stand-down under way must not end this call
    for device in devices:
        rows = [row for row in at.downlinks.by("whom", (alarm.id, device)) if row.type in either]
        before = max((row for row in rows if row.type == frame.CALL and row.kind == alarm.kind), default=None)
        _drop(at, (row for row in rows if row is not before))
        if before:  # an answer to what it was sent under before is no answer to this
            again = {"settled": False, "delivered_ms": None, "tries": 0, "counters": " ", "made_ms": at.now_ms}
            at.downlinks.put(before.id, **again, due_ms=at.now_ms, rounds=before.rounds + 1)
        else:
            tell(at, device, alarm.id, frame.CALL, caller=caller, alarm_id=alarm.alarm_id, kind=alarm.kind)


def stand_down(at: Transaction, alarm: Alarm, only: int | None = None) -> None:
    """Tell all whom the row `alarm` called, or one device only, that they need not come."""
    calls = {row.device: row for row in at.downlinks.by("alarm", alarm.id) if row.type == frame.CALL}
    for device, row in calls.items():
        if only in (None, device):
            tell(at, device, alarm.id, frame.STAND_DOWN, caller=row.caller, alarm_id=row.alarm_id)


def stand_down_stranger(at: Transaction, device: int, caller: int, alarm_id: int) -> None:
    """Tell `device` that there is nothing to come to, unless that is under way: it feels what nobody has sent."""
    waiting = at.downlinks.by("waits", device)
    if not any((row.type, row.caller, row.alarm_id) == (frame.STAND_DOWN, caller, alarm_id) for row in waiting):
        tell(at, device, None, frame.STAND_DOWN, caller=caller, alarm_id=alarm_id)


def group_key(at: Transaction, device: int, number: int) -> None:
    """Give `device` the group's key `number`, unless that is under way; an older one is no longer given."""
    given = [row for row in at.downlinks.by("waits", device) if row.type == frame.KEY and row.key_number != OWN]
    _drop(at, (row for row in given if row.key_number != number))
    if not any(row.key_number == number for row in given):
        tell(at, device, None, frame.KEY, key_number=number)


def order(at: Transaction, device: int, what: int, value: int, by: str) -> None:
    """Order `device` to do `what` (an ORDER_ word); an older order of the kind is no longer told."""
    _drop(at, at.downlinks.by("order", (device, what)))
    _refusals(at, device, what, None)
    tell(at, device, None, frame.ORDER, order_code=what, order_value=value, ordered_by=by)


def forget(at: Transaction, alarm: int) -> None:
    """Tell nothing more of what was decided about the alarm's row number `alarm`."""
    _drop(at, at.downlinks.by("alarm", alarm))


def _drop(at: Transaction, rows: Iterable[Downlink]) -> None:
    for row in rows:
        at.downlinks.put(row.id, settled=True)


def under(number: int, counter: int | str) -> str:
    """Return how `counters` names the counter of the gateway `number`: each sender has counters of its own."""
    return f"{number}.{counter}"


def _sent_under(at: Transaction, device: int, counter: str) -> list[Downlink]:
    sent = f" {counter} "
    return [row for row in at.downlinks.by("device", device) if row.delivered_ms is None and sent in row.counters]


def arrived(at: Transaction, badge: Badge, counter: str) -> bool:
    """The badge says that the downlink sent under `counter`, a text, has arrived; return whether there was one."""
    rows = _sent_under(at, badge.device, counter)
    for row in rows:
        _arrived(at, badge, row)
    return bool(rows)


def _arrived(at: Transaction, badge: Badge, row: Downlink) -> None:
    at.downlinks.put(row.id, settled=True, delivered_ms=at.now_ms)
    if row.alarm and not row.rounds:
        at.note(row.alarm, "arrived_at_badge", badge.name, f"{NAMES[row.type]}, {row.tries} sent", brief=False)
    if row.type == frame.KEY and row.key_number != OWN:
        at.badges.put(badge.pairing, group_key=row.key_number)
    if row.type == frame.STAND_DOWN and row.alarm:
        _room(at, badge, row)


def _room(at: Transaction, badge: Badge, ended: Downlink) -> None:
    # Whoever was called to more than a badge holds has forgotten some of it, or never felt it, and cannot say so. When
    # one is over she is called once more to the gravest of the others; what her badge knows is not felt anew by that.
    mine = at.downlinks.by("device", badge.device)
    over = {row.alarm for row in mine if row.type == frame.STAND_DOWN and row.made_ms >= ended.made_ms}
    calls = {row.alarm: row for row in mine if row.type == frame.CALL and row.alarm not in over and _open(at, row)}
    if len(over) + len(calls) > CALL_SLOTS:
        again = (row for row in calls.values() if row.delivered_ms is not None and not _coming(at, row))
        for row in sorted(again, key=lambda row: (-RANKS[row.kind or 0], row.id))[:CALL_SLOTS]:
            at.downlinks.put(row.id, settled=False, delivered_ms=None, due_ms=at.now_ms)


def _open(at: Transaction, row: Downlink) -> bool:
    alarm = at.alarms.get(row.alarm)
    return alarm is not None and alarm.status != STEP_CLOSED


def _coming(at: Transaction, row: Downlink) -> bool:
    return any(one.device == row.device for one in at.responders.by("alarm", row.alarm))


def _calls(at: Transaction, badge: Badge, alarm: Alarm) -> list[Downlink]:
    mine = at.downlinks.by("whom", (alarm.id, badge.device))
    return [row for row in mine if (row.type, row.kind) == (frame.CALL, alarm.kind)]


def call_arrived(at: Transaction, badge: Badge, alarm: Alarm) -> None:
    """The badge has answered the row `alarm`, so that it feels the call, whether or not it has said so."""
    for row in _calls(at, badge, alarm):
        if not row.settled:
            _arrived(at, badge, row)


def done(at: Transaction, badge: Badge, order: int, since_ms: int, fits: Callable[[Any], bool] = bool) -> None:
    """What the badge is since `since_ms`, `order` makes it: the order has arrived, though its answer was lost.

    fits(value): whether the order with that value makes it so.

    A power cut makes the badge forget it, and another gateway cannot name its first copy: it would be done once more.
    """
    for row in at.downlinks.by("order", (badge.device, order)):
        if not row.settled and fits(row.order_value) and row.counters != " " and row.made_ms < since_ms:
            _arrived(at, badge, row)


def practise_no_more(at: Transaction, badge: Badge) -> None:
    """The badge calls for real: an order to practise that it has not confirmed is given no more.

    A copy, of another gateway perhaps, would make its next emergency practice.
    """
    _drop(at, (row for row in at.downlinks.by("order", (badge.device, ORDER_PRACTICE)) if row.order_value))


def refused(at: Transaction, badge: Badge, counter: str, why: int) -> bool:
    """The badge says that the downlink sent under `counter` has arrived and is not done; return whether there was one.

    why: a WHY_ word, or one that only a newer badge knows.
    """
    rows = _sent_under(at, badge.device, counter)
    update = at.downlinks.one("order", (badge.device, ORDER_UPDATE))
    if not rows and update and f" {counter} " in update.counters:  # it had begun
        _refusals(at, badge.device, ORDER_UPDATE, [why, at.now_ms])
        return True
    for row in rows:
        at.downlinks.put(row.id, settled=True, delivered_ms=at.now_ms)
        if row.alarm:
            at.note(row.alarm, "refused_by_badge", badge.name, NAMES[row.type], brief=False)
        if row.type == frame.ORDER and row.order_code is not None and not row.settled:
            _refusals(at, badge.device, row.order_code, [why, at.now_ms])
    return bool(rows)


def _refusals(at: Transaction, device: int, order: int, said: list[int] | None) -> None:
    # the last order of a kind: a newer one takes its place, and is not refused yet
    badge = at.badges.one("device", device)
    if badge is None or not (badge.refused or said):
        return
    before = loaded(badge.refused, {})
    after = {key: value for key, value in before.items() if key != str(order)} | ({str(order): said} if said else {})
    if after != before:
        at.badges.put(badge.pairing, refused=json.dumps(after))


def confirm(at: Transaction, badge: Badge) -> None:
    """Call `badge` alone to what it says it feels and knows by the group's key only, which may be stolen: once each."""
    for row in at.downlinks.by("device", badge.device):
        sure = row.counters != " " or not row.settled or row.delivered_ms is None
        if row.type != frame.CALL or sure or at.alarms[row.alarm].status in (STEP_CLOSED, STEP_TAKEN):
            continue
        if not _coming(at, row):
            at.downlinks.put(row.id, settled=False, delivered_ms=None, due_ms=at.now_ms)


def felt(at: Transaction, badge: Badge, alarm: Alarm, caller: int) -> None:
    """The badge feels the call of the badge `caller` to the row `alarm`, though it was not called alone."""
    rows = _calls(at, badge, alarm)
    if not rows:  # whom nobody counted on: it is to be stood down with the others
        said = {"caller": caller, "alarm_id": alarm.alarm_id, "kind": alarm.kind}
        rows = [tell(at, badge.device, alarm.id, frame.CALL, **said)]
    for row in rows:
        if row.delivered_ms is None:
            _arrived(at, badge, row)


def hasten(at: Transaction, device: int, type: int) -> None:
    """`device` was heard in a frame of `type`, so it listens for a moment: what it has waited for long is due now.

    What only answers a downlink calls for none that was tried just before. Else a badge that has much to hear would
    call for all of it with each answer, faster than it can listen.
    """
    within_ms = 0 if type == frame.HEARTBEAT else PATIENT_MS
    answers = type in (frame.TOLD, frame.REFUSED, frame.CALLED)
    for row in at.downlinks.by("waits", device):
        tried_ms = row.due_ms - REPEAT_MS[min(row.tries - 1, len(REPEAT_MS) - 1)] if row.tries else 0
        if row.due_ms > at.now_ms + within_ms and not (answers and tried_ms > at.now_ms - PATIENT_MS):
            at.downlinks.put(row.id, due_ms=at.now_ms)


def due(at: Transaction, most: int, mine: Callable[[Badge], bool]) -> list[Downlink]:
    """Return up to `most` rows to send now, in order: of those in an alarm, what nobody was told yet, then the oldest.

    mine(badge): whether this gateway sends to it. Orders that are too old, and what is for a badge shut out, are given
    up.
    """
    rows: list[Downlink] = []
    for repeats, when in at.downlinks.values("due"):
        if when > at.now_ms // DUE_MS or len(rows) >= most:
            continue
        for row in at.downlinks.by("due", (repeats, when)):
            badge = at.badges.the("device", row.device)
            if row.due_ms <= at.now_ms and mine(badge):
                if badge.revoked_ms is not None or _in_vain(at, row):
                    _drop(at, [row])
                else:
                    rows.append(row)
    return rows[:most]


def _in_vain(at: Transaction, row: Downlink) -> bool:
    lasts_ms = ASKED_GIVEN_UP_MS if _asked(row) else ORDER_GIVEN_UP_MS if row.type == frame.ORDER else None
    return lasts_ms is not None and row.made_ms <= at.now_ms - lasts_ms


def _asked(row: Downlink) -> bool:
    if row.type == frame.KEY:
        return row.key_number != OWN
    return row.type == frame.ORDER and row.order_code == ORDER_TIME


def grouped(at: Transaction, row: Downlink, badge: Badge, wait_ms: int) -> None:
    """Note that one frame to all carries the call `row` first; after `wait_ms` it goes alone."""
    if row.alarm and not row.rounds:
        at.note(row.alarm, "sent_to_badge", badge.name, "call to the group", brief=False)
    at.downlinks.put(row.id, tries=row.tries + 1, due_ms=at.now_ms + wait_ms)


def first_counter(row: Downlink, number: int) -> int | None:
    """Return the counter under which the gateway `number` has sent `row` first, None before that."""
    own = under(number, "")
    mine = (one.removeprefix(own) for one in row.counters.split() if one.startswith(own))
    return next((int(one) for one in mine if one.isdecimal()), None)  # a bit may have flipped in one


def sent(at: Transaction, row: Downlink, badge: Badge, counter: str | None) -> None:
    """Note that `row` was tried, under `counter` if it could be sent, and when it is due again."""
    due_ms = at.now_ms + REPEAT_MS[min(row.tries, len(REPEAT_MS) - 1)]
    values: dict[str, Any] = {"tries": row.tries + 1, "due_ms": due_ms}
    if counter is not None:
        kept = row.counters
        if len(kept) > _COUNTERS_MOST:
            firsts: dict[str, str] = {}  # of each gateway: an order that it repeats names it
            for one in kept.split():
                firsts.setdefault(one.split(".")[0], one)
            kept = f" {' '.join(firsts.values())} " + kept[-_COUNTERS_MOST:].split(" ", 1)[1]
        values["counters"] = f"{kept}{counter} "
        if row.alarm and not row.tries and not row.rounds:
            at.note(row.alarm, "sent_to_badge", badge.name, NAMES[row.type], brief=False)
    at.downlinks.put(row.id, **values)
