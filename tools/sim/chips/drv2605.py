"""What would a DRV2605 or DRV2605L do? Its registers and the drive of its motor, after data sheets SLOS825 and SLOS854.

Simulated: identity, reset values, reserved registers and bits, device reset, standby, GO with an end, real-time
playback in open loop, signed or unsigned, and closed loop by RATED_VOLTAGE, diagnostics of a motor that is there, open
or shorted, over current (latched until read). A library effect is full drive for 100 ms, the
fifteenth and sixteenth for 750 and 1000. Not simulated: waveforms,
audio, PWM, calibration results, braking. Burning the one-time memory is noted as forbidden. Runs on CPython and
MicroPython.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together
from .chip import SimChip

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS, _MODE, _RTP, _GO, _RATED, _CLAMP, _CONTROL3, _CONTROL4 = 0x00, 0x01, 0x02, 0x0C, 0x16, 0x17, 0x1D, 0x1E
_EFFECT_MS = 100
_ALERTS_MS = {15: 750, 16: 1000}
_DIAGNOSTICS_MS = 300
_CALIBRATION_MS = 500


class SimDRV2605(SimChip):
    """clock_ms() is the time; faults and violations as in SimChip ("frozen": the output stage is dead).

    motor: "ok", "open" or "short".
    """

    identity = _STATUS
    wrong_bits = 0x20
    defaults = {
        _STATUS: 0x60, _MODE: 0x40, 0x03: 0x01, 0x04: 0x01, 0x11: 0x05, 0x12: 0x19, 0x13: 0xFF, 0x14: 0x19, 0x15: 0xFF,
        _RATED: 0x3E, _CLAMP: 0x8C, 0x18: 0x0C, 0x19: 0x6C, 0x1A: 0x36, 0x1B: 0x93, 0x1C: 0xF5, _CONTROL3: 0x80,
        _CONTROL4: 0x20,
    }
    reserved = {
        _MODE: 0x38, _RTP: 0, 0x03: 0xE8, 0x04: 0, 0x05: 0, 0x06: 0, 0x07: 0, 0x08: 0, 0x09: 0, 0x0A: 0, 0x0B: 0,
        _GO: 0xFE, 0x0D: 0, 0x0E: 0, 0x0F: 0, 0x10: 0, 0x11: 0xF0, 0x12: 0, 0x13: 0, 0x14: 0, 0x15: 0, _RATED: 0,
        _CLAMP: 0, 0x18: 0, 0x19: 0, 0x1A: 0, 0x1B: 0x40, 0x1C: 0, _CONTROL3: 0, _CONTROL4: 0xCE,
    }

    def __init__(self, clock_ms: "Callable[[], int]") -> None:
        self.motor = "ok"
        super().__init__(clock_ms)

    def drive(self) -> int:
        """Return the drive of the motor now, -255 to 255 (255: all that OD_CLAMP allows)."""
        self._advance()
        mode = self._registers[_MODE]
        if mode & 0x40 or self.motor == "open" or self.fail == "frozen":
            return 0
        if mode & 0x07 == 5:
            return self._realtime()
        return 255 if self._registers[_GO] & 1 else 0

    def _realtime(self) -> int:
        value = self._registers[_RTP]
        control3 = self._registers[_CONTROL3]
        if not control3 & 0x08:
            value = value - 256 if value & 0x80 else value  # 0x81 to 0x7F
        elif control3 & 0x20:
            value -= 0x7F  # 0x7F is still
        if control3 & 0x20:
            return max(-255, min(255, value * 255 // 127))
        return max(0, value) * self._registers[_RATED] // max(1, self._registers[_CLAMP])

    def _power_up(self) -> None:
        super()._power_up()
        self._until_ms = self._clock_ms()
        self._latched = 0

    def _forbidden(self, at: int, byte: int) -> str | None:
        if at == _CONTROL4 and byte & 0x01:
            return "this burns the one-time memory"
        return super()._forbidden(at, byte)

    def _tick(self) -> None:
        if self._registers[_GO] & 1 and self._clock_ms() >= self._until_ms:
            self._registers[_GO] = 0
            if self._registers[_MODE] & 0x07 == 6:
                failed = self.motor != "ok" or self.fail == "frozen"
                self._registers[_STATUS] = self._registers[_STATUS] & ~0x08 | (0x08 if failed else 0)

    def _set(self, at: int, byte: int) -> None:
        if at == _MODE and byte & 0x80:
            self._power_up()
            return
        if at == _GO and byte & 1:
            mode = self._registers[_MODE] & 0x07
            lasts_ms = _DIAGNOSTICS_MS if mode == 6 else _CALIBRATION_MS if mode == 7 else self._effect_ms()
            self._until_ms = self._clock_ms() + lasts_ms
        self._registers[at] = byte
        if self.motor == "short" and self.drive():
            self._latched |= 0x01

    def _effect_ms(self) -> int:
        return _ALERTS_MS.get(self._registers[0x04], _EFFECT_MS)

    def _get(self, at: int) -> int:
        if at == _STATUS:
            status = self._registers[_STATUS] | self._latched
            self._latched = 0
            return status
        return self._registers[at]


class SimDRV2605L(SimDRV2605):
    """The same with the identity, reset values and further registers of the L type."""

    defaults = dict(SimDRV2605.defaults)
    defaults.update({_STATUS: 0xE0, _RATED: 0x3F, _CLAMP: 0x89, 0x18: 0x0D, 0x19: 0x6D})
    defaults.update({_CONTROL3: 0xA0, 0x1F: 0x80, 0x20: 0x33})
    reserved = dict(SimDRV2605.reserved)
    reserved.update({_CONTROL4: 0x0E, 0x1F: 0, 0x20: 0x80})
