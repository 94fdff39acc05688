#!/usr/bin/env python3
"""Which command does somebody want, and is everything there to run it?

Needs nothing but Python 3.11 or newer: on first use it makes `.venv` beside this checkout from pyproject.toml, then
runs the command inside it. Exit code 2 means: this could not be started, and the one line printed says why.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "kald-installed"

COMMAND_FILES = ROOT / "tools" / "commands"


def commands():
    """Return {command: what it answers}: the test, and the first line of each file of tools/commands."""
    known = {"test": "everything a newcomer needs to see green"}
    for path in sorted(COMMAND_FILES.glob("[a-z]*.py")):
        known[path.stem] = path.read_text(encoding="utf-8").split("\n")[0].strip().strip('"')
    return known


def refuse(sentence):
    """End with one plain sentence on stderr and exit code 2."""
    print(f"kald: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def requirements():
    """Return the pinned requirements that pyproject.toml names."""
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def prepare():
    """Make .venv with the pinned packages, unless it already holds exactly these."""
    wanted = requirements()
    mark = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == mark:
        return
    try:
        import ensurepip  # noqa: F401  without it `venv` makes an environment that cannot install anything
        import venv
    except ImportError:
        refuse("this Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv")
    print("kald: first use, making .venv (about a minute) ...", file=sys.stderr, flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        refuse(f"cannot make {VENV.name} here: {error}")
    print(f"kald: installing {len(wanted)} packages ...", file=sys.stderr, flush=True)
    run = subprocess.run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted])
    if run.returncode:
        refuse("the packages could not be installed. Is there a network? The lines above say more; try again later.")
    STAMP.write_text(mark)


def main(words):
    """Run the command that `words` names and return its exit code."""
    if sys.version_info < (3, 11):
        refuse(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    known = commands()
    if not words or words[0] not in known:
        lines = "\n".join(f"  {name:10} {text}" for name, text in known.items())
        print(f"usage: python3 tools/kald.py COMMAND\n{lines}", file=sys.stderr)
        return 2
    prepare()
    if words[0] == "test":
        return subprocess.run([PYTHON, "-m", "pytest", *words[1:]], cwd=ROOT).returncode
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "tools" / "host", ROOT / "lib"))
    start = "import sys; from importlib import import_module as take; "
    start += "sys.exit(take('tools.commands.' + sys.argv[1]).main(sys.argv[2:]))"
    return subprocess.run([PYTHON, "-c", start, *words], env={**os.environ, "PYTHONPATH": paths}).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
