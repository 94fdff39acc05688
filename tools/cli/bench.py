"""measures speed, heap, frames and the gateway on this machine"""

import argparse
import json
import sys

from tools.bench import report


def main(words):
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="kald bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("--quick", action="store_true", help="few rounds: figures to look at, not to keep")
    args = parser.parse_args(words)
    try:
        found, remarks = report.figures(report.QUICK if args.quick else report.ROUNDS)
    except (OSError, RuntimeError) as error:
        print(f"kald bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=1) if args.json else report.table(found, remarks))
    return 0
