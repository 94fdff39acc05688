"""Does one command make a flashed board a bridge, or a badge with LoRa, and does a wrong wish get plain words?"""

import json

import pytest

from lora_house import LORA
from tools.cli import bridge as bridge_command
from tools.cli import flash as flash_command
from tools.cli import pair as pair_command
from tools.flash import packages
from tools.flash.cable import mpremote
from tools.flash.copy import build
from tools.gateway.store import open_store
from tools.sim.virtual import VirtualBadge
from tools.sim.virtual.ether import Ether


@pytest.fixture
def ether():
    made = Ether()
    yield made
    made.close()


def mip_brings(folder):
    """Return mpremote, but without an internet: what mip would lay on the board comes from `folder`."""

    def run(port, *words, **how):
        if words[0] != "mip":
            return mpremote(port, *words, **how)
        assert words[1:] == ("install", "--target", "/mip", "lora-sx126x@0.1.6")
        order = "import os\nos.mkdir('/mip')"
        return mpremote(port, "exec", order, "+", "fs", "cp", "-r", "lora", ":/mip/", cwd=folder)

    return run


@pytest.mark.long
def test_a_board_becomes_a_bridge_or_says_what_it_lacks(tmp_path, ether, capsys, monkeypatch):
    with VirtualBadge(tmp_path / "board", "board", ether=ether.place()) as board:
        build(flash_command.ROOT, board.flash)
        words = [board.port, "--bridge", "7", "--lora", "868100/8", "--wait", "30"]
        assert pair_command.main([*words[:-1], "6"]) == 2
        assert "package lora is not on it, or not for its chip: run kald flash --lora" in capsys.readouterr().err
        (tmp_path / "lora").mkdir()
        double = (flash_command.ROOT / "tools" / "sim" / "lora_double.py").read_text()
        for name, text in (("modem", "pass"), ("sx126x", double), ("__init__", "from .sx126x import *")):
            (tmp_path / "lora" / f"{name}.py").write_text(text)
        assert flash_command.main([board.port, "--lora", str(tmp_path / "nothing")]) == 2
        monkeypatch.setattr(packages, "mpremote", mip_brings(tmp_path))
        assert flash_command.main([board.port, "--lora"]) == 0, capsys.readouterr().err
        package = board.flash / "lib" / "lora"
        assert sorted(path.name for path in package.iterdir()) == ["__init__.py", "modem.py", "sums", "sx126x.py"]
        packages.install(board.port, str(tmp_path))  # as flash --lora FOLDER has it done
        assert sorted(path.name for path in package.iterdir()) == ["__init__.mpy", "modem.mpy", "sums", "sx126x.mpy"]
        assert not (board.flash / "mip").exists()
        assert pair_command.main(words) == 0, capsys.readouterr().err + board.console[-1500:]
        assert "bridge 7 answers, and its radio listens" in capsys.readouterr().out
        assert bridge_command.main(["--port", board.port, "--seconds", "8"]) == 0
        assert "bridge 7 on 868100 kHz SF8" in capsys.readouterr().out
        assert bridge_command.main(["--update", "--port", board.port, "--data", str(tmp_path)]) == 0
        said = capsys.readouterr()
        assert "it stays once it has run for a minute" in said.out and "as bridge on devkit" in said.out
        ether.chips[0].fail = "silent"
        assert pair_command.main([*words[:-1], "8"]) == 2  # Ctrl-C gets in: whoever looked has said BYE
        assert "LoRa chip does not answer: look at the wires" in capsys.readouterr().err


