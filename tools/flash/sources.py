"""What does each file on the badge say? What stands in the source, with numbers for the constants that files share.

What is flashed is what is read: names, files and lines stay as they are, so that a traceback tells the truth about the
source, and two versions of a file ask each other for the same names. An __init__.py that says nothing stays away: a
folder is a package without it, and a module takes heap.
"""

import ast
import functools
import threading
import zlib
from pathlib import Path

from tools.flash.constants import Shared, parsed

TOP = ("boot.py", "main.py")
TREES = {"firmware": "**/*.py", "lib": "*.py"}  # lib/examples is for people, not for badges
MANIFEST = "firmware/manifest.py"  # read by MicroPython's build, never by a badge
_MAKING = threading.Lock()  # of badges that are flashed side by side, the second finds what the first has made
BOAT = "boat"  # the folder of the lifeboat's own copies
# What a lifeboat is made of: from here on all that is imported, but for what its board (`bare`) leaves out.
_BOAT_BEGINS = ("firmware/lifeboat_start.py", "firmware/board/rtc_memory.py", "firmware/board/boards/")
_BOAT_LEAVES = (
    "firmware/board/sensors.py", "firmware/board/sleep.py", "firmware/board/sounder.py", "firmware/audible.py",
    "firmware/board/scan.py", "firmware/board/beacons.py", "firmware/board/update.py",
)


def listed(root: Path) -> list[str]:
    """Return the paths below `root`, as text, of all that a badge has of it."""
    paths = [root / name for name in TOP]
    for tree, form in TREES.items():
        paths += sorted((root / tree).glob(form))
    inner = [path.relative_to(root).as_posix() for path in paths]
    return [path for path in inner if path != MANIFEST]


def identity(root: Path) -> int:
    """Return a number that is another one for other sources: by it a frozen image says what is in it."""
    crc = 0
    for path in listed(root):
        crc = zlib.crc32((root / path).read_bytes(), zlib.crc32(path.encode(), crc))
    return crc


def sources(root: Path) -> dict[str, str]:
    """Return {path below `root`, .py: text on the badge}. Raises SyntaxError or ValueError where a file is wrong."""
    with _MAKING:
        return dict(_made(root, identity(root)))


@functools.lru_cache(maxsize=8)  # a house's badges are flashed one after another
def _made(root: Path, _identity: int) -> dict[str, str]:
    shared = Shared(root)
    made = {}
    for path in [root / each for each in listed(root)]:
        inner = path.relative_to(root)
        try:
            text = shared.inline(path.read_text(encoding="utf-8"), module_of(inner))
            if inner.name != "__init__.py" or len(parsed(text).body) > 1:
                made[inner.as_posix()] = text
        except SyntaxError as error:
            raise SyntaxError(f"{inner} does not compile: {error.msg} in line {error.lineno}") from error
    return made


def boat(made: dict[str, str]) -> list[str]:
    """Return the paths of `made`, as `sources` returns it, of which the lifeboat has copies of its own."""
    paths = {module_of(Path(path)): path for path in made}
    found, wanted = set(), [path for path in made if path.startswith(_BOAT_BEGINS)]
    while wanted:
        path = wanted.pop()
        if path in found or path in _BOAT_LEAVES:
            continue
        found.add(path)
        for node in ast.walk(parsed(made[path])):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module, *[f"{node.module}.{alias.name}" for alias in node.names]]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            wanted += [paths[name] for name in names if name in paths]
    return sorted(found)


def module_of(inner: Path) -> str:
    """Return the dotted name by which file `inner`, a path below the root, is imported."""
    parts = inner.with_suffix("").parts[inner.parts[0] == "lib" :]
    return ".".join(parts).removesuffix(".__init__")
