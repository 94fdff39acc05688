"""Does `kald range --scan` hear on each lawful channel who sends there, and does its advice follow law and air?"""

import json
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link.region import band_of
from tools.cli import range as range_command
from tools.flash import scan
from tools.flash import selftest as on_cable
from tools.flash.boards.check import FOLDER, read


def test_every_channel_is_lawful_and_the_alarms_own_is_among_them():
    assert all(band_of(khz) >= 0 for khz in scan.CHANNELS) and 869_525 in scan.CHANNELS
    assert set(scan.KNOWN) <= set(scan.CHANNELS)


class Air:
    """A modem in an air where some send: busy {kHz: every how many levels is loud}, lora {(kHz, sf)}."""

    def __init__(self, busy, lora):
        self.busy, self.lora, self.khz, self.sf, self.asked, self.mode = busy, lora, 0, 7, 0, ""

    def standby(self):
        self.mode = "standby"

    def configure(self, cfg):
        assert self.mode != "listens", "the chip takes settings in standby only"
        self.khz = cfg.get("freq_khz", self.khz)

    def start_recv(self, continuous):
        self.mode = "listens"

    def start_look(self):
        self.mode = "looks"

    def poll_look(self):
        self.mode = "standby"
        return int((self.khz, self.sf) in self.lora)

    def _level(self):
        assert self.mode == "listens"
        self.asked += 1
        every = self.busy.get(self.khz, 0)
        return -60 if every and self.asked % every == 0 else -112

    def _cmd(self, form, command, nothing, n_read):
        assert (form, command, n_read) == ("BB", 0x15, 1)
        return bytes((-2 * self._level(),))

    def _reg_read(self, register):
        assert register == 0x1B
        return self._level() + 157


def script(air, monkeypatch):
    made = types.ModuleType("listen")
    exec(compile(scan.SCRIPT.read_text(encoding="utf-8"), "listen.py", "exec"), made.__dict__)
    made.time = types.SimpleNamespace(ticks_ms=lambda: 0, ticks_diff=lambda a, b: a - b, sleep_ms=lambda ms: None)
    monkeypatch.setitem(__import__("sys").modules, "firmware.board.modem",
                        types.SimpleNamespace(build=lambda *given: air))
    return made


@pytest.fixture
def listened(monkeypatch):
    """Runs the script over an air as the board would, by the host's own words."""
    def ran(board, busy=(), lora=()):
        air = Air(dict(busy), set(lora))

        def run(port, text, hear, what):
            pins = types.SimpleNamespace(**read(FOLDER / f"{board}.py"))
            monkeypatch.setattr("builtins.print", lambda *words: hear(" ".join(map(str, words))))
            script(air, monkeypatch).main(pins, scan.CHANNELS, scan.SFS, 6)
            monkeypatch.undo()
            return {}

        monkeypatch.setattr(scan, "run", run)
        return {each.khz: each for each in scan.scanned("port", board, 15, lambda line: None)}

    return ran


@pytest.mark.parametrize("board", ["devkit", "heltec_v3"])
def test_who_sends_is_heard_where_it_sends_and_nowhere_else(listened, board):
    found = listened(board, {868_100: 4, 869_525: 30}, {(867_300, 9)})
    words = {khz: each.verdict for khz, each in found.items() if each.verdict != scan.FREE}
    assert words == {868_100: scan.CROWDED, 867_300: scan.CROWDED, 869_525: scan.SHARED}
    assert all(each.floor_dbm == -112 for each in found.values())


def channels(**busy):
    """Return all channels, with so many loud levels in a hundred on some."""
    return [scan.Channel(khz, [-60] * busy.get(f"c{khz}", 0) + [-110] * (100 - busy.get(f"c{khz}", 0)), [0])
            for khz in scan.CHANNELS]


def test_the_alarms_own_channel_is_advised_unless_it_is_crowded():
    assert scan.advice(channels()).startswith("869525/7 is free")
    assert scan.advice(channels(c869525=5)).startswith("869525/7 is shared")
    said = scan.advice(channels(c869525=40, c865200=3))
    assert "869525 is crowded (40 % of the time): take 866400/7, which is free" in said and "13 dB less" in said


@given(st.lists(st.integers(-130, -20), min_size=1, max_size=64), st.lists(st.integers(-1, 1), max_size=8))
def test_whatever_is_heard_is_a_share_between_nothing_and_all(levels, looks):
    one = scan.Channel(869_525, levels, looks)
    assert 0 <= one.busy <= 100 and one.verdict in (scan.FREE, scan.SHARED, scan.CROWDED)
    assert len(scan.table([one]).splitlines()) == 3 if one.verdict != scan.CROWDED else True


def test_the_command_prints_a_table_or_an_object_and_a_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(range_command, "check", lambda port: None)
    monkeypatch.setattr(range_command.scan, "scanned", lambda port, board, seconds, hear: channels(c868300=12))
    words = ["--scan", "--port", "COM3", "--board", "devkit", "--csv", str(tmp_path / "scan.csv")]
    assert range_command.main(words) == 0
    said = capsys.readouterr().out
    assert "868300   -110   12 % 1 % 14 dBm      crowded  LoRaWAN" in said and "so take that" in said
    assert len((tmp_path / "scan.csv").read_text().splitlines()) == len(scan.CHANNELS) + 1
    assert range_command.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["channels"][0]["duty_permille"] == 10


@pytest.mark.parametrize("lines, says", [
    (["heard (869525, [-1"], "answers cannot be read"), ([], "has not listened on every channel"),
    ([f"heard ({scan.CHANNELS[0]}, [-110], [0])"], "has not listened on every channel"),
])
def test_what_comes_torn_or_short_is_one_sentence_and_the_board_goes_on(lines, says, monkeypatch):
    told = []
    monkeypatch.setattr(on_cable, "mpremote", lambda port, *words, **more: told.append(words))
    monkeypatch.setattr(on_cable, "_run", lambda port, path, hear, what: [hear(line) for line in lines])
    with pytest.raises(scan.Refusal, match=says):
        scan.scanned("p", "devkit", 10, print)
    assert told == [("resume", "reset")]


@pytest.mark.parametrize("said, means", [
    ("the listening did not come to its end on p (exit 1): ImportError: no module named 'lora'", "kald flash --lora"),
    ("the listening did not come to its end on p (exit 1): OSError: [Errno 5] EIO", "its LoRa chip does not answer")])
def test_what_cannot_listen_is_told_why(said, means, monkeypatch):
    def fails(*given):
        raise scan.Refusal(said)

    monkeypatch.setattr(scan, "run", fails)
    with pytest.raises(scan.Refusal, match=means):
        scan.scanned("p", "devkit", 10, print)
    with pytest.raises(scan.Refusal, match="a m5stick_plus2 has no LoRa"):
        scan.scanned("p", "m5stick_plus2", 10, print)
