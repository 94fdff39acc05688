"""kald pair [PORT]: makes keys for a badge, or makes a board a bridge (--bridge N), and waits until it is heard."""

import contextlib
import getpass
import re
import sys
import time
from pathlib import Path

from firmware.settings import read_settings
from tools import spoken
from tools.cli import _help, _told
from tools.cli.bridge import Fact, watch
from tools.flash import fit, pairing_options, settings_file
from tools.flash.cable import SOON_S, WORD_S, Refusal, check, find, watching_again
from tools.flash.pairing import Pairing, erase, lora_trouble, trouble, write
from tools.gateway import groups, pairings, secret_file
from tools.gateway import store as gateway_store
from tools.gateway.acts import NAME_MOST
from tools.gateway.bridge_watch import has_radio
from tools.gateway.bridges import Bridges
from tools.gateway.lent_ports import borrowed

HEARD_S = 20


class Given(pairing_options.Given):
    """The words of kald pair."""

    serial: str | None
    bridge: int | None
    name: str | None
    password_file: Path | None
    open: bool
    replace: bool
    another: bool
    group: str
    settings: Path | None
    profile: str | None
    data: str | None
    store: str | None
    keys_from: Path | None
    wait: int
    json: bool


def _password(given: Given) -> str:
    if given.open or not given.ssid:
        return ""
    if given.password_file:
        try:
            return secret_file.read(given.password_file)
        except secret_file.Unreadable as error:
            raise Refusal(str(error)) from error
    if not sys.stdin.isatty():
        raise Refusal("the Wi-Fi password is wanted: --password-file FILE, or --open for a network without one")
    return getpass.getpass(f"Password of the Wi-Fi {given.ssid} (empty for an open network): ")


def _settings(path: Path | None, profile: str | None) -> str | None:
    """Return the text of a settings file, checked as the badge checks it, or None."""
    if path is None:
        return None
    try:
        text = settings_file.read(path, profile)
        read_settings(text)
    except OSError as error:
        raise Refusal(f"cannot read the settings file {path}: {error}") from error
    except ValueError as error:
        raise Refusal(str(error)) from error
    return text


