"""takes one person out of the house's papers, for good: kald forget NAME --data DIR"""

import time

from tools import spoken
from tools.cli import _help
from tools.gateway import forgetting
from tools.gateway.store import Refusal, open_at


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command, beside a running gateway too; return the exit code."""
    parser = _help.parser("forget", __doc__)
    parser.add_argument("name", help="of the person, as it stands on the board and in records")
    _help.house(parser)
    args = parser.parse_args(words)
    store = open_at(args.data, args.store)
    with store.engine.begin() as db:
        rows = forgetting.forget(db, time.time_ns() // 1_000_000, args.name, "command line")
    spoken.tell(f"{args.name} is in {rows} lines no more: a dash stands there. Older backups, and addresses in the "
                "plan, are yours to look through.")
    return 0
