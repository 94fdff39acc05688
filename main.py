"""Who runs this board? Whatever firmware/start.py says; after any error it starts again.

It never ends at the prompt by itself.
Ctrl-C over USB is the technician's door: the watchdog is given ten minutes, and the prompt comes.
"""

import sys

SERVICE_MS = 600000


def main():
    """Start, and start again after any error."""
    board_for: list = []
    try:
        from firmware.start import start

        run = start(board_for)
        del start  # it has nothing to do any more, and its room is wanted
        run()
    except KeyboardInterrupt:
        if board_for:
            board_for[0].watch(SERVICE_MS)
        print("kald: service; the watchdog waits ten minutes")
    except Exception as error:
        sys.print_exception(error)
        import machine

        try:
            from firmware.board.memory import Memory

            Memory().crashed(type(error).__name__)
        finally:
            machine.reset()  # whatever became of that


main()
