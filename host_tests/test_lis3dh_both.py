"""Does the LIS3DH driver read the same on real MicroPython as on CPython, allocating nothing in `read`?"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lived(command, *paths):
    script = str(ROOT / "host_tests" / "lis3dh_life.py")
    run = subprocess.run([*command, script, *map(str, paths)], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-2000:]
    return run.stdout


@pytest.mark.parametrize("python", ["micropython", "micropython32"])
def test_equal_values_and_a_locked_heap(python, request):
    there = lived(request.getfixturevalue(python), ROOT, ROOT / "lib")
    here = lived([sys.executable], ROOT, ROOT / "lib", ROOT / "tools" / "host")
    assert there == here
    lines = there.splitlines()
    right, deltas = lines[-4].split(" ", 1)
    deltas = [int(word) for word in deltas[1 : deltas.index("]")].split(",")]
    assert right == "True" and all(abs(mg - typical) <= 8 for mg, typical in zip(deltas, (240, 280, 420), strict=True))
    assert lines[-3] == "False [0, 0, 0]"  # frozen
    assert lines[-2] == "False []"  # not configured after a reset, and no forbidden write in the whole life
    assert lines[-1] == "read with the heap locked 2"
