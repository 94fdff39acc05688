"""shows or sets who is called, in what order, after how long: kald plan show | set FILE.json"""

import json
from pathlib import Path

import apprise

from tools.cli import _help
from tools.gateway import client, house_events, plans
from tools.gateway.core.rows import Plan
from tools.gateway.pages.command_words import WORDS
from tools.gateway.store import Refusal, open_at


def _read(path: Path, lang: str) -> Plan:
    try:
        data = path.read_bytes()
        plan = plans.read(data.decode(json.detect_encoding(data)))  # UTF-16 is what > of PowerShell makes
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(WORDS[lang]["cannot_read"].format(path=path, why=error)) from error
    except plans.Wrong as error:
        raise Refusal(f"{path}: {error.said(lang)}") from error
    for part in plan["plans"]:
        for number, step in enumerate(part["steps"], 1):
            for address in step.get("to", ()):
                if not _known(address):
                    kind = address.split("://")[0]
                    said = {"path": path, "step": number, "part": part["name"], "kind": kind}
                    raise Refusal(WORDS[lang]["no_such_address"].format(**said))
    return plan


def _known(address: str) -> bool:
    return apprise.Apprise().add(address)


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("plan", __doc__)
    parser.add_argument("verb", choices=("show", "set"))
    parser.add_argument("file", nargs="?", type=Path, help="the plan, as JSON; begin with what `kald plan show` prints")
    _help.house(parser)
    args = client.language(parser).parse_args(words)
    if (args.verb == "set") != (args.file is not None):
        parser.error("kald plan set FILE.json, or kald plan show")
    plan = _read(args.file, args.lang) if args.file else None
    with open_at(args.data, args.store, make=args.verb == "set").engine.begin() as db:
        if plan:
            plans.put(db, plan)
            house_events.note_command(db, "plan", ", ".join(part["name"] for part in plan["plans"]))
        shown = plans.house(db)
    if args.verb == "show":
        print(_help.as_json(shown, 2))
    else:
        print(WORDS[args.lang]["in_force"].format(count=len(shown["plans"])))
    return 0
