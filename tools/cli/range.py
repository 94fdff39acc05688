"""prints how well a bridge hears each frame while somebody walks with a badge: kald range [--port PORT] [--csv FILE]"""

import argparse
import csv
import sys
import time

from firmware.link.frame import get16
from tools.gateway.bridges import Bridges
from tools.gateway.cables import finder

LIMIT_DB = {7: -7.5, 8: -10, 9: -12.5, 10: -15, 11: -17.5, 12: -20}  # SX1276 data sheet, table 13
GOOD_DB = 10  # a door that closes, or a body that turns, takes as much
POOR_DB = 3
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


def main(words: list[str]) -> int:
    """Walk until Ctrl-C or for --seconds; exit code 1 if no bridge has answered."""
    parser = argparse.ArgumentParser(prog="kald range")
    parser.add_argument("--port", action="append", help="of a bridge; without it all USB ports; stop the gateway first")
    parser.add_argument("--csv", type=argparse.FileType("w"), help="write the lines there, too")
    parser.add_argument("--seconds", type=float, default=1e9)
    args = parser.parse_args(words)
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
