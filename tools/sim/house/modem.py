"""Which modem has a radio of the house? The face of firmware/board/modem.py straight over the air, without a chip.

The chips and their SPI are tested over tools/sim/chips.
"""

from tools.sim.air import modem

LOOK_US = 4700  # 83 us to start, 4 symbols and a half of SF7 (SX1261/2 data sheet 13.1.14; tools/sim/chips)


class Modem(modem.Modem):
    """The face of firmware/board/modem.py on `radio`. dbm: power.

    of: whose it is; of.wake() is called when something has happened, of.sends(payload) when it begins to send.
    """

    def __init__(self, radio, khz, sf, of, dbm=14, can_doze=False):
        super().__init__(sf)
        self.can_doze = can_doze
        self._radio = radio
        self._of = of
        self._wake = of.wake
        self._dbm = dbm
        self._frame = None
        self._look = -1
        self.bad = 0
        radio.listener = self
        radio.tune(1000 * khz, sf)

    def configure(self, cfg):
        """Take the settings that are changed on the way."""
        super().configure(cfg)
        self._dbm = cfg.get("output_power", self._dbm)
        if "freq_khz" in cfg:
            self._radio.tune(1000 * cfg["freq_khz"], cfg["sf"])

    def standby(self):
        """Hear nothing."""
        self._radio.listen(False)

    def start_recv(self, continuous):
        """Listen."""
        self._frame = None
        self._radio.listen(True)

    def poll_recv(self, packet):
        """Return a frame that has come, else True."""
        if self._frame is None:
            return True
        frame, self._frame = self._frame, None
        return frame

    def start_doze(self, window_us, sleep_us):
        """Listen in windows."""
        self.dozing = True
        self._frame = None
        self._radio.cycle_us = window_us + sleep_us
        self._radio.listen(True)

    def poll_doze(self, packet):
        """Return a frame that has come, else True."""
        return self.poll_recv(packet)

    def end_doze(self):
        """Listen no more."""
        self.dozing = False
        self._radio.cycle_us = 0
        self._radio.listen(False)

    def start_look(self):
        """Look whether the channel is in use."""
        self._radio.listen(False)
        self._look = -1
        self._radio.air.clock.at(self._radio.air.clock.now_us + LOOK_US, self._looked)

    def poll_look(self):
        """Return what was seen, -1 while looking."""
        return self._look

    def start_send(self):
        """Send them."""
        self._of.sends(self.payload)
        frame = self._radio.transmit(self.payload, self._dbm, self.preamble_len)
        self._radio.air.clock.at(frame.end_us, self._wake)

    def poll_send(self):
        """Return True while sending."""
        return self._radio.sending is not None

    def preamble(self):
        """A frame begins."""

    def header(self, ok):
        """Its header is there."""

    def frame(self, payload, rssi_dbm, snr_db, crc_ok):
        """A frame has come."""
        if not crc_ok:
            self.bad += 1
            return
        self._frame = modem.Packet(payload)
        self._frame.rssi = round(rssi_dbm)
        self._frame.snr = round(4 * snr_db)
        self._wake()

    def _looked(self):
        self._look = 1 if self._radio.busy() else 0
        self._wake()
