"""ends an alarm, and says what it was"""

from tools.cli import _help
from tools.gateway import client

OUTCOMES = {"real": "real", "false": "false", "test": "test", "not-said": "not said"}


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    parser = client.place(_help.alarm("close", __doc__))
    parser.add_argument("--outcome", choices=OUTCOMES, default="not-said", help="what it was")
    args = parser.parse_args(words)
    given = {"by": args.by, "outcome": OUTCOMES[args.outcome]}
    return client.post(args, "alarms", args.alarm, "close", given)
