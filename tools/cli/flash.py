"""kald flash [PORT]: puts this checkout's firmware on the badge at the end of the USB cable."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.cli import selftest
from tools.flash import copy, image, slots
from tools.flash.cable import Refusal, check, find, mpremote
from tools.flash.fit import fits
from tools.flash.packages import fetched, install
from tools.flash.prompt import opened
from tools.flash.proof import started
from tools.flash.sources import identity
from tools.gateway.lent_ports import borrowed

ROOT = Path(__file__).resolve().parent.parent.parent


def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="kald flash", description=__doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--lora", nargs="?", const="sx1262", metavar="CHIP",
                        help="install MicroPython's package lora first, for sx1262 (or sx1276), over the internet; or "
                        "from a folder that holds it")
    into = parser.add_mutually_exclusive_group()
    into.add_argument("--romfs", dest="wants", action="store_const", const="romfs",
                      help="write over the board's ROMFS, whatever is in it; one that is empty or ours needs no word")
    into.add_argument("--files", dest="wants", action="store_const", const="files",
                      help="copy files, whatever the board has beside")
    parser.add_argument("--data", type=Path, default=Path("."), metavar="DIR",
                        help="folder of a gateway that runs, which lends the port")
    parser.add_argument("--in-alarm", action="store_true", help="also while an alarm is open on the badge")
    parser.add_argument("--no-selftest", dest="selftest", action="store_false", help="without the self-test at its end")
    given = parser.parse_args(words)
    try:
        port = given.port or find()
        with borrowed(given.data, port, check):
            return _flashed(given, port)
    except Refusal as error:
        print(f"kald flash: {error}", file=sys.stderr)
        return 2


def _flashed(given: argparse.Namespace, port: str) -> int:
    if given.lora is not None:
        install(port, given.lora)
    offer = image.asked(port)
    try:
        fits(offer)
        way, means = image.way(offer, identity(ROOT), given.wants)
    except Refusal:
        mpremote(port, "resume", "reset")  # it was stopped to be asked
        raise
    if way == "files":
        done = slots.flash(ROOT, port, hear=_progress(), in_alarm=given.in_alarm)
        says = done.says
        if done.trial:
            means += "; it stays if a gateway answers it within ten minutes, else the one before comes back"
    else:
        if way == "frozen":
            copy.leave(port)
        else:
            with tempfile.TemporaryDirectory(prefix="kald-") as folder:
                copy.flash(ROOT, port, fetched(port, folder) if offer.lora else "")
        with opened(port) as prompt:
            says = started(prompt)
    print(f"the firmware is on the badge at {port} ({means}), and it has started: {says}. {_next(offer)}")
    if not offer.board or offer.bridge or not given.selftest:
        return 0  # without a pairing it does not know which parts it has
    return selftest.tried(port, hands=False, json_wanted=False)


def _next(offer: image.Offer) -> str:
    version = ".".join(map(str, offer.version))
    tells = f"MicroPython {version} on {offer.machine}."
    return tells + (" Next: kald selftest, with hands" if offer.board else " Next: kald pair")


def _progress() -> Callable[[str], None]:
    """Return what shows how far it is in one line, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda line: None
    return lambda line: print(f"\r\x1b[K{line} ", end="\r" if line == "starting" else "", file=sys.stderr, flush=True)
