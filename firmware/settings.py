"""Which settings and which pairing may a badge run with? Text in, checked values out; the refusal names the key.

    settings   {"hold_ms": 800, "single_press_calls": false, "pre_alarm_ms": 30000, "heartbeat_ms": 60000,
                "motionless_ms": 45000, "position_alarm": true, "position_ms": 30000, "righted_ms": 10000,
                "struggle_alarm": false, "check_in_ask_ms": 45000, "clip": false, "torn_ms": 2000, "buzzer": "never",
                "light": "never", "place": "access_points"};
                all are optional
                place: what is told of the surroundings, with an alarm or a test only: "never", "access_points",
                "beacons" or "both"; beacons keep a badge without Wi-Fi awake
                buzzer, light: "never", "calls" or "always" (firmware/audible.py says when)
    pairing    {"device", "up", "down", "ssid", "password", "gateway", "port", "board", "lora", "address", "bssid",
               "role"}; from "board" on all are optional
        lora       {"khz", "sf"}: the bridge's channel and spreading factor; without it the badge has no LoRa. A badge
                   may have "then" in it, {"khz", "sf"} of another bridge, for what the first does not hear
        address    ["10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1"]: own address, mask, router, name server; saves
                   asking for one, which takes a second or more
        bssid      "aabbccddeeff": the access point to try first
        ssid       "" with lora: no Wi-Fi
        role       "badge", or "bridge": then the pairing is {"role", "number", "lora", "board"} and holds no key; only
                   "board" is optional, and no two bridges of a house have one number
"""

import json

from firmware.limits import (
    CHECK_IN_PRE_ALARM_MS, HEARTBEAT_MS, HOLD_MS, MOTIONLESS_MS, POSITION_MS, PRE_ALARM_MS, RIGHTED_MS, TORN_MS,
)

# name: (default, least, most); the bounds keep every promise of design and standard whatever a house chooses
RANGES = {
    "hold_ms": (HOLD_MS, 400, 1900),
    "pre_alarm_ms": (PRE_ALARM_MS, 5000, 39000),
    "heartbeat_ms": (HEARTBEAT_MS, 10000, 600000),
    "motionless_ms": (MOTIONLESS_MS, 15000, 48000),
    "position_ms": (POSITION_MS, 10000, 48000),
    "righted_ms": (RIGHTED_MS, 3000, 30000),  # upright or moving as long, and the question is withdrawn
    "check_in_ask_ms": (CHECK_IN_PRE_ALARM_MS, 10000, 45000),
    "torn_ms": (TORN_MS, 300, 8000),
}

# name: the name that Badge knows it by
SWITCHES = {"single_press_calls": "single_calls", "clip": "clip", "position_alarm": "position",
            "struggle_alarm": "struggle"}
PLACES = ("never", "access_points", "beacons", "both")


def _object(text, what):
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError(what + " is not JSON")
    if not isinstance(value, dict):
        raise ValueError(what + " must be one JSON object")
    return value


def read_gestures(text):
    """Return (hold_ms, single_calls) as far as `text` says them rightly: a wrong setting beside them takes neither."""
    given = {}
    hold_ms = HOLD_MS
    try:
        given = _object(text, "settings.json")
        hold_ms = _number(given, "hold_ms", *RANGES["hold_ms"][1:])
    except ValueError:
        pass  # the lifeboat runs with what it has
    return hold_ms, given.get("single_press_calls") is True


def read_settings(text):
    """Return the keyword arguments for Badge from the text of settings.json. Raises ValueError naming the key.

    "loud" (firmware/audible.py, read) and "place" are none of them, and for the board to take out; only there if the
    house chose so.
    """
    given = _object(text, "settings.json")
    chosen: dict = {"single_calls": False, "clip": False, "position": True, "struggle": False}
    for name in RANGES:
        chosen[name] = RANGES[name][0]
    for name in given:
        value = given[name]
        if name in SWITCHES:
            if value is not True and value is not False:
                raise ValueError("settings.json: %s must be true or false" % name)
            chosen[SWITCHES[name]] = value
        elif name == "place":
            if value not in PLACES:
                raise ValueError("settings.json: place must be never, access_points, beacons or both")
            chosen[name] = PLACES.index(value)
        elif name not in RANGES:
            from firmware.audible import read  # only who wants to be heard pays for it

            read(name, value, chosen)
        else:
            chosen[name] = _number(given, name, *RANGES[name][1:], "settings.json")
    return chosen


