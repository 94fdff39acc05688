"""When the house's Wi-Fi fails, does the badge end connected, on LoRa, or with a technical alarm? On the real app."""

import pytest
from lived import ROOT, TESTS, lived

from firmware.limits import HOLD_MS, NO_GATEWAY_MS

TROUBLES = ("access_point", "password", "dhcp", "moved_silently", "gone_unsaid", "refuses")
MENDED_MS = 40000  # one try of 8 s, the longest pause of 15 s, a joining, and the frame that is due next


@pytest.fixture(scope="module")
def seen(micropython):
    said, found = lived([*micropython, "-X", "heapsize=8m"], "wifi_app_life.py", ROOT, TESTS), {}
    print("\n" + said)
    for line in said.splitlines():
        if line.startswith("kald: "):
            continue  # said to a technician on the cable
        name, radios, *rest = line.split()
        found[name, radios] = {
            "fault": rest[1], "cleared": rest[3], "alarm": rest[5], "by": rest[6], "wifi": rest[8], "last": rest[10],
            "rest": " ".join(rest[11:]),
        }
    return found


def test_nothing_is_done_that_the_port_forbids_and_nothing_crashes(seen):
    assert len(seen) == 17
    assert {each["rest"] for each in seen.values()} == {"stopped end wrong 0 sockets 1 crashes 0"}


@pytest.mark.parametrize("name", ["long", *TROUBLES])
def test_alone_it_says_that_no_gateway_hears_it_and_the_alarm_comes_when_one_does(seen, name):
    here = seen[name, "alone"]
    assert NO_GATEWAY_MS - 60000 <= int(here["fault"]) <= NO_GATEWAY_MS + 1000
    assert int(here["cleared"]) <= MENDED_MS and int(here["wifi"]) <= MENDED_MS
    mended_after_press_ms = (600000 if name == "long" else 180000) - 60000
    assert here["by"] == "wifi" and 0 <= int(here["alarm"]) - mended_after_press_ms <= MENDED_MS


@pytest.mark.parametrize("name", TROUBLES)
def test_beside_lora_the_alarm_is_there_at_once_and_no_fault_is_felt(seen, name):
    here = seen[name, "both"]
    assert here["fault"] == "-" and here["by"] == "lora" and int(here["alarm"]) <= HOLD_MS + 100
    assert int(here["wifi"]) <= MENDED_MS  # and Wi-Fi comes back beside it


@pytest.mark.parametrize("radios", ["alone", "both"])
@pytest.mark.parametrize("name", ["moved", "static"])
def test_a_gateway_that_moved_and_a_house_without_dhcp_are_no_trouble_to_a_name_and_an_address(seen, name, radios):
    here = seen[name, radios]
    assert here["fault"] == "-" and int(here["alarm"]) <= HOLD_MS + 100 and int(here["wifi"]) <= MENDED_MS
