"""Can the firmware run on the board at the end of the cable? By its MicroPython, its chip, and what a pairing says."""

import re

from tools.flash.boards.check import FOLDER, Board, read
from tools.flash.cable import WORD_S, Refusal, mpremote
from tools.flash.image import Offer

LEAST = (1, 24)  # of MicroPython
_ASK = """
import sys
print("machine", getattr(sys.implementation, "_machine", ""))
try:
    import firmware.board.boards
    try:
        import firmware.board.boards.{board}
    except ImportError:
        print("unknown")
except ImportError:
    pass  # there is no firmware yet
"""
_CHIP = re.compile(r"ESP32-?((?:[SCHP][0-9])?)")


def kind(board: str) -> Board:
    """Return the file of a kind of board. Raises Refusal for one that there is not."""
    paths = {path.stem: path for path in sorted(FOLDER.glob("[a-z]*.py"))}
    if board not in paths:
        raise Refusal(f"there is no kind of board called {board}; there are {', '.join(paths)}")
    return read(paths[board])


def fits(offer: Offer) -> None:
    """Raise Refusal for an older MicroPython, or another chip than that of the board which the badge is paired as."""
    if offer.version < LEAST:
        seen, least = [".".join(map(str, each)) for each in (offer.version, LEAST)]
        raise Refusal(f"its MicroPython is {seen}, and {least} or newer is wanted: kald flash --install erases "
                      "the chip and writes one")
    if offer.board:
        chip_fits(offer.machine, offer.board)


def chip_fits(machine: str, board: str) -> None:
    """Raise Refusal where the hardware that MicroPython calls `machine` has not the chip of the kind of board `board`.

    The name of the hardware ends with its chip: "Generic ESP32S3 module with ESP32S3". What names none is believed.
    """
    wanted = str(kind(board)["CHIP"]).removesuffix("pico").upper()
    found = _CHIP.search(machine.rpartition(" with ")[2].upper())
    if found and f"ESP32{found[1]}" != wanted:
        raise Refusal(f"this chip is an ESP32{found[1]}, and a {board} has an {wanted}: is --board right? Nothing was "
                      "written")


def asked(port: str, board: str) -> None:
    """Raise Refusal where the board at `port` is no board of kind `board`, runs a firmware without it, or is mute."""
    kind(board)  # before its name stands in a script
    said = mpremote(port, "exec", _ASK.format(board=board), seconds=WORD_S).splitlines()
    names = [line.partition(" ")[2] for line in said if line.startswith("machine ")]
    chip_fits(names[0] if names else "", board)
    if "unknown" in said:
        raise Refusal(f"the firmware on it knows no {board}: run kald flash, then pair again")
