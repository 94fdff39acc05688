"""How does a command line act on a running gateway? Over the page's own door, on this machine."""

import argparse
import json
import re
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tools import spoken
from tools.gateway import local_token
from tools.gateway.pages.command_words import WORDS


def language(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let `parser` take the language in which is answered: --lang, else that of this terminal; return it."""
    parser.add_argument("--lang", choices=tuple(WORDS), default=spoken.usual(),
                        help="of the answer; usually the terminal's own")
    return parser


def port(word: str) -> int:
    """Return the number of a port. Raises ArgumentTypeError: the system takes one that is too high modulo 65536."""
    if not re.fullmatch("[0-9]{1,5}", word) or int(word) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {word}")
    return int(word)


def place(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let `parser` take who does it, and where the gateway is: --by, --data and --web; return it."""
    parser.add_argument("--by", required=True, help="who does it")
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite, where people sign in")
    parser.add_argument("--web", type=port, default=8570, help="port of the board")
    return language(parser)


def post(args: argparse.Namespace, what: str, number: int, verb: str, given: dict[str, Any]) -> int:
    """Have the gateway of `args` do `verb`; return the exit code, having said why if it is not 0."""
    lang = getattr(args, "lang", "en")
    scheme, token = local_token.read(args.data)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    url = f"{scheme}://127.0.0.1:{args.web}/api/{what}/{number}/{verb}?lang={lang}"
    request = urllib.request.Request(url, json.dumps(given).encode(), headers)
    context = ssl._create_unverified_context() if scheme == "https" else None  # the certificate names the house
    try:
        urllib.request.urlopen(request, timeout=5, context=context).close()
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        said = WORDS[lang]["no_token"].format(said=said) if error.code == 401 else said
        print(f"kald: {said}", file=sys.stderr)
        return 2
    except OSError:
        print("kald: " + WORDS[lang]["no_gateway"].format(port=args.web), file=sys.stderr)
        return 2
    return 0
