"""What happens next in virtual time, and when? Microseconds and a heap of calls; runs on CPython and MicroPython."""

import heapq


class Clock:
    """Calls things at their time. `now_us` is the time of the call that runs, or how far `run` came.

    source: a function that gives the time in us, for chips in a process whose time passes elsewhere; None when only
    `run` moves the time. Before anything asks a chip, `sync` lets happen what is due by then.
    """

    def __init__(self, source=None, start_us=0):
        self._source = source
        self._heap = []
        self._serial = 0
        self._running = False
        self.now_us = source() if source else start_us

    def at(self, us, call, *args):
        """Arrange `call(*args)` at `us`, at once if that is past; return the event, for `cancel`."""
        self._serial += 1  # first come, first called, and no two events compare equal
        event = [max(us, self.now_us), self._serial, call, args]
        heapq.heappush(self._heap, event)
        return event

    def cancel(self, event):
        """Forget an event; one that has happened, or None, is no harm."""
        if event is not None:
            event[2] = None

    def sync(self):
        """Let everything happen that is due by the source's time."""
        if self._source and not self._running:
            self.run(self._source())

    def run(self, until_us):
        """Let everything happen that is due by `until_us`, each at its own time."""
        heap = self._heap
        self._running = True
        try:
            while heap and heap[0][0] <= until_us:
                event = heapq.heappop(heap)
                if event[2] is not None:
                    self.now_us = event[0]
                    event[2](*event[3])
        finally:
            self._running = False
        self.now_us = max(self.now_us, until_us)

    def next_us(self):
        """Return when the next call is due, -1 if there is none."""
        while self._heap and self._heap[0][2] is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else -1
