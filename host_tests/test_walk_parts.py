"""Does every fault of every chip become the right technical alarm in time, and end with the fault, on the real app?"""

import pytest
from lived import ROOT, lived

ACCELEROMETERS = ("adxl345", "lis3dh", "lsm6dso", "mpu6050", "mpu6886")
NACK_MS = 2000
FROZEN_MS = 300000
# Lost chips are looked for once a second at first, here for five; the look itself, what it brings, and what sees it
# come 100 ms apart each. How long one is missed that was away for longer is in test_paces.py.
LATER_MS = 1000 + 3 * 100
# fault: the alarm that must be there, the ms within which it must be, and those in which it must be gone
SENSOR = {
    "no_data": ("sensor_silent", 2200, LATER_MS),
    "wrong_id": ("sensor_wrong", NACK_MS, LATER_MS),
    "nack": ("sensor_wrong", NACK_MS, LATER_MS),
    "nack_at_start": ("sensor_wrong", NACK_MS, LATER_MS),
    "stuck_bus": ("sensor_wrong", NACK_MS, LATER_MS),
    "lost_config": ("sensor_wrong", 1200, 2500),  # counted from the dip: it is set up again by itself
    "lost_scale": ("sensor_wrong", 10500, 20000),  # the detector itself finds it, and wants to see a still second
    "frozen": ("sensor_stuck", FROZEN_MS, 6000),  # when a second is looked at in which the wearer stands still
}
PART = {
    "wrong_id": ("part_silent", NACK_MS, LATER_MS),
    "nack": ("part_silent", NACK_MS, LATER_MS),
    "stuck_bus": ("part_silent", NACK_MS, LATER_MS),
}
UNNOTICED = {"stuck_freed", "only_quiet"}  # mended before anybody could have missed a sample; and no fault at all
CASES = [(chip, what, *row) for chip in ACCELEROMETERS for what, row in SENSOR.items()]
CASES += [(chip, what, *row) for chip in ("axp2101", "drv2605") for what, row in PART.items()]


@pytest.fixture(scope="module")
def seen(micropython):
    script = ROOT / "tools" / "sim" / "scripts" / "parts.py"
    said = lived([*micropython, "-X", "heapsize=8m"], script, ROOT, ROOT / "lib").splitlines()
    rows = [line.split()[1:] for line in said if line.startswith("part ")]
    print(f"\n{'chip':10}{'fault':15}{'alarms':40}{'after ms':>9}{'over after ms':>15}")
    for chip, what, alarms, first, last, *_ in sorted(rows):
        print(f"{chip:10}{what:15}{alarms:40}{first:>9}{last:>15}")
    return {(row[0], row[1]): row[2:] for row in rows}


@pytest.mark.parametrize(("chip", "what", "alarm", "within_ms", "over_ms"), CASES)
def test_a_fault_is_told_and_ends(seen, chip, what, alarm, within_ms, over_ms):
    alarms, first, last, told, end = seen[chip, what]
    assert alarm in alarms.split("+") and 0 <= int(first) <= within_ms
    assert 0 <= int(last) <= over_ms and told == "told" and end == "well"


def test_what_is_mended_at_once_or_is_no_fault_alarms_nobody(seen):
    for (chip, what), (alarms, _, _, _, end) in seen.items():
        if what in UNNOTICED or (what == "lost_config" and chip not in ACCELEROMETERS):
            assert (alarms, end) == ("none", "well"), (chip, what)


def test_every_chip_met_every_fault(seen):
    wanted = {(chip, what) for chip, what, *_ in CASES}
    assert set(seen) - wanted == {
        (chip, what) for chip, what in seen if what in UNNOTICED or what == "lost_config" and chip not in ACCELEROMETERS
    }
    assert wanted <= set(seen) and len(seen) == 10 * len(ACCELEROMETERS) + 2 * 5
