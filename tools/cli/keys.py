"""gives a badge new keys, or shuts a lost one out: kald keys renew|revoke BADGE"""


from tools.cli import _help
from tools.gateway import client

VERBS = {"renew": "rekey", "revoke": "revoke"}


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    parser = _help.parser("keys", __doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("badge", type=int, help="its number")
    client.place(parser)
    args = parser.parse_args(words)
    return client.post(args, "badges", args.badge, VERBS[args.verb], {"by": args.by})
