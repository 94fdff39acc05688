"""says that somebody comes to an alarm"""

from tools.cli import _help
from tools.gateway import client


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    args = client.place(_help.alarm("take", __doc__)).parse_args(words)
    return client.post(args, "alarms", args.alarm, "take", {"by": args.by})
