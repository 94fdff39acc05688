"""What would an SX1276 answer? Its registers, FIFO, DIO0 and DIO1, simulated after Semtech's data sheet rev 7.

Simulated: register access with address increment (2.2), the FSK and LoRa pages and the way between them (4.1.6.1), LoRa
modes and their times, the FIFO's pointers (4.1.2.3), interrupt flags, masks and DIO mapping (4.1.2.4, table 18), single
receive with its timeout in symbols, continuous receive, channel activity detection, power (3.4.2), RSSI and SNR
(5.5.5), image calibration, the errata note's 2.3 (automatic IF). RegInvertIQ is as drivers know it, not as the data
sheet has it. Not simulated: FSK frames, SF6, frequency hopping, the time that SPI takes. Runs on CPython and
MicroPython.
"""

from tools.sim.air.phy import symbol_us

from .spi import SimPin

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.sim.air.channel import Radio
    from tools.sim.air.clock import Clock

FAULTS = (None, "silent", "wrong", "reset", "deaf", "agc", "latched", "no_irq", "no_tx")
SLEEP, STANDBY, FS_TX, TX, FS_RX, RX, RX_SINGLE, CAD = range(8)
RX_TIMEOUT, RX_DONE, CRC_BAD, HEADER_OK, TX_DONE, CAD_DONE, CAD_FOUND = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x01
_FIFO, _OP_MODE, _FRF, _PA_CONFIG, _FIFO_PTR, _TX_BASE, _RX_BASE, _RX_CURRENT = 0, 1, 6, 9, 0x0D, 0x0E, 0x0F, 0x10
_IRQ_MASK, _IRQ, _RX_BYTES, _SNR, _PACKET_RSSI, _RSSI = 0x11, 0x12, 0x13, 0x19, 0x1A, 0x1B
_CONFIG1, _CONFIG2, _SYMBOLS, _PREAMBLE, _LENGTH, _CONFIG3, _OPTIMIZE = 0x1D, 0x1E, 0x1F, 0x20, 0x22, 0x26, 0x31
_INVERT, _THRESHOLD, _SYNC, _IMAGE_CAL, _DIO, _VERSION, _PA_DAC = 0x33, 0x37, 0x39, 0x3B, 0x40, 0x42, 0x4D
_READ_ONLY = (_RX_CURRENT, _RX_BYTES, 0x14, 0x15, 0x16, 0x17, 0x18, _SNR, _PACKET_RSSI, _RSSI, 0x1C, 0x25, _VERSION)
_RESET = {  # table 41, LoRa column where it has one
    0x01: 0x09, 0x06: 0x6C, 0x07: 0x80, 0x09: 0x4F, 0x0A: 0x09, 0x0B: 0x2B, 0x0C: 0x20, 0x0E: 0x80, 0x1D: 0x72,
    0x1E: 0x70, 0x1F: 0x64, 0x21: 0x08, 0x22: 0x01, 0x23: 0xFF, 0x26: 0x04, 0x31: 0xC3, 0x33: 0x27, 0x37: 0x0A,
    0x39: 0x12, 0x3B: 0x1D, 0x42: 0x12, 0x4D: 0x84,
}
_BW_HZ = (7810, 10420, 15630, 20830, 31250, 41670, 62500, 125000, 250000, 500000)
_SETTLE_US = 130  # oscillator is on: synthesiser and receiver or amplifier (table 7, typical)
_WAKE_US = 250
_CALIBRATION_US = 10000
_RSSI_ZERO = 157  # high band


