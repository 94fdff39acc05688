"""What does the SX1262 do beyond what the package `lora` asks of it? See modem.py.

Sources: SX1261/2 data sheet rev 2.1, 13.1.7 SetRxDutyCycle, 13.1.14 SetCad, 13.3 interrupts, 13.4.7 SetCadParams;
Semtech AN1200.48 for the detector's settings.
"""

from firmware.limits import LORA_SYNC_WORD
from lora.sx126x import _SX1262
from micropython import const

_SET_DIO_IRQ = const(0x08)
_SET_STANDBY = const(0x80)
_CALIBRATE = const(0x89)
_ALL_BLOCKS = const(0x7F)
_SET_BASES = const(0x8F)
_SET_PACKET = const(0x8C)
_SET_CAD_PARAMS = const(0x88)
_SET_CAD = const(0xC5)
_SET_RX_DUTY_CYCLE = const(0x94)
_IRQ_WANTED = const(0x03C3)  # sent, received, CRC wrong, CAD done, activity, timeout
_IRQ_ON_DIO1 = const(0x0283)  # sent, received, CAD done, timeout
_CAD_DONE = const(0x0080)
_CAD_FOUND = const(0x0100)
_CAD_PEAK = (22, 22, 23, 24, 25, 28)  # from SF7 on, at 125 kHz
_CAD_LEAST = const(10)
_REG_SYNC_HIGH = const(0x0740)
_REG_SYNC_LOW = const(0x0741)


class SX1262(_SX1262):
    """The package's SX1262 and what it lacks. `cfg`: the package's lora_cfg, with sf and freq_khz; dio1 is a must.

    Leave it alone for 20 ms once it is made, as after `recalibrate`.
    """

    can_doze = True

    def __init__(self, cfg, dio1, **parts):
        self.dozing = False
        self.sf = cfg["sf"]
        cfg["syncword"] = LORA_SYNC_WORD
        super().__init__(dio1=dio1, lora_cfg=cfg, **parts)
        # without this the package asks for nothing but its own interrupts, and the rest never shows
        self._cmd(">BHHHH", _SET_DIO_IRQ, _IRQ_WANTED, _IRQ_ON_DIO1, 0, 0)
        self.calibrate_image()  # a chip comes calibrated for 902 to 928 MHz (9.2.1)

    def _after_init(self):
        pass  # the package's own ends, which wait or are awaited, make ready for that here: we ask, and need none

    def alive(self):
        """Return whether the chip answers and still has our sync word."""
        high, low = LORA_SYNC_WORD & 0xF0 | 4, LORA_SYNC_WORD << 4 & 0xF0 | 4
        return self._reg_read(_REG_SYNC_HIGH) == high and self._reg_read(_REG_SYNC_LOW) == low

    def recalibrate(self):
        """Have a receiver that a strong signal has deafened hear again; then leave the chip alone for 20 ms.

        A new receive or a sleep does not do it, calibrating all blocks does; that ends with the image of another band
        (meshtastic/firmware PR 9705), and of the image's calibration BUSY tells nothing (PR 11774 there).
        """
        self.standby()
        self._cmd("BB", _SET_STANDBY, 0)  # on the RC oscillator (13.1.12)
        self._cmd("BB", _CALIBRATE, _ALL_BLOCKS)
        self.calibrate_image()

    def start_look(self):
        """Begin channel activity detection, 2 symbols at SF7 and 8, else 4; whatever was under way is over."""
        self.standby()
        symbols = 1 if self.sf <= 8 else 2
        self._cmd("BBBBBBBB", _SET_CAD_PARAMS, symbols, _CAD_PEAK[self.sf - 7], _CAD_LEAST, 0, 0, 0, 0)
        self._cmd("B", _SET_CAD)

    def poll_look(self):
        """Return -1 while the chip looks, 1 if LoRa is in the air, else 0."""
        flags = self._get_irq()
        if not flags & _CAD_DONE:
            return -1
        self._clear_irq()
        return 1 if flags & _CAD_FOUND else 0

    def start_doze(self, rx_us, sleep_us):
        """Listen for `rx_us`, sleep for `sleep_us`, and so on, until a frame comes or `end_doze`. Below 134 s each."""
        self.standby()
        self._cmd("BBB", _SET_BASES, 0xFF, 0)
        self._cmd(">BHBBBB", _SET_PACKET, self._preamble_len, 0, 0xFF, self._crc_en, 0)
        rx = rx_us * 8 // 125  # steps of 15.625 us
        sleep = sleep_us * 8 // 125
        self._cmd(">BBHBH", _SET_RX_DUTY_CYCLE, rx >> 16, rx & 0xFFFF, sleep >> 16, sleep & 0xFFFF)
        self._last_irq = None
        self.dozing = True

    def poll_doze(self, packet):
        """Return the frame that has ended the dozing, True while none has, False if it ended without one.

        The pin is asked, not the chip: a command would wake it.
        """
        if not self._dio1():
            return True
        self.dozing = False
        self._rx = True
        self._rx_continuous = False
        self._rx_length = 0xFF
        packet = self.poll_recv(packet)
        # after a wrong CRC the package receives on, which is for the caller to decide
        return False if packet is True else packet

    def end_doze(self):
        """Wake the chip, wherever it is in its cycle, and leave it in standby."""
        self.dozing = False
        self._sleep = True  # the package then pulls NSS low before its command, which wakes a sleeping chip (13.1.7)
        self.standby()
