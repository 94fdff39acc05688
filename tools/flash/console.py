"""What does a badge's console say, in plain words? Bytes in, lines out; a key or password never comes through.

Known lines (of our firmware, of MicroPython and of the ESP32's boot loader) are followed by their meaning; all others
pass as they are. A run of 16 or more hex digits is hidden, as is a line that speaks of a pairing's secret, whatever the
firmware should print by mistake, and so is every byte that is no text.
"""

import re

from tools.flash.faults import advice
from tools.spoken import said

_LINE_MOST = 400
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :,]?){8,}|(?:\\x[0-9a-fA-F]{2}){4,}")
_SECRET = re.compile(r"[\"']?\b(up|down|password|psk|key)\b[\"']?\s*[:=]|\bb['\"]", re.IGNORECASE)
_UNTEXT = re.compile(r"[^\x20-\x7e\u00a0-\uffff]")

_FAULTS = re.compile(r"kald: faults ([0-9]{1,5})$")
_MEANING = (
    (r"its keys are gone", "MicroPython has erased its NVS, which was full or is worn out; again: another board"),
    (r"kald: this badge is not paired|not paired", "nothing can be sealed yet; run: kald pair"),
    (r"kald: no firmware", "the chip has MicroPython and nothing of ours; run: kald flash"),
    (r"kald: lifeboat", "only button and radio work: the app failed too often, or a line before says what is missing"),
    (r"kald: flash keeps nothing", "the chip's NVS cannot be opened: kald flash --install, then pair"),
    (r"kald: the watchdog", "the chip has refused its time: ten minutes go on, so that a hang lasts longer"),
    (r"kald: proven", "a gateway has answered the new firmware, and it stays"),
    (r"kald: not proven", "the new firmware failed, or no gateway answered it: the one before comes back"),
    (r"kald: broken", "a file is not what was flashed, and was put aside; run: kald flash"),
    (r"kald: a part cannot", "the metal refuses: look at the wires, and whether --board is the right one"),
    (r"kald: service", "a technician has stopped the badge: it watches nobody until it is reset"),
    (r"kald: this bridge has no radio", "it hears nobody; run: kald flash --lora, or take a board with LoRa"),
    (r"kald: bridge \d+", "it carries frames between LoRa and its gateway, and watches nobody itself"),
    (r"kald: loud", "the house wants to hear or see its badges, and this one can only be felt"),
    (r"kald: settings\.json", "this setting is wrong, and the lifeboat runs instead"),
    (r"kald: pairing", "the pairing is wrong; run: kald pair"),
    (r"soft reboot", "started again from the prompt"),
    (r"rst:0x1\b|POWERON_RESET", "power came on"),
    (r"rst:0x[7-9]\b|TG\dWDT|RTCWDT|Task watchdog", "the watchdog has reset it: something hung"),
    (r"rst:0xf\b|Brownout", "the supply broke down: charge the cell, or its wires are too thin"),
    (r"rst:0xc\b|SW_CPU_RESET", "it has reset itself"),
    (r"rst:0x5\b|DEEPSLEEP_RESET", "it woke from deep sleep"),
    (r"waiting for download|DOWNLOAD_BOOT", "GPIO 0 was low at reset: let go of BOOT and reset again"),
    (r"file\s?system (appears|starting)", "its files cannot be read: kald flash --install, then pair"),
    (r"invalid header|flash read err", "the chip holds no MicroPython that can start: run: kald flash --image FILE"),
    (r"Guru Meditation", "MicroPython itself has crashed; it starts again"),
    (r"MemoryError", "its memory ran out; it goes on or starts again"),
    (r"Traceback", "an error of ours follows: please send us these lines"),
    (r"^>>> ", "it is at the prompt and watches nobody; reset it"),
)


class Console:
    """Lines out of a stream of bytes."""

    def __init__(self) -> None:
        self._held = b""

    def hear(self, data: bytes) -> list[str]:
        """Take bytes; return the lines, in plain words, that have become whole."""
        self._held += data
        *whole, self._held = self._held.split(b"\n")
        if len(self._held) > _LINE_MOST:
            whole.append(self._held)
            self._held = b""
        return [text for text in (plain(line.decode("utf-8", "replace")) for line in whole) if text]


def plain(line: str) -> str:
    """Return one line without secrets and with its meaning, "" for nothing to show."""
    text = _UNTEXT.sub("", line.strip("\r")).strip()
    if not text:
        return ""
    if _SECRET.search(text):
        return "(a line that may hold a key is not shown)"
    text = _HEX.sub("(hidden)", text)
    faults = _FAULTS.search(text)
    if faults:
        return f"{text}   = {advice(int(faults[1]))}"
    for pattern, meaning in _MEANING:
        if re.search(pattern, text):
            return f"{text}   = {said(meaning)}"
    return text
