"""Whom does one ring when the board has lost the gateway? A line of the house's own, which every page keeps ready."""

from sqlalchemy import Connection, delete, insert, select

from tools import spoken
from tools.gateway.columns import typed
from tools.gateway.tables import SETTINGS

MOST = 120  # letters: it stands in a banner
_KEY = "ring"


class Wrong(spoken.Sentence, ValueError):
    """A sentence that says what was not right."""


def read(db: Connection) -> str:
    """Return the line, "" where the house has set none."""
    return db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == _KEY)).scalar() or ""


def put(db: Connection, line: str) -> None:
    """Put the line in force, or "" to have none. Raises Wrong."""
    line = typed(line).strip()
    if len(line) > MOST or not line.isprintable():
        raise Wrong(f"the line must be one of at most {MOST} letters that can be printed")
    db.execute(delete(SETTINGS).where(SETTINGS.c.key == _KEY))
    if line:
        db.execute(insert(SETTINGS).values(key=_KEY, value=line))
