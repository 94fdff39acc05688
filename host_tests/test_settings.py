"""Is a wrong setting refused by name, and is a key never shown?"""

import json

import pytest

from firmware.settings import PLACES, read_pairing, read_settings

GOOD = {"device": 7, "up": "00" * 16, "down": "ff" * 16, "ssid": "house", "password": "", "gateway": "10.0.0.2",
        "port": 5570}


def test_good_ones():
    numbers = {"hold_ms": 800, "pre_alarm_ms": 30000, "heartbeat_ms": 60000, "motionless_ms": 45000,
               "position_ms": 30000, "righted_ms": 10000, "check_in_ask_ms": 45000, "torn_ms": 2000}
    assert read_settings("{}") == {"single_calls": False, "clip": False, "position": True, "struggle": False, **numbers}
    assert read_settings('{"single_press_calls": true}')["single_calls"] is True
    assert read_settings('{"buzzer": "calls", "light": "always"}')["loud"] == {"buzzer": False, "light": True}
    assert "loud" not in read_settings('{"buzzer": "never", "light": "never"}')
    assert [read_settings(json.dumps({"place": word}))["place"] for word in PLACES] == [0, 1, 2, 3]
    assert "place" not in read_settings("{}"), "the board knows the usual one"
    pairing = read_pairing(json.dumps(GOOD))
    assert pairing["down"] == b"\xff" * 16 and pairing["board"] == "devkit"


@pytest.mark.parametrize("text, word", [
    ("nonsense", "JSON"), ("[]", "object"), ('{"hold": 5}', "hold"), ('{"hold_ms": 5}', "400 to 1900"),
    ('{"hold_ms": true}', "whole number"), ('{"single_press_calls": 1}', "true or false"),
    ('{"pre_alarm_ms": "30000"}', "pre_alarm_ms"), ('{"light": true}', "light must be never, calls or always"),
    ('{"buzzer": "loud"}', "buzzer must be"), ('{"buzzer": ["calls"]}', "buzzer must be"), ('{"light": {}}', "light"),
    ('{"place": true}', "place must be never"), ('{"place": "beacon"}', "place must be"), ('{"place": []}', "place"),
])
def test_wrong_settings_are_named(text, word):
    with pytest.raises(ValueError, match=word):
        read_settings(text)


@pytest.mark.parametrize("name", ["device", "up", "down", "ssid", "password", "gateway", "port"])
def test_a_missing_or_wrong_pairing_key_is_named_and_never_shown(name):
    for wrong in (None, [], -1, "zz" * 16, True):
        given = dict(GOOD)
        if wrong is None:
            del given[name]
        else:
            given[name] = wrong
        if name in ("ssid", "password", "gateway") and isinstance(wrong, str):
            continue
        with pytest.raises(ValueError, match=name) as refusal:
            read_pairing(json.dumps(given))
        assert "zz" not in str(refusal.value)


BRIDGE = {"role": "bridge", "number": 3, "lora": {"khz": 869525, "sf": 7}}


def test_a_bridge_has_a_number_and_a_channel_and_no_key():
    wanted = {**BRIDGE, "ssid": "", "board": "heltec_v3"}
    assert read_pairing(json.dumps({**BRIDGE, "board": "heltec_v3"})) == wanted
    assert read_pairing(json.dumps(GOOD))["role"] == "badge"


@pytest.mark.parametrize("wrong, word", [
    ({"number": 0}, "number"), ({"number": 65536}, "number"), ({"number": True}, "number"), ({"lora": None}, "lora"),
    ({"lora": {"khz": 869300, "sf": 7}}, "khz"), ({"lora": {"khz": 869525, "sf": 13}}, "sf"), ({"role": "x"}, "role"),
    ({"board": 5}, "board"), ({"role": []}, "role"),
])
def test_a_wrong_bridge_is_named_by_its_key(wrong, word):
    with pytest.raises(ValueError, match=word):
        read_pairing(json.dumps({**BRIDGE, **wrong}))
