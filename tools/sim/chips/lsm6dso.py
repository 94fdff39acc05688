"""What would an LSM6DSO or LSM6DSOX answer? Its accelerometer, FIFO and clock, simulated after data sheet DS12140.

Simulated: identity, reset values, reserved registers and bits (chapter 9), software reset and BOOT, rate, scale and
self-test of the accelerometer, STATUS, INT1 by FIFO threshold, overrun, full and new data, the FIFO in bypass, FIFO and
continuous mode with level, threshold, overrun (latched until read) and tags, address increment (IF_INC) with the wrap
from 0x7E to 0x78. While another register bank is open (which is noted) nothing of this can be reached. Held but without
effect: gyroscope, filters, taps, power modes. Not simulated: what those banks do, compression, turn-on times, torn
reads without BDU, decimation by another batch rate; the tag's parity is taken to be even.
Runs on CPython and MicroPython.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together
from .chip import SimAccelerometer, digits

_BANK, _FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4, _INT1_CTRL = 0x01, 0x07, 0x08, 0x09, 0x0A, 0x0D
_WHO_AM_I, _CTRL1_XL, _CTRL3_C, _CTRL5_C, _STATUS, _OUT = 0x0F, 0x10, 0x12, 0x14, 0x1E, 0x28
_FIFO_STATUS1, _FIFO_STATUS2, _WORD, _WORD_LAST = 0x3A, 0x3B, 0x78, 0x7E
_RATES_MHZ = (0, 12500, 26000, 52000, 104000, 208000, 416000, 833000, 1666000, 3332000, 6664000, 1600)
_PER_G = (16393, 2049, 8197, 4098)  # at 2, 16, 4, 8 g: 0.061, 0.488, 0.122, 0.244 mg (table 2)
_SELF_TEST_MG = (310, 280, 420)  # within table 2's 50 to 1700


class SimLSM6DSO(SimAccelerometer):
    """source(t_ms, out) fills three mg; clock_ms() is the time; faults and violations as in SimChip."""

    pull_mg = _SELF_TEST_MG  # what the self-test adds; replace it to spoil the chip
    identity = _WHO_AM_I
    depth = 512
    defaults = {_WHO_AM_I: 0x6C, 0x02: 0x3F, _CTRL3_C: 0x04, 0x18: 0xE0}
    reserved = {
        _BANK: 0x3F, 0x02: 0x3F, _FIFO_CTRL1: 0, _FIFO_CTRL2: 0x28, _FIFO_CTRL3: 0, _FIFO_CTRL4: 0x08, 0x0B: 0x18,
        0x0C: 0, _INT1_CTRL: 0, 0x0E: 0x80, _CTRL1_XL: 0x01, 0x11: 0x01, _CTRL3_C: 0x02, 0x13: 0x91, _CTRL5_C: 0x10,
        0x15: 0, 0x16: 0x08, 0x17: 0, 0x18: 0x01, 0x19: 0xDF, 0x56: 0x80, 0x57: 0, 0x58: 0, 0x59: 0, 0x5A: 0, 0x5B: 0,
        0x5C: 0, 0x5D: 0, 0x5E: 0, 0x5F: 0, 0x62: 0xE6, 0x6F: 0x1C, 0x70: 0x80, 0x71: 0xC8, 0x72: 0, 0x73: 0, 0x74: 0,
        0x75: 0,
    }

    def _power_up(self) -> None:
        super()._power_up()
        self._latched = False  # an overrun that nobody has read about
        self._stamp = 0

    def int1(self) -> int:
        """Return the level of pin INT1 now."""
        self._advance()
        wanted = self._registers[_INT1_CTRL]
        status = self._status2()
        high = wanted & 0x01 and self._fresh or wanted & 0x38 and (
            wanted & 0x08 and status & 0x80 or wanted & 0x10 and status & 0x40 or wanted & 0x20 and status & 0x20
        )
        return int(bool(high)) ^ (self._registers[_CTRL3_C] >> 5 & 1)

    def _forbidden(self, at: int, byte: int) -> str | None:
        why = super()._forbidden(at, byte)
        if why:
            return why
        if at == _BANK and byte & 0xC0:
            return "a bank that is not simulated"
        if at == _CTRL1_XL and byte >> 4 > 11 or at == _FIFO_CTRL3 and byte & 0x0F > 11:
            return "a rate that is not there"
        if at == _CTRL5_C and byte & 0x03 == 0x03:
            return "both self-tests at once"
        if at == _FIFO_CTRL4 and byte & 0x07 in (2, 5):
            return "a FIFO mode that is not there"
        return None

    def _set(self, at: int, byte: int) -> None:
        if self._hidden(at):
            return
        if at == _CTRL3_C and byte & 0x81:  # reset or boot: over within 50 us, before anybody can look
            self._power_up()
            return
        if at == _CTRL1_XL and byte >> 4 != self._registers[_CTRL1_XL] >> 4:
            self._registers[at] = byte
            self._run()
        if at == _FIFO_CTRL4 and byte & 0x07 == 0:
            self._fifo = []
            self._latched = False
        self._registers[at] = byte

    def _after(self, at: int) -> int:
        if not self._registers[_CTRL3_C] & 0x04:
            return at
        return _WORD if at == _WORD_LAST else (at + 1) & 0x7F

    def _hidden(self, at: int) -> bool:
        return at != _BANK and bool(self._registers[_BANK] & 0xC0)

    def _get(self, at: int) -> int:
        if self._hidden(at):
            return 0
        if at == _STATUS:
            return 1 if self._fresh else 0
        if at == _FIFO_STATUS1:
            return len(self._fifo) & 0xFF
        if at == _FIFO_STATUS2:
            status = self._status2()
            self._latched = False
            return status
        if _WORD <= at <= _WORD_LAST:
            return self._word(at - _WORD)
        if _OUT <= at < _OUT + 6:
            if at == _OUT + 5:
                self._fresh = 0
            return self._last[(at - _OUT) // 2] >> 8 * (at & 1) & 0xFF
        return self._registers[at]

    def _status2(self) -> int:
        level = len(self._fifo)
        threshold = self._registers[_FIFO_CTRL1] | (self._registers[_FIFO_CTRL2] & 1) << 8
        status = level >> 8 | (0x08 if self._latched else 0)
        status |= 0x80 if threshold and level >= threshold else 0
        return status | (0x60 if level == self.depth and self._latched else 0x20 if level >= self.depth - 1 else 0)

    def _word(self, i: int) -> int:
        if not self._fifo:
            return 0
        tag, sample = self._fifo[0]
        if i == 0:
            return tag
        if i == 6:
            self._fifo.pop(0)
        return sample[(i - 1) // 2] >> 8 * ((i - 1) & 1) & 0xFF

    def _fifo_on(self) -> bool:
        return self._registers[_FIFO_CTRL4] & 0x07 in (1, 6) and bool(self._registers[_FIFO_CTRL3] & 0x0F)

    def _keep(self) -> None:
        if len(self._fifo) == self.depth:
            self.lost += 1
            self._latched = True
            if self._registers[_FIFO_CTRL4] & 0x07 == 1:  # FIFO mode stops when it is full, continuous drops the oldest
                return
            self._fifo.pop(0)
        self._stamp = (self._stamp + 1) & 3
        tag = 0x02 << 3 | self._stamp << 1
        odd = (tag >> 4 ^ tag >> 2 ^ tag >> 1) & 1
        self._fifo.append((tag | odd, self._last))

    def _rate_mhz(self) -> int:
        code = self._registers[_CTRL1_XL] >> 4
        return _RATES_MHZ[code] if code < len(_RATES_MHZ) else 0

    def _coded(self) -> tuple[int, int, int]:
        return (self._axis(0), self._axis(1), self._axis(2))

    def _axis(self, axis: int) -> int:
        pull = self._registers[_CTRL5_C] & 0x03
        mg = self._mg[axis] + (self.pull_mg[axis] if pull == 1 else -self.pull_mg[axis] if pull == 2 else 0)
        return digits(mg, _PER_G[self._registers[_CTRL1_XL] >> 2 & 3], 16)
