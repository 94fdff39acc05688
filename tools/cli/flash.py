"""kald flash [PORT]: puts this checkout's firmware on the badge at the end of the USB cable; --all: on all there are"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import spoken
from tools.cli import _help, selftest
from tools.flash import blank, copy, image, slots, tray
from tools.flash.cable import Refusal, check, find, find_all, watching_again
from tools.flash.fit import fits
from tools.flash.packages import fetched, install
from tools.flash.prompt import opened
from tools.flash.proof import started
from tools.flash.sources import identity
from tools.gateway.lent_ports import borrowed, is_house

ROOT = Path(__file__).resolve().parent.parent.parent

Line = Callable[[str], None]


def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("flash", __doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--all", action="store_true", help="every board on a USB cable that nobody else uses")
    parser.add_argument("--image", type=Path, metavar="PATH",
                        help="MicroPython for a board that has none: a file, or a folder of them (without it "
                        f"${blank.PLACE}, else {blank.FOLDER} in --data)")
    parser.add_argument("--install", action="store_true",
                        help="erase the chip and write MicroPython first, whatever is on it; its keys are lost")
    parser.add_argument("--lora", nargs="?", const="sx1262", metavar="CHIP",
                        help="install MicroPython's package lora first, for sx1262 (or sx1276), over the internet; or "
                        "from a folder that holds it")
    into = parser.add_mutually_exclusive_group()
    into.add_argument("--romfs", dest="wants", action="store_const", const="romfs",
                      help="write over the board's ROMFS, whatever is in it; one that is empty or ours needs no word")
    into.add_argument("--files", dest="wants", action="store_const", const="files",
                      help="copy files, whatever the board has beside")
    parser.add_argument("--data", type=Path, metavar="DIR",
                        help="folder of the gateway, found by itself if there is only one here: if it runs it lends "
                        "the port, and with its keys the list of a badge that is paired is sealed")
    parser.add_argument("--store", metavar="URL", help="the keys are in the house's PostgreSQL")
    parser.add_argument("--keys-from", type=Path, metavar="FILE", help="opens the keys, if the gateway has it too")
    parser.add_argument("--unsealed", action="store_true", help="without a seal: the cable alone vouches for it")
    parser.add_argument("--in-alarm", action="store_true", help="also while an alarm is open on the badge")
    parser.add_argument("--no-selftest", dest="selftest", action="store_false", help="without the self-test at its end")
    parser.add_argument("--json", action="store_true", help="print one object: a row for each board")
    given = parser.parse_args(words)
    try:
        if given.all and given.port:
            raise Refusal("--all takes every board there is: name no port beside it")
        rows = _tray(given) if given.all else [_one(given)]
    except Refusal as error:
        print(f"kald flash: {error}", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps({"boards": [vars(row) for row in rows]}, indent=1))
    elif given.all:
        print(tray.table(rows))
    return max(row.code for row in rows)


def _one(given: argparse.Namespace) -> tray.Row:
    port = given.port or find()
    row = tray.Row(port)

    def say(line: str) -> None:
        row.says.append(line)
        if not given.json:
            print(selftest.shown(line), flush=True)

    try:
        with borrowed(_folder(given), port, check):
            row.code = _flashed(given, port, say, _progress())
    except Refusal as error:
        if not given.json:
            raise
        say(str(error))
    return row


def _tray(given: argparse.Namespace) -> list[tray.Row]:
    """Flash all boards that nobody else uses: a bridge that a gateway holds stays as it is."""

    def one(port: str, say: Line, hear: Line) -> int:
        check(port)
        return _flashed(given, port, say, hear)

    return tray.flashed(find_all(), one, _progress())


def _flashed(given: argparse.Namespace, port: str, say: Line, hear: Line) -> int:
    with watching_again(port, KeyboardInterrupt):
        offer = blank.offered(port, blank.place(given.image, _folder(given)), given.install, say, hear, given.in_alarm)
    with watching_again(port):
        if given.lora is not None:
            install(port, given.lora)
            offer = image.asked(port)
        fits(offer)
        way, means = image.way(offer, identity(ROOT), given.wants)
    keys_of = _keys_of(given)
    vouched = True  # what MicroPython holds already came with it
    if way == "files":
        done = slots.flash(ROOT, port, hear=hear, keys_of=keys_of, in_alarm=given.in_alarm)
        says, vouched = done.says, done.vouched
        if done.trial:
            means += ("; it stays once it has run for a minute, else the one before comes back" if offer.bridge else
                      "; it stays if a gateway answers it within ten minutes, else the one before comes back")
    else:
        with watching_again(port, KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="kald-") as folder:
            if way == "frozen":
                with opened(port) as prompt:
                    slots.begin(prompt, given.in_alarm)
                copy.leave(port)
            else:
                vouched = slots.flash_romfs(ROOT, port, fetched(port, folder) if offer.lora else "", keys_of,
                                            given.in_alarm)
        with opened(port) as prompt:
            says = started(prompt)
    if not vouched:
        means += "; its list is not sealed, so that the cable alone vouches for it"
    say(f"the firmware is on the badge at {port} ({means}), and it has started: {says}. {_next(offer)}")
    if not offer.board or offer.bridge or not given.selftest:
        return 0  # without a pairing it does not know which parts it has
    return selftest.tried(port, hands=False, say=say)


def _houses() -> list[Path]:
    """Return the gateways' folders that are here, or one below."""
    return [folder for folder in (Path("."), *sorted(Path(".").glob("*/"))) if is_house(folder)]


