"""Which badges call each other? Each badge is in one group, "house" if nobody has said otherwise."""

from sqlalchemy import select, update

from tools.gateway.store import Refusal
from tools.gateway.tables import BADGES

HOUSE = "house"
_NAME_MOST = 60


def named(text):
    """Return `text` as the name of a group. Raises Refusal."""
    name = text.strip()
    if not 1 <= len(name) <= _NAME_MOST or not name.isprintable() or name in ("own", "all"):
        raise Refusal(f"a group has a name of 1 to {_NAME_MOST} letters, and neither own nor all, which plans use")
    return name


def put(db, name, devices):
    """Put badges into the group `name`. Raises Refusal for one that does not exist."""
    known = set(db.execute(select(BADGES.c.device)).scalars())
    unknown = sorted(set(devices) - known)
    if unknown:
        raise Refusal(f"there is no badge {', '.join(map(str, unknown))}")
    db.execute(update(BADGES).where(BADGES.c.device.in_(devices)).values(team=named(name), alone=None))
