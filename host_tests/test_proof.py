"""Does `kald flash` believe only what a badge has proven, and does each failure say its cause and a way out?"""

import json
import os
import sys
import threading
import tty
from types import SimpleNamespace

import pytest

from firmware.settings import read_settings
from house import ROOT
from tools.cli import flash as flash_command
from tools.cli import pair as pair_command
from tools.flash import cable, fit, image, proof, settings_file, slots
from tools.flash import selftest as on_cable
from tools.flash.cable import Refusal, unmounted
from tools.flash.console import plain
from tools.flash.image import Offer
from tools.flash.selftest import SCRIPT
from tools.sim.virtual import VirtualBadge

RUNS = "kald: started on devkit with 61000 bytes free"
UNPAIRED = "kald: this badge is not paired; run: kald pair\r\nkald: lifeboat"
FALLS = "Traceback (most recent call last):\r\n  File \"a/firmware/app.mpy\", line 1, in App\r\nMemoryError: no room"
ROM = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"
PANIC = "rst:0x7 (TG0WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"
CORRUPT = ("The filesystem appears to be corrupted. If you had important data there, you\r\nmay want to make a flash "
           "snapshot to try to recover it.", "The FAT filesystem starting at sector 512 with size 512 sectors appears "
           "to\r\nbe corrupted. If you had")


