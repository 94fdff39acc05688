"""What does one wake of a sleeping badge cost, and one turn of a waking one, in turns of an empty loop? Real app.py.

Arguments: how many runs, then folders for sys.path. The sensor gives one sample at a time; what more of them cost is
quiet.py's to say. Prints the least of many runs of ten, which has no collection of the heap in it: `nap_us`, `awake_us`
and `turn_us`.
"""

import sys

COUNT = int(sys.argv[1])
sys.path[:0] = sys.argv[2:]

import time  # noqa: E402

from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import Board, Stop, clock  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from array import array

_RUN = 10
_EMPTY = 1000
_BEGIN = 60  # runs until it is calm, and may sleep


def empty(count: int) -> None:
    """Turn `count` times."""
    for _ in range(count):
        pass


class Timed(Board):
    """A board that measures the time between two sleeps, or two looks at its button."""

    def __init__(self, sleeps: bool) -> None:
        super().__init__()
        self.metered = True
        self.sleep = self if sleeps else None
        self.least_us = self.turn_us = 1 << 29
        self._n = 0
        self._began = time.ticks_us()

    def read(self, block: "array[int]") -> int:
        """Give one sample, so that the sensor is not silent."""
        block[0] = block[1] = 0
        block[2] = 1000
        return 1

    def level(self) -> int:
        """Count the looks of a badge that does not sleep."""
        if not self.sleep:
            self._count()
        return super().level()

    def nap(self, ms: int, lying: bool = False) -> bool:
        """Let half a second pass, unless a frame has come; count."""
        if self.back or ms < 50:
            return False
        clock.now += 500
        self._count()
        return True

    def _count(self) -> None:
        self._n += 1
        if self._n % _RUN:
            return
        now = time.ticks_us()
        if self._n > _BEGIN * _RUN:
            self.least_us = min(self.least_us, time.ticks_diff(now, self._began))
        began = time.ticks_us()
        empty(_EMPTY)
        self.turn_us = min(self.turn_us, time.ticks_diff(time.ticks_us(), began))
        if self._n >= (_BEGIN + COUNT) * _RUN:
            raise Stop("end")
        self._began = time.ticks_us()


def measure(name: str, sleeps: bool) -> None:
    """Run, and print."""
    board = Timed(sleeps)
    fake_board.run(board, 86400000, settings={"heartbeat_ms": 300000})
    print(name, board.least_us / _RUN)
    print("turn_us", board.turn_us / _EMPTY)


measure("awake_us", False)
measure("nap_us", True)
