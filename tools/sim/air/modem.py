"""Which modem needs no chip? What is common to those that stand for firmware/board/modem.py over a simulated air."""

from firmware.link.airtime import airtime_us


class Packet(bytes):
    """A frame as the package `lora` hands it on, with `rssi` (dBm) and `snr` (quarter dB)."""

    rssi = snr = 0


class Modem:
    """A modem in which nothing breaks. sf: spreading factor; payload: what is sent next, or was last."""

    can_doze = dozing = False

    def __init__(self, sf):
        self.sf = sf
        self.payload = b""
        self.preamble_len = 8

    def configure(self, cfg):
        """Take the settings that are changed on the way."""
        self.preamble_len = cfg.get("preamble_len", self.preamble_len)

    def get_time_on_air_us(self, n):
        """Return the time on air with the preamble that is set."""
        return airtime_us(n, self.sf, self.preamble_len)

    def alive(self):
        """Return True: nothing breaks here."""
        return True

    def is_idle(self):
        """Return False: it does not stop receiving by itself."""
        return False

    def standby(self):
        """Hear nothing."""

    def recalibrate(self):
        """Do nothing: nobody is deafened here."""

    def prepare_send(self, data):
        """Take the bytes."""
        self.payload = bytes(data)
