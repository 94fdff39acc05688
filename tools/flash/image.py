"""How does the firmware run from flash instead of from the heap? A ROMFS image, and what a board offers.

A ROMFS (MicroPython 1.25 and newer) lies in a partition of its own, which the port mounts at /rom; what is compiled is
not copied from there, but run where it lies. The ESP32's port has one only where it was built for it (MICROPY_VFS_ROM,
and a table like partitions-4MiB-romfs.csv). A frozen image (firmware/manifest.py) has the same in MicroPython itself.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from mpremote.romfs import VfsRomWriter

from tools.flash.cable import WORD_S, Refusal, mpremote, told
from tools.flash.sources import TREES

IMAGE = "kald.romfs"
ROMFS_SAVES_KB = 36  # of heap, of a badge on Wi-Fi; with both radios half as much again (tools/bench/boot.py)
FROZEN_SAVES_KB = 50
_LEAST_KB = 120  # what the firmware takes in a ROMFS, package lora included

# Runs on the board; what is the lifeboat's copy of lora goes back to where mip would find it.
_ASK = """
import os, sys
try:
    os.mkdir("/lib")
except OSError:
    pass
try:
    os.rename("/boat/lib/lora", "/lib/lora")
except OSError:
    pass
made = sys.implementation
facts = {"version": tuple(made.version[:2]), "machine": getattr(made, "_machine", ""), "board": "", "bridge": False}
facts.update({"frozen": None, "rom_bytes": 0, "rom_used": False, "rom_ours": False, "lora": False})
path = sys.path[:]
sys.path[:] = [".frozen"]
try:
    from kald_image import SOURCES
    facts["frozen"] = SOURCES
except ImportError:
    pass
sys.path[:] = path
try:
    import vfs
    rom = memoryview(vfs.rom_ioctl(2, 0))
    facts["rom_bytes"] = len(rom)
    facts["rom_used"] = bytes(rom[:3]) == b"\xd2\xcd\x31"
except (ImportError, AttributeError, OSError, TypeError):
    pass
for name in ("/sums", "/sums.old"):
    try:
        with open(name) as file:
            facts["rom_ours"] = facts["rom_ours"] or any([line.startswith("/rom ") for line in file])
    except OSError:
        pass
try:
    with open("/paired") as file:
        facts["was"] = int(file.read())
except (OSError, ValueError):
    pass
try:
    facts["lora"] = bool(os.listdir("/lib/lora"))
except OSError:
    pass
try:
    import esp32, json
    buf = bytearray(768)
    known = json.loads(bytes(buf[: esp32.NVS("kald").get_blob("pairing", buf)]).decode())
    facts["board"] = known.get("board", "devkit")
    facts["bridge"] = known.get("role") == "bridge"
except (ImportError, OSError, ValueError):
    pass
print("facts", facts)
"""


@dataclass(frozen=True)
class Offer:
    """What a board has. frozen: the identity of the sources in its MicroPython, or None. rom_bytes: of its ROMFS.

    version, machine: of MicroPython and its own name for the hardware. board, bridge: of its pairing, "" without one.
    was: the number of the badge that it was paired as last, 0 for none.
    """

    frozen: int | None = None
    rom_bytes: int = 0
    rom_used: bool = False
    rom_ours: bool = False
    lora: bool = False
    version: tuple[int, int] = (0, 0)
    machine: str = ""
    board: str = ""
    bridge: bool = False
    was: int = 0


def asked(port: str, seconds: float = WORD_S) -> Offer:
    """Return what the board at `port` offers; it has `seconds` for the answer. Raises Refusal."""
    said = mpremote(port, "exec", _ASK, seconds=seconds)
    return Offer(**told(port, said, "facts", {}))


def way(offer: Offer, identity: int, wants: str | None = None) -> tuple[str, str]:
    """Return ("frozen", "romfs" or "files", what that means in a sentence). Raises Refusal.

    identity: of the sources to be flashed. wants: "romfs" or "files" where somebody has asked for it.
    """
    fits = offer.rom_bytes >= _LEAST_KB * 1000
    if wants == "romfs" and not fits:
        raise Refusal(f"it has no ROMFS of {_LEAST_KB} KB or more; that takes a MicroPython built for one "
                      "(tools/flash/image.py): flash it without --romfs")
    if wants is None and offer.frozen == identity:
        return "frozen", f"its MicroPython holds this very firmware, which saves {FROZEN_SAVES_KB} KB of heap"
    if offer.frozen not in (None, identity) and wants is None:
        raise Refusal("its MicroPython holds another version of the firmware: write an image of this one "
                      "(firmware/manifest.py), or let files come before it: --files")
    if wants == "romfs" or wants is None and fits and (offer.rom_ours or not offer.rom_used):
        return "romfs", f"in its ROMFS, which saves {ROMFS_SAVES_KB} KB of heap"
    if fits:
        return "files", f"as files; its ROMFS would save {ROMFS_SAVES_KB} KB of heap, and --romfs writes over it"
    return "files", f"as files; an image (firmware/manifest.py) would save {FROZEN_SAVES_KB} KB of heap"


def pack(tree: str | Path) -> bytes:
    """Return a ROMFS image of the compiled firmware in folder `tree`, which loses what is in it."""
    image = VfsRomWriter()
    for name in TREES:
        _packed(image, Path(tree) / name)
    return image.finalise()


def _packed(image: VfsRomWriter, path: Path) -> None:
    if path.is_dir():
        image.opendir(path.name)
        for each in sorted(path.iterdir()):
            _packed(image, each)
        image.closedir()
        path.rmdir()
    elif path.exists():
        image.mkfile(path.name, path.read_bytes())
        os.unlink(path)
