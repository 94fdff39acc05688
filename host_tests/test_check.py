"""Does `kald check` run on a board as on a chip, tell what is not as believed, and name where a chip hangs?"""

import json
import sys
import types

import pytest

from tools.cli import check as check_command
from tools.cli.check import main
from tools.flash import chip_check
from tools.flash.boards.check import FOLDER, read
from tools.flash.cable import Refusal
from tools.sim.virtual import VirtualBadge
from waits import until

PARTS = ("chip", "loop", "alloc", "aes", "NVS", "RTC", "ADC", "I2C 0", "button", "sleep", "Bluetooth", "Wi-Fi", "traps")


def test_a_board_is_checked_from_end_to_end_and_its_report_names_nobody(tmp_path, capsys):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        until(lambda: badge.console.endswith(">>> "))
        code = main([badge.port, "--board", "devkit", "--out", str(tmp_path / "report.json")])
        said = capsys.readouterr()
        report = json.loads((tmp_path / "report.json").read_text())
        assert set(PARTS) <= set(report["facts"]), said
        assert report["facts"]["after a reset"] == {"rtc": True, "rtc_other": True, "nvs": True, "cause": 2}, said
        assert set(report["wrong"]) <= {"radio", "alloc", "loop"} and code == bool(report["wrong"]), said
        assert not report["facts"]["alloc"]["free"] and report["facts"]["I2C 0"]["addresses"] == [0x18]
        assert "begin" not in said.out and "anna" not in json.dumps(report)
        assert not (badge.folder / "rtc").exists() or not (badge.folder / "rtc").read_bytes()
        until(lambda: capsys.readouterr() and main([badge.port, "--json"]) == 0)  # no board, no part is tried
        again = json.loads(capsys.readouterr().out)
        assert not {"I2C 0", "radio", "button"} & set(again["facts"])


@pytest.fixture
def script(monkeypatch):
    """Makes the on-chip script a module, with `modules` in place of the port's; it runs nothing by itself."""
    def make(**modules):
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        made = types.ModuleType("check")
        text = chip_check.script().rpartition("main()")[0]
        exec(compile(text, "check.py", "exec"), made.__dict__)
        return made

    return make


class Pin:
    IN = OUT = PULL_UP = 0
    low = ()

    def __init__(self, number, *more, **named):
        self.number = number

    def value(self, level=None):
        return int(self.number not in self.low)


@pytest.mark.parametrize("low, opened", [((), 1), ((21,), 0), ((22,), 0)])
def test_a_held_bus_is_told_and_never_opened(script, capsys, monkeypatch, low, opened):
    made = []

    class I2C:
        def __init__(self, *given, **named):
            made.append(self)

        def scan(self):
            return [0x18]

    monkeypatch.setattr(Pin, "low", low)
    check = script(machine=types.SimpleNamespace(Pin=Pin, I2C=I2C))
    check.time = types.SimpleNamespace(ticks_us=lambda: 0, ticks_diff=lambda a, b: a - b)
    check.PINS = read(FOLDER / "devkit.py")
    check.i2c()
    assert len(made) == opened and bool(check.wrong) == (not opened)
    assert ("is low, and the bus is not opened" in capsys.readouterr().out) == (not opened)


@pytest.mark.parametrize("low", [(), (41,)])
def test_a_radio_behind_a_power_chip_is_fed_before_it_is_asked(script, monkeypatch, low):
    registers = {0x90: 0x80, 0x94: 0}

    class I2C:
        def __init__(self, *given, **named):
            assert not low, "a held bus is not opened"

        def readfrom_mem(self, address, register, n):
            return bytes([registers[register]])

        def writeto_mem(self, address, register, data):
            registers[register] = data[0]

    monkeypatch.setattr(Pin, "low", low)
    check = script(machine=types.SimpleNamespace(Pin=Pin, I2C=I2C))
    check.time = types.SimpleNamespace(sleep_ms=lambda ms: None)
    check.PINS = read(FOLDER / "tbeam_supreme.py")
    check.supply()
    assert registers == ({0x90: 0x80, 0x94: 0} if low else {0x90: 0x84, 0x94: 28}) and not check.wrong


