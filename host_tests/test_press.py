"""Is a hand's meaning read, and read in time?"""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from firmware.codes import ASSIST_ASKED, EMERGENCY_ASKED, PRESSED, PRESSED_ALONE
from firmware.detect import press as reader
from firmware.detect.press import Press
from firmware.limits import DEBOUNCE_MS, RELEASE_MS, TREMBLE_MS
from firmware.ticks import after

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
    assert play([100], start) == [(PRESSED, 140), (PRESSED_ALONE, 800)]
    assert play([100, 100, 100], start)[:2] == [(PRESSED, 140), (ASSIST_ASKED, 230)]
    mash = play([100, 100, 100, 100, 100], start)
    assert [event for event, _ in mash] == [PRESSED, ASSIST_ASKED, EMERGENCY_ASKED]
    assert mash[-1][1] == 430
    assert play([900], start) == [(EMERGENCY_ASKED, 800)]


def test_presses_far_apart_are_two_gestures():
    assert names([100, 800, 100]) == [PRESSED, PRESSED_ALONE, PRESSED, PRESSED_ALONE]


def test_a_slow_beginning_does_not_hide_a_mash():
    assert EMERGENCY_ASKED in names([700, 690, 300, 300, 300, 300, 100])


def test_a_bounce_is_no_press():
    assert names([10, 10, 10, 10]) == []
    # a bouncing contact before a steady hold still reads as one hold
    assert names([10, 10, 10, 10, 900]) == [EMERGENCY_ASKED]


@given(st.lists(st.integers(4, 60).map(lambda n: n * 10), min_size=5, max_size=15).filter(lambda s: len(s) % 2))
def test_every_quick_mash_is_an_emergency(spans):
    spans = [max(min(span, 300), RELEASE_MS * (i % 2)) for i, span in enumerate(spans)]
    assert names(spans).count(EMERGENCY_ASKED) == 1


@given(
    st.tuples(*[st.integers(66, 160), st.integers(68, 76)] * 2, st.integers(66, 160)),  # 66: two looks and the debounce
    st.lists(st.integers(10, 20), min_size=20, max_size=40),
)
@example((100, 62, 100, 62, 100), [12] * 9 + [12, 12, 12, 12, 20, 12])
@settings(max_examples=1000)
def test_three_quick_presses_are_an_emergency_however_unevenly_the_loop_looks(spans, polls):
    press, events, now = Press(), [], 0
    edges = [100 + sum(spans[:n]) for n in range(6)]
    while now < edges[-1] + 200:
        events.append(press.level(sum(edge <= now for edge in edges) % 2, now))
        now += polls[len(events) % len(polls)]
    assert events.count(EMERGENCY_ASKED) == 1


# A contact that opens for a moment


@pytest.mark.parametrize("poll_ms", [5, 10])
@pytest.mark.parametrize("dropouts", [1, 2, 3])
@pytest.mark.parametrize("ms", [5, 25, 30, 40])
def test_a_press_that_drops_out_for_40_ms_stays_one_press(ms, dropouts, poll_ms):
    spans = [60] + [ms, 60] * dropouts
    assert [event for event, _ in play(spans, poll_ms=poll_ms)] == [PRESSED, PRESSED_ALONE]


def test_with_the_release_as_short_as_the_press_the_dropouts_would_call(monkeypatch):
    monkeypatch.setattr(reader, "RELEASE_MS", DEBOUNCE_MS)
    assert names([60, 40, 60, 40, 60]) == [PRESSED, ASSIST_ASKED, EMERGENCY_ASKED]


# A finger that trembles while it answers

SHORT, APART = st.integers(RELEASE_MS + 10, 69), st.integers(TREMBLE_MS, 400)


def answered(spans, poll_ms=10, **words):
    """As `names`, of a press that the badge waits for until the first event answers it."""
    press, events, now = Press(**words), [], 0
    edges = [100 + sum(spans[:n]) for n in range(len(spans) + 1)]
    press.asked = True
    while now < edges[-1] + 900:
        event = press.level(sum(edge <= now for edge in edges) % 2, now)
        if event:
            events.append(event)
            press.asked = False
        now += poll_ms
    return events


@given(st.integers(60, 250), SHORT, st.integers(60, 250), st.sampled_from((5, 10)), st.booleans())
def test_an_answer_that_trembles_once_is_one_and_one_that_lifts_for_longer_is_two(first, gap, last, poll_ms, single):
    assert answered([first, gap, last], poll_ms, single_calls=single) == [PRESSED, PRESSED_ALONE]
    apart = answered([first, TREMBLE_MS + gap, last], poll_ms, single_calls=single)
    assert apart == [PRESSED, EMERGENCY_ASKED if single else ASSIST_ASKED]
    assert names([first, gap, last])[:2] == [PRESSED, ASSIST_ASKED]  # nothing was asked


