"""Does the checker pass the boards that we ship, and refuse every kind of board that cannot work?"""

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.settings import PLACES
from tools.cli.boards import main
from tools.flash.boards.check import BLE, FOLDER, LINES, check, read, wiring
from tools.flash.boards.chips import CHIPS
from tools.flash.cable import Refusal
from tools.flash.pairing_options import beacons
from waits import HANGS_S

BOARDS = {path.stem: read(path) for path in sorted(FOLDER.glob("[a-z]*.py"))}


@pytest.mark.parametrize("name", BOARDS)
def test_our_boards_can_work(name):
    assert check(BOARDS[name]) == []


def test_there_are_the_boards_of_the_design():
    assert set(BOARDS) == {"devkit", "heltec_v3", "m5stick_plus2", "tbeam_supreme"}
    assert {board["CHIP"] for board in BOARDS.values()} == set(CHIPS)


@pytest.mark.parametrize(
    "name, change, why",
    [
        ("devkit", {"MOTOR": 33}, "GPIO 33 is used twice: BUTTON and MOTOR"),
        ("devkit", {"MOTOR": 34, "ACCEL_INT": 25}, "GPIO 34 is an input only"),
        ("devkit", {"I2C_SDA": 36}, "GPIO 36 is an input only"),
        ("devkit", {"BUTTON": 36, "WAKE_EXT0": 36}, "GPIO 36 has no pull-up"),
        ("devkit", {"BUTTON": 0, "WAKE_EXT0": 0}, "GPIO 0 straps the chip"),
        ("devkit", {"BUTTON": 15, "WAKE_EXT0": 15}, "GPIO 15 straps the chip"),
        ("devkit", {"I2C_SCL": 12}, "GPIO 12 must be low at reset"),
        ("devkit", {"LORA_CS": 2}, "GPIO 2 must be low at reset"),
        ("devkit", {"LORA_MISO": 12}, "GPIO 12 must be low at reset"),
        ("devkit", {"MOTOR": 0}, "GPIO 0 must be high at reset"),
        ("devkit", {"LORA_CS": 6}, "belongs to the flash"),
        ("devkit", {"LORA_CS": 24}, "there is no GPIO 24"),
        ("devkit", {"BATTERY": 27, "LORA_BUSY": 16}, "Wi-Fi takes ADC2"),
        ("devkit", {"LORA_RESET": 3}, "GPIO 3 is used twice: CONSOLE"),
        ("devkit", {"BUTTON": 22, "I2C_SCL": 33, "WAKE_EXT0": 22}, "GPIO 22 is no RTC pin"),
        ("devkit", {"WAKE_EXT1": (26, 23)}, "GPIO 23 is no RTC pin"),
        ("devkit", {"WAKE_EXT1": (26, 33), "WAKE_EXT0": None}, "BUTTON is low when it speaks"),
        ("devkit", {"WAKE_EXT0": 26, "WAKE_EXT1": (34,)}, "BUTTON must be WAKE_EXT0"),
        ("devkit", {"WAKE_EXT0": (33, 26)}, "one such line"),
        ("devkit", {"WAKE_EXT1": (25,)}, "MOTOR is no line that wakes"),
        ("devkit", {"WAKE_EXT1": (15,)}, "nothing is on GPIO 15"),
        ("devkit", {"WAKE_EXT1": 26}, "tuple"),
        ("devkit", {"ACCEL_ADDRESS": 0x53}, "an lis3dh never answers at 0x53"),
        ("devkit", {"ACCEL": "bma423"}, "ACCEL must be one of"),
        ("devkit", {"LORA": "sx1280"}, "LORA must be one of"),
        ("devkit", {"BLE": "beside Wi-Fi"}, "do not fit together into the memory of an esp32"),
        ("heltec_v3", {"BLE": True}, "BLE is"),
        ("devkit", {"LORA": None, "LORA_BUSY": 27}, "does not name a radio"),
        ("devkit", {"LORA_DIO1": None, "WAKE_EXT1": (34,)}, "LORA_DIO1 is missing"),
        ("devkit", {"BATTERY": None}, "either BATTERY or PMU"),
        ("devkit", {"BATTERY_EMPTY_UV": 4200000}, "must be below"),
        ("devkit", {"BUTON": 33}, "BUTON is not a name"),
        ("devkit", {"BUTTON": "33"}, "must be the number of a pin"),
        ("devkit", {"MOTOR": True}, "must be the number of a pin"),
        ("devkit", {"CHIP": "esp32c3"}, "CHIP must be one of"),
        ("m5stick_plus2", {"BUTTON_PULL": None}, "GPIO 37 has no pull-up"),
        ("m5stick_plus2", {"MOTOR": 2}, "GPIO 2 is used twice: MOTOR and BUZZER"),
        ("m5stick_plus2", {"LIGHT": 27}, "GPIO 27 is used twice: TAKEN and LIGHT"),
        ("devkit", {"BUZZER": 36}, "GPIO 36 is an input only"),
        ("devkit", {"LIGHT": 0}, "GPIO 0 must be high at reset"),
        ("m5stick_plus2", {"I2C_SCL": 18}, "belongs to the flash"),
        ("heltec_v3", {"I2C_SCL": 45}, "GPIO 45 must be low at reset"),
        ("heltec_v3", {"ACCEL_INT": 38}, "WAKE_EXT1: nothing is on GPIO 7"),
        ("heltec_v3", {"BUTTON": 40, "WAKE_EXT0": 40}, "GPIO 40 is no RTC pin"),
        ("heltec_v3", {"BATTERY": 15}, "Wi-Fi takes ADC2"),
        ("heltec_v3", {"MOTOR": 27}, "belongs to the flash"),
        ("heltec_v3", {"MOTOR": 23}, "there is no GPIO 23"),
        ("tbeam_supreme", {"PMU_RAILS": ("aldo9", 3300)}, "no rail called aldo9"),
        ("tbeam_supreme", {"PMU_RAILS": ("aldo3", 5000)}, "not 5000 mV"),
        ("tbeam_supreme", {"PMU_RAILS": ("aldo3",)}, "name, mV"),
        ("tbeam_supreme", {"PMU_IRQ": None}, "PMU_IRQ is missing"),
        ("tbeam_supreme", {"PMU_SCL": 44}, "GPIO 44 is used twice"),
        ("tbeam_supreme", {"ACCEL_ADDRESS": 0x5A}, "answer at the same address 0x5A"),
        ("tbeam_supreme", {"MOTOR_ADDRESS": 0x5B}, "an drv2605 never answers at 0x5B"),
        ("tbeam_supreme", {"WAKE_EXT0": 40}, "GPIO 40 is no RTC pin"),
    ],
)
def test_a_board_that_cannot_work_is_refused(name, change, why):
    board = {key: value for key, value in {**BOARDS[name], **change}.items() if value is not None}
    sentences = check(board)
    assert any(why in sentence for sentence in sentences), sentences


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BOARDS)), st.dictionaries(st.sampled_from(sorted(LINES)), st.integers(-1, 50)))
def test_whatever_passes_keeps_the_rules(name, change):
    board = {**BOARDS[name], **{key: pin for key, pin in change.items() if key in BOARDS[name]}}
    sentences = check(board)
    if sentences:
        assert all(isinstance(sentence, str) and sentence for sentence in sentences)
        return
    pins = [board[key] for key in LINES if key in board]
    chip = CHIPS[board["CHIP"]]
    assert len(set(pins)) == len(pins) and set(pins) <= chip.pins
    assert not set(pins) & (set(board["CONSOLE"]) | set(board.get("TAKEN", ())))
    driven = ("MOTOR", "BUZZER", "LIGHT", "I2C_SCL", "I2C_SDA", "LORA_CS", "LORA_SCK", "LORA_RESET")
    assert not {board[key] for key in driven if key in board} & chip.input_only
    assert board.get("BUTTON") not in chip.needs
    assert {board.get("WAKE_EXT0", 0), *board.get("WAKE_EXT1", ())} - {0} <= chip.rtc


