"""Who is on duty and within call, and who is alone? Read from heartbeats, and ordered from the board.

A badge is within call when it was heard within three heartbeats, is on duty and is worn, and its wearer is in no alarm.
Whose badge is on duty while nobody else of the group is within call is alone, and is told so: the rule of a colleague
always within call, watched.
Who was heard last through a bridge may beat more seldom than its pairing says, since LoRa stands in for Wi-Fi then.
"""

import json
from collections import Counter

from firmware import codes
from firmware.limits import METERED_BEAT_MS
from tools.gateway import downlinks, tests, troubles
from tools.gateway.core.transaction import BRIDGE

BEATS = 3  # a badge that misses as many is silent
ARRIVING_MS = 60_000  # who comes on duty first in the morning is not called alone while the others come in
PAUSE_MINUTES_MOST = 120
PRACTICE_MINUTES_MOST = 10
ON_DUTY = (codes.MODE_NOT_READY, codes.MODE_READY, codes.MODE_PRACTICE, codes.MODE_TESTING)
MODES = {
    codes.MODE_NOT_READY: "not_ready", codes.MODE_READY: "ready", codes.MODE_PAUSED: "paused",
    codes.MODE_CHARGING: "charging", codes.MODE_OFF: "off", codes.MODE_PRACTICE: "practice",
    codes.MODE_TESTING: "testing", codes.MODE_LIFEBOAT: "lifeboat",
}
ORDERS = {
    codes.ORDER_VISIT: "visit", codes.ORDER_PAUSE: "pause", codes.ORDER_OFF: "off",
    codes.ORDER_PRACTICE: "practice", codes.ORDER_TEST: "test", codes.ORDER_ALONE: "alone",
}


def heard(at, badge):
    """Return whether the badge was heard within three heartbeats; a gateway that just began believes it was."""
    if badge.heard_ms is None:
        return False
    return max(badge.heard_ms, at.began_ms) > at.now_ms - BEATS * beat_ms(at, badge)


def beat_ms(at, badge):
    """Return how far apart the badge beats, at most: over LoRa no badge need beat more often than METERED_BEAT_MS."""
    ms = badge.beat_ms or at.heartbeat_ms
    return max(ms, METERED_BEAT_MS) if json.loads(badge.address or "[0]")[0] == BRIDGE else ms


def alarmed(at):
    """Return the pairings of those who are in an open alarm of their own: they are no help to others."""
    there = at.alarms.by("open", True)
    return {row.pairing for row in there if row.what == codes.WHAT_RAISED and not row.practice}


def within_call(at, badge, alarmed=()):
    """Return whether the wearer can be called and come. alarmed: what alarmed() has returned."""
    on = badge.mode in ON_DUTY and not badge.faults & codes.FAULT_NOT_WORN
    return on and badge.pairing not in alarmed and heard(at, badge)


def can_be_called(at, badge, alarmed=()):
    """Return whether it makes any sense to call the badge: it is heard, and its wearer has not gone home."""
    on = badge.mode in (*ON_DUTY, codes.MODE_PAUSED)
    return on and badge.pairing not in alarmed and heard(at, badge)


def tested(badge):
    """Return whether the badge has passed the test of its shift."""
    return badge.mode == codes.MODE_READY


def heartbeat(at, badge, state, mode, colour, battery, faults):
    """Take what a heartbeat says."""
    values = {"state": state, "mode": mode, "colour": colour, "battery": battery, "faults": faults}
    values["heartbeat_ms"] = at.now_ms
    if mode != badge.mode:
        values["mode_ms"] = at.now_ms
        note(at, badge.pairing, "mode", badge.name, MODES[mode])
        timed = (codes.MODE_PAUSED, codes.MODE_PRACTICE)
        if badge.mode in timed and mode not in timed:
            values["until_ms"] = None
    values["untested_ms"] = badge.untested_ms or at.now_ms if mode == codes.MODE_NOT_READY else None
    if faults != badge.faults:
        troubles.faults(at, badge, faults)
    if faults & ~badge.faults & codes.FAULT_CRASHED:
        values["alone"] = None  # it may have forgotten what it was told
    at.badges.put(badge.pairing, **values)


