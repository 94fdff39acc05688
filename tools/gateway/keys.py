"""How does a badge get new keys over the air, and how is a lost one shut out?

New keys come from a secret that is on this disk before it is sent, sealed under the present keys. Whoever loses a frame
or its power on the way, the badge has the old keys or the new ones, and both open here until a frame has come under the
new. A second change waits for that: otherwise the badge might have keys that nobody here knows any more. A database
that was put back from before a change knows only the old keys: its badges must be paired again, so make a backup after.

A badge that was lost is revoked: its keys are overwritten, so that nothing it says can be opened any more.
"""

import secrets

from sqlalchemy import select, update

from firmware.link import frame
from firmware.link.keys import OWN
from firmware.link.seal import KEY_BYTES, Seal
from tools.gateway import downlinks, group_calls
from tools.gateway.tables import BADGES, DOWNLINKS, TROUBLES


def _put(at, badge, **values):
    at.db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**values))


def renew(at, badge):
    """Have the badge take new keys; return False while it has not been heard under the last ones."""
    if badge.secret is not None:
        return False
    _put(at, badge, secret=secrets.token_bytes(KEY_BYTES))
    downlinks.tell(at, badge.device, 0, frame.KEY, OWN, 0, 0)
    return True


def following(badge):
    """Return the badge's next keys, up and down."""
    return Seal(badge.up).derive(badge.secret, 0), Seal(badge.down).derive(badge.secret, 0)


def settle(at, badge):
    """The badge speaks under its next keys: forget the old ones. Return its new row."""
    up, down = following(badge)
    _put(at, badge, up=up, down=down, secret=None)
    mine = (DOWNLINKS.c.device == badge.device) & (DOWNLINKS.c.type == frame.KEY) & (DOWNLINKS.c.a == OWN)
    at.db.execute(update(DOWNLINKS).where(mine & ~DOWNLINKS.c.told).values(told=True, told_ms=at.now_ms))
    return at.db.execute(select(BADGES).where(BADGES.c.pairing == badge.pairing)).one()


def revoke(at, badge):
    """Shut the badge out for good; return False if that was done. An open alarm of its wearer stays open."""
    if badge.revoked_ms is not None:
        return False
    group_calls.shut_out(at, badge)
    gone = {"up": secrets.token_bytes(KEY_BYTES), "down": secrets.token_bytes(KEY_BYTES), "secret": None, "keyed": None}
    _put(at, badge, revoked_ms=at.now_ms, heard_ms=None, address=None, silent=False, alone=None, until_ms=None, **gone)
    at.db.execute(update(DOWNLINKS).where(DOWNLINKS.c.device == badge.device).values(told=True))
    mine = (TROUBLES.c.pairing == badge.pairing) & TROUBLES.c.until_ms.is_(None)
    at.db.execute(update(TROUBLES).where(mine).values(until_ms=at.now_ms))
    return True
