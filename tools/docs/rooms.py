"""Which room imports which? Read from the sources of firmware and tools, and drawn as Mermaid (docs/rooms.md).

A room is a folder of firmware, or of tools; the folders of tools/sim are rooms of their own. What stands in no folder
of firmware is on a floor. An arrow means: imports.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREES = ("firmware", "tools")
DEEP = ("tools.sim",)  # whose folders are rooms of their own
OUTSIDE = ("firmware/__init__", "firmware/manifest")  # the second is for MicroPython's build alone
FLOORS = {  # files that stand in no folder of firmware
    "ground": ("codes", "limits", "ticks", "trace", "crc"),
    "badge": ("badge", "settings", "audible", "nearby"),
    "hallways": ("app", "bridge", "lifeboat", "badge_start", "lifeboat_start", "start"),
}
_PAGE = """# Rooms, and who imports whom

Drawn from the sources by `kald draw`; a test fails when it is stale, or when an arrow runs in a circle.
What tools take of firmware is left out: frames, codes and limits are theirs, too.

{}
"""


def room_of(module: str) -> str:
    """Return the room of a dotted module or package name. Raises StopIteration for a file of firmware on no floor."""
    parts = module.split(".")
    if parts[0] == "firmware" and len(parts) == 2 and not (ROOT / "firmware" / parts[1]).is_dir():
        return "firmware." + next(floor for floor, files in FLOORS.items() if parts[1] in files)
    depth = 3 if ".".join(parts[:2]) in DEEP else 2
    folder = ROOT.joinpath(*parts[:depth])
    return ".".join(parts[:depth] if folder.is_dir() else parts[:depth - 1])


def names(source: str) -> set[str]:
    """Return the dotted names that `source` imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{one.name}" for one in node.names}
    return found


def imports(source: str) -> set[str]:
    """Return the modules and packages of firmware and tools that `source` imports."""
    ours = {name for name in names(source) if name.split(".")[0] in TREES}
    return {name if _is_module(name) else name.rpartition(".")[0] for name in ours}


def arrows() -> dict[tuple[str, str], list[str]]:
    """Return {(room, room that it imports): the files that do}."""
    found: dict[tuple[str, str], list[str]] = {}
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*.py")):
            inner = path.relative_to(ROOT).with_suffix("")
            if inner.as_posix() in OUTSIDE:
                continue
            here = room_of(".".join(inner.parts))
            for name in imports(path.read_text(encoding="utf-8")):
                there = room_of(name)
                if there != here:
                    found.setdefault((here, there), []).append(inner.as_posix())
    return found


def circle(pairs: set[tuple[str, str]]) -> list[str]:
    """Return rooms each of which imports the next, and the last the first; none if no arrow runs back up."""
    left = set(pairs)
    while True:
        importing = {here for here, _ in left}
        kept = {(here, there) for here, there in left if there in importing}
        if kept == left:
            break
        left = kept
    if not left:
        return []
    way = [min(left)[0]]
    while way[-1] not in way[:-1]:
        way.append(min(there for here, there in left if here == way[-1]))
    return way[way.index(way[-1]):-1]


def page() -> str:
    """Return the page with the drawing."""
    lines = ["```mermaid", "flowchart TD"]
    for here, there in sorted(arrows()):
        if here.split(".")[0] == there.split(".")[0]:
            lines.append(f"    {here.replace('.', '/')} --> {there.replace('.', '/')}")
    return _PAGE.format("\n".join([*lines, "```"]))


def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()
