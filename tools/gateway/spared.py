"""What fails on an error of ours is left out for a while, so that all else of the same turn is done from then on.

A transaction is all or nothing: one row that we cannot handle would undo every other at each turn, and nobody would be
called any more, for whatever alarm. So it costs one turn, is logged and shown, and is tried again ten minutes later.
"""

from collections.abc import Callable, Hashable
from typing import Any

from tools.gateway.core.storage import Unavailable

AGAIN_MS = 600_000  # as long as the board shows the error


class Spared:
    """Knows what has failed, and when."""

    def __init__(self) -> None:
        self._failed: dict[Hashable, int] = {}  # when, ms

    def do(self, now_ms: int, key: Hashable, what: Callable[..., Any], *given: Any) -> Any:
        """Return what(*given), None if what goes by `key` has failed of late. Raises what it raises."""
        if key in self._failed:
            if abs(now_ms - self._failed[key]) < AGAIN_MS:  # the clock may have been set since
                return None
            del self._failed[key]
        try:
            return what(*given)
        except Unavailable:
            raise  # the disk's fault, and soon over
        except Exception:
            self._failed[key] = now_ms
            raise