def note(at, pairing, act, who, detail=""):
    """Put who did what to a badge in the audit trail."""
    at.acts.add(at_ms=at.now_ms, pairing=pairing, act=act, who=who, detail=detail)


def order(at, badge, what, value, by):
    """Order the badge to do `what` with `value`, on the word of `by`; both must be right already."""
    downlinks.order(at, badge.device, what, value, by)
    note(at, badge.pairing, f"ordered_{ORDERS[what]}", by, str(value))


def _timed(at, badge, what, minutes, by):
    until_ms = at.now_ms + minutes * 60_000 if minutes else None
    at.badges.put(badge.pairing, until_ms=until_ms)
    order(at, badge, what, minutes, by)


def pause(at, badge, minutes, by):
    """Order a pause of `minutes` (0: it is over); the badge ends it by itself, and the gateway says so once more."""
    _timed(at, badge, codes.ORDER_PAUSE, min(minutes, PAUSE_MINUTES_MOST), by)


def practice(at, badge, minutes, by):
    """Order practice for `minutes` (0: it is over)."""
    _timed(at, badge, codes.ORDER_PRACTICE, min(minutes, PRACTICE_MINUTES_MOST), by)


def off(at, badge, value, by):
    """Order the end of the shift (1) or its beginning (0)."""
    order(at, badge, codes.ORDER_OFF, value, by)


def test(at, badge, by):
    """Order a test."""
    order(at, badge, codes.ORDER_TEST, 0, by)


def look(at):
    """See what time has changed: silence, the end of pauses, missed tests, who is alone."""
    rows = [badge for badge in at.badges if badge.revoked_ms is None]
    for badge in rows:
        if badge.heard_ms is None:
            continue
        silent = not heard(at, badge) and badge.mode != codes.MODE_OFF
        if silent and not badge.silent:
            at.badges.put(badge.pairing, silent=True, alone=None)
            troubles.mark(at, badge.pairing, "silent", True)
        if badge.until_ms is not None and badge.until_ms <= at.now_ms:
            at.badges.put(badge.pairing, until_ms=None)
            ends = codes.ORDER_PRACTICE if badge.mode == codes.MODE_PRACTICE else codes.ORDER_PAUSE
            order(at, badge, ends, 0, "gateway")
        if badge.untested_ms is not None and heard(at, badge):
            tests.overdue(at, badge)
    slowest_ms = max((beat_ms(at, row) for row in rows if row.heard_ms is not None), default=at.heartbeat_ms)
    long_enough = at.now_ms - at.began_ms >= BEATS * slowest_ms
    if long_enough or all(_since(at, row) for row in rows if row.heard_ms is not None):
        _alone(at, rows)


def _since(at, badge):
    return badge.heard_ms >= at.began_ms


def _alone(at, rows):
    needing = alarmed(at)  # each of them is here, and is no help to the others
    here = {row.device for row in rows if within_call(at, row)}
    helpers = {row.device for row in rows if row.device in here and row.pairing not in needing}
    within = Counter(row.team for row in rows if row.device in helpers)
    for badge in rows:
        alone = within[badge.team] == (badge.device in helpers) if badge.device in here else None
        if alone and badge.alone is None and at.now_ms - badge.mode_ms < ARRIVING_MS:
            alone = None
        if alone == badge.alone:
            continue
        at.badges.put(badge.pairing, alone=alone)
        # a group of one has nobody who could be missing; and who was never told needs no all-clear
        if alone is None or (not alone and not badge.alone) or not _grouped(rows, badge):
            continue
        order(at, badge, codes.ORDER_ALONE, 1 if alone else 0, "gateway")


def _grouped(rows, badge):
    return any(other.team == badge.team and other is not badge for other in rows)
