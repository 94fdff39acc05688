"""How often is flash written, how long does it bear that, and is nothing written where time is short?

What a whole day writes is seen in test_week.py, which lives it.
"""

import pytest
from lived import lived

from firmware.limits import COUNTER_BLOCK
from tools.bench.pythons import ROOT
from tools.sim import wire
from tools.sim.energy import wear

SCRIPT = ROOT / "tools" / "sim" / "scripts" / "writes.py"


def looked(micropython, how):
    lines = lived([*micropython, "-X", "heapsize=4m"], SCRIPT, how, ROOT).splitlines()
    pairs = [line.split() for line in lines if line.count(" ") == 1]
    return {name: int(number) for name, number in pairs}


def test_the_sense_task_never_writes_flash(micropython):
    found = looked(micropython, "right")
    assert found["ended"] and found["in_sense"] == 0 and found["elsewhere"] >= 10


def test_a_sense_task_that_writes_is_found(micropython):
    assert looked(micropython, "wrong")["in_sense"] >= 10


def test_heartbeats_as_often_as_a_setting_allows_still_leave_decades():
    frames = 86_400_000 / 10_000  # firmware/settings.py: 10 s is the least
    a_day = frames / (COUNTER_BLOCK - 128) + 100 * wear.blob_entries(wear.SLOT_BYTES)
    assert wear.years(a_day) > 50


def test_the_ledger_s_pledges_are_counted_too():
    sent = 86_400 / 60  # a heartbeat a minute over LoRa, five times the default
    writes = wear.pledges(sent, wire.airtime_ms_sf7(wire.frame_bytes()["heartbeat"]))
    assert 60 < writes < 120
    assert wear.years(writes * wear.blob_entries(wear.PLEDGE_BYTES) + 200) > 50


def test_an_alarm_that_never_ends_writes_no_more_than_its_changes():
    # a hand that presses all day, a change with each press, at the rate of the task that keeps: still days, not hours
    pressed_s = 2 * wear.blob_entries(wear.SLOT_BYTES)
    assert wear.ERASES_BORNE / wear.erases(pressed_s * 86_400) > 30


def test_entries_by_hand():
    assert wear.blob_entries(1) == wear.blob_entries(32) == 3 and wear.blob_entries(33) == 4
    assert wear.entries({"nvs_counter": 7, "nvs_alarm": 38}) == 7 + 38 * wear.blob_entries(wear.SLOT_BYTES)
    assert wear.entries({"nvs_counter": 14}, days=2) == 7
    assert wear.erases(500) == pytest.approx(1.0) and wear.years(500) == pytest.approx(100_000 / 365.25)
