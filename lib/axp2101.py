"""What does an X-Powers AXP2101 know of battery, charger and power key, and how does it feed a board? Over I2C.

Registers and values from the data sheet V1.4 (6.10, ADC; 6.13, register description); the identity in register 0x03,
which it does not list, from the maker's users (XPowersLib). Knows the chip and no product.

The power key: the chip shows no level, only edges, latched in its interrupt status until they are taken, and once when
it has been held for a second (IRQLEVEL). `key` turns them into a level that misses no press, however short; what a
restart of the caller has left in the chip is heeded, not what came before the chip was first set up. By itself the chip
switches off when the key is held (OFFLEVEL); `start` forbids that, since a key that is held may be somebody in need.
"""

from micropython import const

ADDRESS = const(0x34)

_STATUS1 = const(0x00)
_STATUS2 = const(0x01)
_IC_TYPE = const(0x03)
_COMMON = const(0x10)
_MODULES = const(0x18)
_PWROFF_EN = const(0x22)
_LEVELS = const(0x27)
_ADC_EN = const(0x30)
_VBAT_H = const(0x34)
_VBAT_L = const(0x35)
_IRQ_EN0 = const(0x40)
_IRQ_EN1 = const(0x41)
_IRQ_EN2 = const(0x42)
_IRQ0 = const(0x48)
_IRQ1 = const(0x49)
_IRQ2 = const(0x4A)
_TS_PIN = const(0x50)
_CHGLED = const(0x69)
_LDO_ON = const(0x90)
_PERCENT = const(0xA4)

_IDENTITY = const(0x4A)
_IDENTITY_BITS = const(0xCF)
_VBUS_GOOD = const(0x20)
_BATTERY_PRESENT = const(0x08)
_DIRECTION = const(0x60)
_CHARGING = const(0x20)
_SHUT_AFTER_16S = const(0x04)
_GAUGE = const(0x08)
_KEY_SWITCHES_OFF = const(0x02)
_IRQLEVEL = const(0x30)  # 0: a second
_MEASURE_VBAT = const(0x01)
_MEASURE_TS = const(0x02)
_TS_NONE = const(0x10)  # the pin does not matter to the charger
_TS_CURRENT = const(0x0C)
_TS_CURRENT_WITH_ADC = const(0x04)
_LED_ON = const(0x01)
_PRESSED = const(0x02)  # negative edge
_RELEASED = const(0x01)
_EDGES = const(0x03)
_HELD = const(0x04)  # for IRQLEVEL, and not let go yet
_KEY = const(0x07)
_ALL = const(0xFF)

_RAILS = {"aldo1": 0, "aldo2": 1, "aldo3": 2, "aldo4": 3, "bldo1": 4, "bldo2": 5}  # bit in 0x90, register after 0x92
_RAIL = const(0x92)
_RAIL_MV_LEAST = const(500)
_RAIL_MV_MOST = const(3500)
_RAIL_MV_STEP = const(100)