def test_a_badge_is_paired_for_lora_alone(tmp_path, monkeypatch, capsys):
    written = []
    monkeypatch.setattr(pair_command, "check", lambda port: None)
    monkeypatch.setattr(pair_command.fit, "asked", lambda port, board: None)
    monkeypatch.setattr(pair_command, "write", lambda port, pairing, settings: written.append((pairing, settings)))
    monkeypatch.setattr(pair_command, "_wait", lambda *words: True)
    words = ["port", "--name", "Anna", "--data", str(tmp_path), "--board", "heltec_v3", "--lora"]
    assert pair_command.main([*words, "869525/7", "--then", "869525/9"]) == 0, capsys.readouterr().err
    assert written.pop()[0]["lora"] == {**LORA, "then": {"khz": 869525, "sf": 9}}
    assert pair_command.main(words) == 0, capsys.readouterr().err
    [(pairing, settings)] = written
    assert pairing["lora"] == LORA and pairing["ssid"] == "" and pairing["board"] == "heltec_v3"
    assert json.loads(settings) == {"heartbeat_ms": 300_000}
    wifi = ["--ssid", "house", "--open", "--gateway", "10.0.0.2", "--bssid", "AA:bb:cc:dd:ee:ff", "--heartbeat", "30",
            "--address", "10.0.0.7,255.255.255.0,10.0.0.1,10.0.0.1"]
    assert pair_command.main([*words, *wifi]) == 0
    pairing, settings = written[1]
    assert pairing["address"][0] == "10.0.0.7" and pairing["bssid"] == "aabbccddeeff"
    assert json.loads(settings) == {"heartbeat_ms": 30_000}
    assert pair_command.main(["port", "--name", "Bo", "--data", str(tmp_path), *wifi[:5]]) == 0
    assert written[2][1] is None and "lora" not in written[2][0]  # the board keeps the settings it has
    with open_store(tmp_path / "kald.sqlite").engine.connect() as db:
        beats = [row[0] for row in db.exec_driver_sql("SELECT beat_ms FROM badges ORDER BY device")]
    assert beats == [30_000, None], "of each name, the pairing that came after those that nobody heard"


@pytest.mark.parametrize("words, said", [
    (["--lora", "869525"], "as in 869525/7"), (["--lora", "869300/7"], "khz must be the middle"),
    (["--lora", "869525/13"], "sf must be a whole number from 7 to 12"), ([], "how is it to be heard?"),
    (["--lora", "--address", "10.0.0.7"], "address must be a list"), (["--lora", "--bssid", "xy"], "bssid must be"),
    (["--ssid", "house", "--open"], "--gateway HOST and --port are wanted"),
    (["--lora", "--then", "869525/7"], "then must be another channel"), (["--then", "868300/9"], "how is it to be"),
    (["--lora", "--then", "868300"], "--then wants kHz"), (["--bridge", "3", "--then", "868300/9"], "a bridge stays"),
    (["--ssid", "house", "--open", "--gateway", "h", "--then", "868300/9"], "--lora, the first one's channel"),
    (["--lora", "--heartbeat", "5"], "--heartbeat is from 10 to 600 s"),
    (["--bridge", "0"], "number must be a whole number from 1 to 65535"),
    (["--bridge", "3", "--lora", "869525/6"], "sf must be"),
    *[(["--lora", "--name", name], "letters that can be printed") for name in ("\u202eanna", "a\nb\x07", "x" * 41)],
])
def test_a_wrong_wish_is_refused_before_anything_is_written(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.setattr(pair_command, "check", lambda port: None)
    monkeypatch.setattr(pair_command.fit, "asked", lambda port, board: None)
    monkeypatch.setattr(pair_command, "write", lambda *words: pytest.fail("written"))
    assert pair_command.main(["port", "--name", "Anna", "--data", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "kald.sqlite").exists()


def test_a_bridge_is_forgotten(tmp_path, capsys):
    assert bridge_command.main(["--forget", "3", "--data", str(tmp_path)]) == 2
    with open_store(tmp_path / "kald.sqlite").engine.begin() as db:
        db.exec_driver_sql("INSERT INTO bridges (number, since_ms) VALUES (3, 1)")
        db.exec_driver_sql("INSERT INTO troubles (bridge, fault, since_ms) VALUES (3, 'bridge_gone', 1)")
    assert bridge_command.main(["--forget", "3", "--data", str(tmp_path)]) == 0
    assert bridge_command.main(["--forget", "3", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "bridge 3 is forgotten" in said and "has no bridge 3" in said
    with open_store(tmp_path / "kald.sqlite").engine.connect() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM troubles WHERE until_ms IS NULL").scalar() == 0
