"""Does a badge speak now, or does somebody play back what it said long ago, or when this database was elsewhere?

After a database was put back (rollback.py) the counters of its badges are older than what they have sent, so a recorded
frame looks new. Until a badge has answered a challenge under this gateway's new sender number, which nobody can have
recorded, only alarms are taken from it, and they are marked: an alarm that may be real calls, whatever we doubt. All
else waits for its repetition, some hundred milliseconds later: a recorded wish would order a pause, a recorded answer
would tell a wearer that somebody comes.

The answer names the badge's present counter, and everything below is then refused. The mark of an alarm goes when the
badge, no longer doubted, says the same alarm again, as it does every 20 s; a played-back one keeps it.

What somebody has kept off the air is heard nowhere else, and so looks new whenever it is let through. "I am coming" and
a wish hold for HOLDS_MS: one that may be older is not taken, and its badge is challenged. What that says after its
answer was made after the challenge; and it says each word again until it is acked, so a true one comes some hundred
milliseconds later.
"""

from firmware.codes import KIND_TEST, ORDER_NOTHING
from firmware.link import frame
from tools.gateway import downlinks, troubles
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction

TROUBLE = "counter_unverified"
HOLDS_MS = 120_000


def may_say(at: Transaction, badge: Badge, buf: bytes) -> bool:
    """Return whether the opened frame in `buf` is taken from a badge in doubt; it is challenged in any case."""
    if buf[0] == frame.TOLD:
        return True
    challenge(at, badge.device)
    troubles.mark(at, badge.pairing, TROUBLE, True)
    return buf[0] == frame.ALARM and buf[11] >> 4 != KIND_TEST


def speaks_now(at: Transaction, badge: Badge, since_ms: int | None = None) -> bool:
    """Return whether the frame of `badge` that no newer one has overtaken was made within HOLDS_MS; else challenge it.

    since_ms: nobody could have said before then what it says.
    """
    if since_ms is not None and abs(at.now_ms - since_ms) <= HOLDS_MS:  # the clock may have been set since
        return True
    last = at.downlinks.one("order", (badge.device, ORDER_NOTHING))
    if last is not None and abs(at.now_ms - last.made_ms) > HOLDS_MS:
        last = None
    if last is not None and last.delivered_ms is not None:
        return True
    if last is None or last.settled:
        downlinks.order(at, badge.device, ORDER_NOTHING, 0, "gateway")
    return False


def challenge(at: Transaction, device: int) -> None:
    """Have the badge say that it is there, unless that is under way."""
    if not any(row.type == frame.ORDER and row.order_code == ORDER_NOTHING for row in at.downlinks.by("waits", device)):
        downlinks.order(at, device, ORDER_NOTHING, 0, "gateway")


def settle(at: Transaction, badge: Badge) -> None:
    """The badge has answered a downlink that this run sent."""
    at.badges.put(badge.pairing, unverified=False)
    troubles.mark(at, badge.pairing, TROUBLE, False)
