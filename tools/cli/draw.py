"""draws the alarm table into the README; kald draw --check fails when the README is stale"""

import argparse
import sys
from pathlib import Path

from tools.docs.rows import rows
from tools.docs.drawing import Drawing
from tools.docs.readme import Unmarked, renewed
from tools.docs.table_words import Unnamed

README = Path(__file__).resolve().parents[2] / "README.md"


def main(words, path=README, rows=rows()):
    """Draw `rows` into the file at `path`, or with --check only look; exit code 1 when it is stale or has no words."""
    parser = argparse.ArgumentParser(prog="kald draw", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the README is stale")
    given = parser.parse_args(words)
    try:
        text = path.read_text(encoding="utf-8")
        fresh = renewed(text, Drawing(rows).markdown())
    except (Unmarked, Unnamed, OSError) as error:
        print(f"kald draw: {path.name}: {error}", file=sys.stderr)
        return 1
    if text == fresh:
        return 0
    if given.check:
        print(f"kald draw: {path.name} shows an older table; python3 tools/kald.py draw renews it", file=sys.stderr)
        return 1
    path.write_text(fresh, encoding="utf-8")
    return 0
