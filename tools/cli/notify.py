"""lets the running gateway try every notification, siren and webhook of the plan now: kald notify test"""

import sys
import time
from pathlib import Path

from sqlalchemy import Engine

from tools.cli import _help
from tools.gateway.jobs import trials
from tools.gateway.store import Refusal, open_at

WAIT_S = 45  # a notification has 20 s, and may wait for others to the same service
LOOK_S = 0.2


def main(words: list[str]) -> int:
    """Ask, wait, print a line for each; exit code 0 if all were reached, 1 if not, 2 if nobody tried."""
    parser = _help.parser("notify", __doc__)
    parser.add_argument("verb", choices=("test",))
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite")
    parser.add_argument("--store", metavar="URL", help="postgresql://user@host/database that gateways share")
    parser.add_argument("--wait", type=float, default=WAIT_S, metavar="S", help=f"at most so many seconds ({WAIT_S})")
    args = parser.parse_args(words)
    try:
        engine = open_at(args.data, args.store).engine
    except Refusal as refusal:
        print(f"kald: {refusal}", file=sys.stderr)
        return 2
    since_ms = time.time_ns() // 1_000_000
    with engine.begin() as db:
        asked = trials.ask(db, since_ms)
    if not asked:
        print("kald: the plan in force notifies nobody, and names no siren and no webhook", file=sys.stderr)
        return 2
    print(f"{len(asked)} are being tried; whoever gets a message is told that it is a test.", flush=True)
    return _told(engine, asked, since_ms, args.wait)


def _told(engine: Engine, asked: dict[str, trials.Trial], since_ms: int, wait_s: float) -> int:
    said: dict[str, str] = {}
    end = time.monotonic() + wait_s
    while len(said) < len(asked) and time.monotonic() < end:
        with engine.connect() as db:
            answers = trials.answers(db, since_ms)
        for one in sorted(answers.keys() & asked.keys() - said.keys(), key=lambda key: asked[key].where):
            print(f"{asked[one].where}: {answers[one] or 'reached'}", flush=True)
            said[one] = answers[one]
        time.sleep(LOOK_S)
    for one in asked.keys() - said.keys():
        print(f"{asked[one].where}: not tried within {wait_s:.0f} s", flush=True)
    if not said:
        print("kald: nobody tried: is the gateway of this folder running, and is no alarm open?", file=sys.stderr)
        return 2
    return 0 if len(said) == len(asked) and not any(said.values()) else 1
