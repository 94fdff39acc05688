"""Does a walk with a badge leave a line for each frame heard, with a verdict that follows the margin?"""

import csv
import io
import json
import threading

import pytest

from bridge_ends import FakeBridge
from house import house  # noqa: F401
from lora_house import put_package
from tools.cli import place as place_command
from tools.cli import range as range_command
from tools.flash import scan
from tools.flash.copy import build
from tools.gateway.places import learning
from tools.gateway.store import open_store
from tools.sim.air.channel import Radio
from tools.sim.virtual import VirtualBadge
from tools.sim.virtual.ether import Ether
from waits import until


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


class Talker:
    """Somebody ten metres away who never stops, on `khz`."""

    def __init__(self, ether, khz):
        with ether.lock:
            self.radio = Radio(ether.air, 10, 0, self)
            self.radio.tune(khz * 1000, 7)
            self.sent()

    def sent(self):
        """Begin again."""
        frame = self.radio.transmit(bytes(200), 14)
        self.radio.air.clock.at(frame.end_us + 1, self.sent)


@pytest.mark.long
def test_a_board_on_the_cable_hears_who_talks_in_the_air_around_it_and_is_a_badge_again(
    tmp_path, capsys, monkeypatch, micropython
):
    monkeypatch.setattr(scan, "SFS", (7,))
    monkeypatch.setattr(scan, "CHANNELS", (867_500, 868_300, 869_525))
    monkeypatch.setattr(range_command, "SCAN_S", 1)  # the least: four rounds
    ether = Ether()
    board = VirtualBadge(tmp_path / "board", "board", ether=ether.place())
    build(scan.ROOT, board.flash)
    words = ["--scan", "--port", board.port, "--data", str(tmp_path)]
    with board:
        assert range_command.main(words) == 2 and "--board NAME" in capsys.readouterr().err
        assert range_command.main([*words, "--board", "devkit"]) == 2
        assert "kald flash --lora" in capsys.readouterr().err
        put_package(board.flash)
        Talker(ether, 868_300)
        boots = board.boots
        assert range_command.main([*words, "--board", "devkit", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {row["khz"]: row["verdict"] for row in found["channels"]} == {
            867_500: "free", 868_300: "crowded", 869_525: "free"}
        assert found["advice"].startswith("869525/7 is free")
        until(lambda: board.boots > boots and "not paired" in board.console)
    ether.close()


@pytest.mark.long
def test_a_walk_with_a_badge_learns_each_place_where_it_is_pressed_twice(
    house, tmp_path, capsys, monkeypatch, micropython  # noqa: F811
):
    home = house("anna")
    badge = home.badges[0]
    rooms = {name: [(b"house", bytes((2, 0, 0, 0, i, n)), 1, -40 - 9 * n) for n in range(3)]
             for i, name in enumerate(("Kitchen", "Room 12"))}
    for name in rooms:
        assert place_command.main(["add", name, "--floor", "1", "--data", str(tmp_path)]) == 0
    words = ["--places", "--badge", "1", "--data", str(tmp_path), "--web", str(home.web), "--seconds", "90", "--svg",
             str(tmp_path / "house.svg"), "--csv", str(tmp_path / "house.csv")]

    def walks():
        until(lambda: home.facts()["badges"][0]["mode"] == "practice")
        for count, points in enumerate(rooms.values(), 1):
            badge.hears(points)
            badge.press(120, times=2, gap_ms=200)
            until(lambda: sum(map(len, learnt().values())) == count)

    def learnt():
        with home.store.engine.connect() as db:
            return learning.heard(db)

    walker = threading.Thread(target=walks)
    walker.start()
    monkeypatch.setattr(range_command, "_typed", lambda lines: None)
    assert range_command.main(words) == 0
    walker.join()
    assert all(len(found) == 1 and len(found[0]) == 3 for found in learnt().values())
    out = capsys.readouterr().out
    assert "Kitchen: 3 heard, the strongest at -40 dBm; next: Room 12" in out and "that was the last" in out
    assert "Room 12: heard" in out and "Kitchen" in (tmp_path / "house.svg").read_text()
    assert all(alarm["practice"] for alarm in home.facts()["alarms"]), "it calls nobody"
