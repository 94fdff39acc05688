"""How do bytes pass between a technician's serial port and the badge's prompt?

Two pseudo-terminals: the outer one is the USB cable and stays, the inner one is the terminal of one MicroPython process
and goes with it. Bytes are passed on as they are, but for what a real board does and the unix build does not:

* Ctrl-D in an empty raw REPL is a soft reset. Here it is only noticed; the badge acts it out.
* After Ctrl-C to a running program, what follows waits until the prompt reads: a UART would have kept it, while the
  unix build throws away what has come when it changes the terminal's mode.
* While the console is raw (micropython.kbd_intr(-1)) all bytes pass as they are, Ctrl-C and lone LF too.
* What a badge says while no cable is plugged in is lost.
"""

import fcntl
import os
import pty
import re
import select
import signal
import termios
import tty

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
RUN_PROMPT = b"\x04>"
PROMPT = b">>> "
INTERRUPT = b"\x03"
END = b"\x04"
_CHUNK = 4096
_LONE_LF = re.compile(rb"(?<!\r)\n")


def _unblocked(fd: int) -> None:
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


class Port:
    """The outer end. path: what a technician opens."""

    def __init__(self) -> None:
        self.fd, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)  # so that the kernel tells when nobody has the port open
        _unblocked(self.fd)
        self._waiting = b""

    def plugged(self) -> bool:
        """Return whether somebody has the port open."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def read(self) -> bytes:
        """Return what the technician has sent, b"" for nothing."""
        try:
            return os.read(self.fd, _CHUNK)
        except OSError:
            return b""

    def write(self, data: bytes = b"") -> None:
        """Pass `data` to the technician, as fast as she reads; without a cable it is lost."""
        self._waiting += data
        if not self.plugged():
            self._waiting = b""
            return
        while self._waiting:
            try:
                self._waiting = self._waiting[os.write(self.fd, self._waiting) :]
            except OSError:
                return

    def full(self) -> bool:
        """Return whether something still waits to be read."""
        return bool(self._waiting)

    def close(self) -> None:
        """Pull the cable."""
        os.close(self.fd)


class Terminal:
    """The inner end: a terminal whose other side, `slave`, becomes the process `pid`'s own."""

    def __init__(self) -> None:
        self.fd, self.slave = pty.openpty()
        tty.setraw(self.slave)
        mode = termios.tcgetattr(self.slave)
        mode[3] |= termios.ISIG  # the unix build clears it while its prompt reads: so it tells the two apart
        for key in (termios.VINTR, termios.VQUIT, termios.VSUSP):
            mode[6][key] = b"\0"  # no byte is a signal by itself
        termios.tcsetattr(self.slave, termios.TCSANOW, mode)
        _unblocked(self.fd)
        self.pid = 0
        self.raw = False
        self._tail = b""
        self._submitted = False  # a raw paste runs without a change of mode
        self._held = b""
        self._interrupted = False

    def ready(self) -> bool:
        """Return whether a prompt has been shown, with nothing typed since, and now reads."""
        if not self._tail.endswith((PROMPT, RAW_PROMPT, RUN_PROMPT)):
            return False
        return not self._running()

    def _running(self) -> bool:
        return self._submitted or bool(termios.tcgetattr(self.fd)[3] & termios.ISIG)

    def read(self) -> bytes:
        """Return what the process has said, lines ending with CR LF as a badge's do; b"" for nothing."""
        try:
            data = os.read(self.fd, _CHUNK)
        except OSError:
            return b""
        last = self._tail[-1:]
        self._tail = (self._tail + data)[-64:]
        if self._tail.endswith((PROMPT, RAW_PROMPT, RUN_PROMPT)):
            self._submitted = False
        if self.raw:
            return data
        joined = _LONE_LF.sub(b"\r\n", last + data)
        return joined[len(last) :] if last != b"\n" else joined[2:]

    def write(self, data: bytes) -> bool:
        """Pass `data` on. Return False if it is the soft reset of an empty raw REPL, which is not passed on."""
        self._held += data
        while self._held and self.raw:
            try:
                self._held = self._held[os.write(self.fd, self._held) :]
            except OSError:
                return True
        while self._held:
            if self._interrupted:
                if not self.ready():
                    return True
                self._interrupted = False
            byte = self._held[:1]
            if byte == END and self._tail.endswith((RAW_PROMPT, RUN_PROMPT)):
                self._held = self._held[1:]
                return False
            if byte == INTERRUPT and self._running():
                os.kill(self.pid, signal.SIGINT)
                self._interrupted = True
                self._held = self._held[1:]
                continue
            if not self._put():
                return True
        return True

    def _put(self) -> bool:
        # up to the next byte that needs a look of its own
        n = 1
        while self._held[:1] != END and n < len(self._held) and self._held[n : n + 1] not in (INTERRUPT, END):
            n += 1
        try:
            n = os.write(self.fd, self._held[:n])
        except OSError:
            return False
        sent, self._held = self._held[:n], self._held[n:]
        if sent.strip(b"\r"):
            self._tail = b""
        if sent[:1] == END:
            self._submitted = True
        return True

    def take_held(self) -> bytes:
        """Return and forget what has not been passed on yet."""
        held, self._held = self._held, b""
        return held

    def close(self) -> None:
        """Close both sides."""
        os.close(self.fd)
        os.close(self.slave)
