"""Does an update that is cut short, at any moment and in any way, leave a badge that calls?

The real session of `kald flash` (tools/flash/slots.py and its script for the badge), over a file system that fails at
any write, rename or removal, as when the power goes, or between any two words, as when the cable does. What is left
then is started in MicroPython over the least metal (broken_life.py), with a hand on the button.
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

from firmware.board import trial
from house import house, until  # noqa: F401
from tools.flash import slots
from tools.flash.cable import Refusal
from tools.flash.copy import build
from tools.flash.sources import sources

ROOT = Path(__file__).resolve().parent.parent
LONG = os.environ.get("KALD_CI") or os.environ.get("KALD_LONG")
KEYS = bytes(range(16)), bytes(range(16, 32))
PAIRING = {"device": 7, "up": KEYS[0].hex(), "down": KEYS[1].hex()}
ROOMY, FULL = 1 << 21, 1 << 19  # bytes of a file system


class Cut(BaseException):
    """The power has gone."""


class Chip:
    """A badge whose file system is a folder, for the script that `kald flash` sends it. cut: of its writes, or -1."""

    def __init__(self, flash, cut=-1, paired=True, room=ROOMY, mpy=6):
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
        system = SimpleNamespace(implementation=SimpleNamespace(_mpy=mpy))
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
        if name.startswith("firmware"):
            raise ImportError(name)
        return self.modules[name] if name in self.modules else __import__(name, *more)

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


def updated(root, chip, pulled=-1, keys=None):
    """Flash the sources in `root` onto `chip`; return the line, and what came of it or why it ended."""
    line = Line(chip, pulled)

    @contextlib.contextmanager
    def opened(port):
        yield line

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "opened", opened)
        patch.setattr(slots, "started", lambda prompt: "")  # test_proof.py
        patch.setattr(slots, "build", lambda root, out, spare, slot: _built(root, out, spare, slot))
        try:
            return line, slots.flash(root, "port", keys=keys)
        except (Cut, Refusal) as why:
            return line, why


_MADE = {}


def _built(root, out, spare, slot):
    # compiled once: the cut is what changes
    kept = _MADE.get((root, spare, slot))
    if not kept:
        folder = root.parent / f"made {root.name} {spare} {slot}"
        folder.mkdir()
        kept = _MADE[root, spare, slot] = (folder, build(root, folder, spare, slot=slot))
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
    made = {"top": top, "slot": slot}
    for word in filter(None, os.environ.get("KALD_LANDED", "").split(os.pathsep)):  # folders that others have built
        made[word] = Path(word)
    return made


def lives(micropython, flash):
    """Return what a badge with `flash` does: "app N" or "lifeboat N", the start at which it called."""
    words = [*micropython, "-X", "heapsize=8m", ROOT / "host_tests" / "broken_life.py", flash,
             ROOT / "tools" / "sim" / "scripts"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=120)
    said = [line for line in run.stdout.splitlines() if line.startswith("nothing broken: ")]
    return said[0].partition(": ")[2] if said else run.stdout[-500:] + run.stderr[-500:]


def copied(flash, to):
    shutil.copytree(flash, to)
    return to


def current(flash):
    """Return the slot that main.py runs, "" for the top."""
    lines = [line for line in (flash / "main.py").read_text().splitlines() if line.startswith("SLOT = ")]
    return lines[0].split('"')[1] if lines else ""


def walk(tmp_path, roots, landed, micropython, count):
    rnd = random.Random(17)
    for name, old in landed.items():
        whole = Chip(copied(old, tmp_path / f"whole {name.replace('/', ' ')}"))
        line, came = updated(roots["newer"], whole)
        assert came.trial and lives(micropython, whole.flash) == "app 1"
        ends = [("power", n) for n in rnd.sample(range(1, whole.writes + 1), count // 2 - 8)]
        ends += [("power", n) for n in range(whole.writes - 7, whole.writes + 1)]  # the switch itself
        ends += [("cable", n) for n in rnd.sample(range(1, line.words + 1), count // 2)]
        for how, n in ends:
            flash = copied(old, tmp_path / "cut")
            chip = Chip(flash, n if how == "power" else -1)
            _, came = updated(roots["newer"], chip, n if how == "cable" else -1)
            yield name, how, n, came, flash
            shutil.rmtree(flash)


@pytest.mark.long
def test_wherever_an_update_is_cut_the_badge_runs_a_whole_tree_and_calls(tmp_path, roots, landed, micropython):
    seen = set()
    for name, how, n, came, flash in walk(tmp_path, roots, landed, micropython, 100 if LONG else 24):
        assert isinstance(came, (Cut, Refusal)), (name, how, n)
        assert lives(micropython, flash) == "app 1", (name, how, n)
        seen.add((name, current(flash)))
        if n % 7 == 0:  # and it can be flashed again
            assert updated(roots["newer"], Chip(flash))[1].trial and lives(micropython, flash) == "app 1"
    assert {("top", ""), ("slot", "a")} <= seen and (("top", "a") in seen or ("slot", "b") in seen)


@pytest.mark.parametrize("name", ["top", "slot"])
def test_a_tree_that_breaks_gives_way_to_the_one_before(tmp_path, roots, landed, micropython, name):
    flash = copied(landed[name], tmp_path / "flash")
    assert updated(roots["broken"], Chip(flash))[1].trial
    assert lives(micropython, flash) == "app 5", "three that failed, the one that counts them, and the tree before"
    assert current(flash) == current(landed[name]) and lives(micropython, flash) == "app 1"
    assert not (flash / "trial").exists()
    assert updated(roots["newer"], Chip(flash))[1].trial and lives(micropython, flash) == "app 1"


@pytest.mark.parametrize(("means", "chip", "keys"), [
    ("", {}, KEYS), ("", {}, None), ("is not sealed with this badge's key", {}, KEYS[::-1]),
    ("is not sealed with this badge's key", {"paired": False}, KEYS),
    ("this MicroPython reads mpy 5", {"mpy": 5}, KEYS),
    ("KB of room for a second tree", {"room": FULL}, KEYS),
])
def test_a_list_that_is_not_for_this_badge_changes_nothing_that_runs(tmp_path, roots, landed, means, chip, keys):
    flash = copied(landed["top"], tmp_path / "flash")
    before = {name: (flash / name).read_bytes() for name in ("main.py", "boot.py", "sums", "firmware/app.mpy")}
    _, came = updated(roots["newer"], Chip(flash, **chip), keys=keys)
    if means:
        assert means in str(came)
        assert before == {name: (flash / name).read_bytes() for name in before} and not (flash / "trial").exists()
    else:
        assert came.trial and current(flash) == "a"


@pytest.mark.parametrize("harm", ["one bit", "cut", "missing", "another list"])
def test_a_tree_that_is_not_what_its_list_says_never_runs(tmp_path, roots, landed, harm):
    flash = copied(landed["top"], tmp_path / "flash")
    chip = Chip(flash)
    line = Line(chip)
    run = line.run

    def harmed(script):
        path = flash / "a" / "firmware" / "badge.mpy"
        if script.startswith("switch("):
            data = path.read_bytes()
            if harm == "missing":
                path.unlink()
            elif harm == "another list":
                script = script.replace("/firmware/badge.mpy ", "/firmware/badge.mpy 1", 1)
            else:
                path.write_bytes(data[:-9] if harm == "cut" else bytes([data[0] ^ 1]) + data[1:])
        return run(script)

    line.run = harmed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "opened", lambda port: contextlib.nullcontext(line))
        patch.setattr(slots, "build", lambda root, out, spare, slot: _built(root, out, spare, slot))
        means = "not sealed with this badge's key" if harm == "another list" else "did not arrive whole"
        with pytest.raises(Refusal, match=means):
            slots.flash(roots["newer"], "port", keys=KEYS)
    assert current(flash) == "" and not (flash / "trial").exists()


def test_what_has_arrived_is_not_copied_again(tmp_path, roots, landed):
    flash = copied(landed["top"], tmp_path / "flash")
    whole, _ = updated(roots["newer"], Chip(flash))
    flash = copied(landed["top"], tmp_path / "again")
    updated(roots["newer"], Chip(flash), whole.words * 3 // 4)
    again, came = updated(roots["newer"], Chip(flash))
    assert came.trial and again.words < whole.words // 3


class Bench:
    """A board, its clock, and the one file that a trial is."""

    def __init__(self):
        self.t, self.fed, self.resets, self.ordered_ends = 0, 0, 0, 0
        self.memory = SimpleNamespace(ordered=lambda: setattr(self, "ordered_ends", self.ordered_ends + 1))
        self.files = {"/trial": "a 1"}

    def now(self):
        return self.t

    def feed(self):
        self.fed += 1

    def reset(self):
        self.resets += 1


@pytest.mark.parametrize(("proven_ms", "calm", "ends"), [
    (900, True, "proven"), (599_000, True, "proven"), (None, True, "back"), (900, False, "goes on"),
    (None, False, "goes on"),
])
def test_a_trial_ends_by_an_answer_or_after_ten_minutes_and_never_within_a_gesture(monkeypatch, proven_ms, calm, ends):
    board = Bench()
    kept = {}

    class Kept(io.StringIO):
        def close(self):
            kept["/new"] = self.getvalue()
            super().close()

    monkeypatch.setattr(trial, "open", lambda path, mode="r": Kept() if mode == "w" else io.StringIO(
        board.files[path]), raising=False)
    monkeypatch.setattr(trial, "os", SimpleNamespace(
        remove=board.files.pop, rename=lambda old, new: board.files.update({new: kept.pop(old)})))
    trial.Trial(board, lambda lasts: proven_ms is not None and lasts >= proven_ms, lambda: calm)
    for turn in range(700):
        board.t = turn * 1000
        board.feed()
        if board.resets or "/trial" not in board.files:
            break
    assert board.fed == turn + 1
    assert ("/trial" in board.files) == (ends != "proven")
    assert board.resets == board.ordered_ends == (ends == "back")
    if ends == "back":
        assert turn == 600 and board.files["/trial"] == "a 99", "which boot.py takes for one start too many"


@pytest.mark.long
def test_a_badge_in_service_is_updated_and_proven_by_its_gateway(house, roots):
    house = house("anna")
    badge = house.badges[0]
    assert slots.flash(roots["newer"], badge.port).trial
    until(lambda: "kald: proven" in badge.console)
    assert not (badge.flash / "trial").exists() and current(badge.flash) == "a"
    badge.press(1000)
    until(lambda: "received" in house.steps())
    with pytest.raises(Refusal, match="an alarm is open on this badge, and nothing was changed"):
        slots.flash(roots["now"], badge.port)
    assert current(badge.flash) == "a"
    assert slots.flash(roots["now"], badge.port, in_alarm=True).trial
    until(lambda: badge.console.count("kald: proven") == 2)
    assert current(badge.flash) == "b" and not (badge.flash / "firmware").exists()


@pytest.mark.parametrize("harmed", [["app"], ["app", "lifeboat"], ["start", "lifeboat_start", "board/build"]])
@pytest.mark.parametrize("cut", [False, True])
def test_a_proven_tree_that_breaks_in_its_slot_calls_from_the_lifeboat_s_own_copies(
    tmp_path, landed, micropython, harmed, cut
):
    flash = copied(landed["slot"], tmp_path / "flash")
    for name in harmed:
        path = flash / "a" / "firmware" / f"{name}.mpy"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2]) if cut else path.unlink()
    assert lives(micropython, flash) == "lifeboat 5"
    assert len(list(flash.rglob("*.bad"))) == (len(harmed) if cut else 0)
