"""Does `kald bridge` show what is plugged in, and say plainly when nothing is?"""

import json
import re
import threading
from types import SimpleNamespace

import pytest
from bridge_ends import FakeBridge

from tools.cli import bridge as command
from tools.cli.bridge import main


def shown(words, capsys, end=None):
    ended = threading.Event()

    def serve():
        while not ended.is_set():
            end.serve()

    thread = threading.Thread(target=serve) if end else None
    if thread:
        thread.start()
    try:
        code = main(words)
    finally:
        ended.set()
        if thread:
            thread.join()
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_bridge_is_shown(capsys):
    end = FakeBridge(31)
    try:
        code, out, _ = shown(["--port", end.path, "--seconds", "0.6"], capsys, end)
        assert code == 0 and f"{end.path}: bridge 31 on 869525 kHz SF7, last heard at -80 dBm, 0.0 dB" in out
        code, out, _ = shown(["--port", end.path, "--seconds", "0.6", "--json"], capsys, end)
        assert code == 0 and json.loads(out.splitlines()[-1])[0]["left_s"] == 350
    finally:
        end.unplug()


def test_no_bridge_is_one_sentence_and_code_1(capsys, tmp_path):
    code, out, err = shown(["--port", str(tmp_path / "no-port"), "--seconds", "0.1"], capsys)
    assert code == 1 and out == "" and "no bridge has answered" in err


@pytest.mark.parametrize("numbers, codes, silent, ends, flashed, says", [
    ({"a": 1, "b": 2}, {}, (), 0, ["a", "b"], "bridge 2 on b:"),
    ({"a": 1, "b": None}, {}, (), 0, ["a"], "bridge 1 on a:"),
    ({"a": 1, "b": 2, "c": 3}, {"b": 2}, (), 2, ["a", "b"], "bridge 2 on b:"),
    ({"a": 1, "b": 2}, {}, ("a",), 2, ["a"], "bridge 1 does not answer in 40 s.*Bridges that keep what they have: 1"),
    ({"a": None}, {}, (), 1, [], "no bridge has answered"), ({}, {}, (), 1, [], "no bridge has answered"),
])
def test_bridges_are_updated_one_after_another_and_one_that_fails_stops_the_rest(
    monkeypatch, capsys, tmp_path, numbers, codes, silent, ends, flashed, says
):
    done = []

    def watch(bridges, seconds, show, enough):
        ports = bridges.find()
        facts = [{"port": port, "number": None if done and port in silent else numbers[port]} for port in ports]
        assert not ports or enough(facts) == (None not in [fact["number"] for fact in facts])
        return facts

    def flash_it(words):
        assert words[1:] == ["--data", str(tmp_path), "--no-selftest"]
        done.append(words[0])
        return codes.get(words[0], 0)

    monkeypatch.setattr(command, "watch", watch)
    monkeypatch.setattr(command, "Bridges", lambda find: SimpleNamespace(find=find, close=lambda: None))
    monkeypatch.setattr(command, "usb_ports", lambda: list(numbers))
    monkeypatch.setattr("tools.flash.cable.check", lambda port: None)
    monkeypatch.setattr("tools.cli.flash.main", flash_it)
    assert main(["--update", "--data", str(tmp_path)]) == ends and done == flashed
    assert re.search(says, "".join(capsys.readouterr()))