def _wait(store: gateway_store.Store, device: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if store.heard(device) is not None:
            return True
        time.sleep(0.1)
    return False


def _asked(given: Given) -> tuple[str, Path]:
    """Return who wears it, and the gateway's folder. Raises Refusal for what cannot be meant."""
    if not 1 <= given.gateway_port <= 65535:
        raise Refusal(f"--port must be from 1 to 65535, not {given.gateway_port}")
    if re.search("[\ud800-\udfff]", given.ssid + given.gateway):  # bytes that are no letters
        raise Refusal("--ssid and --gateway want letters in UTF-8: is the terminal set to another way of writing?")
    if not given.name or not given.name.strip() or not (given.data or given.store):
        raise Refusal("who wears it? --name NAME and --data DIR, the gateway's folder, are wanted")
    name = pairings.plain(given.name)
    if len(name) > NAME_MOST or not name.isprintable():
        raise Refusal(f"a name has at most {NAME_MOST} letters that can be printed")
    if given.ssid and not (given.gateway and len(given.ssid.encode()) <= 32):
        raise Refusal("with --ssid (1 to 32 bytes), --gateway HOST and --port are wanted too")
    if not given.ssid and not given.lora:
        raise Refusal("how is it to be heard? --ssid NAME for Wi-Fi, --lora for a bridge, or both")
    return name, Path(given.data or ".")


def _pair(given: Given, told: _told.Told) -> None:
    name, folder = _asked(given)
    more = pairing_options.extras(given)
    group = groups.named(given.group)
    port = given.serial or find()
    with borrowed(folder, port, check), watching_again(port):
        _paired(given, told, name, folder, more, group, port)


def _paired(given: Given, told: _told.Told, name: str, folder: Path, more: Pairing, group: str, port: str) -> None:
    fit.asked(port, given.board)
    password = _password(given)
    if given.ssid and not password:
        warning = spoken.said("warning: an open Wi-Fi; alarms stay sealed, but anybody can disturb it")
        print(f"kald pair: {warning}", file=sys.stderr)
    elif given.ssid and not 8 <= len(password.encode()) <= 63:
        raise Refusal("a Wi-Fi password has 8 to 63 characters")
    text = _settings(given.settings, given.profile)
    pairing_options.beacons(text, given.board, bool(given.ssid))
    settings, beat_ms = pairing_options.settings(text, given.heartbeat, bool(given.ssid))
    store = gateway_store.open_at(folder, given.store, make=True)
    others, group = _others(store, name, given), groups.named(group, groups.of(store))
    if given.keys_from:
        store.seal_keys(given.keys_from)
    row = store.pair(name, group, beat_ms)
    keys: Pairing = {"device": row.device, "up": row.uplink_key.hex(), "down": row.downlink_key.hex(),
                     "password": password}
    try:
        write(port, {**more, **keys}, settings)
        told.say(f"{name} is badge {row.device}, in the group {group}; waiting for its first heartbeat ...")
        if not _wait(store, row.device, given.wait):
            why = trouble(port) if given.ssid else lora_trouble(port, more)
            raise Refusal(f"{name} is not heard in {given.wait} s: {why}. Nothing of this pairing is kept")
    except BaseException as error:
        pairings.give_up(store, row.device)
        with contextlib.suppress(Refusal):  # what it was before, it stays: only this pairing goes
            erase(port, row.device, WORD_S if isinstance(error, Refusal) else SOON_S)
        raise
    told.facts |= {"device": row.device, "name": name, "group": group, "shut_out": others}
    told.say(f"{name} is heard. The badge is ready for its test.")
    for number in others:
        alarm = "; an alarm of it stays open on the board" if pairings.shut_out(store, number, "pair --replace") else ""
        told.say(f"badge {number}, which was {name}'s before, is shut out{alarm}")


def _others(store: gateway_store.Store, name: str, given: Given) -> list[int]:
    """Return the badges of that name which this one replaces. Raises Refusal where nobody has said what is meant."""
    known = pairings.named(store, name)
    for badge in known:
        if badge.heard_ms is None:
            pairings.give_up(store, badge.device)  # what an attempt before has left
    heard = [badge.device for badge in known if badge.heard_ms is not None]
    if heard and not (given.replace or given.another):
        numbers = " and ".join(map(str, heard))
        raise Refusal(f"{name} has badge {numbers} already: --replace shuts that out once this one is heard, --another "
                      "is for a second badge or a second person of that name")
    return heard if given.replace else []


def _bridge(number: int, given: Given, told: _told.Told) -> None:
    pairing = pairing_options.bridge(number, given)
    port = given.serial or find()
    with borrowed(Path(given.data or "."), port, check), watching_again(port):
        _bridged(number, given, told, pairing, port)


def _bridged(number: int, given: Given, told: _told.Told, pairing: Pairing, port: str) -> None:
    fit.asked(port, given.board)
    write(port, pairing)
    said = f"the board at {port} is bridge {number} on {pairing['lora']['khz']} kHz, SF{pairing['lora']['sf']}"
    told.say(f"{said}; waiting for its answer ...")
    bridges = Bridges(find=lambda: [port])
    try:
        facts = watch(bridges, given.wait, lambda facts: None, _well)
    finally:
        bridges.close()
    if not any(fact["number"] is not None for fact in facts):
        raise Refusal(f"{said}, but says nothing in {given.wait} s: does a gateway hold the port already? Then its "
                      "board page shows the bridge; otherwise look with kald monitor, and flash it again")
    if not _well(facts):
        raise Refusal(f"{said} and answers, but hears nobody: {lora_trouble(port, pairing)}")
    told.facts["bridge"] = number
    told.say(f"bridge {number} answers, and its radio listens. Leave it on the gateway's USB port.")


def _well(facts: list[Fact]) -> bool:
    return any(fact["number"] is not None and has_radio(fact) for fact in facts)


def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("pair", __doc__)
    parser.add_argument("serial", nargs="?", metavar="PORT", help="the badge's serial port")
    parser.add_argument("--bridge", type=int, metavar="N", help="make it bridge N, a number once a house")
    parser.add_argument("--name", help="who wears it")
    parser.add_argument("--gateway", default="", metavar="HOST", help="the gateway's address, or its name")
    parser.add_argument("--port", dest="gateway_port", type=int, default=5570, help="the gateway's UDP port (5570)")
    parser.add_argument("--ssid", default="", help="name of the Wi-Fi; without it, --lora is the only way")
    pairing_options.options(parser)
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="holds the Wi-Fi password; else asked for")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--replace", action="store_true", help="it takes the place of the badge of that name")
    again.add_argument("--another", action="store_true", help="it comes beside the badge of that name")
    parser.add_argument("--open", action="store_true", help="the Wi-Fi has no password")
    parser.add_argument("--group", default=groups.HOUSE, metavar="NAME", help="whose badges call each other (house)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the house's settings, JSON or TOML")
    parser.add_argument("--profile", metavar="NAME", help="with --settings: a table of that TOML file")
    parser.add_argument("--data", metavar="DIR", help="the gateway's data folder")
    parser.add_argument("--keys-from", type=Path, metavar="FILE", help="seals the keys, if the gateway has it too")
    parser.add_argument("--store", metavar="URL", help="instead: postgresql://user@host/database that gateways share")
    parser.add_argument("--wait", type=int, default=HEARD_S, metavar="S", help=f"wait so long to hear it ({HEARD_S})")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args(words, Given())
    told = _told.Told("pair", given.json, device=0, bridge=0)  # what it is then, where that succeeds
    try:
        _pair(given, told) if given.bridge is None else _bridge(given.bridge, given, told)
    except (Refusal, gateway_store.Refusal) as error:
        return told.end(2, str(error))
    return told.end(0)