@given(st.lists(st.integers(60, 250), min_size=3, max_size=6), st.data(), st.sampled_from((5, 10)))
def test_three_touches_call_at_the_third_whatever_was_asked_and_however_short_the_gaps(presses, data, poll_ms):
    spans = [presses[0]]
    for held in presses[1:]:
        spans += [data.draw(st.one_of(SHORT, APART)), held]
    assert answered(spans, poll_ms).count(EMERGENCY_ASKED) == 1
    asked, free = Press(), Press()
    for t in range(0, sum(spans) + 900, poll_ms):
        level = sum(100 + sum(spans[:n]) <= t for n in range(len(spans) + 1)) % 2
        asked.asked = True
        called = [press.level(level, t) == EMERGENCY_ASKED for press in (asked, free)]
        assert called[0] == called[1], t


@given(st.integers(60, 200), SHORT, st.integers(820, 2000))
def test_a_hold_calls_whatever_trembled_before_it(first, gap, held):
    assert EMERGENCY_ASKED in answered([first, gap, held])


# Noise on the line, and a loop that stands still

END_MS = 2500
POLLS = st.sampled_from((10, 20))


class Line:
    """A contact as a function of time, its falling edges, and a loop that looks at both, except in its stalls.

    closed: [(from, until)], in ms; stalls: [(from, until)]. The edges between two looks are one flag, as on the chip.
    """

    def __init__(self, closed, stalls=()):
        self.closed = sorted(closed)
        self.stalls = sorted(stalls)

    def level(self, t):
        return int(any(began <= t < ended for began, ended in self.closed))

    def looks(self, poll_ms=10, end_ms=END_MS):
        t = 0
        while t < end_ms:
            yield t
            t = next((until for began, until in self.stalls if began <= t + poll_ms < until), t + poll_ms)

    def read(self, poll_ms=10, sees=True, start=0, **settings):
        """Return [(event, t)]. sees: whether the interrupt comes."""
        press = Press(**settings)
        events, before = [], -1
        for t in self.looks(poll_ms):
            press.touched = sees and any(before < began <= t for began, _ in self.closed)
            event = press.level(self.level(t), after(start, t))
            before = t
            if event:
                events.append((event, t))
        return events


def said(line, **words):
    return [event for event, _ in line.read(**words)]


@st.composite
def stalls(draw, most=3):
    return [(at, at + draw(st.integers(40, 120))) for at in draw(st.lists(st.integers(0, 2000), max_size=most))]


