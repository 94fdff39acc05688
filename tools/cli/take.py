"""says that somebody comes to an alarm"""

from tools.gateway import client


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    args = client.parser("take", "alarm").parse_args(words)
    return client.post(args, "alarms", args.alarm, "take", {"by": args.by})
