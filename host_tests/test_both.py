"""Does the badge live the same life on CPython and on MicroPython, with nothing allocated behind its hot doors?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIFE = ROOT / "host_tests" / "life.py"


def lived(command, *paths):
    run = subprocess.run([*command, str(LIFE), *map(str, paths)], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-2000:]
    return run.stdout


def test_equal_lives_and_a_locked_heap():
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    if not Path(micropython).exists():
        assert not os.environ.get("KALD_CI"), "CI has no MicroPython"
        pytest.skip("not run: no micropython for this machine")
    there = lived([micropython], ROOT, ROOT / "host_tests")
    here = lived([sys.executable], ROOT, ROOT / "host_tests", ROOT / "tools" / "host")
    assert "locked doors ran" in there
    assert there == here
