"""shows the LoRa bridges on USB ports, and how they are; kald pair --bridge N makes one"""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools import spoken
from tools.cli import _help
from tools.gateway import bridge_watch
from tools.gateway import store as gateway_store
from tools.gateway.bridges import Bridges, Fact, usb_ports

ASKED_S = 12  # until a gateway has let go of the ports, and each bridge was asked thrice
BACK_S = 40  # from the reset to its first answer, and more


def _line(fact: Fact) -> str:
    if fact["number"] is None:
        return f"{fact['port']}: no bridge answers there"
    heard = f"last heard at {fact['rssi_dbm']} dBm, {fact['snr_db']} dB"
    radio = heard if bridge_watch.has_radio(fact) else "no radio: kald pair --bridge says why"
    return (
        f"{fact['port']}: bridge {fact['number']} on {fact['khz']} kHz SF{fact['sf']}, {radio}; "
        f"heard {fact['heard']}, sent {fact['sent']}, put off by law {fact['refused']}, dropped {fact['dropped']}, "
        f"spoiled on the cable {fact['spoiled']}, airtime left this hour {fact['left_s']} s"
    )


def watch(bridges: Bridges, seconds: float, show: Callable[[list[Fact]], None],
          enough: Callable[[list[Fact]], bool] = lambda facts: False) -> list[Fact]:
    """Keep `bridges` for `seconds` of real time, or until enough(facts); show(facts) whenever they have changed.

    Return the last facts.
    """
    shown: list[Fact] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        now_ms = time.monotonic_ns() // 1_000_000
        bridges.tend(now_ms)
        bridges.receive(now_ms)
        facts = bridges.facts()
        if facts != shown:
            show(facts)
            shown = facts
        if enough(facts):
            break
        time.sleep(0.02)
    return shown


@_help.refusing(gateway_store.Refusal)
def _forget(number: int, data: Path, url: str | None) -> int:
    store = gateway_store.open_at(data, url)
    with store.transaction(time.time_ns() // 1_000_000) as tx:
        had = bridge_watch.forget(tx, number)
    spoken.tell(f"bridge {number} is forgotten" if had else f"the house has no bridge {number}")
    return 0


def _update(args: argparse.Namespace) -> int:
    """Flash the bridges on USB, one after another; the next waits until the one before answers by its number again."""
    from tools.cli import flash  # with what compiles and copies, which whoever only looks does not need
    from tools.flash.cable import Refusal, check
    from tools.gateway.lent_ports import borrowed

    def answering(ports: list[str], seconds: float, enough: Callable[[list[Fact]], bool]) -> list[Fact]:
        with contextlib.ExitStack() as lent:
            for port in ports:
                lent.enter_context(borrowed(args.data, port, check))
            bridges = Bridges(find=lambda: ports)
            lent.callback(bridges.close)
            return [fact for fact in watch(bridges, seconds, lambda facts: None, enough) if fact["number"] is not None]

    ports = args.port or usb_ports()
    try:
        found = answering(ports, max(args.seconds, ASKED_S), lambda facts: len(facts) == len(ports) and all(
            fact["number"] is not None for fact in facts))
        left = len(found)
        for fact in found:
            left -= 1
            number, port = fact["number"], fact["port"]
            spoken.tell(f"bridge {number} on {port}:")
            code = flash.main([port, "--data", str(args.data), "--no-selftest"])
            if code:
                return code
            if not answering([port], BACK_S, lambda facts: any(each["number"] == number for each in facts)):
                raise Refusal(f"bridge {number} does not answer in {BACK_S} s: it goes back to what it had within ten "
                              f"minutes; look with kald monitor {port}. Bridges that keep what they have: {left}")
    except Refusal as refusal:
        print(f"kald bridge: {refusal}", file=sys.stderr)
        return 2
    return 0 if found else _none()


def _none() -> int:
    print("kald: no bridge has answered; is it plugged in, and does no gateway hold its port?", file=sys.stderr)
    return 1


def main(words: list[str]) -> int:
    """Show bridges; exit code 0 only if one has answered. A running gateway holds its ports, and they show as none."""
    parser = _help.parser("bridge", __doc__)
    parser.add_argument("--port", action="append", help="look at this port only; may be repeated")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--update", action="store_true",
                        help="this checkout's firmware onto each, one after another; a gateway that runs lends the "
                        "ports: wants --data")
    parser.add_argument("--forget", type=int, metavar="N", help="the house has no bridge N any more: wants --data")
    _help.house(parser)
    args = parser.parse_args(words)
    if args.forget is not None:
        return _forget(args.forget, args.data, args.store)
    if args.update:
        return _update(args)
    bridges = Bridges(find=(lambda: args.port) if args.port else usb_ports)

    def show(facts: list[Fact]) -> None:
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
    return _none()
