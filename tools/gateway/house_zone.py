"""In which time zone does the house live? A setting: a container, or a server elsewhere, has another one.

The board, records, figures, exports and the hours of trials go by it; without a word they go by this machine's own.
"""

from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from tools.gateway.tables import SETTINGS

_KEY = "zone"
_MOST = 60


class Wrong(ValueError):
    """A sentence that says what was not right."""


def read(db: Connection) -> ZoneInfo | None:
    """Return the zone, None where the house has set none or this machine does not know it."""
    return known(db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == _KEY)).scalar() or "")


def put(db: Connection, name: object) -> None:
    """Put a zone in force, such as Europe/Copenhagen, or "" for this machine's own. Raises Wrong."""
    if not isinstance(name, str) or len(name) > _MOST or name and known(name) is None:
        raise Wrong("a zone is written as Europe/Copenhagen, and this machine must know it")
    db.execute(delete(SETTINGS).where(SETTINGS.c.key == _KEY))
    if name:
        db.execute(insert(SETTINGS).values(key=_KEY, value=name))


def known(name: str) -> ZoneInfo | None:
    """Return the zone of that name, None for "" and for one that this machine does not know."""
    try:
        return ZoneInfo(name) if name and name.isascii() and name.isprintable() else None
    except (ValueError, KeyError, OSError):  # no such zone, or a file that is none
        return None
