"""ends an alarm"""

from tools.gateway.client import act


def main(words):
    """Act on the running gateway; return the exit code."""
    return act("close", words)
