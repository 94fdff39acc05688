"""What would an SX1262 answer? Its commands, registers, BUSY and DIO1, simulated after Semtech's data sheet rev 2.1.

Simulated: command bytes and their replies (chapter 13), status, modes and their times (sx1262_modes.py), LoRa sending
and receiving through the air, timeouts, channel activity detection, receive duty cycle, sleep with and without
retention, device errors, TCXO, the workarounds 15.1 and 15.2 that a driver owes the chip, image calibration.
Not simulated: FSK, SF5 and SF6, the time that SPI takes, continuous wave, infinite preamble. Runs on CPython and
MicroPython.
"""

from .spi import SimPin
from .sx1262_modes import (
    CAD, FS, RX, SLEEP, STATUS_MODE, STDBY_RC, STDBY_XOSC, TX, WAKE_COLD_US, WAKE_WARM_US, XOSC_ERROR,
    Modes,
)

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from tools.sim.air.channel import Radio
    from tools.sim.air.clock import Clock

FAULTS = (None, "busy", "silent", "wrong", "reset", "deaf", "agc", "latched", "no_irq", "no_tx")
_BW_HZ = {0: 7810, 8: 10420, 1: 15630, 9: 20830, 2: 31250, 10: 41670, 3: 62500, 4: 125000, 5: 250000, 6: 500000}
_RESET_REGISTERS = {0x0736: 0x0D, 0x0740: 0x14, 0x0741: 0x24, 0x0889: 0x01, 0x08AC: 0x94, 0x08D8: 0xC8, 0x08E7: 0x38}
_SYNC, _TX_MODULATION, _TX_CLAMP = 0x0740, 0x0889, 0x08D8
_CALIBRATION_US = 3500
_IMAGE_US = 10_000  # BUSY is low all the while, and what is written may be lost (meshtastic/firmware PR 11774)
_GET_STATUS = 0xC0
# opcode: handler, fewest and most argument bytes (tables 11-1 to 11-5)
_WRITES = {
    0x80: ("standby", 1, 1), 0x84: ("sleep", 1, 1), 0xC1: ("fs", 0, 0), 0x83: ("tx", 3, 3), 0x82: ("rx", 3, 3),
    0x9F: ("stop_timer", 1, 1), 0x94: ("duty_cycle", 6, 6), 0xC5: ("cad", 0, 0), 0x96: ("kept", 1, 1),
    0x89: ("calibrate", 1, 1), 0x98: ("calibrate_image", 2, 2), 0x95: ("pa", 4, 4), 0x93: ("fall_back", 1, 1),
    0x0D: ("registers", 3, 258), 0x0E: ("fill", 2, 257), 0x08: ("dio_irq", 8, 8), 0x02: ("clear_irq", 2, 2),
    0x9D: ("kept", 1, 1), 0x97: ("tcxo", 4, 4), 0x86: ("frequency", 4, 4), 0x8A: ("packet_type", 1, 1),
    0x8E: ("tx_params", 2, 2), 0x8B: ("modulation", 4, 8), 0x8C: ("packet", 6, 9), 0x88: ("cad_params", 7, 7),
    0x8F: ("bases", 2, 2), 0xA0: ("kept", 1, 1), 0x00: ("kept", 0, 6), 0x07: ("clear_errors", 2, 2),
}
_READS = {0x12: 1, 0x13: 1, 0x14: 1, 0x15: 1, 0x10: 1, 0x11: 1, 0x17: 1, 0x1D: 3, 0x1E: 2}  # bytes before the data


