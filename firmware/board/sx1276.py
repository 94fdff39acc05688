"""What does the SX1276 do beyond what the package `lora` asks of it? See modem.py.

Source: SX1276 data sheet rev 7, 4.1.6.
"""

from firmware.limits import LORA_SYNC_WORD
from lora.sx127x import _SX127x
from micropython import const

_OP_CAD = const(7)
_OP_SLEEP = const(0)
_FLAG_CAD_DONE = const(0x04)
_FLAG_CAD_FOUND = const(0x01)
_REG_FIFO_POINTER = const(0x0D)
_REG_RX_CURRENT = const(0x10)
_REG_SYNC = const(0x39)


class SX1276(_SX127x):
    """The package's SX1276 and what it lacks. `cfg`: the package's lora_cfg, with sf and freq_khz; dio0 is a must.

    Powers from 2 to 17 dBm: asked for 20, lora-sx127x 0.1.2 sets 10.
    """

    can_doze = False
    dozing = False

    def __init__(self, cfg, dio0, **parts):
        self.sf = cfg["sf"]
        cfg["syncword"] = LORA_SYNC_WORD
        cfg["crc_en"] = True  # off after a reset, and the package believes it on
        cfg["tx_ant"] = "PA_BOOST"  # the pin that modules have wired
        super().__init__(dio0=dio0, lora_cfg=cfg, **parts)
        self.calibrate_image()

    def _after_init(self):
        pass  # the package's own ends, which wait or are awaited, make ready for that here: we ask, and need none

    def alive(self):
        """Return whether the chip answers and still has our sync word."""
        return self._reg_read(_REG_SYNC) == LORA_SYNC_WORD

    def recalibrate(self):
        """Have a receiver that a strong signal has deafened hear again: its gain begins anew after a sleep."""
        self.standby()
        self._set_mode(_OP_SLEEP)
        self.standby()
        self.calibrate_image()

    def start_look(self):
        """Begin channel activity detection; whatever was under way is over."""
        self.standby()
        self._clear_irq()
        self._set_mode(_OP_CAD)

    def poll_look(self):
        """Return -1 while the chip looks, 1 if LoRa is in the air, else 0."""
        flags = self._get_irq()
        if not flags & _FLAG_CAD_DONE:
            return -1
        self._clear_irq()
        return 1 if flags & _FLAG_CAD_FOUND else 0

    def _read_packet(self, rx_packet, flags):
        # The package reads on from where it stopped, which after a frame with a wrong CRC is the wrong place.
        self._reg_write(_REG_FIFO_POINTER, self._reg_read(_REG_RX_CURRENT))
        return super()._read_packet(rx_packet, flags)
