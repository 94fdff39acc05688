"""Which modem has a badge of the story? The face of firmware/board/modem.py, over the story's air instead of a chip.

A frame takes its time on air, and flies then. A wearer out of reach sends all the same, and is heard by nobody.
"""

from typing import TYPE_CHECKING

from firmware.link.airtime import airtime_ms
from tools.sim.air import modem

if TYPE_CHECKING:
    from tools.sim.story.board import Board


class Mail:
    """What a badge has sent, and what has come for it. sent_ms: when it last sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.waiting: list[bytes] = []
        self.sent_ms = -1000


class Modem(modem.Modem):
    """On `board` of the story, with its Mail; sf: spreading factor. Each frame goes into its wearer's `air`."""

    def __init__(self, board: "Board", sf: int) -> None:
        super().__init__(sf)
        self._board = board
        self._until_ms = 0
        self._heard_again("rebuild")

    def recalibrate(self) -> None:
        """Hear again, if that helps."""
        self._heard_again("calibrate")

    def _heard_again(self, by: str) -> None:
        if self._board.luck.deaf in ("calibrate", by):
            self._board.luck.deaf = ""
            self._board.person.heals_ms = self._board.person.local

    def start_recv(self, continuous: bool) -> None:
        """Listen."""

    def poll_recv(self, packet: modem.Packet | None) -> modem.Packet | bool:
        """Return a frame that has come, else True."""
        if self._board.luck.deaf:
            self._board.mail.waiting.clear()
        if not self._board.mail.waiting:
            return True
        packet = modem.Packet(self._board.mail.waiting.pop(0))
        packet.rssi, packet.snr = -90, 20
        return packet

    def start_look(self) -> None:
        """Look whether the channel is in use."""

    def poll_look(self) -> int:
        """Return that it is not."""
        return 0

    def start_send(self) -> None:
        """Send them."""
        local, mail = self._board.person.local, self._board.mail
        air_ms = airtime_ms(len(self.payload), self.sf)
        self._until_ms = local + air_ms
        self._board.person.air.append((local, air_ms, self.payload[0]))
        mail.sent_ms = local
        if self._board.linked():
            mail.sent.append(self.payload)

    def poll_send(self) -> bool:
        """Return True while sending."""
        return self._board.person.local < self._until_ms
