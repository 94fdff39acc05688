"""How is a badge updated in a test? Its file system is a folder that fails where it is told to, and then it starts.

The real session of `kald flash` runs over it, and the real firmware/board/update.py (test_updates.py); what is left is
started in MicroPython over the least metal (broken_life.py).
"""

import ast
import contextlib
import io
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from firmware import codes, ticks
from tools.flash import slots, tree
from tools.flash.cable import Refusal
from tools.flash.constants import Shared
from tools.flash.copy import build
from tools.flash.sources import identity, sources
from tools.gateway.update_files import UpdateFiles, fill
from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
KEYS = bytes(range(16)), bytes(range(16, 32))
PAIRING = {"device": 7, "up": KEYS[0].hex(), "down": KEYS[1].hex()}
ROOMY, FULL = 1 << 21, 1 << 19  # bytes of a file system


def cuts(usual):
    """Return how often an update is cut short: $KALD_CUTS times of each start, else `usual`."""
    return int(os.environ.get("KALD_CUTS", usual))


def chance(usual):
    """Return what draws the cuts: by the seed $KALD_SEED, else `usual`."""
    return random.Random(int(os.environ.get("KALD_SEED", usual)))


class Cut(BaseException):
    """The power has gone."""


class Chip:
    """A badge whose file system is a folder, for the script that `kald flash` sends it. cut: of its writes, or -1."""

    def __init__(self, flash, cut=-1, paired=True, room=ROOMY, mpy=6,
                 machine_is="Generic ESP32S3 module with ESP32S3"):
        self.flash, self.cut, self.paired, self.room = flash, cut, paired, room
        self.writes = 0
        os_module = ModuleType("os")
        for name in ("mkdir", "remove", "rename", "rmdir"):
            setattr(os_module, name, self._door(name))
        os_module.stat = lambda path: os.stat(self._at(path))
        os_module.listdir = lambda path="/": os.listdir(self._at(path))
        os_module.ilistdir = lambda path: [
            (each.name, 0x4000 if each.is_dir() else 0x8000, 0) for each in self._at(path).iterdir()]
        os_module.statvfs = lambda path: (4096, 4096, 512, (self.room - self._used()) // 4096)
        dog = SimpleNamespace(feed=lambda: None)
        machine = SimpleNamespace(WDT=lambda timeout: dog)
        is_what = SimpleNamespace(_mpy=mpy, _machine=machine_is)
        system = SimpleNamespace(implementation=is_what, modules={})
        self.modules = {"os": os_module, "machine": machine, "esp32": SimpleNamespace(NVS=self._nvs), "sys": system}
        self.names = {"__builtins__": {**vars(__import__("builtins")), "open": self._open, "__import__": self._import}}

    def _at(self, path):
        return self.flash / path.lstrip("/")

    def _used(self):
        return sum(-(-path.stat().st_size // 4096) * 4096 for path in self.flash.rglob("*") if path.is_file())

    def _spend(self):
        self.writes += 1
        if self.writes == self.cut:
            raise Cut

    def _door(self, name):
        def door(*paths):
            self._spend()
            getattr(os, name)(*[self._at(path) for path in paths])
        return door

    def _open(self, path, mode="r"):
        if "w" not in mode:
            return open(self._at(path), mode)
        self._spend()
        file = open(self._at(path), mode)
        write = file.write
        chip = self

        class Torn:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, data):
                half = len(data) // 2
                write(data[:half])
                file.flush()
                chip._spend()
                write(data[half:])

            def close(self):
                file.close()

        return Torn()

    def _import(self, name, *more):
        if name.startswith("firmware") and name not in self.modules:
            raise ImportError(name)
        return self.modules[name] if name in self.modules else __import__(name, *more)

    def firmware(self, air, root=ROOT):
        """Return firmware/board/update.py as this badge has it, from `root`: `air` is its socket module."""
        shared = Shared(root)

        def loaded(name, names):
            text = shared.inline((root / "firmware" / "board" / f"{name}.py").read_text(), f"firmware.board.{name}")
            exec(compile(text, name, "exec"), names)
            return SimpleNamespace(**names)

        slots_module = loaded("slots", dict(self.names))
        self.modules.update({"firmware.board": SimpleNamespace(slots=slots_module), "firmware.ticks": ticks,
                             "socket": air, "select": air})
        return loaded("update", dict(self.names))

    def _nvs(self, name):
        def get_blob(key, buf):
            if key != "pairing" or not self.paired:
                raise OSError(-4354)
            text = json.dumps(PAIRING).encode()
            buf[: len(text)] = text
            return len(text)
        return SimpleNamespace(get_blob=get_blob)


class Line:
    """The prompt of a chip, as tools/flash/prompt.py gives it. pulled: the word before which the cable goes, or -1."""

    def __init__(self, chip, pulled=-1):
        self.chip, self.pulled = chip, pulled
        self.words = 0

    def run(self, script):
        self.words += 1
        if self.words == self.pulled:
            raise Refusal("the cable is out")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            try:
                exec(compile(ast.parse(script), "prompt", "exec"), self.chip.names)
            except OSError as error:
                raise Refusal(repr(error)) from error
        return said.getvalue()

    def ask(self, script):
        return ast.literal_eval(self.run(script).strip().splitlines()[-1])

    def copy(self, path, data):
        self.run(f"f = open({path!r}, 'wb')\nw = f.write")
        self.run(f"w({data!r})")
        self.run("f.close()")


def updated(root, chip, pulled=-1, keys=None, keys_of=None):
    """Flash the sources in `root` onto `chip`; return the line, and what came of it or why it ended.

    keys: those by which its gateway knows it; keys_of: what is asked for them.
    """
    line = Line(chip, pulled)

    @contextlib.contextmanager
    def opened(port):
        yield line

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "opened", opened)
        patch.setattr(slots, "started", lambda prompt: "")  # test_proof.py
        patch.setattr(slots, "build", lambda root, out, spare, slot: built(root, out, spare, slot))
        try:
            return line, slots.flash(root, "port", keys_of=keys_of or keys and (lambda device, mark: keys))
        except (Cut, Refusal) as why:
            return line, why


MADE = {}


def built(root, out, spare, slot):
    # compiled once: the cut is what changes
    kept = MADE.get((root, spare, slot))
    if not kept:
        folder = root.parent / f"made {root.name} {spare} {slot}"
        folder.mkdir()
        kept = MADE[root, spare, slot] = (folder, build(root, folder, spare, slot=slot))
    shutil.copytree(kept[0], out, dirs_exist_ok=True)
    return kept[1]


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """Give {name: folder} of sources: this tree, a newer one, and one whose app breaks as soon as it runs."""
    made = {}
    for name, path, text in (("now", "", ""), ("newer", "firmware/app.py", "\nVERSION = 2\n"),
                             ("broken", "firmware/app.py", "\nraise RuntimeError('broken')\n")):
        root = made[name] = tmp_path_factory.mktemp("roots") / name
        for inner in sources(ROOT):
            (root / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / inner, root / inner)
        if path:
            with (root / path).open("a") as file:
                file.write(text)
    return made


@pytest.fixture(scope="module")
def landed(tmp_path_factory, roots):
    """Give {name: flash} of badges as earlier versions have left them: a tree at the top, and one in a slot."""
    top = tmp_path_factory.mktemp("top")
    build(roots["now"], top)
    slot = tmp_path_factory.mktemp("slot")
    assert not updated(roots["now"], Chip(slot, paired=False))[1].trial
    return {"top": top, "slot": slot}


def lives(micropython, flash):
    """Return what a badge with `flash` does: "app N" or "lifeboat N", the start at which it called."""
    words = [*micropython, "-X", "heapsize=8m", ROOT / "host_tests" / "broken_life.py", flash,
             ROOT / "tools" / "sim" / "scripts"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=HANGS_S)
    said = [line for line in run.stdout.splitlines() if line.startswith("nothing broken: ")]
    return said[0].partition(": ")[2] if said else run.stdout[-500:] + run.stderr[-500:]


def copied(flash, to):
    shutil.copytree(flash, to)
    return to


def current(flash):
    """Return the slot that main.py runs, "" for the top."""
    lines = [line for line in (flash / "main.py").read_text().splitlines() if line.startswith("SLOT = ")]
    return lines[0].split('"')[1] if lines else ""


class Air:
    """The port's `socket` and `select`, before a gateway that answers as `answer` does. cut: the read that fails.

    gone: how many reads after that fail, too. harm(bytes): what becomes of what is read.
    """

    AF_INET = SOCK_STREAM = POLLOUT = 4
    POLLERR, POLLHUP = 8, 16

    def __init__(self, answer, cut=-1, gone=1, harm=None):
        self.answer, self.cut, self.gone, self.harm = answer, cut, gone, harm
        self.reads, self.asked, self.open = 0, [], 0

    def getaddrinfo(self, host, port):
        return [(host, port)]

    def poll(self):
        return SimpleNamespace(register=lambda *_: None, poll=lambda _ms: [(None, self.POLLOUT)])

    def socket(self, *_kind):
        air = self
        self.open += 1

        class Made:
            def __init__(self):
                self.left = b""

            def setblocking(self, _flag):
                """Never waits."""

            def connect(self, _address):
                raise OSError(115)

            def send(self, data):
                air.asked.append(data.split(b" ")[1].decode())
                self.left = air.answer(data)
                if air.harm:
                    self.left = air.harm(air.asked[-1], self.left)

            def recv(self, n):
                air.reads += 1
                if air.cut <= air.reads < air.cut + air.gone and air.cut >= 0:
                    raise OSError(104)
                if air.reads % 5 == 0:
                    raise OSError(11, "EAGAIN")  # nothing has come yet
                part, self.left = self.left[:n], self.left[n:]
                return part

            def close(self):
                air.open -= 1

        return Made()


class Reset(Exception):
    """The badge starts anew."""


class Wearer:
    """The app and its badge, as far as an update asks for them."""

    def __init__(self, wifi=True, percent=80):
        self.now, self.may, self.rests, self.refused = 0, True, True, []
        pairing = {"device": PAIRING["device"], "port": 5570}
        route = SimpleNamespace(metered=not wifi, proven="10.0.0.2", pairing=pairing)
        self.memory = SimpleNamespace(failed=2, ordered=lambda: None)
        self.board = SimpleNamespace(routes=(route,), battery=SimpleNamespace(percent=lambda: percent),
                                     memory=self.memory, reset=self._reset)
        shift = SimpleNamespace(update=0, may_update=lambda value, alarmed: self.may and not alarmed)
        self.badge = SimpleNamespace(
            shift=shift, alarm=SimpleNamespace(state=codes.SAFE), outbox=SimpleNamespace(next=lambda now: -1),
            calls=SimpleNamespace(kind=[0]), at_rest=lambda: self.rests,
            uplink=SimpleNamespace(refuse=lambda why, now: self.refused.append(why)))

    def _reset(self):
        raise Reset

    def fetch(self, update, number, turns=20000, each=lambda turn: None):
        """Carry out the order to update to version `number`; return "reset", or the WHY_ word."""
        self.badge.shift.update = number
        for turn in range(turns):
            each(turn)
            self.now += 100
            try:
                update.turn(self, self.now)
            except Reset:
                return "reset"
            if not self.badge.shift.update:
                return self.refused[-1]
        return "goes on"


def shelf(folder, root, keys=KEYS, made_min=30_000_000):
    """Put the sources in `root` where a gateway in `folder` gives them to badges; return (the files, their version)."""
    number = tree.version(identity(root))
    fill(folder, number, made_min, lambda to, slot: built(root, to, True, slot))
    return UpdateFiles(folder, lambda device: keys if device == PAIRING["device"] else None), number
