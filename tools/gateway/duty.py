"""Who is on duty and within call, and who is alone? Read from heartbeats, and ordered from the board.

A badge is within call when it was heard within three heartbeats, is on duty and is worn, and its wearer is in no alarm.
Whose badge is on duty while nobody else of the group is within call is alone, and is told so: the rule of a colleague
always within call, watched.
Who was heard last through a bridge may beat more seldom than its pairing says, since LoRa stands in for Wi-Fi then.
"""

import heapq
from collections.abc import Container, Sequence
from typing import Any

from firmware import codes
from firmware.limits import METERED_BEAT_MS
from tools.gateway import device_checks, downlinks, enumerations, troubles
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction
from tools.gateway.enumerations import MODES

BEATS = 3  # a badge that misses as many is silent
ARRIVING_MS = 60_000  # who comes on duty first in the morning is not called alone while the others come in
PAUSE_MINUTES_MOST = 120
PRACTICE_MINUTES_MOST = 10
_ORDERED = {codes.MODE_PAUSED: codes.ORDER_PAUSE, codes.MODE_OFF: codes.ORDER_OFF,
            codes.MODE_PRACTICE: codes.ORDER_PRACTICE}  # a badge comes into these by order alone
ON_DUTY = (codes.MODE_NOT_READY, codes.MODE_READY, codes.MODE_PRACTICE, codes.MODE_TESTING)
# what is ordered at the board or wished for by a wearer
ORDERS = {code: name for code, name in enumerations.ORDERS.items() if name not in ("nothing", "time", "unknown")}


def heard(at: Transaction, badge: Badge) -> bool:
    """Return whether the badge was heard within three heartbeats; a gateway that just began believes it was."""
    if badge.heard_ms is None:
        return False
    return max(badge.heard_ms, at.began_ms) > at.now_ms - BEATS * beat_ms(at, badge)


def beat_ms(at: Transaction, badge: Badge) -> int:
    """Return how far apart the badge beats, at most: over LoRa no badge need beat more often than METERED_BEAT_MS."""
    ms = badge.beat_ms or at.heartbeat_ms
    return max(ms, METERED_BEAT_MS) if badge.on_bridge else ms


def alarmed(at: Transaction) -> set[int]:
    """Return the pairings of those who are in an open alarm of their own: they are no help to others."""
    there = at.alarms.by("open", True)
    return {row.pairing for row in there if row.phase == codes.WHAT_RAISED and not row.practice}


def within_call(at: Transaction, badge: Badge, alarmed: Container[int] = ()) -> bool:
    """Return whether the wearer can be called and come. alarmed: what alarmed() has returned."""
    on = badge.mode in ON_DUTY and not badge.faults & codes.FAULT_NOT_WORN
    return on and badge.pairing not in alarmed and heard(at, badge)


def is_help(at: Transaction, badge: Badge, alarmed: Container[int] = ()) -> bool:
    """Return whether others can count on the wearer: she is within call, and her badge does not say that it hears
    nobody.

    So says a heartbeat, too, that was kept off the air for some beats. She is called all the same: it may hear by now.
    """
    return within_call(at, badge, alarmed) and not badge.faults & codes.FAULT_NO_GATEWAY


def can_be_called(at: Transaction, badge: Badge, alarmed: Container[int] = ()) -> bool:
    """Return whether it makes any sense to call the badge: it is heard, and its wearer has not gone home."""
    on = badge.mode in (*ON_DUTY, codes.MODE_PAUSED)
    return on and badge.pairing not in alarmed and heard(at, badge)


def tested(badge: Badge) -> bool:
    """Return whether the badge has passed the test of its shift."""
    return badge.mode == codes.MODE_READY


def heartbeat(at: Transaction, badge: Badge, state: int, mode: int, colour: int, battery: int, faults: int) -> None:
    """Take what a heartbeat says."""
    values: dict[str, Any] = {"state": state, "mode": mode, "colour": colour, "battery": battery, "faults": faults}
    values["heartbeat_ms"] = at.now_ms
    if mode != badge.mode:
        values["mode_ms"] = at.now_ms
        if mode in _ORDERED:
            downlinks.done(at, badge, _ORDERED[mode], at.now_ms)
        if mode == codes.MODE_TESTING:
            downlinks.done(at, badge, codes.ORDER_TEST, at.now_ms, lambda _: True)
        note(at, badge.pairing, "mode", badge.name, MODES[mode])
        timed = (codes.MODE_PAUSED, codes.MODE_PRACTICE)
        if badge.mode in timed and mode not in timed:
            values["until_ms"] = None
    values["untested_ms"] = badge.untested_ms or at.now_ms if mode == codes.MODE_NOT_READY else None
    if colour != badge.colour:
        downlinks.done(at, badge, codes.ORDER_VISIT, at.now_ms, lambda value: value >> 14 == colour)
    if faults != badge.faults:
        troubles.faults(at, badge, faults)
    if faults & ~badge.faults & codes.FAULT_CRASHED:
        values["alone"] = None  # it may have forgotten what it was told
    at.badges.put(badge.pairing, **values)


