"""What would an LIS3DH answer? Its registers, FIFO and clock, simulated after data sheet DocID17530.

Simulated: identity, CTRL1 (rate, axes), CTRL4 (scale, resolution), CTRL5 (FIFO on), FIFO modes bypass, FIFO and stream
with overrun and watermark, address increment with the wrap from 0x2D to 0x28 while the FIFO is read (5.1.5). Writing a
reserved register is kept in `violations`. `fail` is one of None, "nack", "frozen", "wrong_id".
"""

_WRITABLE = (0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x2E, 0x30, 0x32, 0x33, 0x34, 0x36, 0x37, 0x38, 0x3A,
             0x3B, 0x3C, 0x3D, 0x3E, 0x3F)  # fmt: skip
_RATES_HZ = (0, 1, 10, 25, 50, 100, 200, 400)
_MG_PER_DIGIT_HR = (1, 2, 4, 12)
_DEPTH = 32
_ENODEV = 19


class SimLIS3DH:
    """source(t_ms, out) fills three mg; clock_ms() is the time. Data come out at the rate that CTRL1 sets."""

    def __init__(self, source, clock_ms):
        self._source = source
        self._clock_ms = clock_ms
        self._registers = bytearray(128)
        self._registers[0x0F] = 0x33
        self._registers[0x20] = 0x07
        self._registers[0x1E] = 0x10
        self._fifo = []
        self._overrun = False
        self._made = 0  # samples since the rate was set
        self._since_ms = clock_ms()
        self._mg = [0, 0, 0]
        self._last = (0, 0, 0)
        self.violations = []
        self.fail = None

    def write(self, register, data):
        """Take bytes for `register` and, with bit 7 set, those after it."""
        self._advance()
        at = register & 0x7F
        for byte in data:
            if at not in _WRITABLE:
                self.violations.append(at)
            else:
                self._set(at, byte)
            if register & 0x80:
                at += 1

    def read(self, register, count):
        """Return `count` bytes from `register`, with bit 7 set from those after it."""
        self._advance()
        at = register & 0x7F
        answer = bytearray(count)
        for i in range(count):
            answer[i] = self._get(at)
            if register & 0x80:
                at = 0x28 if at == 0x2D and self._fifo_on() else at + 1
        return answer

    def _fifo_on(self):
        return self._registers[0x24] & 0x40 and self._registers[0x2E] >> 6

    def _set(self, at, byte):
        if at == 0x20 and byte != self._registers[0x20]:
            self._since_ms = self._clock_ms()
            self._made = 0
        if at == 0x2E and byte >> 6 == 0:
            self._fifo = []
            self._overrun = False
        self._registers[at] = byte

    def _get(self, at):
        if at == 0x0F and self.fail == "wrong_id":
            return 0x32
        if at == 0x2F:
            level = len(self._fifo)
            full = self._overrun or level >= _DEPTH
            past = 0x80 if level > self._registers[0x2E] & 0x1F else 0
            return past | (0x40 if full else 0) | (0 if level else 0x20) | min(level, 31)
        if 0x28 <= at <= 0x2D:
            return self._output(at - 0x28)
        return self._registers[at]

    def _output(self, i):
        shown = self._fifo[0] if self._fifo_on() and self._fifo else self._last
        value = shown[i // 2] & 0xFFFF
        if i == 5 and self._fifo_on() and self._fifo:
            self._fifo.pop(0)
            self._overrun = False
        return value >> 8 if i & 1 else value & 0xFF

    def _advance(self):
        rate = self._registers[0x20] >> 4
        rate_hz = _RATES_HZ[rate] if rate < 8 else 0
        if not rate_hz:
            return
        due = (self._clock_ms() - self._since_ms) * rate_hz // 1000
        if due - self._made > 2 * _DEPTH:
            self._made = due - 2 * _DEPTH
        while self._made < due:
            self._made += 1
            self._sample(self._since_ms + self._made * 1000 // rate_hz)

    def _sample(self, t_ms):
        if self.fail != "frozen":
            self._source(t_ms, self._mg)
            step = _MG_PER_DIGIT_HR[self._registers[0x23] >> 4 & 3]
            digits = [max(-2048, min(2047, mg // step)) << 4 for mg in self._mg]
            self._last = (digits[0], digits[1], digits[2])
        if not self._fifo_on():
            return
        if len(self._fifo) >= _DEPTH:
            self._overrun = True
            if self._registers[0x2E] >> 6 == 1:
                return
            self._fifo.pop(0)
        self._fifo.append(self._last)


class SimI2C:
    """A bus with simulated chips: {address: chip}. An address nobody has, or a chip that fails, is OSError ENODEV."""

    def __init__(self, chips):
        self._chips = chips

    def _chip(self, address):
        chip = self._chips.get(address)
        if chip is None or chip.fail == "nack":
            raise OSError(_ENODEV)
        return chip

    def readfrom_mem_into(self, address, register, buf):
        """Fill `buf` from `register`."""
        answer = self._chip(address).read(register, len(buf))
        for i in range(len(buf)):
            buf[i] = answer[i]

    def readfrom_mem(self, address, register, count):
        """Return `count` bytes from `register`."""
        return bytes(self._chip(address).read(register, count))

    def writeto_mem(self, address, register, data):
        """Write `data` to `register`."""
        self._chip(address).write(register, data)

    def scan(self):
        """Return the addresses that answer."""
        return sorted([address for address in self._chips if self._chips[address].fail != "nack"])
