"""How much of a small heap is taken when the badge is up? The real boot.py and main.py, over a metal of few bytes.

Arguments: a flash tree as `kald flash` copies it (empty where the firmware is frozen into this MicroPython), the radios
(wifi, lora or both), a folder for sys.path, and a ROMFS image, if there is one. Prints the bytes that are taken two
seconds after the start, less what this script and its doubles take (`doubles`), what is left, and how much of that in
one piece. Run it on a 32-bit MicroPython with a heap of 150 KB (-X heapsize=150k): pointers and small ints have the
ESP32's size there. LoRa wants the package `lora` in lib/ of the tree, or in the image.
"""

import gc
import sys

FLASH, RADIOS, METAL = sys.argv[1:4]
rom = open(sys.argv[4], "rb").read() if len(sys.argv) > 4 else None  # on a chip it is no part of the heap
sys.path[:] = [".frozen", METAL]

gc.collect()
own = -gc.mem_alloc()

import asyncio.core  # noqa: E402, F401  the badge's own

gc.collect()
own += gc.mem_alloc()

import fake_machine  # noqa: E402

if RADIOS != "wifi":
    import air

    air.build()
if RADIOS == "lora":
    fake_machine.PAIRING = fake_machine.PAIRING.replace(b'"ssid": "house"', b'"ssid": ""')

sys.path[:] = ["", ".frozen", "/lib"]


class Came(BaseException):
    """The badge is up, and its heap has been looked at."""


def piece(low: int, high: int) -> int:
    """Return the size of the largest piece of heap that is free, `low` .. `high` bytes."""
    while high - low > 64:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low


def look() -> None:
    """Print what is taken, and end."""
    import firmware.app

    gc.collect()
    print("boot", gc.mem_alloc() - doubles)
    print("free", gc.mem_free())
    print("piece", piece(0, gc.mem_free()))
    print("doubles", doubles)
    print("sent", fake_machine.sent[0])
    print("on_air", air.sent[0] if RADIOS != "wifi" else 0)
    print("compiled", int(firmware.app.__file__.endswith(".mpy")))
    print("in_rom", int(firmware.app.__file__.startswith("/rom/")))
    raise Came


def start(name: str) -> None:
    """Run one file of the flash, or of this MicroPython, as the chip would."""
    try:
        with open("/" + name + ".py") as file:
            code = compile(file.read(), name + ".py", "exec")  # the text itself is let go: a chip keeps none
    except OSError:
        __import__(name)
        return
    exec(code, {"__name__": "__main__"})


fake_machine.build(FLASH, 2000, look)
if rom:
    import vfs

    vfs.mount(vfs.VfsRom(rom), "/rom")
    sys.path += ["/rom", "/rom/lib"]
gc.collect()
doubles = gc.mem_alloc() - own
try:
    start("boot")
    start("main")
except Came:
    print("up", 1)
