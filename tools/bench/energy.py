"""How many mAh does a day take, over Wi-Fi, over LoRa, and with both?

The real app runs a working day in virtual time (tools/sim/scripts/days.py); tools/sim/energy turns what it did into
charge, for a Heltec WiFi LoRa 32 V3, which has both radios and a low quiescent current.
"""

import functools
from typing import TypedDict

from tools.bench.pythons import ROOT, micropython, run
from tools.sim.energy import model
from tools.sim.energy.model import CELL_MAH, RADIOS, Counts, awake, day, hours

SCRIPT = ROOT / "tools" / "sim" / "scripts" / "days.py"
WAKE = SCRIPT.with_name("wake.py")
WAKES = 500
# What the model takes to cost, in ms: by which figure of quiet.py or wake.py, and what of it no script can count.
_MODELLED = {
    "sample": ("sample_us", model.SAMPLE_CPU_MS, 0.0),
    "wake": ("nap_us", model.NAP_CPU_MS, 1.6),
    "turn": ("awake_us", model.TURN_CPU_MS, 0.4),
}
BOARD = "heltec_v3"


class Spent(TypedDict):
    """What a day took: {part: mAh}, and what was counted."""

    parts: dict[str, float]
    counts: Counts


@functools.cache  # the day is the same each time
def counts(radio: str) -> Counts | None:
    """Return what the app did in one day and None without a MicroPython.

    radio: "wifi" or "lora".
    """
    path = micropython()
    if not path:
        return None
    samples = "all" if radio == "lora" else "thin"  # asleep, the sensor's check and its self-tests matter
    found = run(path, "-X", "heapsize=4m", SCRIPT, 1, radio, samples, 0, ROOT)
    if not found.get("ended_end") or found.get("crashes"):
        raise RuntimeError(f"the day did not come to its end: {found}")
    return found


def measure() -> dict[str, Spent] | None:
    """Return {radio: what a day took}, None without a MicroPython. lora_beacons: who hears beacons never sleeps."""
    wifi, over_lora = counts("wifi"), counts("lora")
    if not wifi or not over_lora:
        return None
    done = {"wifi": wifi, "lora": over_lora}
    spent: dict[str, Spent] = {
        radio: {"parts": day(done[has["beats"]], radio, BOARD), "counts": done[has["beats"]]}
        for radio, has in RADIOS.items()
    }
    kept = awake(over_lora)
    return {**spent, "lora_beacons": {"parts": day(kept, "lora", BOARD, beacons=True), "counts": kept}}


def remark(found: Spent) -> str:
    """Return one line for people: hours on a cell, and the parts that matter."""
    parts = sorted(found["parts"].items(), key=lambda part: -part[1])
    shown = ", ".join(f"{name} {mah:.1f}" for name, mah in parts if mah >= 0.05)
    return f"{BOARD}, {hours(found['parts']):.1f} h on {CELL_MAH} mAh: {shown}"


def off(costs: dict[str, float] | None, wakes: int = WAKES) -> dict[str, float | None]:
    """Return {what a badge does: how many times the cost that is measured the model of a day's charge takes for it}.

    costs: quiet.py's figures on a MicroPython, None without one. Measured is in turns of an empty loop.
    """
    path = micropython()
    if not costs or not path or not costs["turn_us"]:
        return dict.fromkeys(_MODELLED)
    awoken = run(path, "-X", "heapsize=400k", WAKE, wakes, ROOT)
    found = {}
    for name, (figure, modelled_ms, metal_ms) in _MODELLED.items():
        source = costs if figure in costs else awoken
        found[name] = modelled_ms / (source[figure] / source["turn_us"] * model.LOOP_US / 1000 + metal_ms)
    return {name: round(times, 2) for name, times in found.items()}
