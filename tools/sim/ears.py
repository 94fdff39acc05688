"""What do the two receivers of a badge hear? `network.WLAN.scan`, `bluetooth.BLE` and `_thread`, in virtual time.

In the forms of the ESP32 port: a scan lists (ssid, bssid, channel, RSSI, security, hidden), where `hidden` is always
False and the name of a hidden network empty (ports/esp32/network_wlan.c); a beacon is told as (address type, address,
kind, RSSI, data), with memoryviews that hold only during the call (extmod/modbluetooth.c). A scan takes as long as on
the chip: in a thread the badge goes on meanwhile, anywhere else all of it stands still. For CPython and MicroPython.
"""

import sys

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from firmware.badge import Badge
    from firmware.board.scan import Scan

    Point = tuple[bytes, bytes, int, int, int, bool]
    Beacon = tuple[int, bytes, int, int, bytes]
    T = TypeVar("T")

SCAN_MS = 2200  # 13 channels, 120 ms each, and the way home between two of them
SPEAKS_MS = 300  # between two advertisements
_RESULT, _DONE = 5, 6


class _Interfaces:
    IF_STA = 0

    def __init__(self, station: "Ears") -> None:
        self._station = station

    def __call__(self, interface: int) -> "Ears":
        return self._station


class Ears:
    """now: returns the time, ms. stall(ms): lets time pass in which the badge does nothing.

    points, beacons: what there is to hear, as above; or what returns it when it is asked. error: what a scan raises.
    """

    def __init__(self, now: "Callable[[], int]", stall: "Callable[[int], object]") -> None:
        self.now = now
        self.stall = stall
        self.points: list[Point] | Callable[[], list[Point]] = []
        self.beacons: list[Beacon] | Callable[[], list[Beacon]] = []
        self.error: Exception | None = None
        self.no_thread: Exception | None = None
        self.no_bluetooth: Exception | None = None
        self.scans: list[int] = []  # when each began
        self.listened: list[int] = []
        self._threads: list[tuple[int, Callable[[], object]]] = []  # (when it is over, what it does)
        self._in_thread = False
        self.WLAN = _Interfaces(self)
        self.BLE = lambda: self  # no methods: from an object none can be imported
        self.start_new_thread = lambda what, words: self._begin(what)
        self._irq: Callable[[int, tuple[object, ...]], object] = lambda event, data: None
        self._until = self._next = 0

    def tend(self) -> None:
        """Let happen what is due; call it every few ms."""
        now = self.now()
        for thread in tuple(self._threads):
            if now >= thread[0]:
                self._threads.remove(thread)
                self._in_thread = True
                thread[1]()
                self._in_thread = False
        if self._until and now >= self._next:
            self._next = now + SPEAKS_MS
            for kind, address, form, dbm, data in self._heard(self.beacons):
                self._irq(_RESULT, (kind, memoryview(address), form, dbm, memoryview(data)))
        if self._until and now >= self._until:
            self._until = 0
            self._irq(_DONE, ())

    @staticmethod
    def _heard(there: "list[T] | Callable[[], list[T]]") -> "list[T]":
        return there() if callable(there) else there

    # network

    def scan(self) -> "list[Point]":
        """Return the access points, after standing still where it was called."""
        if not self._in_thread:
            self.scans.append(self.now())
            self.stall(SCAN_MS)
        if self.error:
            raise self.error
        return self._heard(self.points)

    # _thread

    def _begin(self, what: "Callable[[], object]") -> None:
        # it stands in C for as long as a scan takes
        if self.no_thread:
            raise self.no_thread
        self.scans.append(self.now())
        self._threads.append((self.now() + SCAN_MS, what))

    # bluetooth

    def active(self, on: bool) -> None:
        """Start it."""
        if self.no_bluetooth:
            raise self.no_bluetooth

    def irq(self, handler: "Callable[[int, tuple[object, ...]], object]") -> None:
        """Tell `handler` from now on."""
        self._irq = handler

    def gap_scan(self, ms: int, every_us: int, window_us: int) -> None:
        """Listen for `ms`."""
        if window_us > every_us:
            raise OSError(22)
        self.listened.append(self.now())
        self._next = self.now()
        self._until = self.now() + ms

    def scanner(self, wifi: object, beacons: bool) -> "Scan":
        """Return a firmware/board/scan.py that hears with these ears. wifi: the route, or None. beacons: whether."""
        ours = ("network", "_thread", "bluetooth")
        files = ("firmware.board.scan", "firmware.board.beacons")
        modules: dict[str, object] = getattr(sys, "modules")
        before = [modules.get(name) for name in ours]
        for name in ours:
            modules[name] = self
        for name in files:
            modules.pop(name, None)
        try:
            from firmware.board.scan import Scan

            if not beacons:
                return Scan(wifi, None)
            from firmware.board.beacons import Beacons

            return Scan(wifi, Beacons())
        finally:
            for i in range(len(ours)):
                if before[i] is None:
                    del modules[ours[i]]
                else:
                    modules[ours[i]] = before[i]
            for name in files:
                modules.pop(name, None)


class Looking:
    """firmware/nearby.py for `badge`, with `ears`; wifi, beacons: as scanner()."""

    def __init__(self, badge: "Badge", ears: Ears, wifi: object, beacons: bool) -> None:
        from firmware.nearby import Nearby  # whose heap is measured beside these ears (scripts/looking.py)

        self._ears = ears
        self._nearby = Nearby(ears.scanner(wifi, beacons), badge)

    def tend(self, now: int) -> None:
        """Look around where that is due."""
        self._ears.tend()
        self._nearby.tend(now)
