"""What do the tests of all chips need? A clock that only the test moves, and the bus that Adafruit's drivers expect."""


class Clock:
    now = 0

    def __call__(self):
        return self.now

    def wait_ms(self, ms):
        self.now += ms


class Blinka:
    """The bus that Adafruit's drivers expect, over ours."""

    def __init__(self, i2c):
        self._i2c = i2c
        self._register = 0

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buf, *, start=0, end=None):
        data = bytes(buf)[start:end]
        if data:
            self._register = data[0]
        if len(data) > 1:
            self._i2c.writeto_mem(address, data[0], data[1:])

    def readfrom_into(self, address, buf, *, start=0, end=None):
        end = len(buf) if end is None else end
        buf[start:end] = self._i2c.readfrom_mem(address, self._register, end - start)

    def writeto_then_readfrom(self, address, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None):
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)


def seconds(clock):
    """Adafruit's driver sleeps while the chip boots; here that is virtual time."""
    return lambda s: clock.wait_ms(int(s * 1000))
