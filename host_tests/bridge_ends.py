"""How does a test hold the far end of a bridge's cable? A pty, and a bridge of a few lines behind it."""

import os
import pty
import select
import tty

from firmware.link import cobs


class FakeBridge:
    """Answers ASK with its STATUS. `path`: what the gateway opens. `sends`: [(rank, frame)] that it was given."""

    def __init__(self, number, silent=False):
        self.number = number
        self.silent = silent
        self.sends = []
        self.other = lambda message: None
        self._buf = bytearray(90)
        self._reader = cobs.Reader(self._buf)
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.path = os.ttyname(self.theirs)

    def serve(self):
        """Read what the gateway wrote, and answer."""
        while select.select([self.ours], [], [], 0.02)[0]:
            for byte in os.read(self.ours, 4096):
                n = self._reader.take(byte)
                if n and self._buf[0] == cobs.ASK and not self.silent:
                    status = bytes([cobs.STATUS, 2]) + self.number.to_bytes(2) + bytes([1]) + bytes(14)
                    self.say(status + bytes([80, 128]) + (350).to_bytes(2) + b"\0" + (6525).to_bytes(2) + b"\7")
                elif n and self._buf[0] == cobs.SEND:
                    self.sends.append((self._buf[1], bytes(self._buf[2:n])))
                elif n:
                    self.other(bytes(self._buf[:n]))

    def say(self, message):
        out = bytearray(len(message) + cobs.WRITTEN_MORE)
        n = cobs.write(out, bytearray(message), len(message))
        os.write(self.ours, out[:n])

    def hear(self, sealed, rssi_dbm):
        """Hear a frame on the air."""
        self.say(bytes([cobs.HEARD, -rssi_dbm, 140]) + sealed)

    def unplug(self):
        os.close(self.ours)
        os.close(self.theirs)
