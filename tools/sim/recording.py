"""How is a recorded movement played to a badge? A small file of acceleration, held still before and after.

    file    "KREC" | samples per second, 2 | x, y, z in milli-g, 2 bytes each, ...      little endian, signed axes

Runs on CPython and MicroPython.
"""

import struct

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC = b"KREC"
_HEAD = 6
_SAMPLE = 6


class Recording:
    """The recording in file `path`, to be played once. `rate_hz`, `samples` and `length_ms` describe it.

    Raises OSError when the file cannot be read and ValueError when it is not a recording.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self._data = file.read()
        if len(self._data) < _HEAD + _SAMPLE or self._data[:4] != _MAGIC:
            raise ValueError("%s is not a recording: wanted KREC, a rate, and samples" % path)
        self.rate_hz = struct.unpack_from("<H", self._data, 4)[0]
        if not self.rate_hz or (len(self._data) - _HEAD) % _SAMPLE:
            raise ValueError("%s is damaged: its rate is zero or its last sample is cut; write it again" % path)
        self.samples = (len(self._data) - _HEAD) // _SAMPLE
        self.length_ms = self.samples * 1000 // self.rate_hz
        second = min(self.rate_hz, self.samples)
        self._before = self._mean(0, second)
        self._after = self._mean(self.samples - second, self.samples)
        self._at_ms: int | None = None

    def play(self, at_ms: int) -> None:
        """Let the recording's first sample happen at `at_ms`."""
        self._at_ms = at_ms

    def milli_g(self, t_ms: int, out: list[int]) -> None:
        """Write x, y, z at `t_ms` into `out` (3 places), in milli-g.

        Before: the first second's mean, which is the wearer standing as in the recording. After: the last second's
        mean. Both tremble by 2 mg, for no sensor is ever quite still.
        """
        at = -1 if self._at_ms is None or t_ms < self._at_ms else (t_ms - self._at_ms) * self.rate_hz // 1000
        if 0 <= at < self.samples:
            out[0], out[1], out[2] = struct.unpack_from("<hhh", self._data, _HEAD + _SAMPLE * at)
            return
        held = self._before if at < 0 else self._after
        for axis in range(3):
            out[axis] = held[axis] + (t_ms // 10 * (7 + 4 * axis) % 5) - 2

    def _mean(self, first: int, end: int) -> tuple[int, ...]:
        sums = [0, 0, 0]
        for i in range(first, end):
            sample = struct.unpack_from("<hhh", self._data, _HEAD + _SAMPLE * i)
            for axis in range(3):
                sums[axis] += int(sample[axis])
        return tuple([total // (end - first) for total in sums])


def write_recording(path: str, rate_hz: int, triplets: "Iterable[tuple[int, int, int]]") -> None:
    """Write `triplets` (x, y, z in milli-g, at `rate_hz`) to file `path`.

    Raises ValueError for a rate that is not 1 to 65535, for no samples, and for an axis that does not fit 16 bits.
    """
    if not 1 <= rate_hz <= 65535:
        raise ValueError("a recording's rate is 1 to 65535 samples per second, not %s" % rate_hz)
    data = bytearray(_MAGIC + struct.pack("<H", rate_hz))
    for x, y, z in triplets:
        for mg in (x, y, z):
            if not -32768 <= mg <= 32767:
                raise ValueError("an axis of a recording is -32768 to 32767 mg, not %s" % mg)
        data.extend(struct.pack("<hhh", int(x), int(y), int(z)))
    if len(data) == _HEAD:
        raise ValueError("a recording needs at least one sample")
    with open(path, "wb") as file:
        file.write(data)
