"""How does a command line act on a running gateway? Over the page's own door, on this machine."""

import argparse
import json
import sys
import urllib.error
import urllib.request


def act(verb, words):
    """Take or close (`verb`) the alarm that `words` name; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"kald {verb}")
    parser.add_argument("alarm", type=int, help="its number on the board")
    parser.add_argument("--by", required=True, help="who does it")
    parser.add_argument("--web", type=int, default=8570, help="port of the board")
    args = parser.parse_args(words)
    url = f"http://127.0.0.1:{args.web}/api/alarms/{args.alarm}/{verb}"
    body = json.dumps({"by": args.by}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as error:
        print(f"kald: {error.read().decode()}", file=sys.stderr)
        return 1
    except OSError:
        print(f"kald: no gateway answers on port {args.web}; start one with: kald gateway", file=sys.stderr)
        return 2
    return 0
