"""kald pair [PORT]: makes keys for a badge, writes them to it and to the gateway's data, waits until it is heard."""

import argparse
import getpass
import json
import sys
import time
from pathlib import Path

from firmware.settings import read_pairing, read_settings
from tools.deploy.cable import Refusal, check, find
from tools.deploy.pairing import trouble, write
from tools.gateway import groups
from tools.gateway import store as gateway_store

HEARD_S = 20
DATABASE = "kald.sqlite"


def _password(given):
    if given.open:
        return ""
    if given.password_file:
        try:
            return Path(given.password_file).read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"cannot read the password file {given.password_file}: {error}") from error
    if not sys.stdin.isatty():
        raise Refusal("the Wi-Fi password is wanted: --password-file FILE, or --open for a network without one")
    return getpass.getpass(f"Password of the Wi-Fi {given.ssid} (empty for an open network): ")


def _settings(path):
    """Return the text of a settings file, checked as the badge checks it, or None."""
    if path is None:
        return None
    try:
        text = Path(path).read_text()
        read_settings(text)
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"cannot read the settings file {path}: {error}") from error
    except ValueError as error:
        raise Refusal(str(error)) from error
    return text


def _wanted(given, password):
    """Return the pairing but for device and keys, checked as the badge checks it."""
    wanted = {"ssid": given.ssid, "password": password, "gateway": given.gateway, "port": given.gateway_port}
    for name in ("address", "bssid"):
        if getattr(given, name):
            wanted[name] = getattr(given, name)
    try:
        read_pairing(json.dumps({**wanted, "device": 1, "up": "0" * 32, "down": "0" * 32}))
    except ValueError as error:
        raise Refusal(str(error)) from error
    return wanted


def _wait(store, device, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if store.heard(device) is not None:
            return True
        time.sleep(0.1)
    return False


def _pair(given):
    if not 1 <= given.gateway_port <= 65535:
        raise Refusal(f"--port must be from 1 to 65535, not {given.gateway_port}")
    if not given.name.strip() or not 1 <= len(given.ssid.encode()) <= 32:
        raise Refusal("--name must not be empty, and --ssid has 1 to 32 bytes")
    group = groups.named(given.group)
    port = given.serial or find()
    check(port)
    password = _password(given)
    if not password:
        print("kald pair: warning: an open Wi-Fi; alarms stay sealed, but anybody can disturb it", file=sys.stderr)
    elif not 8 <= len(password.encode()) <= 63:
        raise Refusal("a Wi-Fi password has 8 to 63 characters")
    settings = _settings(given.settings)
    wanted = _wanted(given, password)
    store = gateway_store.open_store(Path(given.data) / DATABASE)
    row = store.pair(given.name, group)
    write(port, {**wanted, "device": row.device, "up": row.up.hex(), "down": row.down.hex()}, settings)
    print(f"{given.name} is badge {row.device}, in the group {group}; waiting for its first heartbeat ...", flush=True)
    if not _wait(store, row.device, given.wait):
        raise Refusal(f"{given.name} is paired, but not heard in {given.wait} s: {trouble(port)}")
    print(f"{given.name} is heard. The badge is ready for its test.")


def main(words):
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="kald pair", description=__doc__)
    parser.add_argument("serial", nargs="?", metavar="PORT", help="the badge's serial port")
    parser.add_argument("--name", required=True, help="who wears it")
    parser.add_argument("--gateway", required=True, metavar="HOST", help="the gateway's address, or its name")
    parser.add_argument("--port", dest="gateway_port", type=int, required=True, help="the gateway's UDP port")
    parser.add_argument("--ssid", required=True, help="name of the Wi-Fi")
    parser.add_argument("--password-file", metavar="FILE", help="holds the Wi-Fi password; asked for otherwise")
    parser.add_argument("--open", action="store_true", help="the Wi-Fi has no password")
    parser.add_argument("--address", nargs=4, metavar=("OWN", "MASK", "ROUTER", "NAMES"),
                        help="an address of the badge's own; saves asking the house for one at each joining")
    parser.add_argument("--bssid", metavar="AABBCCDDEEFF", help="the access point to try first")
    parser.add_argument("--group", default=groups.HOUSE, metavar="NAME", help="whose badges call each other (house)")
    parser.add_argument("--settings", metavar="FILE", help="settings.json of the house, put on the badge")
    parser.add_argument("--data", required=True, metavar="DIR", help="the gateway's data folder")
    parser.add_argument("--wait", type=int, default=HEARD_S, metavar="S", help=f"wait so long to hear it ({HEARD_S})")
    given = parser.parse_args(words)
    try:
        _pair(given)
    except (Refusal, gateway_store.Refusal) as error:
        print(f"kald pair: {error}", file=sys.stderr)
        return 2
    return 0
