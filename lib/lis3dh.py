"""How is an ST LIS3DH accelerometer read over I2C? FIFO in stream mode, 50 Hz, 16 or 8 g, 10 bits.

Registers and values from ST's data sheet DocID17530 (chapter 8, register description; table 4, sensitivity and
self-test limits; table 10, modes) and application note AN3308 (FIFO, self-test). Knows the chip and no product.

The FIFO keeps only the ten upper bits whatever the resolution (ST on its community page "LIS3DHTR data length"; AN3308,
FIFO). High resolution would therefore buy nothing, and would filter at ODR/9, 5.6 Hz, which rounds an impact off;
normal mode passes ODR/2 at the same current (tables 10 and 12). So a digit is 48 mg at 16 g and 16 mg at 8 g.

The digits at 16 g reach 24,528 mg; what `read` gives ends at 18,000 mg, so that the sum of three squares stays below
2^30, the small ints of a 32-bit MicroPython. At 8 g they end at 8,176 mg: what was cut off there is given as 18,000,
for nobody can say how much it was, and a sensor that is always cut off is then known by one number at either range.
"""

from micropython import const

ADDRESS = const(0x18)  # SDO/SA0 low; 0x19 when high
FIFO_DEPTH = const(32)
LIMIT_MG = const(18000)

_WHO_AM_I = const(0x0F)
_IDENTITY = const(0x33)
_CTRL1 = const(0x20)
_CTRL2 = const(0x21)
_CTRL3 = const(0x22)
_CTRL4 = const(0x23)
_CTRL5 = const(0x24)
_CTRL6 = const(0x25)
_REFERENCE = const(0x26)
_STATUS = const(0x27)
_OUT = const(0x28)
_FIFO_CTRL = const(0x2E)
_FIFO_SRC = const(0x2F)
_INT1_CFG = const(0x30)
_INT1_SRC = const(0x31)
_INT1_THS = const(0x32)
_INCREMENT = const(0x80)  # in the register address: several bytes in one go (6.1.1)

_POWER_DOWN = const(0x07)
_50HZ_XYZ = const(0x47)
_WATERMARK_ON_INT1 = const(0x04)
_MOTION_ON_INT1 = const(0x40)
_HIGH_PASS_FOR_INT1 = const(0x01)  # for the interrupt alone; the FIFO keeps what is measured (8.9)
_ANY_AXIS = const(0x2A)
_MOTION = const(0x40)
_BDU_16G = const(0xB0)  # normal mode, 10 bits
_BDU_8G = const(0xA0)
_BDU_2G = const(0x80)  # table 4 gives the self-test limits for this
_SELF_TEST_0 = const(0x02)
_FIFO_ON_LATCHED = const(0x48)  # the FIFO, and INT1 by movement until it is asked
_STREAM = const(0x80)
_OVERRUN = const(0x40)
_LEVEL = const(0x1F)
_NEW_XYZ = const(0x08)
_MG_AT_16G = const(48)  # per digit, table 4, normal mode
_MG_AT_8G = const(16)
_MOST_AT_8G = const(8160)  # the last digit but one
_MOVED_AT_16G = const(1)  # digits of 186 mg and of 62 mg (8.22)
_MOVED_AT_8G = const(3)

_AT_CTRL3 = const(3)
_AT_CTRL4 = const(5)
_AT_THS = const(11)
_AT_CFG = const(13)
_AT_FIFO = const(15)

_TESTED = const(5)  # samples averaged, AN3308 and ST's own example lis3dh_self_test.c, as are 50 Hz and the 90 ms
_TEST_MG_MIN = const(68)  # table 4: 17 to 360 digits of 4 mg
_TEST_MG_MAX = const(1440)
_SETTLE_MS = const(90)
_TRIES = const(10)  # a sample takes 20 ms
_TRY_MS = const(5)


