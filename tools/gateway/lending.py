"""Whose is a badge? It is renamed, moved to another group, lent to a temp for today, or replaced by another one.

A name is who is told of and who answers, so nothing of this is done while its wearer is in an alarm or on the way to
one; what was due meanwhile is done afterwards. An alarm keeps the name of whoever wore the badge when it began.
"""


import unicodedata

from tools.gateway import duty, groups, keys, people, visits
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction

NEW_NAME, ARROW = "new_name", " → "  # an act, and what stands between the old name and the new one in it
LENT_MOST_MS = 36 * 3_600_000


def plain(name: str) -> str:
    """Return a name as it is kept: composed letters, single blanks. Two that look alike are then alike."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def busy(at: Transaction, badge: Badge) -> bool:
    """Return whether the wearer is in an open alarm, or has said that she comes to one."""
    if at.alarms.by("mine", badge.pairing):
        return True
    rows = [at.alarms.get(one.alarm) for one in at.responders.by("who", badge.name) if one.withdrew_ms is None]
    return any(row is not None and people.live(row) for row in rows)


def taken(at: Transaction, badge: Badge, name: str) -> bool:
    """Return whether another badge of the house goes by `name`, today or else."""
    wanted = name.casefold()
    return any(wanted in (other.name.casefold(), (other.own_name or "").casefold()) for other in at.badges.rows.values()
               if other.revoked_ms is None and other.pairing != badge.pairing)


def rename(at: Transaction, badge: Badge, name: str, by: str, same: bool = False) -> bool:
    """The badge is `name`'s from now on; return False while it is lent, or its wearer busy.

    same: its wearer is the person whom she was, and is called otherwise; else she has handed it on.
    """
    if badge.own_name is not None or busy(at, badge):
        return False
    duty.note(at, badge.pairing, NEW_NAME if same else "renamed", by, f"{badge.name}{ARROW}{name}")
    at.badges.put(badge.pairing, name=name)
    return True


def regroup(at: Transaction, badge: Badge, team: str, by: str) -> bool:
    """The badge is in the group `team` from now on; return False while its wearer is busy."""
    if busy(at, badge):
        return False
    others = [one.team for one in at.badges.rows.values() if one.revoked_ms is None and one.pairing != badge.pairing]
    team = groups.named(team, others)
    duty.note(at, badge.pairing, "regrouped", by, team)
    at.badges.put(badge.pairing, team=team, alone=None)
    return True


def lend(at: Transaction, badge: Badge, name: str, until_ms: int, by: str) -> bool:
    """`name` wears the badge until `until_ms`, when it is its own wearer's again; return False if that is too late."""
    if busy(at, badge) or not at.now_ms < until_ms <= at.now_ms + LENT_MOST_MS:
        return False
    visits.end(at, badge, by)
    at.badges.put(badge.pairing, own_name=badge.own_name or badge.name, name=name, lent_until_ms=until_ms)
    return duty.note(at, badge.pairing, "lent", by, name)


def give_back(at: Transaction, badge: Badge, by: str) -> bool:
    """The badge is its own wearer's again; return False if it was not lent, or its wearer is busy."""
    if badge.own_name is None or busy(at, badge):
        return False
    visits.end(at, badge, by)
    duty.note(at, badge.pairing, "given_back", by, badge.name)
    at.badges.put(badge.pairing, name=badge.own_name, own_name=None, lent_until_ms=None)
    return True


def replace(at: Transaction, badge: Badge, other: Badge | None, by: str) -> bool:
    """The badge is lost or broken: `other`, which is paired, takes its name and group, and it is shut out.

    Return False if that is no other badge of the house, or somebody is busy. An open alarm of the lost one stays open.
    """
    if other is None or other.pairing == badge.pairing or other.revoked_ms is not None:
        return False
    if other.own_name is not None or busy(at, other):
        return False
    name = badge.own_name or badge.name
    keys.revoke(at, badge, by)
    at.badges.put(badge.pairing, name=name, own_name=None, lent_until_ms=None)
    at.badges.put(other.pairing, name=name, team=badge.team, alone=None)
    return duty.note(at, other.pairing, "replaces", by, str(badge.device))


def look(at: Transaction) -> None:
    """Give back what was lent until now."""
    for badge in at.badges.by("lent", True):
        if badge.revoked_ms is None and (badge.lent_until_ms or 0) <= at.now_ms:
            give_back(at, badge, "gateway")
