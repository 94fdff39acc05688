"""Which pattern tells what has just happened? From an arrow of the alarm table, or a colleague's kind of alarm."""

from firmware.codes import (
    CALLING, CLOSE_TOLD, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_TORN, SAFE, TAKE_TOLD, TAKEN, TIMED_OUT,
)
from firmware.feedback import patterns as feel

# What tells of each state of the alarm, by state
OF_STATE = bytes(
    (feel.CLOSED, feel.PRE_ALARM, feel.CANCELLED, feel.UNHEARD, feel.RECEIVED, feel.UNANSWERED, feel.TAKEN)
)


def of_arrow(before, event, state):
    """Return the pattern for going from state `before` to `state` at `event`; NONE for nothing to feel."""
    if state == SAFE and event != CLOSE_TOLD or state == TAKEN and event != TAKE_TOLD:
        return feel.NONE
    if state == CALLING and (before != CALLING or event != TIMED_OUT):
        return feel.NONE
    return OF_STATE[state]


def hush(player, state):
    """Let `player` feel no more what tells of another state than `state`: it is no longer true."""
    for other in range(len(OF_STATE)):
        if other != state:
            player.stop(OF_STATE[other])
    if state != SAFE:
        player.stop(feel.STOOD_DOWN)
        player.stop(feel.READY)


def in_state(pattern, state):
    """Return what is felt instead of `pattern` in `state`: what else is over must not be taken for one's own alarm."""
    return feel.TROUBLE if state != SAFE and pattern in (feel.STOOD_DOWN, feel.READY) else pattern


def of_call(kind):
    """Return the pattern for a colleague's alarm."""
    if kind == KIND_EMERGENCY or kind == KIND_TORN:
        return feel.CALLED_EMERGENCY
    if kind == KIND_ASSIST or kind == KIND_CHECK_IN:
        return feel.CALLED_ASSIST
    return feel.CALLED_FALL
