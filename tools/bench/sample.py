"""What does a quiet sample cost on each Python: microseconds, machine instructions, bytes of heap?"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from tools.bench.pythons import ROOT, RUN_S, micropython, run

SCRIPT = ROOT / "tools" / "sim" / "scripts" / "quiet.py"
DEPTH = 32  # samples a block, as there
HOST = (ROOT, ROOT / "tools" / "host")


class Costs(TypedDict):
    """{figure: number} of quiet.py on each Python; None where there is no MicroPython."""

    micropython: dict[str, float] | None
    cpython: dict[str, float]


def measure(blocks: int) -> Costs:
    """Return what a sample costs, over `blocks` blocks."""
    here = run(sys.executable, SCRIPT, "measure", blocks, *HOST)
    path = micropython()
    there = run(path, SCRIPT, "measure", blocks, ROOT) if path else None
    if there and not there["wasteful_alloc_bytes"]:
        raise RuntimeError("the count of allocated bytes does not count")
    return {"micropython": there, "cpython": here}


def instructions(blocks: int) -> float | None:
    """Return the instructions of one sample on MicroPython by callgrind, None without valgrind or MicroPython.

    What starting costs falls out: it is the difference between a life of `blocks` blocks and one of twice as many.
    """
    path = micropython()
    if not shutil.which("valgrind") or not path:
        return None
    return (_counted(path, 2 * blocks) - _counted(path, blocks)) / (blocks * DEPTH)


def _counted(path: str, blocks: int) -> int:
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "counted"
        words = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={out}", path,
                 str(SCRIPT), "live", str(blocks), str(ROOT)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_S)
        found = re.search(r"^totals: (\d+)", out.read_text() if out.exists() else "", re.MULTILINE)
        if done.returncode or not found:
            raise RuntimeError(f"callgrind failed: {done.stderr.strip()[-800:]}")
        return int(found[1])
