"""What does a test put into the simulated air? A radio that writes down what it is told."""

from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock


class Ear:
    """A radio at (x_m, y_m) that listens from the start; `heard`: (time in us, what, ...)."""

    def __init__(self, air, x_m=0, y_m=0, listening=True, **tuning):
        self.air = air
        self.radio = Radio(air, x_m, y_m, self)
        self.radio.tune(869525000, tuning.pop("sf", 7), **tuning)
        self.radio.listen(listening)
        self.heard = []

    def preamble(self):
        self.heard.append((self.air.clock.now_us, "preamble"))

    def header(self, ok):
        self.heard.append((self.air.clock.now_us, "header" if ok else "bad header"))

    def frame(self, payload, rssi_dbm, snr_db, crc_ok):
        self.heard.append((self.air.clock.now_us, "frame" if crc_ok else "bad frame", payload, round(rssi_dbm)))

    def said(self):
        """Return what was heard without times, frames as their payloads."""
        told = [word for word in self.heard if word[1] not in ("preamble", "header")]
        return [word[2] if word[1] == "frame" else word[1] for word in told]


def quiet_air(**chances):
    """Return an Air in its own virtual time."""
    return Air(Clock(), **chances)
