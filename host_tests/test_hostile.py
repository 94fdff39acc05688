"""Is every forged, cut, replayed, late or noisy frame refused and counted at both ends, with nothing else changed?

.ci/fuzz.py sends a million; here are some thousand.
"""

import hostile
from firmware import codes
from firmware.link import frame
from gateway_rig import Rig
from lived import ROOT, TESTS, lived


def test_a_badge_refuses_them_all():
    counts = hostile.badge(7, 2000)
    assert set(counts) == set(hostile.HOWS) and sum(counts.values()) == 2000


def test_a_gateway_refuses_them_all(tmp_path):
    counts = hostile.gateway(7, 2000, tmp_path / "kald.sqlite")
    assert set(counts) == set(hostile.HOWS) and sum(counts.values()) == 2000


def test_a_badge_on_micropython_refuses_them_all(micropython):
    said = lived([*micropython, "-X", "heapsize=8m"], "hostile.py", 8, 4000, ROOT, TESTS)
    assert all(repr(how) in said for how in hostile.HOWS)


def test_a_badge_whose_counter_is_far_behind_is_told_so_once_a_minute(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    anna = rig["anna"]
    anna._counter = 1000
    assert anna.beat()
    anna._counter, anna.heard = 500, []
    for _ in range(5):
        assert not anna.beat()
    assert anna.got(frame.ORDER) == [(codes.ORDER_NOTHING, 0)]
    rig.now += 61_000
    assert not anna.beat() and len(anna.got(frame.ORDER)) == 2
    anna._counter = 2000
    assert anna.beat() and rig.badge("anna")["waiting"] == []
