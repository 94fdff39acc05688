"""Do the drivers of lib/ see the same on real MicroPython as on CPython, allocating nothing in `read`?"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ACCELEROMETERS = ("adxl345", "lis3dh", "lsm6dso", "mpu6050", "mpu6886")


def lived(command, *paths):
    script = str(ROOT / "host_tests" / "chips_life.py")
    run = subprocess.run([*command, script, *map(str, paths)], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-2000:]
    return run.stdout


@pytest.mark.parametrize("python", ["micropython", "micropython32"])
def test_equal_values_and_a_locked_heap(python, request):
    there = lived(request.getfixturevalue(python), ROOT, ROOT / "lib")
    here = lived([sys.executable], ROOT, ROOT / "lib", ROOT / "tools" / "host")
    assert there == here
    for name in ACCELEROMETERS:
        lines = [line[len(name) + 1 :] for line in there.splitlines() if line.startswith(name + " ")]
        assert lines[-4].startswith("True ["), lines[-4]  # the self-test; on a frozen chip it fails
        assert lines[-3] == "False [0, 0, 0]"
        assert lines[-2] == "False []"  # not configured after a reset, and no forbidden write in the whole life
    for name in (*ACCELEROMETERS, "axp2101", "drv2605"):
        assert f"{name} hot with the heap locked" in there.splitlines()
