"""Is a test that cannot run named at the end on a newcomer's machine, and a failure in CI?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from waits import HANGS_S

HERE = Path(__file__).resolve().parent

SKIPS = {
    "inside": "import pytest\ndef test_a():\n    pytest.skip('no such thing')\n",
    "marked": "import pytest\n@pytest.mark.skip(reason='no such thing')\ndef test_a():\n    pass\n",
    "expected": "import pytest\n@pytest.mark.xfail(reason='no such thing')\ndef test_a():\n    assert False\n",
    "whole": "import pytest\npytest.importorskip('no_such_thing')\ndef test_a():\n    pass\n",
}
RUNS = "def test_b():\n    pass\n"


def ran(folder, sources, *more, **extra):
    """Run pytest over {name: source} in `folder`, with our conftest; return (exit code, what it printed)."""
    for name, source in sources.items():
        (folder / f"test_{name}.py").write_text(source)
    surroundings = {name: value for name, value in os.environ.items() if name != "KALD_CI"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", "--rootdir", str(folder),
             "--continue-on-collection-errors"]
    run = subprocess.run([*words, *more, str(folder)], capture_output=True, text=True, timeout=HANGS_S, cwd=folder,
                         env={**surroundings, "PYTHONPATH": f"{HERE}{os.pathsep}{folder}", **extra})
    return run.returncode, run.stdout


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_skip_is_named_here_and_red_in_ci(more, tmp_path):
    sources = {**{way: source + RUNS for way, source in SKIPS.items()}, "runs": RUNS}
    code, said = ran(tmp_path, sources, *more)
    lines = said.split("not run here")[1].splitlines()
    named = dict(line.split(": ", 1) for line in lines if "_a: " in line or "whole" in line)
    assert code == 0 and named.keys() == {f"test_{way}.py{'' if way == 'whole' else '::test_a'}" for way in SKIPS}
    assert all("no such thing" in reason or "no_such_thing" in reason for reason in named.values())
    code, said = ran(tmp_path, sources, *more, KALD_CI="1")
    assert code in (1, 2) and "not run here" not in said
    for way in SKIPS:
        assert any(f"test_{way}.py" in line and "must run in CI" in line for line in said.splitlines()), way


def test_what_runs_is_green_and_says_nothing(tmp_path):
    code, said = ran(tmp_path, {"it": RUNS}, KALD_CI="1")
    assert code == 0 and "not run here" not in said


def test_what_ci_tries_deeper_or_was_not_run_is_not_proven_by_a_newcomer_nor_its_file(tmp_path):
    marked = "import pytest\n@pytest.mark.deeper\ndef test_a():\n    pass\n" + RUNS
    (tmp_path / "note.py").write_text(
        "import conftest\ndef pytest_sessionfinish():\n    print('proven', sorted(conftest._all_proven()))\n")
    code, said = ran(tmp_path, {"it": marked, "runs": RUNS, "skips": SKIPS["inside"] + RUNS}, "-p", "note")
    assert code == 0
    assert "proven ['test_it.py::test_b', 'test_runs.py', 'test_runs.py::test_b', 'test_skips.py::test_b']" in said
    (tmp_path / "passed").write_text("host_tests/test_runs.py\ntest_skips.py::test_b\n")
    (tmp_path / "test_runs.py").write_text("no Python")
    code, said = ran(tmp_path, {}, KALD_PASSED=str(tmp_path / "passed"))
    assert code == 0 and "2 passed, 1 skipped, 1 deselected" in said
