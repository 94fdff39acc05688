"""kald monitor [PORT]: prints what a badge says on its cable, in plain words and never a key."""

import json
import sys
import time
from pathlib import Path

import serial

from tools.cli import _help
from tools.flash.cable import Refusal, check, find
from tools.flash.console import Console
from tools.gateway.lent_ports import borrowed


def main(words: list[str]) -> int:
    """Run the command; return its exit code. Ctrl-C ends it; the badge goes on."""
    parser = _help.parser("monitor", __doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--seconds", type=float, help="end after as long")
    parser.add_argument("--data", type=Path, default=Path("."), metavar="DIR",
                        help="folder of a gateway that runs, which lends the port")
    parser.add_argument("--json", action="store_true", help="print an object a line: its text, and when, Unix s")
    given = parser.parse_args(words)
    try:
        port = given.port or find()
        with borrowed(given.data, port, check):
            watch(port, given.seconds, given.json)
    except Refusal as error:
        print(f"kald monitor: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print()
    return 0


def watch(port: str, seconds: float | None = None, objects: bool = False) -> None:
    """Print, as lines or objects, until `seconds` have passed, for ever without. Raises Refusal if unplugged."""
    line = serial.Serial(baudrate=115200, timeout=0.2, exclusive=True)
    line.port = port
    line.dtr = line.rts = False  # on a DevKit these two pull the chip's reset (Espressif, esptool: boot mode selection)
    console = Console()
    until = None if seconds is None else time.monotonic() + seconds
    try:
        with line:
            while until is None or time.monotonic() < until:
                for text in console.hear(line.read(512)):
                    print(json.dumps({"at": round(time.time(), 1), "says": text}) if objects else text, flush=True)
    except (OSError, serial.SerialException) as error:
        raise Refusal(f"{port} is gone: is the cable still in? ({error})") from error
