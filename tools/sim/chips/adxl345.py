"""What would an ADXL345 answer? Its registers, FIFO and clock, simulated after the data sheet, revision E.

Simulated: identity, reset values, reserved registers and bits, standby, rate, range, full resolution, justification and
self-test, offsets, INT_SOURCE and both interrupt pins by new data, watermark and overrun, the FIFO in bypass, FIFO and
stream mode with its 32 entries and the one at the output. A read that touches the data registers takes the sample away
when it ends. Held but without effect: taps, activity, free fall, sleep, low power, the trigger of trigger mode, which
works as stream mode. Not simulated: the 5 us that the FIFO needs between reads. Runs on CPython and MicroPython.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together
from .chip import SimAccelerometer, digits

_OFSX, _BW_RATE, _POWER_CTL, _INT_ENABLE, _INT_MAP, _INT_SOURCE = 0x1E, 0x2C, 0x2D, 0x2E, 0x2F, 0x30
_DATA_FORMAT, _DATA, _DATA_LAST, _FIFO_CTL, _FIFO_STATUS = 0x31, 0x32, 0x37, 0x38, 0x39
_RATES_MHZ = (100, 200, 390, 780, 1560, 3130, 6250, 12500, 25000, 50000,
              100000, 200000, 400000, 800000, 1600000, 3200000)


class SimADXL345(SimAccelerometer):
    """source(t_ms, out) fills three mg; clock_ms() is the time; faults and violations as in SimChip."""

    pull_mg = (1040, -1040, 1530)  # what the self-test adds at 3.3 V; replace it to spoil the chip
    identity = 0x00
    depth = 33
    defaults = {0x00: 0xE5, _BW_RATE: 0x0A}
    reserved = {
        0x1D: 0, _OFSX: 0, 0x1F: 0, 0x20: 0, 0x21: 0, 0x22: 0, 0x23: 0, 0x24: 0, 0x25: 0, 0x26: 0, 0x27: 0, 0x28: 0,
        0x29: 0, 0x2A: 0xF0, _BW_RATE: 0xE0, _POWER_CTL: 0xC0, _INT_ENABLE: 0, _INT_MAP: 0, _DATA_FORMAT: 0x10,
        _FIFO_CTL: 0,
    }

    def _power_up(self) -> None:
        super()._power_up()
        self._touched = False
        self._overrun = False

    def int1(self) -> int:
        """Return the level of pin INT1 now."""
        return self._pin(~self._registers[_INT_MAP])

    def int2(self) -> int:
        """Return the level of pin INT2 now."""
        return self._pin(self._registers[_INT_MAP])

    def _pin(self, mapped: int) -> int:
        self._advance()
        high = self._source_bits() & self._registers[_INT_ENABLE] & mapped & 0xFF
        return int(bool(high)) ^ (self._registers[_DATA_FORMAT] >> 5 & 1)

    def _set(self, at: int, byte: int) -> None:
        if at == _POWER_CTL and (byte ^ self._registers[at]) & 0x08 or at == _BW_RATE:
            self._registers[at] = byte
            self._run()
        if at == _FIFO_CTL and byte >> 6 == 0:
            self._fifo = []
            self._overrun = False
        self._registers[at] = byte

    def _get(self, at: int) -> int:
        if at == _INT_SOURCE:
            return self._source_bits()
        if at == _FIFO_STATUS:
            return len(self._fifo)
        if _DATA <= at <= _DATA_LAST:
            self._touched = True
            shown = self._fifo[0] if self._fifo else self._last
            return shown[(at - _DATA) // 2] >> 8 * (at & 1) & 0xFF
        return self._registers[at]

    def _stop(self) -> None:
        if self._touched:
            self._touched = False
            self._fresh = 0
            self._overrun = False
            if self._fifo:
                self._fifo.pop(0)

    def _source_bits(self) -> int:
        waiting = len(self._fifo)
        new = 0x80 if self._fresh or waiting else 0
        level = self._registers[_FIFO_CTL] & 0x1F
        return new | (0x02 if self._fifo_on() and waiting >= level else 0) | (0x01 if self._overrun else 0)

    def _fifo_on(self) -> bool:
        return bool(self._registers[_FIFO_CTL] >> 6)

    def _keep(self) -> None:
        if len(self._fifo) == self.depth:
            self.lost += 1
            if self._registers[_FIFO_CTL] >> 6 == 1:  # FIFO mode stops when it is full, stream mode drops the oldest
                return
            self._fifo.pop(0)
        self._fifo.append(self._last)
        self._overrun = self._overrun or len(self._fifo) >= self.depth - 1

    def _rate_mhz(self) -> int:
        return _RATES_MHZ[self._registers[_BW_RATE] & 0x0F] if self._registers[_POWER_CTL] & 0x08 else 0

    def _coded(self) -> tuple[int, int, int]:
        return (self._axis(0), self._axis(1), self._axis(2))

    def _axis(self, axis: int) -> int:
        form = self._registers[_DATA_FORMAT]
        offset = self._registers[_OFSX + axis]
        mg = self._mg[axis] + (offset - 256 if offset & 0x80 else offset) * 156 // 10  # 15.6 mg each
        mg += self.pull_mg[axis] if form & 0x80 else 0
        wide = form & 0x03
        if form & 0x08:
            digit = digits(mg, 256, 10 + wide)
            return digit << (6 - wide) if form & 0x04 else digit
        digit = digits(mg, 256 >> wide, 10)
        return digit << 6 if form & 0x04 else digit
