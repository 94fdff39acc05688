"""Does the alarm in progress survive a power cut at any byte of a write, and is no counter ever granted twice?"""

import importlib
import sys
import types

import pytest

from firmware.limits import COUNTER_BLOCK
from tools.sim.flash import NO_SPACE, Nvs


class Flash(Nvs):
    """NVS in memory; `cut` bytes may still be written before the power fails."""

    cut = None

    def write(self, key, value):
        if self.cut is not None and isinstance(value, bytes):
            self.kept[key] = value[: self.cut] + bytes(self.kept.get(key, b""))[self.cut :]
            raise SystemExit("the power is gone")
        super().write(key, value)

    def refuse(self, *_):
        raise OSError(NO_SPACE)


@pytest.fixture
def flash(monkeypatch):
    flash = Flash({"counter": 0})
    monkeypatch.setitem(sys.modules, "esp32", types.SimpleNamespace(NVS=flash.opened))
    monkeypatch.delitem(sys.modules, "firmware.board.nvs", raising=False)
    flash.store = importlib.import_module("firmware.board.nvs").NvsStore
    return flash


def test_newest_comes_back_over_many_turns(flash):
    buf = bytearray(32)
    assert flash.store().load(buf) == 0
    for i in range(600):
        flash.store().load(buf)
        store = flash.store()
        store.load(buf)
        store.save(bytes([i & 255, i >> 8]), 2)
        again = bytearray(32)
        assert flash.store().load(again) == 2 and again[0] | again[1] << 8 == i


@pytest.mark.parametrize("kind", ["alarm", "ledger"])
def test_a_life_that_needed_nothing_from_flash_still_saves_what_is_newest(flash, kind):
    def slots():
        store = flash.store()
        return store.ledger(32) if kind == "ledger" else store

    buf = bytearray(32)
    for before in range(1, 300):
        flash.kept = {"counter": 0}
        life = slots()
        for _ in range(before):
            life.save(b"before", 6)
        slots().save(b"pressed", 7)  # RTC memory has told this life all, so it has loaded nothing
        n = slots().load(buf)
        assert bytes(buf[:n]) == b"pressed", before


def test_a_cut_at_any_byte_leaves_the_old_or_the_new(flash):
    old, new = bytes(range(16)), bytes(range(100, 116))
    for before in range(4):
        for cut in range(21):
            flash.kept = {"counter": 0}
            flash.cut = None
            store = flash.store()
            for _ in range(before):
                store.save(old, 16)
            flash.cut = cut
            with pytest.raises(SystemExit):
                store.save(new, 16)
            flash.cut = None
            buf = bytearray(32)
            n = flash.store().load(buf)
            assert bytes(buf[:n]) in ((old, new) if before else (b"", new))


@pytest.mark.parametrize("kind", ["alarm", "ledger"])
@pytest.mark.parametrize("saves", [1, 2, 3, 4])
def test_any_byte_that_changes_in_a_record_leaves_the_new_or_the_one_before_and_never_another(flash, kind, saves):
    records = [bytes([10 * i + k for k in range(7 + i)]) for i in range(1, saves + 1)]

    def slots():
        store = flash.store()
        return store.ledger(32) if kind == "ledger" else store

    keeper = slots()
    for record in records:
        keeper.save(record, len(record))
    whole = dict(flash.kept)
    allowed = {records[-1], records[-2]} if saves > 1 else {b""}  # a first save has none before it
    seen = set()
    buf = bytearray(64)
    for key in (f"{kind}_a", f"{kind}_b"):
        if key not in whole:
            continue
        for at in range(len(whole[key])):
            for change in range(1, 256):
                wrong = bytearray(whole[key])
                wrong[at] ^= change
                flash.kept = {**whole, key: bytes(wrong)}
                seen.add(bytes(buf[: slots().load(buf)]))
        for length in range(len(whole[key])):
            flash.kept = {**whole, key: whole[key][:length]}
            seen.add(bytes(buf[: slots().load(buf)]))
    assert seen == allowed
    flash.kept = whole
    again = slots()
    again.load(buf)
    again.save(b"on", 2)  # and writing goes on from there
    assert bytes(buf[: slots().load(buf)]) == b"on"


def test_blocks_of_counters_never_meet(flash):
    starts = [flash.store().reserve() for _ in range(5)]
    assert starts == [i * COUNTER_BLOCK for i in range(5)]


@pytest.mark.parametrize("door", ["set_i32", "commit"])
def test_no_counter_is_granted_that_flash_has_not_taken(flash, monkeypatch, door):
    store = flash.store()
    start = store.reserve()
    monkeypatch.setattr(flash, door, flash.refuse)
    with pytest.raises(OSError, match="-4357"):
        store.reserve()
    monkeypatch.undo()
    assert store.reserve() >= start + COUNTER_BLOCK
