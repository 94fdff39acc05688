"""Does a board as it is bought become a proven badge, and is nothing erased that nobody gave up? By esptool itself."""

import hashlib
import json
import random
import re
import signal
import struct
import subprocess
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.cli import flash as flash_command
from tools.cli.flash import main as flash
from tools.flash import blank, cable, chip, micropython, pairing, slots, tray
from tools.flash.cable import Refusal
from tools.flash.image import Offer
from tools.sim.virtual import BareBoard, VirtualBadge

ESP32, S3 = "esp32", "esp32s3"
NAMES = {ESP32: "ESP32_GENERIC-20251001-v1.25.0.bin", S3: "ESP32_GENERIC_S3-20251001-v1.25.0.bin"}
MB = 1 << 20


def program(kind=ESP32, body=b"", version=b"v1.25.0", magic=0xABCD5432):
    """Return a boot loader or program as Espressif's form wants it, with its digest."""
    segment = (struct.pack("<IIII", magic, 0, 0, 0) + version.ljust(32, b"\0") + b"micropython".ljust(32, b"\0") + body)
    segment = segment.ljust(-(-len(segment) // 4) * 4, b"\0")
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080000)
    head += b"\0" * 4 + struct.pack("<H", {ESP32: 0, S3: 9, "esp32c3": 5}[kind]) + b"\0" * 9 + b"\x01"
    made = head + struct.pack("<II", 0x3F400020, len(segment)) + segment
    made = made.ljust(len(made) // 16 * 16 + 15, b"\0") + b"\xef"
    return made + hashlib.sha256(made).digest()


def image(kind=ESP32, flash=4 * MB, label=b"vfs", version=b"v1.25.0", magic=0xABCD5432):
    """Return what a house downloads: boot loader, table of partitions, program."""
    begins = {ESP32: 0x1000}.get(kind, 0)
    parts = ((1, 0x9000, 0x6000, b"nvs"), (0, 0x10000, 0x1F0000, b"factory"), (1, 0x200000, flash - 0x200000, label))
    table = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", kind, 2, at, size, name, 0)
                     for kind, at, size, name in parts)
    made = program(kind).ljust(0x8000 - begins, b"\xff") + table
    return made.ljust(0x10000 - begins, b"\xff") + program(kind, random.Random(1).randbytes(60_000), version, magic)


def on_chip(data, kind=ESP32):
    """Return a flash on which `data` was written."""
    return b"\xff" * {ESP32: 0x1000}.get(kind, 0) + data


WHOLE = image()
FOREIGN = on_chip(image(label=b"spiffs"))
PYTHON = on_chip(WHOLE)


@pytest.fixture
def kept(tmp_path):
    """A house's folder of images, with the digests that it believes."""
    folder = tmp_path / "images"
    folder.mkdir()
    for kind, name in NAMES.items():
        (folder / name).write_bytes(image(kind))
    (folder / micropython.SUMS).write_text("".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in NAMES.values()))
    return folder


def failing(said):
    """Return what finds no MicroPython."""
    def fails(*words):
        raise cable.NoPrompt(said)

    return fails


@pytest.fixture
def quick(monkeypatch):
    """What comes after MicroPython is on the chip is not tried again and again."""
    done = slots.Flashed(1, False, "as it should", True)
    monkeypatch.setattr(flash_command.slots, "flash", lambda *given, **more: done)
    monkeypatch.setattr(blank, "_TALKS_S", 1)


