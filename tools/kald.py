#!/usr/bin/env python3
"""Which command does somebody want, and is everything there to run it?

Needs nothing but Python 3.11 or newer: what a command needs beyond that is installed on its first use into `.venv`
beside this checkout (tools/first_use.py). Exit code 2 means: this could not be started, and the one line printed says
why. 130 means: stopped by Ctrl-C.
"""

from __future__ import annotations  # for a Python too old to evaluate them: it is told so

import difflib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
COMMAND_FILES = ROOT / "tools" / "cli"

_GATEWAY, _TECHNICIAN = ("gateway",), ("technician",)
_HOUSE = (*_GATEWAY, *_TECHNICIAN, "badges")
# The groups of pyproject.toml that a command cannot do without; "gateway" is the project's own.
NEEDS: dict[str, tuple[str, ...]] = {
    "test": (*_HOUSE, "evaluate", "test"),
    **dict.fromkeys(("boards", "card", "close", "completion", "keys", "shift", "take", "visit"), ()),
    **dict.fromkeys(("account", "backup", "bridge", "draw", "export", "forget", "gateway", "group", "hands", "hunt",
                     "notify", "place", "plan", "report", "restore", "retention", "ring", "story",
                     "times", "zone"), _GATEWAY),
    **dict.fromkeys(("check", "config", "flash", "monitor", "selftest"), _TECHNICIAN),
    **dict.fromkeys(("fleet", "pair", "range", "unpair"), (*_GATEWAY, *_TECHNICIAN)),
    **dict.fromkeys(("bench", "demo", "pictures", "week"), _HOUSE),
    **dict.fromkeys(("evaluate", "replay"), ("evaluate",)),
    "energy": (*_GATEWAY, "badges"),
    "train": ("train",),
}
WITH = {  # what a word behind a command needs besides
    **dict.fromkeys((("flash", "--data"), ("flash", "--store")), _GATEWAY),  # its database has the keys of a seal
    ("bridge", "--update"): _TECHNICIAN,
    ("hunt", "--defects"): NEEDS["test"],
}
WITHOUT_MICROPYTHON = {  # what falls away where there is no MicroPython for the machine
    "test": "all tests that run on MicroPython are left out, and named at the end",
    "bench": "what a badge takes is not measured",
    "week": "it cannot be lived here",
    "energy": "no day can be lived here, and so none is counted",
    "demo": None,  # all of it
    "pictures": None,
}

WORKERS_MOST = 8  # for a test: one more than cores, since some wait in real time; each takes some 300 MB

EXAMPLES = (
    ("kald demo", "a house on this machine, and what happens in it"),
    ("kald flash", "the firmware onto the badge on the cable"),
    ("kald pair --name Anna --ssid NAME --gateway HOST --data DIR", "its keys, for who wears it"),
    ("kald selftest", "every part of it"), ("kald flash -h", "what a command may be told"),
)

_START = """
import errno, signal, sys
from importlib import import_module as take
if sys.stdout:  # a letter that this terminal does not have is no reason to say nothing
    sys.stdout.reconfigure(errors='replace')
try:
    sys.exit(take('tools.cli.' + sys.argv[1]).main(sys.argv[2:]))
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who presses again does not wait for what is still running
    print('kald: stopped', file=sys.stderr)
    sys.exit(130)
except OSError as error:  # of what a machine may refuse to anybody; all else is an error of ours
    refusals = 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EMFILE', 'ENAMETOOLONG', 'ELOOP'
    if errno.errorcode.get(error.errno) not in refusals:
        raise
    at = error.filename and f' ({error.filename})' or ''
    print(f'kald {sys.argv[1]}: this machine refuses: {error.strerror}{at}', file=sys.stderr)
    sys.exit(2)
except Exception as error:
    if type(error).__name__ != 'OperationalError':  # of a database that is full, held, or gone
        raise
    print(f'kald {sys.argv[1]}: the database refuses: {error.orig}', file=sys.stderr)
    sys.exit(2)
"""


