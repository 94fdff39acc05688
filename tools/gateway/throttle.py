"""How often may somebody try a password? Some tries are free, then each takes twice as long as the one before."""

from collections.abc import Hashable

FORGET_S = 3600.0  # a key that nobody has failed with for so long begins anew
MOST = 10_000  # keys that are kept: whoever makes up names fills no memory


class Throttle:
    """Counts failures by key. Times are seconds of any clock that does not jump."""

    def __init__(self) -> None:
        self._failures: dict[Hashable, tuple[int, float]] = {}  # count, when the last was

    def wait_s(self, key: Hashable, free: int, most_s: float, now_s: float) -> float:
        """Return how long `key` has yet to wait: nothing for `free` failures, then 1, 2, 4 ... `most_s` seconds."""
        count, last_s = self._failures.get(key, (0, 0.0))
        if count < free or now_s - last_s > FORGET_S:
            return 0.0
        return max(0.0, last_s + min(most_s, 2.0 ** min(count - free, 30)) - now_s)

    def failed(self, key: Hashable, now_s: float) -> None:
        """One more try of `key` was wrong."""
        count, last_s = self._failures.pop(key, (0, now_s))
        if now_s - last_s > FORGET_S:
            count = 0
        while len(self._failures) >= MOST:
            del self._failures[next(iter(self._failures))]  # who has not failed for longest
        self._failures[key] = count + 1, now_s

    def worked(self, key: Hashable) -> None:
        """A try of `key` was right."""
        self._failures.pop(key, None)
