"""How does a test have a script lived, on this Python or on a badge's?"""

import subprocess
import sys
from pathlib import Path

from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
HERE = [sys.executable]
SHIMS = ROOT / "tools" / "host"  # what this Python lacks of a badge's modules


def lived(python, script, *words):
    """Run `script`, a path in host_tests or a whole one, with the command `python`; return what it printed."""
    command = [str(word) for word in (*python, TESTS / script, *words)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=HANGS_S, cwd=ROOT)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return run.stdout


def alike(python, script, *folders):
    """Return what `script` prints on a badge's `python`, and what it prints here. folders: for its sys.path."""
    return lived(python, script, *folders), lived(HERE, script, *folders, SHIMS)
