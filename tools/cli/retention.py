"""shows, sets or runs how long what is over is kept: kald retention show | set --alarms 365 --details 90 | run"""

import argparse
import sys
import time

from tools import spoken
from tools.cli import _help
from tools.gateway import retention
from tools.gateway.store import Refusal, Unavailable, open_at


def _days(word: str) -> int | None:
    if word == "keep":
        return None
    if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= retention.DAYS_MOST:
        raise argparse.ArgumentTypeError(f"{word!r} is neither 1 to {retention.DAYS_MOST} days nor the word keep")
    return int(word)


def _lines(policy: retention.Policy) -> str:
    about = {"alarms": "an alarm's record, from its end", "details": "tests, crashes, troubles, acts, visits, orders"}
    said = {rule: "kept for good" if days is None else f"{days} days" for rule, days in policy._asdict().items()}
    return "\n".join(f"{rule:8} {said[rule]:14} {text}" for rule, text in about.items())


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("retention", __doc__)
    parser.add_argument("verb", choices=("show", "set", "run"))
    parser.add_argument("--alarms", type=_days, default=argparse.SUPPRESS, metavar="DAYS",
                        help="so long after an alarm's end its record is kept; or the word keep. Open alarms never go")
    parser.add_argument("--details", type=_days, default=argparse.SUPPRESS, metavar="DAYS",
                        help="so long what is about no alarm is kept: tests, crashes, troubles, acts, visits, orders")
    parser.add_argument("--dry-run", action="store_true", help="only say how much would go")
    _help.house(parser)
    args = parser.parse_args(words)
    given = {rule: getattr(args, rule) for rule in retention.Policy._fields if hasattr(args, rule)}
    if (args.verb == "set") != bool(given) or args.dry_run and args.verb != "run":
        parser.error("kald retention show, or set with --alarms or --details, or run, with --dry-run if you like")
    try:
        store = open_at(args.data, args.store)
        with store.engine.begin() as db:
            policy = retention.read(db)._replace(**given)
            if given:
                retention.put(db, policy)
        if args.verb != "run":
            print(_lines(policy))
            return 0
        now_ms = time.time_ns() // 1_000_000
        if args.dry_run:
            with store.engine.connect() as db:
                counts = retention.due(db, policy, now_ms)
        else:
            counts = retention.run(policy, store.disk().prune, now_ms)
    except Unavailable as error:
        print(f"kald: cannot use the database in {args.data}: {error}; what was deleted till then is gone",
              file=sys.stderr)
        return 2
    for (rule, table), count in counts.items():
        print(f"{rule:8} {table:11} {count}")
    spoken.tell(f"{sum(counts.values())} rows {'would go' if args.dry_run else 'are gone'}.")
    return 0
