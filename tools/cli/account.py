"""makes accounts for people and shared screens: kald account list|add NAME ROLE|invite NAME|disable NAME|enable NAME"""

import sys
import time

from tools import spoken
from tools.cli import _help
from tools.gateway import accounts, permissions
from tools.gateway.pages.account_words import WORDS
from tools.gateway.store import Refusal, open_at


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command, beside a running gateway too; return the exit code."""
    parser = _help.parser("account", __doc__)
    parser.add_argument("verb", choices=("list", "add", "invite", "disable", "enable"))
    parser.add_argument("name", nargs="?", help="of the person, as it is shown when they come")
    parser.add_argument("role", nargs="?", choices=permissions.ROLES, help="to add one")
    parser.add_argument("--badge", type=int, help="number of the own badge; a wearer must have one")
    _help.house(parser)
    args = parser.parse_args(words)
    if args.verb != "list" and not args.name or args.verb == "add" and not args.role:
        parser.error(f"{args.verb} wants a name{' and a role' if args.verb == 'add' else ''}")
    now_ms, by, code = time.time_ns() // 1_000_000, "command line", None
    try:
        with open_at(args.data, args.store).engine.begin() as db:
            if args.verb == "add":
                _, code = accounts.add(db, now_ms, args.name, args.role, by, args.badge)
            elif args.verb != "list":
                row = accounts.find(db, args.name)
                if row is None:
                    raise accounts.Refused("no_account")
                if args.verb == "invite":
                    code = accounts.invite(db, now_ms, row.id, by)
                else:
                    {"disable": accounts.disable, "enable": accounts.enable}[args.verb](db, now_ms, row.id, by)
            everybody = accounts.everybody(db)
    except accounts.Refused as refused:
        print(f"kald: {WORDS['en'][str(refused)]}", file=sys.stderr)
        return 2
    if code:
        spoken.tell(f"{args.name} signs in at /login with this code, within 7 days: {code}")
    for one in everybody if args.verb == "list" else ():
        state = "shut out" if one["disabled"] else "invited" if one["invited"] else ""
        print(f"{one['name']:40} {one['role']:14} {one['device'] or '':>5} {state}".rstrip())
    return 0
