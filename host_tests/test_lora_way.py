"""Does the whole way work over LoRa: button, badge's radio, air, bridge, cable, gateway's disk, and back to feel?

Badge and bridge are MicroPython processes with the real firmware, over simulated SX1262s in one air; the gateway is a
process of its own. Times are real.
"""

import pytest

from firmware.feedback import patterns
from house import felt
from lora_house import LORA, lora_house  # noqa: F401
from tools.cli import take
from tools.flash.cable import mpremote
from tools.sim.virtual.badge import now_ms
from waits import until


def troubles(house):
    return [each["fault"] for each in house.facts().get("troubles", ()) if each["until_ms"] is None]


def felt_after(badge, at_ms):
    """Return when the motor first ran after `at_ms`, in ms after it; 0 for not yet."""
    return next((t_ms - at_ms for t_ms, level in badge.motor if level and t_ms >= at_ms), 0)


def clean(house):
    """Assert that no chip was asked what its data sheet forbids."""
    assert [chip.violations for chip in house.ether.chips] == [[]] * len(house.ether.chips)


def test_a_press_is_on_disk_and_felt_as_received(lora_house):
    house = lora_house({3: (20, 0)})
    until(lambda: house.there() == {3})
    badge = house.badge("anna")
    until(house.heard)
    pressed_ms = now_ms()
    badge.button(1)
    until(lambda: patterns.RECEIVED in felt(badge))  # on a busy machine after more than one try
    badge.button(0)
    took_ms = felt_after(badge, pressed_ms)
    print(f"from the button's edge to the felt receipt, over LoRa: {took_ms} ms, of which 800 are the hold")
    assert house.steps() == ["received"] and len(house.facts()["alarms"]) == 1
    clean(house)


def test_with_the_cable_pulled_unheard_is_felt_and_the_alarm_arrives_when_it_is_back(lora_house):
    house = lora_house({3: (20, 0)})
    until(lambda: house.there() == {3})
    badge = house.badge("anna")
    until(house.heard)
    house.unplug(3)
    until(lambda: not house.there())
    badge.press(1000)
    until(lambda: patterns.UNHEARD in felt(badge))
    until(lambda: "bridge_gone" in troubles(house))
    assert not house.facts()["alarms"]
    house.plug(3)
    until(lambda: patterns.RECEIVED in felt(badge))
    assert len(house.facts()["alarms"]) == 1
    until(lambda: not troubles(house))  # a badge may have told of its radio meanwhile
    clean(house)


def test_two_bridges_hear_one_badge_and_it_is_one_alarm(lora_house):
    house = lora_house({3: (30, 0), 4: (0, 5)})
    until(lambda: house.there() == {3, 4})
    badge = house.badge("anna")
    until(house.heard)
    badge.press(1000)
    until(lambda: patterns.RECEIVED in felt(badge))
    assert len(house.facts()["alarms"]) == 1
    assert all(radio.counts["heard"] >= 2 for radio in house.ether.air.radios[:2])
    clean(house)


def test_with_the_first_bridge_unplugged_all_goes_over_the_second_slower_one(lora_house):
    slower = {"khz": 868300, "sf": 9}
    house = lora_house({3: (20, 0), 4: (25, 0)}, channels={4: slower})
    until(lambda: house.there() == {3, 4})
    badge = house.badge("anna", {**LORA, "then": slower})
    until(house.heard)
    first, second, own = house.ether.air.radios
    assert second.counts["heard"] == 0, "it hears no SF7"
    house.unplug(3)
    until(lambda: house.there() == {4})
    pressed_ms = now_ms()
    badge.press(1000)
    until(lambda: patterns.RECEIVED in felt(badge))
    took_ms = felt_after(badge, pressed_ms)
    print(f"from the button's edge to the felt receipt, over the second bridge: {took_ms} ms, 800 of them the hold")
    assert len(house.facts()["alarms"]) == 1 and second.counts["heard"] >= 1
    assert take.main([str(house.facts()["alarms"][0]["id"]), "--by", "bo", "--web", str(house.web)]) == 0
    until(lambda: patterns.TAKEN in felt(badge))
    house.plug(3)
    until(lambda: house.there() == {3, 4})
    badge.press(1000)
    until(lambda: felt(badge).count(patterns.TAKEN) == 2)  # said with the receipt, which it outranks
    assert len(house.facts()["alarms"]) == 1 and first.counts["heard"] >= 1
    clean(house)


def test_a_bridge_without_the_package_says_so_on_its_cable_and_on_the_board(lora_house):
    house = lora_house({3: (20, 0)}, radio=False)
    until(lambda: "bridge_no_radio" in troubles(house))
    assert house.there() == set() and [each["there"] for each in house.facts()["bridges"]] == [True]
    assert "this bridge has no radio" in house.bridges[3].console


@pytest.mark.parametrize("ends", ["terminate", "kill"])
def test_the_technician_gets_in_once_the_gateway_is_gone(lora_house, ends):
    house = lora_house({3: (20, 0)})
    until(lambda: house.there() == {3})
    bridge = house.bridges[3]
    assert bridge.raw
    getattr(house.gateway.process, ends)()
    until(lambda: not bridge.raw)  # who was killed has said no BYE: its bridge waits 10 s
    assert mpremote(bridge.port, "exec", "print('inside')").strip() == "inside"
    until(lambda: "kald: service" in bridge.console)
    mpremote(bridge.port, "resume", "reset")
    house.gateway.end()
    house.gateway.begin()
    until(lambda: house.there() == {3})
