"""prints how well each frame is heard on a walk with a badge: kald range [--csv FILE]; --places: learns the places"""

import argparse
import contextlib
import csv
import json
import queue
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from firmware.link.frame import get16
from tools import spoken
from tools.cli import _help
from tools.flash import cable, image, scan
from tools.flash.cable import check, find
from tools.gateway import client, duty
from tools.gateway.bridges import Bridges
from tools.gateway.cables import finder
from tools.gateway.lent_ports import borrowed
from tools.gateway.places import learning, survey
from tools.gateway.store import Refusal, Store, open_store

LIMIT_DB = {7: -7.5, 8: -10, 9: -12.5, 10: -15, 11: -17.5, 12: -20}  # SX1276 data sheet, table 13
GOOD_DB = 10  # a door that closes, or a body that turns, takes as much
POOR_DB = 3
LOOK_S = 0.5  # how often what is stored is looked at on a walk
RENEW_S = 240  # practice is prolonged while the walk goes on
SCAN_S = 60  # a minute tells a mesh from nobody; --seconds less is quicker
QUIT = "q"
COLUMNS = ("seconds", "bridge", "badge", "rssi_dbm", "snr_db", "margin_db", "verdict")

Heard = tuple[int, bytes, int, float]  # bridge, frame, RSSI in dBm, SNR in dB
Row = tuple[float, int, int, int, float, float, str]


def verdict(margin_db: float) -> str:
    """Return a word for a signal that lies `margin_db` above the weakest that can be read."""
    return "good" if margin_db >= GOOD_DB else "weak" if margin_db >= POOR_DB else "too far"


def row(seconds: float, heard: Heard, sf: int) -> Row:
    """Return one line by COLUMNS."""
    number, data, rssi_dbm, snr_db = heard
    # a strong signal's SNR stops at the chip's own, some 10 dB: then the RSSI over the noise of 125 kHz says more
    margin_db = max(snr_db, rssi_dbm + 117 if snr_db > 5 else snr_db) - LIMIT_DB[sf]
    badge = get16(data, 1) if len(data) > 2 else 0
    return (round(seconds, 1), number, badge, rssi_dbm, snr_db, round(margin_db, 1), verdict(margin_db))


def _typed(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)


def _survey(store: Store, svg: Path, table: TextIO | None) -> None:
    with store.engine.connect() as db:
        known = survey.survey(learning.places(db), learning.heard(db))
    svg.write_text(survey.drawing(known), encoding="utf-8")
    if table is not None:
        table.write(survey.table(known))
    for one in known:
        mixed = f"; cannot be told from {', '.join(one.mixed)}" if one.mixed else ""
        print(f"{one.place.name}: {one.verdict}{mixed}")
    spoken.tell(f"the house as it is known: {svg}")


@_help.refusing(Refusal)
def walk(args: argparse.Namespace, lines: queue.SimpleQueue[str]) -> int:
    """Learn the places of the house beside the running gateway; return the exit code. lines: what is typed."""
    store = open_store(args.data / "kald.sqlite", make=False)
    try:
        with store.engine.connect() as db:
            places, before = learning.places(db), learning.pressed(db, args.badge)[0]
        if not places:
            print("kald: this house has no places yet; enter them with kald place add", file=sys.stderr)
            return 2
        practice = {"by": args.by, "minutes": duty.PRACTICE_MINUTES_MOST}
        code = client.post(args, "badges", args.badge, "practice", practice)
        if code:
            return code
        steps = learning.Walk(places, args.badge, args.looks, before)
        spoken.tell("The badge practises: it calls nobody. At each place press it twice, and stand until it is learnt.")
        spoken.tell(f"Type a place's name or number to go there, q to end. Next: {places[0].name}")
        began = renewed = time.monotonic()
        while steps.here is not None and time.monotonic() - began < args.seconds:
            if time.monotonic() - renewed > RENEW_S:
                renewed = time.monotonic()
                client.post(args, "badges", args.badge, "practice", practice)
            with contextlib.suppress(queue.Empty):
                typed = lines.get(timeout=LOOK_S)
                if typed.strip() == QUIT:
                    break
                print(steps.choose(typed), flush=True)
            with store.engine.begin() as db:
                said, alarm = steps.step(db)
            if said:
                print(said, flush=True)
            if alarm is not None:
                client.post(args, "alarms", alarm, "close", {"by": args.by, "outcome": "test"})
        _survey(store, args.svg, args.csv)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        _survey(store, args.svg, args.csv)
    finally:
        store.close()
    return 0


