"""Which tables of the documents are made from the code? Frames, settings, currents and kinds of board, as Markdown."""

from firmware.link import frame
from firmware.link.airtime import airtime_us
from firmware.link.seal import TAG_BYTES
from firmware.settings import PLACES, RANGES, SWITCHES
from tools.docs.table_words import Unnamed
from tools.sim.energy import currents

_TYPES = (  # (name, who says it): the numbers and lengths come from firmware/link/frame.py
    ("ALARM", "badge"), ("HEARTBEAT", "badge"), ("ANSWER", "badge"), ("TOLD", "badge"), ("WISH", "badge"),
    ("CALLED", "badge"), ("REPORT", "badge"), ("ABLE", "badge"), ("REFUSED", "badge"), ("SIGHTING", "badge"),
    ("ACK", "gateway"), ("STEP", "gateway"), ("CALL", "gateway"), ("STAND_DOWN", "gateway"), ("ORDER", "gateway"),
    ("KEY", "gateway"), ("ORDER_AGAIN", "gateway"), ("GROUP_CALL", "gateway, to a group"),
)
_SETTINGS = {  # what each is; numbers come from firmware/settings.py
    "hold_ms": "held as long, the button means emergency",
    "pre_alarm_ms": "how long a fall, a slump or stillness is asked about",
    "heartbeat_ms": "between two heartbeats; without Wi-Fi `kald pair` writes 300000",
    "motionless_ms": "without movement as long (yellow and red visits), the badge asks",
    "position_ms": "slumped as long, the badge asks",
    "righted_ms": "upright or moving as long, that question is withdrawn",
    "check_in_ask_ms": "how long a check-in is asked for",
    "torn_ms": "clip open as long: torn off",
    "single_press_calls": "every press is an emergency, but for the answer to what the badge asks",
    "clip": "there is a clip contact",
    "position_alarm": "a slump is heeded",
    "struggle_alarm": "after some seconds of hard movement without a rhythm the badge asks",
}
_AUDIBLE = {"buzzer": "a buzzer follows the motor", "light": "a light follows the motor"}

_PLACE = "what a badge tells of its surroundings, with an alarm or a test only; beacons on boards with Bluetooth"


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
    unsaid = sorted({*RANGES, *SWITCHES} - set(_SETTINGS))
    if unsaid:
        raise Unnamed(f"the setting {unsaid[0]} has no words in tools/docs/tables.py")
    lines = ["| setting | usual | may be | what it is |", "|---|---|---|---|"]
    for name, (usual, least, most) in RANGES.items():
        lines.append(f"| `{name}` | {usual} | {least} to {most} | {_SETTINGS[name]} |")
    for name, known in SWITCHES.items():
        usual = "true" if known == "position" else "false"
        lines.append(f"| `{name}` | {usual} | true, false | {_SETTINGS[name]} |")
    places = ", ".join(f'"{word}"' for word in PLACES)
    lines.append(f'| `place` | "{PLACES[1]}" | {places} | {_PLACE} |')
    for name, text in _AUDIBLE.items():
        lines.append(f'| `{name}` | "never" | "never", "calls", "always" | {text} |')
    return "\n".join(lines)


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
