"""makes hands with a meaning each, and counts what the badge reads from them"""

import json

from tools.cli import _help
from tools.sim.checks import counts


def main(words: list[str]) -> int:
    """Play and print; return 1 if an emergency was meant and not read, else 0."""
    parser = _help.parser("hands", __doc__)
    parser.add_argument("--count", type=int, default=10000, metavar="N", help="hands to make (10000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same hands (1)")
    parser.add_argument("--poll", type=int, default=10, metavar="MS", help="how often the button is read (10)")
    parser.add_argument("--json", action="store_true", help="print one object instead of tables")
    given = parser.parse_args(words)
    if given.count < 1 or not 1 <= given.poll <= 100:
        parser.error("--count must be 1 or more, --poll from 1 to 100")
    found = counts.count(given.count, given.seed, given.poll)
    print(json.dumps(found, indent=1) if given.json else counts.table(found))
    return 1 if found["emergencies_missed"] else 0
