"""prints a month's figures: kald report --month 2026-11 [--json]"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.cli import _help
from tools.gateway import house_zone, report
from tools.gateway.places import wording
from tools.gateway.store import Refusal, open_at


def _lines(figures: report.Month) -> Iterator[str]:
    yield f"Kald, {figures['month']}"
    yield f"alarms                {figures['alarms']}"
    for kind, count in figures["by_kind"].items():
        if count:
            yield f"  {kind:20}{count}"
    yield f"real                  {figures['verified']}"
    yield f"false                 {figures['false']}"
    yield f"tests                 {figures['tests_said']}"
    yield f"not said              {figures['not_said']}"
    yield f"questions called off  {figures['cancelled_questions']}"
    for what, some in (("taken", figures["to_taken_s"]), ("there", figures["to_there_s"])):
        for key, name in (("median", "median"), ("p95", "95 %")):
            seconds = some[key]
            yield f"to {what}, {name:12}" + ("-" if seconds is None else f"{seconds:.1f} s")
    yield f"never taken           {figures['untaken']}"
    tests = figures["tests"]
    yield f"shift tests           {tests['done']} done, {tests['partial']} not passed whole, {tests['missed']} missed"
    yield f"hours alone           {figures['alone_h']:.1f}"
    for place in figures["late"]:
        yield f"heard late            {place['count']} at {wording.say(wording.Finding(**place['where']), 'en')}"
    yield f"have practised        {', '.join(figures['practised']) or '-'}"


def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("report", __doc__)
    parser.add_argument("--month", required=True, help="such as 2026-11")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite")
    parser.add_argument("--store", metavar="URL", help="postgresql://user@host/database that gateways share")
    args = parser.parse_args(words)
    try:
        with open_at(args.data, args.store).engine.connect() as db:
            figures = report.month(db, args.month, house_zone.read(db))
    except (Refusal, report.Wrong) as refusal:
        print(f"kald: {refusal}", file=sys.stderr)
        return 2
    print(json.dumps(figures, ensure_ascii=False) if args.json else "\n".join(_lines(figures)))
    return 0
