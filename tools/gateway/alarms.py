"""How far has each alarm come, and what is due about it? Frames, people and time move it; nothing else does.

    received ─► taken ─► closed        a person takes, a person closes
        │  ▲       │
        ▼  │       └─ nobody has arrived in 3 min: the plan's next step
    unanswered ◄───── every responder has withdrawn

This file takes what badges say; people.py what people say; deadlines.py what time says. An alarm that was once real
never becomes practice, and one that was once raised is closed by a person only. Its kind only rises, as on the badge:
one whose flash refused the graver word, and whose power went, goes on with a lesser one that it had kept.

Of two frames the one with the higher uplink counter is newer; the revision, four bits long, only tells one content from
the next. What is acked is what stands in the database after the transaction, or less than that, and nothing else.
"""

from typing import NamedTuple

from firmware.alarm.alarm import RANKS
from firmware.codes import (
    ORDER_PRACTICE, RELIEVED, SAFE, STEP_CLOSED, STEP_RECEIVED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from tools.gateway import deadlines, downlinks, duty, escalation, people, plans, restore_guard, visits
from tools.gateway.core.rows import Alarm, Badge
from tools.gateway.core.transaction import Transaction
from tools.gateway.places import sightings
from tools.gateway.responders import coming

KNOWN_MS = 60_000  # an open alarm is sent again every 20 s: so long after it began a gateway knows each
# Who keeps still is asked 48 s later, and a heartbeat that was made before is tried for 25 s: what comes later knows of
# the question.
ASKED_MS = 75_000
_TOLD = {WHAT_RAISED: "received", WHAT_PRE_ALARM: "pre_alarm", WHAT_CANCELLED: "cancelled"}


class Said(NamedTuple):
    """What an ALARM frame says."""

    alarm_id: int
    kind: int
    what: int
    practice: bool
    revision: int
    age_s: int
    state: int = SAFE  # of the alarm on the badge; older badges do not say it


def frame(at: Transaction, badge: Badge, said: Said, counter: int) -> bool:
    """Take an ALARM frame sent under the uplink `counter`; return whether what it says is what is stored by now.

    Whatever is older only goes on the record; so does what would take an alarm back. What is repeated is counted.
    """
    key = (badge.pairing, said.alarm_id)
    row = at.alarms.one("said", key)
    text = f"{plans.KINDS[said.kind]} {_TOLD[said.what]}, revision {said.revision}, {said.age_s} s old"
    if row is not None and row.unverified and not badge.unverified:
        at.alarms.put(row.id, unverified=False)
        at.note(row.id, "counter_verified", badge.name)
    if row is None:
        _newer(at, badge, None, said, counter, text)
    else:
        newest = -1 if row.uplink_counter is None else row.uplink_counter  # an older version has stored it
        again = _same(row, said, counter)
        if counter > newest and not again and not _takes_back(row, said):
            if row.status == STEP_CLOSED and row.phase == WHAT_RAISED and said.what == WHAT_CANCELLED:
                # a person has closed what was raised: it stays that on the record, and no badge need say this again
                at.alarms.put(row.id, badge_phase=said.what, revision=said.revision, uplink_counter=counter)
                at.note(row.id, "frame", badge.name, text, brief=False)
            else:
                _newer(at, badge, row, said, counter, text)
        else:
            if not again or counter <= newest:
                at.note(row.id, "frame", badge.name, text, brief=False)
            else:  # it calls on, every 20 s
                at.alarms.put(row.id, uplink_counter=counter, repeats=row.repeats + 1, repeated_ms=at.now_ms)
                if row.status == STEP_CLOSED and said.what == WHAT_RAISED:
                    downlinks.step(at, row, STEP_CLOSED, 0)
                people.reconcile(at, row, said.state)
    return _same(at.alarms.the("said", key), said, counter)


def _same(row: Alarm, said: Said, counter: int) -> bool:
    # an alarm that was real stays so, and is then more than what an older or odd frame says of practice
    real = said.practice or not row.practice
    late = row.phase == WHAT_RAISED and _said(row) == WHAT_CANCELLED  # a no to what was closed: of whatever kind
    less = counter >= (row.uplink_counter or 0) and _kind(row, said) == row.kind  # nothing newer has been said
    return real and (late or less or row.kind == said.kind) and (_said(row), row.revision) == (said.what, said.revision)


def _kind(row: Alarm | None, said: Said) -> int:
    # what was never raised is of any kind, and so is a question that this gateway alone has made an alarm of
    if row is None or row.received_ms is None or (row.phase, _said(row)) == (WHAT_RAISED, WHAT_PRE_ALARM):
        return said.kind
    return max(row.kind, said.kind, key=RANKS.__getitem__)


def _said(row: Alarm) -> int:
    return row.phase if row.badge_phase is None else row.badge_phase


def _takes_back(row: Alarm, said: Said) -> bool:
    # no badge of ours says so, and no gateway may depend on that
    return _said(row) == WHAT_RAISED and row.status != STEP_CLOSED and said.what != WHAT_RAISED


def _newer(at: Transaction, badge: Badge, row: Alarm | None, said: Said, counter: int, text: str) -> None:
    kind = _kind(row, said)
    news = {"kind": kind, "phase": said.what, "revision": said.revision, "status": STEP_RECEIVED}
    news |= dict.fromkeys(("taken_by", "arrived_ms", "lost_ms", "closed_ms", "due_ms", "unanswered_ms"))
    news["practice"] = said.practice and (row is None or row.practice)
    news |= {"badge_phase": said.what, "content_counter": counter, "uplink_counter": counter}
    if row is None:
        visit = visits.present(at, badge.pairing)
        news |= {"since_ms": at.now_ms - said.age_s * 1000, "colour": badge.colour}
        if visit and visit.colour is not None:  # else a bit has flipped in it
            news["colour"] = visit.colour
        news |= {"unverified": badge.unverified, "wearer": badge.name}
        alarm = at.alarms.add(pairing=badge.pairing, alarm_id=said.alarm_id, **news).id
        if said.practice:
            downlinks.done(at, badge, ORDER_PRACTICE, news["since_ms"])
        if visit is not None:
            sightings.carry(at, alarm, badge, visit.place, visit.began_ms)
    else:
        alarm = row.id
        at.alarms.put(alarm, **news)
        downlinks.forget(at, alarm)  # what was decided about the older revision is no longer told
        escalation.end(at, row)
    at.note(alarm, "frame", badge.name, text, brief=False)
    at.note(alarm, _TOLD[said.what], f"{badge.name}: {plans.KINDS[kind]}")
    if said.what == WHAT_CANCELLED:
        _called_off(at, alarm)
    elif said.what == WHAT_RAISED:
        if not news["practice"]:
            _needs_help(at, badge)
            downlinks.practise_no_more(at, badge)
        people.carry(at, row, alarm)
        deadlines.begin(at, alarm, badge)


def _called_off(at: Transaction, alarm: int) -> None:
    at.alarms.put(alarm, status=STEP_CLOSED, closed_ms=at.now_ms)
    downlinks.stand_down(at, at.alarms[alarm])


def reconcile(at: Transaction, badge: Badge, state: int) -> None:
    """A heartbeat shows what the wearer is asked: a question is over here too, if another gateway alone, or the
    database that this one had before, has heard so.
    """
    for row in at.alarms.by("mine", badge.pairing) if state in (SAFE, RELIEVED) else ():
        asks = row.status != STEP_CLOSED and row.phase == WHAT_PRE_ALARM
        if asks and abs(at.now_ms - row.since_ms) >= ASKED_MS:  # the clock may have been set since
            at.alarms.put(row.id, phase=WHAT_CANCELLED)
            at.note(row.id, "cancelled", f"{badge.name}: {plans.KINDS[row.kind]}")
            _called_off(at, row.id)


def said_by(at: Transaction, caller: int, alarm_id: int) -> Alarm | None:
    """Return the alarm that the badge with the number `caller` calls so, or None."""
    theirs = at.badges.one("device", caller)
    return theirs and at.alarms.one("said", (theirs.pairing, alarm_id))


def answer(at: Transaction, badge: Badge, caller: int, alarm_id: int) -> bool | None:
    """A colleague's badge says "I am coming" to the alarm of device `caller`.

    Return True if it counts, and None if there is no such alarm yet. False, and she is stood down, if there is none
    though all are known by now, and if she is in an alarm of her own: an ack would tell her that she is counted on.
    False, too, while nobody knows whether she says so now.
    """
    row = said_by(at, caller, alarm_id)
    if row is None:
        if at.now_ms - at.began_ms < KNOWN_MS:
            return None
        downlinks.stand_down_stranger(at, badge.device, caller, alarm_id)
        return False
    if row.status != STEP_CLOSED and not restore_guard.speaks_now(at, badge, row.received_ms):
        return False
    if badge.pairing in duty.alarmed(at):
        at.note(row.id, "needs_help", badge.name, brief=False)
        downlinks.stand_down_stranger(at, badge.device, caller, alarm_id)
        return False
    downlinks.call_arrived(at, badge, row)
    fresh = row.status != STEP_CLOSED and not any(each.who == badge.name for each in coming(at, row))
    at.note(row.id, "answered", badge.name, brief=fresh)
    people.take(at, row, badge.name, badge.device)
    return True


def _needs_help(at: Transaction, badge: Badge) -> None:
    # who needs help herself comes to nobody, whether she has said so by her badge or at the board
    to = [one.alarm for one in at.responders.by("who", badge.name) if one.withdrew_ms is None]
    for row in [at.alarms[alarm] for alarm in sorted(set(to))]:
        if row.status != STEP_CLOSED:
            people.withdraw(at, row, badge.name, "gateway")


def found(at: Transaction, badge: Badge) -> None:
    """The badge is heard: none of its alarms is lost any more."""
    for row in at.alarms.by("mine", badge.pairing):
        if row.lost_ms is not None:
            at.note(row.id, "found", badge.name)
            at.alarms.put(row.id, lost_ms=None)
