"""measures speed, heap, frames and the gateway on this machine"""

import json

from tools.bench import load, report
from tools.cli import _help


@_help.refusing(OSError, RuntimeError, name="kald bench", code=1)
def main(words: list[str]) -> int:
    """Measure and print; return the exit code."""
    parser = _help.parser("bench", __doc__)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("--quick", action="store_true", help="few rounds: figures to look at, not to keep")
    parser.add_argument("--gateway", action="store_true",
                        help="a gateway process under load only, beside Mosquitto and PostgreSQL if they are here")
    parser.add_argument("--seconds", type=float, default=5, help="of each run of --gateway")
    args = parser.parse_args(words)
    if args.gateway:
        loaded = load.measure(args.seconds)
        print(json.dumps(loaded, indent=1) if args.json else load.table(loaded))
        return 0
    found, remarks = report.figures(report.QUICK if args.quick else report.ROUNDS)
    print(json.dumps(found, indent=1) if args.json else report.table(found, remarks))
    return 0
