"""Does no erase of flash fall into a gesture, as far as anybody can reckon?"""

import random

import pytest

from firmware.board.nvs_page import NvsPage
from tools.sim.flash import ERASE_MS, PAGE_ENTRIES, Pages


class Flash(Pages):
    """NVS that writes one page after the other, and its clock."""

    def __init__(self, used, erase_ms=ERASE_MS):
        super().__init__(self.wait, used, erase_ms)
        self.now = 2**30 - 5000

    def wait(self, ms):
        self.now += ms

    def ticks(self):
        return self.now & 0x3FFFFFFF


@pytest.mark.parametrize("seed", range(20))
def test_once_an_erase_was_seen_none_falls_into_an_alarm(seed):
    dice = random.Random(seed)
    flash = Flash(dice.randrange(PAGE_ENTRIES))
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
    assert flash.written <= PAGE_ENTRIES + 20
