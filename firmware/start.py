"""What is this board, and what does it run? The app; a bridge, if it is paired as one; without settings the lifeboat.

main.py asks once, when it is not the lifeboat's turn (firmware/lifeboat_start.py). Whatever was needed only for the
answer, this file included, has given its room back when it comes.
"""

import gc
import os
import sys

from firmware.codes import ABLE_TREE, ABLE_UPDATES

ANEW = ("RtcMemory", "Seal", "SX1262", "SX1276")  # classes of what is made again while a badge runs
# Methods and functions that make a thing, go on from what was kept, and are asked for by nobody later.
ONCE = (
    "__init__", "_recall", "_restore", "load", "load_ledger", "_copy", "_left_ms", "_newest", "_slot", "empty",
    "ledger", "pairing", "settings", "unused", "band_of", "budget_ms", "most_dbm", "opened", "power_dbm", "radio",
    "sleep",
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


def lost():
    """Return what a board without a pairing wants: the port erases an NVS without a free page, keys and all."""
    try:
        with open("/paired") as file:  # tools/flash/pairing.py
            was = file.read()
    except OSError:
        was = ""
    return "its keys are gone, it was badge %s; run: kald pair --replace" % was if was > "0" else "run: kald pair"


def start(board_for):
    """Return what is to be called to run bridge, app or lifeboat, and append the board to `board_for`.

    It is the lifeboat if this badge is not paired, or its settings are wrong.
    """
    from firmware.board.nvs import NvsStore
    from firmware.settings import read_pairing, read_settings

    settings = None
    try:
        store = NvsStore()
        text = store.pairing()
        if not text:
            raise ValueError("this badge is not paired; " + lost())
        pairing = read_pairing(text)
        if pairing["role"] == "badge":
            settings = read_settings(store.settings())
    except ValueError as error:
        print("kald:", error)
        from firmware.lifeboat_start import start as launch

        return launch(board_for)
    del read_pairing, read_settings
    forget("firmware.settings")
    forget("firmware.board.boot_history")
    from firmware.board.build import build

    name = pairing["board"]
    board = build(name, pairing, settings)
    board_for.append(board)
    del build
    for once in ("firmware.board.build", "firmware.board.boards." + name, "firmware.board.boards"):
        forget(once)
    trial = "trial" in os.listdir("/")  # of a tree that is not proven
    if pairing["role"] == "bridge":
        from firmware.bridge import bridge

        if trial:
            from firmware.board.trial import Trial

            Trial(board, lambda lasts: lasts >= 60000, lambda: True)  # ms: nobody answers a bridge
        print("kald: started as bridge on", name)
        return bridge(board, pairing).run
    settle("firmware.board", ONCE[:1])  # before the rest is loaded, which takes the room
    gc.collect()
    from firmware.badge import Badge

    gc.collect()  # what loading has left over would otherwise stand in the way of what stays
    badge = Badge(pairing["device"], pairing["up"], pairing["down"], board.now(), **settings)
    forget("firmware.alarm.table")  # the alarm has what it wants of it
    if board.loud:
        from firmware.audible import start as speak

        speak(board, badge)
    settle("firmware", ONCE[:1])
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
    forget("firmware.link.region")
    forget("firmware.start")
    gc.collect()
    print("kald: started on %s with %d bytes free" % (name, gc.mem_free()))
    return app.run
