"""A board as it is bought: a chip with or without something on its flash, and MicroPython once that was written there.

A pty has none of the two lines by which a USB cable resets a chip and puts it into download mode. So the first word of
the loader's protocol, SYNC, stands for the one, and letting go of the port for the other.
"""

import shutil
import time
from pathlib import Path
from typing import Any

from tools.sim.virtual.badge import VirtualBadge
from tools.sim.virtual.loader import SYNC, Loader

_COMPLAINS_S = 0.4
_NOTHING = b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n"
_FOREIGN = b"someone else's program\r\n"


class BareBoard(VirtualBadge):
    """chip, content: as the Loader has them. What has a partition called vfs is MicroPython, and runs."""

    def __init__(self, folder: Path, name: str, *, chip: str = "esp32", content: bytes | None = None,
                 size: int = 4 << 20, **more: Any) -> None:
        super().__init__(folder, name, **more)
        self.chip = Loader(chip, content, size)
        self.cut_after: int | None = None  # bytes from the technician after which the cable is out
        self._loading = False
        self._was: bytes | None = None
        self._said_s = 0.0

    def _boot(self, cause: str, main: bool = True, told: str = "") -> None:
        self._loading = False
        self.chip.reset()
        if not self.chip.boots() or b"vfs" not in self.chip.flash[0x8000:0x8C00]:
            self._kill()
            return
        table = bytes(self.chip.flash[0x8000:0x8C00])
        if self._was is not None and self._was != table or self.chip.flash[0x9000:0x9004] == b"\xff" * 4:
            for part in ("flash", "nvs"):  # all was erased
                shutil.rmtree(self.folder / part, ignore_errors=True)
            (self.folder / "flash").mkdir()
            self.chip.flash[0x9000:0x9004] = b"nvs\0"  # as the port makes it at its first start
        self._was = table
        super()._boot(cause, main, told)

    def _idle(self) -> None:
        """Turn, while no MicroPython runs."""
        time.sleep(0.002 if self._loading else 0.02)
        plugged = self._port.plugged()
        if self._loading and not plugged:
            self._boot("key")
            return
        data = self._port.read()
        if self._loading or SYNC in data:
            self._load(data)
        elif time.monotonic() - self._said_s > _COMPLAINS_S:
            self._said_s = time.monotonic()
            self._out(_FOREIGN if self.chip.boots() else _NOTHING)
        self._port.write()

    def _load(self, data: bytes) -> None:
        if not self._loading:
            self._kill()
            self._loading = True
        if self.cut_after is not None:
            data, self.cut_after = data[: self.cut_after], max(0, self.cut_after - len(data))
        self._port.write(self.chip.hear(data))

    def _type(self) -> None:
        data = self._port.read()
        if SYNC in data:
            self._load(data)
            return
        self._typed += data
        super()._type()
