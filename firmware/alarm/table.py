"""What does each event do in each state? The whole alarm, as one table.

A row is: state, events, next state, order. A pair that is not here is ignored on purpose. Orders are carried out by
firmware/alarm/alarm.py; what is felt at an arrow stands in firmware/feedback/feelings.py.

RECEIVED, TAKEN and CLOSED are believed only for the newest revision: the badge lets ACKED through for no other, and in
CALLING a gateway's TAKEN or CLOSED speaks of an older one, so those rows are missing.
"""

from firmware.words import (
    ACKED, ASSIST_ASKED, CALLING, CHECK_IN_MISSED, CLOSE_TOLD, EMERGENCY_ASKED, EVENTS, FELL, PRESSED, RECEIVED,
    RELIEVED, RIGHTED, SAFE, STILL, TAKE_TOLD, TAKEN, TILTED, TIMED_OUT, TORN_OFF, UNANSWERED, UNANSWERED_TOLD, WARNED,
)  # fmt: skip
from micropython import const

NOTHING = const(0)
OPEN = const(1)  # a new alarm, with a new id
RAISE = const(2)  # the same alarm, a newer revision, raised; its kind may rise
WARN = const(3)  # ask the wearer (a new alarm from SAFE, the same one otherwise)
CANCEL = const(4)  # the wearer says no, or stands up again
# The last of those that make a newer revision. Like RAISE, but the kind becomes what was asked: the old cause has been
# denied.
RENAME = const(5)
END = const(6)  # over

STATES = const(7)
IGNORED = const(0xFF)

CERTAIN = (ASSIST_ASKED, EMERGENCY_ASKED, TORN_OFF)  # they call at once
DOUBTFUL = (FELL, STILL, TILTED, CHECK_IN_MISSED)  # the wearer is asked first, unless an alarm is open
ANY = (ASSIST_ASKED, EMERGENCY_ASKED, TORN_OFF, FELL, STILL, TILTED, CHECK_IN_MISSED)

_ROWS = (
    (SAFE, CERTAIN, CALLING, OPEN),
    (SAFE, DOUBTFUL, WARNED, WARN),
    (WARNED, CERTAIN, CALLING, RAISE),
    (WARNED, DOUBTFUL, WARNED, WARN),
    (WARNED, (PRESSED, RIGHTED), RELIEVED, CANCEL),
    (WARNED, (TIMED_OUT,), CALLING, RAISE),
    (RELIEVED, CERTAIN, CALLING, RENAME),
    (RELIEVED, DOUBTFUL, WARNED, WARN),
    (RELIEVED, (TIMED_OUT,), SAFE, END),
    (CALLING, ANY, CALLING, RAISE),
    (CALLING, (ACKED,), RECEIVED, NOTHING),
    (CALLING, (TIMED_OUT,), CALLING, NOTHING),
    (RECEIVED, ANY, CALLING, RAISE),
    (RECEIVED, (TAKE_TOLD,), TAKEN, NOTHING),
    (RECEIVED, (UNANSWERED_TOLD, TIMED_OUT), UNANSWERED, NOTHING),
    (RECEIVED, (CLOSE_TOLD,), SAFE, END),
    (UNANSWERED, ANY, CALLING, RAISE),
    (UNANSWERED, (TAKE_TOLD,), TAKEN, NOTHING),
    (UNANSWERED, (TIMED_OUT,), UNANSWERED, NOTHING),
    (UNANSWERED, (CLOSE_TOLD,), SAFE, END),
    (TAKEN, ANY, CALLING, RAISE),
    (TAKEN, (TAKE_TOLD, TIMED_OUT), TAKEN, NOTHING),
    (TAKEN, (UNANSWERED_TOLD,), UNANSWERED, NOTHING),
    (TAKEN, (CLOSE_TOLD,), SAFE, END),
)


def rows():
    """Return the table as (state, event, next state, order) for each single event."""
    single = []
    for state, events, following, order in _ROWS:
        for event in events:
            single.append((state, event, following, order))
    return tuple(single)


def _pack():
    table = bytearray(STATES * EVENTS)
    for i in range(len(table)):
        table[i] = IGNORED
    for state, event, following, order in rows():
        table[state * EVENTS + event] = order << 4 | following
    return bytes(table)


TABLE = _pack()
