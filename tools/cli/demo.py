"""plays a story with a gateway, its page and virtual badges on this machine: kald demo [--story shift]"""

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Protocol

from tools.cli import _help, flash, pair, plan
from tools.flash.cable import Refusal
from tools.gateway import client
from tools.sim.demo import shift, story
from tools.sim.demo.house import House, Trouble
from tools.sim.demo.phone import Phone
from tools.sim.demo.progress import Progress
from tools.sim.demo.stage import Stage
from tools.sim.demo.timeline import Missing, Result, Timeline
from tools.sim.virtual.badge import now_ms


class Told(Protocol):
    """The file of a story: who is in it, which steps must be seen, what the house has set."""

    @property
    def NAMES(self) -> tuple[str, ...]:
        """Who wears the badges."""

    @property
    def STEPS(self) -> tuple[str, ...]:
        """What must be seen."""

    @property
    def SETTINGS(self) -> Mapping[str, object]:
        """The badges' settings."""


class Given(argparse.Namespace):
    """The words of kald demo."""

    story: str
    headless: bool
    json: bool
    keep: bool
    web: int


STORIES: dict[str, tuple[Told, type[Stage]]] = {"alarm": (story, story.Story), "shift": (shift, shift.Shift)}
_TURN_S = 0.02


def _watch(stage: Stage, ended: threading.Event) -> None:
    while not ended.wait(_TURN_S):
        stage.watch(now_ms())


def _play(given: Given, name: str, folder: Path) -> Result:
    told, made = STORIES[name]
    progress = Progress()
    timeline = Timeline(not (given.headless or given.json), progress)
    stage = made(timeline)
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        stack.callback(progress.now, "")
        progress.now(f"starting a gateway and {len(told.NAMES)} empty badges ...")
        phone = Phone(stage.notified)
        stack.callback(phone.close)
        commands = (flash.main, pair.main, plan.main)
        house = House(folder, stage.frame, stage.motor, *commands, given.web, told.SETTINGS, stage.plan(phone.address),
                      stage.where)
        stack.callback(house.close)
        stage.house = house
        house.move_in(told.NAMES, progress.now)
        watcher = threading.Thread(target=_watch, args=(stage, ended), name="watch", daemon=True)
        watcher.start()
        stack.callback(watcher.join)
        stack.callback(ended.set)
        if timeline.show:
            with progress:
                print(f"\nThe board is at {house.board}", flush=True)
        timeline.start()
        reason = None
        try:
            stage.act()
        except (Missing, Trouble) as error:
            reason = str(error)
        progress.now("")
        result = timeline.result(told.STEPS)
        if reason:
            print(f"kald demo: {reason}", file=sys.stderr)
            result["ok"] = False
        if result["ok"] and not given.json:
            print("\nEvery step was seen.", flush=True)
        if given.keep:
            _keep(house)
    return result


def _keep(house: House) -> None:
    print(f"kald demo: the house stays; the board is at {house.board}. Ctrl-C ends it.", file=sys.stderr, flush=True)
    for name, badge in house.badges.items():
        print(f"  {name}'s badge is on {badge.port}", file=sys.stderr)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(words: list[str]) -> int:
    """Play; exit code 0 only if every step of every story was seen, 2 if one could not begin."""
    parser = _help.parser("demo", __doc__)
    parser.add_argument("--story", choices=[*STORIES, "all"], default="alarm",
                        help="alarm (a minute; if none is named), shift (three minutes), or all of them")
    parser.add_argument("--headless", action="store_true", help="no live time line")
    parser.add_argument("--json", action="store_true", help="print the steps as one JSON object")
    parser.add_argument("--keep", action="store_true", help="leave the last house running until Ctrl-C")
    parser.add_argument("--web", type=client.port, default=0, help="port of the board; any free one otherwise")
    given = parser.parse_args(words, Given())
    signal.signal(signal.SIGTERM, _interrupt)
    names = list(STORIES) if given.story == "all" else [given.story]
    keep = given.keep
    results: dict[str, Result] = {}
    for name in names:
        given.keep = keep and name == names[-1]
        folder = Path(tempfile.mkdtemp(prefix="kald-demo-"))
        try:
            results[name] = _play(given, name, folder)
        except KeyboardInterrupt:
            print("kald demo: stopped", file=sys.stderr)
            return 130
        except (Trouble, Refusal, OSError) as error:
            print(f"kald demo: {error}", file=sys.stderr)
            return 2
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    ok = all(result["ok"] for result in results.values())
    if given.json:
        steps = [{"story": name, **step} for name in names for step in results[name]["steps"]]
        print(_help.as_json({"ok": ok, "steps": steps}), flush=True)
    return 0 if ok else 1
