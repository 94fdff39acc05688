"""How soon after the deciding edge is the frame on its way, and *received* felt?"""

import math
import subprocess
from collections.abc import Sequence

from tools.bench.pythons import ROOT, RUN_S, micropython

SCRIPT = ROOT / "tools" / "sim" / "scripts" / "press.py"
SEED = 20
RADIOS = ("wifi", "lora")


def share(values: Sequence[float], part: float) -> float | None:
    """Return the least of `values` that `part` (0 .. 1) of them do not exceed, None for no values."""
    return sorted(values)[max(math.ceil(part * len(values)) - 1, 0)] if values else None


def measure(count: int, radio: str = "host", seed: int = SEED) -> dict[str, list[int]] | None:
    """Return {"to_frame": [ms], "to_received_felt": [ms]} of `count` presses, None without a MicroPython.

    radio: "host" for polls and debounce alone; "wifi" or "lora" with what an ESP32 takes. Raises RuntimeError when one
    press is not told.
    """
    path = micropython()
    if not path:
        return None
    words = [path, str(SCRIPT), str(count), str(seed), radio, str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=2 * RUN_S)
    lines = [line.split() for line in done.stdout.splitlines() if line.count(" ") == 1]  # the badge talks, too
    if done.returncode or ["presses", str(count)] not in lines:
        raise RuntimeError(f"the presses were not all made: {(done.stderr or done.stdout).strip()[-800:]}")
    return {name: [int(ms) for what, ms in lines if what == name] for name in ("to_frame", "to_received_felt")}
