"""shows the groups whose badges call each other, or puts badges into one: kald group [NAME BADGE...]"""


from sqlalchemy import select

from tools.cli import _help
from tools.gateway import groups
from tools.gateway.store import Refusal, open_at
from tools.gateway.tables import BADGES


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("group", __doc__)
    parser.add_argument("name", nargs="?", help="of the group")
    parser.add_argument("badges", nargs="*", type=int, metavar="BADGE", help="numbers of its new badges")
    _help.house(parser)
    args = parser.parse_args(words)
    if args.name and not args.badges:
        parser.error("name the badges that belong to the group")
    with open_at(args.data, args.store).engine.begin() as db:
        if args.name:
            groups.put(db, args.name, args.badges)
        rows = db.execute(select(BADGES).order_by(BADGES.c.team, BADGES.c.device)).all()
    for row in rows:
        print(f"{row.team:20} {row.device:5} {row.name}")
    return 0
