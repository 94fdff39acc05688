"""Does no erase of flash fall into a gesture, as far as anybody can reckon?"""

import random

import pytest

from firmware.board.nvs_page import NvsPage

ENTRIES = 126


class Flash:
    """NVS that writes one page after the other: a write takes 4 ms, and 100 more where a page is full."""

    def __init__(self, used, erase_ms=100):
        self.now = 2**30 - 5000
        self.used = used
        self.erase_ms = erase_ms
        self.erases = self.written = 0

    def ticks(self):
        return self.now & 0x3FFFFFFF

    def _take(self, entries):
        self.written += entries
        self.used += entries
        self.now += 4
        if self.used > ENTRIES:
            self.used = entries
            self.erases += 1
            self.now += self.erase_ms

    def set_i32(self, key, value):
        self._take(1)

    def set_blob(self, key, value):
        self._take(2 + (len(value) + 31) // 32)

    def commit(self):
        pass


@pytest.mark.parametrize("seed", range(20))
def test_once_an_erase_was_seen_none_falls_into_an_alarm(seed):
    dice = random.Random(seed)
    flash = Flash(dice.randrange(ENTRIES))
    page = NvsPage(flash, flash.ticks)
    while not flash.erases:
        page.ahead()
    for _ in range(300):  # a quiet time, and then an alarm with up to eight things to keep
        for _ in range(5):
            page.ahead()
        before = flash.erases
        for _ in range(dice.randint(1, 8)):
            page.bytes("alarm_a", bytes(36))
        if dice.random() < 0.3:
            page.number("counter", 256)
        assert flash.erases == before


def test_what_is_filled_is_little_beside_what_is_kept():
    flash = Flash(0)
    page = NvsPage(flash, flash.ticks)
    kept = 0
    for _ in range(1000):
        page.ahead()
        page.bytes("alarm_a", bytes(36))
        kept += 4
    assert kept < flash.written < 1.6 * kept


def test_a_flash_that_erases_unnoticed_is_not_filled_for_ever():
    flash = Flash(0, erase_ms=0)
    page = NvsPage(flash, flash.ticks)
    for _ in range(10_000):
        page.ahead()
    assert flash.written <= ENTRIES + 20
