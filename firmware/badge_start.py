"""How does a badge come up on its board? What made the board and the badge has given its room back when it has.

firmware/start.py loads this when it has a board. Each step is called by main.py (or by whoever stands for it) when the
one before has ended, so that the code of that one is gone, and what is loaded next lies in its place.
"""

import gc
import os
import sys

from firmware.codes import ABLE_TREE, ABLE_UPDATES

ANEW = ("Seal", "SX1262", "SX1276")  # classes of what is made again while a badge runs
# Methods and functions that make a thing, or go on from what was kept, and are asked for by nobody once there is a
# board; the last four of them by nobody once the app has been made.
ONCE = (
    "__init__", "load_ledger", "owe", "_left_ms", "empty", "ledger", "pairing", "settings", "unused", "band_of",
    "budget_ms", "most_dbm", "opened", "power_dbm", "radio", "sleep", "load", "_copy", "_newest", "_slot",
)


def forget(name):
    """Free a module that was needed only once: it is held by its package, too."""
    package, last = name.rsplit(".", 1)
    if name in sys.modules:
        del sys.modules[name]
        delattr(sys.modules[package], last)


def settle(where, done):
    """Free what is called a word of `done` in the modules `where`, functions and methods: it has made its one thing."""
    for name in sys.modules:
        if name.startswith(where):
            module = sys.modules[name]
            for word, each in module.__dict__.items():
                if isinstance(each, type) and getattr(each, "__module__", "") == name:
                    for once in done:
                        if once in each.__dict__ and (once != "__init__" or word not in ANEW):
                            setattr(each, once, None)  # MicroPython's del would leave the code in its place
                elif word in done and isinstance(each, type(settle)):
                    setattr(module, word, None)


class Assembly:
    """A badge on `board`, which is called `name`, with its `pairing` and the house's `settings`."""

    def __init__(self, *args):
        self.args = args

    def run(self):
        """Make the badge, and return what is to be called to run it."""
        name, board, pairing, settings = self.args
        trial = "trial" in os.listdir("/")  # of a tree that is not proven
        sys.modules.pop("lora", None)  # the package's door: its rooms are in use, and nobody comes in any more
        for where in ("firmware.board", "firmware.link"):
            settle(where, ONCE[:-4])  # before the rest is loaded, which takes the room
        forget("firmware.link.region")
        gc.collect()
        from firmware.badge import Badge

        gc.collect()  # what loading has left over would otherwise stand in the way of what stays
        badge = Badge(pairing["device"], pairing["up"], pairing["down"], board.now(), **settings)
        for once in ("firmware.detect.model", "firmware.alarm.table"):
            forget(once)  # forest and alarm have what they want of it
        for once in ("up", "down", "lora"):
            pairing.pop(once)  # nor does a key lie about in the heap
        if board.loud:
            from firmware.audible import start as speak

            speak(board, badge)
        settle("firmware", ("__init__",))
        gc.collect()
        from firmware.app import App

        if board.nearby:
            from firmware.nearby import Nearby
        for once in ("firmware.limits", "firmware.codes"):
            forget(once)  # their numbers are where they are used by now
        gc.collect()
        app = App(board, badge)
        if trial:
            from firmware.board.trial import Trial

            Trial(board, lambda lasts: b"\0" in bytes(app.unheard), badge.press.idle)
        try:
            with open(sys.path[0] + "/list") as file:  # as firmware/board/slots.py has it
                badge.uplink.able |= int(file.readline().split()[1], 16) << ABLE_TREE
            if board.routes and not board.routes[0].metered:
                badge.uplink.able |= ABLE_UPDATES
        except (OSError, ValueError, IndexError):
            pass  # it was flashed by an older version, or stands in no slot
        if board.nearby:
            board.nearby = Nearby(board.nearby, badge)
        settle("firmware", ONCE)
        forget("firmware.badge_start")
        gc.collect()
        print("kald: started on %s with %d bytes free" % (name, gc.mem_free()))
        globals().clear()  # for what a word left on the stack may still hold this file by
        return app.run
