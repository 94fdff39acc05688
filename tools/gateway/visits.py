"""Who is on which visit, of what colour, until when? Started, prolonged and ended at the board or by the wearer's wish.

The colour is the house's own traffic light for the risk; only the colour and the check-in interval reach the badge. A
visit that lasts longer than was said is shown, and goes on: it is ended by a person.
"""

from firmware import codes
from tools.gateway import duty, plans, troubles
from tools.gateway.core.rows import Badge, Visit
from tools.gateway.core.transaction import Transaction

MINUTES_MOST = 720
_REPEAT_MS = 30_000  # a badge that shows another colour is told again as often
OVERDUE = "visit_overdue"


def present(at: Transaction, pairing: int) -> Visit | None:
    """Return the open visit of a badge, or None."""
    return at.visits.one("present", pairing)


def start(at: Transaction, badge: Badge, colour: int, minutes: int, by: str, place: str | None = None) -> bool:
    """Begin a visit of `colour` (GREEN, YELLOW, RED) for `minutes`, or without an end if 0; it ends the one before.

    place: where, as the visitor has said. Nobody sees it unless an alarm takes it along. Return True.
    """
    end(at, badge, by, tell=False)
    until_ms = at.now_ms + minutes * 60_000 if minutes else None
    values = {"pairing": badge.pairing, "colour": colour, "began_ms": at.now_ms, "began_by": by, "until_ms": until_ms}
    at.visits.add(**values, place=place)
    return _order(at, badge, colour, by)


def prolong(at: Transaction, badge: Badge, minutes: int, by: str) -> bool:
    """Let the visit last `minutes` from now; return False if there is none.

    The badge is told nothing: a colleague who prolongs must not put off a check-in that is due.
    """
    visit = present(at, badge.pairing)
    if visit is None:
        return False
    at.visits.put(visit.id, until_ms=at.now_ms + minutes * 60_000)
    troubles.mark(at, badge.pairing, OVERDUE, False)
    return duty.note(at, badge.pairing, "visit_prolonged", by, str(minutes))


def end(at: Transaction, badge: Badge, by: str, tell: bool = True) -> bool:
    """End the visit; return False if there is none."""
    visit = present(at, badge.pairing)
    if visit is None:
        return False
    at.visits.put(visit.id, ended_ms=at.now_ms, ended_by=by, place=None)
    troubles.mark(at, badge.pairing, OVERDUE, False)
    if tell:
        _order(at, badge, codes.NO_VISIT, by)
    return True


def _order(at: Transaction, badge: Badge, colour: int, by: str) -> bool:
    interval_s = at.house.plan["check_in_s"][plans.COLOURS[colour]] if colour else 0
    return duty.order(at, badge, codes.ORDER_VISIT, colour << 14 | interval_s, by)


def reconcile(at: Transaction, badge: Badge, colour: int) -> None:
    """A heartbeat shows `colour`: order what is true once more if it is another, unless that was ordered just now."""
    visit = present(at, badge.pairing)
    wanted = visit.colour if visit else codes.NO_VISIT
    if wanted == colour:
        return
    last = at.downlinks.one("order", (badge.device, codes.ORDER_VISIT))
    if last is None or at.now_ms - last.made_ms >= _REPEAT_MS:
        _order(at, badge, wanted, "gateway")


def look(at: Transaction) -> None:
    """Show the visits that last longer than was said, and end those of badges that are shut out: nobody else could."""
    for visit in at.visits:
        badge = at.badges[visit.pairing]
        if visit.ended_ms is None and badge.revoked_ms is not None:
            end(at, badge, "gateway", tell=False)
        elif visit.ended_ms is None and visit.until_ms is not None and visit.until_ms <= at.now_ms:
            troubles.mark(at, visit.pairing, OVERDUE, True)
