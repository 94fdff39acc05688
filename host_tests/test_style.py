"""Is every file of ours written as the house writes? Reads the sources; runs nothing.

Lines of at most 120 columns, files of at most 400 lines, a docstring at the head that says what the file answers and
one on all that is public, no notes to oneself, no printing behind the badge's doors, no error swallowed unseen.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

COLUMNS = 120
LINES = 400
NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")  # in two parts, so that this file does not find itself
QUIET = re.compile(r"firmware/(codes|limits|ticks|trace|crc|badge|settings)\.py|firmware/(detect|alarm|link|feedback)/")
ASKING = ("firmware/board/slots.py",)  # whether this MicroPython reads the files of a new tree
DOCUMENTED = ("firmware/", "lib/", "tools/")


def ours():
    """Return the paths of all Python files of the project, from the root."""
    found = [ROOT / "boot.py", ROOT / "main.py"]
    for tree in ("firmware", "lib", "tools", "host_tests"):
        found += (ROOT / tree).rglob("*.py")
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def trouble(path, source):
    """Return ["path:line: what is wrong"]."""
    found = []

    def say(line, what):
        found.append(f"{path}:{line}: {what}")

    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            say(number, f"{len(line)} columns, {COLUMNS} are allowed")
        if NOTES.search(line):
            say(number, "a note to oneself: do it, or file an issue")
    if len(lines) > LINES:
        say(1, f"{len(lines)} lines, {LINES} are allowed: two ideas in one file?")
    tree = ast.parse(source)
    if tree.body and not ast.get_docstring(tree):
        say(1, "no docstring at the head")
    for node in ast.walk(tree):
        _look(path, node, say)
    if path.startswith(DOCUMENTED):
        _documented(tree, "", say)
    return found


def _look(path, node, say):
    if isinstance(node, ast.ExceptHandler):
        if node.type is None:
            say(node.lineno, "a bare except")
        elif _named(node.type) & {"Exception", "BaseException"} and isinstance(node.body[0], ast.Pass):
            say(node.lineno, "any error at all, swallowed unseen")
    if QUIET.match(path) and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
        say(node.lineno, "prints behind the badge's doors")
    if path.startswith(("firmware/", "lib/", "boot.py", "main.py")):
        if isinstance(node, ast.Attribute) and node.attr in ("platform", "implementation") and path not in ASKING:
            say(node.lineno, "asks where it runs: the simulated board is one more board")
        if isinstance(node, ast.JoinedStr):
            say(node.lineno, "an f-string, which allocates")


def _named(type):
    return {part.id for part in ast.walk(type) if isinstance(part, ast.Name)}


def _documented(node, inside, say):
    for part in node.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not part.name.startswith("_"):
            if not ast.get_docstring(part):
                say(part.lineno, f"{inside}{part.name} is public and has no docstring")
            if isinstance(part, ast.ClassDef):
                _documented(part, part.name + ".", say)


def test_every_file_is_written_as_the_house_writes():
    paths = ours()
    assert len(paths) > 80
    found = [line for path in paths for line in trouble(path, (ROOT / path).read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


HEAD = '"""What?"""\n'


@pytest.mark.parametrize("path, source", [
    ("tools/a.py", HEAD + "a = '" + "x" * 120 + "'\n"),
    ("tools/a.py", HEAD + "\n" * LINES),
    ("tools/a.py", "a = 1\n"),
    ("tools/a.py", HEAD + "# TO" "DO later\n"),
    ("tools/a.py", HEAD + "def open():\n    return 1\n"),
    ("tools/a.py", HEAD + "class Open:\n    '''Yes.'''\n\n    async def go(self):\n        return 1\n"),
    ("host_tests/a.py", HEAD + "try:\n    a = 1\nexcept:\n    a = 2\n"),
    ("host_tests/a.py", HEAD + "try:\n    a = 1\nexcept (OSError, Exception):\n    pass\n"),
    ("firmware/badge.py", HEAD + "print(1)\n"), ("firmware/codes.py", HEAD + "print(1)\n"),
    ("firmware/link/a.py", HEAD + "def _f():\n    print(1)\n"),
    ("firmware/app.py", HEAD + "import sys\na = sys.platform\n"),
    ("lib/a.py", HEAD + "a = f'{1}'\n"),
])
def test_a_fault_of_style_is_found(path, source):
    assert len(trouble(path, source)) == 1


def test_a_file_in_order_is_let_pass():
    source = HEAD + "def open():\n    '''Yes.'''\n    try:\n        print(1)\n    except OSError:\n        pass\n"
    assert trouble("tools/a.py", source) == []
    assert trouble("firmware/link/__init__.py", "") == []
