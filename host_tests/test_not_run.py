"""Is a test that cannot run named at the end on a newcomer's machine, and a failure in CI?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

SKIPS = {
    "inside": "import pytest\ndef test_a():\n    pytest.skip('no such thing')\n",
    "marked": "import pytest\n@pytest.mark.skip(reason='no such thing')\ndef test_a():\n    pass\n",
    "expected": "import pytest\n@pytest.mark.xfail(reason='no such thing')\ndef test_a():\n    assert False\n",
    "whole": "import pytest\npytest.importorskip('no_such_thing')\ndef test_a():\n    pass\n",
}


def ran(folder, source, *more, **extra):
    """Run pytest over one file in `folder`, with our conftest; return (exit code, what it printed)."""
    (folder / "test_it.py").write_text(source)
    surroundings = {name: value for name, value in os.environ.items() if name != "KALD_CI"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", "--rootdir", str(folder)]
    run = subprocess.run([*words, *more, str(folder)], capture_output=True, text=True, timeout=60, cwd=folder,
                         env={**surroundings, "PYTHONPATH": str(HERE), **extra})
    return run.returncode, run.stdout


@pytest.mark.parametrize("way, more", [*((way, ()) for way in SKIPS), ("inside", ("-n", "2")), ("whole", ("-n", "2"))])
def test_a_skip_is_named_here_and_red_in_ci(way, more, tmp_path):
    source = SKIPS[way] + "def test_b():\n    pass\n"
    code, said = ran(tmp_path, source, *more)
    assert code in (0, 5) and "not run here" in said and "test_it.py" in said.split("not run here")[1]
    assert "such" in said.split("not run here")[1]
    code, said = ran(tmp_path, source, *more, KALD_CI="1")
    assert code in (1, 2) and "must run in CI" in said


def test_what_runs_is_green_and_says_nothing(tmp_path):
    code, said = ran(tmp_path, "def test_b():\n    pass\n", KALD_CI="1")
    assert code == 0 and "not run here" not in said
