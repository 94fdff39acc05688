"""What do the firmware's own data say about gestures, patterns and causes? Numbers for the card, in ms.

Nothing is repeated here by hand: patterns are read as data, and the causes are found by asking a real alarm what it
does with each event of its table.
"""

from firmware.alarm.alarm import Alarm
from firmware.codes import ASSIST_ASKED, EMERGENCY_ASKED, KIND_NONE, SAFE, WARNED
from firmware.feedback.patterns import BEATS, RHYTHMS, UNIT_MS
from firmware.limits import PRESS_GAP_MS
from firmware.ticks import since
from tools.docs.rows import rows

PATTERNS = tuple(BEATS.split(b"\0")[:-1])  # units on, off, on ... of each rhythm
GESTURES = (ASSIST_ASKED, EMERGENCY_ASKED)
_PRESS_MS = 150  # a quick press, as it is drawn
_GAP_MS = PRESS_GAP_MS // 2  # and a quiet hand between two


def spans(number: int) -> list[int]:
    """Return a pattern as ms on, off, on ... on: a silence at its end is not drawn."""
    units = PATTERNS[RHYTHMS[number]]
    return [unit * UNIT_MS for unit in units[: len(units) - 1 | 1]]


def rhythm_numbers() -> list[int]:
    """Return the numbers of what is told apart: of each rhythm the first that has it."""
    return [RHYTHMS.index(rhythm) for rhythm in range(len(PATTERNS)) if PATTERNS[rhythm]]


def presses(count: int) -> list[int]:
    """Return `count` quick presses as ms down, up, down ... down."""
    return [_PRESS_MS, _GAP_MS] * (count - 1) + [_PRESS_MS]


def causes(**settings: int) -> list[tuple[int, int]]:
    """Return [(kind, ms)] of what a badge that is safe calls for by itself; ms: for how long it asks first, 0: not.

    settings: those of firmware.alarm.alarm.Alarm.
    """
    found = {}
    for event in sorted({event for state, event, _, _ in rows() if state == SAFE and event not in GESTURES}):
        alarm = Alarm(**settings)
        alarm.on(event, 0, 0)
        if alarm.kind != KIND_NONE:
            found[alarm.kind] = since(0, alarm.deadline) if alarm.state == WARNED else 0
    return sorted(found.items())
