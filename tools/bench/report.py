"""Which figures are there? All of them as one object, and as a table for people.

Keys are added, never renamed; what is not measured, or not measurable on this machine, is None.
"""

from collections.abc import Mapping, Sequence

from firmware.detect import model
from tools.bench import boot, energy, gateway, lora, press, sample, week, world
from tools.sim import wire
from tools.sim.ears import SCAN_MS
from tools.sim.energy import model as charge
from tools.sim.energy import wear

# How often each thing is done: for a figure, and for a quick look.
ROUNDS = {"blocks": 10000, "counted": 100, "presses": 1000, "rounds": 40, "alarms": 200, "days": 7, "lora": 20,
          "house": 8, "wakes": energy.WAKES}
QUICK = {"blocks": 200, "counted": 0, "presses": 20, "rounds": 2, "alarms": 5, "days": 0, "lora": 3, "house": 0,
         "wakes": 5}

Figure = Mapping[str, "Figure"] | float | str | None
Figures = Mapping[str, Figure]

_NO_MICROPYTHON = "no MicroPython for this machine; $MICROPYTHON names one"
_LATER = "not measured yet"


def figures(rounds: dict[str, int] = ROUNDS) -> tuple[Figures, dict[str, str]]:
    """Measure; return (the object, {key of the table: remark})."""
    remarks: dict[str, str] = {}
    cost = sample.measure(rounds["blocks"])
    there, here = cost["micropython"], cost["cpython"]
    counted = sample.instructions(rounds["counted"]) if rounds["counted"] else None
    up = boot.measure()
    pressed = press.measure(rounds["presses"]) or {"to_frame": [], "to_received_felt": []}
    on_chip = {radio: press.measure(rounds["presses"], radio) or {"to_frame": []} for radio in press.RADIOS}
    per_s, acked = gateway.measure(rounds["rounds"], rounds["alarms"])
    over_lora, hours = lora.felt_ms(rounds["lora"]), rounds["house"]
    lengths = wire.frame_bytes()
    spent = energy.measure() if rounds["days"] else None
    written = wear.entries(spent["wifi"]["counts"]) if spent else None
    lived = week.measure(rounds["days"]) if rounds["days"] and up else None
    if there and there["turn_us"] > 0:
        ratio = there["sample_us"] / there["turn_us"]
        remarks["sample_us.micropython"] = f"{ratio:.0f} turns of an empty loop"
        remarks["sample_alloc_bytes"] = f"a loop that allocates is seen to: {there['wasteful_alloc_bytes']:.0f}"
    if here["turn_us"] > 0:  # a loop that a quick look cannot time says nothing
        remarks["sample_us.cpython"] = f"{here['sample_us'] / here['turn_us']:.0f} turns of an empty loop"
    remarks["fall_us"] = "64-bit MicroPython, a decision is taken in slices, one a sample; a slice is the longest"
    remarks["energy_model"] = "what the model of a day's charge takes it to cost, by what it costs here in turns"
    if counted is None:
        remarks["sample_instructions"] = "no valgrind, or a quick look"
    if up:
        remarks["heap_bytes.boot"] = f"32-bit MicroPython, heap of {boot.HEAP_KB} KB, {up['free']:.0f} free"
    else:
        remarks["heap_bytes.boot"] = "no 32-bit MicroPython: .ci/micropython32.sh builds one"
    if lived:
        remarks["heap_bytes.after_week"] = (
            f"boot, and the {lived.growth()} it grows by in {rounds['days']} days; "
            f"in one piece never less than {lived.least_piece()}"
        )
        remarks["world.badge_hours_per_minute"] = f"one badge's {rounds['days']} days on Wi-Fi, on one core"
    else:
        remarks["world.badge_hours_per_minute"] = remarks["heap_bytes.boot"] if rounds["days"] else "a quick look"
        remarks["heap_bytes.after_week"] = remarks["world.badge_hours_per_minute"]
    remarks["world.house_hours_per_minute"] = "badges on LoRa, nobody in need, on one core" if hours else "a quick look"
    if not rounds["days"]:
        remarks |= dict.fromkeys(("mah_per_day", "flash", "looking.mah_per_day"), "a quick look")
    if written is not None:
        remarks["flash.entries_per_day"] = "NVS entries of 32 bytes, counters and alarm slots, a working day on Wi-Fi"
        remarks["flash.years"] = f"until the first page has borne {wear.ERASES_BORNE} erases"
    presses = len(pressed["to_frame"])
    chip = "the same presses, with what an ESP32 takes, and every tenth interrupt lost"
    remarks |= {f"press_ms.to_frame.{radio}": chip for radio in on_chip}
    remarks["press_ms.to_frame"] = f"virtual time, {presses} presses; polls and debounce, no computing"
    remarks["press_ms.to_received_felt.wifi"] = "virtual time, ack 20 ms after the frame"
    remarks["press_ms.to_received_felt.lora"] = f"virtual time, {len(over_lora)} presses at SF7, nobody else on the air"
    remarks["listening_ua.sx1276"] = "it cannot doze"
    remarks["listening_ua"] = "calculated, a call is heard within 2 s; at most 100 wanted at SF7 and SF8"
    remarks |= {f"mah_per_day.{radio}": energy.remark(found) for radio, found in (spent or {}).items()}
    remarks["looking.heap_bytes.beacons"] = remarks["looking.list_us"] = remarks["heap_bytes.boot"]
    remarks["looking.heap_bytes"] = remarks["heap_bytes.boot"]
    if up:
        remarks["looking.heap_bytes.beacons"] = "more than that, on boards that hear them; ESP-IDF's stack has its own"
        remarks["looking.heap_bytes"] = "of heap_bytes.boot, as .mpy"
        remarks["looking.list_us"] = f"30 access points, {up['list_us'] / up['turn_us']:.0f} turns of an empty loop"
    remarks["looking.radio_ms"] = "of one look, while the badge goes on; one every 10 s of an alarm, one in a test"
    remarks["looking.uah"] = f"of one look and its frame, {energy.BOARD}"
    if spent:
        remarks["looking.mah_per_day"] = "a day's two alarms and its test"
    remarks["airtime_ms_sf7"] = f"125 kHz, CR 4/5, preamble {wire.PREAMBLE}, explicit header, CRC"
    remarks["gateway.heartbeats_per_s"] = f"{gateway.BADGES} together in a commit, on this disk"
    remarks["gateway.peer"] = gateway.NO_PEER
    remarks["gateway.alarm_ack_ms"] = f"{len(acked)} alarms, commit on this disk included, no network"
    found: Figures = {
        "sample_us": {
            "micropython": _rounded(there["sample_us"] if there else None, 2),
            "cpython": _rounded(here["sample_us"], 2),
        },
        "fall_us": {
            "slice": _rounded(there["slice_us"] if there else None, 0),
            "decision": _rounded(there["decision_us"] if there else None, 0),
        },
        "sample_instructions": _rounded(counted, 0),
        "sample_alloc_bytes": _rounded(there["sample_alloc_bytes"] if there else None, 2),
        "model_bytes": len(model.NODES) + len(model.LEAVES) + len(model.FEATURES) + 2 * len(model.THRESHOLDS),
        "heap_bytes": {
            "boot": _rounded(up["boot"] if up else None, 0),
            "after_week": _rounded(up["boot"] + lived.growth() if up and lived else None, 0),
        },
        "press_ms": {
            "to_frame": {
                **_shares(pressed["to_frame"], (0.5, 0.99, 0.999)),
                **{radio: _shares(times["to_frame"], (0.5, 0.99, 0.999)) for radio, times in on_chip.items()},
            },
            "to_received_felt": {
                "wifi": _shares(pressed["to_received_felt"], (0.5, 0.99, 0.999)),
                "lora": _shares(over_lora, (0.5, 0.99, 0.999)),
            },
        },
        "frame_bytes": lengths,
        "airtime_ms_sf7": {name: _rounded(wire.airtime_ms_sf7(length), 1) for name, length in lengths.items()},
        "listening_ua": {
            **{f"sx1262_sf{sf}": _rounded(lora.listening_ua(sf), 1) for sf in (7, 8, 9)},
            "sx1276": lora.SX1276_RECEIVE_UA,
        },
        "mah_per_day": {
            radio: _rounded(sum(spent[radio]["parts"].values()) if spent else None, 1)
            for radio in ("lora", "lora_beacons", "wifi", "both")
        },
        "energy_model": energy.off(there, rounds["wakes"]),
        "looking": {
            "heap_bytes": {"access_points": _rounded(up["heap_points"] if up else None, 0),
                           "beacons": _rounded(up["heap_beacons"] if up else None, 0)},
            "list_us": _rounded(up["list_us"] if up else None, 0),
            "radio_ms": {"access_points": SCAN_MS, "beacons": charge.LISTEN_MS * charge.LISTEN_SHARE},
            "uah": {
                "wifi": _rounded(1000 * charge.look("wifi", True, False), 1),
                "wifi_beacons": _rounded(1000 * charge.look("wifi", True, True), 1),
                "lora_beacons": _rounded(1000 * charge.look("lora", False, True), 1),
            },
            "mah_per_day": {radio: _rounded(spent[radio]["parts"]["looking"] if spent else None, 2)
                            for radio in ("wifi", "lora_beacons")},
        },
        "flash": {
            "entries_per_day": _rounded(written, 0),
            "years": _rounded(None if written is None else wear.years(written), 0),
        },
        "gateway": {
            "heartbeats_per_s": _rounded(per_s, 0),
            "alarm_ack_ms": _shares(acked, (0.5, 0.99)),
            "peer": {"name": None, "ratio": None},
        },
        "world": {
            "badge_hours_per_minute": _rounded(lived.hours_per_minute() if lived else None, 0),
            "house_hours_per_minute": {
                "quiet": _rounded(world.hours_per_minute(30, hours), 0) if hours else None,
                "every_sample": _rounded(world.hours_per_minute(4, 0.5, world.Whole), 0) if hours else None,
            },
        },
    }
    if not there:
        needing = ("sample_us.micropython", "fall_us", "energy_model", "sample_alloc_bytes", "sample_instructions",
                   "press_ms.to_frame.wifi", "press_ms.to_frame.lora", "press_ms.to_frame",
                   "press_ms.to_received_felt.wifi", "mah_per_day", "flash", "looking.mah_per_day")
        remarks |= dict.fromkeys(needing, _NO_MICROPYTHON)
    return found, remarks