class AXP2101:
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._rails = 0
        self._adc = _MEASURE_VBAT
        self._down = 0
        self._turns = False  # both edges came: the second is told by the next `key`
        self._switched_on = True  # and no edge has come since
        if self._get(_IC_TYPE) & _IDENTITY_BITS != _IDENTITY:
            raise RuntimeError("the chip at this address is not an AXP2101")

    def start(self, rails=(), thermistor=False):
        """Configure, whatever state the chip was in: key edges on the IRQ line (low), no LED, no switching off by key.

        rails: name, mV, name, mV ...: these LDOs feed parts (aldo1 to aldo4, bldo1, bldo2; 500 to 3500 mV in hundreds),
        all others are off; the DC converters stay as they are, since one of them feeds the caller. thermistor: whether
        one hangs on the TS pin; without it the charger must not ask for one. Raises ValueError for a wrong rail.
        """
        on = 0
        for i in range(0, len(rails), 2):
            self._check(rails[i], rails[i + 1])
            on |= 1 << _RAILS[rails[i]]
        self._change(_PWROFF_EN, _KEY_SWITCHES_OFF, 0)
        self._change(_COMMON, _SHUT_AFTER_16S, 0)
        self._change(_MODULES, 0, _GAUGE)
        self._change(_CHGLED, _LED_ON, 0)
        self._change(_TS_PIN, _TS_NONE | _TS_CURRENT, _TS_CURRENT_WITH_ADC if thermistor else _TS_NONE)
        self._adc = _MEASURE_VBAT | (_MEASURE_TS if thermistor else 0)
        self._put(_ADC_EN, self._adc)
        for i in range(0, len(rails), 2):
            self._put(_RAIL + _RAILS[rails[i]], (rails[i + 1] - _RAIL_MV_LEAST) // _RAIL_MV_STEP)
        self._put(_LDO_ON, on)
        self._rails = on
        self._change(_LEVELS, _IRQLEVEL, 0)
        ours = self._get(_IRQ_EN1) == _KEY  # or the key is perhaps still down from switching on, and calls nobody
        self._put(_IRQ_EN0, 0)
        self._put(_IRQ_EN1, _KEY)
        self._put(_IRQ_EN2, 0)
        for register in (_IRQ0, _IRQ2) if ours else (_IRQ0, _IRQ1, _IRQ2):
            self._put(register, _ALL)  # written ones clear
        self._switched_on = not ours
        if not ours:
            self._down = 0
            self._turns = False

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            not self._get(_PWROFF_EN) & _KEY_SWITCHES_OFF
            and not self._get(_COMMON) & _SHUT_AFTER_16S
            and not self._get(_CHGLED) & _LED_ON
            and self._get(_ADC_EN) == self._adc
            and self._get(_LDO_ON) == self._rails
            and self._get(_IRQ_EN0) == 0
            and self._get(_IRQ_EN1) == _KEY
            and self._get(_IRQ_EN2) == 0
        )

    def key(self):
        """Return 1 while the power key is pressed, else 0; ask often. Allocates nothing.

        A press and its release between two calls are told one after the other. A key that went down before the caller
        was restarted, and had been asked for, is seen within a second of its being pressed.
        """
        if self._turns:
            self._turns = False
            self._down ^= 1
            return self._down
        latched = self._get(_IRQ1) & _KEY
        if latched:
            self._put(_IRQ1, latched)
            edges = latched & _EDGES
            if not edges:
                self._down = 0 if self._switched_on else 1
                return self._down
            self._switched_on = False
            if edges == _EDGES:
                self._down ^= 1
                self._turns = True
            else:
                self._down = 1 if edges == _PRESSED else 0
        return self._down

    def battery_mv(self):
        """Return the voltage of the cell in mV (table 6-5); 0 without one."""
        high = self._get(_VBAT_H) & 0x3F  # first: it holds the low byte still (6.10)
        return high << 8 | self._get(_VBAT_L)

    def percent(self):
        """Return the charge by the chip's own gauge, 0 to 100, or -1 when there is no cell."""
        if not self._get(_STATUS1) & _BATTERY_PRESENT:
            return -1
        return min(100, self._get(_PERCENT))

    def charging(self):
        """Return whether current flows into the cell."""
        return self._get(_STATUS2) & _DIRECTION == _CHARGING

    def vbus(self):
        """Return whether the USB supply is there and good."""
        return bool(self._get(_STATUS1) & _VBUS_GOOD)

    def _check(self, name, mv):
        if name not in _RAILS:
            raise ValueError("there is no rail called " + str(name))
        if not _RAIL_MV_LEAST <= mv <= _RAIL_MV_MOST or mv % _RAIL_MV_STEP:
            raise ValueError("a rail gives 500 to 3500 mV in hundreds")

    def _change(self, register, clear, set_):
        value = self._get(register)
        wanted = value & ~clear | set_
        if wanted != value:
            self._put(register, wanted)

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)
