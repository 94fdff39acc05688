"""draws the alarm table into the README, and with --rooms who imports whom into docs/rooms.md; --check only looks"""

import argparse
import sys
from pathlib import Path

from tools.docs import rooms
from tools.docs.rows import rows
from tools.docs.drawing import Drawing
from tools.docs.readme import Unmarked, renewed
from tools.docs.table_words import Unnamed

README = Path(__file__).resolve().parents[2] / "README.md"
ROOMS = README.parent / "docs" / "rooms.md"


def main(words, path=README, rows=rows(), page=ROOMS):
    """Draw `rows` into the file at `path`, or with --check only look; exit code 1 when it is stale or has no words."""
    parser = argparse.ArgumentParser(prog="kald draw", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when it is stale")
    parser.add_argument("--rooms", action="store_true", help="draw the rooms of the sources, and not the alarm table")
    given = parser.parse_args(words)
    path = page if given.rooms else path
    try:
        text = path.read_text(encoding="utf-8") if path.exists() or not given.rooms else ""
        fresh = rooms.page() if given.rooms else renewed(text, Drawing(rows).markdown())
    except (Unmarked, Unnamed, OSError) as error:
        print(f"kald draw: {path.name}: {error}", file=sys.stderr)
        return 1
    if text == fresh:
        return 0
    if given.check:
        again = "draw --rooms" if given.rooms else "draw"
        print(f"kald draw: {path.name} is older than the sources; kald {again} renews it", file=sys.stderr)
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(fresh, encoding="utf-8")
    return 0
