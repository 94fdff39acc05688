"""What does `bluetooth` do on a virtual badge? It hears the beacons that its surroundings tell of, while it listens."""

import asyncio
import time

from simlink import link

_SPEAKS_MS = 300
_RESULT = 5
_DONE = 6


class BLE:
    """The one stack."""

    def __init__(self):
        self._active = False
        self._handler = None
        self._until = 0

    def active(self, on=None):
        """Return whether it is on, or switch it."""
        if on is not None:
            self._active = bool(on)
        return self._active

    def irq(self, handler):
        """Tell `handler` from now on."""
        self._handler = handler

    def gap_scan(self, duration_ms, interval_us=1280000, window_us=11250, active=False):
        """Listen for `duration_ms`."""
        if not self._active:
            raise OSError(19)
        if window_us > interval_us or duration_ms <= 0:
            raise OSError(22)
        self._until = time.ticks_add(time.ticks_ms(), duration_ms)
        asyncio.create_task(self._listen())

    async def _listen(self):
        while time.ticks_diff(self._until, time.ticks_ms()) > 0:
            link.poll()
            for kind, address, form, dbm, data in link.beacons:
                self._handler(_RESULT, (kind, memoryview(address), form, dbm, memoryview(data)))
            await asyncio.sleep_ms(_SPEAKS_MS)
        self._handler(_DONE, ())
