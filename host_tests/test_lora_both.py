"""Do air, chips, drivers and ledger live the same on real MicroPython as on CPython, the ledger allocating nothing?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lived(command, script, *paths):
    command = [*command, str(ROOT / "host_tests" / script), *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-2000:]
    return run.stdout.splitlines()


def both(script):
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    if not Path(micropython).exists():
        assert not os.environ.get("KALD_CI"), "CI has no MicroPython"
        pytest.skip("not run: no micropython for this machine")
    there = lived([micropython], script, ROOT, ROOT / "host_tests")
    return there, lived([sys.executable], script, ROOT, ROOT / "host_tests", ROOT / "tools" / "host")


def test_one_air():
    there, here = both("air_life.py")
    assert there == here and len(there) > 200


def test_one_life_of_three_radios():
    there, here = both("lora_life.py")
    assert there[-2].startswith("ledger with the heap locked") and there[-2:] == here[-2:]
    heard = [line.split(" ", 1)[1] for line in there if " heard " in line]
    assert heard == [line.split(" ", 1)[1] for line in here if " heard " in line] and len(heard) > 15
    assert sum(" [] [(" in line for line in there) == 3  # no chip has anything to complain about
    if there[-1] == "the double":
        # the real package tells True from 1 by isinstance, which MicroPython and CPython answer differently: 1 ms here
        assert there == here
