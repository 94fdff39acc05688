"""How do bytes go in and out over the cable? The console's own stream (USB or UART0), read raw and without waiting.

The console takes byte 3 as Ctrl-C, which is the technician's door (mpremote begins with it), and a sealed frame may
hold one. So `raw(True)` shuts that door while a gateway speaks, and `raw(False)` opens it again when it has gone.
"""

import select
import sys

import micropython
from micropython import const

_CTRL_C = const(3)
_SHUT = const(-1)


class Serial:
    """reader, writer: byte streams, by default those of the console; a machine.UART can be both.

    A failure of the stream is nothing read, or False; it is never an exception.
    """

    def __init__(self, reader=None, writer=None):
        self._console = reader is None
        self._reader = reader or sys.stdin.buffer
        self._writer = writer or sys.stdout.buffer
        self._one = bytearray(1)  # the console waits until it has as many bytes as it was asked for
        self._poll = select.poll()
        self._poll.register(self._reader, select.POLLIN)

    def raw(self, on):
        """Take byte 3 as any other, or as Ctrl-C again."""
        if self._console:
            micropython.kbd_intr(_SHUT if on else _CTRL_C)

    def read(self, buf):
        """Fill `buf` with the bytes that are there, at most its length; return how many."""
        n = 0
        try:
            while n < len(buf) and self._there():
                if not self._reader.readinto(self._one):
                    break  # nobody holds the other end
                buf[n] = self._one[0]
                n += 1
        except OSError:
            pass  # what came before it is there
        return n

    def write(self, buf, n):
        """Write `buf[:n]`; return whether all of it was taken."""
        try:
            return self._writer.write(memoryview(buf)[:n]) == n
        except OSError:
            return False

    def _there(self):
        for _, event in self._poll.ipoll(0):
            return event & select.POLLIN
        return 0
