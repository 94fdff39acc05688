"""Who runs this board? App or bridge (firmware/start.py), or the lifeboat (lifeboat_start.py); after any error anew.

It never ends at the prompt by itself.
Ctrl-C over USB is the technician's door: the watchdog is given ten minutes, and the prompt comes.
"""

import sys

SLOT = ""  # `kald flash` writes here which folder it is that runs, a or b; boot.py reads it


def kept(board_for):
    """Return the record in RTC memory: the board's, where one has come up."""
    if board_for:
        return board_for[0].memory
    from firmware.board.rtc_memory import RtcMemory

    return RtcMemory()


def record(error, board_for):
    """Say and count an error, as far as that can be done: it may come from a heap that is full, or a broken file."""
    try:
        sys.print_exception(error)
        memory = kept(board_for)
        memory.crashed(type(error).__name__)
        memory.counted()
    except Exception as why:
        print("kald:", type(why).__name__)


def spare(*folders):
    """Have what is imported from now on come from `folders` first."""
    sys.path[:0] = folders
    for name in list(sys.modules):
        if name.startswith("firmware"):
            del sys.modules[name]


def turn(board_for):
    """Return what is to be called now, and append the board that it runs on to `board_for`."""
    import gc
    import os

    gc.threshold(4096)  # bytes: what is left over must not part what stays, loaded or made while it runs
    if SLOT and SLOT not in sys.path:  # boot.py is an older one
        spare(SLOT, SLOT + "/lib")
    try:
        from firmware.board.boot_history import BootHistory
    except ImportError:
        spare(SLOT + "/boat", SLOT + "/boat/lib")
        from firmware.board.boot_history import BootHistory
    memory = BootHistory()
    memory.runs()
    if memory.wants_boat("sums.old" in os.listdir("/" + SLOT)):
        spare(SLOT + "/boat", SLOT + "/boat/lib")
        from firmware.lifeboat_start import start
    else:
        from firmware.start import start
    return start(board_for)


def main():
    """Start, and start again after any error."""
    import gc
    import time

    import machine

    board_for: list = []
    try:
        try:
            machine.WDT(timeout=30000)  # ms: an import may hang; the hallway then brings its own
            run = turn(board_for)
            while run:  # each step returns the next, which lies where the code of the one before was
                gc.collect()
                run = run()
        except Exception as error:
            record(error, board_for)
            time.sleep_ms(500)  # a Ctrl-C that meets a reset is lost, and who can only start again has no other moment
            machine.reset()
    except KeyboardInterrupt:
        machine.WDT(timeout=600000)
        print("kald: service; the watchdog waits ten minutes")
        kept(board_for).ordered()


main()
