"""How many bytes of heap has the badge taken when it is up?"""

import tempfile
from pathlib import Path

from tools.bench.pythons import ROOT, micropython32, run
from tools.deploy.copy import build

HEAP_KB = 120  # about what an ESP32 without PSRAM leaves MicroPython's heap beside Wi-Fi
_BADGE = ROOT / "tools" / "bench" / "badge"


def measure():
    """Return {"boot": bytes taken, "free": bytes left, ...} of a heap of HEAP_KB, None without a 32-bit MicroPython."""
    if not micropython32():
        return None
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        build(ROOT, Path(folder))
        found = run(micropython32(), "-X", f"heapsize={HEAP_KB}k", _BADGE / "boot.py", folder, _BADGE)
    if not found.get("up") or not found.get("sent"):
        raise RuntimeError("the badge did not come up, or sent no heartbeat")
    return found
