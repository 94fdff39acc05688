"""How is an ST LIS3DH accelerometer read over I2C? FIFO in stream mode, 50 Hz, 16 g, 12 bits.

Registers and values from ST's data sheet DocID17530 (chapter 8, register description; table 4, sensitivity 12 mg/digit
at 16 g in high-resolution mode). Knows the chip and no product.
"""

from micropython import const

ADDRESS = const(0x18)  # SDO/SA0 low; 0x19 when high
FIFO_DEPTH = const(32)

_WHO_AM_I = const(0x0F)
_IDENTITY = const(0x33)
_CTRL1 = const(0x20)
_CTRL4 = const(0x23)
_CTRL5 = const(0x24)
_OUT = const(0x28)
_FIFO_CTRL = const(0x2E)
_FIFO_SRC = const(0x2F)
_INCREMENT = const(0x80)  # in the register address: several bytes in one go

_50HZ_XYZ = const(0x47)
_BDU_16G_HR = const(0xB8)
_FIFO_ON = const(0x40)
_STREAM = const(0x80)
_OVERRUN = const(0x40)
_LEVEL = const(0x1F)
_MG_PER_DIGIT = const(12)


class LIS3DH:
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._burst = bytearray(6 * FIFO_DEPTH)
        self._views = tuple([memoryview(self._burst)[: 6 * (n + 1)] for n in range(FIFO_DEPTH)])
        self.overruns = 0  # times that samples were lost because nobody read for 0.6 s
        if self._get(_WHO_AM_I) != _IDENTITY:
            raise RuntimeError("the chip at this address is not an LIS3DH")

    def start(self):
        """Configure and begin. FIFO emptied by passing through bypass mode (data sheet 5.1)."""
        self._put(_CTRL1, _50HZ_XYZ)
        self._put(_CTRL4, _BDU_16G_HR)
        self._put(_CTRL5, _FIFO_ON)
        self._put(_FIFO_CTRL, 0)
        self._put(_FIFO_CTRL, _STREAM)

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            self._get(_CTRL1) == _50HZ_XYZ
            and self._get(_CTRL4) == _BDU_16G_HR
            and self._get(_CTRL5) == _FIFO_ON
            and self._get(_FIFO_CTRL) == _STREAM
        )

    def read(self, block):
        """Move all waiting samples into `block` (array of 'h', 96): x, y, z in mg, oldest first; return how many."""
        source = self._get(_FIFO_SRC)
        count = source & _LEVEL
        if source & _OVERRUN:
            self.overruns += 1
            count = FIFO_DEPTH  # five bits cannot say 32
        if not count:
            return 0
        self._i2c.readfrom_mem_into(self._address, _OUT | _INCREMENT, self._views[count - 1])
        burst = self._burst
        for i in range(3 * count):
            digits = (burst[2 * i + 1] << 8 | burst[2 * i]) >> 4
            block[i] = (digits - 4096 if digits & 0x800 else digits) * _MG_PER_DIGIT
        return count

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)