@pytest.mark.parametrize("board, wifi", [("devkit", []), ("heltec_v3", [True, False])])
def test_bluetooth_is_tried_as_the_board_s_file_says_alone_or_beside_wi_fi(script, board, wifi):
    switched, told = [], []

    class Ble:
        def active(self, on):
            """It is."""

        def irq(self, heard):
            told.append(heard)

        def gap_scan(self, ms, every_us, window_us):
            for event in (5, 5, 6):
                told[-1](event, ())

    network = types.SimpleNamespace(STA_IF=0, WLAN=lambda which: types.SimpleNamespace(active=switched.append))
    check = script(bluetooth=types.SimpleNamespace(BLE=Ble), network=network)
    check.time = types.SimpleNamespace(ticks_ms=lambda: 0, ticks_diff=lambda a, b: a - b, sleep_ms=lambda ms: None)
    check.PINS = read(FOLDER / f"{board}.py")
    check.ble()
    assert switched == wifi and check.found["Bluetooth"]["heard"] == 2 and not check.wrong


@pytest.mark.parametrize("heads, well", [([b"\xff" * 4, b"\xfe\xff\xff\xff"], True),
                                         ([b"\xfc\xff\xff\xff"] * 2, False)])
def test_an_nvs_without_a_free_page_is_told_before_the_port_erases_it(script, capsys, heads, well):
    class Partition:
        TYPE_DATA = 1

        @staticmethod
        def find(kind, label):
            return [Partition()]

        def info(self):
            return 1, 2, 0x9000, 4096 * len(heads), "nvs", False

        def readblocks(self, block, buf, at):
            buf[:] = heads[block]

    check = script(esp32=types.SimpleNamespace(Partition=Partition))
    check.pages()
    assert (not check.wrong) == well
    assert ("may erase all, keys included" in capsys.readouterr().out) == (not well)


@pytest.mark.parametrize("version, tells, tells_not", [
    ((1, 24, 1), "config(channel=) has no effect", "I2C"), ((1, 25, 0), "WLAN.active() waits", "channel"),
    ((1, 26, 0), "takes some KB more", "I2C"), ((1, 29, 0), "a held I2C bus may abort", "channel")])
def test_each_version_s_known_traps_are_told(script, capsys, version, tells, tells_not):
    check = script()
    check.sys = types.SimpleNamespace(implementation=types.SimpleNamespace(version=version))
    check.traps()
    said = capsys.readouterr().out
    assert tells in said and tells_not not in said and not check.wrong


def test_a_part_that_raises_is_a_line_and_the_next_one_s_turn_comes(script, capsys):
    def raises(*given, **named):
        raise OSError(5)

    machine = types.SimpleNamespace(WDT=lambda timeout: types.SimpleNamespace(feed=lambda: None))
    check = script(machine=machine)
    for part in ("chip", "loop", "alloc", "nvs", "rtc", "adc", "i2c", "supply", "radio", "wake", "ble", "wifi"):
        raises.__name__ = part
        setattr(check, part, raises)
    check.main()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert not last["ok"] and "traps" in last["facts"]


def test_where_a_chip_hangs_is_named(monkeypatch):
    def hung(port, text, hear, what):
        for line in ("begin chip", "ok chip: well", "begin wifi"):
            hear(line)
        raise Refusal("the check did not come to its end on port")

    monkeypatch.setattr(chip_check, "run", hung)
    with pytest.raises(Refusal, match="started anew, in: wifi. Please send us these lines"):
        chip_check.checked("port", "devkit", lambda line: None)


@pytest.mark.parametrize("words, says", [(["/dev/none"], "is the cable plugged in?")] + [
    (["--board", name], f"there is no kind of board called {name}; there are devkit")
    for name in ("heltec_v2", "../../settings", "/etc/passwd", "__init__", "devkit\0", "x" * 300)])
def test_what_cannot_be_checked_is_said_before_anything_runs(capsys, words, says):
    assert main(words) == 2 and says in capsys.readouterr().err


def test_a_board_of_another_chip_is_not_driven(capsys, monkeypatch):
    monkeypatch.setattr(check_command, "check", lambda port: None)
    monkeypatch.setattr(check_command.image, "asked", lambda port: check_command.image.Offer(
        machine="Generic ESP32S3 module with ESP32S3"))
    assert main(["port", "--board", "devkit"]) == 2 and "is --board right?" in capsys.readouterr().err
