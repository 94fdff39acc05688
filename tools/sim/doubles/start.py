"""How does a MicroPython process become a badge? The doubles come first, then '/' is the simulated flash, then boot.

The doubles are imported while their folder is mounted; afterwards only the flash is seen, as on the chip. Then boot.py
and, unless this is the soft reset of a raw REPL, main.py run, and the prompt follows; from the flash, or those that are
frozen into this MicroPython. After any error in boot.py the port does not run main.py (ports/esp32/main.c, `ret != 0`),
and neither does this.
"""

import gc
import os
import sys

import vfs

_WIDE_BYTES = 1000000  # no chip's heap: what is measured there is not


def _prepare():
    os.umount("/")
    vfs.mount(vfs.VfsPosix(os.getenv("KALD_SIM_ROOT")), "/_sim")
    sys.path[:] = ["/_sim/tools/sim/doubles", "/_sim", ".frozen"]
    import bluetooth
    import console
    import esp32
    import machine
    import network
    import partition
    import socket
    import threads

    for module in (bluetooth, esp32, machine, network, socket):
        if not module.__file__.startswith("/_sim/"):
            raise ImportError("a simulated part is not the one in use: " + module.__file__)
    sys.modules["micropython"] = console.Micropython()
    sys.modules["os"] = console.Os()
    if gc.mem_alloc() + gc.mem_free() > _WIDE_BYTES:
        sys.modules["gc"] = console.Gc()
    sys.modules["_thread"] = threads
    link = sys.modules["simlink"].link
    vfs.umount("/_sim")
    vfs.mount(vfs.VfsPosix(os.getenv("KALD_SIM_FOLDER") + "/flash"), "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    partition.mount()
    link.tell("booting")


def _run(name):
    try:
        with open("/" + name) as file:
            text = file.read()
    except OSError:
        text = ""
    try:
        if text:
            exec(compile(text, name, "exec"), {"__name__": "__main__", "__file__": name})
        elif _FROZEN:
            __import__(name[:-3])
    except BaseException as error:
        sys.print_exception(error)
        return False
    return True


_prepare()
try:
    import kald_image

    _FROZEN = kald_image.__file__ == "kald_image.py"
    del sys.modules["kald_image"], kald_image
except ImportError:
    _FROZEN = False
if _run("boot.py") and os.getenv("KALD_SIM_MAIN") == "1":
    _run("main.py")
del _prepare, _run, _FROZEN, _WIDE_BYTES, gc, vfs
