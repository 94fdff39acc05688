"""How does a badge get new keys over the air, and how is a lost one shut out?

New keys come from a secret that is on this disk before it is sent, sealed under the present keys. Whoever loses a frame
or its power on the way, the badge has the old keys or the new ones, and both open here until a frame has come under the
new. A second change waits for that: otherwise the badge might have keys that nobody here knows any more. A database
that was put back from before a change knows only the old keys: its badges must be paired again, so make a backup after.

A badge that was lost is revoked: its keys are overwritten, so that nothing it says can be opened any more.
"""

import secrets
from typing import Any

from firmware.link import frame
from firmware.link.downlink import OWN
from firmware.link.seal import KEY_BYTES, Seal
from tools.gateway import downlinks, duty, group_calls, visits
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction


def renew(at: Transaction, badge: Badge, by: str) -> bool:
    """Have the badge take new keys, as `by` says; return False while it has not been heard under the last ones."""
    if badge.next_secret is not None:
        return False
    at.badges.put(badge.pairing, next_secret=secrets.token_bytes(KEY_BYTES))
    downlinks.tell(at, badge.device, None, frame.KEY, key_number=OWN)
    return duty.note(at, badge.pairing, "new_keys", by)


def following(badge: Any) -> tuple[bytes, bytes]:
    """Return the badge's next keys, up and down."""
    return Seal(badge.uplink_key).derive(badge.next_secret, 0), Seal(badge.downlink_key).derive(badge.next_secret, 0)


def settle(at: Transaction, badge: Badge) -> Badge:
    """The badge speaks under its next keys: forget the old ones. Return its new row."""
    up, down = following(badge)
    for row in at.downlinks.by("waits", badge.device):
        if row.type == frame.KEY and row.key_number == OWN:
            at.downlinks.put(row.id, settled=True, delivered_ms=at.now_ms)
    return at.badges.put(badge.pairing, uplink_key=up, downlink_key=down, next_secret=None)


def revoke(at: Transaction, badge: Badge, by: str) -> bool:
    """Shut the badge out for good; return False if that was done before. An open alarm of its wearer stays open."""
    if badge.revoked_ms is not None:
        return False
    visits.end(at, badge, by, tell=False)
    group_calls.shut_out(at, badge)
    gone: dict[str, Any] = {name: secrets.token_bytes(KEY_BYTES) for name in ("uplink_key", "downlink_key")}
    gone |= {"next_secret": None, "group_key": None}
    gone |= {"revoked_ms": at.now_ms, "heard_ms": None, "address": None, "silent": False}
    at.badges.put(badge.pairing, alone=None, until_ms=None, **gone)
    for row in at.downlinks.by("waits", badge.device):
        at.downlinks.put(row.id, settled=True)
    for trouble in at.troubles.by("whose", (badge.pairing, None)):
        at.troubles.put(trouble.id, until_ms=at.now_ms)
    return duty.note(at, badge.pairing, "revoked", by)
