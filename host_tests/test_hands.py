"""Is every emergency that a hand means read, and what else is read from ten thousand hands?"""

import json

import pytest

from firmware.codes import ASSIST_ASKED, EMERGENCY_ASKED, PRESSED
from firmware.detect import press
from firmware.limits import HOLD_MS
from test_press import names, play
from tools.cli import hands as command
from tools.sim.checks import counts
from tools.sim.checks.hands import (
    ANSWER, ASSIST, BOUNCE_MS, CANCEL, CONFIRM, EMERGENCY, KEYS, MEANINGS, NOTHING, STYLES, Hand,
)
from tools.sim.checks.reader import decided_ms, read

SEED = 1
DAY_MS = 86400000


@pytest.fixture(scope="module")
def found():
    found = counts.count(10000, SEED)
    print(counts.table(found))
    return found


def test_no_emergency_that_is_meant_is_missed(found):
    assert sum(found["read"][EMERGENCY].values()) > 4000
    assert found["emergencies_missed"] == []


def test_every_emergency_is_read_within_100_ms_of_the_moment_it_was_beyond_doubt(found):
    assert found["late_ms"]["max"] <= 100


def test_all_ten_thousand_are_in_the_table_with_every_meaning_and_every_style(found):
    assert sum(sum(row.values()) for row in found["read"].values()) == 10000
    assert all(sum(found["read"][meant].values()) > 300 for meant in MEANINGS)
    assert set(found["styles"]) == set(STYLES)
    assert all(NOTHING in found["styles"][style] for style in KEYS)


def test_steady_hands_are_read_as_they_were_meant_every_time(found):
    for style in ("calm", "slow"):
        for meant, row in found["styles"][style].items():
            assert row[meant] == sum(row.values()), (style, meant, row)


def test_what_is_misread_is_read_as_more_of_a_call_and_hardly_ever_as_less(found):
    assist = found["read"][ASSIST]
    assert assist[EMERGENCY] + assist[ASSIST] == sum(assist.values())
    for meant in (CANCEL, CONFIRM, ANSWER):
        row = found["read"][meant]
        assert row[NOTHING] <= 2 and row[meant] > 0.8 * sum(row.values())


def test_a_trembling_answer_is_hardly_ever_an_alarm_of_ones_own(found):
    for style, meant in (("trembling", CANCEL), ("trembling", ANSWER), ("trembling", CONFIRM), ("gloves", CANCEL)):
        row = found["styles"][style][meant]
        assert row[meant] >= 0.95 * sum(row.values()), (style, row)


def test_keys_are_counted_and_leaning_ones_are_the_worst(found):
    calls = {style: found["styles"][style][NOTHING][EMERGENCY] for style in KEYS}
    assert calls["keys, leaning"] > calls["keys, walking"] > 0
    assert found["keys"]["emergencies"] == sum(calls.values())


def test_giving_time_at_every_poll_changes_nothing():
    for number in range(400):
        hand = Hand(SEED, number)
        seldom, always = read(hand), read(hand, tick_every=1)
        assert (seldom.meaning, seldom.at_ms) == (always.meaning, always.at_ms), number


@pytest.mark.parametrize("poll_ms", [5, 12, 15])
def test_a_hallway_that_polls_a_little_late_misses_none_either(poll_ms):
    assert counts.count(2000, SEED, poll_ms)["emergencies_missed"] == []


@pytest.mark.parametrize("hold_ms", [400, 900])
def test_other_settings_of_the_hold_miss_none_of_the_hands_that_keep_to_them(hold_ms):
    kept = 0
    for number in range(1500):
        hand = Hand(SEED, number)
        if hand.meaning == EMERGENCY and decided_ms(hand.spans, hold_ms) is not None:
            kept += 1
            assert read(hand, hold_ms=hold_ms).meaning == EMERGENCY, number
    assert kept > 400


def test_in_a_house_where_one_press_calls_every_press_does_but_an_answer():
    answers = understood = 0
    for number in range(1000):
        hand = Hand(SEED, number)
        meaning = read(hand, single_calls=True).meaning
        if hand.meaning in (CANCEL, CONFIRM):
            answers += 1
            understood += meaning == hand.meaning
            assert meaning in (hand.meaning, EMERGENCY), number  # a hand that trembles has pressed twice
        elif hand.meaning != NOTHING:
            assert meaning == EMERGENCY, number
    assert answers > 100 and understood >= 0.9 * answers


