"""kald flash [PORT]: puts this checkout's firmware on the badge at the end of the USB cable."""

import argparse
import sys
import tempfile
from pathlib import Path

from tools.flash import copy, image, slots
from tools.flash.cable import Refusal, check, find, mpremote
from tools.flash.packages import fetched, install
from tools.flash.sources import identity

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
    given = parser.parse_args(words)
    try:
        port = given.port or find()
        check(port)
        if given.lora is not None:
            install(port, given.lora)
        offer = image.asked(port)
        try:
            way, means = image.way(offer, identity(ROOT), given.wants)
        except Refusal:
            mpremote(port, "resume", "reset")  # it was stopped to be asked
            raise
        if way == "frozen":
            copy.leave(port)
        elif way == "files":
            if slots.flash(ROOT, port).trial:
                means += "; it stays if a gateway answers it within ten minutes, else the one before comes back"
        else:
            with tempfile.TemporaryDirectory(prefix="kald-") as folder:
                copy.flash(ROOT, port, fetched(port, folder) if offer.lora else "")
    except Refusal as error:
        print(f"kald flash: {error}", file=sys.stderr)
        return 2
    print(f"the firmware is on the badge at {port} ({means}), and it has started. Next: kald pair")
    return 0
