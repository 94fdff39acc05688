"""Which pairing does the technician want? Words of the command line in, a checked pairing out, or a plain refusal."""

import argparse
import json

from firmware.limits import METERED_BEAT_MS
from firmware.link.region import ALARM_KHZ
from firmware.settings import PLACES, RANGES, read_pairing, read_settings
from tools.flash.boards.check import BLE, FOLDER
from tools.flash.boards.check import read as read_board
from tools.flash.cable import Refusal
from tools.flash.pairing import Channel, Pairing

LORA_HEARTBEAT_S = METERED_BEAT_MS // 1000  # over LoRa alone a gateway could not ack all badges every minute
CHANNEL = f"{ALARM_KHZ}/7"
PAIRING_MOST = 768  # characters, as firmware/board/nvs.py keeps bytes; a longer one would read as none


class Given(argparse.Namespace):
    """What a badge and a bridge may be given, as words of a command line."""

    board: str
    lora: str | None
    then: str | None
    heartbeat: int | None
    address: str | None
    bssid: str | None
    ssid: str
    gateway: str
    gateway_port: int


def options(parser: argparse.ArgumentParser) -> None:
    """Add what a badge and a bridge may be given beside their names."""
    parser.add_argument("--board", default="devkit", help="which kind of board it is; kald boards lists them (devkit)")
    parser.add_argument("--lora", nargs="?", const=CHANNEL, metavar="KHZ/SF",
                        help=f"it has LoRa, on this channel, which is its bridge's ({CHANNEL})")
    parser.add_argument("--then", metavar="KHZ/SF", help="a second bridge's channel, for what the first does not hear")
    parser.add_argument("--heartbeat", type=int, metavar="S", help="seconds between heartbeats (60; 300 without Wi-Fi)")
    parser.add_argument("--address", metavar="IP,MASK,ROUTER,DNS", help="its own fixed address; saves asking for one")
    parser.add_argument("--bssid", metavar="HEX", help="the access point to try first, 12 hex digits")


def channel(text: str, option: str = "--lora") -> Channel:
    """Return the channel of "869525/7". Raises Refusal."""
    try:
        khz, sf = text.split("/")
        return {"khz": int(khz), "sf": int(sf)}
    except ValueError:
        raise Refusal(f"{option} wants kHz and spreading factor, as in {CHANNEL}, not {text}") from None


def extras(given: Given) -> Pairing:
    """Return a badge's pairing but for keys and password. Raises Refusal."""
    found: Pairing = {"board": given.board, "ssid": given.ssid, "gateway": given.gateway, "port": given.gateway_port}
    if given.lora:
        found["lora"] = channel(given.lora)
        if given.then:
            found["lora"]["then"] = channel(given.then, "--then")
    elif given.then:
        raise Refusal("--then names a second bridge; --lora, the first one's channel, is wanted too")
    if given.address:
        found["address"] = given.address.split(",")
    if given.bssid:
        found["bssid"] = given.bssid.replace(":", "").lower()
    return checked(found)


def bridge(number: int, given: Given) -> Pairing:
    """Return the pairing of bridge `number`. Raises Refusal."""
    if given.then:
        raise Refusal("--then is for badges: a bridge stays on one channel")
    pairing: Pairing = {"role": "bridge", "number": number, "board": given.board,
                        "lora": channel(given.lora or CHANNEL)}
    _asked(pairing)
    return pairing


def checked(found: Pairing) -> Pairing:
    """Return `found` if a badge would take it. Raises Refusal."""
    keys: Pairing = {"device": 65534, "up": "0" * 32, "down": "0" * 32, "ssid": "", "password": "", "gateway": "",
                     "port": 65535}
    _asked({**keys, **found})
    return found


def _asked(pairing: Pairing) -> None:
    text = json.dumps(pairing)
    if len(text) > PAIRING_MOST:
        raise Refusal("this pairing is longer than a badge keeps: take the gateway's address, or a shorter name of it")
    try:
        read_pairing(text)  # as the board itself will
    except ValueError as error:
        raise Refusal(str(error).replace("pairing: ", "this pairing is wrong: ")) from error


def beacons(text: str | None, board: str, has_wifi: bool) -> None:
    """Raise Refusal where settings.json wants beacons that this kind of board cannot hear, or not beside Wi-Fi."""
    place = read_settings(text).get("place", 0) if text else 0
    path = FOLDER / f"{board}.py"
    if place & PLACES.index("beacons") and path.is_file():
        hears = read_board(path).get("BLE", "")
        if not hears or has_wifi and hears == "alone":
            raise Refusal(f"settings.json: place: a {board} cannot do that; it has {BLE[hears]}")


def settings(text: str | None, heartbeat_s: int | None, has_wifi: bool) -> tuple[str | None, int | None]:
    """Return (text of settings.json or None, ms between heartbeats or None for what the board has). Raises Refusal.

    text: the house's own, None without. heartbeat_s: as asked for, None for what is usual.
    """
    chosen = json.loads(text) if text else {}
    if heartbeat_s is None and "heartbeat_ms" not in chosen and not has_wifi:
        heartbeat_s = LORA_HEARTBEAT_S
    if heartbeat_s is not None:
        chosen["heartbeat_ms"] = 1000 * heartbeat_s
    text = json.dumps(chosen) if text or chosen else None  # without the blanks of a long file: a badge reads 4 KB
    try:
        return text, read_settings(text)["heartbeat_ms"] if text else None
    except ValueError as error:
        _, least, most = RANGES["heartbeat_ms"]
        raise Refusal(f"{error}; --heartbeat is from {least // 1000} to {most // 1000} s") from error
