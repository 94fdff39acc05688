"""How is a badge's prompt spoken to for longer than a word? One session of mpremote's own transport, each wait limited.

What is limited is each file and each answer, never the sum: a slow cable takes as long as it takes, and a badge that
falls silent is told from one that is busy.
"""

import binascii
import contextlib
import struct
import time
from collections.abc import Iterator
from typing import Any

import serial
from mpremote import transport_serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from tools.flash.cable import NO_PROMPT, NoPrompt, Refusal, overheard, told, unmounted

ANSWER_S = 20  # between two letters of an answer; the longest thing done at once is the digest of a file
_CHUNK_BYTES = 768
_OPENINGS = 10
_OPENING_S = 0.2

setattr(transport_serial, "print", lambda *words: None)  # its bytes are no sentence for anybody


class Prompt:
    """The prompt of the badge at `port`; made by `opened`."""

    def __init__(self, port: str, transport: SerialTransport) -> None:
        self._port = port
        self._transport = transport
        self.runs = False  # it was reset, and stands at its prompt no more

    def run(self, script: str) -> str:
        """Run `script` and return what it printed. Raises Refusal."""
        try:
            said, error = self._transport.exec_raw(script, timeout=ANSWER_S)
        except (OSError, TransportError, struct.error, serial.SerialException) as failure:
            raise Refusal(f"the badge on {self._port} stopped answering: press its reset key and try again "
                          f"({failure})") from failure
        if error:
            raise Refusal(f"the badge on {self._port} refused: {_last(error.decode('utf-8', 'replace'))}")
        return str(said.decode("utf-8", "replace"))

    def ask(self, script: str) -> Any:
        """Run `script`, whose last line is a Python literal, and return that."""
        return told(self._port, f"= {_last(self.run(script))}", "=", None)

    def copy(self, path: str, data: bytes) -> None:
        """Write a file. Raises Refusal."""
        self.run(f"from binascii import a2b_base64 as a\nf = open({path!r}, 'wb')\nw = f.write")
        for at in range(0, len(data), _CHUNK_BYTES):
            text = binascii.b2a_base64(data[at : at + _CHUNK_BYTES], newline=False)
            self.run(f"w(a({text!r}))\ndog.feed()")
        self.run("f.close()")

    def reset(self, broken: bool = False) -> None:
        """Have the badge start anew; it answers no more. broken: it may stand in the middle of a word."""
        with contextlib.suppress(OSError, TransportError, struct.error, serial.SerialException):
            if broken:
                self._transport.serial.write(b"\r\x03\x03")
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=3)
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")
        self.runs = True

    def heard(self) -> bytes:
        """Return what the badge has said since, within a fifth of a second; not at its prompt."""
        line = self._transport.serial
        line.timeout = 0.2
        try:
            return bytes(line.read(line.in_waiting or 1))
        except (OSError, serial.SerialException) as error:
            raise Refusal(f"{self._port} is gone: is the cable still in? ({error})") from error


def _last(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


@contextlib.contextmanager
def opened(port: str) -> Iterator[Prompt]:
    """Stop what runs on the badge at `port` and give its prompt; whatever happens, the badge is reset at the end.

    Raises Refusal where there is no prompt.
    """
    for left in reversed(range(_OPENINGS)):
        try:
            transport = SerialTransport(port, timeout=ANSWER_S)
            break
        except (OSError, TransportError, serial.SerialException) as error:
            if not left:
                raise Refusal(f"the badge on {port} cannot be reached: {error}") from error
            time.sleep(_OPENING_S)  # a board that has just begun to start, with USB of its own, takes its port along
    prompt = Prompt(port, transport)
    try:
        for last in (False, True):  # one that is just starting again may swallow the first word
            try:
                transport.enter_raw_repl(soft_reset=True, timeout_overall=ANSWER_S)
                break
            except (OSError, TransportError, TransportExecError, serial.SerialException) as error:
                if last:
                    transport.serial.close()
                    prompt.runs = True  # there is none to be reset at
                    unmounted(port, overheard(port))
                    raise NoPrompt(f"the badge on {port} refused: {NO_PROMPT}") from error
        yield prompt
    finally:
        if not prompt.runs:
            prompt.reset(broken=True)  # it stands at its prompt, where it calls nobody
        with contextlib.suppress(OSError, serial.SerialException):
            transport.close()  # lets go of two lines first, which not every port has
        transport.serial.close()
