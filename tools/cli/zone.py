"""shows or sets the time zone in which the house lives: kald zone set Europe/Copenhagen"""

import sys

from tools.cli import _help
from tools.gateway import client, house_events, house_zone
from tools.gateway.pages.command_words import WORDS
from tools.gateway.store import Refusal, open_at


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = client.language(_help.parser("zone", "Shows or sets the time zone in which the house lives, or \"\" for "
                                          "that of the gateway's machine. Days, records and trials go by it."))
    parser.add_argument("verb", choices=("show", "set"))
    parser.add_argument("zone", nargs="?", help="such as Europe/Copenhagen")
    _help.house(parser)
    args = parser.parse_args(words)
    said = WORDS[args.lang]
    if (args.verb == "set") != (args.zone is not None):
        parser.error("kald zone show, kald zone set Europe/Copenhagen")
    try:
        with open_at(args.data, args.store).engine.begin() as db:
            if args.zone is not None:
                house_zone.put(db, args.zone)
                house_events.note_command(db, "zone", args.zone)
            print(house_zone.read(db) or said["machine_zone"])
    except house_zone.Wrong:
        print(f"kald: {said['no_zone']}", file=sys.stderr)
        return 2
    return 0
