"""Is a hand's meaning read, and read in time?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.detect.press import Press
from firmware.ticks import after
from firmware.words import ASSIST_ASKED, EMERGENCY_ASKED, PRESSED, PRESSED_ALONE

STARTS = (0, 2**30 - 1500)


def play(spans, start=0, poll_ms=10, tail_ms=1500, **settings):
    """Feed levels 1, 0, 1 ... for `spans` ms each; return [(event, ms since the first edge)]."""
    press = Press(**settings)
    events = []
    now = after(start, 0)
    for _ in range(10):
        assert press.level(0, now) == 0
        now = after(now, poll_ms)
    t = 0
    for i, span in enumerate([*spans, tail_ms]):
        level = 1 - i % 2 if i < len(spans) else 0
        end = t + span
        while t < end:
            event = press.level(level, now)
            if event:
                events.append((event, t))
            t += poll_ms
            now = after(now, poll_ms)
    return events


def names(spans, **settings):
    return [event for event, _ in play(spans, **settings)]


@pytest.mark.parametrize("start", STARTS)
def test_gestures_and_their_times(start):
    assert play([100], start) == [(PRESSED, 130), (PRESSED_ALONE, 800)]
    assert play([100, 100, 100], start)[:2] == [(PRESSED, 130), (ASSIST_ASKED, 230)]
    mash = play([100, 100, 100, 100, 100], start)
    assert [event for event, _ in mash] == [PRESSED, ASSIST_ASKED, EMERGENCY_ASKED]
    assert mash[-1][1] == 430
    assert play([900], start) == [(EMERGENCY_ASKED, 800)]


def test_presses_far_apart_are_two_gestures():
    assert names([100, 800, 100]) == [PRESSED, PRESSED_ALONE, PRESSED, PRESSED_ALONE]


def test_a_slow_beginning_does_not_hide_a_mash():
    assert EMERGENCY_ASKED in names([700, 690, 300, 300, 300, 300, 100])


def test_one_press_calls_in_a_house_with_that_rule():
    assert names([100], single_calls=True) == [EMERGENCY_ASKED]


def test_a_bounce_is_no_press():
    assert names([10, 10, 10, 10]) == []
    # a bouncing contact before a steady hold still reads as one hold
    assert names([10, 10, 10, 10, 900]) == [EMERGENCY_ASKED]


@given(st.lists(st.integers(4, 60).map(lambda n: n * 10), min_size=5, max_size=15).filter(lambda s: len(s) % 2))
def test_every_quick_mash_is_an_emergency(spans):
    spans = [min(span, 300) for span in spans]
    assert names(spans).count(EMERGENCY_ASKED) == 1
