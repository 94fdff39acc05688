"""shows or sets whom people ring when the board has lost the gateway: kald ring set 'night watch, 12345678'"""


from tools import spoken
from tools.cli import _help
from tools.gateway import ring
from tools.gateway.store import Refusal, open_at


@_help.refusing(Refusal, ring.Wrong)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("ring", "Shows or sets whom people ring when the board "
                          "has lost the gateway: name and number, or \"\" for nobody.")
    parser.add_argument("verb", choices=("show", "set"))
    parser.add_argument("line", nargs="?", help='such as "night watch, 12 34 56 78"')
    _help.house(parser)
    args = parser.parse_args(words)
    if (args.verb == "set") != (args.line is not None):
        parser.error('kald ring show, or kald ring set "night watch, 12 34 56 78"')
    with open_at(args.data, args.store).engine.begin() as db:
        if args.line is not None:
            ring.put(db, args.line)
        spoken.tell(ring.read(db) or "nobody is named: the board says so when it has lost the gateway")
    return 0
