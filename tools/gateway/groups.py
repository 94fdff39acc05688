"""Which badges call each other? Each badge is in one group, "house" if nobody has said otherwise."""

import unicodedata
from collections.abc import Iterable

from sqlalchemy import select

from tools.gateway.plans import group_key
from tools.gateway.store import Refusal, Store
from tools.gateway.tables import BADGES

HOUSE = "house"
_NAME_MOST = 60


def named(text: str, known: Iterable[str] = ()) -> str:
    """Return `text` as the name of a group, as one of `known` is written where only case differs. Raises Refusal.

    Two groups that look alike would call each other in vain.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= _NAME_MOST or not text.strip().isprintable() or group_key(name) in ("own", "all"):
        raise Refusal(f"a group has a name of 1 to {_NAME_MOST} letters, and neither own nor all, which plans use")
    if group_key(name) == HOUSE:
        return HOUSE
    return min((one for one in known if group_key(one) == group_key(name)), default=name)


def of(store: Store) -> list[str]:
    """Return the names of the groups that badges are in."""
    with store.engine.connect() as db:
        return list(db.execute(select(BADGES.c.team).where(BADGES.c.revoked_ms.is_(None)).distinct()).scalars())
