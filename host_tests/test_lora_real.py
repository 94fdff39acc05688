"""Do the LoRa tests also pass on the real package `lora`, where it can be had?

From the folder in KALD_LORA_LIB, else from mip's index if that answers; otherwise this prints NOT RUN, and the other
tests have run on the double.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "test_lora_package.py"
TESTS = [f"test_lora{part}.py" for part in ("", "_doze", "_both", "_storms", "_others")]
WANTED = {"lora-sx126x": "0.1.6", "lora-sx127x": "0.1.2"}  # as lib/README.md says


def micropython():
    found = Path(os.environ.get("MICROPYTHON") or Path(sys.executable).parent / "micropython")
    return str(found) if found.exists() else None


def installed(folder):
    """Return whether mip could install the package into `folder`."""
    for name, version in WANTED.items():
        order = f"import mip; mip.install({name!r}, version={version!r}, target={str(folder)!r}, mpy=False)"
        try:
            subprocess.run([micropython(), "-c", order], capture_output=True, timeout=30, check=True)
        except (OSError, subprocess.SubprocessError):
            return False
    return (folder / "lora" / "sx126x.py").exists()


def test_everything_again_on_the_real_package(tmp_path):
    folder = os.environ.get("KALD_LORA_LIB")
    if not folder:
        if not micropython() or not installed(tmp_path):
            pytest.skip("NOT RUN on the real package lora: no KALD_LORA_LIB, and mip's index does not answer")
        folder = str(tmp_path)
    passes_on(folder, PACKAGE, *TESTS)


def passes_on(folder, *tests):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    run = subprocess.run(
        command, cwd=ROOT / "host_tests", env={**os.environ, "KALD_LORA_LIB": str(folder)}, capture_output=True,
        text=True, timeout=HANGS_S,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]


def test_the_readme_names_these_versions():
    text = (ROOT / "lib" / "README.md").read_text()
    for name, version in WANTED.items():
        assert f"{name}@{version}" in text
