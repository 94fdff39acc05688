"""How many bytes of heap has the badge taken when it is up, for each way of flashing it?

    PYTHONPATH=. .venv/bin/python -m tools.bench.boot      all of them, as a table

* py      sources, as they are here: the badge compiles them
* mpy     what `kald flash` copies
* romfs   the same in a ROMFS, whose code stays in flash
* frozen  an image that is built with firmware/manifest.py
"""

import os
import shutil
import tempfile
from pathlib import Path

from tools.bench.pythons import ROOT, image32, micropython32, run
from tools.flash.copy import build
from tools.flash.image import pack
from tools.flash.packages import compiled
from tools.flash.sources import listed

HEAP_KB = 150  # an ESP32 without PSRAM has 165 KB after its start, and Wi-Fi wants some of it
WAYS = ("py", "mpy", "romfs", "frozen")
RADIOS = ("wifi", "lora", "both")
_WIDE_KB = 400  # in which even the compiler has room
_DOUBLES_KB = 8  # what stands for a chip's parts lies in the same heap (tools/sim/scripts/boot.py counts it)
_SCRIPTS = ROOT / "tools" / "sim" / "scripts"


def measure(radios: str = "wifi", way: str = "mpy", heap_kb: int = HEAP_KB) -> dict[str, float] | None:
    """Return {"boot": bytes taken, "free": bytes left, "piece": of them in one piece, ...}, None where it cannot be.

    As .mpy also what tools/sim/scripts/looking.py prints.

    radios: wifi, lora or both. heap_kb: of the badge's own; what is no heap on a chip comes on top. It takes a 32-bit
    MicroPython, for the frozen way one that has the firmware of this checkout in it, and for LoRa the driver package in
    $KALD_LORA_LIB. Raises RuntimeError when the badge does not come up, or sends nothing.
    """
    lora = os.environ.get("KALD_LORA_LIB") if radios != "wifi" else None
    python = image32() if way == "frozen" else micropython32()
    if not python or radios != "wifi" and not lora:
        return None
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        more: list[Path] = []
        if way == "py":
            for path in listed(ROOT):
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, tree / path)
            if lora:
                shutil.copytree(Path(lora) / "lora", tree / "lib" / "lora")
        elif way != "frozen":
            build(ROOT, tree)
            if lora:
                compiled(Path(lora), tree / "lib")
        for name in ("sx127x", "stm32wl5", "sync_modem", "async_modem"):
            for driver in tree.glob(f"lib/lora/{name}.*"):
                driver.unlink()  # mip brings no more than lora itself and the driver of the board's chip
        if way == "romfs":
            (tree / "sums").unlink()
            more = [Path(folder) / "kald.romfs"]
            more[0].write_bytes(pack(tree))
            heap_kb += more[0].stat().st_size // 1000 + 1
        heap = f"heapsize={heap_kb + _DOUBLES_KB}k"
        found = run(python, "-X", heap, _SCRIPTS / "boot.py", tree, radios, _SCRIPTS, *more)
        if way == "mpy":
            found |= run(python, _SCRIPTS / "looking.py", tree, ROOT)  # what of it is there to look around
    if not found.get("up") or not found.get("on_air" if radios == "lora" else "sent"):
        raise RuntimeError(f"the badge did not come up, or sent no heartbeat: {found}")
    if not more and found["doubles"] > _DOUBLES_KB * 1024:
        raise RuntimeError("what stands for a chip's parts takes more than it is given")
    if found["compiled"] != (way in ("mpy", "romfs")) or found["in_rom"] != (way == "romfs"):
        raise RuntimeError(f"what came up was not what was flashed as {way}")
    return found


def main() -> None:
    """Print bytes of heap taken, by radios and way; "-" where this machine has not what it takes."""
    print("heap taken, bytes" + "".join(f"{way:>10}" for way in WAYS))
    for radios in RADIOS:
        found = [measure(radios, way, _WIDE_KB) for way in WAYS]
        print(f"{radios:17}" + "".join(f"{round(each['boot']) if each else '-':>10}" for each in found))


if __name__ == "__main__":
    main()
