"""Does first use end well whatever happens to it, and is each command given what it imports, and no more?

The real kald.py runs in a small checkout of its own, over a venv and a pip that only say what they would do. They are
found before the real ones by $PYTHONPATH; `does.py` beside them says what befalls them. Nothing waits: where two run at
once, a pipe says when the first goes on.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools import first_use, kald
from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = """
[project]
dependencies = ["web==1", "shared==1"]
[dependency-groups]
technician = ["cable==1", "shared==1"]
evaluate = ["numbers==1"]
train = [{ include-group = "evaluate" }, "trees==1"]
"""
COMMAND = "def main(words):\n    print('ran', *words)\n    return 7\n"
DOES = """
import os, signal
def at(point):
    pass
"""
FAKE_VENV = """
import os, shutil, sys
from pathlib import Path
sys.path.insert(0, os.environ["FAKES"])
from does import at
venv = Path(sys.argv[-1])
at("venv")
shutil.rmtree(venv, ignore_errors=True)
(venv / "bin").mkdir(parents=True)
at("half a venv")
(venv / "bin" / "python").symlink_to(sys.executable)
(venv.parent / "log").open("a").write("venv\\n")
at("a venv")
"""
FAKE_PIP = """
import os, sys, sysconfig
from pathlib import Path
sys.path.insert(0, os.environ["FAKES"])
from does import at
venv = Path(sys.executable).parent.parent
site = Path(sysconfig.get_path("purelib", "venv", {"base": str(venv), "platbase": str(venv)}))
exact = [word for word in sys.argv if "==" in word]
if "--dry-run" in sys.argv:
    at("dry")
    sys.exit(0)
(venv.parent / "log").open("a").write(f"pip {' '.join(exact)}\\n")
at("pip")
print("Installing collected packages: some")
for one in exact:
    place = site / (one.replace("==", "-") + ".dist-info")
    if not place.exists():  # what has this is taken for installed, as pip does
        place.mkdir(parents=True)
        at("half a pip")
        (place / "whole").touch()
