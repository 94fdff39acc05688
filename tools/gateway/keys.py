"""How does a badge get new keys over the air, and how is a lost one shut out?

New keys come from a secret that is on this disk before it is sent, sealed under the present keys. Whoever loses a frame
or its power on the way, the badge has the old keys or the new ones, and both open here until a frame has come under the
new. A second change waits for that: otherwise the badge might have keys that nobody here knows any more. A database
that was put back from before a change knows only the old keys: its badges must be paired again, so make a backup after.

A badge that was lost is revoked: its keys are overwritten, so that nothing it says can be opened any more.
"""

import secrets

from firmware.link import frame
from firmware.link.downlink import OWN
from firmware.link.seal import KEY_BYTES, Seal
from tools.gateway import downlinks, group_calls


def renew(at, badge):
    """Have the badge take new keys; return False while it has not been heard under the last ones."""
    if badge.secret is not None:
        return False
    at.badges.put(badge.pairing, secret=secrets.token_bytes(KEY_BYTES))
    downlinks.tell(at, badge.device, 0, frame.KEY, OWN, 0, 0)
    return True


def following(badge):
    """Return the badge's next keys, up and down."""
    return Seal(badge.up).derive(badge.secret, 0), Seal(badge.down).derive(badge.secret, 0)


def settle(at, badge):
    """The badge speaks under its next keys: forget the old ones. Return its new row."""
    up, down = following(badge)
    for row in at.downlinks.by("waits", badge.device):
        if row.type == frame.KEY and row.a == OWN:
            at.downlinks.put(row.id, told=True, told_ms=at.now_ms)
    return at.badges.put(badge.pairing, up=up, down=down, secret=None)


def revoke(at, badge):
    """Shut the badge out for good; return False if that was done. An open alarm of its wearer stays open."""
    if badge.revoked_ms is not None:
        return False
    group_calls.shut_out(at, badge)
    gone = {"up": secrets.token_bytes(KEY_BYTES), "down": secrets.token_bytes(KEY_BYTES), "secret": None, "keyed": None}
    gone |= {"revoked_ms": at.now_ms, "heard_ms": None, "address": None, "silent": False}
    at.badges.put(badge.pairing, alone=None, until_ms=None, **gone)
    for row in at.downlinks.by("waits", badge.device):
        at.downlinks.put(row.id, told=True)
    for trouble in at.troubles.by("pairing", badge.pairing):
        at.troubles.put(trouble.id, until_ms=at.now_ms)
    return True
