"""How do a hundred radios share the simulated air without a day of it taking a day?

The air of tools/sim/air, with one thing left out: a badge's radio is not told of frames that are for somebody else.
What they would have cost it is kept: a badge whose radio would be busy reading another frame misses its own.
And a modem as firmware/board/lora.py wants it, straight over such a radio: the same calls as firmware/board/modem.py,
with no chip and no SPI in between (those are tested over tools/sim/chips).
"""

from tools.sim.air import modem
from tools.sim.air.channel import Air, Radio
from tools.sim.air.phy import DETECT_SYMBOLS

LOOK_US = 4700  # 83 us to start, 4 symbols and a half of SF7 (SX1261/2 data sheet 13.1.14; tools/sim/chips)


class HouseAir(Air):
    """aim(frame): the radios that a frame is for. `ears`: radios that hear everything (bridges)."""

    def __init__(self, clock, aim, **chances):
        super().__init__(clock, **chances)
        self.ears = set()
        self.occupied = 0  # frames that a badge missed since it was reading another
        self._aim = aim

    def put(self, frame):
        """Let a frame begin."""
        self.live.append(frame)
        self.clock.at(frame.end_us, self.drop, frame)
        aimed = self._aim(frame)
        for radio in self.radios:
            if radio.lock:
                if radio in aimed:
                    self.occupied += 1
                radio.disturbed(radio.lock, frame)
            elif radio.listening and radio in self.ears:
                radio.maybe(frame)
            elif radio in aimed and radio.listening:
                if self._reads_another(radio, frame):
                    self.occupied += 1
                else:
                    radio.maybe(frame)

    def _reads_another(self, radio, frame):
        now_us = self.clock.now_us
        for other in self.live:
            if other is not frame and other.sender is not radio and other.preamble_end_us < now_us:
                if radio.can_read(other):
                    return True
        return False


class HouseRadio(Radio):
    """A radio in this air. `cycle_us`: how far apart its windows are while it dozes; 0: it hears all the time."""

    cycle_us = 0

    def maybe(self, frame):
        """Arrange to lock on `frame`; who dozes finds it in the next window, if its preamble lasts until then."""
        if not self.cycle_us:
            super().maybe(frame)
        elif self._tuned_to(frame):
            next_us = self.air.clock.now_us + self.air.dice.below(self.cycle_us)
            self._try_at(frame, next_us + DETECT_SYMBOLS * frame.shape.symbol_us)

    def can_read(self, frame):
        """Return whether `frame` is strong enough here, and of the kind that is listened to."""
        return self._tuned_to(frame)


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
