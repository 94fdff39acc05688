"""How do keys reach a badge unseen? In a script that only its owner may read, run by mpremote, then deleted.

The old pairing goes first and the new one comes last: whatever ends the script in between leaves a badge without one,
which sends nothing, and never old keys with a counter that begins anew. A file, /paired, holds the badge's number and
nothing else: so a chip whose NVS was erased, as the port does where it finds no free page, is told from a new one.
"""

import json
import os
import tempfile
from typing import TypedDict

from tools.flash.cable import WORD_S, Refusal, mpremote, told


class Channel(TypedDict, total=False):
    """Of LoRa: kHz and spreading factor; then: the second bridge's."""

    khz: int
    sf: int
    then: "Channel"


class Pairing(TypedDict, total=False):
    """What a board must know, as firmware/settings.py wants it. up, down: keys in hex. number, role: a bridge's."""

    board: str
    role: str
    number: int
    device: int
    up: str
    down: str
    ssid: str
    password: str
    gateway: str
    port: int
    address: list[str]
    bssid: str
    lora: Channel


_SCRIPT = """
import esp32, machine
nvs = esp32.NVS("kald")
for key in ("pairing", "keys", "alarm_a", "alarm_b"):
    try:
        nvs.erase_key(key)
    except OSError:
        pass
    nvs.commit()
machine.RTC().memory(b"")
nvs.set_i32("counter", 0)
nvs.commit()
settings = {settings!r}
if settings is not None:
    with open("/settings.json", "w") as file:
        file.write(settings)
nvs.set_blob("pairing", {pairing!r})
nvs.commit()
with open("/paired", "w") as file:
    file.write("{number}")
print("paired")
"""

_ERASE = """
import binascii, esp32, hashlib, json, machine, os
nvs = esp32.NVS("kald")
buf = bytearray(768)
try:
    known = json.loads(bytes(buf[: nvs.get_blob("pairing", buf)]).decode())
    up = binascii.unhexlify(known.get("up", ""))
    try:
        if nvs.get_blob("keys", buf) == 32:
            up = bytes(buf[:16])
    except OSError:
        pass
    was = known.get("device", 0)
    print("was", (was, binascii.hexlify(hashlib.sha256(up).digest()[:4]).decode()))
except (OSError, ValueError):
    was = ONLY
for key in ("pairing", "keys", "alarm_a", "alarm_b") if ONLY in (0, was) else ():
    try:
        nvs.erase_key(key)
    except OSError:
        pass
    nvs.commit()
if ONLY in (0, was):
    machine.RTC().memory(b"")
    try:
        os.remove("/paired")
    except OSError:
        pass
"""

_SILENT = "it cannot say why"
_SECURITY = ("it sees that Wi-Fi, but protected in another way: open where a password was given, with one where --open "
             "was, or by a name for each user (Enterprise), which it cannot")
# What a badge that nobody hears knows about its Wi-Fi, in the words of network.STAT_*
_TROUBLE = {
    200: "the Wi-Fi is too weak or has gone",
    201: "it sees no Wi-Fi of that name at 2.4 GHz, the only band that it has",
    202: "the Wi-Fi refuses the password",
    210: _SECURITY, 211: _SECURITY, 212: "the Wi-Fi is too weak or has gone",
    1000: "it has not begun to join the Wi-Fi",
    1001: "it is still joining the Wi-Fi: is the password right, and does the house give addresses (DHCP)?",
    1010: "it is on the Wi-Fi, but no gateway with these keys answers: is `kald gateway` running with this --data?",
}


# What a badge that nobody hears knows about its LoRa; the chip is started as the firmware starts it
_LORA = """
from firmware.board.boards import {board} as pins
if not hasattr(pins, "LORA"):
    print("lora 'none'")
else:
    try:
        from firmware.board.modem import build
        print("lora", repr("well" if build(pins, {khz}, {sf}, 10).alive() else "silent"))
    except ImportError:
        print("lora 'missing'")
    except (OSError, RuntimeError):
        print("lora 'silent'")
"""
_LORA_TROUBLE = {
    "missing": "MicroPython's package lora is not on it, or not for its chip: run kald flash --lora, then pair again",
    "none": "this kind of board has no LoRa: is --board the right one?",
    "silent": "its LoRa chip does not answer: look at the wires of the radio, and whether --board is the right one",
    "well": "its LoRa radio works, but no bridge answers: look with kald bridge and on the board page whether one is "
            "there on the same channel, and whether both antennas are on",
}


def write(port: str, pairing: Pairing, settings: str | None = None) -> None:
    """Write `pairing` into the board's NVS and reset it. Raises Refusal.

    settings: text of the house's settings.json, or None to leave the badge's own.
    """
    text = json.dumps(pairing).encode("ascii")
    handle, path = tempfile.mkstemp(prefix="kald-", suffix=".py")  # mkstemp makes it for its owner alone, mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(_SCRIPT.format(pairing=text, settings=settings, number=pairing.get("device", 0)))
        try:
            said = mpremote(port, "run", path, seconds=WORD_S)
        except Refusal as error:
            raise Refusal(f"the pairing could not be written: {error}") from None
    finally:
        os.unlink(path)
    if "paired" not in said:
        raise Refusal(f"the board on {port} did not take the pairing: flash it first, then pair again")
    mpremote(port, "resume", "reset", seconds=WORD_S)


NOBODY = -1  # whom to erase, where it is only asked whose a badge is


def erase(port: str, only: int = 0, seconds: float = WORD_S) -> tuple[int, str]:
    """Take the pairing from the board at `port` and reset it. Raises Refusal.

    only: the badge whose pairing it must be, 0 for any; another's stays, and with NOBODY each does. seconds: as
    `mpremote` has them. Return the badge's number and the mark of its key (tools/gateway/pairings.py); 0 and "" where
    there was none.
    """
    said = mpremote(port, "exec", f"ONLY = {only}{_ERASE}", seconds=seconds)
    mpremote(port, "resume", "reset", seconds=seconds)
    device, mark = told(port, said, "was", (0, ""))
    return device, mark


def trouble(port: str) -> str:
    """Return in plain words why a badge is not heard, as far as it knows; it is reset afterwards. Raises Refusal."""
    words = "import network; print('status', network.WLAN(0).status())"
    said = mpremote(port, "resume", "exec", words, seconds=WORD_S)
    mpremote(port, "resume", "reset", seconds=WORD_S)
    return _TROUBLE.get(told(port, said, "status", 0), _SILENT)


def lora_trouble(port: str, pairing: Pairing) -> str:
    """Return in plain words why a board with LoRa in its `pairing` is not heard; it is reset after. Raises Refusal."""
    script = _LORA.format(board=pairing["board"], khz=pairing["lora"]["khz"], sf=pairing["lora"]["sf"])
    said = mpremote(port, "resume", "exec", script, seconds=WORD_S)
    mpremote(port, "resume", "reset", seconds=WORD_S)
    return _LORA_TROUBLE.get(told(port, said, "lora", ""), _SILENT)
