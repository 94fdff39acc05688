"""draws what the documents show of the code: tables, wiring, rhythms, rooms; kald draw --check only looks"""

import sys
from pathlib import Path

from tools.cli import _help
from tools.docs import drawn
from tools.docs.marks import Unmarked
from tools.docs.table_words import Unnamed

ROOT = Path(__file__).resolve().parents[2]
Blocks = dict[str, dict[str, str]]
Pictures = dict[str, str]
_RENEWS = "python3 tools/kald.py draw"


@_help.refusing(Unmarked, Unnamed, OSError, name="kald draw", code=1)
def main(words: list[str], root: Path = ROOT, blocks: Blocks | None = None, pictures: Pictures | None = None) -> int:
    """Draw all that is older than the code, or with --check only look; exit code 1 when something is old.

    A picture of a screen that is old is only said: it takes a browser (tools/cli/pictures.py).

    blocks, pictures: as tools.docs.drawn makes them.
    """
    parser = _help.parser("draw", __doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when something is old")
    given = parser.parse_args(words)
    found = drawn.stale(root, drawn.blocks() if blocks is None else blocks,
                        drawn.pictures() if pictures is None else pictures)
    for path in drawn.old_screens(root):
        print(f"kald draw: {path} shows an older page; python3 tools/kald.py pictures takes it anew", file=sys.stderr)
    for path, text in found.items():
        if given.check:
            print(f"kald draw: {path} is older than the code; {_RENEWS} renews it", file=sys.stderr)
        else:
            (root / path).write_text(text, encoding="utf-8")
    return 1 if given.check and found else 0
