"""Would a life, or a test, find a fault that this house once had? Each is put back into a copy of the sources.

defects.txt names them: in each block a number and words, the tests that are about it, and the lines to be put back.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
_LIST = Path(__file__).with_name("defects.txt")
_LEFT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build")
_NO_LIFE, _TESTS = "no life: ", "tests "
_HUNT = "import sys; from tools.cli import hunt; sys.exit(hunt.main(sys.argv[1:]))"


class Defect(NamedTuple):
    """One fault. no_life: why no life can meet it, or "". edits: [(path, lines that stand there, lines of before)]."""

    name: str
    words: str
    tests: list[str]
    no_life: str
    edits: list[tuple[str, str, str]]


def defects(text: str) -> list[Defect]:
    """Return what a text like defects.txt names."""
    found = []
    for block in text.strip().split("\n\n")[1:]:
        head, *parts = block.split("\n@ ")
        title, *more = head.split("\n")
        said = {word: line[len(word):] for line in more for word in (_NO_LIFE, _TESTS) if line.startswith(word)}
        edits = []
        for part in parts:
            path, *lines = part.split("\n")
            now, before = ("".join(line[1:] + "\n" for line in lines if line[0] == sign) for sign in "-+")
            edits.append((path, now, before))
        name, _, words = title.partition(" ")
        found.append(Defect(name, words, said[_TESTS].split(), said.get(_NO_LIFE, ""), edits))
    return found


def known() -> list[Defect]:
    """Return all that defects.txt names."""
    return defects(_LIST.read_text())


def copied(folder: Path, defect: Defect) -> Path:
    """Return a copy of the sources in `folder`, with the defect in it. Raises ValueError if it has no place there."""
    tree = Path(shutil.copytree(ROOT, folder / defect.name, ignore=_LEFT))
    (tree / ".venv").symlink_to(sys.prefix)
    for path, now, before in defect.edits:
        text = (tree / path).read_text()
        if text.count(now) != 1:
            raise ValueError(f"defect {defect.name}: its lines stand {text.count(now)} times in {path}")
        (tree / path).write_text(text.replace(now, before))
    return tree


def met(tree: Path, seeds: str, having: str, jobs: int) -> str:
    """Return what the first life in `tree` that breaks a promise says of it, "" if all of `seeds` keep them.

    having: as `kald hunt` takes it: lives that have nothing to do with a fault need not be lived.
    """
    words = ["--seeds", seeds, "--having", having, "--jobs", str(jobs), "--brief", "--first"]
    paths = os.pathsep.join(str(path) for path in (tree, tree / "tools" / "host", tree / "lib"))
    run = subprocess.run([sys.executable, "-P", "-c", _HUNT, *words], cwd=tree, capture_output=True, text=True,
                         env={**os.environ, "PYTHONPATH": paths})
    lines = [line for line in run.stdout.splitlines() if line.startswith("kald story ")]
    return lines[0] if lines else run.stderr.strip()[-200:] if run.returncode else ""


def tested(tree: Path, tests: list[str]) -> str:
    """Return the first test in `tree` that fails, of the files `tests`; "" if none does."""
    for name in tests:
        words = [sys.executable, "-m", "pytest", "-x", "-p", "no:randomly", f"host_tests/{name}.py"]
        run = subprocess.run(words, cwd=tree, capture_output=True, text=True)
        failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if failed:
            return failed[0].split(" - ")[0].removeprefix("FAILED ").removeprefix("ERROR ")
    return ""
