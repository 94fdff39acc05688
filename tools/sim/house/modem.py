"""Which modem has a radio of the house? The face of firmware/board/modem.py straight over the air, without a chip.

The chips and their SPI are tested over tools/sim/chips.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from tools.sim.air import modem

if TYPE_CHECKING:
    from tools.sim.air.channel import Radio

LOOK_US = 4700  # 83 us to start, 4 symbols and a half of SF7 (SX1261/2 data sheet 13.1.14; tools/sim/chips)


class Owner(Protocol):
    """Whose modem it is."""

    def wake(self) -> None:
        """Something has happened."""

    def sends(self, payload: bytes) -> None:
        """It begins to send."""


class Modem(modem.Modem):
    """The face of firmware/board/modem.py on `radio`. dbm: power."""

    def __init__(self, radio: "Radio", khz: int, sf: int, of: "Owner", dbm: int = 14, can_doze: bool = False) -> None:
        super().__init__(sf)
        self.can_doze = can_doze
        self._radio = radio
        self._of = of
        self._wake = of.wake
        self._dbm = dbm
        self._frame: modem.Packet | None = None
        self._look = -1
        self.bad = 0
        radio.listener = self
        radio.tune(1000 * khz, sf)

    def configure(self, cfg: Mapping[str, int]) -> None:
        """Take the settings that are changed on the way."""
        super().configure(cfg)
        self._dbm = cfg.get("output_power", self._dbm)
        if "freq_khz" in cfg:
            self._radio.tune(1000 * cfg["freq_khz"], cfg["sf"])

    def standby(self) -> None:
        """Hear nothing."""
        self._radio.listen(False)

    def start_recv(self, continuous: bool) -> None:
        """Listen."""
        self._frame = None
        self._radio.listen(True)

    def poll_recv(self, packet: modem.Packet | None) -> modem.Packet | bool:
        """Return a frame that has come, else True."""
        if self._frame is None:
            return True
        frame, self._frame = self._frame, None
        return frame

    def start_doze(self, window_us: int, sleep_us: int) -> None:
        """Listen in windows."""
        self.dozing = True
        self._frame = None
        self._radio.cycle_us = window_us + sleep_us
        self._radio.listen(True)

    def poll_doze(self, packet: modem.Packet | None) -> modem.Packet | bool:
        """Return a frame that has come, else True."""
        return self.poll_recv(packet)

    def end_doze(self) -> None:
        """Listen no more."""
        self.dozing = False
        self._radio.cycle_us = 0
        self._radio.listen(False)

    def start_look(self) -> None:
        """Look whether the channel is in use."""
        self._radio.listen(False)
        self._look = -1
        self._radio.air.clock.at(self._radio.air.clock.now_us + LOOK_US, self._looked)

    def poll_look(self) -> int:
        """Return what was seen, -1 while looking."""
        return self._look

    def start_send(self) -> None:
        """Send them."""
        self._of.sends(self.payload)
        frame = self._radio.transmit(self.payload, self._dbm, self.preamble_len)
        self._radio.air.clock.at(frame.end_us, self._wake)

    def poll_send(self) -> bool:
        """Return True while sending."""
        return self._radio.sending is not None

    def preamble(self) -> None:
        """A frame begins."""

    def header(self, ok: bool) -> None:
        """Its header is there."""

    def frame(self, payload: bytes, rssi_dbm: float, snr_db: float, crc_ok: bool) -> None:
        """A frame has come."""
        if not crc_ok:
            self.bad += 1
            return
        self._frame = modem.Packet(payload)
        self._frame.rssi = round(rssi_dbm)
        self._frame.snr = round(4 * snr_db)
        self._wake()

    def _looked(self) -> None:
        self._look = 1 if self._radio.busy() else 0
        self._wake()
