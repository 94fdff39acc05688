"""Who runs this board? Whatever firmware/start.py says; after any error it starts again.

It never ends at the prompt by itself.
Ctrl-C over USB is the technician's door: the watchdog is given ten minutes, and the prompt comes.
"""

import sys

SERVICE_MS = 600000
REST_MS = 500  # a Ctrl-C that meets a reset is lost, and a badge that can only start again has no other moment for it


def record(error):
    """Say and count an error, as far as that can be done: it may come from a heap that is full, or a broken file."""
    try:
        sys.print_exception(error)
        from firmware.board.memory import Memory

        Memory().crashed(type(error).__name__)
    except Exception as another:
        print("kald:", type(another).__name__)


def main():
    """Start, and start again after any error."""
    import time

    import machine

    board_for: list = []
    try:
        try:
            from firmware.start import start

            run = start(board_for)
            del start  # it has nothing to do any more, and its room is wanted
            run()
        except Exception as error:
            record(error)
            time.sleep_ms(REST_MS)
            machine.reset()
    except KeyboardInterrupt:
        if board_for:
            board_for[0].watch(SERVICE_MS)
        print("kald: service; the watchdog waits ten minutes")


main()
