"""kald check [PORT]: tries what MicroPython really does on a chip, once for each kind; prints a report to send in"""

import json
from pathlib import Path

from tools.cli import _help
from tools.flash import chip_check, fit, image
from tools.flash.cable import Refusal, check, find, watching_again
from tools.gateway.lent_ports import borrowed


@_help.refusing(Refusal, OSError, name="kald check")
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("check", __doc__)
    parser.add_argument("port", nargs="?", help="the board's serial port; found by itself if there is only one")
    parser.add_argument("--board", metavar="NAME", help="how it is wired (kald boards); without it no part is tried")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report there: no key or name is in it")
    parser.add_argument("--json", action="store_true", help="print the report instead of its lines")
    parser.add_argument("--data", type=Path, default=Path("."), metavar="DIR",
                        help="folder of a gateway that runs, which lends the port")
    given = parser.parse_args(words)
    chip_check.pins(given.board or "")
    port = given.port or find()
    with borrowed(given.data, port, check), watching_again(port):
        offer = image.asked(port)
        board = given.board or ("" if offer.bridge else offer.board)
        if board:
            fit.chip_fits(offer.machine, board)
        report = chip_check.checked(port, board, (lambda line: None) if given.json else _say)
    if given.out:
        chip_check.written(report, given.out)
    if given.json:
        print(json.dumps(report, indent=1))
    elif report["ok"]:
        print("All is as the design believes." + ("" if board else " No part was tried: say --board NAME."))
    else:
        print("Not as the design believes: " + ", ".join(report["wrong"]))
    return 0 if report["ok"] else 1


def _say(line: str) -> None:
    print(line, flush=True)
