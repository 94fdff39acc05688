"""shows the groups whose badges call each other, or puts badges into one: kald group [NAME BADGE...]"""

import argparse
import sys
from pathlib import Path

from sqlalchemy import select, update

from tools.gateway.store import Refusal, open_store
from tools.gateway.tables import BADGES

_NAME_MOST = 60


def _group(db, name, badges):
    known = set(db.execute(select(BADGES.c.device)).scalars())
    unknown = sorted(set(badges) - known)
    if unknown:
        raise Refusal(f"there is no badge {', '.join(map(str, unknown))}")
    if not 1 <= len(name) <= _NAME_MOST or not name.isprintable() or name in ("own", "all"):
        raise Refusal(f"a group has a name of 1 to {_NAME_MOST} letters, and neither own nor all, which plans use")
    db.execute(update(BADGES).where(BADGES.c.device.in_(badges)).values(team=name, alone=None))


def main(words):
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="kald group", description=__doc__)
    parser.add_argument("name", nargs="?", help="of the group")
    parser.add_argument("badges", nargs="*", type=int, metavar="BADGE", help="numbers of its new badges")
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite")
    args = parser.parse_args(words)
    if args.name and not args.badges:
        parser.error("name the badges that belong to the group")
    try:
        with open_store(args.data / "kald.sqlite", make=False).engine.begin() as db:
            if args.name:
                _group(db, args.name.strip(), args.badges)
            rows = db.execute(select(BADGES).order_by(BADGES.c.team, BADGES.c.device)).all()
    except Refusal as refusal:
        print(f"kald: {refusal}", file=sys.stderr)
        return 2
    for row in rows:
        print(f"{row.team:20} {row.device:5} {row.name}")
    return 0
