"""shows the LoRa bridges on USB ports, and how they are: kald bridge [--port PORT] [--seconds N] [--json]"""

import argparse
import json
import sys
import time

from firmware.board.lora import DOWN
from tools.gateway.bridges import Bridges, usb_ports


def _line(fact):
    if fact["number"] is None:
        return f"{fact['port']}: no bridge answers there"
    radio = "no radio" if fact["state"] == DOWN else f"last heard at {fact['rssi_dbm']} dBm, {fact['snr_db']} dB"
    return (
        f"{fact['port']}: bridge {fact['number']}, {radio}; heard {fact['heard']}, sent {fact['sent']}, put off by law "
        f"{fact['refused']}, dropped {fact['dropped']}, spoiled on the cable {fact['spoiled']}, airtime left this hour "
        f"{fact['left_s']} s"
    )


def watch(bridges, seconds, show):
    """Keep `bridges` for `seconds` of real time; show(facts) whenever they have changed. Return the last facts."""
    shown = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        now_ms = time.monotonic_ns() // 1_000_000
        bridges.tend(now_ms)
        bridges.receive(now_ms)
        facts = bridges.facts()
        if facts != shown:
            show(facts)
            shown = facts
        time.sleep(0.02)
    return shown


def main(words):
    """Show bridges; exit code 0 only if one has answered. A running gateway holds its ports, and they show as none."""
    parser = argparse.ArgumentParser(prog="kald bridge")
    parser.add_argument("--port", action="append", help="look at this port only; may be repeated")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(words)
    bridges = Bridges(find=(lambda: args.port) if args.port else usb_ports)

    def show(facts):
        if args.json:
            print(json.dumps(facts), flush=True)
        else:
            for fact in facts:
                print(_line(fact), flush=True)

    try:
        facts = watch(bridges, args.seconds, show)
    finally:
        bridges.close()
    if any(fact["number"] is not None for fact in facts):
        return 0
    print("kald: no bridge has answered; is it plugged in, and does no gateway hold its port?", file=sys.stderr)
    return 1
