"""What does the badge read from a hand, and how soon? Levels at every poll through the badge's own button door.

The badge is polled every 10 ms, as the hallway does, and given time at every tenth poll; host_tests/test_hands.py shows
that giving it at every poll changes nothing. Contexts are put in place by the rooms' own calls.
"""

from bisect import bisect_right

from firmware.badge import Badge
from firmware.codes import (
    ACKED, ASSIST_ASKED, CLOSE_TOLD, GREEN, KIND_ASSIST, KIND_EMERGENCY, WARNED, WHAT_CANCELLED,
)
from firmware.limits import ANSWER_QUIET_MS, HOLD_MS, PRESS_GAP_MS
from firmware.ticks import after
from tools.sim.checks import hands

UP, DOWN = bytes(range(16)), bytes(range(16, 32))
TAIL_MS = ANSWER_QUIET_MS + 100  # after the last edge: "I am coming" needs quiet
_CLEAR_MS = 60  # what closes or opens for as long is seen by any poll, whatever bounces
SURE_MS = 70  # an opening as long is no dropout, which lasts up to RELEASE_MS, whatever bounces


class Read:
    """meaning: one of hands.MEANINGS. at_ms: from the first touch to the emergency, None without one."""

    def __init__(self, meaning: str, at_ms: int | None) -> None:
        self.meaning = meaning
        self.at_ms = at_ms


def read(hand: hands.Hand, poll_ms: int = 10, tick_every: int = 10, **settings: object) -> Read:
    """Return the Read of `hand`. settings: those of Badge."""
    badge = Badge(7, UP, DOWN, hand.start, **settings)
    badge.counter.grant(1000, 100000)
    now = hand.start
    if hand.before:
        now = _earlier(badge, *hand.before, now)
    _wait_for(badge, hand.context, now)
    times = [hand.phase + at for at, _ in hand.edges]
    levels = [0] + [level for _, level in hand.edges]
    alarm = badge.alarm
    for turn in range((hand.phase + hand.length_ms + TAIL_MS) // poll_ms + 1):
        t = turn * poll_ms
        at = after(now, t)
        badge.button(levels[bisect_right(times, t)], at)
        if turn % tick_every == 0:
            badge.tick(at)
        if alarm.kind == KIND_EMERGENCY and alarm.is_open():
            return Read(hands.EMERGENCY, t - hand.phase)
    return Read(_meaning(badge, hand.context), None)


def _earlier(badge: Badge, spans: hands.Spans, ago_ms: int, now: int) -> int:
    """Play a clean gesture, close what it raised, and return a moment `ago_ms` later."""
    for i, span in enumerate([*spans, 1500]):
        for _ in range(span // 10):
            now = after(now, 10)
            badge.button(1 - i % 2 if i < len(spans) else 0, now)
    badge.alarm.on(ACKED, now, now)
    badge.alarm.on(CLOSE_TOLD, now, now)
    while ago_ms:  # a leap of more than half the circle is two
        leap = min(ago_ms, 2**29 - 1)
        now = after(now, leap)
        ago_ms -= leap
    return now


def _wait_for(badge: Badge, context: str, now: int) -> None:
    if context in hands.ASKS:
        badge.alarm.on(hands.ASKS[context], now, now)
    elif context == hands.DUE:
        badge.shift.visit.start(GREEN, 120, (now - 70000) % 2**30)
        badge.tick(now)
        if not badge.shift.visit.asked:
            raise RuntimeError("the check-in was not reminded of")
    elif context == hands.CALLED:
        for turn in range(100):  # two seconds in which the badge is moved: it is worn
            badge.samples((0, 0, 1000) if turn < 50 else (0, 700, 700), 1, now)
        badge.calls.called(9, 77, KIND_ASSIST, now)
    elif context == hands.OPEN:
        badge.alarm.on(ASSIST_ASKED, now, now)
        badge.alarm.on(ACKED, now, now)
    if context in hands.ASKS and badge.alarm.state != WARNED:
        raise RuntimeError("the question was not put")


def _meaning(badge: Badge, context: str) -> str:
    alarm = badge.alarm
    if alarm.is_open() and alarm.kind == KIND_ASSIST and context != hands.OPEN:
        return hands.ASSIST
    if context in hands.ASKS and alarm.what == WHAT_CANCELLED and alarm.state != WARNED:
        return hands.CANCEL
    if context == hands.DUE and not badge.shift.visit.asked:
        return hands.CONFIRM
    if context == hands.CALLED and any(badge.calls.answered):
        return hands.ANSWER
    return hands.NOTHING


def decided_ms(spans: hands.Spans, hold_ms: int = HOLD_MS, open_ms: int = _CLEAR_MS) -> int | None:
    """Return when a finger's `spans` have said emergency beyond doubt, in ms from the first touch; None if never.

    open_ms: what opens for as long parts two presses.

    The card's rule over what is long enough to be seen: the third press-down, or `hold_ms` after one. Written again
    from the card, to hold firmware/detect/press.py against.
    """
    count = held_from = last = 0
    for began, ended in _clear(spans, open_ms):
        opening = began - last
        last = ended
        count = count + 1 if count and opening <= PRESS_GAP_MS else 1
        if count == 1 or opening > hands.SLIP_MS:
            held_from = began
        if count >= 3:
            return began
        if ended - held_from >= hold_ms:
            return max(began, held_from + hold_ms)
    return None


def _clear(spans: hands.Spans, open_ms: int) -> list[tuple[int, int]]:
    """Return [(from, until)] of the presses that nobody could miss: short openings do not part them, short ones go."""
    presses: list[tuple[int, int]] = []
    t = 0
    for i, span in enumerate(spans):
        if i % 2 == 0 and presses and t - presses[-1][1] < open_ms:
            presses[-1] = (presses[-1][0], t + span)
        elif i % 2 == 0:
            presses.append((t, t + span))
        t += span
    return [(began, ended) for began, ended in presses if ended - began >= _CLEAR_MS]
