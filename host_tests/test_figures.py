"""Does the card's table count what was said, with an interval that grows where little was seen?"""

import numpy as np
import pytest
from test_evaluate import Says, folder

from tools.cli import evaluate
from tools.train import figures, recordings, score


@pytest.mark.parametrize("hits, of, said", [
    (0, 0, "–"), (10, 10, "100.0 [72.2–100.0]"), (0, 10, "0.0 [0.0–27.8]"), (990, 1000, "99.0 [98.2–99.5]"),
])
def test_a_share_is_told_with_wilsons_interval(hits, of, said):
    assert figures.share(hits, of) == said


def test_each_detector_is_counted_over_each_fall_and_movement_and_over_daily_life_once(tmp_path):
    makers = {"says": lambda recording: Says(), "dumb": lambda recording: Says(off_ms=9000)}
    rows = []
    for path in folder(tmp_path):
        rows += figures.judge(path, makers, evaluate.wearing)
    falls = [row for row in rows if row[4]]
    assert len(falls) == 2 * 3 * len(figures.STIRS_MG) and len(rows) - len(falls) == 2 * 4
    lines = figures.table(rows, makers).splitlines()
    assert lines[0] == "| set, place | figure | says | dumb |"
    found = next(line for line in lines if "| found |" in line)
    assert found.count("100.0 [43.8–100.0]") == 1 and "| 0.0 [0.0–56.2] |" in found
    assert any("found, 700 mg" in line for line in lines)
    # ... and says of each recording what wearing it by itself says
    for path in folder(tmp_path):
        for number, recording in enumerate(recordings.read(path)):
            random = np.random.default_rng([1, number, sum(map(ord, recording.name))])
            events = score.wear(Says(), recording, evaluate.wearing("", random, recording, 0), random)
            told = score.verdict(recording, events)[0] if recording.is_fall else bool(events)
            where = figures.part(recording)
            assert ("says", where, recording.activity, 0, recording.is_fall, told) in rows


def test_the_command_prints_the_table(tmp_path, capsys, monkeypatch):
    folder(tmp_path)
    monkeypatch.setattr(evaluate, "held_out", evaluate.shipped)
    monkeypatch.setattr(evaluate, "new_set", evaluate.shipped)
    assert evaluate.main(["--data", str(tmp_path), "--card", "--processes", "1"]) == 0
    assert "| set, place | figure | unseen people | unseen set | chip | classic | c8 |" in capsys.readouterr().out
    assert evaluate.main(["--data", str(tmp_path / "none"), "--card"]) == 2
