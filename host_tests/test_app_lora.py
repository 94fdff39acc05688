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


@pytest.mark.parametrize("fact", {
    "the chip was used as its data sheet says, and no frame went twice": "violations [] twice 0\n",
    "nothing was a fault": "faults 0\n",
    "the next try waits for frame and ack in the air": "slow_gateway_alarms 1\n",
    "heartbeats take the free route": "both_heartbeats_wifi True lora 0",
    "an alarm takes both routes": "both_alarm 1 1 True True",
    "with one counter": "one_frame True",
    "and is felt as received once: tap, long, tap": "buzzes 3\n",
    "while LoRa stands in for Wi-Fi, heartbeats are seldom and the gateway is not missed":
        "dead_wifi_beats_on_lora_s [0, 300] no_gateway [0, 0, 0] then_on_wifi_s [360, 420]\n",
    "a gateway that answers on neither route is missed within its 150 s": "nobody_answers True",
    "an alarm that the law makes wait is felt and told, and goes as soon as it may":
        "law [False, True, True, False] felt True waited True True",
    "a dead chip is a technical alarm, and alarms go on over Wi-Fi": "no_lora True alarm_on_wifi True",
}.items(), ids=lambda fact: fact[0])
def test_in_the_hallway(facts, fact):
    assert fact[1] in facts


def test_a_called_badge_that_sleeps_between_samples_hears_a_short_stand_down_at_once(facts):
    assert "called wrongly" not in facts
    words = facts.split("stand_down_felt_most_ms ")[1].split()
    assert 60 <= int(words[2]) and int(words[0]) <= 200 and int(words[4]) >= 2  # 62 ms in the air, and a look first
