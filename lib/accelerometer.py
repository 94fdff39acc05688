"""What do drivers of accelerometers on I2C share? Registers, bursts into one lent buffer, and the way of a self-test.

A driver subclasses this and gives `start`, and for the self-test: `_test(on)` sets the chip up and returns how long it
settles, `_fresh()` tells whether a sample waits, `_latest()` reads it into the buffer, `_digits(axis)` is its value,
`_change(axis, digits)` turns a sum of five differences into mg, `_right(axis, mg)` judges it. Knows no product.
"""

from micropython import const

SAMPLES_AT_ONCE = const(32)  # what `read` gives at most: a block is array('h') of 96
_TESTED = const(5)  # samples averaged in each half of a self-test
_TRIES = const(10)
_TRY_MS = const(5)  # ten of these are longer than a sample at 50 Hz


class Accelerometer:
    """A chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    overruns: reads that found the FIFO full; samples may have been lost.
    """

    def __init__(self, i2c, address, sample_bytes):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._burst = bytearray(sample_bytes * SAMPLES_AT_ONCE)
        self._views = tuple([memoryview(self._burst)[: sample_bytes * (n + 1)] for n in range(SAMPLES_AT_ONCE)])
        self._watermark = SAMPLES_AT_ONCE // 2
        self._sums = [0, 0, 0]
        self.overruns = 0

    def self_test(self, out, wait_ms):
        """Pull the mass aside electrically; put the change of x, y, z in mg into `out`; return whether all are right.

        out: anything with 3 places for ints. wait_ms(ms): a sleep, time.sleep_ms on the device; at most half a second
        in all. The wearer should be still. The chip is started anew afterwards, with an empty FIFO.
        """
        for axis in range(3):
            out[axis] = self._sums[axis] = 0
        try:
            done = self._add(False, wait_ms) and self._add(True, wait_ms)
            right = done
            for axis in range(3):
                out[axis] = self._change(axis, self._sums[axis]) if done else 0
                right = right and self._right(axis, out[axis])
        finally:
            self.start(self._watermark)
        return right

    def _add(self, on, wait_ms):
        # Adds five fresh samples, after one that is thrown away; takes away those made without the pull.
        wait_ms(self._test(on))
        for i in range(_TESTED + 1):
            tries = 0
            while not self._fresh():
                tries += 1
                if tries > _TRIES:
                    return False
                wait_ms(_TRY_MS)
            self._latest()
            if i:
                for axis in range(3):
                    self._sums[axis] += self._digits(axis) if on else -self._digits(axis)
        return True

    def _check_watermark(self, watermark):
        if not 1 <= watermark <= SAMPLES_AT_ONCE:
            raise ValueError("the watermark is a number of samples from 1 to 32")
        self._watermark = watermark

    def _little(self, at):
        word = self._burst[at + 1] << 8 | self._burst[at]
        return word - 65536 if word & 0x8000 else word

    def _big(self, at):
        word = self._burst[at] << 8 | self._burst[at + 1]
        return word - 65536 if word & 0x8000 else word

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)
