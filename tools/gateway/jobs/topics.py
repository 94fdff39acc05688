"""What stands in the broker about this house? Retained topics, which are made of the board's facts and nothing else.

    BASE/state          online, or offline (the broker's own word if the gateway dies)
    BASE/house          {"alarm": "ON", "open": 1, "unanswered": 0, "kind": "fall", "badges": [3], "troubles": 1,
                        "faults": ["gateway_gone"]}
    BASE/alarm/NUMBER   {"alarm", "badge", "kind", "step", "practice", "coming", "since_ms", "plan"} while it is open
    BASE/badge/NUMBER   {"mode", "battery", "silent", "alone", "visit", "faults", "problem", "alarm", "kind"}

and, for Home Assistant (MQTT discovery, one message for each device; Home Assistant 2024.11 or newer), a device for the
gateway and one for each badge under PREFIX/device/ID/config. No names and no places: who may read the broker is not
asked here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from firmware.codes import STEP_CLOSED, STEP_UNANSWERED, WHAT_RAISED
from tools.gateway.core.rows import Badge
from tools.gateway.enumerations import COLOURS, KINDS, MODES, STATUSES

_BATTERY_MOST = 100  # above: not known


def state(facts: Mapping[str, Any], base: str, places: bool = False) -> dict[str, str]:
    """Return {topic: text} of the house and its open alarms as the board's facts are; places: with where they are."""
    still = [alarm for alarm in facts["alarms"] if alarm["step"] != STEP_CLOSED]
    real = [alarm for alarm in still if _real(alarm)]
    faults = [trouble["fault"] for trouble in facts["troubles"] if trouble["until_ms"] is None]
    house = {"alarm": "ON" if real else "OFF", "open": len(real),
             "unanswered": sum(alarm["step"] == STEP_UNANSWERED for alarm in real),
             "kind": KINDS[real[0]["kind"]] if real else "none",
             "badges": sorted({alarm["device"] for alarm in real}),
             "troubles": len(faults), "faults": sorted(set(faults))}
    told: dict[str, Any] = {f"{base}/house": house}
    for alarm in still:
        told[f"{base}/alarm/{alarm['id']}"] = {
            "alarm": alarm["id"], "badge": alarm["device"], "kind": KINDS[alarm["kind"]],
            "step": STATUSES.get(alarm["step"], "none") if alarm["what"] == WHAT_RAISED else "asked",
            "practice": alarm["practice"], "coming": len(alarm["coming"]), "since_ms": alarm["since_ms"],
            "plan": [{"does": step["does"], "state": step["state"]} for step in alarm["plan"]],
        }
        if places and alarm["place"]:
            told[f"{base}/alarm/{alarm['id']}"]["place"] = {
                key: alarm["place"][key] for key in ("da", "en", "at_ms", "source", "level")}
    return {topic: json.dumps(text) for topic, text in told.items()}


def calling(facts: Mapping[str, Any]) -> dict[int, str]:
    """Return {badge: kind of its gravest open alarm}."""
    return {alarm["device"]: KINDS[alarm["kind"]] for alarm in reversed(facts["alarms"])
            if alarm["step"] != STEP_CLOSED and _real(alarm)}


def badge(row: Badge, kinds: Mapping[int, str]) -> str:
    """Return what stands under a badge's row. kinds: what `calling` returned."""
    return json.dumps({
        "mode": "none" if row.mode is None else MODES.get(row.mode, "none"),
        "battery": row.battery if row.battery <= _BATTERY_MOST else None,
        "silent": _on(row.silent), "alone": _on(row.alone), "visit": COLOURS.get(row.colour, "none"),
        "faults": row.faults, "problem": _on(row.faults or row.silent),
        "alarm": _on(row.device in kinds), "kind": kinds.get(row.device, "none"),
    })


def _real(alarm: Mapping[str, Any]) -> bool:
    return alarm["what"] == WHAT_RAISED and not alarm["practice"]


def _on(true: Any) -> str:
    return "ON" if true else "OFF"


def place(base: str, prefix: str, number: int | None) -> str:
    """Return the topic where Home Assistant finds the badge `number`, or the gateway."""
    return f"{prefix}/device/{_id(base)}{'' if number is None else f'_badge_{number}'}/config"


def found(base: str, number: int | None) -> str:
    """Return what stands at `place`."""
    house = _id(base)
    if number is None:
        parts = {
            "alarm": _part("binary_sensor", "Alarm", "alarm", device_class="safety"),
            "open": _part("sensor", "Open alarms", "open"),
            "unanswered": _part("sensor", "Unanswered alarms", "unanswered"),
            "kind": _part("sensor", "Kind", "kind"),
            "troubles": _part("sensor", "Technical alarms", "troubles", entity_category="diagnostic"),
        }
        return _device(base, house, "Kald", f"{base}/house", parts)
    name = f"{house}_badge_{number}"
    parts = {
        "alarm": _part("binary_sensor", "Alarm", "alarm", device_class="safety"),
        "kind": _part("sensor", "Kind", "kind"),
        "mode": _part("sensor", "Mode", "mode"),
        "alone": _part("binary_sensor", "Alone", "alone", device_class="problem"),
        "problem": _part("binary_sensor", "Problem", "problem", device_class="problem", entity_category="diagnostic"),
        "battery": _part("sensor", "Battery", "battery", device_class="battery", unit_of_measurement="%",
                         entity_category="diagnostic"),
    }
    return _device(base, name, f"Badge {number}", f"{base}/badge/{number}", parts, via=house)


def ours(topic: str, base: str, prefix: str | None) -> bool:
    """Return whether a topic is one of those that this file may name: whoever starts takes old ones back."""
    if re.fullmatch(re.escape(base) + r"/(alarm|badge)/\d+", topic):
        return True
    of_house = re.escape(f"{prefix}/device/{_id(base)}") + r"(_badge_\d+)?/config"
    return prefix is not None and re.fullmatch(of_house, topic) is not None


def _id(base: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", base)


def _part(platform: str, name: str, field: str, **more: str) -> dict[str, str]:
    return {"platform": platform, "name": name, "field": field, **more}


def _device(base: str, id: str, name: str, topic: str, parts: dict[str, dict[str, str]], via: str | None = None) -> str:
    made = {}
    for key, part in parts.items():
        part = {**part, "unique_id": f"{id}_{key}", "value_template": "{{ value_json.%s }}" % part.pop("field")}
        made[key] = part
    device = {"identifiers": [id], "name": name, "manufacturer": "Kald"}
    return json.dumps({
        "device": device | ({"via_device": via} if via else {}), "origin": {"name": "Kald"}, "components": made,
        "state_topic": topic, "availability_topic": f"{base}/state", "qos": 1,
    })
