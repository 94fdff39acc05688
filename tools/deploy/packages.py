"""How does micropython-lib's package `lora` get onto a board? With mip, in lib/README.md's versions, or a folder."""

from pathlib import Path

from tools.deploy.cable import Refusal, mpremote

LORA = {
    "sx1262": ("lora-sx126x@0.1.6", "lora-async@0.1.1"),
    "sx1276": ("lora-sx127x@0.1.2", "lora-async@0.1.1"),
}


def install(port, what):
    """Install package lora on the board at `port`, for the chip `what`, or from the folder `what`. Raises Refusal."""
    if what not in LORA:
        folder = what
        if not (Path(folder) / "lora").is_dir():
            raise Refusal(f"--lora wants sx1262, sx1276 or a folder that holds the package lora, not {folder}")
        script = "import os\nif 'lib' not in os.listdir('/'): os.mkdir('/lib')"
        mpremote(port, "exec", script, "+", "fs", "cp", "-r", "lora", ":/lib/", cwd=folder)
        return
    for package in LORA[what]:
        try:
            mpremote(port, "mip", "install", package)
        except Refusal as error:
            raise Refusal(f"{package} could not be installed ({error}); without the internet, name a folder that holds "
                          "the package: --lora FOLDER") from None  # fmt: skip
