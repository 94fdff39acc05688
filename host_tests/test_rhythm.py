"""Are patterns told apart by rhythm alone, through clothes, by somebody who does not measure?

A wearer feels how many beats there are, and which beat or pause is clearly longer than another; nobody feels 300 ms
from 400. So two patterns of as many beats must differ somewhere by a factor, and two even trains of different length by
tempo, by their beats, or by how long they last.
"""

from itertools import combinations

import pytest

from firmware.feedback import patterns
from firmware.feedback.player import FULL, Player
from tools.demo.feeling import NAMES
from tools.paper.facts import spans

FACTOR = 1.75
BEAT_MS_LEAST = 100  # coin motors need some 50 to start and 50 to stop
LASTS_MS_MOST = 3000
PAIRS = list(combinations(NAMES, 2))


def factor(a, b):
    return max(a, b) / min(a, b)


def even(pattern):
    """Return whether all beats are alike, and all pauses: then nobody counts, but feels tempo and length."""
    return len(set(pattern[::2])) == 1 and len(set(pattern[1::2])) <= 1


@pytest.mark.parametrize("one, other", PAIRS, ids=[f"{NAMES[a]}, {NAMES[b]}" for a, b in PAIRS])
def test_two_patterns_differ_by_more_than_a_hand_of_time(one, other):
    a, b = spans(one), spans(other)
    if len(a) == len(b):
        assert max(map(factor, a, b)) >= FACTOR
    elif even(a) and even(b) and min(len(a), len(b)) > 1:
        tempo = factor(a[0] + a[1], b[0] + b[1])
        assert max(tempo, factor(a[0], b[0]), factor(sum(a), sum(b))) >= FACTOR


@pytest.mark.parametrize("number", list(NAMES))
def test_no_beat_is_too_short_to_be_felt_at_full_strength_and_none_lasts_too_long(number):
    assert min(spans(number)) >= BEAT_MS_LEAST and sum(spans(number)) <= LASTS_MS_MOST
    player = Player()
    player.play(number, 0)
    assert {player.level(now) for now in range(0, 5000, 10)} == {0, FULL}  # rhythm is all there is


def test_nothing_that_is_no_receipt_begins_like_one():
    """Two taps close together are "received"; a fault must never be taken for it, nor a question."""
    received = spans(patterns.HEARD)
    for number in NAMES:
        begins = spans(number)[: len(received)]
        if number != patterns.HEARD and len(begins) == len(received):
            assert max(map(factor, begins, received)) >= FACTOR, NAMES[number]