@st.composite
def sparks(draw):
    """Closings of 0.2 to 3 ms: a relay, a motor, a radio that sends. From one to trains of 200 a second."""
    every = draw(st.integers(5, 300))
    at, found = draw(st.integers(100, 1000)), []
    lasts = draw(st.sampled_from((20, 60, 300, 1000)))
    end = at + lasts
    while at < end:
        found.append((at, at + draw(st.sampled_from((0.2, 1, 3)))))
        at += draw(st.integers(max(4, every // 2), every))
    return found


@settings(max_examples=300)
@given(sparks(), stalls(), POLLS, st.booleans(), st.booleans())
def test_sparks_that_no_look_finds_closed_are_never_anything_whatever_stalls(sparks, stalls, poll_ms, single, asked):
    line = Line(sparks, stalls)
    for began, ended in sparks:
        assume(not any(began <= t < ended for t in line.looks(poll_ms)))
    press = Press(single_calls=single)
    press.asked = asked
    assert said(line, poll_ms=poll_ms, single_calls=single) == []


@settings(max_examples=300)
@given(st.lists(st.integers(10, 230), max_size=60, unique=True), stalls(), st.booleans(), st.booleans())
def test_sparks_that_single_looks_find_closed_are_never_anything(at, stalls, sees, single):
    found = [(10 * n, 10 * n + 1) for n in at if n - 1 not in at]
    assert said(Line(found, stalls if len(found) < 2 else ()), sees=sees, single_calls=single) == []


@settings(max_examples=300)
@given(st.lists(st.integers(0, 2000), min_size=30, max_size=400), st.integers(0, 99))
def test_on_a_line_with_sparks_no_train_of_them_is_a_press_or_a_call(at, phase):
    first = [(phase % 10 + 1, phase % 10 + 2)]  # no look finds it closed, so the line is known to have sparks
    shorts = [(100 + t, 100 + t + 3) for t in at]
    closed = []
    for began, ended in sorted(shorts):  # those that run into each other are one
        if closed and began <= closed[-1][1]:
            began, ended = closed.pop()[0], ended
        closed.append((began, ended))
    closed = [(began, ended) for began, ended in closed if ended - began < DEBOUNCE_MS]
    again = [(t, t + 1) for t in range(41, END_MS, 400)]  # and goes on having them
    assert said(Line(first + closed + again)) == []


def test_a_second_of_edges_every_10_ms_is_nothing_and_a_press_among_them_is_one():
    noise = [(t, t + 1) for t in range(205, 1205, 10)]
    assert said(Line(noise)) == []
    assert said(Line([(t, u) for t, u in noise if not 600 <= t < 720] + [(600, 720)])) == [PRESSED, PRESSED_ALONE]
    assert said(Line([(t, u) for t, u in noise if t < 600] + [(600, 1500)])) == [EMERGENCY_ASKED]


@pytest.mark.parametrize("sees", [True, False])
def test_a_press_hidden_in_a_stall_counts_beside_a_clean_one_and_is_nothing_alone(sees):
    hidden, stall = (510, 570), (500, 590)
    assert said(Line([hidden], [stall]), sees=sees) == []
    assert said(Line([hidden], [stall]), sees=sees, single_calls=True) == []
    two = said(Line([hidden, (700, 800)], [stall]), sees=sees)
    assert two == ([ASSIST_ASKED] if sees else [PRESSED, PRESSED_ALONE])
    three = said(Line([(300, 400), hidden, (700, 800)], [stall]), sees=sees)
    assert three == ([PRESSED, ASSIST_ASKED, EMERGENCY_ASKED] if sees else [PRESSED, ASSIST_ASKED])


@pytest.mark.parametrize("apart", [300, 1000])
def test_two_stalls_with_a_spark_each_are_nothing_and_beside_a_press_no_more_than_one(apart):
    sparks = [(510, 511), (510 + apart, 511 + apart)]
    stalls = [(500, 560), (500 + apart, 560 + apart)]
    assert said(Line(sparks, stalls)) == []
    assert EMERGENCY_ASKED not in said(Line([*sparks, (700, 790)], stalls))


def test_a_press_let_go_and_made_again_in_a_stall_is_two_presses():
    assert said(Line([(300, 410), (470, 600)], [(400, 490)])) == [ASSIST_ASKED]
    assert said(Line([(300, 410), (470, 600)], [(420, 490)])) == [ASSIST_ASKED]


START = st.integers(0, 2**30 - 1) | st.integers(1, 4000).map(lambda before: 2**30 - before)  # the wrap is in the mash


@st.composite
def mash(draw):
    """Three presses or more of 60 to 250 ms, with gaps of 70 to 400, and a stall of up to 110 ms anywhere."""
    at, closed = 200, []
    for _ in range(draw(st.integers(3, 6))):
        at += draw(st.integers(70, 400))
        closed.append((at, at + draw(st.integers(60, 250))))
        at = closed[-1][1]
    began = draw(st.integers(190, at))
    return closed, [(began, began + draw(st.integers(40, 110)))]


@settings(max_examples=400)
@given(mash(), START)
@example(([(270, 330), (400, 460), (530, 590)], [(271, 370)]), 0)
def test_no_mash_is_lost_whatever_stall_it_meets(given, start):
    closed, stall = given
    line = Line(closed, stall)
    events = dict(line.read(start=start))
    assert EMERGENCY_ASKED in events
    third = closed[2][0]
    assert events[EMERGENCY_ASKED] <= max(third + 60, *[until + 60 for _, until in stall])


@settings(max_examples=200)
@given(st.integers(200, 1500), st.integers(40, 110), st.integers(860, 1500))
def test_no_hold_is_lost_whatever_stall_it_meets(began, lasts, held):
    events = Line([(400, 400 + held)], [(began, began + lasts)]).read()
    if 400 + held > began + lasts or began > 1230:
        assert EMERGENCY_ASKED in dict(events)
    assert ASSIST_ASKED not in dict(events)


@settings(max_examples=200)
@given(st.integers(60, 600), st.integers(0, 9))
def test_a_single_press_that_bounces_is_one_press_whatever_edges_come_with_it(lasts, phase):
    at = 300 + phase
    bounces = [(at, at + 2), (at + 5, at + 9), (at + 12, at + 14)]
    ends = [(at + lasts + 3, at + lasts + 6), (at + lasts + 12, at + lasts + 18)]
    assert said(Line([*bounces, (at + 20, at + lasts), *ends])) == [PRESSED, PRESSED_ALONE]
