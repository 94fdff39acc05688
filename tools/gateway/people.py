"""Who comes to an alarm, and who says that it is over? Only people move these: at the board, or with their own badge.

The first who comes has taken it; more may come; whoever withdraws makes the next one the first. With nobody left it is
unanswered again, and the plan goes on.
"""


from firmware.alarm.alarm import RANKS
from firmware.codes import CALLING, STEP_CLOSED, STEP_TAKEN, STEP_UNANSWERED, TAKEN, WHAT_RAISED
from tools.gateway import downlinks, escalation, plans
from tools.gateway.core.rows import Alarm
from tools.gateway.core.transaction import Transaction
from tools.gateway.responders import coming, word

PRACTICE_CLOSED_MS = 5_000  # after it was taken


def live(row: Alarm) -> bool:
    """Return whether somebody is to come: it is raised and not closed."""
    return row.status != STEP_CLOSED and row.phase == WHAT_RAISED


def take(at: Transaction, row: Alarm, who: str, device: int | None = None) -> bool:
    """`who` comes, the first or one more; return False if it is over, or `who` comes already."""
    if not live(row) or any(each.who == who for each in coming(at, row)):
        return False
    values = {"alarm": row.id, "revision": word(row), "who": who, "device": device}
    at.responders.add(at_ms=at.now_ms, **values)
    if row.status == STEP_TAKEN:
        at.note(row.id, "second", who)
        return True
    due_ms = at.now_ms + (PRACTICE_CLOSED_MS if row.practice else plans.ARRIVE_S * 1000)
    at.alarms.put(row.id, status=STEP_TAKEN, taken_by=who, taken_ms=row.taken_ms or at.now_ms, due_ms=due_ms,
                  unanswered_ms=None)
    at.note(row.id, "taken", who)
    downlinks.step(at, row, STEP_TAKEN, device)
    return True


def reconcile(at: Transaction, row: Alarm, state: int) -> None:
    """The badge says which `state` its alarm is in: who has lost her power may have lost whether somebody comes."""
    comes = row.status == STEP_TAKEN
    if state >= CALLING and live(row) and comes != (state == TAKEN) and (comes or row.status == STEP_UNANSWERED):
        downlinks.step_again(at, row)


def carry(at: Transaction, before: Alarm | None, alarm: int) -> None:
    """The alarm has been raised once more, and was the row `before`, or None: who is on the way to as grave a cause
    has said so of this one too. Who has arrived has not: more help is wanted."""
    if before is None or before.practice or not live(before):
        return
    row = at.alarms[alarm]
    if RANKS[row.kind] > RANKS[before.kind]:
        return
    for one in coming(at, before):
        if not one.arrived_ms:
            take(at, row, one.who, one.device)
            row = at.alarms[alarm]


def withdraw(at: Transaction, row: Alarm, who: str, by: str) -> bool:
    """`who` does not come after all, says `by`; return False if `who` was not coming. The next one is then first."""
    before = coming(at, row)
    left = [each for each in before if each.who != who]
    if not live(row) or len(left) == len(before):
        return False
    for each in before:
        if each.who == who:
            at.responders.put(each.id, withdrew_ms=at.now_ms)
    at.note(row.id, "withdrew", who, "" if who == by else f"says {by}")
    for device in {each.device for each in before if each.who == who and each.device}:
        downlinks.stand_down(at, row, device)  # so that it is felt if the badge is called again
    if left and left[0].id != before[0].id:
        at.alarms.put(row.id, taken_by=left[0].who)
        at.note(row.id, "taken", left[0].who)
        downlinks.step(at, row, STEP_TAKEN, left[0].device)
    if any(each.arrived_ms for each in left):
        return True
    if left:
        due_ms = at.now_ms + plans.ARRIVE_S * 1000
        at.alarms.put(row.id, arrived_ms=None, due_ms=min(row.due_ms or due_ms, due_ms))
        return True
    at.alarms.put(row.id, taken_by=None, arrived_ms=None, due_ms=at.now_ms)
    unanswered(at, row)
    return True


def arrive(at: Transaction, row: Alarm, who: str) -> bool:
    """`who` has arrived; return False if it is over or said already. Who arrives without a word before has come."""
    if not live(row):
        return False
    if not any(each.who == who for each in coming(at, row)):
        take(at, row, who)
    mine = [each for each in coming(at, row) if each.who == who]
    if mine[0].arrived_ms:
        return False
    at.responders.put(mine[0].id, arrived_ms=at.now_ms)
    due_ms = row.due_ms if row.practice else closing_ms(at, row)
    at.alarms.put(row.id, arrived_ms=row.arrived_ms or at.now_ms, due_ms=due_ms)
    at.note(row.id, "arrived", who)
    return True


def closing_ms(at: Transaction, row: Alarm) -> int | None:
    """Return when the alarm should be closed, now that somebody has come; None where the house has no such rule."""
    closed_s = (plans.begun(row.plan) or {}).get("closed_s")
    return at.now_ms + closed_s * 1000 if closed_s else None


def unneeded(at: Transaction, row: Alarm, who: str) -> bool:
    """Somebody says for the wearer that no help is needed: shown, and nothing else changes; False if it is over."""
    if not live(row):
        return False
    at.alarms.put(row.id, unneeded_by=who)
    at.note(row.id, "unneeded", who)
    return True


def close(at: Transaction, row: Alarm, who: str, outcome: str = "not said") -> bool:
    """A person closes it; return False if that is done already."""
    if row.status == STEP_CLOSED:
        return False
    at.alarms.put(row.id, status=STEP_CLOSED, due_ms=None, unanswered_ms=None, closed_ms=at.now_ms, outcome=outcome)
    at.note(row.id, "closed", who, "" if outcome == "not said" else outcome)
    downlinks.forget(at, row.id)
    downlinks.step(at, row, STEP_CLOSED, 0)
    downlinks.stand_down(at, row)
    escalation.end(at, row)
    if not row.practice and not at.checks.has("alarm", row.id):
        for item, due_ms in plans.left_to_do(at.house.plan, at.now_ms):
            at.checks.add(alarm=row.id, item=item, due_ms=due_ms)
    return True


def unanswered(at: Transaction, row: Alarm) -> None:
    """Nobody comes to the row: the wearer is told so."""
    at.alarms.put(row.id, status=STEP_UNANSWERED, unanswered_ms=None)
    at.note(row.id, "unanswered", "gateway")
    downlinks.step(at, row, STEP_UNANSWERED, 0)
