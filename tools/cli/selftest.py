"""kald selftest [PORT]: tries every part of a badge, on the badge, and says what to do about what is not well."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from tools import spoken
from tools.cli import _help
from tools.flash.cable import Refusal, check, find
from tools.flash.selftest import selftest
from tools.gateway.lent_ports import borrowed

_LINE = re.compile(r"(ok|not ok|skip) ([^:]+): (.*)")
_PARTS = re.compile(r"(.*(?:Not tried|Not well): )([^:]+?)(\.?)")


def shown(line: str) -> str:
    """Return a line of the self-test, which a badge says in English, in the language that is spoken."""
    found, parts = _LINE.fullmatch(line), _PARTS.fullmatch(line)
    if found:
        return "{} {}: {}".format(*map(spoken.said, found.groups()))
    if parts:
        line = parts[1] + ", ".join(map(spoken.said, parts[2].split(", "))) + parts[3]
    return spoken.said(line)


@_help.refusing(Refusal, name="kald selftest")
def main(words: list[str]) -> int:
    """Run the command; return its exit code: 0 all is well, 1 a part is not, 2 it could not be tried."""
    parser = _help.parser("selftest", __doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--no-hands", action="store_true", help="nobody is there to press and to feel")
    parser.add_argument("--json", action="store_true", help="print one object with all lines")
    parser.add_argument("--data", type=Path, default=Path("."), metavar="DIR",
                        help="folder of a gateway that runs, which lends the port")
    given = parser.parse_args(words)
    port = given.port or find()
    with borrowed(given.data, port, check):
        return tried(port, not given.no_hands, given.json)


def _say(line: str) -> None:
    print(shown(line), flush=True)


def tried(port: str, hands: bool, json_wanted: bool = False, say: Callable[[str], None] = _say) -> int:
    """Try the badge at `port` and say what is found; return 0 or 1, as `main` does. Raises Refusal."""
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        if not json_wanted:
            say(line)

    found = selftest(port, hands, hear)
    if json_wanted:
        say(json.dumps({**found, "lines": lines}, indent=1))
    elif found["ok"]:
        left = ", ".join(found["skipped"])
        say(f"All that was tried is well. Not tried: {left}." if left else "All that was tried is well.")
    else:
        say("Not well: " + ", ".join(found["failed"]))
    return 0 if found["ok"] else 1
