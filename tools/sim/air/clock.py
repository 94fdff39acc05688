"""What happens next in virtual time, and when? Microseconds and a heap of calls; runs on CPython and MicroPython."""

import heapq

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Calls things at their time. `now_us` is the time of the call that runs, or how far `run` came.

    source: a function that gives the time in us, for chips in a process whose time passes elsewhere; None when only
    `run` moves the time. Before anything asks a chip, `sync` lets happen what is due by then.
    """

    def __init__(self, source: "Callable[[], int] | None" = None, start_us: int = 0) -> None:
        self._source = source
        self._heap: list[tuple[int, int]] = []  # (us, number): first come, first called
        self._calls: dict[int, tuple[Callable[..., object], tuple[object, ...]]] = {}  # by number
        self._number = 0
        self._running = False
        self.now_us = source() if source else start_us

    def at(self, us: int, call: "Callable[..., object]", *args: object) -> int:
        """Arrange `call(*args)` at `us`, at once if that is past; return its number, for `cancel`."""
        self._number += 1
        self._calls[self._number] = call, args
        heapq.heappush(self._heap, (max(us, self.now_us), self._number))
        return self._number

    def cancel(self, number: int | None) -> None:
        """Forget a call; one that has happened, or None, is no harm."""
        self._calls.pop(number or 0, None)

    def sync(self) -> None:
        """Let everything happen that is due by the source's time."""
        if self._source and not self._running:
            self.run(self._source())

    def run(self, until_us: int) -> None:
        """Let everything happen that is due by `until_us`, each at its own time."""
        heap, calls = self._heap, self._calls
        self._running = True
        try:
            while heap and heap[0][0] <= until_us:
                us, number = heapq.heappop(heap)
                if number in calls:
                    call, args = calls.pop(number)
                    self.now_us = us
                    call(*args)
        finally:
            self._running = False
        self.now_us = max(self.now_us, until_us)

    def next_us(self) -> int:
        """Return when the next call is due, -1 if there is none."""
        while self._heap and self._heap[0][1] not in self._calls:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else -1