def _scan(args: argparse.Namespace) -> int:
    try:
        port = args.port[0] if args.port else find()
        with borrowed(args.data, port, check), cable.watching_again(port):
            board = args.board or image.asked(port).board
            if not board:
                raise cable.Refusal("which kind of board is it? --board NAME; kald boards lists them")
            found = scan.scanned(port, board, min(args.seconds, SCAN_S), lambda line: print(
                f"\r{line} ", end="", file=sys.stderr, flush=True) if sys.stderr.isatty() else None)
    except cable.Refusal as error:
        print(f"kald range: {error}", file=sys.stderr)
        return 2
    rows = [each.row() for each in found]
    if args.csv:
        table = csv.DictWriter(args.csv, rows[0])
        table.writeheader()
        table.writerows(rows)
        args.csv.close()
    print(json.dumps({"channels": rows, "advice": scan.advice(found)}, indent=1) if args.json else scan.table(found))
    return 0


def main(words: list[str]) -> int:
    """Walk until Ctrl-C or for --seconds; exit code 1 if no bridge has answered."""
    parser = _help.parser("range", __doc__)
    parser.add_argument("--port", action="append", help="of a bridge; without it all USB ports; stop the gateway first")
    parser.add_argument("--csv", type=argparse.FileType("w"), help="write the lines there, too")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--places", action="store_true", help="learn the house's places, while the gateway runs")
    parser.add_argument("--badge", type=int, help="with --places: the number of the badge that is carried")
    parser.add_argument("--by", default="technician", help="with --places: who walks")
    parser.add_argument("--looks", type=int, default=1, help="with --places: how often each place is learnt (1)")
    parser.add_argument("--svg", type=Path, default=Path("places.svg"), help="with --places: drawing of the house")
    parser.add_argument("--data", type=Path, default=Path("."), help="with --places: folder of kald.sqlite")
    parser.add_argument("--web", type=client.port, default=8570, help="with --places: port of the board")
    parser.add_argument("--scan", action="store_true", help="listen with the board on the cable, whose firmware stops")
    parser.add_argument("--board", default="", metavar="NAME", help="with --scan: its kind; a paired one knows its own")
    parser.add_argument("--json", action="store_true", help="with --scan: print one object")
    args = parser.parse_args(words)
    if args.scan:
        return _scan(args)
    if args.places:
        if args.badge is None:
            parser.error("--places wants --badge")
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_typed, args=(lines,), daemon=True).start()
        try:
            return walk(args, lines)
        finally:
            if args.csv:
                args.csv.close()
    bridges = Bridges(find=finder(args.port))
    files = [csv.writer(file) for file in (sys.stdout, args.csv) if file]
    heard: list[Heard] = []
    began = time.monotonic()
    bridges.heard = heard.append
    for file in files:
        file.writerow(COLUMNS)
    answered: dict[int, int] = {}
    try:
        while time.monotonic() - began < args.seconds:
            now_ms = time.monotonic_ns() // 1_000_000
            bridges.tend(now_ms)
            bridges.receive(now_ms)
            answered |= {fact["number"]: fact["sf"] for fact in bridges.facts() if fact["number"] is not None}
            while heard:
                one = heard.pop(0)
                for file in files:
                    file.writerow(row(time.monotonic() - began, one, answered.get(one[0], 7)))
            time.sleep(0.02)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        bridges.close()
        if args.csv:
            args.csv.close()
    if not answered:
        print("kald: no bridge has answered; is it plugged in, and does no gateway hold its port?", file=sys.stderr)
    return 0 if answered else 1
