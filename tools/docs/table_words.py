"""What are the states, events and orders of the alarm table called in plain words? By the names of the firmware.

The README is English, so is this. Whoever adds a state, an event or an order to the table adds its words here; until
then `kald draw` says which one is missing, and a test fails.
"""

from types import ModuleType
from typing import TypeVar

from firmware import codes
from firmware.alarm import table

# The wearer is ...: a word for the head of a column, and the sentence that ends "the wearer is ..."
STATES = {
    "SAFE": ("safe", "calling nobody, and not asked anything"),
    "WARNED": ("asked", "being asked whether it is an alarm, and one press says no"),
    "RELIEVED": ("relieved", "just back from a question that one press denied"),
    "CALLING": ("calling", "calling, and no gateway has it yet"),
    "RECEIVED": ("received", "heard: a gateway has the alarm on disk"),
    "UNANSWERED": ("unanswered", "heard, but nobody has taken it"),
    "TAKEN": ("taken", "told that somebody comes"),
}

EVENTS = {
    "PRESSED": "one short press",
    "ASSIST_ASKED": "two presses",
    "EMERGENCY_ASKED": "three presses or a hold",
    "FELL": "a fall",
    "TIMED_OUT": "its time is up",
    "ACKED": "a gateway has stored it",
    "TAKE_TOLD": "somebody comes",
    "UNANSWERED_TOLD": "nobody has answered",
    "CLOSE_TOLD": "a person closes it",
    "STILL": "no movement",
    "TILTED": "slumped",
    "CHECK_IN_MISSED": "a check-in is missed",
    "TORN_OFF": "torn off",
    "RIGHTED": "upright and moving again",
    "STRUGGLED": "a struggle, where set",
}

# What the order adds to the state that follows: a mark in the table's cell, and the sentence that explains it. Orders
# that say no more than the state they lead to have neither.
ORDERS = {
    "NOTHING": ("", ""),
    "OPEN": ("new", "a new alarm, with a new number"),
    "RAISE": ("raised", "the same alarm, told again; its kind may become graver, never less grave"),
    "WARN": ("", ""),
    "CANCEL": ("", ""),
    "RENAME": ("renamed", "the same alarm under the kind that was pressed: the cause that was denied is forgotten"),
    "END": ("", ""),
}


Said = TypeVar("Said")  # what is said of one number


class Unnamed(Exception):
    """Something in the firmware's data has no codes, or the words belong to nothing; the message says which."""


def numbered(module: ModuleType, words_of: dict[str, Said], what: str) -> dict[int, Said]:
    """Return {number: words} for the constants that `words_of` names in `module`. Raises Unnamed.

    what: what they are, for the sentence of a person who has to add one.
    """
    found = {}
    for name, said in words_of.items():
        number = getattr(module, name, None)
        if not isinstance(number, int):
            raise Unnamed(f"{module.__name__} has no {what} called {name}")
        if number in found:
            raise Unnamed(f"{name} is the number {number}, which another {what} already has")
        found[number] = said
    return found


def said(words_of: dict[int, Said], number: int, what: str) -> Said:
    """Return the words of `number`. Raises Unnamed."""
    if number not in words_of:
        raise Unnamed(f"the {what} with number {number} has no words in tools/docs yet")
    return words_of[number]


def states() -> dict[int, tuple[str, str]]:
    """Return {number: (word, sentence)} of all states."""
    return numbered(codes, STATES, "state")


def events() -> dict[int, str]:
    """Return {number: words} of all events."""
    return numbered(codes, EVENTS, "event")


def orders() -> dict[int, tuple[str, str]]:
    """Return {number: (mark, sentence)} of all orders."""
    return numbered(table, ORDERS, "order")