@pytest.mark.parametrize("content, kind, words, code, says, written", [
    (None, ESP32, [], 2, "no MicroPython is at hand: get ESP32_GENERIC, 1.24 or newer, from https", False),
    (None, ESP32, ["--image", "{images}"], 0, "holds nothing; MicroPython 1.25 goes onto it", True),
    (None, S3, ["--image", "{images}"], 0, "ESP32-S3 with 4 MB .* from ESP32_GENERIC_S3", True),
    (None, "esp32c3", ["--image", "{images}"], 2, "is an ESP32-C3, and no board that Kald knows has one", False),
    (FOREIGN, ESP32, ["--image", "{images}"], 2, "holds another program: --install erases it", False),
    (FOREIGN, ESP32, ["--image", "{images}", "--install"], 0, "holds another program; MicroPython", True),
    (PYTHON, ESP32, ["--image", "{images}"], 0, "it has started", False),
    (PYTHON, ESP32, ["--image", "{images}", "--install"], 0, "holds MicroPython; MicroPython 1.25 goes", True),
])
def test_what_is_on_a_chip_decides_what_may_be_written(tmp_path, kept, capsys, quick, content, kind, words, code, says,
                                                       written):
    with BareBoard(tmp_path / "board", "anna", chip=kind, content=content) as board:
        words = [word.format(images=kept) for word in words]
        assert flash([board.port, "--data", str(tmp_path / "none"), *words]) == code, capsys.readouterr()
        said = capsys.readouterr()
        assert re.search(says, said.out + said.err, re.DOTALL) and "Traceback" not in said.err
        assert (0xD0 in board.chip.commands) == written, "the chip was erased, or was not"


def test_a_badge_that_slept_is_woken_by_the_look_and_keeps_its_keys(tmp_path, kept, monkeypatch):
    asked = []

    def once(port, seconds=0):
        asked.append(port)
        if len(asked) == 1:
            raise cable.NoPrompt("it does not answer")
        return "offer"

    monkeypatch.setattr(blank.image, "asked", once)
    with BareBoard(tmp_path / "board", "anna", content=PYTHON) as board:
        assert blank.offered(board.port, kept, False, print, print) == "offer"
        assert 0xD0 not in board.chip.commands and len(asked) == 2
        monkeypatch.setattr(blank.image, "asked", failing("it does not answer"))
        with pytest.raises(Refusal, match="is a MicroPython: --install erases all .* keys and settings are lost"):
            blank.offered(board.port, kept, False, print, print)


def test_a_cable_that_comes_out_while_it_is_written_is_told_and_the_next_flash_begins_anew(tmp_path, kept, capsys,
                                                                                          quick, monkeypatch):
    run = subprocess.Popen
    with BareBoard(tmp_path / "board", "anna") as board:
        def cut(command, **more):
            if "write-flash" in command:
                board.cut_after = 40_000
            return run(command, **more)

        monkeypatch.setattr(chip.subprocess, "Popen", cut)
        with monkeypatch.context() as soon:
            soon.setattr(chip, "WRITE_S", 4)  # what hangs on the cable that is out is ended; the next has all its time
            assert flash([board.port, "--image", str(kept)]) == 2
        assert "the cable came out" in capsys.readouterr().err
        assert not board.chip.boots()
        monkeypatch.setattr(chip.subprocess, "Popen", run)
        board.cut_after = None
        assert flash([board.port, "--image", str(kept)]) == 0


