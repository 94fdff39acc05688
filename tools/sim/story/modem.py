"""Which modem has a badge of the story? The face of firmware/board/modem.py, over the story's air instead of a chip.

A frame takes its time on air, and flies then. A wearer out of reach sends all the same, and is heard by nobody.
"""

from firmware.link.airtime import airtime_ms
from tools.sim.air import modem


class Mail:
    """What a badge has sent, [bytes], and what has come for it. sent_ms: when it last sent."""

    def __init__(self):
        self.sent = []
        self.waiting = []
        self.sent_ms = -1000


class Modem(modem.Modem):
    """On `board` of the story, with its Mail; sf: spreading factor. Each frame goes into the chip's `air`."""

    def __init__(self, board, sf):
        super().__init__(sf)
        self._board = board
        self._until_ms = 0
        self._heard_again("rebuild")

    def recalibrate(self):
        """Hear again, if that helps."""
        self._heard_again("calibrate")

    def _heard_again(self, by):
        if self._board.luck.deaf in ("calibrate", by):
            self._board.luck.deaf = ""
            self._board.person.heals_ms = self._board.hallway.local

    def start_recv(self, continuous):
        """Listen."""

    def poll_recv(self, packet):
        """Return a frame that has come, else True."""
        if self._board.luck.deaf:
            self._board.mail.waiting.clear()
        if not self._board.mail.waiting:
            return True
        packet = modem.Packet(self._board.mail.waiting.pop(0))
        packet.rssi, packet.snr = -90, 20
        return packet

    def start_look(self):
        """Look whether the channel is in use."""

    def poll_look(self):
        """Return that it is not."""
        return 0

    def start_send(self):
        """Send them."""
        local, mail = self._board.hallway.local, self._board.mail
        air_ms = airtime_ms(len(self.payload), self.sf)
        self._until_ms = local + air_ms
        self._board.chip.air.append((local, air_ms, self.payload[0]))
        mail.sent_ms = local
        if self._board.linked():
            mail.sent.append(self.payload)

    def poll_send(self):
        """Return True while sending."""
        return self._board.hallway.local < self._until_ms