class LIS3DH:
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._burst = bytearray(6 * FIFO_DEPTH)
        # Bursts of 1, 2, 4 ... 32 samples make up every number: 32 views would take half a kilobyte.
        self._views = tuple([memoryview(self._burst)[: 6 << n] for n in range(6)])
        self._mg_per_digit = _MG_AT_16G
        # register and what it holds, in the order in which they are written; _AT places are those that change
        self._held = bytearray((
            _CTRL2, _HIGH_PASS_FOR_INT1, _CTRL3, 0, _CTRL4, 0, _CTRL5, _FIFO_ON_LATCHED, _CTRL6, 0, _INT1_THS, 0,
            _INT1_CFG, 0, _FIFO_CTRL, _STREAM, _CTRL1, _50HZ_XYZ,
        ))
        self.watching = False
        self.overruns = 0  # reads that found the FIFO full: nobody had read for 0.64 s, and samples may be lost
        if self._get(_WHO_AM_I) != _IDENTITY:
            raise RuntimeError("the chip at this address is not an LIS3DH")

    def start(self, watermark=16, range_g=16):
        """Configure and begin, whatever state the chip was in. INT1 is high while `watermark` samples, 1 to 32, wait.

        Raises ValueError for another watermark, and for a range_g that is not 8 or 16. The first sample may still
        settle (table 10: 1.6 ms).
        """
        if not 1 <= watermark <= FIFO_DEPTH:
            raise ValueError("the watermark is a number of samples from 1 to 32")
        if range_g != 8 and range_g != 16:
            raise ValueError("the range is 8 or 16 g")
        wide = range_g == 16
        self._mg_per_digit = _MG_AT_16G if wide else _MG_AT_8G
        self.watching = False
        held = self._held
        held[_AT_CTRL3] = _WATERMARK_ON_INT1
        held[_AT_CTRL4] = _BDU_16G if wide else _BDU_8G
        held[_AT_THS] = _MOVED_AT_16G if wide else _MOVED_AT_8G
        held[_AT_CFG] = 0
        held[_AT_FIFO] = _STREAM | (watermark - 1)  # 5.1.3: up to N + 1 samples wait when the flag rises
        self._put(_CTRL1, _POWER_DOWN)
        for i in range(0, len(held), 2):
            if held[i] == _FIFO_CTRL:
                self._put(_FIFO_CTRL, 0)  # passing through bypass mode empties the FIFO (5.1.1)
            self._put(held[i], held[i + 1])

    def watch(self, on):
        """Have INT1 tell of movement, from then on until `stirred` is asked, instead of samples that wait; or not.

        Movement: an axis leaves its mean of the last 0.2 s by 186 mg. Samples go on being made.
        """
        self.watching = on
        held = self._held
        held[_AT_CTRL3] = _MOTION_ON_INT1 if on else _WATERMARK_ON_INT1
        held[_AT_CFG] = _ANY_AXIS if on else 0
        self._put(_CTRL3, held[_AT_CTRL3])
        self._get(_REFERENCE)  # the filter begins with what is measured now (AN3308, high-pass filter, normal mode)
        self._put(_INT1_CFG, held[_AT_CFG])
        self._get(_INT1_SRC)

    def stirred(self):
        """Return whether it has moved since this was asked last, and let INT1 fall."""
        return self._get(_INT1_SRC) & _MOTION != 0

    def configured(self):
        """Return whether the chip still holds what `start` or `watch` wrote; after a brown-out it does not."""
        held = self._held
        for i in range(0, len(held), 2):
            if self._get(held[i]) != held[i + 1]:
                return False
        return True

    def read(self, block):
        """Move all waiting samples into `block` (array of 'h', 96): x, y, z in mg, oldest first; return how many."""
        source = self._get(_FIFO_SRC)
        count = source & _LEVEL
        if source & _OVERRUN:
            self.overruns += 1
            count = FIFO_DEPTH  # five bits cannot say 32
        if not count:
            return 0
        at = 0
        for n in range(6):
            if count >> n & 1:
                # 5.1.5: with the FIFO on, the address wraps from 0x2D to 0x28, so one burst takes whole samples
                self._i2c.readfrom_mem_into(self._address, _OUT | _INCREMENT, self._views[n])
                self._scale(block, at, 3 << n)
                at += 3 << n
        return count

    def _scale(self, block, at, words):
        # Written out, without a call for each word: 150 words a second are what keeps a sleeping badge awake longest.
        burst = self._burst
        scale = self._mg_per_digit
        most = LIMIT_MG if scale == _MG_AT_16G else _MOST_AT_8G
        for i in range(words):
            mg = burst[2 * i + 1] << 2 | burst[2 * i] >> 6
            mg = (mg - 1024 if mg & 512 else mg) * scale
            if mg > most:
                mg = LIMIT_MG
            elif mg < -most:
                mg = -LIMIT_MG
            block[at + i] = mg

    def self_test(self, out, wait_ms):
        """Pull the mass aside electrically; put the change of x, y, z in mg into `out`; return whether all are right.

        out: anything with 3 places for ints. wait_ms(ms): a sleep, time.sleep_ms on the device; about 0.45 s in all.
        The wearer should be still. The chip is started anew afterwards, with an empty FIFO. Data sheet 3.2.2, table 4.
        """
        watermark = (self._held[_AT_FIFO] & _LEVEL) + 1
        range_g = 16 if self._mg_per_digit == _MG_AT_16G else 8
        for axis in range(3):
            out[axis] = 0
        try:
            self._put(_CTRL1, _POWER_DOWN)
            self._put(_FIFO_CTRL, 0)
            self._put(_CTRL5, 0)
            done = self._add(out, _BDU_2G, -1, wait_ms) and self._add(out, _BDU_2G | _SELF_TEST_0, 1, wait_ms)
        finally:
            self.start(watermark, range_g)
        right = done
        for axis in range(3):
            out[axis] = out[axis] * 4 // _TESTED if done else 0
            right = right and _TEST_MG_MIN <= abs(out[axis]) <= _TEST_MG_MAX
        return right

    def _add(self, out, ctrl4, sign, wait_ms):
        # Sums five fresh samples in digits of 4 mg, after one that is thrown away; False when the chip makes none.
        self._put(_CTRL4, ctrl4)
        self._put(_CTRL1, _50HZ_XYZ)
        wait_ms(_SETTLE_MS)
        for i in range(_TESTED + 1):
            tries = 0
            while not self._get(_STATUS) & _NEW_XYZ:
                tries += 1
                if tries > _TRIES:
                    return False
                wait_ms(_TRY_MS)
            self._i2c.readfrom_mem_into(self._address, _OUT | _INCREMENT, self._views[0])
            for axis in range(3):
                out[axis] += sign * (self._word(axis) >> 6) if i else 0
        return True

    def _word(self, i):
        word = self._burst[2 * i + 1] << 8 | self._burst[2 * i]
        return word - 65536 if word & 0x8000 else word

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)
