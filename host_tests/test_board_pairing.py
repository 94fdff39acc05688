"""Are the optional words of a pairing (lora, address, bssid) checked before a radio sees them?"""

import json

import pytest
from lived import ROOT, lived

from firmware.settings import read_pairing

GOOD = {"device": 7, "up": "00" * 16, "down": "ff" * 16, "ssid": "house", "password": "", "gateway": "10.0.0.2",
        "port": 5570}
ADDRESS = ["10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1"]


def read(**more):
    return read_pairing(json.dumps({**GOOD, **more}))


def test_a_pairing_without_them_has_none():
    assert [read()[name] for name in ("lora", "address", "bssid")] == [None] * 3


def test_a_gateway_is_an_address_or_a_name_and_needs_to_be_neither_without_wifi():
    for word in ("10.0.0.2", "gateway", "kald.local", "g" * 63 + ".house.example"):
        assert read(gateway=word)["gateway"] == word
    assert read(gateway="", ssid="", lora={"khz": 869525, "sf": 9})["gateway"] == ""


def test_good_ones_pass():
    found = read(lora={"khz": 869525, "sf": 9}, address=ADDRESS, bssid="24a1b2c3d4e5")
    assert found["lora"] == {"khz": 869525, "sf": 9}
    assert found["address"] == tuple(ADDRESS) and found["bssid"] == bytes.fromhex("24a1b2c3d4e5")


@pytest.mark.parametrize("word, wrong", [
    ("lora", []), ("lora", {"khz": 869525}), ("lora", {"khz": 869525, "sf": 7, "dbm": 27}), ("khz", 868650),
    ("khz", 869300), ("khz", 433000), ("khz", "869525"), ("sf", 6), ("sf", 13), ("sf", True),
    ("address", "10.0.0.7"), ("address", ADDRESS[:3]), ("address", [*ADDRESS[:3], "10.0.0"]),
    ("address", [*ADDRESS[:3], "10.0.0.256"]), ("address", [*ADDRESS[:3], 5]), ("address", [*ADDRESS[:3], "a.b.c.d"]),
    ("gateway", "10.0.0.256"), ("gateway", "10.0.0"), ("gateway", ""), ("gateway", "a..b"), ("gateway", "g" * 64),
    ("gateway", "a." + "æ" * 32), ("gateway", None),
    ("bssid", "24:a1:b2:c3:d4:e5"), ("bssid", "24a1b2c3d4eg"), ("bssid", 5), ("bssid", ""),
])
def test_a_wrong_one_is_named(word, wrong):
    given = {word: wrong}
    if word in ("khz", "sf"):
        given = {"lora": {"khz": 869525, "sf": 7, word: wrong}}
    with pytest.raises(ValueError, match=word):
        read(**given)


def test_a_byte_that_changes_in_a_pairing_is_refused_or_gives_another_that_is_whole(either):
    # Another one is heard by nobody, which both ends tell. On the chip NVS keeps a CRC-32 of every blob and number
    # (ESP-IDF, nvs_page.cpp, readItem) and gives nothing for a wrong one, so that this badge is "not paired".
    refused, same, other = map(int, lived(either, "pairing_life.py", ROOT).split())
    assert refused > 2000 and same < 100 and refused + same + other > 3000


def test_the_longest_pairing_fits_the_store():
    longest = {**GOOD, "ssid": "æ" * 16, "password": '"' * 63, "gateway": "g" * 63, "board": "tbeam_supreme",
               "lora": {"khz": 869525, "sf": 12}, "address": ["255.255.255.255"] * 4, "bssid": "f" * 12,
               "device": 65534, "port": 65535}
    text = (ROOT / "firmware" / "board" / "nvs.py").read_text()
    assert len(json.dumps(longest)) <= int(text.split("_PAIRING_BYTES = const(")[1].split(")")[0])
