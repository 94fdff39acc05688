"""shows the groups whose badges call each other, or puts badges into one: kald group [NAME BADGE...]"""

import time

from sqlalchemy import select

from tools.cli import _help
from tools.gateway import groups, lending
from tools.gateway.store import Refusal, Store, open_at
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
    store = open_at(args.data, args.store)
    if args.name:
        _put(store, groups.named(args.name), args.badges)
    with store.engine.connect() as db:
        there = select(BADGES).where(BADGES.c.revoked_ms.is_(None))
        rows = db.execute(there.order_by(BADGES.c.team, BADGES.c.device)).all()
    for row in rows:
        print(f"{row.team:20} {row.device:5} {row.name}")
    return 0


def _put(store: Store, name: str, numbers: list[int]) -> None:
    with store.transaction(time.time_ns() // 1_000_000) as at:
        badges = [badge for number in numbers for badge in at.badges.by("device", number) if badge.revoked_ms is None]
        unknown = sorted(set(numbers) - {badge.device for badge in badges})
        if unknown:
            raise Refusal(f"there is no badge {', '.join(map(str, unknown))}")
        for badge in badges:
            if not lending.regroup(at, badge, name, "kald group"):
                raise Refusal(f"{badge.name} is in an alarm, or on the way to one: nobody's group changes until it is "
                              "over")
