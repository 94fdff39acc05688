"""What can our LoRa radios do that the package `lora` does not ask of them?

micropython-lib's lora-sx126x (0.1.6 or newer; older ones hand on frames whose CRC is wrong) and lora-sx127x know
sending and receiving, but neither channel activity detection nor the SX1262's receive duty cycle. Both are added here
in subclasses, which lean on the package's inside: lib/README.md pins the versions they are tested with.

    start_look(), poll_look()    is LoRa in the air? -1 not known yet, 0 no, 1 yes
    start_doze(rx_us, sleep_us), poll_doze(packet), end_doze()
                                 listen and sleep in turns; the chip ends it by itself when a frame comes (SX1262)
    alive()                      does this chip answer, and does it still hold our settings?

Sources: SX1261/2 data sheet rev 2.1, 13.1.7 SetRxDutyCycle, 13.1.14 SetCad, 13.3 interrupts, 13.4.7 SetCadParams;
Semtech AN1200.48 for the detector's settings. SX1276 data sheet rev 7, 4.1.6.
"""

from lora import AsyncSX1262, AsyncSX1276
from machine import SPI, Pin
from micropython import const

SYNC_WORD = const(0x4B)  # neither LoRaWAN's 0x34, nor the chips' own 0x12 that a chip has after a brown-out

_SPI_HZ = const(4000000)  # both chips take 10 MHz and more; wires on a desk do not
_TCXO_START_US = const(5000)
_SET_DIO_IRQ = const(0x08)
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

_OP_CAD = const(7)
_FLAG_CAD_DONE = const(0x04)
_FLAG_CAD_FOUND = const(0x01)
_REG_FIFO_POINTER = const(0x0D)
_REG_RX_CURRENT = const(0x10)
_REG_SYNC = const(0x39)


class SX1262(AsyncSX1262):
    """The package's SX1262 and what it lacks. `cfg`: the package's lora_cfg, with sf and freq_khz; dio1 is a must."""

    can_doze = True

    def __init__(self, cfg, dio1, **parts):
        self.dozing = False
        self.sf = cfg["sf"]
        cfg["syncword"] = SYNC_WORD
        super().__init__(dio1=dio1, lora_cfg=cfg, **parts)
        # without this the package asks for nothing but its own interrupts, and the rest never shows
        self._cmd(">BHHHH", _SET_DIO_IRQ, _IRQ_WANTED, _IRQ_ON_DIO1, 0, 0)
        self.calibrate_image()  # a chip comes calibrated for 902 to 928 MHz (9.2.1)

    def alive(self):
        """Return whether the chip answers and still has our sync word."""
        high = SYNC_WORD & 0xF0 | 4
        return self._reg_read(_REG_SYNC_HIGH) == high and self._reg_read(_REG_SYNC_LOW) == (SYNC_WORD << 4 & 0xF0 | 4)

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


class SX1276(AsyncSX1276):
    """The package's SX1276 and what it lacks. `cfg`: the package's lora_cfg, with sf and freq_khz; dio0 is a must.

    Powers from 2 to 17 dBm: asked for 20, lora-sx127x 0.1.2 sets 10.
    """

    can_doze = False
    dozing = False

    def __init__(self, cfg, dio0, **parts):
        self.sf = cfg["sf"]
        cfg["syncword"] = SYNC_WORD
        cfg["crc_en"] = True  # off after a reset, and the package believes it on
        cfg["tx_ant"] = "PA_BOOST"  # the pin that modules have wired
        super().__init__(dio0=dio0, lora_cfg=cfg, **parts)
        self.calibrate_image()

    def alive(self):
        """Return whether the chip answers and still has our sync word."""
        return self._reg_read(_REG_SYNC) == SYNC_WORD

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


def build(pins, khz, sf, dbm):
    """Return the modem of a board (a module of firmware/board/boards). Raises OSError or RuntimeError without one.

    khz: the channel's middle. sf: 7 .. 12. dbm: power at the radio's pin. 125 kHz, 4/5, CRC.
    """
    cfg = {"freq_khz": khz, "sf": sf, "bw": "125", "coding_rate": 5, "output_power": dbm, "preamble_len": 8}
    sck, mosi, miso = Pin(pins.LORA_SCK), Pin(pins.LORA_MOSI), Pin(pins.LORA_MISO)
    parts = {
        "spi": SPI(1, baudrate=_SPI_HZ, polarity=0, phase=0, sck=sck, mosi=mosi, miso=miso),
        "cs": Pin(pins.LORA_CS),
        "reset": Pin(pins.LORA_RESET),
    }
    if pins.LORA == "sx1276":
        return SX1276(cfg, Pin(pins.LORA_DIO1), **parts)  # the board's one line is wired to DIO0
    tcxo_mv = getattr(pins, "LORA_TCXO_MV", None)
    if tcxo_mv:
        parts["dio3_tcxo_millivolts"] = tcxo_mv
        parts["dio3_tcxo_start_time_us"] = _TCXO_START_US
    return SX1262(cfg, Pin(pins.LORA_DIO1), busy=Pin(pins.LORA_BUSY), **parts)
