"""Who calls and is not known here? It must be seen, and must cost no more than a row, whoever sends how much.

What cannot be opened proves nothing: it may be a badge that was paired with another database, whose wearer now calls
in vain, or somebody who plays. So it is counted in memory, and written down as one trouble of each kind, at most every
WRITE_MS. It is over when nothing of the kind has come for QUIET_MS.
"""

from firmware.link import frame
from tools.gateway import troubles
from tools.gateway.core.transaction import Transaction

UNKNOWN = "unknown_badge"  # of no number that this database has: any frame counts
FOREIGN = "foreign_alarm"  # of a number that it has, but under other keys: alarms count
REVOKED = "revoked_alarm"  # the same, of a badge that was shut out
FAULTS = (UNKNOWN, FOREIGN, REVOKED)
WRITE_MS = 5_000
QUIET_MS = 3_600_000
NUMBERS = 5  # of badges that are named; the latest
_COUNT_MOST = 2**31 - 1


class UnknownBadges:
    """What was heard and could not be believed, by kind, since it was last written down."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, tuple[int, ...]]] = {}  # fault: (count, numbers)
        self._write_ms = 0

    def heard(self, fault: str, type: int, device: int) -> None:
        """A frame of `type` came from the badge `device`, or from whoever says so."""
        if fault == UNKNOWN or type == frame.ALARM:
            count, numbers = self._heard.get(fault, (0, ()))
            self._heard[fault] = count + 1, (device, *(one for one in numbers if one != device))[:NUMBERS]

    def look(self, at: Transaction) -> None:
        """Write down what was heard; end what is no longer heard."""
        if at.now_ms < self._write_ms:
            return
        self._write_ms = at.now_ms + WRITE_MS
        own = at.troubles.by("whose", (troubles.OWN, None))
        rows = {row.fault: row for row in own if row.fault in FAULTS}
        for fault, row in rows.items():
            if fault not in self._heard and abs(at.now_ms - (row.last_ms or 0)) >= QUIET_MS:
                troubles.mark(at, troubles.OWN, fault, False)
        for fault, (count, numbers) in self._heard.items():
            known = rows.get(fault) or troubles.raised(at, troubles.OWN, fault)
            before = known.detail.split(", ") if known.detail else []
            named = [str(one) for one in numbers]
            named += [one for one in before if one not in named]
            count = min(count + (known.count or 0), _COUNT_MOST)
            at.troubles.put(known.id, count=count, last_ms=at.now_ms, detail=", ".join(named[:NUMBERS]))
        self._heard = {}

    def clock_set(self) -> None:
        """This machine's clock has been set."""
        self._write_ms = 0
