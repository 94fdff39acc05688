"""Does the real hallway sleep between blocks of samples, and wake for all that must not wait? On real MicroPython."""

import pytest
from lived import ROOT, lived


@pytest.fixture(scope="module")
def facts(either):
    lines = lived(either, "sleep_life.py", ROOT).splitlines()
    words = " ".join(line for line in lines if not line.startswith("kald:")).split()
    return dict(zip(words, words[1:]))


def number(facts, name):
    return int(facts[name])


def test_a_quiet_badge_sleeps_nearly_all_the_time_in_naps_of_half_a_second(facts):
    assert number(facts, "quiet_permille") > 900  # forty seconds of ten minutes are the technician's
    assert 980 <= number(facts, "naps") <= 1040
    assert number(facts, "gap") <= 600  # the sensor's FIFO is full after 640 ms
    assert number(facts, "fed") > 1000 and number(facts, "beats") >= 2 and number(facts, "faults") == 0


def test_a_technician_has_half_a_minute_and_the_charger_keeps_it_awake(facts):
    assert 30000 <= number(facts, "awake_first_ms") <= 45000
    assert number(facts, "charging_naps") == 0 and facts["before"] == "True"


def test_a_press_out_of_sleep_is_on_its_way_at_once_whether_or_not_the_interrupt_comes(facts):
    assert number(facts, "press_most_ms") <= 60 and number(facts, "least") >= 0


def test_an_open_alarm_does_not_keep_the_chip_awake_and_what_the_gateway_says_is_felt_at_once(facts):
    assert number(facts, "open_naps") >= 26 and facts["closed"] == "True"  # of 35 in twenty seconds
    assert 150 <= number(facts, "closed_felt_ms") <= 150 + 60  # it takes 150 to come


def test_a_press_hidden_in_a_stall_is_told_by_the_interrupt(facts):
    assert facts["hidden_seen"] == "True"
    assert facts["hidden_unseen"] == "False"  # and nobody else could know


def test_glitches_between_two_looks_are_no_press(facts):
    assert number(facts, "glitches") == 0 and facts["trace"] == "0"


def test_the_loop_is_slow_while_nothing_is_under_way_and_quick_while_the_button_is_down(facts):
    assert 480 <= number(facts, "calm_turns") <= 510 and 95 <= number(facts, "busy_turns") <= 101


def test_a_badge_that_lies_for_ten_minutes_sleeps_long_and_wakes_when_it_is_touched_or_pressed(facts):
    assert number(facts, "lying_naps") <= 300 * 0.6  # of five minutes
    assert 1800 <= number(facts, "lying_gap") <= 1900
    assert number(facts, "touched_gap") <= 700 and facts["worn_again"] == "True"
    assert number(facts, "lying_press_ms") <= 60
    assert number(facts, "silent_told_ms") <= 3000
