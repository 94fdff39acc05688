"""Has this badge started too often lately? Counts the boot, before anything of ours can fail.

Nothing here may raise: after an error in boot.py the port runs no main.py (ports/esp32/main.c), and a prompt is all
that is left of the alarm. Whoever ends at a prompt, by a stray Ctrl-C too, is started again by a watchdog of ten
minutes, which the hallways shorten, and which is long enough for a technician.
"""

import sys

try:
    import machine

    machine.WDT(timeout=600000)
    from firmware.board.memory import Memory

    Memory().booted()
except ImportError:
    print("kald: no firmware here yet; run: kald flash")
except Exception as error:
    sys.print_exception(error)  # main.py meets it again, and starts anew
