"""How long from the deciding edge or event to the alarm, for each kind? Beside what is promised, and what is allowed.

Limits are those of DIN VDE V 0825 as docs/background.md tables them (read for reliability; nothing conforms to it);
promises are our own, and stand in ROWS. A time alarm counts from the missed due time; how long a house lets pass
between check-ins is its own choice, and is said so where it is more than the 15 minutes of the table.
"""

from collections.abc import Callable
from typing import TypedDict

from firmware.codes import GREEN, RED, YELLOW
from firmware.limits import HOLD_MS
from firmware.settings import RANGES
from tools.sim.checks import scenes

_MINUTE_MS = 60000
WILFUL_MS = 2000  # button until the signal is triggered
SILENT_MS = 90000  # position, motionless and loss alarms, pre-alarm included
TIME_MS = 15 * _MINUTE_MS  # time alarm, pre-alarm included
PRE_ALARM_MOST_MS = 45000
TECHNICAL_MS = 30 * _MINUTE_MS
CYCLE_MS = _MINUTE_MS  # alarm data repeated, and a lost link signalled again
UPRIGHT = (200, 0, 980)  # 12 degrees from how the wearer walks
WIDEST = {name: most for name, (_, _, most) in RANGES.items()}

# kind, what begins the clock, how it is measured, what Kald promises, what the standard allows: ms, None where it says
# nothing
ROWS = (
    ("emergency, three presses", "third press-down", scenes.emergency, 100, WILFUL_MS),
    ("emergency, hold", "press-down", scenes.hold, HOLD_MS + 100, WILFUL_MS),
    ("emergency, one press, where set", "press-down", scenes.single, 100, WILFUL_MS),
    ("emergency over an assist", "press-down of the hold", scenes.overtaken, HOLD_MS + 100, WILFUL_MS),
    ("assist, two presses", "second press-down", scenes.assist, 100, WILFUL_MS),
    ("fall", "impact", scenes.fall, 45000, SILENT_MS),
    ("motionless", "last movement", scenes.motionless(), 90000, SILENT_MS),
    ("motionless, upright, red", "last movement", scenes.motionless(UPRIGHT, RED), 90000, SILENT_MS),
    ("motionless, upright, yellow", "last movement", scenes.motionless(UPRIGHT), 120000, None),
    ("position", "attitude lost", scenes.position, 90000, SILENT_MS),
    ("check-in missed, red", "due time", scenes.check_in(RED), 46000, TIME_MS),
    ("check-in missed, yellow", "due time", scenes.check_in(YELLOW), 46000, TIME_MS),
    ("check-in missed, green", "due time", scenes.check_in(GREEN), 46000, TIME_MS),
    ("torn off", "clip opens", scenes.torn, 10000, SILENT_MS),
    ("struggle, where set", "hard movement", scenes.struggle, 41000, SILENT_MS),
    ("pre-alarm, the longest", "first asked", scenes.asked, None, PRE_ALARM_MOST_MS),
    ("unheard, felt", "emergency decided", scenes.unheard, 10000, CYCLE_MS),
    ("unheard, felt again", "the time before", scenes.unheard_again, 60000, CYCLE_MS),
    ("said again, not received", "the time before", scenes.repeated(False), None, CYCLE_MS),
    ("said again, taken", "the time before", scenes.repeated(True), None, CYCLE_MS),
    ("sensor silent", "last sample", scenes.silent, None, TECHNICAL_MS),
    ("sensor stuck", "last change", scenes.stuck, None, TECHNICAL_MS),
    ("no gateway, felt", "last ack", scenes.no_gateway, None, TECHNICAL_MS),
    ("battery low", "reading", scenes.battery, None, TECHNICAL_MS),
    ("button stuck", "press-down", scenes.button, None, TECHNICAL_MS),
    ("not worn", "last movement", scenes.not_worn, None, TECHNICAL_MS),
    ("widest settings: hold", "press-down", lambda: scenes.hold(**WIDEST), WIDEST["hold_ms"] + 100, WILFUL_MS),
    ("widest settings: fall", "impact", lambda: scenes.fall(**WIDEST), 45000, SILENT_MS),
    ("widest settings: motionless", "last movement", lambda: scenes.motionless()(**WIDEST), 90000, SILENT_MS),
    ("widest settings: position", "attitude lost", lambda: scenes.position(**WIDEST), 90000, SILENT_MS),
    ("widest settings: check-in missed", "due time", lambda: scenes.check_in(RED)(**WIDEST), 46000, TIME_MS),
    ("widest settings: torn off", "clip opens", lambda: scenes.torn(**WIDEST), 10000, SILENT_MS),
    ("widest settings: no gateway, felt", "last ack", lambda: scenes.no_gateway(**WIDEST), None, TECHNICAL_MS),
    ("widest settings: pre-alarm", "first asked", lambda: scenes.asked(**WIDEST), None, PRE_ALARM_MOST_MS),
)

NOTES = {
    "check-in missed, green": "every 30 min: longer than the 15 min of the standard, the house's choice",
    "check-in missed, yellow": "every 15 min",
    "check-in missed, red": "every 5 min",
    "motionless, upright, yellow": "longer than the 90 s of the standard: so people at desks are let alone",
    "widest settings: hold": "the setting, and a poll",
    "widest settings: motionless": "the settings, and up to 2 s in which the body is looked at",
    "battery low": "the hallway reads the battery every 10 s",
}


class Measured(TypedDict):
    """One row, measured. ms: None for never."""

    kind: str
    begins: str
    ms: int | None
    promise_ms: int | None
    limit_ms: int | None
    ok: bool
    note: str


def measure() -> list[Measured]:
    """Return the table."""
    return [_measured(*row) for row in ROWS]


def _measured(kind: str, begins: str, how: Callable[[], int | None], promise_ms: int | None,
              limit_ms: int | None) -> Measured:
    ms = how()
    ok = ms is not None and all(most is None or ms <= most for most in (promise_ms, limit_ms))
    note = NOTES.get(kind, "")
    return {
        "kind": kind, "begins": begins, "ms": ms, "promise_ms": promise_ms, "limit_ms": limit_ms, "ok": ok, "note": note
    }


def text(table: list[Measured]) -> str:
    """Return the table as lines to read."""
    lines = [f"{'kind':35}{'the clock begins at':25}{'ms':>9}{'promised':>10}{'allowed':>9}"]
    for row in table:
        ms, promise, limit = ("-" if row[name] is None else row[name] for name in ("ms", "promise_ms", "limit_ms"))
        line = f"{row['kind']:35}{row['begins']:25}{ms:>9}{promise:>10}{limit:>9}  {'ok' if row['ok'] else 'OUTSIDE'}"
        lines.append(line + (f"  ({row['note']})" if row["note"] else ""))
    return "\n".join(lines)
