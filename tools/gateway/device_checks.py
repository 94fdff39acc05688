"""Has each badge been tested through to here, and which tests were missed?

A test is an ALARM frame of kind TEST, made by the badge only when its parts were really tried; it is stored and shown,
and is never an alarm. One is missed when a badge has been on duty without it for half an hour; then again each day.
"""

from firmware.codes import ORDER_TEST, PASSED_ALL
from tools.gateway import downlinks
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction

GRACE_MS = 30 * 60_000
DAY_MS = 24 * 3_600_000


def store(at: Transaction, badge: Badge, alarm_id: int, revision: int, passed: int, counter: int) -> bool:
    """Keep what a test frame, sent under the uplink `counter`, says; return whether that is what is stored by now."""
    row = at.tests.one("said", (badge.pairing, alarm_id))
    said = {"revision": revision, "passed": passed, "at_ms": at.now_ms, "uplink_counter": counter}
    if row is None:
        at.tests.add(pairing=badge.pairing, alarm_id=alarm_id, **said)
        downlinks.done(at, badge, ORDER_TEST, at.now_ms, lambda _: True)
    elif (row.revision, row.passed) != (revision, passed):
        if counter <= (row.uplink_counter or -1):
            return False
        at.tests.put(row.id, **said)
    if passed == PASSED_ALL and (row is None or row.passed != passed):
        at.badges.put(badge.pairing, tested_ms=at.now_ms)
    return True


def overdue(at: Transaction, badge: Badge) -> None:
    """The badge is on duty untested since badge.untested_ms: note a missed test when it is time."""
    if badge.untested_ms is None or at.now_ms - badge.untested_ms < GRACE_MS:
        return
    at.tests.add(pairing=badge.pairing, at_ms=at.now_ms, passed=0, missed=True)
    at.badges.put(badge.pairing, untested_ms=at.now_ms + DAY_MS - GRACE_MS)
