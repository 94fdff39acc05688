"""What do simulated chips have in common? Registers with rules, faults, and samples that come with time.

A subclass says which registers may be written and which of their bits must stay as they are after a reset, and what
reading and writing does. Runs on CPython and MicroPython.
"""

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Source = Callable[[int, list[int]], None]

FAULTS = (None, "nack", "stuck", "frozen", "wrong_id", "reset")


class SimChip:
    """clock_ms() is the time.

    fail: None, "nack" no answer, "stuck" the bus hangs, "frozen" the same data for ever, "wrong_id" another chip,
    "reset" the supply dips: registers fall back to their reset values at the next access, and fail is None again.
    violations: a sentence for each write that the data sheet forbids.
    """

    reserved: dict[int, int] = {}  # register that may be written: the bits that must stay as they are after a reset
    defaults: dict[int, int] = {}  # register: value after a reset, where that is not 0
    identity = 0  # its register
    wrong_bits = 0x03  # in which a wrong chip differs there

    def __init__(self, clock_ms: "Callable[[], int]") -> None:
        self._clock_ms = clock_ms
        self.violations: list[str] = []
        self.fail: str | None = None
        self._power_up()

    def write(self, register: int, data: bytes) -> None:
        """Take bytes for `register` and those after it."""
        self._advance()
        at = register
        for byte in data:
            why = self._forbidden(at, byte)
            if why:
                self.violations.append("0x%02X <- 0x%02X: %s" % (at, byte, why))
            if at in self.reserved:
                self._set(at, byte)
            at = self._after(at)

    def read(self, register: int, count: int) -> bytes:
        """Return `count` bytes from `register` and those after it."""
        self._advance()
        at = register
        answer = bytearray(count)
        for i in range(count):
            answer[i] = self._get(at) ^ (self.wrong_bits if at == self.identity and self.fail == "wrong_id" else 0)
            at = self._after(at)
        self._stop()
        return bytes(answer)

    def _power_up(self) -> None:
        self._registers = bytearray(256)
        for at in self.defaults:
            self._registers[at] = self.defaults[at]

    def _advance(self) -> None:
        if self.fail not in FAULTS:
            raise ValueError("no such fault: %s; there are %s" % (self.fail, FAULTS))
        if self.fail == "reset":
            self.fail = None
            self._power_up()
        self._tick()

    def _forbidden(self, at: int, byte: int) -> str | None:
        if at not in self.reserved:
            return "a reserved or read-only register"
        if (byte ^ self.defaults.get(at, 0)) & self.reserved[at]:
            return "reserved bits changed"
        return None

    # What subclasses replace

    def _tick(self) -> None:
        pass

    def _stop(self) -> None:
        pass

    def _after(self, at: int) -> int:
        return (at + 1) & 0xFF

    def _get(self, at: int) -> int:
        return self._registers[at]

    def _set(self, at: int, byte: int) -> None:
        self._registers[at] = byte


class SimAccelerometer(SimChip):
    """source(t_ms, out) fills three mg; a subclass says its rate, what becomes of a sample, and whether a FIFO is on.

    lost: samples that a full FIFO dropped.
    """

    depth = 32  # samples in the FIFO

    def __init__(self, source: "Source", clock_ms: "Callable[[], int]") -> None:
        self._source = source
        self._mg = [0, 0, 0]
        self.lost = 0
        super().__init__(clock_ms)

    def _power_up(self) -> None:
        super()._power_up()
        self._fifo: list[Any] = []  # what a sample becomes there
        self._last = (0, 0, 0)
        self._fresh = 0  # samples since the outputs were read
        self._run()

    def _rate_mhz(self) -> int:
        raise NotImplementedError

    def _coded(self) -> tuple[int, int, int]:
        raise NotImplementedError

    def _fifo_on(self) -> bool:
        raise NotImplementedError

    def _run(self) -> None:
        self._since_ms = self._clock_ms()
        self._made = 0

    def _tick(self) -> None:
        rate_mhz = self._rate_mhz()
        if not rate_mhz:
            return
        due = (self._clock_ms() - self._since_ms) * rate_mhz // 1000000
        skipped = due - 2 * self.depth - self._made
        if skipped > 0:  # nobody will see these
            self._made += skipped
            self.lost += skipped if self._fifo_on() else 0
        while self._made < due:
            self._made += 1
            t_ms = self._since_ms + self._made * 1000000 // rate_mhz
            if self.fail != "frozen":
                self._source(t_ms, self._mg)
                self._last = self._coded()
            self._fresh += 1
            if self._fifo_on():
                self._keep()

    def _keep(self) -> None:
        if len(self._fifo) == self.depth:
            self.lost += 1
            self._fifo.pop(0)
        self._fifo.append(self._last)


def digits(mg: int, per_g: int, bits: int) -> int:
    """Return what a converter of `bits` bits and `per_g` digits per g makes of `mg`: rounded, clipped at both ends."""
    top = 1 << (bits - 1)
    return max(-top, min(top - 1, (2 * mg * per_g + 1000) // 2000))