def note(at: Transaction, pairing: int, act: str, who: str, detail: str = "") -> bool:
    """Put who did what to a badge in the audit trail; return True."""
    at.acts.add(at_ms=at.now_ms, pairing=pairing, act=act, who=who, detail=detail)
    return True


def order(at: Transaction, badge: Badge, what: int, value: int, by: str) -> bool:
    """Order the badge to do `what` with `value`, on the word of `by`; both must be right already. Return True."""
    downlinks.order(at, badge.device, what, value, by)
    return note(at, badge.pairing, f"ordered_{ORDERS[what]}", by, str(value))


def _timed(at: Transaction, badge: Badge, what: int, minutes: int, by: str) -> bool:
    at.badges.put(badge.pairing, until_ms=at.now_ms + minutes * 60_000 if minutes else None)
    return order(at, badge, what, minutes, by)


def pause(at: Transaction, badge: Badge, minutes: int, by: str) -> bool:
    """Order a pause of `minutes` (0: it is over); the badge ends it by itself, and the gateway says so once more."""
    return _timed(at, badge, codes.ORDER_PAUSE, min(minutes, PAUSE_MINUTES_MOST), by)


def practice(at: Transaction, badge: Badge, minutes: int, by: str) -> bool:
    """Order practice for `minutes` (0: it is over)."""
    return _timed(at, badge, codes.ORDER_PRACTICE, min(minutes, PRACTICE_MINUTES_MOST), by)


class Presence:
    """Who is within call, and when something is due about each badge, as of the last look."""

    def __init__(self, at: Transaction):
        self.here: dict[str, set[int]] = {}  # team: pairings of those within call, alarmed or not
        self.team: dict[int, str] = {}  # pairing: the team in which it is here
        self.due: list[tuple[int, int]] = []  # heap of (ms, pairing)
        self.next: dict[int, int] = {}  # pairing: which of those counts
        self.needing: set[int] = set()  # who was in an alarm
        self.arriving: dict[str, set[int]] = {}  # team: pairings of those who are alone and are not told so yet
        self.waits: tuple[set[str], set[int]] = (set(), set())  # to be judged when all were heard
        seen = [row for row in at.badges.rows.values() if row.revoked_ms is None and row.heard_ms is not None]
        self.unheard = [row.pairing for row in seen if (row.heard_ms or 0) < at.began_ms]
        self.slowest_ms = max((beat_ms(at, row) for row in seen), default=at.heartbeat_ms)
        self.fresh = {row.pairing for row in seen}
        for team in {row.team for row in seen}:
            at.badges.keys("team", team)  # sorted before an alarm waits for it

    def move(self, pairing: int, team: str | None) -> Sequence[str]:
        """The badge is here in `team`, or not (None); return the teams that this changes."""
        before = self.team.get(pairing)
        if before == team:
            return ()
        if before is not None:
            self.here[before].discard(pairing)
        if team is None:
            del self.team[pairing]
        else:
            self.team[pairing] = team
            self.here.setdefault(team, set()).add(pairing)
        return [one for one in (before, team) if one is not None]

    def plan(self, pairing: int, ms: int) -> None:
        """Look at the badge again at `ms`, if not before."""
        if ms < self.next.get(pairing, ms + 1):
            self.next[pairing] = ms
            heapq.heappush(self.due, (ms, pairing))

    def late(self, now_ms: int) -> set[int]:
        """Return the badges to be looked at now."""
        found = set()
        while self.due and self.due[0][0] <= now_ms:
            ms, pairing = heapq.heappop(self.due)
            if self.next.get(pairing) == ms:
                del self.next[pairing]
                found.add(pairing)
        return found

    def all_heard(self, at: Transaction) -> bool:
        """Return whether all have been heard since this gateway listens."""
        while self.unheard:
            badge = at.badges.get(self.unheard[-1])
            if badge is not None and badge.revoked_ms is None and (badge.heard_ms or at.began_ms) < at.began_ms:
                return False
            self.unheard.pop()
        return True