def test_a_port_that_is_no_chip_is_told_what_to_press(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(blank.image, "asked", failing("nothing"))
    monkeypatch.setattr(chip, "_esptool", lambda *words, **more: (_ for _ in ()).throw(Refusal(said(
        "A fatal error occurred: Failed to connect to ESP32: No serial data received."))))
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        assert flash([badge.port]) == 2
    assert "hold its BOOT key" in capsys.readouterr().err


def said(text, written=False):
    """Return the sentence that becomes of what esptool says."""
    return next((meaning for pattern, meaning in chip._WHY if re.search(pattern, text)), text)


@pytest.mark.parametrize("text, meaning", [
    ("Failed to connect to ESP32-S3: No serial data received.", "hold its BOOT key"),
    ("Wrong boot mode detected (0x13)! The chip needs to be in download mode.", "hold its BOOT key"),
    ("Detected flash encryption and secure download mode enabled.", "another board is wanted"),
    ("MD5 of file does not match data in flash!", "another cable or USB port"),
    ("[Errno 5] Input/output error: device disconnected", "the cable came out"),
])
def test_what_esptool_says_becomes_a_sentence_with_what_to_do(text, meaning):
    assert meaning in said(text)


@pytest.mark.parametrize("name, data, why", [
    (NAMES[ESP32], b"", "no image for an ESP32"),
    (NAMES[ESP32], b"<html>" * 9000, "no image for an ESP32"),
    (NAMES[ESP32], program(body=bytes(40_000)), "a part of an image: the whole one is wanted"),
    (NAMES[ESP32], WHOLE[:-100], "cut short or damaged"),
    (NAMES[ESP32], WHOLE[:-5000] + b"x" + WHOLE[-4999:], "cut short or damaged"),
    (NAMES[ESP32], image(label=b"spiffs"), "another program than MicroPython"),
    (NAMES[ESP32], image("esp32c3"), "for another chip than ESP32 and ESP32-S3"),
    (NAMES[ESP32], image(S3), "is for an ESP32S3, and this chip is an ESP32"),
    (NAMES[ESP32], image(flash=8 * MB), "is for 8 MB of flash, and this chip has 4"),
    ("ESP32_GENERIC-20240101-v1.22.2.bin", WHOLE, "is older than 1.24"),
    ("firmware.bin", image(version=b"v1.20.0"), "is older than 1.24"),
])
def test_an_image_that_cannot_serve_is_refused_before_anything_is_erased(tmp_path, name, data, why):
    path = tmp_path / name
    path.write_bytes(data)
    for place in (path, tmp_path):
        with pytest.raises(Refusal, match=why) as refused:
            micropython.chosen(place, ESP32, 4 * MB)
        assert "micropython.org/download/ESP32_GENERIC/" in str(refused.value)


@pytest.mark.parametrize("beside, digest, listed", [
    (None, "", False), (micropython.SUMS, "right", True), (micropython.SUMS, "wrong", None),
    ("{name}.sha256", "right", True), ("{name}.sha256", "wrong", None), (micropython.SUMS, "another's", False),
])
def test_a_digest_that_the_house_lists_is_believed_over_the_file(tmp_path, beside, digest, listed):
    name = NAMES[ESP32]
    (tmp_path / name).write_bytes(WHOLE)
    good = hashlib.sha256(WHOLE).hexdigest()
    if beside:
        of = "x.bin" if digest == "another's" else name
        (tmp_path / beside.format(name=name)).write_text(f"{'0' * 64 if digest == 'wrong' else good} *{of}\n")
    if listed is None:
        with pytest.raises(Refusal, match="whose digest is listed beside it"):
            micropython.chosen(tmp_path / name, ESP32, 4 * MB)
    else:
        assert micropython.chosen(tmp_path / name, ESP32, 4 * MB).listed is listed


@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_bytes_of_any_kind_are_an_image_or_a_sentence(tmp_path_factory, data, at):
    path = tmp_path_factory.mktemp("image", numbered=True) / "x.bin"
    path.write_bytes(WHOLE[:at] + data + WHOLE[at + len(data) :])
    try:
        assert micropython.read(path).chip in micropython.BEGINS
    except micropython.Wrong as wrong:
        assert str(wrong)


def test_of_a_folder_the_newest_plain_image_that_fits_is_taken(tmp_path):
    for name, data in {"ESP32_GENERIC-20250101-v1.24.1.bin": WHOLE, "ESP32_GENERIC-20251001-v1.25.0.bin": WHOLE,
                       "ESP32_GENERIC-SPIRAM-20260101-v1.26.0.bin": WHOLE, "notes.bin": b"no image",
                       "ESP32_GENERIC-20260101-v1.27.0.bin": image(flash=16 * MB),
                       "ESP32_GENERIC_S3-20260101-v1.27.0.bin": image(S3)}.items():
        (tmp_path / name).write_bytes(data)
    assert micropython.chosen(tmp_path, ESP32, 4 * MB).path.name == "ESP32_GENERIC-20251001-v1.25.0.bin"
    assert micropython.chosen(tmp_path, S3, 8 * MB).version == (1, 27)
    (tmp_path / "ESP32_GENERIC-20251001-v1.25.0.bin").unlink()
    (tmp_path / "ESP32_GENERIC-20250101-v1.24.1.bin").unlink()
    assert "SPIRAM" in micropython.chosen(tmp_path, ESP32, 4 * MB).path.name


def test_a_tray_is_flashed_side_by_side_and_one_that_fails_stops_no_other(tmp_path, kept, capsys, quick, monkeypatch):
    boards = [BareBoard(tmp_path / "a", "a"), BareBoard(tmp_path / "b", "b", content=FOREIGN),
              BareBoard(tmp_path / "c", "c", content=PYTHON)]
    monkeypatch.setattr(flash_command, "find_all", lambda: [board.port for board in boards] + ["/dev/gone"])
    try:
        for board in boards:
            board.start()
        assert flash(["--all", "--image", str(kept), "--json"]) == 2
        rows = json.loads(capsys.readouterr().out)["boards"]
    finally:
        for board in boards:
            board.close()
    assert [row["code"] for row in rows] == [0, 2, 0, 2]
    assert "has started" in rows[0]["says"][-1] and "another program" in rows[1]["says"][-1]
    assert "is the cable plugged in?" in rows[3]["says"][-1]
    assert [0xD0 in board.chip.commands for board in boards] == [True, False, False]
    assert flash(["--all", "/dev/one"]) == 2


@pytest.fixture
def heeded():
    """Ctrl-C is heeded, also where whoever began the tests has it ignored, as a shell does behind an &."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_a_tray_within_a_file_and_begins_no_board_more(heeded):
    begun, ended = [], []

    def one(port, say, hear):
        begun.append(port)
        if len(begun) == tray.AT_ONCE:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        for count in range(2000):
            hear(f"{count} of 2000 files")
            time.sleep(0.005)
        ended.append(port)
        return 0

    with pytest.raises(KeyboardInterrupt):
        tray.flashed([f"COM{n}" for n in range(3 * tray.AT_ONCE)], one, lambda line: None)
    assert len(begun) == tray.AT_ONCE and not ended


def test_a_full_disk_is_the_row_of_its_board_and_no_other_s():
    def one(port, say, hear):
        if port == "COM3":
            raise OSError(28, "No space left on device")
        return 0

    rows = tray.flashed(["COM3", "COM4"], one, lambda line: None)
    assert [row.code for row in rows] == [2, 0] and "No space left on device" in rows[0].last


def test_the_table_of_a_tray_has_a_line_for_each_and_counts_the_good(capsys, monkeypatch):
    monkeypatch.setattr(flash_command, "find_all", lambda: ["COM3", "COM12"])
    monkeypatch.setattr(flash_command, "check", lambda port: None)

    def one(given, port, say, hear):
        say(f"the firmware is on {port}")
        return int(port == "COM12")

    monkeypatch.setattr(flash_command, "_flashed", one)
    assert flash(["--all"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "COM3   ok        the firmware is on COM3", "COM12  not well  the firmware is on COM12", "1 of 2 are well"]


def test_a_badge_whose_keys_were_erased_is_told_from_a_new_one(tmp_path, quick, capsys):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        assert flash([badge.port]) == 0 and capsys.readouterr().out.strip().endswith("Next: kald pair")
        keys = {"device": 7, "up": "1" * 32, "down": "2" * 32, "ssid": "house", "password": "", "gateway": "10.0.0.2",
                "port": 5570}
        pairing.write(badge.port, keys)
        (badge.folder / "nvs" / "kald" / "pairing").unlink()  # as the port does where NVS has no free page
        assert flash([badge.port]) == 0
        assert "It was badge 7, and its keys are gone" in capsys.readouterr().out
        pairing.erase(badge.port)
        assert flash([badge.port]) == 0 and "keys are gone" not in capsys.readouterr().out


@pytest.mark.parametrize("board, in_alarm, erased", [("devkit", False, False), ("devkit", True, True),
                                                     ("", False, True)])
def test_a_badge_that_calls_is_not_erased_unless_that_is_said(monkeypatch, tmp_path, kept, board, in_alarm, erased):
    wrote = []

    class Prompt:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def run(self, script):
            return ""

        def ask(self, script):
            return script == "print(open_alarm())"

    monkeypatch.setattr(blank, "overheard", lambda *words: "")
    monkeypatch.setattr(blank.image, "asked", lambda *words: Offer(board=board))
    monkeypatch.setattr(blank, "opened", lambda port: Prompt())
    monkeypatch.setattr(chip, "look", lambda port: chip.Chip(ESP32, "ESP32", 4 * MB, chip.MICROPYTHON))
    monkeypatch.setattr(chip, "write", lambda *words: wrote.append(words))
    try:
        blank.offered("port", kept, True, print, print, in_alarm)
    except Refusal as refusal:
        assert "an alarm is open on this badge" in str(refusal)
    assert bool(wrote) == erased
