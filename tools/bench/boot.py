"""How many bytes of heap has the badge taken when it is up?"""

import os
import tempfile
from pathlib import Path

from tools.bench.pythons import ROOT, micropython32, run
from tools.flash.copy import build
from tools.flash.packages import compiled

HEAP_KB = 150  # an ESP32 without PSRAM has 165 KB after its start, and Wi-Fi wants some of it
_BADGE = ROOT / "tools" / "sim" / "scripts"


def measure(radios="wifi"):
    """Return {"boot": bytes taken, "free": bytes left, ...} of a heap of HEAP_KB, None where it cannot be measured.

    radios: wifi, lora or both. It takes a 32-bit MicroPython, and for LoRa the driver package in $KALD_LORA_LIB. Raises
    RuntimeError when the badge does not come up, or sends nothing.
    """
    if not micropython32() or radios != "wifi" and not os.environ.get("KALD_LORA_LIB"):
        return None
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        build(ROOT, Path(folder))
        if radios != "wifi":
            compiled(Path(os.environ["KALD_LORA_LIB"]), Path(folder) / "lib")
        found = run(micropython32(), "-X", f"heapsize={HEAP_KB}k", _BADGE / "boot.py", folder, radios, _BADGE)
    if not found.get("up") or not found.get("on_air" if radios == "lora" else "sent"):
        raise RuntimeError("the badge did not come up, or sent no heartbeat")
    return found
