"""What becomes of all that waits when this machine's clock is set? It waits as long as it would have.

Times in the database are Unix milliseconds, and a house's small computer often begins without knowing the time. Put
back by an hour, nothing would be due for an hour: no call said again, no silent badge noticed, no plan's next step. Put
ahead, all badges would look silent. So what is still to come moves with the clock, and so does when badges were heard.
What has happened keeps the time that it was written down with.

How far the clock was set is seen against a clock that nobody sets. While this program does not run nobody sees it; but
a badge that was heard in the future says that the clock now is behind.
"""

import time
from collections.abc import Callable

from tools.gateway.core.transaction import Transaction

LEAST_MS = 1000  # what is less is the rate being corrected, or two clocks read one after the other
_WAITING = (
    ("alarms", ("due_ms", "unanswered_ms")), ("downlinks", ("made_ms", "due_ms")), ("notification_jobs", ("due_ms",)),
    ("badges", ("heard_ms", "heartbeat_ms", "mode_ms", "until_ms", "untested_ms")), ("visits", ("until_ms",)),
    ("updates", ("at_ms", "due_ms")),
)


class Clock:
    """Watches how far the clock is set. wall, steady: called for nanoseconds."""

    def __init__(self, wall: Callable[[], int] = time.time_ns, steady: Callable[[], int] = time.monotonic_ns):
        self._wall, self._steady = wall, steady
        self._apart_ms = self._look()

    def _look(self) -> int:
        return (self._wall() - self._steady()) // 1_000_000

    def set_by_ms(self) -> int:
        """Return by how much the clock has been set ahead since `kept`; negative for back, 0 if it was not."""
        by_ms = self._look() - self._apart_ms
        return by_ms if abs(by_ms) >= LEAST_MS else 0

    def kept(self, by_ms: int) -> None:
        """What waits has been moved by `by_ms`."""
        self._apart_ms += by_ms


def move(at: Transaction, by_ms: int) -> None:
    """Move all that waits by `by_ms`."""
    if not by_ms:
        return
    at.house.presence = None  # what is planned there has other times now
    for name, columns in _WAITING:
        table = at.house.tables[name]
        for row in table:
            times = {column: getattr(row, column) for column in columns}
            table.put(row[0], **{column: ms + by_ms for column, ms in times.items() if ms is not None})


def behind_ms(at: Transaction) -> int:
    """Return how far the clock lies behind what the database knows, 0 if it does not."""
    newest_ms = max((badge.heard_ms or 0 for badge in at.badges.rows.values()), default=0)
    return max(newest_ms - at.now_ms, 0)
