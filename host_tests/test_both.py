"""Does the badge live the same life on CPython and on MicroPython, with nothing allocated behind its hot doors?"""

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


ALLOCATES = """
import micropython
micropython.heap_lock()
try:
    bytearray(16)
except MemoryError:
    print("refused")
"""


@pytest.mark.parametrize("python", ["micropython", "micropython32"])
def test_a_locked_heap_refuses(python, request):
    words = [*request.getfixturevalue(python), "-c", ALLOCATES]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert run.stdout == "refused\n"


def test_the_32_bit_one_counts_as_the_esp32_does(micropython32):
    words = [*micropython32, "-c", "import sys; print(sys.maxsize)"]
    assert subprocess.run(words, capture_output=True, text=True, timeout=60).stdout == f"{2**31 - 1}\n"


@pytest.mark.parametrize("python", ["micropython", "micropython32"])
def test_equal_lives_and_a_locked_heap(python, request):
    there = lived(request.getfixturevalue(python), ROOT, ROOT / "host_tests")
    here = lived([sys.executable], ROOT, ROOT / "host_tests", ROOT / "tools" / "host")
    assert "locked doors ran" in there
    assert there == here
