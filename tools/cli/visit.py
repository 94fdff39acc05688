"""begins, prolongs or ends the visit of a badge: kald visit start|prolong|end BADGE"""


from tools.cli import _help
from tools.gateway import client


def main(words: list[str]) -> int:
    """Act on the running gateway; return the exit code."""
    top = _help.parser("visit", __doc__)
    top.add_argument("verb", choices=("start", "prolong", "end"))
    top.add_argument("badge", type=int, help="its number")
    top.add_argument("--colour", choices=("green", "yellow", "red"), help="of the risk, to start with")
    top.add_argument("--minutes", type=int, help="how long (from now on, to prolong)")
    top.add_argument("--place", help="where, to start with; shown only if an alarm comes of it")
    client.place(top)
    args = top.parse_args(words)
    if args.verb == "start" and not args.colour:
        top.error("a visit starts with --colour green, yellow or red")
    if args.verb == "prolong" and args.minutes is None:
        top.error("to prolong a visit takes --minutes")
    given = {"by": args.by}
    if args.colour:
        given["colour"] = args.colour
    if args.place:
        given["place"] = args.place
    if args.minutes is not None:
        given["minutes"] = args.minutes
    verb = {"start": "visit"}.get(args.verb, args.verb)
    return client.post(args, "badges", args.badge, verb, given)
