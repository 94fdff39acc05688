"""plays a story with a gateway, its page and three badges on this machine: kald demo [--headless --json] [--keep]"""

import argparse
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from tools.demo.house import House, Trouble
from tools.demo.story import SETTINGS, STEPS, Story
from tools.demo.timeline import Missing, Timeline
from tools.deploy.cable import Refusal
from tools.sim.virtual.badge import now_ms

NAMES = ("anna", "bo", "carla")
_TURN_S = 0.02


def _watch(story, ended):
    while not ended.wait(_TURN_S):
        story.watch(now_ms())


def _play(given, folder, show):
    timeline = Timeline(show)
    story = Story(timeline)
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        print("kald demo: starting a gateway and three empty badges ...", file=sys.stderr, flush=True)
        house = House(folder, story.frame, story.motor, given.web, SETTINGS)
        stack.callback(house.close)
        story.house = house
        house.move_in(NAMES)
        watcher = threading.Thread(target=_watch, args=(story, ended), name="watch", daemon=True)
        watcher.start()
        stack.callback(watcher.join)
        stack.callback(ended.set)
        if not given.headless:
            print(f"\nThe board is at {house.board}", flush=True)
        timeline.start()
        reason = None
        try:
            story.act()
        except (Missing, Trouble) as error:
            reason = str(error)
        result = timeline.result(STEPS)
        if reason:
            print(f"kald demo: {reason}", file=sys.stderr)
            result["ok"] = False
        if given.json:
            print(json.dumps(result, ensure_ascii=False), flush=True)
        elif result["ok"]:
            print("\nEvery step was seen.", flush=True)
        if given.keep:
            _keep(house)
    return 0 if result["ok"] else 1


def _keep(house):
    print(f"kald demo: the house stays; the board is at {house.board}. Ctrl-C ends it.", file=sys.stderr, flush=True)
    for name, badge in house.badges.items():
        print(f"  {name}'s badge is on {badge.port}", file=sys.stderr)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def main(words):
    """Play the story; exit code 0 only if every step was seen, 2 if it could not begin."""
    parser = argparse.ArgumentParser(prog="kald demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="no live time line")
    parser.add_argument("--json", action="store_true", help="print the steps as one JSON object")
    parser.add_argument("--keep", action="store_true", help="leave the house running until Ctrl-C")
    parser.add_argument("--web", type=int, default=0, help="port of the board; any free one otherwise")
    given = parser.parse_args(words)
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="kald-demo-"))
    try:
        return _play(given, folder, show=not (given.headless or given.json))
    except KeyboardInterrupt:
        return 130
    except (Trouble, Refusal, OSError) as error:
        print(f"kald demo: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
