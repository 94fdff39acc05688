"""How is a board wired? A drawing made from its board file: the chip in the middle, each line to the part it serves.

What is on the board already is drawn grey and needs no wire. What a part wants beside its lines (a transistor, a
divider) stands in the heads of the board files and in docs/hardware.md.
"""

from collections.abc import Iterator
from typing import Any

from tools.docs.sheet import Sheet

Board = dict[str, Any]
Parts = dict[str, list[tuple[str, int]]]

# Parts that the board's maker has mounted: they stand in the head of each board file in words.
MOUNTED = {
    "devkit": ("light",),
    "heltec_v3": ("radio", "light", "battery divider"),
    "m5stick_plus2": ("accelerometer", "button", "buzzer", "light", "battery divider", "power hold"),
    "tbeam_supreme": ("radio", "PMU", "button"),
}
_LEFT = ("accelerometer", "button", "function button", "clip", "PMU", "charger", "battery divider", "power hold")
_RIGHT = ("radio", "motor", "buzzer", "light")
_ROW = 20
_GAP = 16
_CHIP_WIDTH = 190
_PART_WIDTH = 232
_WIRE = 56
_WIDTH = 2 * (_PART_WIDTH + _WIRE) + _CHIP_WIDTH + 20
_INK, _GREY, _WIRE_INK = "#222", "#767676", "#0b6b4f"
_NAMES = {  # of a line at its part; without an entry the end of the line's name
    "I2C_SCL": "SCL", "I2C_SDA": "SDA", "ACCEL_INT": "INT1", "BUTTON": "to ground", "FUNCTION": "to ground",
    "CLIP": "to ground while closed", "MOTOR": "transistor's gate", "BUZZER": "transistor's gate", "LIGHT": "light",
    "BATTERY": "middle of the divider", "BATTERY_SWITCH": "divider on", "CHARGER": "low while charging",
    "HOLD": "high: stay on",
}


def _parts(board: Board) -> Parts:
    """Return {part: [(line, GPIO or None)]}; what hangs on the accelerometer's bus stands with it."""
    bus = [(name, pin) for name, pin in board.items() if name in ("I2C_SCL", "I2C_SDA", "ACCEL_INT")]
    found: Parts = {"accelerometer": bus}
    for name, part in (
        ("BUTTON", "button"), ("FUNCTION", "function button"), ("CLIP", "clip"), ("CHARGER", "charger"),
        ("HOLD", "power hold"), ("MOTOR", "motor"), ("BUZZER", "buzzer"), ("LIGHT", "light"),
    ):
        if name in board:
            found[part] = [(name, board[name])]
    for prefix, part in (("BATTERY", "battery divider"), ("PMU_", "PMU"), ("LORA_", "radio")):
        lines = [(name, value) for name, value in board.items() if name.startswith(prefix) and _is_line(name)]
        if lines:
            found[part] = lines
    return found


def _is_line(name: str) -> bool:
    return not name.endswith(("_MV", "_UV", "_MILLI", "_ADDRESS", "_RAILS"))


def _title(part: str, board: Board) -> str:
    titles = {
        "accelerometer": f"{board['ACCEL'].upper()}, address 0x{board['ACCEL_ADDRESS']:02X}",
        "radio": f"{board.get('LORA', '').upper()} (LoRa)",
        "PMU": f"{board.get('PMU', '').upper()}: cell, charger, rails",
        "battery divider": f"cell, divided by {board.get('BATTERY_DIVIDER_MILLI', 0) / 1000:g}",
        "motor": "vibration motor",
        "clip": "clip contact (a setting)",
        "buzzer": "buzzer (a setting)",
        "light": "light (a setting)",
        "function button": "second button (may be left out)",
        "charger": "charger's output (may be left out)",
    }
    title = titles.get(part, part)
    if part == "accelerometer" and "MOTOR_PART" in board:
        title = (f"{board['ACCEL'].upper()} (0x{board['ACCEL_ADDRESS']:02X}), "
                 f"{board['MOTOR_PART'].upper()} (0x{board['MOTOR_ADDRESS']:02X})")
    if part == "PMU" and "BUTTON_PART" in board:
        title = f"{board['PMU'].upper()}: its PWR is the button"
    return title


def _notes(board: Board) -> Iterator[str]:
    yield "All parts: 3.3 V and ground besides. Grey: mounted by the board's maker, no wire needed."
    if "MOTOR" in board:
        yield ("Motor and buzzer: over a transistor (N-channel MOSFET or NPN) to ground, a diode across the motor; "
               "never on the pin itself.")
    else:
        yield f"The motor hangs on the {board['MOTOR_PART'].upper()}, which the accelerometer's bus reaches."
    if "BUTTON" in board:
        yield "The button closes to ground" + (
            "; the board has its pull-up." if board.get("BUTTON_PULL") == "board"
            else ", with 100 kohm to 3.3 V." if board["CHIP"] == "esp32s3" else "; the chip pulls it up.")
    wakes = [board["WAKE_EXT0"]] if "WAKE_EXT0" in board else []
    wakes += board.get("WAKE_EXT1", ())
    yield "Wakes the chip: GPIO " + ", ".join(str(pin) for pin in wakes) + "."


def drawing(name: str, board: Board) -> str:
    """Return the drawing of board `name`, what tools.flash.boards.check.read gave for it, as SVG text."""
    parts = _parts(board)
    sheet = Sheet(_WIDTH, "sans-serif")
    sheet.text(10, 24, f"{name} ({board['CHIP']})", 16, _INK, more='font-weight="bold"')
    sides = ([part for part in _LEFT if part in parts], [part for part in _RIGHT if part in parts])
    tops = [_column(sheet, name, board, parts, side, right) for right, side in enumerate(sides)]
    bottom = max(tops)
    sheet.box((_WIDTH - _CHIP_WIDTH) / 2, 40, _CHIP_WIDTH, bottom - 40, stroke=_INK)
    sheet.text(_WIDTH / 2, bottom - 10, board["CHIP"].upper(), 13, _INK, "middle")
    y = bottom + 24
    for note in _notes(board):
        sheet.text(10, y, note, 12, "#444")
        y += 17
    return sheet.svg(y)


def _column(sheet: Sheet, name: str, board: Board, parts: Parts, side: list[str], right: int) -> int:
    y = 40
    chip = (_WIDTH + _CHIP_WIDTH) / 2 if right else (_WIDTH - _CHIP_WIDTH) / 2
    edge = chip + _WIRE if right else chip - _WIRE
    for part in side:
        mounted = part in MOUNTED.get(name, ())
        ink = _GREY if mounted else _INK
        height = _ROW * (len(parts[part]) + 1)
        sheet.box(edge if right else edge - _PART_WIDTH, y, _PART_WIDTH, height, "#f6f6f6", ink)
        sheet.text(edge + 8 if right else edge - _PART_WIDTH + 8, y + 14, _title(part, board), 12, ink,
                   more='font-weight="bold"')
        for row, (line, pin) in enumerate(parts[part], 1):
            at = y + _ROW * row + 10
            sheet.line(edge, at, chip, at, _GREY if mounted else _WIRE_INK, 1 if mounted else 2)
            said = _NAMES.get(line, line.split("_")[-1])
            sheet.text(edge + 8 if right else edge - 8, at + 4, said, 12, ink, "start" if right else "end")
            sheet.text(chip - 8 if right else chip + 8, at + 4, f"GPIO {pin}", 12, ink, "end" if right else "start")
        y += height + _GAP
    return y + 14
