"""Which MicroPythons does this machine have?

The 64-bit one comes with .venv where its wheel exists; $MICROPYTHON names another. The 32-bit one counts as the ESP32
does and is built by .ci/micropython32.sh; $KALD_MICROPYTHON32 names another. With --image that makes one that has the
firmware in it; $KALD_IMAGE32 names another.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.flash.sources import identity

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / ".build" / "mp32" / "bin" / "micropython"
IMAGE = BUILT.with_name("micropython-image")
RUN_S = 600


def micropython() -> str | None:
    """Return the path of a MicroPython, None if there is none."""
    named = os.environ.get("MICROPYTHON")
    beside = Path(sys.executable).parent / "micropython"
    return named or (str(beside) if beside.exists() else shutil.which("micropython"))


def micropython32() -> str | None:
    """Return the path of a 32-bit MicroPython, None if there is none."""
    return os.environ.get("KALD_MICROPYTHON32") or (str(BUILT) if BUILT.exists() else None)


def image32() -> str | None:
    """Return the path of a 32-bit MicroPython that has the firmware as it is here, None if there is none."""
    path = os.environ.get("KALD_IMAGE32") or str(IMAGE)
    if not Path(path).exists():
        return None
    held = run(path, "-c", "import kald_image; print('held', kald_image.SOURCES)")["held"]
    return path if held == identity(ROOT) else None


def run(*words: str | int | Path) -> dict[str, float]:
    """Run a command, and return {name: number} of the lines `name number` that it prints. Raises RuntimeError."""
    spoken = [str(word) for word in words]
    done = subprocess.run(spoken, capture_output=True, text=True, timeout=RUN_S)
    if done.returncode:
        raise RuntimeError(f"{Path(spoken[0]).name} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    pairs = [line.split() for line in done.stdout.splitlines()]
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}