def _rounded(value: float | None, digits: int) -> float | None:
    if value is None:
        return None
    return round(value, digits) if value % 1 and digits else round(value)


def _shares(values: Sequence[float], parts: Sequence[float]) -> Figures:
    named = {0.5: "p50", 0.99: "p99", 0.999: "p999"}
    return {named[part]: _rounded(press.share(values, part), 1) for part in parts}


_UNITS = {
    "sample_us": "µs", "fall_us": "µs", "energy_model": "times", "model_bytes": "bytes",
    "sample_instructions": "instructions", "sample_alloc_bytes": "bytes",
    "heap_bytes": "bytes", "press_ms": "ms", "frame_bytes": "bytes", "airtime_ms_sf7": "ms", "mah_per_day": "mAh",
    "listening_ua": "µA", "list_us": "µs", "radio_ms": "ms", "uah": "µAh",
    "years": "years", "entries_per_day": "entries",
    "alarm_ack_ms": "ms", "heartbeats_per_s": "1/s", "badge_hours_per_minute": "h", "house_hours_per_minute": "h",
    "ratio": "times",
}


def table(found: Figures, remarks: dict[str, str]) -> str:
    """Return the object as lines for people: figure, value, unit, remark."""
    lines = []
    for path, value in _leaves(found, ""):
        unit = next((_UNITS[part] for part in reversed(path.split(".")) if part in _UNITS), "")
        remark = next((text for key, text in remarks.items() if path == key or path.startswith(key + ".")), "")
        shown = "-" if value is None else str(value)
        if value is None and not remark:
            remark = _LATER
        lines.append(f"{path:38} {shown:>9} {unit if value is not None else '':12} {remark}".rstrip())
    return "\n".join(lines)


def _leaves(node: Figure, path: str) -> list[tuple[str, Figure]]:
    if not isinstance(node, Mapping):
        return [(path, node)]
    return [leaf for key, part in node.items() for leaf in _leaves(part, f"{path}.{key}" if path else key)]