def look(at: Transaction) -> None:
    """See what time has changed: silence, the end of pauses, missed tests, who is alone.

    Only badges are looked at that have changed, or of which something is due, however many there are.
    """
    there = at.house.presence = at.house.presence or Presence(at)
    at.house.looked = True
    touched, at.badges.touched = at.badges.touched, set()
    touched |= there.late(at.now_ms) | there.fresh
    there.fresh = set()
    teams, judged = there.waits
    for pairing in sorted(touched):
        badge = at.badges.get(pairing)
        team = None
        if badge is not None and badge.revoked_ms is None and badge.heard_ms is not None:
            badge = _due(at, there, badge, badge.heard_ms)
            judged.add(pairing)
            team = badge.team if is_help(at, badge) else None
        teams.update(there.move(pairing, team))
    needing = alarmed(at)  # each of them is here, and is no help to the others
    for pairing in needing ^ there.needing:
        if pairing in there.team:
            teams.add(there.team[pairing])
            judged.add(pairing)
    there.needing = needing
    if at.now_ms - at.began_ms >= BEATS * there.slowest_ms or there.all_heard(at):
        there.waits = (set(), set())
        _alone(at, there, teams, judged)


def _due(at: Transaction, there: Presence, badge: Badge, heard_ms: int) -> Badge:
    """Do what is due about one badge, and plan when something is due next; return its row."""
    heard_until_ms = max(heard_ms, at.began_ms) + BEATS * beat_ms(at, badge)
    is_heard = at.now_ms < heard_until_ms
    there.slowest_ms = max(there.slowest_ms, beat_ms(at, badge))
    if not is_heard and badge.mode != codes.MODE_OFF and not badge.silent:
        at.badges.put(badge.pairing, silent=True, alone=None)
        troubles.mark(at, badge.pairing, "silent", True)
    if badge.until_ms is not None and badge.until_ms <= at.now_ms:
        at.badges.put(badge.pairing, until_ms=None)
        ends = codes.ORDER_PRACTICE if badge.mode == codes.MODE_PRACTICE else codes.ORDER_PAUSE
        order(at, badge, ends, 0, "gateway")
    if badge.untested_ms is not None and is_heard:
        device_checks.overdue(at, badge)
    badge = at.badges[badge.pairing]
    times = [heard_until_ms] if is_heard else []
    times += [badge.until_ms] if badge.until_ms is not None else []
    times += [badge.untested_ms + device_checks.GRACE_MS] if badge.untested_ms is not None and is_heard else []
    for ms in times:
        there.plan(badge.pairing, ms)
    return badge


def _alone(at: Transaction, there: Presence, teams: set[str], judged: set[int]) -> None:
    """Say who is alone and who no longer is: the badges `judged`, and whom a change in one of `teams` concerns."""
    helpers = {}
    for team in teams | {there.team[pairing] for pairing in judged if pairing in there.team}:
        here = there.here.get(team, set())
        needing = {pairing for pairing in there.needing if pairing in here}
        helpers[team] = len(here) - len(needing)
        judged |= needing
        judged |= here if len(here) <= len(needing) + 1 else set()
        judged.update(at.badges.keys("lonely", team), there.arriving.pop(team, ()))
    for pairing in sorted(judged):
        badge = at.badges.get(pairing)
        if badge is None or badge.revoked_ms is not None:
            continue
        alone = None
        if pairing in there.team:
            alone = helpers[there.team[pairing]] == (pairing not in there.needing)
        mode_ms = badge.mode_ms or 0
        if alone and badge.alone is None and at.now_ms - mode_ms < ARRIVING_MS:
            there.plan(pairing, mode_ms + ARRIVING_MS)
            there.arriving.setdefault(badge.team, set()).add(pairing)
            alone = None
        if alone == badge.alone:
            continue
        at.badges.put(pairing, alone=alone)
        # a group of one has nobody who could be missing; and who was never told needs no all-clear
        if alone is None or (not alone and not badge.alone) or at.badges.count("team", badge.team) < 2:
            continue
        order(at, badge, codes.ORDER_ALONE, 1 if alone else 0, "gateway")
