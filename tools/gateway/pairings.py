"""Which badges has a house under one name, and how does a pairing that came to nothing leave no trace?

A pairing that was never heard is nobody's badge: its row goes, or is shut out where something speaks of it already.
"""

import hashlib
import time
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from tools.gateway import keys
from tools.gateway.lending import plain
from tools.gateway.store import Refusal, Store
from tools.gateway.tables import BADGES


class Known(NamedTuple):
    """A badge that is not shut out. heard_ms: of its last heartbeat, Unix time, None before the first."""

    device: int
    heard_ms: int | None


def named(store: Store, name: str) -> list[Known]:
    """Return the badges of that name, whatever its letters' case: who wears them now, or whose they are else."""
    with store.engine.connect() as db:
        rows = db.execute(select(BADGES).where(BADGES.c.revoked_ms.is_(None)).order_by(BADGES.c.device)).all()
    wanted = plain(name).casefold()
    return [Known(row.device, row.heartbeat_ms) for row in rows
            if wanted in [plain(each).casefold() for each in (row.name, row.own_name or row.name)]]


def give_up(store: Store, device: int) -> None:
    """Forget a badge that was never heard; shut out one that the house speaks of."""
    unheard = (BADGES.c.device == device, BADGES.c.heartbeat_ms.is_(None), BADGES.c.uplink_counter < 0)
    try:
        with store.engine.begin() as db:
            if db.execute(delete(BADGES).where(*unheard)).rowcount:
                return
    except IntegrityError:
        pass  # a note, an alarm or a message names it
    shut_out(store, device, "pair")


def holder(store: Store, device: int, mark: str) -> bool:
    """Return whether badge `device` of this house has the key whose mark a badge has told: numbers repeat elsewhere."""
    with store.engine.connect() as db:
        key = db.execute(select(BADGES.c.uplink_key).where(BADGES.c.device == device)).scalar()
    return key is not None and hashlib.sha256(key).hexdigest()[:8] == mark


def sealing(store: Store, device: int, mark: str, keys_from: Path | None = None) -> tuple[bytes, bytes] | None:
    """Return the keys of badge `device`, up and down, whose mark it has told: its present ones, or those on their way.

    None where this house has no such badge, or has shut it out. keys_from: opens them, where they are sealed. Raises
    Refusal.
    """
    try:
        store.check_keys()
    except Refusal:
        if keys_from is None:
            raise
        store.seal_keys(keys_from)
    with store.engine.connect() as db:
        badge = db.execute(select(BADGES).where(BADGES.c.device == device, BADGES.c.revoked_ms.is_(None))).one_or_none()
    if badge is None:
        return None
    known = [(badge.uplink_key, badge.downlink_key)]
    if badge.next_secret is not None:
        known.append(keys.following(badge))
    return next((pair for pair in known if hashlib.sha256(pair[0]).hexdigest()[:8] == mark), None)


def shut_out(store: Store, device: int, by: str) -> bool:
    """Revoke a badge; return whether an alarm of its wearer is open, which stays so."""
    with store.transaction(int(time.time() * 1000)) as at:
        badge = at.badges.the("device", device)
        keys.revoke(at, badge, by)
        return any(alarm.pairing == badge.pairing and alarm.closed_ms is None for alarm in at.alarms.rows.values())
