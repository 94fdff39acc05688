"""When does a write to flash make the chip stand still, and how is that kept away from a press?

NVS writes one page of 126 entries after the other; when one is full it moves on, and then it may erase another, for
some 100 ms (ESP-IDF, components/nvs_flash: README, and requestNewPage in nvs_pagemanager.cpp). A press in such a stall
could be lost. So a page that is nearly full is filled while nothing is under way; a write that took long was the last.
"""

import time

from firmware.ticks import since
from micropython import const

_TICKS = const(0x3FFFFFFF)
_PAGE_ENTRIES = const(126)
_NEARLY_FULL = const(90)  # the rest takes nine writes of an alarm
_FILLER_BYTES = const(256)  # ten entries: four of these, and the page is full
_ERASED_MS = const(20)  # a write alone takes a few


class NvsPage:
    """How full is the page that NVS writes to? Reckoned from our writes, and known after each erase.

    nvs: an NVS namespace. ticks_ms: a clock. Raises OSError when the flash does.
    """

    def __init__(self, nvs, ticks_ms=time.ticks_ms):
        self.nvs = nvs
        self._now = ticks_ms
        self._count = _NEARLY_FULL  # of what was written before this life nothing is known

    def number(self, key, value):
        """Write a number."""
        at = self._now() & _TICKS
        self.nvs.set_i32(key, value)
        self._write(1, at)

    def bytes(self, key, value):
        """Write bytes: an index, a head, and an entry for each 32 of them."""
        at = self._now() & _TICKS
        self.nvs.set_blob(key, value)
        self._write(2 + (len(value) + 31) // 32, at)

    def ahead(self):
        """Fill the page with what says nothing, if it is nearly full; call it while nothing is under way."""
        while self._count >= _NEARLY_FULL:
            filler = bytearray(_FILLER_BYTES)
            filler[0] = self._count & 0xFF  # NVS does not write again what stands there
            self.bytes("ahead", filler)

    def _write(self, count, at):  # entries
        self.nvs.commit()
        self._count += count
        erased = since(at, self._now() & _TICKS) >= _ERASED_MS
        if erased or self._count > _NEARLY_FULL + _PAGE_ENTRIES:  # or the flash is too quick for us to notice
            self._count = count
