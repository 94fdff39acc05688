"""What does an opened frame say, and what becomes of it? Its fields are handed to the room that they concern.

A badge in doubt (tools/gateway/restore_guard.py) may say little, a frame whose fields make no sense changes nothing,
and who was heard is heard: its silence is over.
"""

from collections.abc import Set
from typing import NamedTuple

from firmware import codes
from firmware.link import frame
from tools.gateway import (
    acts, alarms, crashes, device_checks, downlinks, duty, group_calls, house_time, people, restore_guard, troubles,
    updates, visits,
)
from tools.gateway.core.memory import House
from tools.gateway.core.rows import BRIDGE, Address, Badge
from tools.gateway.core.storage import Wanted
from tools.gateway.core.transaction import Transaction
from tools.gateway.places import sightings
from tools.gateway.plans import KINDS

WINDOW = 64
_ALL = (1 << WINDOW) - 1
_WILFUL = (codes.KIND_ASSIST, codes.KIND_EMERGENCY)
_OF_NOW = (frame.HEARTBEAT, frame.ANSWER, frame.WISH, frame.ABLE, frame.SIGHTING)
_ASKED = codes.WANTS_GROUP | codes.WANTS_TIME  # beside the faults of a heartbeat
NOTHING, STORED, ACKED = 0, 1, 2  # what came of a frame: an ack would say too much; it is stored; and gets an ack


class Heard(NamedTuple):
    """A frame that was opened: whose, under which counter, and its bytes without the seal.

    sealed: as it came, from `address`. renewed: it was sealed under the badge's next keys. beside: (bridge, dBm) of
    those that have heard a SIGHTING.
    """

    pairing: int
    counter: int
    buf: bytes
    sealed: bytes
    address: Address
    renewed: bool
    beside: tuple[tuple[int, int], ...] = ()


def window(badge: Badge, counter: int) -> int | None:
    """Return the badge's mask with `counter` in it, None if that was used already or is too old."""
    if counter < 0:
        return None
    try:
        mask = int(badge.replay_window, 16) & _ALL
    except ValueError:  # a bit has flipped in it: all that is not newer may have been used
        mask = _ALL
    ahead = counter - badge.uplink_counter
    if ahead > 0:
        return (mask << min(ahead, WINDOW) | 1) & _ALL
    if -ahead >= WINDOW or mask >> -ahead & 1:
        return None
    return mask | 1 << -ahead


def concerns(house: House, heard: list[Heard], want: Wanted) -> Wanted:
    """Add to `want` what these frames speak of, and return it."""
    for one in heard:
        type, buf = one.buf[0], one.buf
        if type == frame.ALARM:
            both = want.tested if buf[11] >> 4 == codes.KIND_TEST else want.said
            both.add((one.pairing, frame.get30(buf, 7)))
        elif type == frame.ANSWER or type == frame.CALLED:
            caller = house.badges.one("device", frame.get16(buf, 7))
            if caller is not None:
                want.said.add((caller.pairing, frame.get30(buf, 9)))
        elif type == frame.REPORT:
            want.crashed.add(one.pairing)
        elif type == frame.WISH:
            want.wished.add(one.pairing)
    return want


def take(tx: Transaction, badge: Badge, one: Heard, mask: int, address: str, number: int,
         others: Set[int]) -> tuple[int, str]:
    """Take a frame of `badge` as it stands now. number: this gateway's as a sender.

    others: of gateways beside it. mask: what window() has returned. address: as the table has it. Return (NOTHING,
    STORED or ACKED, why it is refused or "").
    """
    buf, counter = one.buf, one.counter
    believed = not badge.unverified or restore_guard.may_say(tx, badge, buf)
    stored = _believe(tx, badge, one, {number, *others}) if believed else None
    if believed and stored is None:
        return NOTHING, "content"
    if believed and badge.unverified and buf[0] == frame.TOLD:
        restore_guard.settle(tx, badge)
        mask = _ALL  # whatever it said before may have been recorded
    seen = {"uplink_counter": max(counter, badge.uplink_counter), "replay_window": f"{mask:x}", "address": address,
            "gateway": number}
    if not believed:
        tx.badges.put(badge.pairing, **seen)
        return NOTHING, "unverified"
    tx.badges.put(badge.pairing, **seen)
    if counter > badge.uplink_counter:  # else it tells of a time at which the badge had been heard since
        tx.badges.put(badge.pairing, heard_ms=tx.now_ms, silent=False)
        if badge.silent:
            troubles.mark(tx, badge.pairing, "silent", False)
        alarms.found(tx, badge)
    downlinks.hasten(tx, badge.device, buf[0])
    if not stored:
        return NOTHING, "no alarm" if buf[0] == frame.SIGHTING else ""
    needless = buf[0] in (frame.TOLD, frame.REFUSED, frame.SIGHTING)
    if buf[0] == frame.CALLED:
        said = frame.get16(buf, 7), frame.get30(buf, 9), buf[13]
        needless = group_calls.called(tx, badge, *said, cheap=one.address[0] != BRIDGE)
    if needless and one.address[0] == BRIDGE:
        return NOTHING, ""  # it has no ack on LoRa: the air is needed, and what is not TOLD is said again
    return STORED if needless else ACKED, ""


