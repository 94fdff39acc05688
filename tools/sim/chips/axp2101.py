"""What would an AXP2101 answer? Its battery, supply, key and rails, simulated after the data sheet V1.4 (6.13).

Simulated: identity, reset values, reserved registers and bits, VBUS and battery state, charge direction, the ADC of the
cell and of VBUS (only while enabled; the low byte is held by reading the high one), the gauge's percentage, interrupt
status with enable and write-one-to-clear, the IRQ line, the key's edges, a key held for IRQLEVEL, switching off by a
held key (OFFLEVEL, 16 s) and by software, the LDO rails, a charger that wants a thermistor. Held but without effect: DC
converters' voltages, charger currents, JEITA, watchdog, fuel gauge data. Runs on CPython and MicroPython.

An interrupt whose enable bit is 0 is taken not to be latched: the sheet does not say, and this is the harder reading.
"""

from .bus import SimI2C  # noqa: F401  chip and bus are wanted together
from .chip import SimChip

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS1, _STATUS2, _IC_TYPE, _COMMON, _PWROFF_STATUS, _PWROFF_EN, _LEVELS = 0x00, 0x01, 0x03, 0x10, 0x21, 0x22, 0x27
_ADC_EN, _VBAT_H, _VBAT_L, _VBUS_H, _VBUS_L, _IRQ_EN, _IRQ, _TS_PIN = 0x30, 0x34, 0x35, 0x38, 0x39, 0x40, 0x48, 0x50
_CHGLED, _LDO_ON, _RAIL, _PERCENT = 0x69, 0x90, 0x92, 0xA4
_RAIL_NAMES = ("aldo1", "aldo2", "aldo3", "aldo4", "bldo1", "bldo2")
_OFFLEVEL_MS = (4000, 6000, 8000, 10000)
_IRQLEVEL_MS = (1000, 1500, 2000, 2500)


