"""Which step is under way? One line on stderr, redrawn where that is a terminal; elsewhere a line for each step."""

import sys
import threading
from typing import TextIO

_CLEAR = "\r\x1b[K"


class Progress:
    """`now(text)` says what is under way. As a context it holds the line back, while something else is printed."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._redraws = self._stream.isatty()
        self._text = ""
        self._lock = threading.RLock()

    def now(self, text: str) -> None:
        """What is under way from now on; "" if nothing is."""
        with self._lock:
            if text == self._text:
                return
            self._text = text
            if self._redraws:
                self._draw()
            elif text:
                print(f"kald demo: {text}", file=self._stream, flush=True)

    def _draw(self) -> None:
        self._stream.write(_CLEAR + (f"kald demo: {self._text}"[:79] if self._text else ""))
        self._stream.flush()

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._redraws and self._text:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def __exit__(self, *_: object) -> None:
        if self._redraws and self._text:
            self._draw()
        self._lock.release()
