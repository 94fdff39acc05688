"""Which tables of the documents are made from the code? Frames, settings, currents and kinds of board, as Markdown."""

from firmware.link import frame
from firmware.link.airtime import airtime_us
from firmware.link.seal import TAG_BYTES
from tools.docs.setting_words import rows
from tools.sim.energy import currents

_TYPES = (  # (name, who says it): the numbers and lengths come from firmware/link/frame.py
    ("ALARM", "badge"), ("HEARTBEAT", "badge"), ("ANSWER", "badge"), ("TOLD", "badge"), ("WISH", "badge"),
    ("CALLED", "badge"), ("REPORT", "badge"), ("ABLE", "badge"), ("REFUSED", "badge"), ("SIGHTING", "badge"),
    ("ACK", "gateway"), ("STEP", "gateway"), ("CALL", "gateway"), ("STAND_DOWN", "gateway"), ("ORDER", "gateway"),
    ("KEY", "gateway"), ("ORDER_AGAIN", "gateway"), ("GROUP_CALL", "gateway, to a group"),
)


def frames() -> str:
    """Return the table of all frames: type, direction, bytes, airtime at SF7 and 125 kHz."""
    lines = ["| type | number | said by | bytes, sealed | of these the head | on the air, SF7 |", "|---" * 6 + "|"]
    for name, who in _TYPES:
        number = getattr(frame, name)
        sealed = frame.expected(number) + TAG_BYTES
        head = frame.UP_HEAD if who == "badge" else frame.ACK_HEAD if name == "ACK" else frame.DOWN_HEAD
        lines.append(f"| {name} | 0x{number:02X} | {who} | {sealed} | {head} | {airtime_us(sealed, 7) / 1000:.1f} ms |")
    return "\n".join(lines)


def settings() -> str:
    """Return the table of a badge's settings. Raises Unnamed."""
    lines = ["| setting | usual | may be | what it is |", "|---|---|---|---|"]
    return "\n".join([*lines, *[f"| `{row.name}` | {row.usual} | {row.may} | {row.text} |" for row in rows()]])


def draws() -> str:
    """Return the table of what parts draw, with its sources."""
    lines = ["| part | state | draws | by |", "|---|---|---|---|"]
    tables = {
        **{chip: table for chip, table in currents.CHIPS.items() if chip != "esp32pico"},
        "sx1262": currents.LORA, "coin motor": {"on": currents.MOTOR_MA}, "accelerometer": currents.SENSORS,
        "board itself": currents.BOARDS,
    }
    for part, table in tables.items():
        for state, current in table.items():
            if state.endswith("_ms"):
                continue
            said = "; to be looked up again" if current.memory else ""
            lines.append(f"| {part} | {state.removesuffix('_ma').replace('_', ' ')} | {current.value:g} mA "
                         f"| {current.source}{said} |")
    return "\n".join(lines)
