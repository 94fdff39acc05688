"""How does a command line act on a running gateway? Over the page's own door, on this machine."""

import argparse
import json
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tools.gateway import local_token


def place(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let `parser` take who does it, and where the gateway is: --by, --data and --web; return it."""
    parser.add_argument("--by", required=True, help="who does it")
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite, where people sign in")
    parser.add_argument("--web", type=int, default=8570, help="port of the board")
    return parser


def post(args, what, number, verb, given):
    """Have the gateway of `args` do `verb`; return the exit code, having said why if it is not 0."""
    scheme, token = local_token.read(args.data)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    url = f"{scheme}://127.0.0.1:{args.web}/api/{what}/{number}/{verb}"
    request = urllib.request.Request(url, json.dumps(given).encode(), headers)
    context = ssl._create_unverified_context() if scheme == "https" else None  # the certificate names the house
    try:
        urllib.request.urlopen(request, timeout=5, context=context).close()
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        where = "" if error.code != 401 else ": name the gateway's folder with --data, as its own user"
        print(f"kald: {said}{where}", file=sys.stderr)
        return 1
    except OSError:
        print(f"kald: no gateway answers on port {args.web}; start one with: kald gateway", file=sys.stderr)
        return 2
    return 0
