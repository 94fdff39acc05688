"""measures from edge or event to alarm for every kind, in virtual time, beside the limits"""

import json

from tools.cli import _help
from tools.sim.checks import times


def main(words: list[str]) -> int:
    """Measure and print; return 1 if a time is outside its promise or its limit, else 0."""
    parser = _help.parser("times", __doc__)
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of a table")
    given = parser.parse_args(words)
    table = times.measure()
    print(json.dumps(table, indent=1) if given.json else times.text(table))
    return 0 if all(row["ok"] for row in table) else 1
