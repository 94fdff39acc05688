"""lives a week of one badge in virtual time: heap, flash, charge and watchdog, as a table and a picture"""

import json
import sys
from pathlib import Path

from tools.bench import week, week_days, week_drawn, week_table
from tools.cli import _help


def main(words: list[str]) -> int:
    """Live, print and draw; return 0 for a week within all bounds, 1 for one that is not, 2 without a MicroPython."""
    parser = _help.parser("week", __doc__)
    parser.add_argument("--days", type=int, default=week.DAYS, metavar="N", help="days, a shift and a night each (7)")
    parser.add_argument("--radio", choices=("wifi", "lora", "both"), default="wifi", help="what the badge has (wifi)")
    parser.add_argument("--thin", action="store_true", help="an eighth of the samples, in half the time")
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--out", type=Path, metavar="SVG", help="where the picture goes (week-RADIO.svg, here)")
    given = parser.parse_args(words)
    if not 1 <= given.days <= week.DAYS_MOST:
        parser.error(f"--days must be from 1 to {week.DAYS_MOST}")
    out = given.out or Path(f"week-{given.radio}.svg")
    if not out.parent.is_dir():
        parser.error(f"{out.parent} is no folder that the picture could go into")
    days = "a day" if given.days == 1 else f"{given.days} days, each"
    print(f"kald week: living {days}, in about a minute", file=sys.stderr, flush=True)
    try:
        lived = week.measure(given.days, given.radio, samples="thin" if given.thin else "all")
        if not lived:
            print("kald week: no MicroPython for this machine; $MICROPYTHON names one", file=sys.stderr)
            return 2
        out.write_text(week_drawn.draw(lived), encoding="utf-8")
    except (OSError, RuntimeError) as error:
        print(f"kald week: {error}", file=sys.stderr)
        return 1
    print(json.dumps(week_table.figures(lived), indent=1) if given.json else week_table.table(lived))
    print(f"drawn in {out}", file=sys.stderr)
    return 1 if week_days.troubles(lived) else 0