@pytest.mark.parametrize("name, value", [("FLICKER_MS", 0), ("PRESS_GAP_MS", 300), ("DEBOUNCE_MS", 60)])
def test_a_reader_with_other_limits_is_found_out(name, value, monkeypatch):
    monkeypatch.setattr(press, name, value)
    assert counts.count(1500, SEED)["emergencies_missed"]


def test_hands_are_the_same_every_time_and_their_contacts_bounce_for_20_ms_at_most():
    for number in range(300):
        hand = Hand(SEED, number)
        assert hand.edges == Hand(SEED, number).edges
        times = [at for at, _ in hand.edges]
        assert times == sorted(times) and [level for _, level in hand.edges] == [
            1 - i % 2 for i in range(len(hand.edges))
        ]
        touches, t = [], 0
        for span in hand.spans:
            touches.append(t)
            t += span
        assert hand.edges[-1] == (t, 0) and set(touches) <= set(times)
        assert all(any(0 <= at - touch <= BOUNCE_MS for touch in [*touches, t]) for at in times)


# What the hands have found


@pytest.mark.parametrize("spans, events", [
    ([600, 600, 600, 600, 100], [PRESSED, ASSIST_ASKED, EMERGENCY_ASKED]),  # three slow ones
    ([500, 200, 500], [PRESSED, ASSIST_ASKED]),  # two long ones
    ([20, 10] * 40, [EMERGENCY_ASKED]),  # a contact that never rests
])
def test_slow_long_and_restless_presses_are_what_they_were_meant_for(spans, events):
    assert names(spans) == events


@pytest.mark.parametrize("slip_ms", [30, 60, 100])
def test_a_hold_that_slips_for_a_moment_is_a_hold(slip_ms):
    assert (EMERGENCY_ASKED, HOLD_MS) in play([500, slip_ms, 400])


@pytest.mark.parametrize("days", [0.01, 6, 7, 9, 12, 13])
@pytest.mark.parametrize("spans, events", [
    ([100], [PRESSED]), ([100, 100, 100, 100, 100], [PRESSED, ASSIST_ASKED, EMERGENCY_ASKED]),
    ([900], [EMERGENCY_ASKED]),
])
def test_the_first_gesture_after_days_of_quiet_is_a_gesture_of_its_own(days, spans, events):
    reader = press.Press()
    now = 2**30 - 5000
    for _ in range(2):
        seen = []
        for i, span in enumerate([*spans, 2000]):
            for _ in range(span // 10):
                now = (now + 10) % 2**30
                seen.append(reader.level(1 - i % 2 if i < len(spans) else 0, now))
        assert [event for event in seen if event in (PRESSED, ASSIST_ASKED, EMERGENCY_ASKED)] == events
        now = (now + int(days * DAY_MS)) % 2**30


@pytest.mark.parametrize("days", [0.001, 1, 6, 7, 12])
def test_a_button_that_stays_stuck_for_days_stays_stuck(days):
    reader = press.Press()
    for now in (0, 30, 60):
        reader.level(1, now)
    for now in range(DAY_MS, int(days * DAY_MS), DAY_MS):
        reader.down_ms(now)  # a badge asks all the time; once a day is enough
    assert reader.down_ms(int(days * DAY_MS)) >= min(days, 3) * DAY_MS - 1 > 30000


@pytest.mark.parametrize("spans, at", [
    ([900], 800), ([700], None), ([100, 100, 100, 100, 100], 400), ([100, 100, 100], None), ([500, 80, 500], 800),
    ([500, 200, 500], None), ([790, 60, 500], 850), ([100, 100, 100, 800, 100], None), ([300, 30, 300], None),
    ([30, 100, 100, 100, 100], None),
])
def test_the_moment_beyond_doubt(spans, at):
    assert decided_ms(spans) == at


def test_the_command_prints_the_same_as_the_table_and_fails_for_a_missed_emergency(capsys, monkeypatch):
    assert command.main(["--count", "200", "--seed", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == counts.count(200, 5)
    monkeypatch.setattr(press, "FLICKER_MS", 0)
    assert command.main(["--count", "800"]) == 1
    assert "emergencies meant and not read" in capsys.readouterr().out
