"""How does MicroPython get a terminal of its own, so that Ctrl-C interrupts it and nobody else?

Run as a new session with the terminal on stdin. The MicroPython is the PyPI wheel's, or the one $MICROPYTHON names.
"""

import fcntl
import os
import sys
import termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
if os.environ.get("MICROPYTHON"):
    os.execvp(os.environ["MICROPYTHON"], [os.environ["MICROPYTHON"], *sys.argv[1:]])
from micropython_unix import run_main  # noqa: E402

sys.exit(run_main(sys.argv))
