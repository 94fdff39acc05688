"""Which pattern tells what has just happened? From an arrow of the alarm table, or a colleague's kind of alarm."""

from firmware.feedback import patterns as feel
from firmware.words import (
    CALLING, CLOSE_TOLD, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_TORN, RECEIVED, RELIEVED, SAFE, TAKE_TOLD,
    TAKEN, TIMED_OUT, UNANSWERED, WARNED,
)  # fmt: skip


def of_arrow(before, event, state):
    """Return the pattern for going from state `before` to `state` at `event`; NONE for nothing to feel."""
    if state == WARNED:
        return feel.PRE_ALARM
    if state == RELIEVED:
        return feel.CANCELLED
    if state == RECEIVED:
        return feel.HEARD
    if state == UNANSWERED:
        return feel.NOBODY
    if state == TAKEN:
        return feel.COMING if event == TAKE_TOLD else feel.NONE
    if state == CALLING and before == CALLING and event == TIMED_OUT:
        return feel.DEAF
    if state == SAFE and event == CLOSE_TOLD:
        return feel.OVER
    return feel.NONE


def of_call(kind):
    """Return the pattern for a colleague's alarm."""
    if kind == KIND_EMERGENCY or kind == KIND_TORN:
        return feel.CALLED_EMERGENCY
    if kind == KIND_ASSIST or kind == KIND_CHECK_IN:
        return feel.CALLED_ASSIST
    return feel.CALLED_FALL
