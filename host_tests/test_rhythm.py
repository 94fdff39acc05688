"""Are patterns told apart by rhythm alone, and does none promise more when beats of it are lost, or when two meet?

A wearer feels how many beats there are, and which are long; nobody feels 300 ms from 400, and few count past four. So
what is felt is read here as a hand would: beats as S and L, one that lies between as either, and each pattern with the
miscounts that it would still be taken for. The order of promise is that of firmware/feedback/patterns.py.
"""

import re
from itertools import product

import pytest

from firmware.feedback import patterns as feel
from firmware.feedback.patterns import RANKS
from firmware.feedback.player import BREAK_MS, FULL, PAUSE_MS, Player
from tools.docs.facts import rhythm_numbers, spans
from tools.sim.demo.feeling import NAMES

BEAT_MS_LEAST = 100  # coin motors need some 50 to start and 50 to stop; a gap is felt from as much on
LASTS_MS_MOST = 3000
SHORT_MS_MOST, LONG_MS_LEAST = 200, 300
MEANINGS_MOST = 9
PAUSES_MS = (280, 400, 500, 600, 700)  # silences from which on a wearer may think that something new begins

# rhythm: what is taken for it, and how much it promises
READ = {
    feel.CANCELLED: ("S", 0),
    feel.UNHEARD: ("LL", 0),
    feel.UNANSWERED: ("LSSL", 1),
    feel.PRE_ALARM: ("L{4,7}", 2),
    feel.CALLED_ASSIST: ("S{5,7}", 2),
    feel.CALLED_FALL: ("S{2,4}L{2,4}S{2,4}", 2),
    feel.RECEIVED: ("SLS", 3),
    feel.TAKEN: ("(SL){2,4}", 4),
    feel.CLOSED: ("S{8,}", 5),
}
OWN = (feel.PRE_ALARM, feel.RECEIVED, feel.TAKEN, feel.UNANSWERED, feel.UNHEARD)
RHYTHMS = list(READ)
names = NAMES.get


def classes(beat_ms):
    """Return what a beat may be felt as: short, long, or either; "" for one that is too short to be felt."""
    return [""] * (beat_ms < BEAT_MS_LEAST) + ["S"] * (beat_ms < LONG_MS_LEAST) + ["L"] * (beat_ms > SHORT_MS_MOST)


def readings(felt):
    """Return every rhythm that `felt` (ms on, off, ... on) may be taken for, whole or in any part between silences."""
    found = set()
    for pause in PAUSES_MS:
        parts = [[]]
        for i, span in enumerate(felt):
            if i % 2 == 0:
                parts[-1].append(span)
            elif span >= pause:
                parts.append([])
        for part in parts:
            for word in product(*(classes(beat) for beat in part)):
                found.update(number for number, (wanted, _) in READ.items() if re.fullmatch(wanted, "".join(word)))
    return found


def without(felt, i):
    """Return `felt` with the beat at `i` missing."""
    if i == 0 or i == len(felt) - 1:
        return felt[2:] if i == 0 else felt[:-2]
    return [*felt[: i - 1], sum(felt[i - 1 : i + 2]), *felt[i + 2 :]]


def parts_of(beat_ms):
    """Return (on, off, on) of a beat in whose middle the motor stood still for long enough to be felt."""
    most = beat_ms - 2 * BEAT_MS_LEAST
    return [(on, BEAT_MS_LEAST, beat_ms - BEAT_MS_LEAST - on) for on in range(100, most + 1, 20)]


def faults(whole):
    """Yield (what has happened, ms on, off, ... on) for each fault of a single beat, and of a beginning or an end."""
    for i in range(0, len(whole), 2):
        yield "lost", without(whole, i)
        gap = whole[i + 1] if i + 1 < len(whole) else whole[i - 1] if i else BEAT_MS_LEAST
        yield "doubled", [*whole[: i + 1], gap, *whole[i:]]
        for shorter in range(BEAT_MS_LEAST, whole[i], 20):
            yield "shortened", [*whole[:i], shorter, *whole[i + 1 :]]
        yield "stretched", [*whole[:i], 1000, *whole[i + 1 :]]
        if i + 2 < len(whole) and whole[i + 1] < PAUSES_MS[0]:  # in a longer silence every motor comes to rest
            yield "merged", [*whole[:i], sum(whole[i : i + 3]), *whole[i + 3 :]]
        for broken in parts_of(whole[i]):
            yield "broken", [*whole[:i], *broken, *whole[i + 1 :]]
    for i in range(0, len(whole), 2):
        for left in range(20, whole[i] + 1, 20):
            yield "cut off", [*whole[:i], left]
            yield "begun late", [left, *whole[i + 1 :]]


def test_nobody_has_to_tell_more_than_nine_apart():
    assert sorted(READ) == rhythm_numbers() and len(READ) <= MEANINGS_MOST
    assert {tuple(spans(number)) for number in NAMES} == {tuple(spans(number)) for number in READ}


@pytest.mark.parametrize("number, shared", [
    (feel.PRE_ALARM, {feel.REMINDER, feel.TEST_ASK}),  # one press answers each of them
    (feel.CALLED_FALL, {feel.CALLED_EMERGENCY}),
    (feel.CLOSED, {feel.STOOD_DOWN, feel.READY}),
    (feel.CANCELLED, {feel.ANSWERED, feel.TROUBLE, feel.ALONE, feel.TOGETHER, feel.PRACTISING}),
    *((number, set()) for number in (feel.RECEIVED, feel.TAKEN, feel.UNANSWERED, feel.UNHEARD, feel.CALLED_ASSIST)),
])
def test_what_shares_a_rhythm_means_the_same_to_who_feels_it(number, shared):
    assert {other for other in NAMES if spans(other) == spans(number)} == shared | {number}


