"""Does the real hallway, on real MicroPython, carry a press to the air in time, and outlive its own errors?"""

import pytest
from lived import ROOT, lived


@pytest.fixture(scope="module")
def facts(either):
    return lived(either, "app_life.py", ROOT).splitlines()


def number(facts, name):
    words = [line.split() for line in facts if name in line][0]
    return int(words[words.index(name) + 1])


def test_a_hold_is_on_the_air_within_100_ms_of_the_deciding_edge_and_felt_within_400(facts):
    assert number(facts, "hold_to_frame_ms") <= 800 + 100
    assert number(facts, "hold_to_felt_ms") <= 800 + 400


@pytest.mark.parametrize("fact", {
    "the alarm is saved, the watchdog fed and the dips forgotten": "state 5 saved 32 fed True dips 0",
    "a heap without room is a fault and no crash": "starved 128 [] True fed True",
    "a crash before the reset is told once": "told_of_crash 0 True",
    "without a counter nothing is sent": "no_counter_no_frame 0 faults 16",
    "an alarm that a reset kept from flash is written by the next life": "reset_before_flash 3 saved 1",
    "a flash that takes one write and refuses the next is one fault and not many": "worn 16 changes 1",
    "keys that are refused and not offered again leave no fault and no pause": "keys_forgotten 1 fault 0 pause_ms 0",
}.items(), ids=lambda fact: fact[0])
def test_in_the_hallway(facts, fact):
    assert fact[1] in facts


def test_an_error_of_ours_is_counted_and_the_alarm_goes_out_all_the_same(facts):
    assert any("crashes ['ValueError', 'ValueError', 'ValueError'] alarm_all_the_same True" in line for line in facts)


def test_an_open_alarm_goes_on_at_once_after_a_reset(facts):
    assert number(facts, "goes_on_after_ms") <= 1500


def test_a_heap_that_never_has_room_again_is_a_reset(facts):
    at = facts.index("starving 128 ['MemoryError']")
    assert facts[at - 1] == "stopped: reset"


def test_why_it_crashed_is_told_once_and_by_the_lifeboat_between_its_heartbeats(facts):
    assert number(facts, "reports") == 1
    assert "lifeboat_tells [2, 7]" in facts
    assert "crashed_in [1, 1, 1] after [7, 0, 0, 6, 0, 13]" in facts


def test_errors_that_repeat_end_in_a_reset(facts):
    assert facts[facts.index("crashes 6") - 1] == "stopped: reset"


def test_the_lifeboat_calls(facts):
    assert number(facts, "lifeboat_to_frame_ms") <= 800 + 100
    assert any(line.startswith("lifeboat") and line.endswith("fed True") for line in facts)
    assert number(facts, "lifeboat_assist_to_frame_ms") <= 100


def test_an_alarm_of_the_lifeboat_outlives_a_reset_and_a_power_cut(facts):
    assert "lifeboat_kept 0 sent 1" in facts and "lifeboat_kept 1 sent 2" in facts
    assert number(facts, "lifeboat_saved_ms") <= 1900 - 1000 + 300
    assert number(facts, "app_goes_on_after_ms") <= 1000


def test_who_has_heard_nothing_for_a_week_dozes_all_the_same(facts):
    assert number(facts, "dozes_after_a_week") > 100


def test_an_alarm_for_whose_keeping_the_heap_had_no_room_is_kept_a_moment_later(facts):
    assert "no_room_in memory 0 saved True flash True" in facts and "no_room_in store 0 saved True flash True" in facts


def test_a_storage_fault_is_there_while_flash_fails_and_gone_when_it_keeps_again(facts):
    assert number(facts, "unsaved") == 0x10
    assert number(facts, "saved_again") == 0 and "unsaved 16 times 0" in facts


def test_keys_that_flash_refuses_are_tried_ever_less_often_and_hold_up_no_alarm(facts):
    assert 5 < number(facts, "keys_tried") < 30 and any("alarm_saved_at_once True" in line for line in facts)
