"""What is on the board while the README's picture of it is taken? A house with three virtual badges, and an alarm.

Two have passed the shift's test, one of them is on a yellow visit and presses three times; a colleague comes. The third
is not tested yet.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tools.sim.demo.house import Command, House
from tools.sim.demo.shift import Shift
from tools.sim.demo.timeline import Timeline
from tools.sim.virtual.badge import now_ms

NAMES = ("Anna", "Bo", "Carla")
_WEAR_S = 8  # until gravity is known
_APART_S = 1.5  # sooner, the first press would belong to the gesture before
_AGREED = "Two go together. Nobody goes in alone."
_PLAN = {
    "check_in_s": {"green": 1800, "yellow": 900, "red": 300}, "again_s": 120, "checklist": [],
    "plans": [{"name": "everything", "agreement": _AGREED, "steps": [
        {"do": "badges", "after_s": 0, "group": "own", "who": "ready"},
        {"do": "badges", "after_s": 30, "group": "all", "who": "any"},
    ]}],
}


class Scene(Shift):
    """A shift that stops in the middle of an alarm."""

    def act(self) -> None:
        """Play until a colleague comes. Raises Missing, and tools.sim.demo.house's Trouble."""
        self.wear(_WEAR_S)
        for who in NAMES[:2]:
            self.test(who)
        self.house.order("visit", NAMES[0], "the office", colour="yellow")
        time.sleep(_APART_S)
        at = self.mash(NAMES[0], None, "twice: assist", "a third time: emergency")
        self.seen(NAMES[1], "called", at)
        time.sleep(_APART_S)
        self.once(NAMES[1], "once: I am coming")
        self.seen(NAMES[0], "taken", at)


@contextlib.contextmanager
def open_alarm(folder: Path, flash: Command, pair: Command, plan: Command) -> Iterator[str]:
    """Give the address of a board in whose house an alarm is open, while it lasts."""
    folder.mkdir()
    scene, over = Scene(Timeline(False)), threading.Event()
    with contextlib.ExitStack() as stack:
        scene.house = House(folder, scene.frame, scene.motor, flash, pair, plan, calls=_PLAN)
        stack.callback(scene.house.close)
        scene.house.move_in(NAMES)

        def watch() -> None:
            while not over.wait(0.02):
                scene.watch(now_ms())

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        stack.callback(watcher.join)
        stack.callback(over.set)
        scene.act()
        yield scene.house.board