def _folder(given: argparse.Namespace) -> Path:
    """Return the gateway's folder: the one that is named, or the only one that is here."""
    houses = _houses() if given.data is None else [given.data]
    return houses[0] if len(houses) == 1 else Path(".")


def _keys_of(given: argparse.Namespace) -> slots.KeysOf | None:
    """Return what knows the keys of the house's badges, or None where the cable alone is to vouch."""
    if given.unsealed:
        return None
    folder = _folder(given)

    def keys_of(device: int, mark: str) -> slots.Keys:
        if not given.store and not (folder / "kald.sqlite").exists():
            if is_house(folder):
                raise Refusal(f"the gateway in {folder} shares its database: --store names it; --unsealed does without")
            near = ", ".join(map(str, _houses())) or "DIR"
            raise Refusal(f"it is badge {device}, and nobody has said of which house: name the folder of its gateway, "
                          f"--data {near}, or say --unsealed where that is gone, and the cable alone vouches for what "
                          "it gets")
        try:
            from tools.gateway import pairings  # whoever only flashes has no database, nor what opens one
            from tools.gateway import store as gateway_store
        except ImportError:
            raise Refusal(f"it is badge {device}: say --data {folder}, and what opens its house is brought") from None
        try:
            with contextlib.closing(gateway_store.open_at(folder, given.store)) as store:
                found = pairings.sealing(store, device, mark, given.keys_from)
        except gateway_store.Refusal as error:
            raise Refusal(f"{error}; --unsealed does without") from error
        if found is None:
            raise Refusal(f"it is badge {device}, but not of the house in {folder}, or with other keys: name the "
                          "folder of its own gateway with --data, or say --unsealed, and the cable alone vouches for "
                          "what it gets")
        return found

    return keys_of


def _next(offer: image.Offer) -> str:
    version = ".".join(map(str, offer.version))
    tells = f"MicroPython {version} on {offer.machine}."
    if offer.board:
        return tells + " Next: kald selftest, with hands"
    if offer.was:
        return (f"{tells} It was badge {offer.was}, and its keys are gone: its flash was erased or is worn out. Next: "
                "kald pair --replace, and if it happens again, another board")
    return tells + " Next: kald pair"


def _progress() -> Line:
    """Return what shows how far it is in one line, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda line: None

    def hear(line: str) -> None:
        end = "\r" if line == "starting" else ""
        print(f"\r\x1b[K{spoken.said(line)} ", end=end, file=sys.stderr, flush=True)

    return hear
