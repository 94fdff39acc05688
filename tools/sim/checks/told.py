"""Which faults has a badge told its gateway? A board of tools/sim/scripts/fake_board.py that reads its heartbeats."""

from firmware.link import frame
from firmware.link.seal import NONCE_BYTES, Seal
from tools.sim.scripts.fake_board import DEVICE, UP, Board


class Told(Board):
    """`heard` is all faults that heartbeats have told, by their bits."""

    def __init__(self, answer_ms):
        Board.__init__(self, answer_ms)
        self.heard = 0
        self._opener = Seal(UP)
        self._with = bytearray(NONCE_BYTES)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Read the faults of a heartbeat, then acknowledge."""
        if buf[0] == frame.HEARTBEAT:
            copy = bytearray(buf[:n])
            frame.nonce(self._with, frame.STREAM_UP, DEVICE, 0, frame.get30(copy, 3))
            if self._opener.open(self._with, copy, frame.UP_HEAD, n) > 0:
                self.heard |= frame.get16(copy, 9)
        return Board.send(self, buf, n, is_alarm)
