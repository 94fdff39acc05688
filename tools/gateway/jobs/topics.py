"""What stands in the broker about this house? Retained topics, which are made of the board's facts and nothing else.

    BASE/state          online, or offline (the broker's own word if the gateway dies)
    BASE/house          {"alarm": "ON", "open": 1, "unanswered": 0, "kind": "fall", "badges": [3], "troubles": 0}
    BASE/alarm/NUMBER   {"alarm", "badge", "kind", "step", "practice", "coming", "since_ms", "plan"} while it is open
    BASE/badge/NUMBER   {"mode", "battery", "silent", "alone", "visit", "faults", "alarm"}

and, for Home Assistant (MQTT discovery, one message for each device; Home Assistant 2024.11 or newer), a device for the
gateway and one for each badge under PREFIX/device/ID/config. No names and no places: who may read the broker is not
asked here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from firmware.codes import STEP_CLOSED, STEP_RECEIVED, STEP_TAKEN, STEP_UNANSWERED, WHAT_RAISED
from tools.gateway.plans import KINDS

STEPS = {STEP_RECEIVED: "received", STEP_TAKEN: "taken", STEP_UNANSWERED: "unanswered", STEP_CLOSED: "closed"}
_BATTERY_MOST = 100  # above: not known


def state(facts: Mapping[str, Any], base: str) -> dict[str, str]:
    """Return {topic: text} of the house as the board's facts are."""
    still = [alarm for alarm in facts["alarms"] if alarm["step"] != STEP_CLOSED]
    real = [alarm for alarm in still if alarm["what"] == WHAT_RAISED and not alarm["practice"]]
    house = {"alarm": "ON" if real else "OFF", "open": len(real),
             "unanswered": sum(alarm["step"] == STEP_UNANSWERED for alarm in real),
             "kind": KINDS[real[0]["kind"]] if real else "none",
             "badges": sorted({alarm["device"] for alarm in real}),
             "troubles": sum(trouble["until_ms"] is None for trouble in facts["troubles"])}
    told: dict[str, Any] = {f"{base}/house": house}
    for alarm in still:
        told[f"{base}/alarm/{alarm['id']}"] = {
            "alarm": alarm["id"], "badge": alarm["device"], "kind": KINDS[alarm["kind"]],
            "step": STEPS.get(alarm["step"], "none") if alarm["what"] == WHAT_RAISED else "asked",
            "practice": alarm["practice"], "coming": len(alarm["coming"]), "since_ms": alarm["since_ms"],
            "plan": [{"does": step["does"], "state": step["state"]} for step in alarm["plan"]],
        }
    by_badge = {alarm["device"]: KINDS[alarm["kind"]] for alarm in reversed(real)}
    for badge in facts["badges"]:
        told[f"{base}/badge/{badge['device']}"] = {
            "mode": badge["mode"] or "none", "battery": badge["battery"] if badge["battery"] <= _BATTERY_MOST else None,
            "silent": _on(badge["silent"]), "alone": _on(badge["alone"]),
            "visit": badge["visit"]["colour"] if badge["visit"] else "none", "faults": badge["faults"],
            "problem": _on(badge["faults"] or badge["silent"]),
            "alarm": _on(badge["device"] in by_badge), "kind": by_badge.get(badge["device"], "none"),
        }
    return {topic: json.dumps(text) for topic, text in told.items()}


def _on(true: Any) -> str:
    return "ON" if true else "OFF"


def discovery(facts: Mapping[str, Any], base: str, prefix: str) -> dict[str, str]:
    """Return {topic: text} by which Home Assistant finds the gateway and each badge."""
    house = _id(base)
    told = {f"{prefix}/device/{house}/config": _device(base, house, "Kald", f"{base}/house", {
        "alarm": _part("binary_sensor", "Alarm", "alarm", device_class="safety"),
        "open": _part("sensor", "Open alarms", "open"),
        "unanswered": _part("sensor", "Unanswered alarms", "unanswered"),
        "kind": _part("sensor", "Kind", "kind"),
        "troubles": _part("sensor", "Technical alarms", "troubles", entity_category="diagnostic"),
    })}
    for badge in facts["badges"]:
        number = badge["device"]
        name = f"{house}_badge_{number}"
        told[f"{prefix}/device/{name}/config"] = _device(base, name, f"Badge {number}", f"{base}/badge/{number}", {
            "alarm": _part("binary_sensor", "Alarm", "alarm", device_class="safety"),
            "kind": _part("sensor", "Kind", "kind"),
            "mode": _part("sensor", "Mode", "mode"),
            "alone": _part("binary_sensor", "Alone", "alone", device_class="problem"),
            "problem": _part("binary_sensor", "Problem", "problem", device_class="problem",
                             entity_category="diagnostic"),
            "battery": _part("sensor", "Battery", "battery", device_class="battery", unit_of_measurement="%",
                             entity_category="diagnostic"),
        }, via=house)
    return told


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