class SimAXP2101(SimChip):
    """clock_ms() is the time; faults and violations as in SimChip ("frozen": ADC and gauge stand still).

    battery_mv, percent: of the cell; 0 mV means that there is none. vbus: whether USB is plugged. thermistor: whether
    one hangs on TS. on: whether the system is fed; once off, no register answers differently, but the caller is dead.
    """

    identity = _IC_TYPE
    defaults = {
        _IC_TYPE: 0x4A, _COMMON: 0x30, 0x13: 0x03, 0x14: 0x60, 0x15: 0x06, 0x16: 0x04, 0x18: 0x0A, 0x19: 0x06,
        0x1A: 0xA1, _PWROFF_EN: 0x06, _LEVELS: 0x15, _ADC_EN: 0x03, 0x36: 0x80, _IRQ_EN: 0xFF, 0x41: 0xFC, 0x42: 0x5F,
        _TS_PIN: 0x06, 0x61: 0x05, 0x62: 0x08, 0x63: 0x15, 0x64: 0x03, 0x65: 0x02, 0x67: 0xE6, 0x68: 0x01,
        _CHGLED: 0x01, 0x80: 0x01, 0x82: 0x12, _LDO_ON: 0x3F, 0x92: 0x1C, 0x93: 0x1C, 0x94: 0x1C, 0x95: 0x1C,
        0x96: 0x1C, 0x97: 0x1C,
    }
    reserved = {
        0x04: 0, 0x05: 0, 0x06: 0, 0x07: 0, _COMMON: 0xC0, 0x12: 0xF7, 0x13: 0xF8, 0x14: 0x8F, 0x15: 0xF0, 0x16: 0xF8,
        0x17: 0xF3, 0x18: 0xF0, 0x19: 0xC0, 0x1A: 0, _PWROFF_EN: 0xF8, 0x23: 0, 0x24: 0xF8, 0x25: 0xE0, 0x26: 0,
        _LEVELS: 0xC0, 0x28: 0, 0x29: 0, 0x2A: 0, 0x2B: 0, _ADC_EN: 0xC0, _VBAT_H: 0x3F, 0x36: 0x3F, _IRQ_EN: 0,
        0x41: 0, 0x42: 0x20, _IRQ: 0, 0x49: 0, 0x4A: 0, _TS_PIN: 0xE0, 0x61: 0xF0, 0x62: 0xE0, 0x63: 0xE0, 0x64: 0xF8,
        0x65: 0xFC, 0x67: 0x08, 0x68: 0xFE, _CHGLED: 0xC8, 0x6A: 0xF8, 0x80: 0x80, 0x81: 0, 0x82: 0xE0, 0x83: 0,
        0x84: 0, 0x85: 0x80, 0x86: 0xE0,
        _LDO_ON: 0, 0x91: 0xFE, 0x92: 0xE0, 0x93: 0xE0, 0x94: 0xE0, 0x95: 0xE0, 0x96: 0xE0, 0x97: 0xE0, 0x98: 0xE0,
        0x99: 0xE0, 0x9A: 0xE0, 0xA2: 0xCE,
    }

    def __init__(self, clock_ms: "Callable[[], int]") -> None:
        self.battery_mv = 3900
        self.percent = 70
        self.vbus = False
        self.thermistor = False
        self.on = True
        self._down_at_ms: int | None = None
        self._held_told = False
        super().__init__(clock_ms)

    def press(self) -> None:
        """Hold the power key down."""
        self._advance()
        self._down_at_ms = self._clock_ms()
        self._held_told = False
        self._event(1, 0x02)

    def release(self) -> None:
        """Let the power key go."""
        self._advance()
        self._down_at_ms = None
        self._event(1, 0x01)

    def plug(self, there: bool) -> None:
        """Plug USB in or out."""
        self._advance()
        self.vbus = there
        self._event(1, 0x80 if there else 0x40)

    def irq(self) -> int:
        """Return the level of the IRQ line now: 0 while an enabled interrupt waits."""
        self._advance()
        for i in range(3):
            if self._registers[_IRQ + i] & self._registers[_IRQ_EN + i]:
                return 0
        return 1

    def rails(self) -> dict[str, int]:
        """Return {name: mV} of the LDOs that are on."""
        self._advance()
        on = self._registers[_LDO_ON] if self.on else 0
        found = {}
        for i in range(len(_RAIL_NAMES)):
            if on >> i & 1:
                found[_RAIL_NAMES[i]] = 500 + 100 * self._registers[_RAIL + i]
        return found

    def led(self) -> bool:
        """Return whether the charge LED may light."""
        return bool(self._registers[_CHGLED] & 1)

    def _power_up(self) -> None:
        super()._power_up()
        self._held = {_VBAT_L: 0, _VBUS_L: 0}
        self._frozen: tuple[int, int, int] | None = None

    def _tick(self) -> None:
        if self._down_at_ms is None:
            return
        held_ms = self._clock_ms() - self._down_at_ms
        if not self._held_told and held_ms >= _IRQLEVEL_MS[self._registers[_LEVELS] >> 4 & 3]:
            self._held_told = True
            self._event(1, 0x04)
        by_level = self._registers[_PWROFF_EN] & 0x02 and held_ms >= _OFFLEVEL_MS[self._registers[_LEVELS] >> 2 & 3]
        if by_level or self._registers[_COMMON] & 0x04 and held_ms >= 16000:
            self.on = False
            self._registers[_PWROFF_STATUS] |= 0x01

    def _event(self, i: int, bit: int) -> None:
        if self._registers[_IRQ_EN + i] & bit:
            self._registers[_IRQ + i] |= bit

    def _forbidden(self, at: int, byte: int) -> str | None:
        most = 0x1E if 0x92 <= at <= 0x97 else 5 if at == 0x64 or at == 0x16 else 0xFF
        if byte & (0x1F if most == 0x1E else 0x07 if most == 5 else 0xFF) > most:
            return "a reserved value"
        return super()._forbidden(at, byte)

    def _set(self, at: int, byte: int) -> None:
        if _IRQ <= at <= _IRQ + 2:
            self._registers[at] &= ~byte
            return
        if at == _COMMON and byte & 0x03:
            self.on = self.on and not byte & 0x01
            byte &= ~0x03
        self._registers[at] = byte

    def _get(self, at: int) -> int:
        cell_mv, percent, vbus_mv = self._measured()
        if at == _STATUS1:
            return (0x20 if self.vbus else 0) | (0x08 if cell_mv else 0)
        if at == _STATUS2:
            return self._status2(cell_mv, percent)
        if at == _VBAT_H:
            return self._high(_VBAT_L, cell_mv, 0x01)
        if at == _VBUS_H:
            return self._high(_VBUS_L, vbus_mv, 0x04)
        if at in self._held:
            return self._held[at]
        if at == _PERCENT:
            return percent if self._registers[0x18] & 0x08 and cell_mv else 0
        return self._registers[at]

    def _measured(self) -> tuple[int, int, int]:
        if self.fail != "frozen":
            self._frozen = None
        elif self._frozen is None:
            self._frozen = (self.battery_mv, self.percent, 5000 if self.vbus else 0)
        return self._frozen or (self.battery_mv, self.percent, 5000 if self.vbus else 0)

    def _high(self, low: int, mv: int, enable: int) -> int:
        mv = mv if self._registers[_ADC_EN] & enable else 0
        self._held[low] = mv & 0xFF
        return mv >> 8

    def _status2(self, cell_mv: int, percent: int) -> int:
        wants_thermistor = not self._registers[_TS_PIN] & 0x10
        may = self._registers[0x18] & 0x02 and cell_mv and (self.thermistor or not wants_thermistor)
        if not self.vbus:
            return 0x10 | (0x40 if cell_mv else 0) | 0x05
        if may and percent < 100:
            return 0x10 | 0x20 | 0x02
        return 0x10 | (0x04 if may else 0x05)
