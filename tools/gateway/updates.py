"""Which badge is updated over the air now, and how does it go? One at a time, and none after one that failed.

    waiting ─► ordered ─► runs ─► done           the next one only after this
       ▲          │         │
       └─ not now ┴─► failed ◄─┘                 and then all that wait are stopped

A badge is ordered to fetch its tree (firmware/board/update.py) when nobody relies on it: heard on Wi-Fi, on its charger
or off duty unless somebody has said "at work, too", with no alarm and no visit, and enough in its cell. It has done so
when its ABLE names the version, and is proven by the next heartbeat, which this gateway acks. A badge that says ABLE
with the version before has gone back.
"""

from firmware import codes
from firmware.limits import UPDATE_LEAST
from tools.gateway import duty, troubles
from tools.gateway.core.rows import Badge, Update, loaded
from tools.gateway.core.transaction import Transaction
from tools.gateway.enumerations import UPDATE_STATES

WAITING, ORDERED, RUNS, DONE, FAILED, STOPPED = UPDATE_STATES
CABLE, CHARGE, NOTHING = "cable", "charge", "nothing"  # what a badge needs before it can be updated
FAULT = "update_failed"
AGAIN_MS = 300_000  # after "not now"
GONE_BACK_MS = 90_000  # fetching takes longer: an ABLE within as long after the order is that of the same life
GIVEN_UP_MS = 3_600_000
_LATER = (codes.WHY_NOT_NOW, codes.WHY_CHARGE)
_NO_WHY = "0"


def version(badge: Badge) -> int:
    """Return the version of the sources that the badge runs, 0 where it has not said so."""
    return (badge.abilities or 0) >> codes.ABLE_TREE


def shown(number: int) -> str:
    """Return a version as people read it."""
    return f"{number:03x}"


def needs(badge: Badge) -> str:
    """Return CABLE, CHARGE or NOTHING."""
    if not (badge.abilities or 0) & codes.ABLE_UPDATES:
        return CABLE
    return CHARGE if badge.battery < UPDATE_LEAST else NOTHING


def add(at: Transaction, badge: Badge, number: int, at_work: int, by: str) -> bool:
    """Have `badge` updated to the version `number` in its turn; return False where it needs the cable, or has it.

    at_work: also while she is on duty.
    """
    stop(at, badge)
    if needs(badge) == CABLE or version(badge) == number:
        return False
    troubles.mark(at, badge.pairing, FAULT, False)
    at.updates.add(pairing=badge.pairing, version=number, state=WAITING, why="", at_work=bool(at_work), ordered_by=by,
                   at_ms=at.now_ms, due_ms=at.now_ms)
    return duty.note(at, badge.pairing, "update", by, shown(number))


def stop(at: Transaction, badge: Badge) -> bool:
    """Have `badge` updated no more, as far as it was not ordered yet; return whether it waited."""
    waiting = [row for row in at.updates.by("open", True) if row.pairing == badge.pairing and row.state == WAITING]
    for row in waiting:
        _now(at, row, STOPPED)
    return bool(waiting)


def _now(at: Transaction, row: Update, state: str, why: str = "") -> None:
    at.updates.put(row.id, state=state, why=why, at_ms=at.now_ms, due_ms=at.now_ms)


def look(at: Transaction) -> None:
    """See how the badge that is updated now does, or let the next one begin."""
    rows = at.updates.by("open", True)
    for row in rows:
        if row.state != WAITING:
            return _judge(at, row, at.badges[row.pairing])
    for row in rows:
        badge = at.badges[row.pairing]
        if badge.revoked_ms is not None:
            _now(at, row, STOPPED)
        elif row.due_ms <= at.now_ms and _can(at, badge, row):
            _now(at, row, ORDERED)
            value = row.version | (codes.AT_WORK if row.at_work else 0)
            duty.order(at, badge, codes.ORDER_UPDATE, value, row.ordered_by)
            return


def _can(at: Transaction, badge: Badge, row: Update) -> bool:
    """Return whether the badge may be ordered now: the badge looks for itself, too, and at every moment after."""
    apart = row.at_work or badge.mode in (codes.MODE_CHARGING, codes.MODE_OFF)
    way = not badge.on_bridge and badge.next_secret is None and not badge.unverified
    calm = badge.state == codes.SAFE and badge.colour == codes.NO_VISIT and not at.alarms.by("mine", badge.pairing)
    return apart and way and calm and needs(badge) == NOTHING and not badge.silent and duty.heard(at, badge)


def _judge(at: Transaction, row: Update, badge: Badge) -> None:
    if badge.revoked_ms is not None:
        return _now(at, row, STOPPED)
    if version(badge) == row.version:
        if row.state == ORDERED:
            _now(at, row, RUNS)
        elif (badge.heartbeat_ms or 0) > row.at_ms:
            _now(at, row, DONE)
        return None
    why, said_ms = loaded(badge.refused, {}).get(str(codes.ORDER_UPDATE), (0, 0))
    if said_ms >= row.at_ms and why in _LATER:
        at.updates.put(row.id, state=WAITING, why=str(why), due_ms=at.now_ms + AGAIN_MS)
    elif said_ms >= row.at_ms and why:
        _fail(at, row, str(why))
    elif at.now_ms - row.at_ms >= GIVEN_UP_MS:
        _fail(at, row, "silent" if badge.silent else _NO_WHY)
    return None


def able(at: Transaction, before: Badge, badge: Badge) -> None:
    """The badge has said in ABLE what it runs: after an order to update, with the version before, it has gone back.

    before: its row until now. Whoever runs something else by now, by whatever way, has nothing left that failed.
    """
    if version(before) != version(badge):
        troubles.mark(at, badge.pairing, FAULT, False)
    for row in at.updates.by("open", True):
        if row.pairing == badge.pairing and row.state != WAITING and version(badge) != row.version:
            order = at.downlinks.one("order", (badge.device, codes.ORDER_UPDATE))
            told_ms = order.delivered_ms if order else None
            if row.state == RUNS or told_ms is not None and at.now_ms - told_ms >= GONE_BACK_MS:
                _fail(at, row, "back")


def _fail(at: Transaction, row: Update, why: str) -> None:
    _now(at, row, FAILED, why)
    troubles.mark(at, row.pairing, FAULT, True)
    for other in at.updates.by("open", True):
        if other.state == WAITING:
            _now(at, other, STOPPED)
