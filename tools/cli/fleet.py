"""shows the badges' versions and needs, or updates them over Wi-Fi, one after another: kald fleet [update|keep]"""

import argparse
import json
import sys
import time
from pathlib import Path

from tools import spoken
from tools.cli import _help
from tools.gateway import client, fleet, update_files
from tools.gateway.pages import fleet as words_of
from tools.gateway.store import Refusal as NoHouse
from tools.gateway.store import open_at

ROOT = Path(__file__).resolve().parent.parent.parent


@_help.refusing(NoHouse)
def main(words: list[str]) -> int:
    """Run the command; exit code 1 where an update has failed, or a badge could not be put on the list."""
    parser = _help.parser("fleet", __doc__)
    parser.add_argument("verb", nargs="?", choices=("show", "update", "keep"), default="show")
    parser.add_argument("badges", nargs="*", type=int, metavar="BADGE", help="numbers; all, if none is named")
    parser.add_argument("--by", help="who does it")
    parser.add_argument("--at-work", action="store_true", help="update a badge also while its wearer is on duty")
    _help.house(parser)
    parser.add_argument("--web", type=client.port, default=8570, help="port of the board")
    parser.add_argument("--lang", choices=("da", "en"), default=spoken.usual(), help="of the table")
    parser.add_argument("--json", action="store_true", help="for machines")
    args = parser.parse_args(words)
    if args.verb != "show" and not args.by:
        parser.error(f"who does it? --by NAME is wanted to {args.verb}")
    with open_at(args.data, args.store).engine.connect() as db:
        facts = fleet.read(db, time.time_ns() // 1_000_000)
    unknown = set(args.badges) - {fact["device"] for fact in facts}
    if unknown:
        print(f"kald: there is no badge {min(unknown)} in this house", file=sys.stderr)
        return 2
    if args.badges:
        facts = [fact for fact in facts if fact["device"] in args.badges]
    if args.verb != "show":
        return _ordered(args, facts)
    if args.json:
        print(json.dumps(facts, indent=1))
    else:
        lines = words_of.rows(facts, args.lang)
        widths = [max(map(len, column)) for column in zip(*lines)]
        for line in lines:
            print("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip())
        if any(fact["needs"] == "cable" for fact in facts):
            print(words_of.WORDS_OF[args.lang]["cable"])
    return 1 if any(fact["state"] == "failed" for fact in facts) else 0


def _ordered(args: argparse.Namespace, facts: list[fleet.Fact]) -> int:
    given: dict[str, object] = {"by": args.by}
    if args.verb == "update":
        from tools.flash.cable import Refusal

        try:
            version = _filled(args.data)
        except (Refusal, OSError) as refusal:
            print(f"kald fleet: {refusal}", file=sys.stderr)
            return 2
        given |= {"version": version, "at_work": int(args.at_work)}
    code, count = 0, 0
    for fact in facts:
        if args.verb == "update" and fact["needs"] == "cable":
            spoken.tell(f"badge {fact['device']}, {fact['name']}: needs the cable")
        elif args.verb == "update" and fact["version"] == f"{given['version']:03x}":
            spoken.tell(f"badge {fact['device']}, {fact['name']}: has this version")
        elif args.verb == "update" or fact["state"] == "waiting":
            done = client.post(args, "badges", fact["device"], args.verb, given)
            if done == 2:
                return 2
            code, count = max(code, done), count + (not done)
    what = f"wait for version {given['version']:03x}" if args.verb == "update" else "keep what they have"
    spoken.tell(f"{count} badges {what}; kald fleet shows how it goes")
    return code


def _filled(folder: Path) -> int:
    """Build the firmware of this checkout into the gateway's folder; return its version. Raises Refusal, OSError."""
    from tools.flash import tree
    from tools.flash.copy import build
    from tools.flash.sources import identity

    version = tree.version(identity(ROOT))
    made_min = int(time.time()) // 60
    update_files.fill(folder, version, made_min, lambda to, slot: build(ROOT, to, True, slot=slot))
    return version
