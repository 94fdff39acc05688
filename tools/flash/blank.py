"""Does MicroPython answer on a board, and if there is none, whence does it come? Nothing is erased that nobody gave up.

A chip without a program gets MicroPython by itself. One with somebody else's program, and one whose MicroPython does
not answer (there may be a badge's keys on it), wants a word: --install.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from tools.flash import chip, image, micropython
from tools.flash.cable import WORD_S, NoPrompt, Refusal, overheard
from tools.flash.image import Offer
from tools.flash.prompt import opened
from tools.flash.slots import begin
from tools.spoken import said as spoken

PLACE = "KALD_IMAGES"  # names a file or folder, where --image does not
FOLDER = "images"  # in the gateway's folder
_BLANK = b"invalid header: 0xffffffff"  # what the ROM says of a flash with nothing on it, again and again
_OURS = re.compile("kald|>>>|MPY|MicroPython")
_LISTEN_S = 0.8
_TALKS_S = 6  # for an answer of what talks by itself all the time: mpremote waits for a pause
_TRIES = 3  # its first start makes a file system


def place(named: Path | None, data: Path) -> Path | None:
    """Return where the house keeps its MicroPython, None if nowhere. data: the gateway's folder."""
    if named or os.environ.get(PLACE):
        return named or Path(os.environ[PLACE])
    return data / FOLDER if (data / FOLDER).is_dir() else None


def offered(port: str, images: Path | None, install: bool, say: Callable[[str], None],
            hear: Callable[[str], None], in_alarm: bool = False) -> Offer:
    """Return what the board at `port` offers, after MicroPython was put onto it where it was wanted. Raises Refusal.

    install: whatever is on it. say(line): what was done. hear(line): how far it is. in_alarm: also while an alarm is
    open on it, where that can be asked.
    """
    said = overheard(port, _LISTEN_S, _BLANK)
    if install and not in_alarm and _BLANK.decode() not in said:
        _calls_nobody(port)
    if not install and _BLANK.decode() not in said:
        try:
            return image.asked(port, _TALKS_S if said and not _OURS.search(said) else WORD_S)
        except NoPrompt:
            hear("no MicroPython answers; looking at the chip")
    found = chip.look(port)
    if not install and found.holds == chip.MICROPYTHON:
        try:
            return image.asked(port)  # the look has reset it, and a badge that slept is awake for half a minute
        except NoPrompt as error:
            raise Refusal(f"{error}. On the chip ({found}) is a MicroPython: --install erases all and writes it anew, "
                          "and keys and settings are lost") from error
    if not install and found.holds == chip.OTHER:
        raise Refusal(f"the {found} on {port} holds another program: --install erases it and writes MicroPython in "
                      "its place")
    wanted = micropython.chosen(images, found.kind, found.flash)
    listed = "" if wanted.listed else f"; no digest is listed beside it, its SHA-256 is {wanted.digest}"
    say(f"the {found} on {port} holds {spoken(found.holds)}; {wanted} goes onto it, from {wanted.path.name}{listed}")
    chip.write(port, wanted, hear)
    for last in range(1, _TRIES + 1):
        try:
            return image.asked(port)
        except Refusal as error:
            if last == _TRIES:
                raise Refusal(f"MicroPython was written onto the {found}, but does not answer: is "
                              f"{wanted.path.name} the right one for this board? ({error})") from error
    raise AssertionError


def _calls_nobody(port: str) -> None:
    """Raise Refusal if a badge answers at `port` that has an alarm open."""
    try:
        offer = image.asked(port, _TALKS_S)
    except Refusal:
        return  # nobody answers there: that is why it is installed
    if offer.board and not offer.bridge:
        with opened(port) as prompt:
            begin(prompt)
