"""kald flash [PORT]: puts this checkout's firmware on the badge at the end of the USB cable."""

import argparse
import sys
from pathlib import Path

from tools.flash.cable import Refusal, check, find
from tools.flash.copy import flash
from tools.flash.packages import install

ROOT = Path(__file__).resolve().parent.parent.parent


def main(words):
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="kald flash", description=__doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--lora", nargs="?", const="sx1262", metavar="CHIP",
                        help="install MicroPython's package lora first, for sx1262 (or sx1276), over the internet; or "
                        "from a folder that holds it")
    given = parser.parse_args(words)
    try:
        port = given.port or find()
        check(port)
        if given.lora is not None:
            install(port, given.lora)
        count = flash(ROOT, port)
    except Refusal as error:
        print(f"kald flash: {error}", file=sys.stderr)
        return 2
    print(f"{count} files are on the badge at {port}, and it has started. Next: kald pair")
    return 0
