"""How does a badge learn what time it is, and when was the minute that it tells of?

A badge asks in its heartbeats until it knows, and is told anew each day, since its crystal is off by seconds in as
long. It is told the minute at which the frame is made, however late that is. The minute goes round in 45 days, and
nothing but the time of a crash, for people to read, comes back in it (firmware/link/frame.py).
"""


from firmware.codes import ORDER_TIME, WANTS_TIME
from tools.gateway import downlinks
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_MINUTES = 0xFFFF
_AHEAD = 2  # minutes: two clocks in the same minute, and a frame between them


def minute(now_ms: int) -> int:
    """Return the house's minute, 1 .. 65535."""
    return now_ms // _MINUTE_MS % _MINUTES + 1


def heartbeat(at: Transaction, badge: Badge, faults: int) -> None:
    """Take the faults of a heartbeat; have the badge told the minute if it asks, or was told it a day ago."""
    last = at.downlinks.one("order", (badge.device, ORDER_TIME))
    if last is not None and not last.settled:
        return  # it is under way
    # a clock that was put back counts as a day, too
    if faults & WANTS_TIME or last is not None and not 0 <= at.now_ms - (last.delivered_ms or 0) < DAY_MS:
        downlinks.order(at, badge.device, ORDER_TIME, 0, "gateway")


def when_ms(told: int, now_ms: int) -> int | None:
    """Return when the minute `told` was, Unix ms to the minute; None if it is not known, or still to come."""
    ago = (minute(now_ms) - told) % _MINUTES
    if ago >= _MINUTES - _AHEAD:
        ago = 0
    if not told or ago >= _MINUTES // 2:
        return None
    return (now_ms // _MINUTE_MS - ago) * _MINUTE_MS
