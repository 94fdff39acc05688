"""Does every technical cause raise its fault and clear it, on the real app, in time and told to the gateway?"""

import re

import pytest
from lived import ROOT, lived

from firmware import codes
from firmware.limits import NO_GATEWAY_MS, NOT_WORN_MS, SENSOR_SILENT_MS, STUCK_MS

# fault: the ms within which it must be there after its cause, and gone when the cause has gone
LIMITS = {
    "FAULT_SENSOR_SILENT": (SENSOR_SILENT_MS + 200, 500),
    "FAULT_SENSOR_WRONG": (300, 500),
    "FAULT_PART_SILENT": (300, 500),
    "FAULT_SENSOR_STUCK": (62000, 2000),
    "FAULT_NO_GATEWAY": (NO_GATEWAY_MS + 1000, 2000),
    "FAULT_BATTERY_LOW": (11000, 11000),  # looked at every 10 s
    "FAULT_BUTTON_STUCK": (STUCK_MS + 200, 500),
    "FAULT_NOT_WORN": (NOT_WORN_MS + 2000, 2000),
    "FAULT_CRASHED": (300, 1000),  # gone once a gateway knows
    "FAULT_MEMORY_LOW": (300, 615000),  # somebody should see it: it stays for 10 min
    "FAULT_NO_LORA": (300, 500),
    "FAULT_QUEUE_LOST": (300, 62000),  # a full box has no room for the heartbeat that says it: the next one does
    "FAULT_STORAGE": (300, 500),
}
UNTOLD = {"FAULT_STORAGE"}  # without a counter nothing can be sealed; the gateway hears silence, and says so
IN_THE_LIFEBOAT = {"FAULT_LIFEBOAT"}  # in its heartbeats, and not in the next app's


@pytest.fixture(scope="module")
def seen(micropython):
    script = ROOT / "tools" / "sim" / "scripts" / "causes.py"
    said = lived([*micropython, "-X", "heapsize=4m"], script, ROOT).splitlines()
    lines = [line.split() for line in said if line.startswith("cause ")]
    return {name: (raised, cleared, told) for _, name, raised, cleared, told in lines}


def test_every_fault_that_has_a_word_is_looked_at(seen):
    named = {name for name in vars(codes) if name.startswith("FAULT_")}
    assert set(seen) == set(LIMITS)
    assert named == set(LIMITS) | IN_THE_LIFEBOAT


@pytest.mark.parametrize("name", LIMITS)
def test_a_cause_raises_and_clears(seen, name):
    raised, cleared, told = seen[name]
    most_raised, most_cleared = LIMITS[name]
    assert raised != "never" and 0 <= int(raised) <= most_raised
    assert cleared != "never" and 0 <= int(cleared) <= most_cleared
    assert (told == "told") == (name not in UNTOLD)


def test_every_word_is_said_by_somebody():
    sources = [ROOT / "main.py", ROOT / "boot.py", *(ROOT / "firmware").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != "codes.py")
    assert all(re.search(rf"\b{name}\b", text) for name in (*LIMITS, *IN_THE_LIFEBOAT))