@pytest.mark.parametrize("number", RHYTHMS, ids=names)
def test_a_rhythm_is_read_as_itself_and_as_nothing_else(number):
    assert readings(spans(number)) == {number}


def test_the_five_of_ones_own_alarm_differ_in_count_and_in_rhythm():
    counts = [len(spans(number)) // 2 + 1 for number in OWN]
    assert len(set(counts)) == len(OWN)
    lengths = [sum(spans(number)) for number in (feel.RECEIVED, feel.UNHEARD)]
    assert max(lengths) <= 1200  # they are wanted at once


@pytest.mark.parametrize("number", RHYTHMS, ids=names)
def test_no_fault_of_a_beat_turns_a_pattern_into_one_that_promises_more(number):
    for what, felt in faults(spans(number)):
        for other in readings(felt):
            assert READ[other][1] <= READ[number][1], (what, felt, NAMES[other])


@pytest.mark.parametrize("number", (feel.CALLED_ASSIST, feel.CALLED_FALL), ids=names)
def test_a_colleagues_call_and_a_question_are_never_taken_for_each_other(number):
    """One press says "I am coming" to the one, and "I am well" to the other."""
    assert not [felt for _, felt in faults(spans(number)) if feel.PRE_ALARM in readings(felt)]
    assert not [felt for _, felt in faults(spans(feel.PRE_ALARM)) if number in readings(felt)]


@pytest.mark.parametrize("number", RHYTHMS, ids=names)
def test_however_many_short_beats_are_lost_nothing_more_is_promised(number):
    whole = spans(number)
    short = [i for i in range(0, len(whole), 2) if whole[i] <= SHORT_MS_MOST]
    for lost in product((False, True), repeat=len(short)):
        if number == feel.CLOSED:
            break  # nothing promises more
        felt = whole
        for i in [at for at, gone in zip(reversed(short), reversed(lost)) if gone]:
            felt = without(felt, i)
        assert all(READ[other][1] <= READ[number][1] for other in readings(felt)), felt


@pytest.mark.parametrize("number", list(NAMES), ids=names)
def test_no_beat_is_too_short_to_be_felt_at_full_strength_and_none_lasts_too_long(number):
    assert min(spans(number)) >= BEAT_MS_LEAST and sum(spans(number)) <= LASTS_MS_MOST
    player = Player()
    player.play(number, 0)
    assert {player.level(now) for now in range(0, 5000, 10)} == {0, FULL}  # rhythm is all there is


def played(orders, until_ms, looks=lambda now: True):
    """Return ms on, off, ... on of the motor while `orders`, (ms, pattern or None to stop it), are carried out."""
    player, edges, level = Player(), [], 0
    for now in range(0, until_ms, 20):
        for at, pattern in orders:
            if at == now:
                player.play(pattern, now)
        if looks(now):
            if player.level(now) != level:
                level = FULL - level
                edges.append(now)
    assert level == 0
    return [later - sooner for sooner, later in zip(edges, edges[1:])]


@pytest.mark.parametrize("one", RHYTHMS, ids=names)
def test_where_two_patterns_meet_each_is_felt_for_itself_whole_or_as_less(one):
    for other in RHYTHMS:
        for at in range(20, sum(spans(one)) + PAUSE_MS + 200, 60):
            felt = played([(0, one), (at, other)], 9000)
            if one != other or at > sum(spans(one)):
                begins = len(felt) - len(spans(other))
                assert felt[begins - 1] >= (BREAK_MS if begins == 2 else PAUSE_MS), (NAMES[other], at, felt)
            assert felt[-len(spans(other)) :] == spans(other) or RANKS[one] > RANKS[other]
            for read in readings(felt):
                assert read == other or READ[read][1] <= READ[one][1], (NAMES[other], at, felt)


def test_a_pause_is_longer_than_any_silence_that_a_lost_beat_leaves():
    for number in RHYTHMS:
        for what, felt in faults(spans(number)):
            assert max(felt[1::2], default=0) < PAUSE_MS, (what, number)


@pytest.mark.parametrize("number", RHYTHMS, ids=names)
@pytest.mark.parametrize("stall_ms", [100, 700, 6000])
def test_a_loop_that_stalls_loses_no_beat_and_shortens_none(number, stall_ms):
    whole = spans(number)
    for at in range(0, sum(whole), 40):
        felt = played([(0, number)], 20000, lambda now: not at < now < at + stall_ms)
        assert len(felt) == len(whole) and all(was >= wanted for was, wanted in zip(felt, whole))
        assert sum(was != wanted for was, wanted in zip(felt, whole)) <= 1
        assert all(READ[other][1] <= READ[number][1] for other in readings(felt))


def test_what_had_to_wait_for_long_is_felt_no_more():
    """One grave thing after another keeps the motor; what waited for them to end may no longer be true."""
    for turns in range(1, 12):
        player, felt, last_at = Player(), set(), 0
        player.play(feel.UNANSWERED, 0)
        player.play(feel.ALONE, 20)
        for now in range(40, 20000, 20):
            if now % 1000 == 0 and now <= turns * 1000:
                player.play((feel.UNANSWERED, feel.UNHEARD)[now // 1000 % 2], now)
            if player.playing not in (feel.NONE, feel.ALONE):
                last_at = now
            if player.level(now):
                felt.add(player.playing)
        assert (feel.ALONE in felt) == (last_at - 20 < 5000), last_at
    assert last_at > 10000