at("a pip")
"""


class House:
    """A small checkout at `folder`, with a venv and a pip that are not real."""

    def __init__(self, folder):
        self.root = folder / "a house, æøå"
        self.fakes = folder / "fakes"
        for name in ("kald.py", "first_use.py", "spoken.py", "danish.txt", "__init__.py"):
            (self.root / "tools" / "cli").mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "tools" / name, self.root / "tools" / name)
        for name in ("__init__", "boards", "gateway", "flash", "evaluate", "train", "demo"):
            (self.root / "tools" / "cli" / f"{name}.py").write_text(COMMAND)
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        for name, source in {"venv": FAKE_VENV, "pip": FAKE_PIP}.items():
            (self.fakes / name).mkdir(parents=True)
            (self.fakes / name / "__init__.py").touch()
            (self.fakes / name / "__main__.py").write_text(source)
        self.befalls()

    def befalls(self, point=None, what="pass"):
        """From now on, `what` happens at `point`."""
        does = DOES if point is None else DOES.replace("    pass", f"    if point == {point!r}:\n        {what}")
        (self.fakes / "does.py").write_text(does)

    def words(self, *words):
        """Return what subprocess wants, to run kald.py with `words`."""
        env = {name: value for name, value in os.environ.items() if name not in ("MICROPYTHON", "PYTHONPATH")}
        env |= {"FAKES": str(self.fakes), "PYTHONPATH": str(self.fakes), "PYTHONDONTWRITEBYTECODE": "1"}
        python = getattr(sys, "_base_executable", sys.executable)
        return {"args": [python, str(self.root / "tools" / "kald.py"), *words], "env": env, "text": True,
                "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True,
                "preexec_fn": _as_from_a_terminal}

    def run(self, *words):
        """Run kald.py; return (exit code, stdout, the lines of stderr)."""
        done = subprocess.run(**self.words(*words), timeout=HANGS_S)
        return done.returncode, done.stdout, done.stderr.splitlines()

    def log(self):
        """Return what venv and pip have done since the last look."""
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def whole(self):
        """Return the packages that are there, and True if not one of them is half of something."""
        places = list((self.root / ".venv").rglob("*.dist-info"))
        names = sorted(place.name.removesuffix(".dist-info") for place in places)
        return names, all((place / "whole").exists() for place in places)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


RAN = (7, "ran\n")


def _as_from_a_terminal():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which a shell ignores for what it starts in the background


CTRL_C = "os.kill(0, signal.SIGINT)"  # as a terminal does: to kald.py and all that it runs
KILLED = "os.kill(os.getppid(), signal.SIGKILL)"  # kald.py alone: pip goes on


def test_each_command_brings_what_it_lacks_and_no_more(house):
    assert house.run("boards")[:2] == RAN and house.log() == [] and not (house.root / ".venv").exists()
    assert house.run("gateway")[:2] == RAN and house.log() == ["venv", "pip shared==1 web==1"]
    assert house.run("gateway") == (*RAN, []) and house.log() == []
    assert house.run("flash")[:2] == RAN and house.log() == ["pip cable==1 shared==1"]
    assert house.run("train")[:2] == RAN and house.log() == ["pip numbers==1 trees==1"]
    for command in ("flash", "gateway", "train"):
        assert house.run(command, "a", "b c") == (7, "ran a b c\n", [])
    assert house.log() == [] and house.whole() == (["cable-1", "numbers-1", "shared-1", "trees-1", "web-1"], True)


def test_a_flash_that_is_to_ask_the_gateway_s_database_for_keys_brings_what_opens_it(house):
    assert house.run("flash", "--data=house")[0] == 7 and house.log() == ["venv", "pip cable==1 shared==1 web==1"]


@pytest.mark.parametrize("how", [CTRL_C, KILLED], ids=["Ctrl-C", "killed"])
@pytest.mark.parametrize("point", ["venv", "half a venv", "a venv", "pip", "half a pip", "a pip"])
def test_broken_off_at_any_point_it_is_made_again(house, point, how):
    house.befalls(point, how)
    code, out, said = house.run("gateway")
    assert (code, out) == ((-9, "") if how == KILLED else (130, ""))
    assert how == KILLED or said[-1].startswith("kald: stopped")
    house.befalls()
    assert house.run("gateway")[:2] == RAN and house.whole() == (["shared-1", "web-1"], True)


@pytest.mark.parametrize("how", [CTRL_C, KILLED], ids=["Ctrl-C", "killed"])
@pytest.mark.parametrize("point", ["pip", "half a pip", "a pip"])
def test_what_was_there_serves_on_when_adding_is_broken_off(house, point, how):
    house.run("gateway")
    house.befalls(point, how)
    assert house.run("flash")[0] in (130, -9)
    house.log()
    house.befalls("pip", "sys.exit(1)")
    assert house.run("gateway") == (*RAN, []) and house.log() == []
    assert house.run("flash")[0] == 2 and house.run("gateway") == (*RAN, [])
    house.befalls()
    assert house.run("flash")[:2] == RAN and house.whole() == (["cable-1", "shared-1", "web-1"], True)
    assert "venv" not in house.log()


FAILS = {
    "no network": ("pip", "NewConnectionError: [Errno -3] Temporary failure in name resolution", "is there a network?"),
    "disk full": ("half a pip", "ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
    "disk full early": ("half a venv", "OSError: [Errno 28] No space left on device", "the disk is full"),
    "no such package": ("pip", "ERROR: No matching distribution found for web==1", "pip's, say why"),
    "no ssl": ("pip", "SSLError: Max retries exceeded: the ssl module in Python is not available", "another Python"),
    "no venv": ("venv", "Error: something of its own", "cannot make"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_fails_is_said_in_one_sentence_and_mended_by_running_again(house, name):
    point, says, sentence = FAILS[name]
    house.befalls(point, f"print({says!r}, flush=True); os._exit(1)")
    for _ in range(2):
        code, out, said = house.run("gateway")
        assert (code, out) == (2, "") and said[-1].startswith("kald: ") and sentence in said[-1]
    assert sum(line.startswith("kald: ") for line in said) <= 3
    house.befalls()
    assert house.run("gateway")[:2] == RAN and house.whole() == (["shared-1", "web-1"], True)


def test_what_pip_says_is_shown_only_when_it_fails(house):
    house.befalls("pip", "print('WARNING: noise'); print('WARNING: more', file=__import__('sys').stderr)")
    assert not any("WARNING" in line for line in house.run("gateway")[2])


def test_a_python_without_venv_is_told_what_to_install(house):
    (house.fakes / "ensurepip.py").write_text("raise ImportError\n")
    code, _, said = house.run("gateway")
    assert code == 2 and "python3-venv" in said[-1] and len(said) == 1


def test_what_lies_where_venv_belongs_is_said(house):
    (house.root / ".venv").touch()
    code, _, said = house.run("gateway")
    assert code == 2 and len(said) == 1 and "is in the way" in said[0]


def test_a_failure_with_no_room_left_is_the_disks(monkeypatch):
    usage = first_use.shutil.disk_usage(first_use.ROOT)
    monkeypatch.setattr(first_use.shutil, "disk_usage", lambda _: usage._replace(free=usage.total))
    assert first_use._why("exit status 1", "otherwise") == "otherwise"
    monkeypatch.setattr(first_use.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    assert "the disk is full" in first_use._why("exit status 1", "otherwise")


def moved(house):
    new = house.root.with_name("elsewhere")
    house.root = house.root.rename(new)


def other_python(house):
    stamp = house.root / ".venv" / "kald-installed"
    stamp.write_text(stamp.read_text().replace(f".{sys.version_info[1]}", ".2"))


def dead_python(house):
    link = house.root / ".venv" / "bin" / "python"
    link.unlink()
    link.symlink_to("/no/such/python3.11")


def old_stamp(house):
    (house.root / ".venv" / "kald-installed").write_text("0123abcd" * 8)


@pytest.mark.parametrize("befell", [moved, other_python, dead_python, old_stamp], ids=lambda each: each.__name__)
def test_a_venv_of_another_python_or_place_is_made_anew(house, befell):
    house.run("gateway")
    house.log()
    befell(house)
    assert house.run("gateway")[:2] == RAN and house.log() == ["venv", "pip shared==1 web==1"]


def test_new_pins_make_it_anew_once_they_can_be_had(house):
    house.run("gateway")
    house.run("flash")
    house.log()
    (house.root / "pyproject.toml").write_text(PYPROJECT.replace("web==1", "web==2"))
    house.befalls("dry", "print('ProxyError', flush=True); os._exit(1)")
    assert house.run("flash")[:2] == RAN, "its own pins are the same"
    code, _, said = house.run("gateway")
    assert code == 2 and "network" in said[-1] and house.log() == [] and "web-1" in house.whole()[0]
    house.befalls()
    assert house.run("gateway")[:2] == RAN and house.log() == ["venv", "pip cable==1 shared==1 web==2"]
    assert house.run("flash")[:2] == RAN and house.log() == []


def test_of_two_first_uses_the_second_waits_and_says_so(house):
    os.mkfifo(house.root / "go")
    house.befalls("pip", f"open({str(house.root / 'go')!r}).read()")
    with subprocess.Popen(**house.words("gateway")) as first:
        assert "making" in first.stderr.readline() and "installing" in first.stderr.readline()
        with subprocess.Popen(**house.words("gateway")) as second:
            assert "waiting" in second.stderr.readline()
            (house.root / "go").write_text("go")
            assert first.wait(60) == second.wait(60) == 7
            assert second.stderr.read() == ""
    assert house.log() == ["venv", "pip shared==1 web==1"]


def test_a_python_that_does_not_run_is_said(house):
    house.run("gateway")
    link = house.root / ".venv" / "bin" / "python"
    link.unlink()
    link.write_text("not a program")
    code, _, said = house.run("gateway")
    assert code == 2 and "delete the folder .venv" in said[-1]


def test_without_micropython_the_demo_says_so_and_what_falls_away_is_one_line(house, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MICROPYTHON", raising=False)
    for command, lost in kald.WITHOUT_MICROPYTHON.items():
        if lost:
            kald._warn_without_micropython(command, "/nowhere/python")
        else:
            with pytest.raises(SystemExit):
                kald._warn_without_micropython(command, "/nowhere/python")
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1 and "no MicroPython" in said[0] and (lost or command) in said[0]
    monkeypatch.setenv("MICROPYTHON", "/some/micropython")
    kald._warn_without_micropython("demo", "/nowhere/python")
    assert capsys.readouterr().err == ""
    assert set(kald.WITHOUT_MICROPYTHON) == {command for command, groups in kald.NEEDS.items() if "badges" in groups}


@pytest.mark.parametrize("error, says", [
    (OSError(30, "Read-only file system"), "cannot be written to"),
    (OSError(13, "Permission denied"), "cannot be written to"),
    (OSError(28, "No space left on device"), "the disk is full"),
])
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, monkeypatch, error, says):
    monkeypatch.setattr(first_use, "VENV", tmp_path / ".venv")

    def fail(*_):
        raise error

    monkeypatch.setattr(first_use.os, "open", fail)
    with pytest.raises(first_use.Refusal, match=says):
        first_use.prepare(("gateway",))


def test_the_stamp_that_finds_no_room_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(first_use, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(first_use, "LOCK", tmp_path / ".venv-lock")
    monkeypatch.setattr(first_use, "_run", lambda words: "")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(first_use.os, "replace", fail)
    (tmp_path / ".venv").mkdir()
    with pytest.raises(first_use.Refusal, match="the disk is full"):
        first_use.prepare(("gateway",))


def test_windows_has_its_own_layout_and_lock(tmp_path, monkeypatch, capsys):
    tries, asked = iter((OSError(13, ""), OSError(13, ""), None)), []

    class Msvcrt:
        LK_NBLCK = 2

        @staticmethod
        def locking(file, mode, count):
            error = next(tries)
            if error:
                raise error

    def ran(words):
        asked.append([str(word) for word in words])
        place = first_use.python()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        return ""

    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt)
    for name, value in {"WINDOWS": True, "VENV": tmp_path / ".venv", "LOCK": tmp_path / ".venv-lock", "_run": ran,
                        "_TURN_S": 0}.items():
        monkeypatch.setattr(first_use, name, value)
    place = first_use.prepare(("technician",))
    assert place == tmp_path / ".venv" / "Scripts" / "python.exe" and asked[1][0] == str(place)
    assert "waiting" in capsys.readouterr().err and first_use.prepare(("technician",)) == place and len(asked) == 2


def test_the_stamp_tells_what_a_person_can_read(house):
    house.run("gateway")
    stamp = json.loads((house.root / ".venv" / "kald-installed").read_text())
    assert stamp["groups"] == {"gateway": ["shared==1", "web==1"]} and stamp["adding"] == []