def _hex(given, name, n):
    text = given.get(name)
    try:
        if isinstance(text, str) and len(text) == n:
            return bytes([int(text[i : i + 2], 16) for i in range(0, n, 2)])
    except ValueError:
        pass  # refused below, as any other text
    raise ValueError("pairing: %s must be %d hex digits" % (name, n))


def _number(given, name, least, most, what="pairing"):
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError("%s: %s must be a whole number from %d to %d" % (what, name, least, most))
    return value


def _text(given, name, default=None):
    value = given.get(name, default)
    if not isinstance(value, str):
        raise ValueError("pairing: %s must be a text" % name)
    return value


def _lora(given):
    lora = given.get("lora")
    if lora is None:
        return None
    then = lora.get("then") if isinstance(lora, dict) else None
    channel = _channel(lora, "lora", 2 if then is None else 3)
    if then is not None:
        channel["then"] = _channel(then, "then", 2)
        if channel["then"]["khz"] == channel["khz"] and channel["then"]["sf"] == channel["sf"]:
            raise ValueError("pairing: then must be another channel than the first")
    return channel


def _channel(given, name, size):
    if not isinstance(given, dict) or len(given) != size:
        raise ValueError("pairing: %s must be an object with khz and sf" % name)
    from firmware.link.region import band_of  # only who has LoRa pays for it

    khz = _number(given, "khz", 863000, 870000)
    if band_of(khz) < 0:
        raise ValueError("pairing: khz must be the middle of a channel that lies in one band")
    return {"khz": khz, "sf": _number(given, "sf", 7, 12)}


def _is_address(word):
    parts = word.split(".") if isinstance(word, str) else ()
    return len(parts) == 4 and all([part.isdigit() and int(part) < 256 for part in parts])


def _gateway(given):
    name = _text(given, "gateway")
    if name.replace(".", "").isdigit():
        if not _is_address(name):
            raise ValueError("pairing: gateway must be an address like 10.0.0.2, or a name")
    elif given.get("ssid") and not all([0 < len(label.encode()) < 64 for label in name.split(".")]):
        raise ValueError("pairing: gateway must be a name with 1 to 63 letters between its points, or an address")
    return name


def _address(given):
    words = given.get("address")
    if words is None:
        return None
    if not isinstance(words, list) or len(words) != 4:
        raise ValueError("pairing: address must be a list of address, mask, router and name server")
    if not all([_is_address(word) for word in words]):
        raise ValueError("pairing: address must hold numbers like 10.0.0.7")
    return tuple(words)


def _bridge(given):
    lora = _lora(given)
    if lora is None or "then" in lora:
        raise ValueError("pairing: a bridge needs lora, and one channel only")
    number = _number(given, "number", 1, 65535)
    return {"role": "bridge", "number": number, "lora": lora, "ssid": "", "board": _text(given, "board", "devkit")}


def read_pairing(text):
    """Return the checked pairing, keys as 16 bytes each. Raises ValueError naming the key, never its value.

    A bridge's has "role", "number", "lora", "board", and no Wi-Fi.
    """
    given = _object(text, "pairing")
    role = _text(given, "role", "badge")
    if role == "bridge":
        return _bridge(given)
    if role != "badge":
        raise ValueError("pairing: role must be badge or bridge")
    return {
        "role": role,
        "lora": _lora(given),
        "address": _address(given),
        "bssid": None if given.get("bssid") is None else _hex(given, "bssid", 12),
        "device": _number(given, "device", 1, 65534),
        "up": _hex(given, "up", 32),
        "down": _hex(given, "down", 32),
        "ssid": _text(given, "ssid"),
        "password": _text(given, "password"),
        "gateway": _gateway(given),
        "port": _number(given, "port", 1, 65535),
        "board": _text(given, "board", "devkit"),
    }
