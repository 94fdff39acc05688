"""writes as CSV the time lines of alarms, or why badges crashed: kald export ALARM | --month 2026-11 | --crashes"""

import io
import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tools.cli import _help
from tools.gateway import crashes, house_zone, records, report
from tools.gateway.pages.words import WORDS
from tools.gateway.store import Refusal, open_at


def _records(db: Connection, alarm: int | None, month: str) -> list[dict[str, Any]]:
    numbers = [alarm] if alarm is not None else records.between(db, *report.span(month, house_zone.read(db)))
    found = [record for number in numbers if (record := records.read(db, number))]
    if len(found) < len(numbers):
        raise Refusal(f"there is no alarm {alarm}")
    return found


@_help.refusing(Refusal, report.Wrong)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("export", __doc__)
    parser.add_argument("alarm", nargs="?", type=int, help="its number on the board")
    parser.add_argument("--month", help="all alarms that began in it, such as 2026-11")
    parser.add_argument("--crashes", action="store_true", help="what badges have said about crashes and restarts")
    parser.add_argument("--lang", choices=WORDS, default="en", help="da: with semicolons, for a Danish Excel (en)")
    parser.add_argument("--out", type=Path, help="file to write; it must not exist; standard output without it")
    _help.house(parser)
    args = parser.parse_args(words)
    if (args.alarm is not None) + (args.month is not None) + args.crashes != 1:
        parser.error("name one alarm, or a --month, or --crashes")
    separator = ";" if args.lang == "da" else ","
    try:
        with open_at(args.data, args.store).engine.connect() as db:
            if args.crashes:
                text = crashes.as_csv(db, WORDS[args.lang], house_zone.read(db), separator)
            else:
                text = records.as_csv(_records(db, args.alarm, args.month), house_zone.read(db), separator)
        text = ("\ufeff" if args.lang == "da" else "") + text  # the mark by which Excel knows UTF-8
        if args.out is None:
            if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
                sys.stdout.reconfigure(encoding="utf-8", newline="")  # it goes into a file, as with --out
            sys.stdout.write(text)
        else:
            # it holds names and what happened to people
            with os.fdopen(os.open(args.out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                out.write(text.encode())
    except OSError as error:
        print(f"kald: cannot write {args.out}: {error.strerror}", file=sys.stderr)
        return 2
    return 0
