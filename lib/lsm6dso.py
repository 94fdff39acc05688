"""How is an ST LSM6DSO or LSM6DSOX read over I2C as an accelerometer? FIFO in continuous mode, 52 Hz, 16 g.

Registers and values from ST's data sheet DS12140 (chapter 9, register description; table 2, sensitivity and self-test
limits; 6.5.7, FIFO reading) and application note AN5192 (reset, self-test, FIFO). Knows the chip and no product.

A FIFO word is a tag and six bytes; a burst that reads past 0x7E goes on at 0x78 (AN5192, FIFO), so one burst takes many
words. High-performance mode, the chip's default, filters at ODR/2 and takes 170 uA with the gyroscope off (table 4).
"""

from errno import ETIMEDOUT

from accelerometer import SAMPLES_AT_ONCE, Accelerometer
from micropython import const

ADDRESS = const(0x6A)  # SDO/SA0 low; 0x6B when high

_WHO_AM_I = const(0x0F)
_IDENTITY = const(0x6C)  # of both chips
_FUNC_CFG_ACCESS = const(0x01)
_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_INT1_CTRL = const(0x0D)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL5_C = const(0x14)
_CTRL9_XL = const(0x18)
_STATUS = const(0x1E)
_OUT = const(0x28)
_FIFO_STATUS1 = const(0x3A)
_FIFO_STATUS2 = const(0x3B)
_FIFO_WORD = const(0x78)

_SW_RESET = const(0x01)
_RESET_TRIES = const(20)  # the bit falls within 50 us (AN5192); reading it once takes longer
_BDU_INCREMENT = const(0x44)
_I3C_OFF = const(0xE2)
_52HZ_16G = const(0x34)
_52HZ_4G = const(0x38)
_BATCH_52HZ = const(0x03)
_CONTINUOUS = const(0x06)
_THRESHOLD_ON_INT1 = const(0x08)
_OVERRUN = const(0x48)  # now, or since this register was read
_LEVEL_HIGH = const(0x03)
_ACCELERATION = const(0x02)  # the tag
_WORD = const(7)
_NEW_XYZ = const(0x01)

_SELF_TEST_POSITIVE = const(0x01)
_SETTLE_MS = const(100)  # AN5192 and ST's own example lsm6dso_self_test.c, at 4 g and 52 Hz
_TEST_MG_MIN = const(50)  # table 2
_TEST_MG_MAX = const(1700)


class LSM6DSO(Accelerometer):
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        super().__init__(i2c, address, _WORD)
        if self._get(_WHO_AM_I) != _IDENTITY:
            raise RuntimeError("the chip at this address is not an LSM6DSO or LSM6DSOX")

    def start(self, watermark=16):
        """Reset, configure and begin, whatever state the chip was in. INT1 is high while `watermark` samples wait.

        Raises ValueError for a watermark outside 1 to 32, OSError ETIMEDOUT when the chip stays in reset. The first
        sample may still settle (AN5192).
        """
        self._check_watermark(watermark)
        self._put(_FUNC_CFG_ACCESS, 0)  # another bank may be open, where 0x12 is something else
        self._put(_CTRL3_C, _SW_RESET)
        tries = 0
        while self._get(_CTRL3_C) & _SW_RESET:
            tries += 1
            if tries > _RESET_TRIES:
                raise OSError(ETIMEDOUT)
        self._put(_CTRL3_C, _BDU_INCREMENT)
        self._put(_CTRL9_XL, _I3C_OFF)
        self._put(_INT1_CTRL, _THRESHOLD_ON_INT1)
        self._put(_FIFO_CTRL1, watermark)
        self._put(_FIFO_CTRL3, _BATCH_52HZ)
        self._put(_FIFO_CTRL4, _CONTINUOUS)
        self._put(_CTRL1_XL, _52HZ_16G)

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            self._get(_FUNC_CFG_ACCESS) == 0
            and self._get(_CTRL1_XL) == _52HZ_16G
            and self._get(_CTRL2_G) == 0
            and self._get(_CTRL3_C) == _BDU_INCREMENT
            and self._get(_CTRL5_C) == 0
            and self._get(_CTRL9_XL) == _I3C_OFF
            and self._get(_INT1_CTRL) == _THRESHOLD_ON_INT1
            and self._get(_FIFO_CTRL1) == self._watermark
            and self._get(_FIFO_CTRL2) == 0
            and self._get(_FIFO_CTRL3) == _BATCH_52HZ
            and self._get(_FIFO_CTRL4) == _CONTINUOUS
        )

    def read(self, block):
        """Move waiting samples into `block` (array of 'h', 96): x, y, z in mg, oldest first; return how many.

        32 at most; the FIFO holds 512, so after a long pause more wait.
        """
        level = self._get(_FIFO_STATUS1)
        status = self._get(_FIFO_STATUS2)
        level |= (status & _LEVEL_HIGH) << 8
        if status & _OVERRUN:
            self.overruns += 1
        if not level:
            return 0
        words = min(level, SAMPLES_AT_ONCE)
        self._i2c.readfrom_mem_into(self._address, _FIFO_WORD, self._views[words - 1])
        count = 0
        for i in range(words):
            if self._burst[_WORD * i] >> 3 != _ACCELERATION:
                continue
            for axis in range(3):
                # 0.488 mg is 61/125; half of that is added to round
                block[3 * count + axis] = (self._little(_WORD * i + 1 + 2 * axis) * 61 + 62) // 125
            count += 1
        return count

    def _test(self, on):
        if not on:
            self._put(_FIFO_CTRL4, 0)
            self._put(_CTRL1_XL, _52HZ_4G)
        self._put(_CTRL5_C, _SELF_TEST_POSITIVE if on else 0)
        return _SETTLE_MS

    def _fresh(self):
        return self._get(_STATUS) & _NEW_XYZ

    def _latest(self):
        self._i2c.readfrom_mem_into(self._address, _OUT, self._views[0])  # seven bytes: one too many does no harm

    def _digits(self, axis):
        return self._little(2 * axis)

    def _change(self, axis, digits):
        return digits * 61 // 2500  # five sums at 0.122 mg

    def _right(self, axis, mg):
        return _TEST_MG_MIN <= abs(mg) <= _TEST_MG_MAX
