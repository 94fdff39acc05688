"""What would an MPU-6886 or an MPU-6050 answer? Their accelerometer, FIFO and clock, after DS-000193 and RM-MPU-6000A.

Simulated: identity, reset values, reserved registers and bits, device reset, sleep, rate by divider and filter, scale
and self-test with the factory's codes, INT_STATUS and the INT pin by new data, the FIFO with what is sent into it, its
count, its reset (only while it is off, on the MPU-6050), its end: the MPU-6050 overwrites byte by byte, the MPU-6886
whole samples, or stops (CONFIG, FIFO_MODE). Held but without effect: gyroscope (reads 0), filters, motion thresholds,
low-power cycling, FIFO watermark, the I2C master, the DMP. The temperature is always the same. Runs on CPython and
MicroPython.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together
from .chip import SimAccelerometer, digits

_SELF_TEST_X, _SELF_TEST_A, _SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG = 0x0D, 0x10, 0x19, 0x1A, 0x1B, 0x1C
_FIFO_EN, _INT_PIN_CFG, _INT_ENABLE, _INT_STATUS, _OUT, _TEMP, _OUT_LAST = 0x23, 0x37, 0x38, 0x3A, 0x3B, 0x41, 0x48
_PATH_RESET, _USER_CTRL, _PWR_MGMT_1, _COUNT_H, _COUNT_L, _FIFO, _WHO_AM_I = 0x68, 0x6A, 0x6B, 0x72, 0x73, 0x74, 0x75
_TEMPERATURE = (0x0B, 0xD0)


class SimMPU6050(SimAccelerometer):
    """source(t_ms, out) fills three mg; clock_ms() is the time; faults and violations as in SimChip."""

    pull_mg = (560, 597, 638)  # what the self-test adds; replace it to spoil the chip
    codes: tuple[int, ...] = (0x9A, 0x9B, 0xBC, 0x08)  # registers 13 to 16: codes 16, 18, 20, which mean pull_mg
    identity = _WHO_AM_I
    depth = 170
    fifo_bytes = 1024
    defaults = {_WHO_AM_I: 0x68, _PWR_MGMT_1: 0x40}
    reserved = {
        _SMPLRT_DIV: 0, _CONFIG: 0xC0, _GYRO_CONFIG: 0x07, _ACCEL_CONFIG: 0x07, 0x1F: 0, _FIFO_EN: 0, 0x24: 0, 0x25: 0,
        0x26: 0, 0x27: 0, 0x28: 0, 0x29: 0, 0x2A: 0, 0x2B: 0, 0x2C: 0, 0x2D: 0, 0x2E: 0, 0x2F: 0, 0x30: 0, 0x31: 0,
        0x32: 0, 0x33: 0, 0x34: 0, _INT_PIN_CFG: 0x01, _INT_ENABLE: 0xA6, 0x63: 0, 0x64: 0, 0x65: 0, 0x66: 0,
        0x67: 0x60, _PATH_RESET: 0xF8, 0x69: 0xC0, _USER_CTRL: 0x88, _PWR_MGMT_1: 0x10, 0x6C: 0, _FIFO: 0,
    }

    def _power_up(self) -> None:
        super()._power_up()
        for i in range(len(self.codes)):
            self._registers[_SELF_TEST_X + i] = self.codes[i]
        self._bytes: list[int] = []
        self._last_byte = 0xFF

    def int1(self) -> int:
        """Return the level of pin INT now."""
        self._advance()
        high = self._registers[_INT_ENABLE] & 0x01 and self._fresh
        return int(bool(high)) ^ (self._registers[_INT_PIN_CFG] >> 7)

    def _set(self, at: int, byte: int) -> None:
        if at == _PWR_MGMT_1 and byte & 0x80:
            self._power_up()
            return
        if at == _PWR_MGMT_1 and (byte ^ self._registers[at]) & 0x40 or at == _SMPLRT_DIV or at == _CONFIG:
            self._registers[at] = byte
            self._run()
        if at == _USER_CTRL and byte & 0x04:
            if not self._registers[at] & 0x40 or self.fifo_bytes == 1008:
                self._bytes = []
            byte &= ~0x04
        if at == _PATH_RESET:
            byte = 0
        self._registers[at] = byte

    def _after(self, at: int) -> int:
        return at if at == _FIFO else (at + 1) & 0x7F

    def _get(self, at: int) -> int:
        if at == _INT_STATUS:
            status = 0x01 if self._fresh else 0
            self._fresh = 0
            return status
        if at == _COUNT_H:
            return len(self._bytes) >> 8
        if at == _COUNT_L:
            return len(self._bytes) & 0xFF
        if at == _FIFO:
            if self._bytes:
                self._last_byte = self._bytes.pop(0)
            return self._last_byte
        if _OUT <= at < _TEMP:
            return self._last[(at - _OUT) // 2] >> (8 if at & 1 else 0) & 0xFF
        if _TEMP <= at <= _TEMP + 1:
            return _TEMPERATURE[at - _TEMP]
        return self._registers[at]

    def _fifo_on(self) -> bool:
        return bool(self._registers[_USER_CTRL] & 0x40 and self._registers[_FIFO_EN])

    def _keep(self) -> None:
        sample = self._words()
        room = self.fifo_bytes - len(self._bytes)
        if room < len(sample):
            self.lost += 1
            if not self._make_room(len(sample), room):
                return
        self._bytes += sample

    def _make_room(self, size: int, room: int) -> bool:
        del self._bytes[: size - room]  # in the middle of a sample, if it comes so
        return True

    def _words(self) -> list[int]:
        # Register order: acceleration, temperature, gyroscope (register 35)
        wanted = self._registers[_FIFO_EN]
        sample = self._accelerations() if wanted & 0x08 else []
        sample += _TEMPERATURE if wanted & 0x80 else []
        for axis in (0x40, 0x20, 0x10):
            sample += [0, 0] if wanted & axis else []
        return sample

    def _accelerations(self) -> list[int]:
        sample = []
        for digit in self._last:
            sample += [digit >> 8 & 0xFF, digit & 0xFF]
        return sample

    def _rate_mhz(self) -> int:
        if self._registers[_PWR_MGMT_1] & 0x40:
            return 0
        kilohertz = 1 if 1 <= self._registers[_CONFIG] & 0x07 <= 6 else 8
        return min(1000000, kilohertz * 1000000 // (1 + self._registers[_SMPLRT_DIV]))

    def _coded(self) -> tuple[int, int, int]:
        return (self._axis(0), self._axis(1), self._axis(2))

    def _axis(self, axis: int) -> int:
        config = self._registers[_ACCEL_CONFIG]
        mg = self._mg[axis] + (self.pull_mg[axis] if config >> (7 - axis) & 1 else 0)
        return digits(mg, 16384 >> (config >> 3 & 3), 16)


class SimMPU6886(SimMPU6050):
    """source(t_ms, out) fills three mg; clock_ms() is the time; faults and violations as in SimChip."""

    pull_mg = (388, 408, 428)
    codes = (90, 95, 100)  # registers 13 to 15, which mean pull_mg
    depth = 126
    fifo_bytes = 1008
    defaults = {_WHO_AM_I: 0x19, _PWR_MGMT_1: 0x41}
    reserved = {
        _SMPLRT_DIV: 0, _CONFIG: 0x80, _GYRO_CONFIG: 0x04, _ACCEL_CONFIG: 0x07, 0x1D: 0xC0, 0x1E: 0x0F, 0x20: 0,
        0x21: 0, 0x22: 0, _FIFO_EN: 0xE7, _INT_PIN_CFG: 0x03, _INT_ENABLE: 0x0A, 0x60: 0xFC, 0x61: 0, _PATH_RESET: 0xFC,
        0x69: 0x3E, _USER_CTRL: 0xBA, _PWR_MGMT_1: 0, 0x6C: 0x40, _FIFO: 0,
    }

    def _make_room(self, size: int, room: int) -> bool:
        if self._registers[_CONFIG] & 0x40:
            return False
        del self._bytes[:size]
        return True

    def _words(self) -> list[int]:
        wanted = self._registers[_FIFO_EN]
        sample = self._accelerations() if wanted & 0x08 else []
        sample += _TEMPERATURE  # with either (register 35)
        return sample + [0] * 6 if wanted & 0x10 else sample