class SimSX1276:
    """A chip on `radio` (tools/sim/air). Lines: dio0, dio1, nss, reset.

    fail: None, "silent" no answer, "wrong" another chip, "reset" the supply dips at the next access, "deaf" hears
    nothing, "agc" neither, after a strong signal, until it sleeps or is reset (MeshCore PR 1743), "latched" neither,
    until it is reset, "no_irq" DIO0 and DIO1 are broken, "no_tx" the amplifier never starts. violations: a sentence
    for each thing that the data sheet forbids.
    """

    def __init__(self, clock: "Clock", radio: "Radio") -> None:
        self.clock = clock
        self.radio = radio
        radio.listener = self
        self.fail: str | None = None
        self.violations: list[str] = []
        self.dio0 = SimPin(self.int0)
        self.dio1 = SimPin(self.int1)
        self.nss = SimPin(None, self.selected)
        self.reset = SimPin(None, self._reset)
        self.is_selected = False
        self._timer: int | None = None
        self._work: int | None = None
        self._power_up()

    def _power_up(self) -> None:
        self._stop()
        self.lora = bytearray(128)
        for at in _RESET:
            self.lora[at] = _RESET[at]
        self.fsk = bytearray(128)  # but for its calibration, its page is only room
        self.fsk[_IMAGE_CAL] = 0x02
        self.fifo = bytearray(256)
        self.mode = STANDBY
        self._mode_bits = _RESET[_OP_MODE] & ~7
        self._rx_at = 0
        self._calibrated_us = 0

    def _reset(self, level: int) -> None:
        self.clock.sync()
        if not level:
            self.fail = None if self.fail in ("reset", "agc", "latched") else self.fail
            self._power_up()

    # the bus

    def selected(self, level: int) -> None:
        """Take the level of NSS: low begins an access, high ends it."""
        self.clock.sync()
        if self.fail not in FAULTS:
            raise ValueError("no such fault: %s; there are %s" % (self.fail, FAULTS))
        if self.fail == "reset":
            self.fail = None
            self._power_up()
        self.is_selected = not level
        self._at = -1

    def clocked(self, byte: int) -> int:
        """Take a byte, give a byte."""
        if self.fail == "silent":
            return 0xFF
        if self._at < 0:
            self._at = byte
            return 0
        at = self._at & 0x7F
        answer = self._get(at)
        if self._at & 0x80:
            self._put(at, byte)
        elif at == _FIFO:
            self._step_fifo()
        if at:
            self._at = self._at & 0x80 | (at + 1) & 0x7F
        return answer

    def _page(self, at: int) -> bytearray:
        return self.lora if self._mode_bits & 0x80 or not 0x0D <= at <= 0x3F else self.fsk

    def _get(self, at: int) -> int:
        if at == _FIFO:
            return self.fifo[self.lora[_FIFO_PTR]]
        if at == _OP_MODE:
            return self._mode_bits | self.mode
        if at == _VERSION and self.fail == "wrong":
            return 0x22
        if at == _RSSI and self._mode_bits & 0x80:
            return min(255, max(0, int(self.radio.rssi_dbm()) + _RSSI_ZERO))
        if at == _IMAGE_CAL and not self._mode_bits & 0x80:
            return self.fsk[at] & ~0x60 | (0x20 if self.clock.now_us < self._calibrated_us else 0)
        return self._page(at)[at]

    def _step_fifo(self) -> None:
        self._check(self.mode != SLEEP, "the FIFO in sleep mode")
        self.lora[_FIFO_PTR] = (self.lora[_FIFO_PTR] + 1) & 0xFF

    def _put(self, at: int, byte: int) -> None:
        self._check(at not in _READ_ONLY, "0x%02X is read only" % at)
        if at in _READ_ONLY:
            return
        if at == _FIFO:
            self.fifo[self.lora[_FIFO_PTR]] = byte
            self._step_fifo()
        elif at == _OP_MODE:
            self._set_mode(byte)
        elif at == _IRQ and self._mode_bits & 0x80:
            self.lora[_IRQ] &= ~byte
        else:
            if _CONFIG1 <= at <= _CONFIG3 and self.mode > STANDBY:
                self._wrong("0x%02X set in mode %d" % (at, self.mode))
            if at == _IMAGE_CAL and not self._mode_bits & 0x80 and byte & 0x40:
                self._check(self.mode == STANDBY, "image calibration outside standby")
                self._calibrated_us = self.clock.now_us + _CALIBRATION_US
            self._page(at)[at] = byte

    def _wrong(self, why: str) -> None:
        self.violations.append(why)

    def _check(self, right: bool, why: str) -> None:
        if not right:
            self._wrong(why)

    # interrupts

    def int0(self) -> int:
        """Return the level of DIO0."""
        self.clock.sync()
        return self._level((RX_DONE, TX_DONE, CAD_DONE, 0)[self.lora[_DIO] >> 6])

    def int1(self) -> int:
        """Return the level of DIO1."""
        self.clock.sync()
        return self._level((RX_TIMEOUT, 0x02, CAD_FOUND, 0)[self.lora[_DIO] >> 4 & 3])

    def _level(self, bit: int) -> int:
        return int(self.fail != "no_irq" and bool(self.lora[_IRQ] & bit))

    def _raise(self, bits: int) -> None:
        before = self.int0(), self.int1()
        self.lora[_IRQ] |= bits & ~self.lora[_IRQ_MASK]
        if self.int0() > before[0]:
            self.dio0.edge()
        if self.int1() > before[1]:
            self.dio1.edge()

    # modes

    def _stop(self) -> None:
        self.clock.cancel(self._timer)
        self.clock.cancel(self._work)
        self._timer = self._work = None
        self.radio.hush()
        self.radio.listen(False)

    def _enter(self, mode: int) -> None:
        self._stop()
        self.mode = mode

    def _later(self, us: int, call: "Callable[[], None]") -> None:
        self._work = self.clock.at(self.clock.now_us + us, call)

    def _set_mode(self, byte: int) -> None:
        if (byte ^ self._mode_bits) & 0x80:
            self._check(self.mode == SLEEP or byte & 7 == SLEEP, "LongRangeMode changed outside sleep")
            if self.mode != SLEEP:
                byte = byte & 0x7F | self._mode_bits & 0x80
        self._mode_bits = byte & 0xF8
        was, mode = self.mode, byte & 7
        self._enter(mode)
        if mode == SLEEP and self.fail == "agc":
            self.fail = None
        if mode == SLEEP or not byte & 0x80:
            if mode == SLEEP:
                self.fifo = bytearray(256)
            return
        us = _SETTLE_US + (_WAKE_US if was == SLEEP else 0)
        if mode in (TX, RX, RX_SINGLE, CAD):
            self._tune()
        if mode == TX:
            self._later(us, self._on_air)
        elif mode in (RX, RX_SINGLE):
            self._rx_at = self.lora[_RX_BASE]
            self._later(us, self._listen)
        elif mode == CAD:
            self._later(us + self._symbol_us() * 2, self._looked)  # AN1200.21: some two symbols

    def _symbol_us(self) -> int:
        return symbol_us(self.radio.sf, self.radio.bw_hz)

    def _tune(self) -> None:
        r = self.lora
        hz = (r[_FRF] << 16 | r[_FRF + 1] << 8 | r[_FRF + 2]) * 32000000 >> 19
        sf, bandwidth = r[_CONFIG2] >> 4, r[_CONFIG1] >> 4
        self._check(7 <= sf <= 12 and bandwidth < 10, "SF%d, bandwidth %d" % (sf, bandwidth))
        if not 7 <= sf <= 12 or bandwidth >= 10:
            return
        slow = (1000000 << sf) // _BW_HZ[bandwidth] > 16000
        self._check(slow == bool(r[_CONFIG3] & 8), "low data rate optimisation %d at SF%d" % (r[_CONFIG3] >> 3 & 1, sf))
        right = r[_OPTIMIZE] & 0x87 == 0x03 and r[_THRESHOLD] == 0x0A
        self._check(right, "detection not set for SF7 to 12 (errata 2.3)")
        self._check(1 <= r[_CONFIG1] >> 1 & 7 <= 4, "coding rate %d" % (r[_CONFIG1] >> 1 & 7))
        header = not r[_CONFIG1] & 1
        self.radio.tune(hz, sf, _BW_HZ[bandwidth], r[_SYNC], header, bool(r[_INVERT] & 0x40), not r[_INVERT] & 1)

    def power_dbm(self) -> int:
        """Return what RegPaConfig and RegPaDac give at the pin, dBm, rounded down (3.4.2, 3.4.3)."""
        config = self.lora[_PA_CONFIG]
        if config & 0x80:
            return 2 + (config & 15) + (3 if self.lora[_PA_DAC] & 7 == 7 else 0)
        return (108 + 6 * (config >> 4 & 7) - 10 * (15 - (config & 15))) // 10

    def _on_air(self) -> None:
        if self.fail == "no_tx":
            return
        r = self.lora
        at = r[_TX_BASE]
        payload = (bytes(self.fifo) * 2)[at : at + r[_LENGTH]]
        preamble = r[_PREAMBLE] << 8 | r[_PREAMBLE + 1]
        crc, ldro = bool(r[_CONFIG2] & 4), bool(r[_CONFIG3] & 8)
        frame = self.radio.transmit(payload, self.power_dbm(), preamble, r[_CONFIG1] >> 1 & 7, crc, ldro)
        self._work = self.clock.at(frame.end_us, self._done, TX_DONE)

    def _done(self, bits: int) -> None:
        self._enter(STANDBY)
        self._raise(bits)

    def _listen(self) -> None:
        if self.fail not in ("deaf", "agc", "latched"):
            self.radio.listen(True)
        if self.mode == RX_SINGLE:
            symbols = (self.lora[_CONFIG2] & 3) << 8 | self.lora[_SYMBOLS]
            self._check(symbols >= 4, "a timeout of %d symbols" % symbols)
            self._timer = self.clock.at(self.clock.now_us + symbols * self._symbol_us(), self._done, RX_TIMEOUT)

    def _looked(self) -> None:
        found = self.fail not in ("deaf", "agc", "latched") and self.radio.busy(preamble_only=True)
        self._done(CAD_DONE | CAD_FOUND if found else CAD_DONE)

    # what the air says

    def preamble(self) -> None:
        """A preamble has been found: the timeout is for that alone (4.1.5)."""
        self.clock.cancel(self._timer)

    def header(self, ok: bool) -> None:
        """A header has been read; of a bad one nothing is told, and a single receive goes on."""
        if ok:
            self._raise(HEADER_OK)

    def frame(self, payload: bytes, rssi_dbm: float, snr_db: float, crc_ok: bool) -> None:
        """A frame has been read."""
        r = self.lora
        r[_RX_CURRENT], r[_RX_BYTES] = self._rx_at, len(payload)
        for byte in payload:
            self.fifo[self._rx_at] = byte
            self._rx_at = (self._rx_at + 1) & 0xFF
        r[_SNR] = max(-128, min(127, int(4 * min(snr_db, 12)))) & 0xFF
        r[_PACKET_RSSI] = min(255, max(0, int(rssi_dbm) + _RSSI_ZERO))
        if self.mode == RX_SINGLE:
            self._enter(STANDBY)
        self._raise(RX_DONE if crc_ok else RX_DONE | CRC_BAD)
