"""Is the tree that was flashed last worth keeping? Loaded only while /trial is there (boot.py).

It is once a gateway has answered it, for then it starts, sends, hears and seals; a bridge, which nobody answers, once
it has run for a minute. Whoever is not heard in ten minutes starts again as the tree before, and so does a lifeboat,
which proves nothing. Never within a gesture, but in an alarm too: it is kept, and the tree before may be heard.
"""

import os

from firmware.ticks import since
from micropython import const

_HEARD_MS = const(600000)


class Trial:
    """Stands before the feeding of `board`'s watchdog, where proven(ms so far) and calm() are asked."""

    def __init__(self, board, proven, calm):
        self._board = board
        self._proven = proven
        self._calm = calm
        self._feed = board.feed
        self._began = board.now()
        board.feed = self.feed

    def feed(self):
        """Feed, and end the trial when its time has come."""
        self._feed()
        board = self._board
        if not self._calm():
            return
        lasts = since(self._began, board.now())
        if self._proven(lasts):
            board.feed = self._feed
            try:
                os.remove("/trial")
            except OSError:
                return  # flash refuses; the next start tries it anew
            print("kald: proven")
        elif lasts >= _HEARD_MS:
            self._back()

    def _back(self):
        try:
            with open("/trial") as file:
                before = file.read().split(" ")[0]
            with open("/new", "w") as file:
                file.write(before + " 99")  # boot.py has the rest
            os.rename("/new", "/trial")
        except (OSError, ValueError):  # flash refuses, or has made of it what is no text
            self._began = self._board.now()
            return
        self._board.memory.ordered()
        self._board.reset()
