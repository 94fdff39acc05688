"""Is no gesture lost while the sensor tests itself, no dog fed for a dead task, no key used before it is kept?"""

import pytest
from lived import ROOT, lived


@pytest.fixture(scope="module")
def facts(either):
    return {line.split()[0]: line.split()[1:] for line in lived(either, "app_hand_life.py", ROOT).splitlines() if line}


@pytest.mark.parametrize("hands, kind, deciding_ms", [
    ("hold", 3, 820), ("two", 1, 210), ("three", 1, 170), ("reaching_out", 1, 360), ("over_the_end", 1, 520),
    ("before_the_end", 1, 460),
])
def test_a_gesture_within_the_sensors_own_test_calls_as_quickly_as_ever(facts, hands, kind, deciding_ms):
    words = facts[hands]
    assert int(words[words.index("kind") + 1]) == (3 if hands == "three" else kind)
    assert int(words[words.index("first_ms") + 1]) <= deciding_ms + 100


@pytest.mark.parametrize("hands", ["hold", "two", "three", "one"])
def test_a_test_that_a_hand_has_ended_is_made_again_when_it_has_gone(facts, hands):
    words = facts[hands]
    assert words[words.index("tests") + 1] == "2" and words[words.index("left_whole") + 1] == "1"
    assert words[words.index("left_whole") + 2] == "True"


@pytest.mark.parametrize("task", ["sense", "talk", "feel", "keep"])
def test_the_watchdog_is_not_fed_once_one_task_does_not_come_round(facts, task):
    assert facts["stuck_" + task] == ["0"] and int(facts["none_stuck"][0]) > 100


def test_new_keys_are_used_once_flash_has_them_and_not_before(facts):
    assert facts["keys_refused"] == ["none", "waiting", "False", "faults", "16"]
    assert facts["keys_taken"] == ["flash,used", "waiting", "False", "faults", "0"]
