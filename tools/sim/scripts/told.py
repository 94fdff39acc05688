"""Which faults has a badge told its gateway? A board of tools/sim/scripts/fake_board.py that reads its heartbeats."""

from firmware.link import frame
from firmware.link.seal import Seal
from tools.sim.scripts.fake_board import UP, Board
from tools.sim.sealed import opened_up


class Told(Board):
    """`heard` is all faults that heartbeats have told, by their bits."""

    def __init__(self, answer_ms: int) -> None:
        Board.__init__(self, answer_ms)
        self.heard = 0
        self._opener = Seal(UP)

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Read the faults of a heartbeat, then acknowledge."""
        if buf[0] == frame.HEARTBEAT:
            plain = opened_up(self._opener, buf[:n])
            if plain:
                self.heard |= frame.get16(plain, 9)
        return Board.send(self, buf, n, is_alarm)
