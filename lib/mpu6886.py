"""How are an InvenSense MPU-6886 and an MPU-6050 read over I2C as accelerometers? FIFO, 50 Hz, 16 g, gyroscope off.

Registers and values from the data sheet DS-000193 (MPU-6886) and the register map RM-MPU-6000A with product
specification PS-MPU-6000A (MPU-6050). The two differ in identity, filter, clock, self-test codes, and in what the FIFO
takes: the MPU-6886 adds the temperature to every sample (FIFO_EN, register 35), the MPU-6050 does not.

Neither tells by itself that the FIFO wrapped round in the middle of a sample. So a FIFO that is nearly full, or that
does not hold whole samples, is emptied and counted as an overrun: what it held is lost, what comes next is right. There
is no interrupt by level: poll. Knows the chips and no product.
"""

from accelerometer import SAMPLES_AT_ONCE, Accelerometer
from micropython import const

ADDRESS = const(0x68)  # AD0 low; 0x69 when high

_WHO_AM_I = const(0x75)
_SELF_TEST_X = const(0x0D)
_SELF_TEST_A = const(0x10)
_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG2 = const(0x1D)
_FIFO_EN = const(0x23)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_OUT = const(0x3B)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNT = const(0x72)
_FIFO = const(0x74)

_DIVIDER_50HZ = const(19)  # of 1 kHz
_FILTER_21HZ = const(0x04)
_16G = const(0x18)
_GYRO_OFF = const(0x07)
_ACCEL_TO_FIFO = const(0x08)
_FIFO_RESET = const(0x04)
_FIFO_ON = const(0x40)
_FULL = const(1000)  # bytes; the FIFO ends at 1024 (MPU-6050) or 1008 (MPU-6886)
_ALL_PULLED = const(0xE0)
_NEW = const(0x01)
_SETTLE_MS = const(100)  # two time constants of the filter, and the 20 ms that the self-test needs


class _MPU(Accelerometer):
    # identity, sample_bytes, clock (CLKSEL), test_range (bits of ACCEL_CONFIG) and the self-test are the subclasses'.

    def __init__(self, i2c, address, name):
        super().__init__(i2c, address, self._sample_bytes)
        self._count = bytearray(2)
        if self._get(_WHO_AM_I) != self._identity:
            raise RuntimeError("the chip at this address is not an " + name)

    def start(self, watermark=16):
        """Configure and begin, whatever state the chip was in. The first samples pass a filter of 21 Hz.

        watermark: taken for the sake of the common face; raises ValueError outside 1 to 32, and has no effect.
        """
        self._check_watermark(watermark)
        self._put(_PWR_MGMT_1, self._clock)  # awake; a chip that sleeps takes no other register for granted
        self._put(_USER_CTRL, 0)
        self._put(_FIFO_EN, 0)
        self._put(_PWR_MGMT_2, _GYRO_OFF)
        self._put(_SMPLRT_DIV, _DIVIDER_50HZ)
        self._put(_CONFIG, _FILTER_21HZ)
        self._put(_GYRO_CONFIG, 0)
        self._put(_ACCEL_CONFIG, _16G)
        if self._own_filter:
            self._put(_ACCEL_CONFIG2, _FILTER_21HZ)
        self._put(_INT_ENABLE, 0)
        self._put(_FIFO_EN, _ACCEL_TO_FIFO)
        self._empty()

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            self._get(_PWR_MGMT_1) == self._clock
            and self._get(_PWR_MGMT_2) == _GYRO_OFF
            and self._get(_SMPLRT_DIV) == _DIVIDER_50HZ
            and self._get(_CONFIG) == _FILTER_21HZ
            and self._get(_GYRO_CONFIG) == 0
            and self._get(_ACCEL_CONFIG) == _16G
            and (not self._own_filter or self._get(_ACCEL_CONFIG2) == _FILTER_21HZ)
            and self._get(_INT_ENABLE) == 0
            and self._get(_FIFO_EN) == _ACCEL_TO_FIFO
            and self._get(_USER_CTRL) == _FIFO_ON
        )

    def read(self, block):
        """Move waiting samples into `block` (array of 'h', 96): x, y, z in mg, oldest first; return how many.

        32 at most; the FIFO holds some 125 to 170, so after a pause more may wait.
        """
        self._i2c.readfrom_mem_into(self._address, _FIFO_COUNT, self._count)
        waiting = (self._count[0] & 0x1F) << 8 | self._count[1]
        size = self._sample_bytes
        if waiting >= _FULL or waiting % size:
            self.overruns += 1
            self._empty()
            return 0
        if not waiting:
            return 0
        count = min(waiting // size, SAMPLES_AT_ONCE)
        self._i2c.readfrom_mem_into(self._address, _FIFO, self._views[count - 1])
        for i in range(count):
            for axis in range(3):
                # 2048 digits per g are 125/256 mg each; half of that is added to round
                block[3 * i + axis] = (self._big(size * i + 2 * axis) * 125 + 128) >> 8
        return count

    def _empty(self):
        self._put(_USER_CTRL, 0)  # the FIFO is only reset while it is off (register 106)
        self._put(_USER_CTRL, _FIFO_RESET)
        self._put(_USER_CTRL, _FIFO_ON)

    def _test(self, on):
        if not on:
            self._put(_USER_CTRL, 0)
        self._put(_ACCEL_CONFIG, self._test_range | (_ALL_PULLED if on else 0))
        return _SETTLE_MS

    def _fresh(self):
        return self._get(_INT_STATUS) & _NEW

    def _latest(self):
        self._i2c.readfrom_mem_into(self._address, _OUT, self._views[0])

    def _digits(self, axis):
        return self._big(2 * axis)


class MPU6886(_MPU):
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    _identity = 0x19
    _sample_bytes = 8
    _clock = 0x01
    _own_filter = True
    _test_range = 0x00  # 2 g

    def __init__(self, i2c, address=ADDRESS):
        super().__init__(i2c, address, "MPU-6886")

    def _change(self, axis, digits):
        return digits * 25 // 2048  # five sums at 16384 per g

    def _right(self, axis, mg):
        # The factory's code n means 2620 * 1.01^(n - 1) digits; half to one and a half of that is right.
        code = self._get(_SELF_TEST_X + axis)
        if not code:
            return 225 <= mg <= 675  # InvenSense's self-test note, for a chip without codes
        expected = 655000  # 2620 digits of 16384 per g, in mg/4096
        for _ in range(code - 1):
            expected = (expected * 101 + 50) // 100
        expected >>= 12
        return expected < 2 * mg < 3 * expected


class MPU6050(_MPU):
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    _identity = 0x68
    _sample_bytes = 6
    _clock = 0x00  # its PLL runs on a gyroscope, which is off
    _own_filter = False
    _test_range = 0x10  # 8 g

    def __init__(self, i2c, address=ADDRESS):
        super().__init__(i2c, address, "MPU-6050")

    def _change(self, axis, digits):
        return digits * 25 // 512  # five sums at 4096 per g

    def _right(self, axis, mg):
        # The factory's code n means 0.34 g * (0.92 / 0.34)^((n - 1) / 30); up to 14 % off is right (registers 13-16).
        code = self._get(_SELF_TEST_X + axis) >> 5 << 2 | self._get(_SELF_TEST_A) >> (4 - 2 * axis) & 3
        if not code:
            return False  # the factory left no code, so nothing can be said
        expected = 340 << 4
        for _ in range(code - 1):
            expected = (expected * 10337 + 5000) // 10000
        expected >>= 4
        return abs(mg - expected) * 100 <= 14 * expected
