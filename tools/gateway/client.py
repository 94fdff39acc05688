"""How does a command line act on a running gateway? Over the page's own door, on this machine."""

import argparse
import json
import sys
import urllib.error
import urllib.request


def parser(command, what, does=None):
    """Return an argparse parser for acts on an alarm or a badge: its number, --by and --web."""
    made = argparse.ArgumentParser(prog=f"kald {command}", description=does)
    made.add_argument(what, type=int, help="its number on the board")
    made.add_argument("--by", required=True, help="who does it")
    made.add_argument("--web", type=int, default=8570, help="port of the board")
    return made


def post(web, what, number, verb, given):
    """Have the gateway whose board is on port `web` do `verb`; return the exit code, having said why if it is not 0."""
    url = f"http://127.0.0.1:{web}/api/{what}/{number}/{verb}"
    request = urllib.request.Request(url, json.dumps(given).encode(), {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as error:
        print(f"kald: {error.read().decode()}", file=sys.stderr)
        return 1
    except OSError:
        print(f"kald: no gateway answers on port {web}; start one with: kald gateway", file=sys.stderr)
        return 2
    return 0