@pytest.mark.parametrize(
    "text, why",
    [
        ("BUTTON = 33\nBUTTON = 34\n", "given twice"), ("import machine\n", "NAME = value"),
        ("BUTTON = pin(3)\n", "plain value"), ("BUTTON, MOTOR = 1, 2\n", "NAME = value"),
    ],
)
def test_a_board_file_is_plain_data(tmp_path, text, why):
    path = tmp_path / "odd.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=why):
        read(path)


def test_the_command_shows_the_wiring_and_refuses(tmp_path, capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "devkit (esp32): ok" in shown and "BUTTON          GPIO 33" in shown
    assert [shown.count(sentence) for sentence in BLE.values()] == [1, 1, 2]
    assert len(wiring(BOARDS["devkit"])) == 18
    assert main(["nowhere"]) == 2 and "there is no board called nowhere" in capsys.readouterr().err
    (tmp_path / "bad.py").write_text((FOLDER / "devkit.py").read_text().replace("MOTOR = 25", "MOTOR = 33"))
    (tmp_path / "torn.py").write_text("MOTOR = (")
    assert main(["--folder", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "bad (esp32): cannot work" in shown and "used twice" in shown and "torn (?): cannot work" in shown


def test_beacons_are_refused_at_the_pairing_where_board_and_wifi_leave_no_room_for_them():
    refused = {("devkit", True), ("m5stick_plus2", True), ("m5stick_plus2", False)}
    for name in [*BOARDS, "one of their own"]:
        for has_wifi in (True, False):
            for place in PLACES:
                text = json.dumps({"place": place})
                if place in ("beacons", "both") and (name, has_wifi) in refused:
                    with pytest.raises(Refusal, match="place"):
                        beacons(text, name, has_wifi)
                else:
                    beacons(text, name, has_wifi)
    beacons(None, "devkit", True)


def test_micropython_reads_the_same_data(micropython):
    script = f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
    for name, board in BOARDS.items():
        script += f"import {name}\n"
        script += "".join(f"assert {name}.{key} == {value!r}, {key!r}\n" for key, value in board.items())
    run = subprocess.run([*micropython, "-c", script], capture_output=True, text=True, timeout=HANGS_S)
    assert run.returncode == 0, run.stderr
