"""lets the running gateway try every notification, siren and webhook of the plan now: kald notify test"""

import sys
import time

from sqlalchemy import Engine

from tools.cli import _help
from tools.gateway import client
from tools.gateway.jobs import trials
from tools.gateway.pages.command_words import WORDS
from tools.gateway.store import Refusal, open_at

WAIT_S = 45  # a notification has 20 s, and may wait for others to the same service
LOOK_S = 0.2


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Ask, wait, print a line for each; exit code 0 if all were reached, 1 if not, 2 if nobody tried."""
    parser = _help.parser("notify", __doc__)
    parser.add_argument("verb", choices=("test",))
    _help.house(parser)
    parser.add_argument("--wait", type=float, default=WAIT_S, metavar="S", help=f"at most so many seconds ({WAIT_S})")
    args = client.language(parser).parse_args(words)
    said = WORDS[args.lang]
    engine = open_at(args.data, args.store).engine
    since_ms = time.time_ns() // 1_000_000
    with engine.begin() as db:
        asked = trials.ask(db, since_ms)
    if not asked:
        print(f"kald: {said['nobody_named']}", file=sys.stderr)
        return 2
    print(said["trying"].format(count=len(asked)), flush=True)
    return _told(engine, asked, since_ms, args.wait, said)


def _told(engine: Engine, asked: dict[str, trials.Trial], since_ms: int, wait_s: float,
          words: dict[str, str]) -> int:
    said: dict[str, str] = {}
    end = time.monotonic() + wait_s
    while len(said) < len(asked) and time.monotonic() < end:
        with engine.connect() as db:
            answers = trials.answers(db, since_ms)
        for one in sorted(answers.keys() & asked.keys() - said.keys(), key=lambda key: asked[key].where):
            print(f"{asked[one].where}: {answers[one] or words['reached']}", flush=True)
            said[one] = answers[one]
        time.sleep(LOOK_S)
    for one in asked.keys() - said.keys():
        print(f"{asked[one].where}: {words['not_tried'].format(wait=round(wait_s))}", flush=True)
    if not said:
        print(f"kald: {words['nobody_tried']}", file=sys.stderr)
        return 2
    return 0 if len(said) == len(asked) and not any(said.values()) else 1
