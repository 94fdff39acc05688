"""Which badges call each other? Each badge is in one group, "house" if nobody has said otherwise."""

from tools.gateway.store import Refusal

HOUSE = "house"
_HOUSE_ALSO = ("house", "huset")  # as pages call the group in which every badge begins
_NAME_MOST = 60


def named(text: str) -> str:
    """Return `text` as the name of a group. Raises Refusal."""
    name = text.strip()
    if not 1 <= len(name) <= _NAME_MOST or not name.isprintable() or name in ("own", "all"):
        raise Refusal(f"a group has a name of 1 to {_NAME_MOST} letters, and neither own nor all, which plans use")
    return HOUSE if name.casefold() in _HOUSE_ALSO else name
