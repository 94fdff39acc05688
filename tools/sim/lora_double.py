"""What does micropython-lib's package `lora` look like to our firmware? Its face over drivers of our own, for tests.

The package is installed on the badge with mip and is not part of this repository. Where it is at hand (KALD_LORA_LIB)
the tests run on it; everywhere else on this double, which drives the same simulated chips with the fewest commands.
Names, arguments, return values and side effects follow the package's README ("Common low-level API") and what the
subclasses in firmware/board/sx1262.py and sx1276.py use of its inside, lora-sx126x 0.1.6 and lora-sx127x 0.1.2.
"""

import struct
import time

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Mapping

    from _mpy_shed.time_mp import _TicksMs

    from tools.sim.chips.spi import SimPin, SimSPI

    Settings = Mapping[str, int]

_BW_125 = {"sx126x": 4, "sx127x": 7}


class RxPacket(bytearray):
    """A received frame with rssi (dBm), snr (dB * 4), ticks_ms and crc_error."""

    rssi = snr = ticks_ms = 0
    crc_error = False


class _Modem:
    _IRQ_RX_COMPLETE = _IRQ_TX_COMPLETE = 0

    if TYPE_CHECKING:  # what each chip's class adds

        def is_idle(self) -> bool: ...
        def _set(self, cfg: Settings) -> None: ...
        def _standby(self) -> None: ...
        def _receive(self, timeout_ms: int | None, continuous: bool) -> None: ...
        def _get_irq(self) -> int: ...
        def _clear_irq(self, bits: int = 0xFF) -> None: ...
        def _rx_flags_success(self, flags: int) -> bool: ...
        def _read_packet(self, rx_packet: "RxPacket | None", flags: int) -> RxPacket: ...
        def _load(self, packet: bytes | bytearray) -> None: ...
        def _fire(self) -> None: ...

    def _begin(self, lora_cfg: "Settings | None") -> None:
        self._sf = 7
        self._bw_hz = 125000
        self._preamble_len = 12
        self._crc_en = True
        self._tx = self._rx_continuous = False
        self._rx: bool | _TicksMs = False
        self._last_irq: _TicksMs | None = None
        self.crc_errors = 0
        if lora_cfg:
            self.configure(lora_cfg)

    def _radio_isr(self, _: object) -> None:
        self._last_irq = time.ticks_ms()

    def irq_triggered(self) -> bool:
        """Return whether an interrupt has come since the last clearing."""
        return self._last_irq is not None

    def get_time_on_air_us(self, payload_len: int) -> int:
        """Return the time on air, us, CR 4/5, explicit header."""
        slow = self._sf >= 11
        bits = 8 * payload_len + 16 * self._crc_en - 4 * self._sf + 28
        blocks = max(0, -(-bits // (4 * (self._sf - 2 * slow))))
        return (4 * (self._preamble_len + 8 + 5 * blocks) + 17) * (2 << self._sf)

    def configure(self, lora_cfg: "Settings") -> None:
        """Take settings; RuntimeError while receiving."""
        if self._rx is not False:
            raise RuntimeError("Receiving")
        self._preamble_len = lora_cfg.get("preamble_len", self._preamble_len)
        self._sf = lora_cfg.get("sf", self._sf)
        self._set(lora_cfg)

    def standby(self) -> None:
        """End whatever is under way."""
        self._standby()
        self._rx = self._tx = False
        self._radio_isr(None)

    def start_recv(self, timeout_ms: int | None = None, continuous: bool = False, rx_length: int = 0xFF) -> None:
        """Begin to receive one frame, or frame after frame."""
        self._rx = time.ticks_add(time.ticks_ms(), timeout_ms) if timeout_ms is not None else True
        self._rx_continuous = continuous
        self._standby()
        self._receive(timeout_ms, continuous)

    def poll_recv(self, rx_packet: "RxPacket | None" = None) -> "RxPacket | bool":
        """Return a frame, True while none has come, False when nothing is received."""
        if self._rx is False or self._tx:
            return bool(self._tx)
        flags = self._get_irq()
        if flags & self._IRQ_RX_COMPLETE:
            self._clear_irq(flags)
            if self._rx_flags_success(flags):
                packet = self._read_packet(rx_packet, flags)
                if not self._rx_continuous:
                    self._rx = False
                return packet
            self.crc_errors += 1
        if self._rx is False or not self.is_idle():
            return self._rx is not False
        if self._rx is not True and time.ticks_diff(self._rx, time.ticks_ms()) <= 0:
            self._rx = False
            return False
        deadline = self._rx
        self.start_recv(None if deadline is True else time.ticks_diff(deadline, time.ticks_ms()), self._rx_continuous)
        self._rx = deadline
        return True

    def prepare_send(self, packet: bytes | bytearray) -> None:
        """Load a frame."""
        self._standby()
        self._last_irq = None
        self._load(packet)

    def start_send(self) -> None:
        """Send what was loaded."""
        self._fire()
        self._tx = True

    def poll_send(self) -> "bool | _TicksMs":
        """Return True while sending, the time of the end once, then False."""
        if not self._tx:
            return False
        if not self._get_irq() & self._IRQ_TX_COMPLETE:
            return True
        self._clear_irq()
        self._tx = False
        return time.ticks_ms()


class _SX1262(_Modem):
    """What every SX1262 of the package builds on, whether it waits or is awaited."""

    _IRQ_RX_COMPLETE = 0x202
    _IRQ_TX_COMPLETE = 0x01

    def __init__(self, spi: "SimSPI", cs: "SimPin", busy: "SimPin", dio1: "SimPin", dio2_rf_sw: bool = True,
                 dio3_tcxo_millivolts: int | None = None, dio3_tcxo_start_time_us: int = 1000,
                 reset: "SimPin | None" = None, lora_cfg: "Settings | None" = None, ant_sw: object = None) -> None:
        self._spi, self._cs, self._busy, self._dio1 = spi, cs, busy, dio1
        self._sleep = True
        cs.init(cs.OUT, value=1)
        if reset:
            reset.init(reset.OUT, value=0)
            time.sleep_ms(1)
            reset(1)
            time.sleep_ms(5)
        if self._cmd("B", 0x12, n_read=3)[0] & 0x70 not in (0x20, 0x30):
            raise RuntimeError("Invalid initial status")
        if dio2_rf_sw:
            self._cmd("BB", 0x9D, 1)
        if dio3_tcxo_millivolts:
            self._cmd(">BBBH", 0x97, 2, 0, dio3_tcxo_start_time_us * 64 // 1000)
            self._cmd(">BH", 0x07, 0)
        self._cmd(">BHHHH", 0x08, 0x243, 0x203, 0, 0)
        dio1.irq(self._radio_isr, dio1.IRQ_RISING)
        self._cmd("BB", 0x8A, 1)
        self._reg_write(0x8D8, self._reg_read(0x8D8) | 0x1E)
        self._reg_write(0x889, self._reg_read(0x889) | 0x04)
        self._begin(lora_cfg)

    def _cmd(self, fmt: str, *write_args: int, n_read: int = 0, write_buf: bytes | bytearray | None = None,
             read_buf: bytearray | None = None) -> bytearray:
        if self._sleep:
            self._sleep = False
            self._cs(0)
            time.sleep_us(20)
            self._cs(1)
            self._cmd(">BH", 0x07, 0)
        start = time.ticks_us()
        while self._busy():
            if time.ticks_diff(time.ticks_us(), start) > 7000 and self._busy():  # not a busy machine
                raise RuntimeError("BUSY timeout")
            time.sleep_us(20)
        buf = bytearray(struct.pack(fmt, *write_args)) + bytearray(n_read)
        self._cs(0)
        self._spi.write_readinto(buf, buf)
        if write_buf is not None:
            self._spi.write(write_buf)
        if read_buf is not None:
            self._spi.readinto(read_buf, 0xFF)
        self._cs(1)
        return buf[len(buf) - n_read :]

    def _reg_read(self, addr: int) -> int:
        return self._cmd(">BHB", 0x1D, addr, 0, n_read=1)[0]

    def _reg_write(self, addr: int, val: int) -> None:
        self._cmd(">BHB", 0x0D, addr, val & 0xFF)

    def _get_irq(self) -> int:
        flags = self._cmd("B", 0x12, n_read=3)
        return flags[1] << 8 | flags[2]

    def _clear_irq(self, clear_bits: int = 0xFFFF) -> None:
        self._cmd(">BH", 0x02, clear_bits)
        self._last_irq = None

    def _check_error(self) -> None:
        error = self._cmd("B", 0x17, n_read=3)
        if error[1] or error[2]:
            raise RuntimeError("OpError")

    def _standby(self) -> None:
        self._cmd("BB", 0x80, 1)
        self._clear_irq()

    def is_idle(self) -> bool:
        """Return whether the chip neither sends nor receives."""
        return self._sleep or self._cmd("B", 0x12, n_read=3)[0] >> 4 & 7 in (2, 3)

    def calibrate_image(self) -> None:
        """Calibrate for 863 to 870 MHz."""
        self._cmd(">BH", 0x98, 0xD7DB)

    def _set(self, cfg: "Settings") -> None:
        if "freq_khz" in cfg:
            self._cmd(">BI", 0x86, (cfg["freq_khz"] * 1000 << 25) // 32000000)
        if "syncword" in cfg:
            word = cfg["syncword"]
            self._cmd(">BHBB", 0x0D, 0x740, word & 0xF0 | 4, word << 4 & 0xF0 | 4)
        if "output_power" in cfg:
            self._cmd("BBBBB", 0x95, 4, 7, 0, 1)
            self._cmd("BBB", 0x8E, cfg["output_power"] & 0xFF, 2)
        if "sf" in cfg:
            self._cmd("BBBBB", 0x8B, self._sf, _BW_125["sx126x"], 1, self._sf >= 11)
        self._check_error()

    def _frame(self, n: int) -> None:
        self._cmd(">BHBBBB", 0x8C, self._preamble_len, 0, n, self._crc_en, 0)

    def _receive(self, timeout_ms: int | None, continuous: bool) -> None:
        self._cmd("BBB", 0x8F, 0xFF, 0)
        self._frame(0xFF)
        steps = 0xFFFFFF if continuous else max(1, timeout_ms * 64) if timeout_ms is not None else 0
        self._cmd(">BBH", 0x82, steps >> 16, steps & 0xFFFF)

    def _rx_flags_success(self, flags: int) -> bool:
        return flags & 0x262 == 0x02

    def _read_packet(self, rx_packet: "RxPacket | None", flags: int) -> RxPacket:
        n, at = self._cmd("B", 0x13, n_read=3)[1:]
        packet = RxPacket(n) if rx_packet is None or len(rx_packet) != n else rx_packet
        self._cmd("BB", 0x1E, at, n_read=1, read_buf=packet)
        signal = self._cmd("B", 0x14, n_read=4)
        packet.rssi = signal[1] // -2
        packet.snr = signal[2] - 256 if signal[2] > 127 else signal[2]
        return packet

    def _load(self, packet: bytes | bytearray) -> None:
        self._check_error()
        self._frame(len(packet))
        self._cmd("BBB", 0x8F, 0, 0xFF)
        self._cmd("BB", 0x0E, 0, write_buf=packet)

    def _fire(self) -> None:
        self._cmd("BBBB", 0x83, 0, 0, 0)


class _SX127x(_Modem):
    """What every SX1276 of the package builds on, whether it waits or is awaited."""

    _IRQ_RX_COMPLETE = 0xC0
    _IRQ_TX_COMPLETE = 0x08

    def __init__(self, spi: "SimSPI", cs: "SimPin", dio0: "SimPin", dio1: "SimPin | None" = None,
                 reset: "SimPin | None" = None, lora_cfg: "Settings | None" = None, ant_sw: object = None) -> None:
        self._spi, self._cs, self._dio0 = spi, cs, dio0
        cs.init(cs.OUT, value=1)
        dio0.irq(self._radio_isr, trigger=dio0.IRQ_RISING)
        if reset:
            reset.init(reset.OUT, value=0)
            time.sleep_ms(1)
            reset(1)
            time.sleep_ms(5)
        if self._reg_read(0x42) != 0x12:
            raise RuntimeError("Unexpected silicon version")
        self._set_mode(1)
        self._begin(lora_cfg)

    def _reg_read(self, reg: int) -> int:
        buf = bytearray((reg, 0xFF))
        self._cs(0)
        self._spi.write_readinto(buf, buf)
        self._cs(1)
        return buf[1]

    def _reg_write(self, reg: int, value: int | bytes | bytearray) -> None:
        self._cs(0)
        self._spi.write(bytes((reg | 0x80,)) + (bytes((value,)) if isinstance(value, int) else bytes(value)))
        self._cs(1)

    def _set_mode(self, mode: int, lora_en: bool = True) -> int:
        old = self._reg_read(0x01)
        if not old & 0x80:
            self._reg_write(0x01, 0x80)
        if old != 0x80 | mode:
            self._reg_write(0x01, 0x80 | mode)
        return old

    def _get_irq(self) -> int:
        return self._reg_read(0x12)

    def _clear_irq(self, to_clear: int = 0xFF) -> None:
        self._reg_write(0x12, to_clear)
        self._last_irq = None

    def _standby(self) -> None:
        if self._set_mode(1) & 7 > 1:
            self._reg_write(0x12, 0xFF)

    def is_idle(self) -> bool:
        """Return whether the chip neither sends nor receives."""
        return self._reg_read(0x01) & 7 <= 1

    def calibrate_image(self) -> None:
        """Calibrate the image; done at power-up for 434 MHz, so it is due (data sheet 2.1.3.8)."""
        self._reg_write(0x01, 0x00)
        self._reg_write(0x01, 0x01)
        self._reg_write(0x3B, 0x42)
        while self._reg_read(0x3B) & 0x20:
            time.sleep_ms(1)
        self._reg_write(0x01, 0x00)
        self._set_mode(1)

    def _set(self, cfg: "Settings") -> None:
        if "freq_khz" in cfg:
            word = cfg["freq_khz"] * 1000 * 16384 // 1000000
            self._reg_write(0x06, bytes((word >> 16, word >> 8 & 0xFF, word & 0xFF)))
        if "syncword" in cfg:
            self._reg_write(0x39, cfg["syncword"])
        if "output_power" in cfg:
            self._reg_write(0x09, 0x80 | max(2, min(17, cfg["output_power"])) - 2)
        if "sf" in cfg:
            self._reg_write(0x1D, _BW_125["sx127x"] << 4 | 2)
            self._reg_write(0x1E, self._sf << 4 | 4)
            self._reg_write(0x26, 0x04 | 8 * (self._sf >= 11))
            self._reg_write(0x31, 0x43)
        self._reg_write(0x20, struct.pack(">H", self._preamble_len))

    def _receive(self, timeout_ms: int | None, continuous: bool) -> None:
        self._reg_write(0x40, 0)
        if not continuous:
            symbols = 1023 if timeout_ms is None else max(4, min(1023, timeout_ms * 1000 // (8 << self._sf) + 1))
            self._reg_write(0x1E, self._sf << 4 | 4 | symbols >> 8)
            self._reg_write(0x1F, symbols & 0xFF)
        self._reg_write(0x0D, 0)
        self._reg_write(0x0F, 0)
        self._set_mode(5 if continuous else 6)

    def _rx_flags_success(self, flags: int) -> bool:
        return flags & 0xF0 == 0x50

    def _read_packet(self, rx_packet: "RxPacket | None", flags: int) -> RxPacket:
        n = self._reg_read(0x13)
        packet = RxPacket(n) if rx_packet is None or len(rx_packet) != n else rx_packet
        self._cs(0)
        self._spi.write(b"\0")
        self._spi.readinto(packet)
        self._cs(1)
        snr = self._reg_read(0x19)
        packet.snr = snr - 256 if snr > 127 else snr
        packet.rssi = self._reg_read(0x1A) - 157
        return packet

    def _load(self, packet: bytes | bytearray) -> None:
        self._reg_write(0x40, 0x40)
        self._reg_write(0x0D, 0)
        self._reg_write(0x0E, 0)
        self._reg_write(0x22, len(packet))
        self._reg_write(0x00, packet)
        self._reg_write(0x12, 0x08)

    def _fire(self) -> None:
        self._set_mode(3)