class SimSX1262(Modes):
    """A chip on `radio` (tools/sim/air). Lines: busy, dio1, nss, reset. needs_tcxo: no crystal, but one fed by DIO3.

    fail: None, "busy" stuck, "silent" no answer, "wrong" another chip, "reset" the supply dips at the next access,
    "deaf" hears nothing, "agc" neither, since a strong signal has shifted its gain, until it calibrates all or is
    reset (meshtastic PR 9705), "latched" neither, until it is reset, "no_irq" DIO1 is broken, "no_tx" the amplifier
    never starts. violations: a sentence for each thing that the data sheet forbids.
    """

    image_us = _IMAGE_US  # 0 for a driver of somebody else's that gives the image no time

    def __init__(self, clock: "Clock", radio: "Radio", needs_tcxo: bool = False) -> None:
        self.needs_tcxo = needs_tcxo
        self.violations: list[str] = []
        self.busy = SimPin(self.is_busy)
        self.dio1 = SimPin(self.int1)
        self.nss = SimPin(None, self.selected)
        self.reset = SimPin(None, self._reset)
        self.is_selected = False
        self._in_reset = False
        self._line = bytearray()  # what this command has said by now
        self.start(clock, radio)
        self._power_up()

    def _power_up(self) -> None:
        self.enter(STDBY_RC)
        self.registers = bytearray(0x1000)
        for address in _RESET_REGISTERS:
            self.registers[address] = _RESET_REGISTERS[address]
        self.buffer = bytearray(256)
        self.done: dict[int, bytes] = {}  # opcodes that have been sent, with their last arguments
        self.preamble_len, self.coding, self.crc, self.ldro = 8, 1, True, False
        self.hz, self.sf, self.bw_hz, self.image = 0, 7, 125000, (902, 928)
        self.header_on, self.length, self.inverted = True, 0, False
        self.errors = XOSC_ERROR if self.needs_tcxo else 0
        self.tcxo_set = self.stops_on_preamble = self.continuous = self.warm = False
        self.fallback = STDBY_RC
        self.window_us = 0
        self.command_status = 1
        self.tx_base = self.rx_base = self.rx_at = 0
        self.last_frame, self.last_signal = (0, 0), (0, 0)
        self._irq = self._irq_mask = self._dio1_mask = 0
        self._image_until_us = 0
        self.busy_for(WAKE_COLD_US)

    def _reset(self, level: int) -> None:
        self.clock.sync()
        if not level:
            self._in_reset = True
        elif self._in_reset:
            self._in_reset = False
            if self.fail in ("reset", "agc", "latched"):
                self.fail = None
            self._power_up()

    # the bus

    def selected(self, level: int) -> None:
        """Take the level of NSS: low begins a command, high ends it."""
        self.clock.sync()
        if self.fail not in FAULTS:
            raise ValueError("no such fault: %s; there are %s" % (self.fail, FAULTS))
        if self.fail == "reset":
            self.fail = None
            self._power_up()
        was, self.is_selected = self.is_selected, not level
        if self.is_selected and not was:
            self._line = bytearray()
            self._asleep = self.mode == SLEEP
            self._deaf_to_host = self.is_busy()
            if self._asleep:
                self._wake()
        elif was and not self.is_selected and self._line:
            if self.fail in ("busy", "silent", "wrong"):
                return
            if self._deaf_to_host:
                self._wrong("0x%02X while BUSY is high" % self._line[0])
            else:
                self._execute(self._line[0], bytes(self._line[1:]))

    def clocked(self, byte: int) -> int:
        """Take a byte, give a byte."""
        self._line.append(byte)
        if self.fail in ("silent", "busy") or self._deaf_to_host:
            return 0xFF
        if self.fail == "wrong":
            return 0x12 if len(self._line) == 2 else 0x00
        n = len(self._line) - 1
        before = _READS.get(self._line[0], -1)
        if before < 0 or n <= before:
            return self._status()
        if n == before + 1:
            self._answer = self._read(self._line[0])
        return self._answer[n - before - 1] if n - before - 1 < len(self._answer) else 0

    def _status(self) -> int:
        return STATUS_MODE[self.mode] << 4 | self.command_status << 1

    def _wake(self) -> None:
        self.enter(STDBY_RC)
        if self.warm or self.window_us:
            self.busy_for(WAKE_WARM_US)
        else:
            self._power_up()
        self.window_us = 0

    def _execute(self, opcode: int, args: bytes) -> None:
        if opcode in _READS or opcode == _GET_STATUS:
            return
        if opcode not in _WRITES:
            self._wrong("0x%02X is no command" % opcode)
            self.command_status = 4
            return
        self._check(self.clock.now_us >= self._image_until_us, "0x%02X while the image is calibrated" % opcode)
        name, fewest, most = _WRITES[opcode]
        if not fewest <= len(args) <= most:
            self._wrong("0x%02X with %d arguments" % (opcode, len(args)))
            self.command_status = 4
            return
        self.done[opcode] = args
        if self.command_status in (3, 4, 5):
            self.command_status = 1
        getattr(self, "_do_" + name)(args)

    def _wrong(self, why: str) -> None:
        self.violations.append(why)

    def _check(self, right: bool, why: str) -> None:
        if not right:
            self._wrong(why)

    def _read(self, opcode: int) -> bytes:
        if opcode == 0x12:
            return bytes((self._irq >> 8, self._irq & 0xFF))
        if opcode == 0x13:
            return bytes(self.last_frame)
        if opcode == 0x14:
            return bytes((self.last_signal[0], self.last_signal[1], self.last_signal[0]))
        if opcode == 0x15:
            return bytes((min(255, int(-2 * self.radio.rssi_dbm())),))
        if opcode == 0x11:
            return bytes(self.done.get(0x8A, b"\0"))
        if opcode == 0x17:
            return bytes((self.errors >> 8, self.errors & 0xFF))
        if opcode == 0x1D:
            at = (self._line[1] << 8 | self._line[2]) & 0xFFF
            return bytes(self.registers[at : at + 256])
        if opcode == 0x1E:
            at = self._line[1]
            return bytes(self.buffer[at:] + self.buffer[:at])
        return bytes(6)

    # modes

    def _do_standby(self, args: bytes) -> None:
        self._check(args[0] <= 1, "SetStandby %d" % args[0])
        us = 1
        if args[0] == 1 and self.mode == STDBY_RC:
            us = 31
            if self.needs_tcxo and not self.tcxo_set:
                self.errors |= XOSC_ERROR
        self.window_us = 0
        self.enter(STDBY_XOSC if args[0] else STDBY_RC)
        self.busy_for(us)

    def _do_sleep(self, args: bytes) -> None:
        self._check(not args[0] & 0xFA, "SetSleep with reserved bits")
        self._check(self.mode in (STDBY_RC, STDBY_XOSC), "SetSleep outside standby")
        self.warm = bool(args[0] & 4)
        self.window_us = 0
        self.enter(SLEEP)

    def _do_fs(self, args: bytes) -> None:
        self.switch(FS)

    def _do_tx(self, args: bytes) -> None:
        self._ready("SetTx")
        self._check(0x95 in self.done and 0x8E in self.done, "SetTx before SetPaConfig and SetTxParams")
        modulation = self.registers[_TX_MODULATION] & 4
        self._check(bool(modulation) == (self.radio.bw_hz != 500000), "SetTx without the workaround of 15.1")
        self._check(self.registers[_TX_CLAMP] & 0x1E == 0x1E, "SetTx without the workaround of 15.2")
        self._tune()
        at = self.tx_base
        payload = (bytes(self.buffer) * 2)[at : at + self.length]
        self.send(payload, self.power_dbm(), args[0] << 16 | args[1] << 8 | args[2])

    def _do_rx(self, args: bytes) -> None:
        self._ready("SetRx")
        self._tune()
        self.rx_at = self.rx_base
        self.receive(args[0] << 16 | args[1] << 8 | args[2])

    def _do_duty_cycle(self, args: bytes) -> None:
        self._ready("SetRxDutyCycle")
        self._tune()
        self.rx_at = self.rx_base
        rx, sleep = args[0] << 16 | args[1] << 8 | args[2], args[3] << 16 | args[4] << 8 | args[5]
        self._check(rx > 0 and sleep > 0, "SetRxDutyCycle with a period of 0")
        self.receive_in_cycle(rx, sleep)

    def _do_cad(self, args: bytes) -> None:
        self._ready("SetCad")
        params = self.done.get(0x88)
        self._check(params is not None, "SetCad before SetCadParams")
        if params:
            self._tune()
            self.rx_at = self.rx_base
            self.look(1 << params[0], params[3], params[4] << 16 | params[5] << 8 | params[6])

    def _ready(self, name: str) -> None:
        self._check(self.mode in (STDBY_RC, STDBY_XOSC, FS), "%s in mode %d" % (name, self.mode))
        for opcode in (0x8A, 0x86, 0x8B) if name == "SetCad" else (0x8A, 0x86, 0x8B, 0x8C):
            self._check(opcode in self.done, "%s before 0x%02X" % (name, opcode))

    def _tune(self) -> None:
        word = self.registers[_SYNC] << 8 | self.registers[_SYNC + 1]
        self._check(word & 0x0F0F == 0x0404, "a sync word without its two fours")
        sync = word >> 8 & 0xF0 | word >> 4 & 0x0F
        self.radio.tune(self.hz, self.sf, self.bw_hz, sync, self.header_on, self.inverted, self.inverted)

    # settings

    def _do_kept(self, args: bytes) -> None:
        pass

    def _do_stop_timer(self, args: bytes) -> None:
        self.stops_on_preamble = bool(args[0])

    def _do_calibrate(self, args: bytes) -> None:
        self._check(self.mode == STDBY_RC or self.tcxo_set, "Calibrate outside standby RC")
        if self.mode == STDBY_RC and args[0] == 0x7F and self.fail == "agc":
            self.fail = None
        self.image = (902, 928)
        self.busy_for(_CALIBRATION_US)

    def _do_calibrate_image(self, args: bytes) -> None:
        self._check(self.mode == STDBY_RC, "CalibrateImage outside standby RC")
        self.image = (4 * args[0], 4 * args[1])  # MHz (table 9-2)
        self._image_until_us = self.clock.now_us + self.image_us

    def _do_pa(self, args: bytes) -> None:
        self._check(args[0] <= 4 and args[1] <= 7 and args[2] == 0 and args[3] == 1, "SetPaConfig outside table 13-21")

    def _do_fall_back(self, args: bytes) -> None:
        modes = {0x40: FS, 0x30: STDBY_XOSC, 0x20: STDBY_RC}
        self._check(args[0] in modes, "SetRxTxFallbackMode 0x%02X" % args[0])
        self.fallback = modes.get(args[0], STDBY_RC)

    def _do_registers(self, args: bytes) -> None:
        at = args[0] << 8 | args[1]
        self._check(at + len(args) - 2 <= len(self.registers), "WriteRegister 0x%04X" % at)
        for i in range(2, len(args)):
            self.registers[(at + i - 2) & 0xFFF] = args[i]

    def _do_fill(self, args: bytes) -> None:
        for i in range(1, len(args)):
            self.buffer[(args[0] + i - 1) & 0xFF] = args[i]

    def _do_dio_irq(self, args: bytes) -> None:
        self._irq_mask = args[0] << 8 | args[1]
        self._dio1_mask = args[2] << 8 | args[3]
        self._check(not self._irq_mask & 0xFC00, "SetDioIrqParams with reserved bits")

    def _do_clear_irq(self, args: bytes) -> None:
        self._irq &= ~(args[0] << 8 | args[1])

    def _do_clear_errors(self, args: bytes) -> None:
        self.errors = 0

    def _do_tcxo(self, args: bytes) -> None:
        self._check(args[0] <= 7, "SetDio3AsTcxoCtrl %d" % args[0])
        self.tcxo_set = True

    def _do_frequency(self, args: bytes) -> None:
        steps = args[0] << 24 | args[1] << 16 | args[2] << 8 | args[3]
        self.hz = steps * 32000000 >> 25
        self._check(150000000 <= self.hz <= 960000000, "SetRfFrequency %d Hz" % self.hz)

    def _do_packet_type(self, args: bytes) -> None:
        self._check(args[0] == 1, "SetPacketType: only LoRa is simulated")
        self._check(self.mode in (STDBY_RC, STDBY_XOSC), "SetPacketType outside standby")

    def _do_tx_params(self, args: bytes) -> None:
        power = args[0] - 256 if args[0] > 127 else args[0]
        self._check(-9 <= power <= 22 and args[1] <= 7, "SetTxParams %d dBm, ramp %d" % (power, args[1]))

    def _do_modulation(self, args: bytes) -> None:
        self._check(0x8A in self.done, "SetModulationParams before SetPacketType")
        self._check(self.mode not in (RX, TX, CAD), "SetModulationParams in mode %d" % self.mode)
        right = 7 <= args[0] <= 12 and args[1] in _BW_HZ and 1 <= args[2] <= 4 and args[3] <= 1
        self._check(right, "SetModulationParams %s" % list(args[:4]))
        if right:
            self.sf, self.bw_hz = args[0], _BW_HZ[args[1]]
            slow = (1000000 << self.sf) // self.bw_hz >= 16380
            self._check(slow == bool(args[3]), "low data rate optimisation %d at SF%d" % (args[3], self.sf))
            self.coding, self.ldro = args[2], bool(args[3])

    def _do_packet(self, args: bytes) -> None:
        self._check(0x8A in self.done, "SetPacketParams before SetPacketType")
        self._check(self.mode not in (RX, TX, CAD), "SetPacketParams in mode %d" % self.mode)
        self._check(args[2] <= 1 and args[4] <= 1 and args[5] <= 1, "SetPacketParams %s" % list(args[:6]))
        self.preamble_len = args[0] << 8 | args[1]
        self._check(self.preamble_len > 0, "a preamble of no symbols")
        self.crc = bool(args[4])
        self.header_on, self.length, self.inverted = not args[2], args[3], bool(args[5])

    def _do_cad_params(self, args: bytes) -> None:
        self._check(args[0] <= 4 and 0 not in args[1:3] and args[3] <= 1, "SetCadParams %s" % list(args))

    def _do_bases(self, args: bytes) -> None:
        self.tx_base, self.rx_base = args

    def power_dbm(self) -> int:
        """Return what SetPaConfig and SetTxParams give at the pin, dBm (table 13-21)."""
        power = self.done.get(0x8E, b"\x0e")[0]
        power = power - 256 if power > 127 else power
        amplifier = self.done.get(0x95, b"\4\7")
        return power - {(3, 5): 2, (2, 3): 5, (2, 2): 8}.get((amplifier[0], amplifier[1]), 0)
