"""How is an Analog Devices ADXL345 read over I2C? FIFO in stream mode, 50 Hz, 16 g in full resolution (256 per g).

Registers and values from the data sheet, revision E (register map and definitions; tables 14 and 15, self-test limits;
FIFO). Every sample is a read of its own, for the data registers do not wrap; at 400 kHz the next address takes longer
than the 5 us that the FIFO needs in between. Knows the chip and no product.
"""

from accelerometer import SAMPLES_AT_ONCE, Accelerometer
from micropython import const

ADDRESS = const(0x53)  # ALT ADDRESS low; 0x1D when high

_DEVID = const(0x00)
_IDENTITY = const(0xE5)
_OFSX = const(0x1E)
_BW_RATE = const(0x2C)
_POWER_CTL = const(0x2D)
_INT_ENABLE = const(0x2E)
_INT_MAP = const(0x2F)
_INT_SOURCE = const(0x30)
_DATA_FORMAT = const(0x31)
_DATA = const(0x32)
_FIFO_CTL = const(0x38)
_FIFO_STATUS = const(0x39)

_50HZ = const(0x09)
_100HZ = const(0x0A)
_MEASURE = const(0x08)
_WATERMARK = const(0x02)
_NEW = const(0x80)
_FULL_16G = const(0x0B)
_SELF_TEST = const(0x80)
_STREAM = const(0x80)
_WATERMARK_MOST = const(31)  # five bits
_ENTRIES = const(0x3F)  # 32, and one more at the output

_SETTLE_MS = const(50)  # more than the four samples at 100 Hz that application note AN-1077 throws away
# Table 15 times the factors of table 14 for 3.3 V, in mg: 50 to 540 digits times 1.77, 75 to 875 times 1.47
_TEST_XY_MIN = const(346)
_TEST_XY_MAX = const(3733)
_TEST_Z_MIN = const(431)
_TEST_Z_MAX = const(5024)


class ADXL345(Accelerometer):
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C), fed with 3.3 V.

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        super().__init__(i2c, address, 6)
        self._fifo_ctl = _STREAM
        if self._get(_DEVID) != _IDENTITY:
            raise RuntimeError("the chip at this address is not an ADXL345")

    def start(self, watermark=16):
        """Configure and begin, whatever state the chip was in. INT1 is high while `watermark` samples wait.

        Raises ValueError for a watermark outside 1 to 32; 32 counts as 31, the most that the chip can say.
        """
        self._check_watermark(watermark)
        self._fifo_ctl = _STREAM | min(watermark, _WATERMARK_MOST)
        self._put(_POWER_CTL, 0)
        self._put(_INT_ENABLE, 0)
        for axis in range(3):
            self._put(_OFSX + axis, 0)
        self._put(_BW_RATE, _50HZ)
        self._put(_DATA_FORMAT, _FULL_16G)
        self._put(_INT_MAP, 0)
        self._put(_FIFO_CTL, 0)  # bypass empties the FIFO
        self._put(_FIFO_CTL, self._fifo_ctl)
        self._put(_INT_ENABLE, _WATERMARK)
        self._put(_POWER_CTL, _MEASURE)

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            self._get(_POWER_CTL) == _MEASURE
            and self._get(_BW_RATE) == _50HZ
            and self._get(_DATA_FORMAT) == _FULL_16G
            and self._get(_INT_ENABLE) == _WATERMARK
            and self._get(_INT_MAP) == 0
            and self._get(_FIFO_CTL) == self._fifo_ctl
            and self._get(_OFSX) == 0
            and self._get(_OFSX + 1) == 0
            and self._get(_OFSX + 2) == 0
        )

    def read(self, block):
        """Move waiting samples into `block` (array of 'h', 96): x, y, z in mg, oldest first; return how many.

        32 at most; the FIFO holds one more.
        """
        count = self._get(_FIFO_STATUS) & _ENTRIES
        if count > SAMPLES_AT_ONCE:
            self.overruns += 1
            count = SAMPLES_AT_ONCE
        for i in range(count):
            self._latest()
            for axis in range(3):
                # 256 per g are 125/32 mg each; half of that is added to round
                block[3 * i + axis] = (self._little(2 * axis) * 125 + 16) >> 5
        return count

    def _test(self, on):
        if not on:
            self._put(_FIFO_CTL, 0)
            self._put(_BW_RATE, _100HZ)  # slower, the limits do not hold (self-test)
        self._put(_DATA_FORMAT, _FULL_16G | _SELF_TEST if on else _FULL_16G)
        return _SETTLE_MS

    def _fresh(self):
        return self._get(_INT_SOURCE) & _NEW

    def _latest(self):
        self._i2c.readfrom_mem_into(self._address, _DATA, self._views[0])

    def _digits(self, axis):
        return self._little(2 * axis)

    def _change(self, axis, digits):
        return digits * 25 // 32  # five sums

    def _right(self, axis, mg):
        if axis == 2:
            return _TEST_Z_MIN <= mg <= _TEST_Z_MAX
        return _TEST_XY_MIN <= (mg if axis == 0 else -mg) <= _TEST_XY_MAX
