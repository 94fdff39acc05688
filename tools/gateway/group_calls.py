"""How is a whole group called with one frame, and who has the key that it takes?

Thirty calls over LoRa, each with a preamble that wakes a dozing badge, are half a minute of air; one call to all is a
second. Badges with LoRa ask for their group's key in a heartbeat, and get it in a KEY of their own; each keeps it in
RAM only. `group_key` is the number of the key that a badge holds: none for a badge that never asked, 0 where it holds
none that is of use. A key's number is never used again, so a badge that was moved or left out has an old number, and
gets the present key at its next heartbeat.

A call goes to all at once where at least two badges on a bridge are to be called who hold one key, and nobody else who
holds it would be called by mistake. Whoever has not said CALLED after GROUP_MS is called alone, as if nothing had been.
Whoever was shut out has no key for what comes then: a revoked badge takes its group's key with it.

Who has stolen a badge can call the group too, until that is revoked. A badge prefers what was called to it alone, so it
is called alone to each alarm that it knows from the group's call: once, where that costs little, and at once when it
feels what nobody has called.
"""

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from firmware.codes import WANTS_GROUP
from firmware.link import frame
from firmware.link.downlink import OWN
from firmware.link.seal import KEY_BYTES
from tools.gateway import alarms, downlinks, duty, people
from tools.gateway.core.rows import Address, Badge, Downlink, GroupKey
from tools.gateway.core.transaction import Transaction

GROUP_MS = 4500  # a preamble of 1.1 s, 32 turns of 80 ms to say CALLED (firmware/link/uplink.py), and some patience
LEAST = 2


class GroupCall(NamedTuple):
    """One frame to send: under which key, what it says, and through which bridges ("bridge", number)."""

    number: int
    key: bytes
    caller: int
    alarm_id: int
    kind: int
    addresses: Sequence[Address]


def renew(at: Transaction, team: str) -> GroupKey:
    """From now on the group `team` has another key; return its row."""
    return at.group_keys.add(team=team, key=secrets.token_bytes(KEY_BYTES), made_ms=at.now_ms)


def heartbeat(at: Transaction, badge: Badge, faults: int) -> None:
    """Take the faults of a heartbeat; give the badge its group's key if it asks for it or has an old one."""
    holds = 0 if faults & WANTS_GROUP else badge.group_key
    if holds is None:
        return
    if holds != badge.group_key:
        at.badges.put(badge.pairing, group_key=holds)
    present = at.group_keys.one("team", badge.team) or renew(at, badge.team)
    if holds != present.number:
        downlinks.group_key(at, badge.device, present.number)


def shut_out(at: Transaction, badge: Badge) -> None:
    """The badge is revoked: if it may hold its group's key, the others get another."""
    if badge.group_key is not None:
        renew(at, badge.team)


def gather(at: Transaction, rows: Sequence[Downlink]) -> tuple[list[GroupCall], set[int]]:
    """Of the downlinks `rows` that are due, take the first calls that one frame can carry.

    Return ([GroupCall], ids of the rows taken); these are due again, alone, after GROUP_MS.
    """
    first = [row for row in rows if row.type == frame.CALL and not row.tries]
    if len(first) < LEAST:
        return [], set()
    alike: dict[tuple[Any, ...], list[Downlink]] = {}
    badges: dict[int, Badge] = {}
    for row in first:
        badge = badges[row.device] = at.badges.the("device", row.device)
        if badge.group_key and badge.on_bridge:
            alike.setdefault((row.alarm, row.caller, row.alarm_id, row.kind, badge.group_key), []).append(row)
    calls, taken = [], set()
    for (alarm, caller, alarm_id, kind, number), some in alike.items():
        team = badges[some[0].device].team
        present = at.group_keys.one("team", team)
        if len(some) < LEAST or present is None or present.number != number or _strangers(at, alarm, number):
            continue
        addresses = sorted({way for row in some if (way := badges[row.device].way)})
        calls.append(GroupCall(number, present.key, caller, alarm_id, kind, addresses))
        taken |= {row.id for row in some}
        for row in some:
            downlinks.grouped(at, row, badges[row.device], GROUP_MS)
    return calls, taken


def _strangers(at: Transaction, alarm: int, number: int) -> bool:
    # who would feel it, and was not called
    known = {row.device for row in at.downlinks.by("alarm", alarm) if row.type == frame.CALL}
    pairing = at.alarms[alarm].pairing
    alarmed = duty.alarmed(at)  # they let a call pass
    return any(
        badge.group_key == number and badge.device not in known and badge.pairing != pairing
        and badge.revoked_ms is None and duty.within_call(at, badge, alarmed)
        for badge in at.badges.by("group_key", number)
    )


def called(at: Transaction, badge: Badge, caller: int, alarm_id: int, kind: int, cheap: bool) -> bool:
    """The badge says that it feels a call of its group; return False if there is nothing to come to.

    It is then stood down: somebody else has the group's key, or the alarm is over by now. And it is called alone to
    what is true, which it then prefers. cheap: whether it is so in any case, since a frame to it costs little.
    """
    alarm = alarms.said_by(at, caller, alarm_id)
    if alarm is None or not people.live(alarm):
        downlinks.stand_down_stranger(at, badge.device, caller, alarm_id)
        downlinks.confirm(at, badge)
        return False
    if alarm.kind == kind:  # else it feels an older kind, and is still to be called to this one
        downlinks.felt(at, badge, alarm, caller)
    if cheap:
        downlinks.confirm(at, badge)
    return True


assert OWN == 0, "no group's key has the number that means a badge's own"
