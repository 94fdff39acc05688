"""How much of a small heap is taken when the badge is up? The real boot.py and main.py, over a metal of few bytes.

Arguments: a flash tree as `kald flash` copies it, the radios (wifi, lora or both), then folders for sys.path. Prints
the bytes that are taken two seconds after the start, less what this script itself had taken before it, and what is
left. Run it on a 32-bit MicroPython with a heap of 150 KB (-X heapsize=150k): pointers and small ints have the ESP32's
size there. LoRa wants the package `lora` in lib/ of the tree.
"""

import gc
import sys

FLASH = sys.argv[1]
RADIOS = sys.argv[2]
sys.path[:] = [".frozen"] + sys.argv[3:]

import fake_machine  # noqa: E402

if RADIOS != "wifi":
    import air

    air.build()
if RADIOS == "lora":
    fake_machine.PAIRING = fake_machine.PAIRING.replace(b'"ssid": "house"', b'"ssid": ""')

sys.path[:] = ["", ".frozen", "/lib"]


class Came(BaseException):
    """The badge is up, and its heap has been looked at."""


def look():
    """Print what is taken, and end."""
    import firmware.app

    gc.collect()
    print("boot", gc.mem_alloc() - taken)
    print("free", gc.mem_free())
    print("sent", fake_machine.sent[0])
    print("on_air", air.sent[0] if RADIOS != "wifi" else 0)
    assert firmware.app.__file__.endswith(".mpy")
    raise Came


def start(name):
    """Run one file of the flash as the chip would."""
    with open("/" + name) as file:
        exec(compile(file.read(), name, "exec"), {"__name__": "__main__"})


fake_machine.build(FLASH, 2000, look)
gc.collect()
taken = gc.mem_alloc()
try:
    start("boot.py")
    start("main.py")
except Came:
    print("up", 1)
