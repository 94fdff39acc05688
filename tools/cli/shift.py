"""orders a badge: kald shift pause|resume|off|on|practice|test BADGE"""


from tools.cli import _help
from tools.gateway import client

MINUTES = {"pause": 15, "practice": 10}


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    parser = _help.parser("shift", __doc__)
    parser.add_argument("verb", choices=("pause", "resume", "off", "on", "practice", "test"))
    parser.add_argument("badge", type=int, help="its number")
    parser.add_argument("--minutes", type=int, help="of a pause (15) or of practice (10; 0 ends it)")
    client.place(parser)
    args = parser.parse_args(words)
    given = {"by": args.by}
    if args.verb in MINUTES:
        given["minutes"] = MINUTES[args.verb] if args.minutes is None else args.minutes
    return client.post(args, "badges", args.badge, args.verb, given)