def commands() -> dict[str, str]:
    """Return {command: what it answers}: the test, and the first line of each file of tools/cli."""
    known = {"test": "everything a newcomer needs to see green; --all: what takes minutes, too"}
    for path in sorted(COMMAND_FILES.glob("[a-z]*.py")):
        known[path.stem] = path.read_text(encoding="utf-8").split("\n")[0].strip().strip('"')
    return known


def refuse(sentence: str) -> NoReturn:
    """End with one plain sentence on stderr and exit code 2."""
    print(f"kald: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def _warn_without_micropython(command: str, python: str | Path) -> None:
    there = os.environ.get("MICROPYTHON") or (Path(python).parent / "micropython").exists()
    if command in WITHOUT_MICROPYTHON and not there and not shutil.which("micropython"):
        lost = WITHOUT_MICROPYTHON[command]
        said = "there is no MicroPython wheel for this kind of machine, and $MICROPYTHON names no other"
        if not lost:
            refuse(f"{said}: the {command}'s badges cannot run")
        print(f"kald: {said}: {lost}", file=sys.stderr, flush=True)


def _become(python: str | Path, words: list[str], env: dict[str, str]) -> int:
    """Run Python with `words` in place of this process, so that signals reach it; return its exit code."""
    try:
        if os.name == "posix":
            sys.stdout.flush()
            os.execve(python, [str(python), *words], env)
        return subprocess.run([python, *words], env=env).returncode  # Windows knows no such thing
    except OSError as error:
        refuse(f"{python} cannot be run ({error.strerror}): delete the folder .venv and try again")


def main(words: list[str]) -> int:
    """Run the command that `words` names and return its exit code."""
    if sys.version_info < (3, 11):
        refuse(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    if not COMMAND_FILES.is_dir():
        refuse("only a checkout has all that kald needs: install it from there, pip install --no-deps -e .")
    known = commands()
    sys.path.insert(0, str(ROOT))
    from tools import first_use, spoken

    spoken.listen(words)
    said = spoken.said
    if not words or words[0] not in known:
        asked = bool(words) and words[0] in ("-h", "--help", "help")
        if words and not asked:
            close = difflib.get_close_matches(words[0], known, 1, 0.5)
            meant = said(f"; do you mean {close[0]}?") if close else "."
            refuse(said(f"there is no command {words[0]}{meant} kald -h lists them"))
        lines = "\n".join([f"  {name:10} {said(text)}" for name, text in known.items()] + ["", said("for example")]
                          + [f"  {example:64} {said(what)}" for example, what in EXAMPLES])
        print(f"{said('usage: ')}python3 tools/kald.py COMMAND\n{lines}", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    command, rest = words[0], words[1:]
    needed = NEEDS[command]
    if needed and any(word.split("=")[0] == "--store" for word in rest):
        needed = (*needed, "postgresql")
    for word in rest:
        needed = (*WITH.get((command, word.split("=")[0]), ()), *needed)
    try:
        python: str | Path = first_use.prepare(tuple(dict.fromkeys(needed))) if needed else sys.executable
    except first_use.Refusal as refusal:
        refuse(str(refusal))
    _warn_without_micropython(command, python)
    if command == "test":
        whole = {"KALD_LONG": "1"} if "--all" in rest else {}
        os.chdir(ROOT)
        workers = min((os.cpu_count() or 1) + 1, WORKERS_MOST)
        spread = ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]
        words = ["-m", "pytest", *spread, *[word for word in rest if word != "--all"]]
        return _become(python, words, {**os.environ, **whole})
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "tools" / "host", ROOT / "lib"))
    return _become(python, ["-P", "-c", _START, *words], {**os.environ, "PYTHONPATH": paths})


def command() -> NoReturn:
    """Run the command that this process was called with, and end with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # as in _START
        sys.stdout.reconfigure(errors="replace")
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("kald: stopped; run again, it begins where it must", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    command()
