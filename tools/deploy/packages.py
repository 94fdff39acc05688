"""How does micropython-lib's package `lora` get onto a board? With mip, in lib/README.md's versions, or a folder."""

from pathlib import Path

from tools.deploy.cable import Refusal, mpremote

LORA = ("lora-sx126x@0.1.6", "lora-sx127x@0.1.2", "lora-async@0.1.1")


def install(port, folder=""):
    """Install package lora on the board at `port`, from `folder` (which holds lora/) if named. Raises Refusal."""
    if folder:
        if not (Path(folder) / "lora").is_dir():
            raise Refusal(f"there is no folder lora in {folder}")
        script = "import os\nif 'lib' not in os.listdir('/'): os.mkdir('/lib')"
        mpremote(port, "exec", script, "+", "fs", "cp", "-r", "lora", ":/lib/", cwd=folder)
        return
    for package in LORA:
        try:
            mpremote(port, "mip", "install", package)
        except Refusal as error:
            raise Refusal(f"{package} could not be installed ({error}); without the internet, name a folder that holds "
                          "the package: --lora FOLDER") from None  # fmt: skip
