"""How many hours of badges does one core of this machine live in a minute, with nobody in need?

A house of the real app over LoRa, with its gateway: where nothing happens its time is thin; whole time is each turn of
each task, and each sample.
"""

import tempfile
import time
from pathlib import Path

from tools.sim.house.house import House
from tools.sim.house.wearer import Wearer


class Whole(Wearer):
    """A badge of the house whose time is whole."""

    thin = False

    def boot(self, now: int, cause: int | None = None) -> None:
        """Start, and never sleep between turns."""
        super().boot(now, cause)
        self.board.sleep = None


def hours_per_minute(badges: int, hours: float, kind: type[Wearer] = Wearer) -> float:
    """Return how many hours of badges a minute of CPU has lived, in a house of `badges` for `hours`."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), badges, kind=kind)
        try:
            began_s = time.process_time()
            house.live(hours, 0)
            spent_s = time.process_time() - began_s
        finally:
            house.close()
    return 60 * badges * hours / spent_s
