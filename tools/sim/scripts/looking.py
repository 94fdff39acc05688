"""What does looking around take? Bytes of heap for what a badge loads to do it, and the time of a scan's list.

Argument: folders for sys.path; the first holds the firmware, as sources or as it is flashed. On a 32-bit MicroPython
the bytes are the chip's. Prints what access points take, and beacons beside them; the least microseconds of many lists
of POINTS access points; and those of a turn of an empty loop.
"""

import sys

sys.path[:0] = sys.argv[1:]

import gc  # noqa: E402
import time  # noqa: E402

import firmware.codes  # noqa: E402, F401
import firmware.crc  # noqa: E402, F401
import firmware.link.outbox  # noqa: E402, F401  all badges have these
from tools.sim.ears import Ears  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = 30
LISTS = 200


class Badge:
    """As much of one as Nearby asks for when it is made."""

    def __init__(self) -> None:
        self.uplink = self
        self.seen = None


def taken() -> int:
    """Return the bytes of heap that are taken."""
    gc.collect()
    return gc.mem_alloc()


def least_us(work: "Callable[[], None]") -> int:
    """Return the least time of many."""
    least = 1 << 29
    for _ in range(LISTS):
        began = time.ticks_us()
        work()
        least = min(least, time.ticks_diff(time.ticks_us(), began))
    return least


def turns() -> None:
    """Turn a thousand times."""
    for _ in range(1000):
        pass


ears = Ears(lambda: 0, lambda ms: None)
ears.points = [(b"house", bytes((2, 0, 0, 0, i // 9, i)), 6, -90 + i * 7 % 50, 3, False) for i in range(POINTS)]
modules: "dict[str, object]" = getattr(sys, "modules")
for name in ("network", "_thread", "bluetooth"):
    modules[name] = ears
badge = Badge()
before = taken()

from firmware.board.scan import Scan  # noqa: E402
from firmware.nearby import Nearby  # noqa: E402

scan = Scan(badge, None)
nearby = Nearby(scan, badge)
points = taken()

from firmware.board.beacons import Beacons  # noqa: E402

beacons = Beacons()
print("heap_points", points - before)
print("heap_beacons", taken() - points)


def listed() -> None:
    """Take in one scan's list."""
    scan.seen.count = 0
    scan._scan()


print("list_us", least_us(listed))
print("turn_us", least_us(turns) / 1000)
