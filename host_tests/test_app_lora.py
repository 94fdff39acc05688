"""Does the real hallway, on real MicroPython, carry alarms over LoRa and beside Wi-Fi as is promised?"""

import pytest
from lived import ROOT, TESTS, lived


@pytest.fixture(scope="module")
def facts(micropython):
    return lived([*micropython, "-X", "heapsize=16m"], "app_lora_life.py", ROOT, TESTS)


def test_an_alarm_over_lora_is_felt_as_received_within_400_ms(facts):
    words = facts.split("lora_felt_median_ms ")[1].split()
    assert 100 < int(words[0]) <= 400 and int(words[2]) <= 600


def test_it_listens_while_an_alarm_is_open_and_dozes_otherwise(facts):
    assert "listens_while_open True closed True dozes True" in facts
    dozed = int(facts.split("dozed_permille ")[1].split()[0])
    assert 400 < dozed < 900 and "heartbeats True" in facts


def test_the_chip_was_used_as_its_data_sheet_says_and_no_frame_went_twice(facts):
    assert "violations [] twice 0" in facts and "faults 0" in facts


def test_the_next_try_waits_for_frame_and_ack_in_the_air(facts):
    assert "slow_gateway_alarms 1\n" in facts


def test_heartbeats_take_the_free_route_and_an_alarm_both_with_one_counter_felt_once(facts):
    assert "both_heartbeats_wifi True lora 0" in facts
    assert "both_alarm 1 1 True True" in facts and "one_frame True" in facts
    assert "buzzes 3\n" in facts  # tap, long, tap: received, once


def test_while_lora_stands_in_for_wifi_heartbeats_are_seldom_and_the_gateway_is_not_missed(facts):
    line = facts.split("dead_wifi_beats_on_lora_s ")[1].split("\n")[0]
    assert line == "[0, 300] no_gateway [0, 0, 0] then_on_wifi_s [360, 420]"


def test_a_gateway_that_answers_on_neither_route_is_missed_within_its_150_s(facts):
    assert "nobody_answers True" in facts


def test_an_alarm_that_the_law_makes_wait_is_felt_and_told_and_goes_as_soon_as_it_may(facts):
    assert "law [False, True, True, False] felt True waited True True" in facts


def test_a_dead_chip_is_a_technical_alarm_and_alarms_go_on_over_wifi(facts):
    assert "no_lora True alarm_on_wifi True" in facts


def test_a_called_badge_that_sleeps_between_samples_hears_a_short_stand_down_at_once(facts):
    assert "called wrongly" not in facts
    words = facts.split("stand_down_felt_most_ms ")[1].split()
    assert 60 <= int(words[2]) and int(words[0]) <= 200 and int(words[4]) >= 2  # 62 ms in the air, and a look first
