"""Which settings has the badge on the cable, and how does it get others? Its file is read and written at its prompt."""

import json
from dataclasses import dataclass
from typing import Any

from firmware.settings import RANGES, read_settings
from tools.flash import pairing_options, slots
from tools.flash.cable import Refusal
from tools.flash.prompt import Prompt, opened
from tools.flash.proof import started

_ASK = """
def _settings():
    import esp32, json
    known = {}
    try:
        buf = bytearray(768)
        known = json.loads(bytes(buf[: esp32.NVS("kald").get_blob("pairing", buf)]).decode())
    except (OSError, ValueError):
        pass
    try:
        with open("/settings.json") as file:
            text = file.read(4096)
    except OSError:
        text = ""
    return known.get("board", "devkit") if known else "", bool(known.get("ssid")), text
print(repr(_settings()))
"""
_BEAT = "heartbeat_ms"


@dataclass(frozen=True)
class Device:
    """board: "" for one that is not paired. settings: as its file says them, {} without one."""

    board: str
    wifi: bool
    settings: dict[str, Any]


def asked(port: str) -> Device:
    """Return what the badge at `port` has; it is reset. Raises Refusal."""
    with opened(port) as prompt:
        return _asked(prompt)


def _asked(prompt: Prompt) -> Device:
    board, wifi, text = prompt.ask(_ASK)
    try:
        settings = json.loads(text) if text else {}
    except ValueError:
        settings = {}  # its lifeboat runs by the usual ones
    return Device(board, wifi, settings if isinstance(settings, dict) else {})


def write(port: str, text: str, in_alarm: bool = False) -> str:
    """Give the badge at `port` the settings of `text`; return what it says at its start. Raises Refusal.

    The time between heartbeats stays what it was, since the gateway was told of it when the badge was paired.
    """
    with opened(port) as prompt:
        slots.begin(prompt, in_alarm)
        device = _asked(prompt)
        chosen = json.loads(text)
        had = device.settings.get(_BEAT, RANGES[_BEAT][0])
        if device.board and chosen.get(_BEAT, had) != had:
            raise Refusal(f"{_BEAT} is {had} on this badge, and its gateway counts on that: pair it again with "
                          "--settings for another; nothing was changed")
        if had != RANGES[_BEAT][0]:
            chosen[_BEAT] = had
        text = json.dumps(chosen)
        read_settings(text)
        if device.board:
            pairing_options.beacons(text, device.board, device.wifi)
        prompt.run(f"put('/settings.json', {text!r})")
        return started(prompt)
