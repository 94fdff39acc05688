"""What would an LIS3DH answer? Its registers, FIFO and clock, simulated after data sheet DocID17530.

Simulated: identity, reset values, reserved registers and bits, BOOT (5 ms), rate and axes (CTRL1), scale, resolution,
byte order and self-test (CTRL4), INT1 by watermark, overrun and new data (CTRL3, CTRL6), STATUS, the FIFO's modes with
level, overrun and watermark, its ten bits whatever the resolution (ST on its community page "LIS3DHTR data length"),
address increment with the wrap from 0x2D to 0x28 while the FIFO is read (5.1.5).
INT1 also by movement: INT1_CFG's high events in OR, their threshold and latch, and the high-pass filter for them.
Held but without effect: other filters, motion and click interrupts, the ADC, and the trigger of stream-to-FIFO mode,
which works as stream mode. Not simulated: turn-on times, torn reads without BDU. Runs on CPython and MicroPython.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from .chip import Source

_CTRL0, _CTRL1, _CTRL3, _CTRL4, _CTRL5, _CTRL6 = 0x1E, 0x20, 0x22, 0x23, 0x24, 0x25
_CTRL2, _REFERENCE, _INT1_CFG, _INT1_SRC, _INT1_THS = 0x21, 0x26, 0x30, 0x31, 0x32
_WHO_AM_I, _STATUS, _OUT, _OUT_LAST, _FIFO_CTRL, _FIFO_SRC = 0x0F, 0x27, 0x28, 0x2D, 0x2E, 0x2F
_RESERVED_BITS = {  # chapter 8: writable registers, and the bits in them that must stay 0
    0x1E: 0, 0x1F: 0x3F, 0x20: 0, 0x21: 0, 0x22: 0x01, 0x23: 0, 0x24: 0x30, 0x25: 0x05, 0x26: 0, 0x2E: 0, 0x30: 0,
    0x32: 0x80, 0x33: 0x80, 0x34: 0, 0x36: 0x80, 0x37: 0x80, 0x38: 0xC0, 0x3A: 0, 0x3B: 0x80, 0x3C: 0, 0x3D: 0,
    0x3E: 0x80, 0x3F: 0,
}
_RATES_HZ = (0, 1, 10, 25, 50, 100, 200, 400, 1600, 1344)  # table 31; 9 is 5376 Hz in low-power mode
_HIGH = ((1, 2, 4, 12), 4)  # mg per digit at 2, 4, 8, 16 g (table 4), and how far the digits stand to the left
_NORMAL = ((4, 8, 16, 48), 6)
_LOW_POWER = ((16, 32, 64, 192), 8)
_THRESHOLD_MG = (16, 32, 62, 186)  # a step of INT1_THS (8.23)
_HIGH_PASS = 8  # 1 Hz at 50 Hz (AN3308, high-pass filter): samples in which the mean follows
_DEPTH = 32
_BOOT_MS = 5  # AN3308, boot; ST's example lis3dh_self_test.c waits as long
_KEPT = -64  # the mask of what the FIFO keeps
FAULTS = (None, "nack", "stuck", "frozen", "wrong_id", "reset")


class SimLIS3DH:
    """source(t_ms, out) fills three mg; clock_ms() is the time. Data come out at the rate that CTRL1 sets.

    fail: None, "nack" no answer, "stuck" the bus hangs, "frozen" the same sample for ever, "wrong_id" another chip,
    "reset" the supply dips: registers fall back to their reset values at the next access, and fail is None again.
    violations: a sentence for each write that the data sheet forbids. lost: samples that a full FIFO dropped.
    """

    pull_mg = (240, 280, 420)  # what the self-test adds, within table 4's 68 to 1440; replace it to spoil the chip
    depth = _DEPTH
    defaults = {_WHO_AM_I: 0x33, _CTRL0: 0x10, _CTRL1: 0x07}
    reserved = _RESERVED_BITS

    def __init__(self, source: "Source", clock_ms: "Callable[[], int]") -> None:
        self._source = source
        self._clock_ms = clock_ms
        self._mg = [0, 0, 0]
        self.violations: list[str] = []
        self.fail: str | None = None
        self.lost = 0
        self._power_up()

    def _power_up(self) -> None:
        self._registers = bytearray(128)
        for at in self.defaults:
            self._registers[at] = self.defaults[at]
        self._fifo: list[tuple[int, int, int]] = []
        self._last = (0, 0, 0)
        self._fresh = 0  # samples since the outputs were read
        self._made = 0  # samples since the rate was set
        self._mean = [0, 0, 0]  # of the high-pass filter, in mg * _HIGH_PASS
        self._moved = False
        self._since_ms = self._clock_ms()
        self._boot_until_ms = self._since_ms

    def write(self, register: int, data: bytes) -> None:
        """Take bytes for `register` and, with bit 7 set, those after it."""
        self._advance()
        at = register & 0x7F
        for byte in data:
            why = self._forbidden(at, byte)
            if why:
                self.violations.append("0x%02X <- 0x%02X: %s" % (at, byte, why))
            if at in _RESERVED_BITS:
                self._set(at, byte)
            if register & 0x80:
                at = (at + 1) & 0x7F

    def read(self, register: int, count: int) -> bytes:
        """Return `count` bytes from `register`, with bit 7 set from those after it."""
        self._advance()
        at = register & 0x7F
        answer = bytearray(count)
        for i in range(count):
            answer[i] = self._get(at)
            if register & 0x80:
                at = _OUT if at == _OUT_LAST and self._fifo_on() else (at + 1) & 0x7F
        return bytes(answer)

    def int1(self) -> int:
        """Return the level of pin INT1 now."""
        self._advance()
        wanted = self._registers[_CTRL3]
        source = self._fifo_source()
        high = wanted & 0x04 and source & 0x80 or wanted & 0x02 and source & 0x40 or wanted & 0x10 and self._fresh
        high = high or wanted & 0x40 and self._moved
        return int(bool(high)) ^ (self._registers[_CTRL6] >> 1 & 1)

    def _forbidden(self, at: int, byte: int) -> str | None:
        if at not in _RESERVED_BITS:
            return "a reserved or read-only register"
        if byte & _RESERVED_BITS[at] or at == _CTRL0 and byte & 0x7F != 0x10:
            return "reserved bits changed"
        if at == _CTRL1 and (byte >> 4 > 9 or byte >> 4 == 8 and not byte & 0x08):
            return "a rate that is not there"
        if at == _CTRL4 and byte & 0x06 == 0x06:
            return "both self-tests at once"
        other = {_CTRL1: _CTRL4, _CTRL4: _CTRL1}.get(at)
        if other and byte & 0x08 and self._registers[other] & 0x08:
            return "low power and high resolution at once"
        return "written while the chip boots" if self._clock_ms() < self._boot_until_ms else None

    def _set(self, at: int, byte: int) -> None:
        if at == _CTRL1 and byte != self._registers[_CTRL1]:
            self._since_ms = self._clock_ms()
            self._made = 0
        if at == _FIFO_CTRL and byte >> 6 == 0 or at == _CTRL5 and not byte & 0x40:
            self._fifo = []
        if at == _CTRL5 and byte & 0x80:
            self._boot_until_ms = self._clock_ms() + _BOOT_MS
        self._registers[at] = byte

    def _get(self, at: int) -> int:
        if at == _WHO_AM_I and self.fail == "wrong_id":
            return 0x32
        if at == _CTRL5 and self._clock_ms() >= self._boot_until_ms:
            self._registers[_CTRL5] &= 0x7F
        if at == _STATUS:
            return (0x0F if self._fresh else 0) | (0xF0 if self._fresh > 1 else 0)
        if at == _FIFO_SRC:
            return self._fifo_source()
        if at == _REFERENCE and self._registers[_CTRL2] >> 6 == 0:
            self._mean = [_HIGH_PASS * self._mg_of(axis) for axis in range(3)]
        if at == _INT1_SRC:
            moved = self._moved
            self._moved = moved and not self._registers[_CTRL5] & 0x08
            return 0x40 if moved else 0
        if _OUT <= at <= _OUT_LAST:
            return self._output(at - _OUT)
        return self._registers[at]

    def _fifo_on(self) -> bool:
        return bool(self._registers[_CTRL5] & 0x40 and self._registers[_FIFO_CTRL] >> 6)

    def _fifo_source(self) -> int:
        level = len(self._fifo)
        past = 0x80 if level > self._registers[_FIFO_CTRL] & 0x1F else 0
        return past | (0x40 if level == _DEPTH else 0) | (0 if level else 0x20) | min(level, 31)

    def _output(self, i: int) -> int:
        waiting = self._fifo_on() and self._fifo
        shown = self._fifo[0] if waiting else self._last
        value = shown[i // 2] & 0xFFFF
        if i == 5:
            self._fresh = 0
            if waiting:
                self._fifo.pop(0)
        big_endian = self._registers[_CTRL4] >> 6 & 1
        return value >> 8 if (i & 1) ^ big_endian else value & 0xFF

    def _advance(self) -> None:
        if self.fail not in FAULTS:
            raise ValueError("no such fault: %s; there are %s" % (self.fail, FAULTS))
        if self.fail == "reset":
            self.fail = None
            self._power_up()
        rate_hz = self._rate_hz()
        if not rate_hz:
            return
        due = (self._clock_ms() - self._since_ms) * rate_hz // 1000
        skipped = due - 2 * _DEPTH - self._made
        if skipped > 0:  # nobody will see these
            self._made += skipped
            self.lost += skipped if self._fifo_on() else 0
        while self._made < due:
            self._made += 1
            self._sample(self._since_ms + self._made * 1000 // rate_hz)

    def _rate_hz(self) -> int:
        code = self._registers[_CTRL1] >> 4
        if code == 9 and self._registers[_CTRL1] & 0x08:
            return 5376
        return _RATES_HZ[code] if code < len(_RATES_HZ) else 0

    def _sample(self, t_ms: int) -> None:
        if self.fail != "frozen":
            self._source(t_ms, self._mg)
            self._last = (self._coded(0), self._coded(1), self._coded(2))
        self._fresh += 1
        self._feel()
        if not self._fifo_on():
            return
        if len(self._fifo) == _DEPTH:
            self.lost += 1
            if self._registers[_FIFO_CTRL] >> 6 == 1:  # FIFO mode stops when it is full, stream mode drops the oldest
                return
            self._fifo.pop(0)
        self._fifo.append((self._last[0] & _KEPT, self._last[1] & _KEPT, self._last[2] & _KEPT))

    def _feel(self) -> None:
        high = False
        wanted = self._registers[_INT1_CFG]
        threshold_mg = self._registers[_INT1_THS] * _THRESHOLD_MG[self._registers[_CTRL4] >> 4 & 3]
        for axis in range(3):
            mg = self._mg_of(axis)
            if self._registers[_CTRL2] & 0x01:
                mg -= self._mean[axis] // _HIGH_PASS
                self._mean[axis] += mg
            high = high or wanted & 2 << 2 * axis > 0 and abs(mg) > threshold_mg
        latched = self._registers[_CTRL5] & 0x08 and self._moved
        self._moved = bool(high or latched)

    def _mg_of(self, axis: int) -> int:
        steps, shift = self._steps()
        return (self._last[axis] >> shift) * steps[self._registers[_CTRL4] >> 4 & 3]

    def _steps(self) -> tuple[tuple[int, int, int, int], int]:
        if self._registers[_CTRL4] & 0x08:
            return _HIGH
        return _LOW_POWER if self._registers[_CTRL1] & 0x08 else _NORMAL

    def _coded(self, axis: int) -> int:
        ctrl1 = self._registers[_CTRL1]
        ctrl4 = self._registers[_CTRL4]
        if not ctrl1 >> axis & 1:
            return 0
        mg = self._mg[axis]
        if ctrl4 & 0x06:
            mg += self.pull_mg[axis] if ctrl4 & 0x06 == 0x02 else -self.pull_mg[axis]
        steps, shift = self._steps()
        step = steps[ctrl4 >> 4 & 3]
        top = 1 << (15 - shift)
        return max(-top, min(top - 1, (mg + step // 2) // step)) << shift
