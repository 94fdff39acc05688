"""Which arrows has the alarm table? Read back from the bytes that the badge runs by."""

from firmware.alarm.table import IGNORED, TABLE
from firmware.codes import EVENTS

Row = tuple[int, int, int, int]  # state, event, next state, order


def rows() -> tuple[Row, ...]:
    """Return the row of each pair of state and event that is in the table."""
    pairs = [(i // EVENTS, i % EVENTS, cell) for i, cell in enumerate(TABLE) if cell != IGNORED]
    return tuple((state, event, cell & 0x0F, cell >> 4) for state, event, cell in pairs)
