"""What does each event do in each state? The whole alarm, as one table.

A line is: state, events, next state, order. A pair that is not here is ignored on purpose. Orders are carried out by
firmware/alarm/alarm.py; what is felt at an arrow stands in firmware/feedback/patterns.py. The table is filled by calls:
code that ran once is given back to the heap, a tuple of tuples would stay (3 KB on an ESP32).

What a gateway says is believed only for the newest revision. The badge lets ACKED through for no other, and while it is
CALLING, a TAKE_TOLD or CLOSE_TOLD speaks of an older one, so those rows are missing; of an alarm's first revision
there is no older one, and the badge takes it for an ACKED too.
"""

from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, CHECK_IN_MISSED, CLOSE_TOLD, EMERGENCY_ASKED, EVENTS, FELL, PRESSED, RECEIVED,
    RELIEVED, RIGHTED, SAFE, STILL, STRUGGLED, TAKE_TOLD, TAKEN, TILTED, TIMED_OUT, TORN_OFF, UNANSWERED,
    UNANSWERED_TOLD, WARNED,
)
from micropython import const

NOTHING = const(0)
OPEN = const(1)  # a new alarm, with a new id
RAISE = const(2)  # the same alarm, a newer revision, raised; its kind may rise
WARN = const(3)  # ask the wearer (a new alarm from SAFE, the same one otherwise)
CANCEL = const(4)  # the wearer says no, or stands up again
# Like RAISE, but the kind is replaced, since the old cause has been denied. It is the last that makes a new revision.
RENAME = const(5)
END = const(6)  # over

STATES = const(7)
IGNORED = const(0xFF)

CERTAIN = (ASSIST_ASKED, EMERGENCY_ASKED, TORN_OFF)  # they call at once
DOUBTFUL = (FELL, STILL, TILTED, CHECK_IN_MISSED, STRUGGLED)  # the wearer is asked first, unless an alarm is open
ANY = (ASSIST_ASKED, EMERGENCY_ASKED, TORN_OFF, FELL, STILL, TILTED, CHECK_IN_MISSED, STRUGGLED)

TABLE = bytearray(IGNORED for _ in range(STATES * EVENTS))


def _on(state, which, then, order):
    for event in which:
        TABLE[state * EVENTS + event] = order << 4 | then


_on(SAFE, CERTAIN, CALLING, OPEN)
_on(SAFE, DOUBTFUL, WARNED, WARN)
_on(WARNED, CERTAIN, CALLING, RAISE)
_on(WARNED, DOUBTFUL, WARNED, WARN)
_on(WARNED, (PRESSED, RIGHTED), RELIEVED, CANCEL)
_on(WARNED, (TIMED_OUT,), CALLING, RAISE)
_on(RELIEVED, CERTAIN, CALLING, RENAME)
_on(RELIEVED, DOUBTFUL, WARNED, WARN)
_on(RELIEVED, (TIMED_OUT,), SAFE, END)
_on(CALLING, ANY, CALLING, RAISE)
_on(CALLING, (ACKED,), RECEIVED, NOTHING)
_on(CALLING, (TIMED_OUT,), CALLING, NOTHING)
_on(RECEIVED, ANY, CALLING, RAISE)
_on(RECEIVED, (TAKE_TOLD,), TAKEN, NOTHING)
_on(RECEIVED, (UNANSWERED_TOLD, TIMED_OUT), UNANSWERED, NOTHING)
_on(RECEIVED, (CLOSE_TOLD,), SAFE, END)
_on(UNANSWERED, ANY, CALLING, RAISE)
_on(UNANSWERED, (TAKE_TOLD,), TAKEN, NOTHING)
_on(UNANSWERED, (TIMED_OUT,), UNANSWERED, NOTHING)
_on(UNANSWERED, (CLOSE_TOLD,), SAFE, END)
_on(TAKEN, ANY, CALLING, RAISE)
_on(TAKEN, (TAKE_TOLD, TIMED_OUT), TAKEN, NOTHING)
_on(TAKEN, (UNANSWERED_TOLD,), UNANSWERED, NOTHING)
_on(TAKEN, (CLOSE_TOLD,), SAFE, END)

del CERTAIN, DOUBTFUL, ANY  # they have filled it
