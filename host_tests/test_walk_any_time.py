"""Does it matter to the walk that it lets time pass in steps of 5 s? Lives in which events come at any millisecond.

The walk (tools/sim/checks/walk.py) knows moments on a grid; a hand does not. What the alarm does hangs on time only
through what is due, and through which of two spans is longer; so each moment off the grid must be like one on it in
these. One kind is not: a reset within the last second before a deadline, after which nothing is left of it, since what
is saved counts in seconds. From every state of the graph that is tried here too, with all that can follow. Then seeds
live with waits of any length, and no likeness is met that is not known by now. Every sentence is asked at every step.
"""

import copy
import random

import pytest

from firmware.codes import SAFE, WARNED
from tools.sim.checks import sentences, walk
from tools.sim.checks.sentences import OPEN, RESET, WAITED
from tools.sim.checks.walk import Walk

PRE_ALARM_MS = 30000
LIVES, EVENTS_A_LIFE = 400, 60


def likeness(side):
    """Return of `side` all but how long its spans are: what is due, and whether a question has longer than usual."""
    if side.state == SAFE:
        return (SAFE,)
    longer = side.state == WARNED and side.left_ms > PRE_ALARM_MS
    refresh_due = side.state in OPEN and side.refresh_ms == 0
    return (*(side.state, side.kind, side.what, side.practice, side.stored, side.person),
            side.left_ms == 0, refresh_due, longer)


def judge(before, told, following):
    for name, holds in sentences.ALL.items():
        assert holds(before, told, following), sentences.text(name)


def late(side):
    """Return `side` half a second before its deadline."""
    nearly = copy.copy(side)
    nearly.left_ms = 500
    nearly.refresh_ms = min(side.refresh_ms, 700)
    return nearly


@pytest.fixture(scope="module")
def known():
    """Return the sides of the graph, and those that a reset in a last second leads to, by their keys."""
    sides = dict(Walk(PRE_ALARM_MS).sides)
    waiting = []

    def found(side):
        if side.key() not in sides:
            sides[side.key()] = side
            waiting.append(side)

    for side in [each for each in sides.values() if each.state != SAFE]:
        told, following = walk.step(late(side), RESET, PRE_ALARM_MS)
        judge(late(side), told, following)
        found(following)
    assert len(waiting) > 50
    for side in waiting:  # grows while it is walked
        for event in walk.events():
            told, following = walk.step(side, event, PRE_ALARM_MS)
            judge(side, told, following)
            found(following)
    return {likeness(side) for side in sides.values()}


def test_events_at_any_moment_meet_nothing_that_is_not_known(known, monkeypatch):
    on_grid, met, off_grid = walk.next_ms, set(), 0
    for seed in range(LIVES):
        draw, side = random.Random(seed), walk.Side()
        for _ in range(EVENTS_A_LIFE):
            event = draw.choice((*walk.events(), *[WAITED] * 12))
            most_ms = on_grid(side)
            wait_ms = draw.choice((most_ms, draw.randint(min(1, most_ms), most_ms)))
            monkeypatch.setattr(walk, "next_ms", lambda before, ms=wait_ms: ms)
            told, following = walk.step(side, event, PRE_ALARM_MS)
            judge(side, told, following)
            assert likeness(following) in known, (seed, likeness(following))
            met.add(likeness(following))
            off_grid += following.left_ms % 1000 != 0
            side = following
    assert off_grid > LIVES * EVENTS_A_LIFE // 4 and len(met) > 60, (off_grid, len(met), len(known))
