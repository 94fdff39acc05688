"""Which gateways does the house have, and which of them is missed? One that once served is, until a person forgets it.

A gateway is there while its connection to the database holds the lock of its number (postgres.py). A house with a file
has one gateway, which misses nobody.
"""

from collections.abc import Mapping

from tools.gateway import troubles
from tools.gateway.core.storage import Station
from tools.gateway.core.transaction import Transaction

FAULT = "gateway_gone"
GONE_MS = 30_000  # one that is updated or restarted is back within as long


class GatewayWatch:
    """Keeps in mind since when each has been away."""

    def __init__(self) -> None:
        self._since: dict[int, int] = {}  # number: ms

    def look(self, at: Transaction, known: Mapping[int, Station], leads: bool) -> None:
        """Take the house's gateways; whoever leads raises and clears the technical alarm."""
        self._since = {number: self._since.get(number, at.now_ms) for number, one in known.items() if not one.there}
        if not leads:
            return
        before = {text for row in at.troubles.by("stands", (troubles.OWN, None, FAULT))
                  for text in (row.detail or "").split("; ")}  # as whoever led before has said
        named = {number: f"{number} {known[number].name}".strip() for number in sorted(self._since)}
        missed = [text for number, text in named.items()
                  if at.now_ms - self._since[number] >= GONE_MS or text in before]
        stands = troubles.mark(at, troubles.OWN, FAULT, bool(missed))
        if stands is not None and stands.detail != "; ".join(missed):
            at.troubles.put(stands.id, detail="; ".join(missed))
