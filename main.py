"""Who runs this board? App or bridge (firmware/start.py), or the lifeboat (lifeboat_start.py); after any error anew.

It never ends at the prompt by itself.
Ctrl-C over USB is the technician's door: the watchdog is given ten minutes, and the prompt comes.
"""

import sys

SLOT = ""  # `kald flash` writes here which folder it is that runs, a or b; boot.py reads it


def rtc_memory(boards):
    """Return the record in RTC memory: that of the board, where one is in `boards` since it has come up."""
    if boards:
        return boards[0].memory
    from firmware.board.rtc_memory import RtcMemory

    return RtcMemory()


def record(error, boards):
    """Say and count an error, as far as that can be done: it may come from a heap that is full, or a broken file."""
    try:
        sys.print_exception(error)
        memory = rtc_memory(boards)
        memory.crashed(type(error).__name__)
        memory.counted()
    except Exception as why:
        print("kald:", type(why).__name__)


def load(*folders):
    """Have all of ours be imported anew, from `folders` first."""
    sys.path[:0] = folders
    for name in list(sys.modules):
        if name.startswith("firmware"):
            del sys.modules[name]


def begin(boards):
    """Return what is to be called now, app, bridge or lifeboat, and append the board that it runs on to `boards`."""
    import gc
    import os

    gc.threshold(4096)  # bytes: what is left over must not part what stays, loaded or made while it runs
    if SLOT and SLOT not in sys.path:  # boot.py is an older one
        load(SLOT, SLOT + "/lib")
    try:
        from firmware.board.boot_history import BootHistory
    except ImportError:
        load(SLOT + "/boat", SLOT + "/boat/lib")
        from firmware.board.boot_history import BootHistory
    memory = BootHistory()
    memory.runs()
    if memory.wants_boat("sums.old" in os.listdir("/" + SLOT)):
        load(SLOT + "/boat", SLOT + "/boat/lib")
        from firmware.lifeboat_start import start
    else:
        from firmware.start import start
    return start(boards)


def main():
    """Start, and start again after any error."""
    import gc
    import time

    import machine

    boards: list = []
    try:
        try:
            machine.WDT(timeout=30000)  # ms: an import may hang; the hallway then brings its own
            run = begin(boards)
            while run:  # each step returns the next, which lies where the code of the one before was
                gc.collect()
                run = run()
        except Exception as error:
            record(error, boards)
            time.sleep_ms(500)  # a Ctrl-C that meets a reset is lost, and who can only start again has no other moment
            machine.reset()
    except KeyboardInterrupt:
        machine.WDT(timeout=600000)
        print("kald: service; the watchdog waits ten minutes")
        rtc_memory(boards).ordered()


main()
