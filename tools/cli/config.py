"""kald config new|check|diff|write: the house's settings as a file with comments, held against a badge on the cable"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from firmware.settings import read_settings
from tools import spoken
from tools.cli import _help
from tools.docs.setting_words import rows, template
from tools.flash import device_settings, settings_file
from tools.flash.cable import Refusal, check, find
from tools.gateway.lent_ports import borrowed


def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("config", __doc__)
    does = parser.add_subparsers(dest="does", required=True)
    new = does.add_parser("new", help="write a file that changes nothing, to change it")
    new.add_argument("--lang", choices=("da", "en"), default="da", help="of its comments (da)")
    new.add_argument("--out", type=Path, metavar="FILE", help="write it there; one that is there stays")
    for name, what in (("check", "read a file and all its profiles"), ("diff", "hold it against the badge's"),
                       ("write", "give it to the badge")):
        one = does.add_parser(name, help=what)
        one.add_argument("file", type=Path, metavar="FILE", help="TOML (.toml) or JSON")
        if name == "check":
            continue
        one.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
        one.add_argument("--profile", metavar="NAME", help="a table of the TOML file")
        one.add_argument("--data", type=Path, default=Path("."), metavar="DIR",
                         help="folder of a gateway that runs, which lends the port")
    does.choices["diff"].add_argument("--json", action="store_true", help="print one object")
    does.choices["write"].add_argument("--in-alarm", action="store_true", help="also while an alarm is open on it")
    given = parser.parse_args(words)
    try:
        return {"new": _new, "check": _check, "diff": _diff, "write": _write}[given.does](given)
    except OSError as error:
        print(f"kald config: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (Refusal, ValueError) as error:
        print(f"kald config: {spoken.said(str(error))}", file=sys.stderr)
        return 2


def _new(given: argparse.Namespace) -> int:
    if given.out is None:
        print(template(given.lang), end="")
        return 0
    if given.out.suffix.lower() != ".toml":
        raise Refusal(f"{given.out.name} must end with .toml: by that it is told from JSON")
    with given.out.open("x", encoding="utf-8") as file:
        file.write(template(given.lang))
    spoken.tell(f"{given.out}: all settings, none of them in force; take the # away before what is to differ")
    return 0


def _read(path: Path, profile: str | None) -> str:
    """Return the settings as a badge reads them. Raises OSError, and ValueError by the key."""
    text = settings_file.read(path, profile)
    try:
        read_settings(text)
    except ValueError as error:
        where = f"{path.name}, [{profile}]" if profile else path.name
        raise ValueError(str(error).replace("settings.json", where)) from error
    return text


def _check(given: argparse.Namespace) -> int:
    names = settings_file.profiles(given.file)
    for profile in (None, *names):
        _read(given.file, profile)
    spoken.tell(f"{given.file.name} is right" + (f", with the profiles {', '.join(names)}" if names else ""))
    return 0


def differences(wanted: dict[str, Any], has: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return {setting: (as the file has it, as the badge has it)} where they differ; what neither says is usual."""
    usual = {row.name: row.usual for row in rows()}

    def said(given: dict[str, Any], name: str) -> str:
        return json.dumps(given[name]) if name in given else usual.get(name, "")

    names = [*usual, *sorted({*has} - {*usual})]
    both = {name: (said(wanted, name), said(has, name)) for name in names}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _diff(given: argparse.Namespace) -> int:
    wanted = json.loads(_read(given.file, given.profile))
    port = given.port or find()
    with borrowed(given.data, port, check):
        device = device_settings.asked(port)
    found = differences(wanted, device.settings)
    if given.json:
        print(json.dumps({"alike": not found, "differs": {name: {"file": a, "badge": b}
                                                          for name, (a, b) in found.items()}}, indent=1))
    elif not found:
        spoken.tell(f"the badge at {port} has what {given.file.name} says")
    else:
        for name, (a, b) in found.items():
            print(f"{name:20} {given.file.name}: {a or 'no such setting':16} badge: {b}")
    return 1 if found else 0


def _write(given: argparse.Namespace) -> int:
    text = _read(given.file, given.profile)
    port = given.port or find()
    with borrowed(given.data, port, check):
        says = device_settings.write(port, text, given.in_alarm)
    spoken.tell(f"the badge at {port} has what {given.file.name} says, and has started: {says}")
    return 0
