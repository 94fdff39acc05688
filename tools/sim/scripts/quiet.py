"""What does a quiet sample cost behind the badge's door, and a fall that is decided? Run by CPython and MicroPython.

Arguments: `measure` or `live`, how many blocks of samples, then folders for sys.path. `live` only takes the samples, so
that somebody else may count. `measure` prints microseconds for a sample and for a turn of an empty loop, the least of
many runs each, since a machine that is busy takes longer; those of the longest slice of a decision about an impact, and
of all its slices together, the least of a few decisions; and on MicroPython the bytes that a sample allocates, and
those of a turn of a loop that does allocate: a counter that cannot count proves nothing.
"""

import sys

WHAT = sys.argv[1]
BLOCKS = int(sys.argv[2])
sys.path[:0] = sys.argv[3:]

import gc  # noqa: E402
import time  # noqa: E402
from array import array  # noqa: E402

from firmware.badge import Badge  # noqa: E402
from firmware.detect.fall import FallDetector  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH = 32  # what the sensor's FIFO holds
SPAN_MS = 20 * DEPTH
PARTS = 50  # runs that a measurement is cut into
DECISIONS = 5
LEARNS = 250  # samples until a fall detector knows an attitude


def now_us() -> int:
    """Return a running count of microseconds."""
    return time.ticks_us() if hasattr(time, "ticks_us") else time.perf_counter_ns() // 1000


def spent_us(since: int) -> int:
    """Return the microseconds since `since`."""
    return time.ticks_diff(time.ticks_us(), since) if hasattr(time, "ticks_us") else now_us() - since


def standing() -> "array[int]":
    """Return a block of a person who stands: gravity, and a digit or two of noise (12 mg each)."""
    block = array("h", bytes(2 * 3 * DEPTH))
    for i in range(DEPTH):
        block[3 * i] = 12 * (i * 5 % 4 - 1)
        block[3 * i + 1] = 12 * (i * 7 % 3 - 1)
        block[3 * i + 2] = 996 + 12 * (i * 3 % 3)
    return block


def turns(badge: Badge, block: "array[int]", blocks: int, now: int) -> int:
    """Give the badge `blocks` blocks."""
    for _ in range(blocks):
        now = (now + SPAN_MS) & 0x3FFFFFFF
        badge.samples(block, DEPTH, now)
    return now


def empty(count: int) -> None:
    """Turn `count` times."""
    for _ in range(count):
        pass


def wasteful(count: int) -> None:
    """Turn `count` times, allocating 16 bytes and their head in each."""
    for _ in range(count):
        bytearray(16)


def allocated(work: "Callable[..., object]", *words: object) -> int:
    """Return the bytes that work(*words) allocates; the heap must have room for them."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    work(*words)
    spent = gc.mem_alloc() - before
    gc.enable()
    return spent


def decided(fall: FallDetector) -> tuple[int, int]:
    """Return the microseconds of the longest slice of one decision, and of all its slices."""
    before = fall.decided
    fall.sample(9000, 9000, 0, 0)
    longest = whole = 0
    while fall.decided == before:
        waits = not fall.stage
        began = now_us()
        fall.sample(12, 996, 0, 0)
        spent = 0 if waits else spent_us(began)
        longest = max(longest, spent)
        whole += spent
    return longest, whole


def measure(badge: Badge, block: "array[int]") -> None:
    """Print all figures."""
    now = turns(badge, block, 20, 0)
    part = max(1, BLOCKS // PARTS)
    sample_us = turn_us = 1 << 29
    for _ in range(PARTS):
        began = now_us()
        now = turns(badge, block, part, now)
        sample_us = min(sample_us, spent_us(began))
        began = now_us()
        empty(part * DEPTH)
        turn_us = min(turn_us, spent_us(began))
    print("sample_us", sample_us / (part * DEPTH))
    print("turn_us", turn_us / (part * DEPTH))
    fall = FallDetector()
    for _ in range(LEARNS):
        fall.sample(12, 996, 0, 0)
    decisions = [decided(fall) for _ in range(DECISIONS)]
    print("slice_us", min(longest for longest, _ in decisions))
    print("decision_us", min(whole for _, whole in decisions))
    if hasattr(gc, "mem_alloc"):
        nothing = allocated(turns, badge, block, 0, now)
        print("sample_alloc_bytes", (allocated(turns, badge, block, 100, now) - nothing) / (100 * DEPTH))
        print("wasteful_alloc_bytes", (allocated(wasteful, 100) - allocated(wasteful, 0)) / 100)


if WHAT == "measure":
    measure(Badge(7, bytes(16), bytes(16), 0), standing())
else:
    turns(Badge(7, bytes(16), bytes(16), 0), standing(), BLOCKS, 0)
