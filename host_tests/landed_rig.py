"""What have earlier landings left in houses? Trees out of this history, and badges flashed by their own tools."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LANDINGS = (  # the last that houses may have; before d9ece9c there were no slots, and before 1479cee nothing by air
    "db61d6370b5be03458a375fb81ecf8bcbe1d883b", "d9ece9cd10cc878e69b816281e6d3eccfdc02627",
    "1479cee7e0ccab5e7157532c288efbea8382a3b6", "a3c7c8a88526a416fc4911d4c073f1989588f0e1",
    "cec46c9df02c60f1011377d4db524a4c661975e0",
)
MANY = "KALD_CUTS" in os.environ  # who asks for more cuts has all of them; else the first and the last
_AS_IT_LANDED = """
import shutil, sys
from pathlib import Path
root, flash = Path("."), Path(sys.argv[1])
try:
    from tools.flash.copy import build
except ImportError:
    from tools.deploy.copy import build
if not (root / "tools/flash/slots.py").exists():
    build(root, flash)
    sys.exit()
(flash / "a").mkdir()
digests = build(root, flash / "a", slot="a")
for name in ("main.py", "boot.py"):
    shutil.copy(flash / "a" / name, flash / name)
try:
    from tools.flash import tree
    from tools.flash.sources import identity
except ImportError:
    sys.exit()
sizes = {path: (flash / "a" / path[1:]).stat().st_size for path in digests}
made = tree.listed(tree.version(identity(root)), 29_000_000, sizes, digests)
(flash / "a" / "list").write_bytes(tree.sealed(made))
"""


def unpacked(commit, folder):
    """Put the tree of a commit into `folder`; return that."""
    what = ["--format=zip", commit, "boot.py", "main.py", "tools", "firmware", "lib"]
    packed = subprocess.run(["git", "archive", *what], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip("no earlier landing in this clone: git fetch --unshallow")
    with zipfile.ZipFile(io.BytesIO(packed.stdout)) as files:
        files.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def landings(tmp_path_factory):
    """Give {commit: (flash of a badge, its sources)} of trees that have landed, each built by its own tools."""
    return _as_landed(LANDINGS if MANY else LANDINGS[:1] + LANDINGS[-3:], tmp_path_factory)


@pytest.fixture(scope="module")
def by_air(tmp_path_factory):
    """Give the same of those that can be updated over the air."""
    return _as_landed(LANDINGS[2:] if MANY else LANDINGS[-2:], tmp_path_factory)


def _as_landed(commits, tmp_path_factory):
    made = {}
    for commit in commits:
        root, flash = unpacked(commit, tmp_path_factory.mktemp("landed")), tmp_path_factory.mktemp("flash")
        path = os.pathsep.join(str(root / part) for part in (".", "tools/host"))
        subprocess.run([sys.executable, "-P", "-c", _AS_IT_LANDED, flash], cwd=root, check=True,
                       env={**os.environ, "PYTHONPATH": path})
        made[commit[:7]] = flash, root
    return made
