"""Which accelerometer does this board have, and how does it become 50 samples a second in mg?

Only the driver that the board names is loaded. All have one face (lib/accelerometer.py, lib/lis3dh.py). The LSM6DSO
runs at 52 Hz and not at 50: of every 26 samples one is left out, the smaller of the last two, so that the time that
the detector counts in samples is the wearer's, and the top of an impact stays.
"""

from firmware.board.bus import Part
from micropython import const

_EMPTY_MOST = const(10)  # reads in a row without a sample: at 100 ms each, a chip at 50 Hz has lost its settings
_VAIN_MOST = const(64)  # seconds between two restarts of a chip that holds its settings and measures nothing
_LOOK_READS = const(100)  # a chip that lost one setting may go on giving samples: of another scale, say
_PATIENCE = const(9)  # reads between two searches for a lost chip: a second
_THIN_52HZ = const(26)
_RANGE_G = const(8)  # its FIFO keeps ten bits: at 16 g a step is 48 mg, and who types moves by less
_BLOCK = const(28)  # samples: so many raise the line that wakes a sleeping chip, with room for four more


def _make(name):
    # the class `name` of the module of that name; two chips share one
    return getattr(__import__("mpu6886" if name == "mpu6050" else name), name.upper())


class Accel:
    """The accelerometer `name` at `address`. One that does not answer is a -1, never an exception.

    watches: it can watch for movement instead of counting samples. lying: set it to have it do so from the next `read`
    on. stirred: when it was read last, it had moved since the `read` before.
    """

    def __init__(self, bus, name, address):
        def make(i2c):
            chip = _make(name)(i2c, address)
            if name == "lis3dh":
                chip.start(_BLOCK, _RANGE_G)
            else:
                chip.start(_BLOCK)
            return chip

        self._part = Part(bus, make, _PATIENCE)
        self._thin = _THIN_52HZ if name == "lsm6dso" else 0
        self._turn = 0  # samples since one was left out
        self._empty = 0
        self._vain = 0  # rows of empty reads
        self._restart = 1  # after as many of them the chip is started anew
        self._count = 0  # since its settings were looked at
        self._changed = [0, 0, 0]
        self.watches = name == "lis3dh"
        self.lying = self.stirred = False

    def read(self, block):
        """Fill `block` (array of 'h', 96) with samples x, y, z in mg; return how many samples, -1 for a failure."""
        part = self._part
        if not part.there():
            return -1
        try:
            return self._read(part.chip, block)
        except OSError:
            self._empty = 0
        part.bus.free()
        if not part.again():
            return -1
        return 0  # what waited in the chip is gone; it goes on from here

    def self_test(self, rest):
        """Return whether the chip's own self-test is right; about 0.3 s, rest(ms) waits. False for a silent chip."""
        part = self._part
        if part.chip is None and not part.start():
            return False
        try:
            return part.chip.self_test(self._changed, rest)
        except OSError:
            part.lost()
            return False

    def _read(self, chip, block):
        # asked before the samples are read: what moves it later raises its line again
        self.stirred = self.watches and chip.watching and chip.stirred()
        count = chip.read(block)
        if count and self.watches and chip.watching != self.lying:  # it watches for what differs from its last sample
            chip.watch(self.lying)
        self._empty = 0 if count else self._empty + 1
        self._count += 1
        if self._empty >= _EMPTY_MOST or self._count >= _LOOK_READS:
            empty = self._empty
            self._empty = self._count = 0
            if not chip.configured():
                self._part.lost()
                return -1
            if empty >= _EMPTY_MOST:  # it answers and holds its settings, and measures nothing
                self._vain += 1
                if self._vain < self._restart:
                    return 0
                self._vain = 0
                self._restart = min(2 * self._restart, _VAIN_MOST)
                return 0 if self._part.start() else -1
        if count:
            self._vain = 0
            self._restart = 1
        return self._thinned(block, count) if self._thin else count

    def _thinned(self, block, count):
        kept = 0
        for i in range(count):
            self._turn += 1
            if self._turn >= self._thin and kept:
                # the last of its 26 takes the place of the one before, or is left out
                self._turn -= self._thin
                a, b = 3 * i, 3 * kept - 3
                if abs(block[a]) + abs(block[a + 1]) + abs(block[a + 2]) <= (
                        abs(block[b]) + abs(block[b + 1]) + abs(block[b + 2])):
                    continue
                kept -= 1
            for axis in range(3):
                block[3 * kept + axis] = block[3 * i + axis]
            kept += 1
        return kept
