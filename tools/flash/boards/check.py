"""Can this board file work? Reads it as data and says, in plain sentences, what the chip or the parts forbid.

A board file (firmware/board/boards/NAME.py) is upper-case names and plain values. What each name may be is in LINES and
VALUES below; a name that is in neither is refused, so that a slip of the pen is found here and not at somebody's hip.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.flash.boards.chips import CHIPS, Chip

Board = dict[str, Any]  # name: value; `check` is what says of which type each must be
Pins = dict[str, int]  # name of a line: its pin
FOLDER = Path(__file__).resolve().parents[3] / "firmware" / "board" / "boards"


@dataclass(frozen=True)
class Line:
    """way: in, out, both (I2C) or adc. rest: its level while the chip resets. active: its level when it speaks."""

    way: str
    rest: str
    part: str
    active: str = ""


LINES = {
    "BUTTON": Line("in", "pressed", "button", "low"),
    "MOTOR": Line("out", "low", "motor"),
    "BUZZER": Line("out", "low", "buzzer"),
    "LIGHT": Line("out", "low", "light"),
    "FUNCTION": Line("in", "pressed", "button", "low"),
    "CLIP": Line("in", "pressed", "clip", "low"),
    "CHARGER": Line("in", "unknown", "charger", "low"),
    "HOLD": Line("out", "low", "power hold"),
    "I2C_SCL": Line("both", "high", "I2C"),
    "I2C_SDA": Line("both", "high", "I2C"),
    "ACCEL_INT": Line("in", "unknown", "accelerometer", "high"),
    "BATTERY": Line("adc", "unknown", "battery divider"),
    "BATTERY_SWITCH": Line("out", "unknown", "battery divider"),
    "PMU_SCL": Line("both", "high", "PMU"),
    "PMU_SDA": Line("both", "high", "PMU"),
    "PMU_IRQ": Line("in", "high", "PMU", "low"),
    "LORA_SCK": Line("out", "low", "radio"),
    "LORA_MOSI": Line("out", "low", "radio"),
    "LORA_MISO": Line("in", "unknown", "radio"),
    "LORA_CS": Line("out", "high", "radio"),
    "LORA_RESET": Line("out", "high", "radio"),
    "LORA_BUSY": Line("in", "unknown", "radio", "high"),
    "LORA_DIO1": Line("in", "unknown", "radio", "high"),
}
VALUES = {
    "CHIP", "CONSOLE", "TAKEN", "BUTTON_PULL", "BUTTON_PART", "MOTOR_PART", "MOTOR_ADDRESS", "ACCEL", "ACCEL_ADDRESS",
    "PMU", "PMU_ADDRESS", "PMU_RAILS", "LORA", "LORA_TCXO_MV", "BLE", "BATTERY_DIVIDER_MILLI", "BATTERY_EMPTY_UV",
    "BATTERY_FULL_UV", "WAKE_EXT0", "WAKE_EXT1",
}
ADDRESSES = {  # 7-bit, from the data sheets: the levels of their address pins
    "lis3dh": (0x18, 0x19), "lsm6dso": (0x6A, 0x6B), "mpu6886": (0x68, 0x69), "mpu6050": (0x68, 0x69),
    "adxl345": (0x53, 0x1D), "drv2605": (0x5A,), "axp2101": (0x34,),
}
ACCELEROMETERS = ("lis3dh", "lsm6dso", "mpu6886", "mpu6050", "adxl345")
RADIOS = {"sx1262": ("SCK", "MOSI", "MISO", "CS", "RESET", "BUSY", "DIO1"),
          "sx1276": ("SCK", "MOSI", "MISO", "CS", "RESET", "DIO1")}
BLE = {
    "": "no Bluetooth, and hears no beacons",
    "alone": "beacons only without Wi-Fi: the memory of this chip does not hold both",
    "beside Wi-Fi": "beacons, beside Wi-Fi or without it",
}
RAILS = ("aldo1", "aldo2", "aldo3", "aldo4", "bldo1", "bldo2")  # of the AXP2101, lib/axp2101.py


def read(path: Path) -> Board:
    """Return a board file. Raises ValueError for one that is not plain data."""
    found = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise ValueError(f"{path.name}, line {statement.lineno}: a board file holds only NAME = value")
        name = statement.targets[0].id
        if name in found:
            raise ValueError(f"{path.name}, line {statement.lineno}: {name} is given twice")
        try:
            found[name] = ast.literal_eval(statement.value)
        except ValueError as error:
            raise ValueError(f"{path.name}, line {statement.lineno}: {name} is not a plain value") from error
    return found


def check(board: Board) -> list[str]:
    """Return sentences, one for each thing that is wrong with `board`; none when it is right."""
    unknown = sorted(set(board) - set(LINES) - VALUES)
    wrong = [f"{name} is not a name that a board file knows" for name in unknown]
    chip = CHIPS.get(board.get("CHIP", ""))
    if chip is None:
        return [*wrong, f"CHIP must be one of {', '.join(sorted(CHIPS))}"]
    pins = {name: board[name] for name in LINES if name in board}
    for name, pin in pins.items():
        if isinstance(pin, bool) or not isinstance(pin, int):
            wrong.append(f"{name} must be the number of a pin, not {pin!r}")
    if any("must be the number" in sentence for sentence in wrong):
        return wrong
    if board.get("BLE", "") not in BLE:
        wrong.append('BLE is "alone" or "beside Wi-Fi"')
    elif board.get("BLE") == "beside Wi-Fi" and not chip.both:
        wrong.append(f"BLE and Wi-Fi do not fit together into the memory of an {board['CHIP']}: BLE must be \"alone\"")
    return wrong + _complete(board) + _once(board, pins) + _able(board, pins, chip) + _wakes(board, pins, chip)


def _complete(board: Board) -> list[str]:
    wrong = []
    for one, other in (("BUTTON", "BUTTON_PART"), ("MOTOR", "MOTOR_PART"), ("BATTERY", "PMU")):
        if (one in board) == (other in board):
            wrong.append(f"a board has either {one} or {other}")
    needed = ["I2C_SCL", "I2C_SDA", "ACCEL", "ACCEL_ADDRESS", "CONSOLE"]
    if "BATTERY" in board:
        needed += ["BATTERY_DIVIDER_MILLI", "BATTERY_EMPTY_UV", "BATTERY_FULL_UV"]
    if "MOTOR_PART" in board:
        needed.append("MOTOR_ADDRESS")
    if "PMU" in board:
        needed += ["PMU_ADDRESS", "PMU_SCL", "PMU_SDA"]
    if "BUTTON_PART" in board:
        needed += ["PMU", "PMU_IRQ"]
        if board["BUTTON_PART"] != board.get("PMU"):
            wrong.append("BUTTON_PART must be the PMU")
    radio = board.get("LORA")
    if radio is not None and radio not in RADIOS:
        wrong.append(f"LORA must be one of {', '.join(RADIOS)}")
    needed += [f"LORA_{line}" for line in RADIOS.get(radio or "", ())]
    wrong += [f"{name} is missing" for name in needed if name not in board]
    if radio is None and any(name.startswith("LORA_") for name in board):
        wrong.append("there are LORA_ lines, but LORA does not name a radio")
    for part, kinds in (("ACCEL", ACCELEROMETERS), ("MOTOR", ("drv2605",)), ("PMU", ("axp2101",))):
        name = "MOTOR_PART" if part == "MOTOR" else part
        kind = board.get(name)
        address = board.get(f"{part}_ADDRESS")
        if kind is not None and kind not in kinds:
            wrong.append(f"{name} must be one of {', '.join(kinds)}")
        elif kind is not None and address is not None and address not in ADDRESSES[kind]:
            wrong.append(f"{part}_ADDRESS: an {kind} never answers at 0x{address:02X}")
    if board.get("BATTERY_EMPTY_UV", 0) >= board.get("BATTERY_FULL_UV", 1):
        wrong.append("BATTERY_EMPTY_UV must be below BATTERY_FULL_UV")
    return wrong + _rails(board.get("PMU_RAILS", ()))


def _rails(rails: Sequence[str | int]) -> list[str]:
    wrong = []
    for name, mv in zip(rails[::2], rails[1::2], strict=False):
        if name not in RAILS:
            wrong.append(f"PMU_RAILS: there is no rail called {name}")
        elif not isinstance(mv, int) or not 1800 <= mv <= 3300:
            wrong.append(f"PMU_RAILS: {name} feeds parts of 1.8 to 3.3 V, not {mv} mV")
    if len(rails) % 2:
        wrong.append("PMU_RAILS is name, mV, name, mV ...")
    return wrong


def _once(board: Board, pins: Pins) -> list[str]:
    wrong = []
    owner = {pin: "CONSOLE" for pin in board.get("CONSOLE", ())} | {pin: "TAKEN" for pin in board.get("TAKEN", ())}
    one_bus = board.get("I2C_SCL") == board.get("PMU_SCL") and board.get("I2C_SDA") == board.get("PMU_SDA")
    for name, pin in pins.items():
        if one_bus and name in ("PMU_SCL", "PMU_SDA"):
            continue
        if pin in owner:
            wrong.append(f"GPIO {pin} is used twice: {owner[pin]} and {name}")
        owner[pin] = name
    buses = [(board.get("ACCEL_ADDRESS"), "ACCEL"), (board.get("MOTOR_ADDRESS"), "MOTOR")]
    if one_bus:
        buses.append((board.get("PMU_ADDRESS"), "PMU"))
    seen: dict[int, str] = {}
    for address, part in buses:
        if address is not None and address in seen:
            wrong.append(f"{seen[address]} and {part} answer at the same address 0x{address:02X}")
        if address is not None:
            seen[address] = part
    return wrong


def _able(board: Board, pins: Pins, chip: Chip) -> list[str]:
    wrong = []
    for name, pin in pins.items():
        line = LINES[name]
        if pin in chip.flash:
            wrong.append(f"{name}: GPIO {pin} belongs to the flash")
            continue
        if pin not in chip.pins:
            wrong.append(f"{name}: there is no GPIO {pin} on this chip")
            continue
        if line.way in ("out", "both") and pin in chip.input_only:
            wrong.append(f"{name}: GPIO {pin} is an input only")
        if line.way == "adc" and pin not in chip.adc1:
            wrong.append(f"{name}: GPIO {pin} is not on ADC1, and Wi-Fi takes ADC2")
        if name == "BUTTON" and pin in chip.input_only and board.get("BUTTON_PULL") != "board":
            wrong.append(f"BUTTON: GPIO {pin} has no pull-up; say BUTTON_PULL = \"board\" if the board has one")
        wrong += _strapped(name, pin, line, chip)
    return wrong


def _strapped(name: str, pin: int, line: Line, chip: Chip) -> list[str]:
    need = chip.needs.get(pin)
    if need is None:
        return []
    if name == "BUTTON":
        return [f"BUTTON: GPIO {pin} straps the chip; pressed during a reset it would not start as a badge"]
    if need not in ("any", line.rest):
        return [f"{name}: GPIO {pin} must be {need} at reset, and this line is {line.rest} then"]
    return []


def _wakes(board: Board, pins: Pins, chip: Chip) -> list[str]:
    wrong = []
    ext0 = board.get("WAKE_EXT0")
    ext1 = board.get("WAKE_EXT1", ())
    if ext0 is not None and (isinstance(ext0, bool) or not isinstance(ext0, int)):
        return ["WAKE_EXT0 is one pin: a chip has one such line"]
    if not isinstance(ext1, tuple):
        return ["WAKE_EXT1 is a tuple of pins"]
    names = {pin: name for name, pin in pins.items()}
    for pin, how in [(ext0, "WAKE_EXT0")] * (ext0 is not None) + [(pin, "WAKE_EXT1") for pin in ext1]:
        if pin not in names:
            wrong.append(f"{how}: nothing is on GPIO {pin}")
        elif pin not in chip.rtc:
            wrong.append(f"{how}: GPIO {pin} is no RTC pin and cannot wake this chip from deep sleep")
        elif LINES[names[pin]].way != "in":
            wrong.append(f"{how}: {names[pin]} is no line that wakes")
        elif how == "WAKE_EXT1" and LINES[names[pin]].active != "high":
            wrong.append(f"WAKE_EXT1 wakes on any high line, and {names[pin]} is low when it speaks: use WAKE_EXT0")
    if ext0 in ext1:
        wrong.append(f"GPIO {ext0} is on WAKE_EXT0 and WAKE_EXT1")
    button = board.get("BUTTON")
    if button is not None and button != ext0:
        wrong.append("BUTTON must be WAKE_EXT0: a press is what wakes a badge from its charger")
    return wrong


def wiring(board: Board) -> list[str]:
    """Return the lines of a wiring table: part, line, pin, sorted by part."""
    rows = sorted((LINES[name].part, name, board[name]) for name in LINES if name in board)
    return [f"{part:16} {name:15} GPIO {pin}" for part, name, pin in rows]
