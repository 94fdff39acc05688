"""Who lives in the demo's house? One gateway process, virtual badges that begin empty, and a tap on the air between.

The badges are flashed and paired by the same commands that a technician uses, over their serial ports.
"""

import contextlib
import functools
import io
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypedDict

from tools.sim.demo import rooms
from tools.sim.demo.tap import Tap
from tools.sim.gateway_process import GatewayProcess, NotReady
from tools.sim.virtual import VirtualBadge

ROOT = Path(__file__).resolve().parents[3]

Command = Callable[[list[str]], int]  # words in, exit code out


class Event(TypedDict):
    """What has happened to an alarm."""

    step: str


class Place(TypedDict):
    """Where somebody is, as the board shows it."""

    en: str


class Alarm(TypedDict):
    """An alarm as the board shows it."""

    id: int
    name: str
    kind: int
    taken_by: str | None
    place: Place | None
    events: list[Event]


class Visit(TypedDict):
    """A visit as the board shows it."""

    colour: str


class BadgeFact(TypedDict):
    """A badge as the board shows it."""

    name: str
    state: int | None
    alone: bool
    waiting: list[str]
    visit: Visit


class Facts(TypedDict):
    """What the board shows, as far as the demo looks."""

    alarms: list[Alarm]
    badges: list[BadgeFact]


class Trouble(Exception):
    """Why the house could not be set up, in a sentence."""


class House:
    """A house in `folder`. on_frame(t_ms, who, type) hears each uplink, on_motor(who, t_ms, level) each motor.

    flash, pair, plan: those commands, each called with its words.
    web: port of the board, 0 for any that is free. settings: the badges' settings, as firmware/settings.py wants them.
    calls: the house's plan, as tools/gateway/plans.py wants it, None for the default. where: who is in which room.
    """

    _where: Mapping[str, int] = {}

    def __init__(self, folder: Path, on_frame: Callable[[int, str, int], None],
                 on_motor: Callable[[str, int, int], None], flash: Command, pair: Command, plan: Command, web: int = 0,
                 settings: Mapping[str, object] | None = None, calls: Mapping[str, object] | None = None,
                 where: Mapping[str, int] | None = None) -> None:
        self.folder = folder
        self.badges: dict[str, VirtualBadge] = {}
        self._names: dict[int, str] = {}
        self._on_motor = on_motor
        self._flash_command, self._pair_command, self._plan_command = flash, pair, plan
        self._settings = self.folder / "settings.json"
        self._settings.write_text(json.dumps(settings or {}))
        if where:
            self._where = where
            rooms.enter(self.folder / "kald.sqlite")
        if calls:
            self._plan(calls)
        try:
            self._gateway = GatewayProcess(self.folder, web=web, start_new_session=True)
        except NotReady as error:
            raise Trouble("the gateway did not start; its reason stands above") from error
        self.board = f"http://127.0.0.1:{self._gateway.web}/"
        self._tap = Tap(self._gateway.udp, lambda t_ms, who, type: on_frame(t_ms, self._names.get(who, "?"), type))

    def _plan(self, calls: Mapping[str, object]) -> None:
        path = self.folder / "plan.json"
        path.write_text(json.dumps(calls))
        with contextlib.redirect_stdout(sys.stderr):
            if self._plan_command(["set", str(path), "--data", str(self.folder)]):
                raise Trouble("the plan was refused; the reason stands above")

    def move_in(self, names: Sequence[str], say: Callable[[str], None] = lambda text: None) -> None:
        """Make an empty badge for each of `names`; flash it and pair it, and `say` which. Raises Trouble."""
        for device, name in enumerate(names, 1):
            self._names[device] = name
            moved = functools.partial(self._on_motor, name)
            badge = VirtualBadge(self.folder / name, name, seed=device, on_motor=moved)
            self.badges[name] = badge.start()
            if name in self._where:
                badge.hears(rooms.around(self._where[name], device))
        said = io.StringIO()  # what the commands say to a technician
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                self._flash(say)
                for number, (name, badge) in enumerate(self.badges.items(), 1):
                    say(f"pairing badge {number} of {len(self.badges)} ...")
                    self._pair(name, badge)
        except Trouble:
            say("")
            print(said.getvalue().rstrip(), file=sys.stderr)
            raise

    def _flash(self, say: Callable[[str], None]) -> None:
        with ThreadPoolExecutor() as pool:
            names = {pool.submit(self._flash_command, [badge.port]): name for name, badge in self.badges.items()}
            say(f"flashing badge 1 of {len(names)} ...")
            for number, done in enumerate(as_completed(names), 2):
                if done.result():
                    raise Trouble(f"{names[done]}'s badge could not be flashed; the reason stands above")
                say(f"flashing badge {min(number, len(names))} of {len(names)} ...")

    def _pair(self, name: str, badge: VirtualBadge) -> None:
        words = [badge.port, "--name", name, "--gateway", "127.0.0.1", "--port", str(self._tap.port), "--ssid", "house",
                 "--open", "--data", str(self.folder), "--settings", str(self._settings)]
        if self._pair_command(words):
            raise Trouble(f"{name}'s badge could not be paired; the reason stands above")

    def facts(self) -> Facts:
        """Return what the board shows."""
        with urllib.request.urlopen(f"{self.board}api/alarms", timeout=5) as answer:
            found: Facts = json.load(answer)
            return found

    def act(self, verb: str, alarm: int, by: str) -> None:
        """Take or close an alarm at the board, as a person there would. Raises Trouble if the board refuses."""
        self._post(f"alarms/{alarm}/{verb}", {"by": by})

    def order(self, verb: str, who: str, by: str, **given: object) -> None:
        """Order something of a badge at the board, as a person there would. Raises Trouble if the board refuses."""
        device = next(device for device, name in self._names.items() if name == who)
        self._post(f"badges/{device}/{verb}", {"by": by, **given})

    def _post(self, what: str, given: Mapping[str, object]) -> None:
        body, kind = json.dumps(given).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.board}api/{what}", body, kind)
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError as error:
            raise Trouble(f"the board refused {what}: {error.read().decode()}") from error

    def close(self) -> None:
        """Take everything down."""
        for badge in self.badges.values():
            badge.close()
        self._tap.close()
        self._gateway.end()
