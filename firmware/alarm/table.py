"""What does each event do in each state? The whole alarm, as one table.

A row is: state, event, next state, order. A pair that is not here is ignored on purpose. Orders are carried out by
firmware/alarm/alarm.py; what is felt at an arrow stands in firmware/badge.py.

RECEIVED, TAKEN and CLOSED are believed only for the newest revision: the badge lets ACKED through for no other, and in
CALLING a gateway's TAKEN or CLOSED speaks of an older one, so those rows are missing.
"""

from firmware.words import (
    ACKED, ASSIST_ASKED, CALLING, CLOSE_TOLD, EMERGENCY_ASKED, EVENTS, FELL, PRESSED, RECEIVED, RELIEVED, SAFE,
    TAKE_TOLD, TAKEN, TIMED_OUT, UNANSWERED, UNANSWERED_TOLD, WARNED,
)  # fmt: skip
from micropython import const

NOTHING = const(0)
OPEN = const(1)  # a new alarm, with a new id
RAISE = const(2)  # the same alarm, a newer revision, raised; its kind may rise
WARN = const(3)  # ask the wearer (a new alarm from SAFE, the same one otherwise)
CANCEL = const(4)  # the wearer says no
# The last of those that make a newer revision; like RAISE, but the kind becomes what was asked: the old cause is denied
RENAME = const(5)
END = const(6)  # over

STATES = const(7)
IGNORED = const(0xFF)

ROWS = (
    (SAFE, ASSIST_ASKED, CALLING, OPEN),
    (SAFE, EMERGENCY_ASKED, CALLING, OPEN),
    (SAFE, FELL, WARNED, WARN),
    (WARNED, PRESSED, RELIEVED, CANCEL),
    (WARNED, ASSIST_ASKED, CALLING, RAISE),
    (WARNED, EMERGENCY_ASKED, CALLING, RAISE),
    (WARNED, TIMED_OUT, CALLING, RAISE),
    (RELIEVED, ASSIST_ASKED, CALLING, RENAME),
    (RELIEVED, EMERGENCY_ASKED, CALLING, RENAME),
    (RELIEVED, FELL, WARNED, WARN),
    (RELIEVED, TIMED_OUT, SAFE, END),
    (CALLING, ASSIST_ASKED, CALLING, RAISE),
    (CALLING, EMERGENCY_ASKED, CALLING, RAISE),
    (CALLING, FELL, CALLING, RAISE),
    (CALLING, ACKED, RECEIVED, NOTHING),
    (CALLING, TIMED_OUT, CALLING, NOTHING),
    (RECEIVED, ASSIST_ASKED, CALLING, RAISE),
    (RECEIVED, EMERGENCY_ASKED, CALLING, RAISE),
    (RECEIVED, FELL, CALLING, RAISE),
    (RECEIVED, TAKE_TOLD, TAKEN, NOTHING),
    (RECEIVED, UNANSWERED_TOLD, UNANSWERED, NOTHING),
    (RECEIVED, TIMED_OUT, UNANSWERED, NOTHING),
    (RECEIVED, CLOSE_TOLD, SAFE, END),
    (UNANSWERED, ASSIST_ASKED, CALLING, RAISE),
    (UNANSWERED, EMERGENCY_ASKED, CALLING, RAISE),
    (UNANSWERED, FELL, CALLING, RAISE),
    (UNANSWERED, TAKE_TOLD, TAKEN, NOTHING),
    (UNANSWERED, TIMED_OUT, UNANSWERED, NOTHING),
    (UNANSWERED, CLOSE_TOLD, SAFE, END),
    (TAKEN, ASSIST_ASKED, CALLING, RAISE),
    (TAKEN, EMERGENCY_ASKED, CALLING, RAISE),
    (TAKEN, FELL, CALLING, RAISE),
    (TAKEN, UNANSWERED_TOLD, UNANSWERED, NOTHING),
    (TAKEN, TIMED_OUT, TAKEN, NOTHING),
    (TAKEN, CLOSE_TOLD, SAFE, END),
)


def _pack():
    table = bytearray(STATES * EVENTS)
    for i in range(len(table)):
        table[i] = IGNORED
    for state, event, after, order in ROWS:
        table[state * EVENTS + event] = order << 4 | after
    return bytes(table)


TABLE = _pack()
