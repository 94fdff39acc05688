"""Does a walk with a badge leave a line for each frame heard, with a verdict that follows the margin?"""

import csv
import io
import threading

import pytest

from bridge_ends import FakeBridge
from tools.cli import range as range_command


def test_a_walk_is_printed_and_written(tmp_path, capsys):
    end, ended = FakeBridge(31), threading.Event()

    def serve():
        said = 0
        while not ended.is_set():
            end.serve()
            if said < 2:
                said += 1
                end.hear(b"\x02\0\x05sealed" + bytes([said]), -100 - said)

    thread = threading.Thread(target=serve)
    thread.start()
    path = tmp_path / "walk.csv"
    try:
        words = ["--port", end.path, "--seconds", "2", "--csv", str(path)]
        assert range_command.main(words) == 0
    finally:
        ended.set()
        thread.join()
        end.unplug()
    rows = list(csv.DictReader(path.open()))
    assert rows and (rows[-1]["bridge"], rows[-1]["badge"], rows[-1]["rssi_dbm"]) == ("31", "5", "-102")
    assert "good" in capsys.readouterr().out


@pytest.mark.parametrize("rssi_dbm, snr_db, word", [
    (-60, 9.5, "good"), (-112, 3.0, "good"), (-120, -3.0, "weak"), (-123, -6.0, "too far"),
])
def test_the_verdict_follows_the_margin(rssi_dbm, snr_db, word):
    assert range_command.row(1.0, (31, b"\x02\0\x05", rssi_dbm, snr_db), 7)[-1] == word
    assert range_command.row(1.0, (31, b"", rssi_dbm, snr_db), 12)[-1] == "good"  # SF12 reads 12.5 dB deeper


def test_no_bridge_is_one_sentence(tmp_path, capsys):
    assert range_command.main(["--port", str(tmp_path / "none"), "--seconds", "0.1"]) == 1
    assert "no bridge has answered" in capsys.readouterr().err


def test_a_walk_through_the_places_ends_in_a_drawing_and_a_table(tmp_path, monkeypatch, capsys):
    from tools.gateway.places import learning
    from tools.gateway.store import open_store

    asked = []
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("urllib.request.urlopen", lambda request, **_: asked.append(request.full_url) or io.BytesIO())
    words = ["--places", "--badge", "1", "--data", str(tmp_path), "--svg", str(tmp_path / "house.svg"),
             "--csv", str(tmp_path / "house.csv"), "--seconds", "0"]
    assert range_command.main(words) == 2, "there is no house"
    with open_store(tmp_path / "kald.sqlite").engine.begin() as db:
        pass
    assert range_command.main(words) == 2 and "kald place add" in capsys.readouterr().err
    with open_store(tmp_path / "kald.sqlite").engine.begin() as db:
        learning.add(db, "Room 1", "1")
    assert range_command.main(words) == 0
    asked = [url.split("?")[0] for url in asked]
    assert asked == ["http://127.0.0.1:8570/api/badges/1/practice"], "nobody is called by a walk"
    assert "not heard" in (tmp_path / "house.svg").read_text() and "Room 1" in (tmp_path / "house.csv").read_text()
