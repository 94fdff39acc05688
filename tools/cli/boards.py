"""kald boards [NAME...]: shows how each board is wired, and refuses one that cannot work."""

import json
import sys
from pathlib import Path

from tools.cli import _help
from tools.flash.boards.check import BLE, FOLDER, check, read, wiring


def main(words: list[str]) -> int:
    """Run the command; return 0 when all boards can work, 1 when one cannot, 2 when there is no such board."""
    parser = _help.parser("boards", __doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="boards to show; all without one")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the board files are")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args(words)
    known = sorted(path.stem for path in given.folder.glob("[a-z]*.py"))
    wrong, found = 0, {}
    for name in given.names or known:
        if name not in known:
            print(f"kald boards: there is no board called {name}; there are {', '.join(known)}", file=sys.stderr)
            return 2
        try:
            board = read(given.folder / f"{name}.py")
            sentences = check(board)
        except (ValueError, SyntaxError) as error:
            board, sentences = {}, [str(error)]
        found[name] = {**board, "wrong": sentences}
        wrong += bool(sentences)
        if given.json:
            continue
        print(f"{name} ({board.get('CHIP', '?')}): {'cannot work' if sentences else 'ok'}")
        if not sentences:
            print(f"  {BLE[board.get('BLE', '')]}")
        for sentence in sentences:
            print(f"  ! {sentence}")
        for row in wiring(board):
            print(f"  {row}")
    if given.json:
        print(json.dumps({"boards": found}, indent=1))
    return 1 if wrong else 0