class Said:
    """A badge that says some lines, a tenth of a second apart, in virtual time."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.now_s = 0.0
        self.resets = 0

    def reset(self, broken=False):
        self.resets += 1

    def heard(self):
        self.now_s += 0.1
        return f"{self.lines.pop(0)}\r\n".encode() if self.lines else b""


@pytest.mark.parametrize(("lines", "says"), [
    ([RUNS], "on devkit with 61000 bytes free"), ([ROM, "", RUNS, "kald: faults 4"], "on devkit with 61000 bytes free"),
    (["kald: started as bridge on heltec_v3"], "as bridge on heltec_v3"), ([UNPAIRED], "this badge is not paired"),
    (["kald: faults 4"] * 50 + [RUNS], "on devkit with 61000 bytes free"),
    ([UNPAIRED.replace("run", "its keys are gone, it was badge 7; run")], "this badge is not paired"),
])
def test_who_has_started_says_on_what_and_with_how_much_heap(lines, says):
    badge = Said(*lines)
    assert proof.started(badge, lambda: badge.now_s) == says
    assert badge.resets == 1 and badge.now_s < 10


@pytest.mark.parametrize(("lines", "means"), [
    ([FALLS] * 9, "again and again (MemoryError: no room"), ([RUNS, FALLS], "again and again (MemoryError"),
    ([RUNS, RUNS], "again and again"), ([RUNS, "", PANIC, RUNS], "again and again (rst:0x7"),
    (["kald: settings.json: hold_ms must be a whole number from 400 to 1900", "kald: lifeboat"], "hold_ms must be"),
    ([FALLS] * 4 + ["kald: lifeboat"], "as its lifeboat"), ([], "says nothing in 30 s"),
    ([FALLS] * 3 + ["kald: not proven; back to a", RUNS], "went back to the one before"),
    (["kald: no firmware here yet, or not all of it; run: kald flash"], "again and again (kald: no firmware"),
    ([UNPAIRED, UNPAIRED], "again and again"),
])
def test_a_badge_that_boots_again_and_again_has_not_started(lines, means):
    badge = Said(*lines)
    with pytest.raises(Refusal) as refused:
        proof.started(badge, lambda: badge.now_s)
    assert means in str(refused.value) and ":" in str(refused.value)


@pytest.mark.parametrize(("machine", "board", "fits"), [
    ("Generic ESP32 module with ESP32", "devkit", True), ("Generic ESP32S3 module with ESP32S3", "heltec_v3", True),
    ("ESP32 module (spiram) with ESP32", "m5stick_plus2", True), ("M5Stack StickC with ESP32-PICO", "devkit", True),
    ("linux [GCC 14.2.1] version", "devkit", True), ("", "heltec_v3", True),
    ("Generic ESP32S3 module with ESP32S3", "devkit", False), ("Generic ESP32 module with ESP32", "heltec_v3", False),
    ("ESP32C3 module with ESP32C3", "devkit", False), ("ESP32S2 with ESP32-S2", "m5stick_plus2", False),
])
def test_chip_and_board_must_match(machine, board, fits):
    offers = Offer(version=(1, 24), machine=machine, board=board)
    if fits:
        fit.fits(offers)
    else:
        with pytest.raises(Refusal, match="is --board right"):
            fit.fits(offers)


@pytest.mark.parametrize("version", [(0, 0), (1, 19), (1, 23)])
def test_an_older_micropython_is_named_with_the_way_out(version):
    with pytest.raises(Refusal, match=r"MicroPython is \d+\.\d+, and 1.24 or newer is wanted: kald flash --install"):
        fit.fits(Offer(version=version))


def test_pair_leaves_nothing_on_another_chip_nor_in_the_house(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fit, "mpremote", lambda *words, **more: "machine Generic ESP32S3 module with ESP32S3\n")
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        words = [badge.port, "--name", "Anna", "--gateway", "127.0.0.1", "--ssid", "house", "--open"]
        assert pair_command.main([*words, "--data", str(tmp_path)]) == 2
        assert pair_command.main([badge.port, "--bridge", "1"]) == 2
        assert "is --board right? Nothing was written" in capsys.readouterr().err
        assert pair_command.main([*words, "--board", "heltec_v2", "--data", str(tmp_path)]) == 2
        assert "there is no kind of board called heltec_v2" in capsys.readouterr().err
        assert not (badge.folder / "nvs").exists() and not (tmp_path / "kald.sqlite").exists()


def test_pair_leaves_nothing_on_a_board_that_its_firmware_does_not_know(tmp_path, capsys):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        slots.flash(ROOT, badge.port)
        words = [badge.port, "--name", "Anna", "--gateway", "127.0.0.1", "--ssid", "house", "--open", "--wait", "0"]
        for known, says in ((True, "is not heard"), (False, "knows no m5stick_plus2: run kald flash")):
            if not known:
                (badge.flash / "a" / "firmware" / "board" / "boards" / "m5stick_plus2.mpy").unlink()
            assert pair_command.main([*words, "--board", "m5stick_plus2", "--data", str(tmp_path)]) == 2
            assert says in capsys.readouterr().err


@pytest.mark.parametrize("said", CORRUPT)
def test_a_file_system_that_does_not_mount_is_met_with_the_way_out(said):
    with pytest.raises(Refusal, match="does not mount.*: kald flash --install erases .*; then pair it again"):
        unmounted("port", f"b'\\r\\n{said}'")
    assert "kald flash --install, then pair" in plain(said.split("\r\n")[0])
    unmounted("port", "could not enter raw repl")


def test_flash_meets_a_badge_whose_files_cannot_be_read(capsys, monkeypatch):
    monkeypatch.setattr(image, "WORD_S", 2)
    monkeypatch.setattr(cable, "_REST_S", 0.7)
    chip, cable_end = os.openpty()
    tty.setraw(cable_end)
    ended = threading.Event()

    def complain():
        while not ended.wait(0.1):
            os.write(chip, CORRUPT[0].encode() + b"\r\n\r\n")

    thread = threading.Thread(target=complain)
    thread.start()
    try:
        assert flash_command.main([os.ttyname(cable_end)]) == 2
    finally:
        ended.set()
        thread.join()
        os.close(chip)
        os.close(cable_end)
    said = capsys.readouterr().err
    assert "does not mount" in said and "Traceback" not in said


def test_a_part_that_raises_is_a_line_and_the_next_has_its_turn(capsys, monkeypatch):
    text = SCRIPT.read_text().rpartition('\ntried("board", main)')[0]
    script = {"__name__": "selftest"}
    exec(compile(text, "selftest.py", "exec"), script)
    board = SimpleNamespace(battery=SimpleNamespace(percent=lambda: 255))
    script["tried"]("battery", script["power"], board, SimpleNamespace(CHIP="esp32"))
    script["tried"]("radio", lambda: sys.modules["no such module"])
    script["tried"]("heap", script["say"], True, "heap", "61000 bytes free")
    said = capsys.readouterr().out
    assert script["failed"] == ["battery", "radio"] and "never calibrated" in said
    assert "not ok radio: KeyError" in said and "ok heap" in said and "Traceback" not in said


@pytest.mark.parametrize(("ends", "waits_s"), [(KeyboardInterrupt(), cable.SOON_S), (Refusal("silent"), cable.WORD_S)])
def test_a_self_test_that_is_broken_off_waits_for_no_badge_that_hangs(monkeypatch, ends, waits_s):
    asked = []

    def hangs(port, *words, seconds=cable.COPY_S):
        asked.append((words, seconds))
        raise Refusal("it does not answer")

    def run(*given):
        raise ends

    monkeypatch.setattr(on_cable, "mpremote", hangs)
    monkeypatch.setattr(on_cable, "_run", run)
    with pytest.raises(type(ends)) as ended:
        on_cable.selftest("port")
    assert ended.value is ends and asked == [(("resume", "reset"), waits_s)]


TOML = "# of the house\nhold_ms = 1000\nlight = 'calls'  # seen, not heard\n"


@pytest.mark.parametrize(("name", "data", "means"), [
    ("s.json", b'{"hold_ms": 1000}', {"hold_ms": 1000}),
    ("s.json", b'\xef\xbb\xbf{"hold_ms": 1000}', {"hold_ms": 1000}),
    ("s.toml", TOML.encode(), {"hold_ms": 1000, "light": "calls"}),
    ("S.TOML", b"\xef\xbb\xbf" + TOML.replace("\n", "\r\n").encode(), {"hold_ms": 1000, "light": "calls"}),
    ("s.toml", b"hold_ms 1000", "is no TOML"), ("s.json", "{}".encode("utf-16"), "not written in UTF-8"),
])
def test_settings_are_json_or_toml_as_any_editor_writes_them(tmp_path, name, data, means):
    (tmp_path / name).write_bytes(data)
    if isinstance(means, str):
        with pytest.raises(ValueError, match=means):
            settings_file.read(tmp_path / name)
    else:
        text = settings_file.read(tmp_path / name)
        assert json.loads(text) == means and read_settings(text)["hold_ms"] == 1000
