"""What is a partition for a ROMFS on a virtual badge? The file `romfs` in its folder, where there is one, of its size.

As the ESP32's port has it (ports/esp32/esp32_partition.c): a block device whose bytes are read where they lie, and what
is mounted at /rom before boot.py, if a ROMFS is in it. `vfs` is MicroPython's own, but for one function.
"""

import sys

import vfs as real
from simlink import link

_BLOCK = 4096


class Partition(bytearray):
    """The partition; what is written goes to the file."""

    def ioctl(self, what, block):
        """Return how many blocks there are (4), and of what size (5); erase one (6)."""
        if what == 6:
            self.writeblocks(block, b"\xff" * _BLOCK)
        return len(self) // _BLOCK if what == 4 else _BLOCK if what == 5 else 0

    def writeblocks(self, block, data, offset=0):
        """Write `data` from a place in a block on."""
        at = block * _BLOCK + offset
        self[at : at + len(data)] = data
        with link.folder.open(link.base + "/romfs", "r+b") as file:
            file.seek(at)
            file.write(data)


class Vfs:
    """The module, with rom_ioctl."""

    def __init__(self, partition):
        self._partition = partition

    def rom_ioctl(self, what, segment=0):
        """Return how many partitions there are (1), or the one (2)."""
        return {1: 1, 2: self._partition}.get(what, -22)

    def __getattr__(self, name):
        return getattr(real, name)


def mount():
    """Have `vfs` offer the partition, if there is one, and mount what is in it."""
    try:
        with link.folder.open(link.base + "/romfs", "rb") as file:
            partition = Partition(file.read())
    except OSError:
        return
    sys.modules["vfs"] = Vfs(partition)
    try:
        real.mount(real.VfsRom(partition), "/rom")
    except OSError:
        return  # no ROMFS is in it
    sys.path += ["/rom", "/rom/lib"]