def _believe(tx: Transaction, badge: Badge, one: Heard, numbers: Set[int]) -> bool | None:
    """Take the fields of an opened frame; return None, having changed nothing, if they make no sense.

    True: what they say is stored, so an ack may say so. False: it is not, for there is something newer.
    """
    buf, counter, type = one.buf, one.counter, one.buf[0]
    if counter < badge.uplink_counter and type in _OF_NOW:
        # it was overtaken, or held back, and says what was; who means it still says it again, but for a heartbeat
        return type == frame.HEARTBEAT
    if type == frame.HEARTBEAT:
        return _heartbeat(tx, badge, buf)
    if type == frame.ALARM:
        return _alarm(tx, badge, buf, counter)
    if type == frame.ANSWER:
        return alarms.answer(tx, badge, frame.get16(buf, 7), frame.get30(buf, 9))
    if type == frame.WISH:
        wish = buf[7], frame.get16(buf, 8)
        return (restore_guard.speaks_now(tx, badge) and acts.wish(tx, badge, *wish)) if acts.can_wish(*wish) else None
    if type == frame.SIGHTING:
        return sightings.store(tx, badge, buf, one.address[0] == BRIDGE, one.beside)
    return _other(tx, badge, buf, numbers) or None


def _heartbeat(tx: Transaction, badge: Badge, buf: bytes) -> bool:
    state, battery, faults = buf[7], buf[8], frame.get16(buf, 9)
    colour = state >> 6
    duty.heartbeat(tx, badge, state & 7, state >> 3 & 7, colour, battery, faults & ~_ASKED)
    visits.reconcile(tx, badge, colour)
    if state & 7 > codes.CALLING:  # else it may be of a word that is not here yet
        for row in tx.alarms.by("mine", badge.pairing):
            people.reconcile(tx, row, state & 7)
    elif state & 7 == codes.SAFE and state >> 3 & 7 != codes.MODE_LIFEBOAT:  # which says so always
        downlinks.over(tx, badge.device)
    alarms.reconcile(tx, badge, state & 7)
    group_calls.heartbeat(tx, badge, faults)
    house_time.heartbeat(tx, badge, faults)
    if badge.group_key:
        downlinks.confirm(tx, badge)
    return True


def _other(tx: Transaction, badge: Badge, buf: bytes, numbers: Set[int]) -> bool:
    type = buf[0]
    if type == frame.TOLD or type == frame.REFUSED:
        counter = frame.get30(buf, 8)
        if buf[7] not in numbers or counter < 0:
            return False
        sent = downlinks.under(buf[7], counter)
        if type == frame.REFUSED:
            return downlinks.refused(tx, badge, sent, buf[12]) or True
        return downlinks.arrived(tx, badge, sent) or not badge.unverified
    if type == frame.CALLED:
        return frame.get30(buf, 9) >= 0
    if type == frame.ABLE:
        updates.able(tx, badge, tx.badges.put(badge.pairing, version=buf[7], abilities=frame.get16(buf, 8)))
        return True
    return crashes.store(tx, badge, bytes(buf[frame.UP_HEAD : frame.expected(type)]))


def _alarm(tx: Transaction, badge: Badge, buf: bytes, counter: int) -> bool | None:
    kind, what, passed = buf[11] >> 4, buf[11] & 0x0F, frame.get16(buf, 13)
    practice = bool(what & codes.WHAT_PRACTICE)
    what &= ~codes.WHAT_PRACTICE
    said = alarms.Said(frame.get30(buf, 7), kind, what, practice, buf[12] >> 4, buf[15], passed)
    if said.alarm_id < 0 or what > codes.WHAT_CANCELLED:
        return None
    if what != codes.WHAT_RAISED and kind in _WILFUL:
        return None  # nobody is asked about them, so nobody can have said no
    if kind == codes.KIND_TEST:
        if what != codes.WHAT_RAISED or passed > codes.PASSED_ALL:
            return None
        return device_checks.store(tx, badge, said.alarm_id, said.revision, passed, counter)
    return alarms.frame(tx, badge, said, counter) if kind in KINDS else None
