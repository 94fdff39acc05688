"""What do the documents show that is made from data, and where does it stand? Tables between markers, and drawings.

Of the pictures that only a browser can make (`kald pictures`) nothing is drawn here; whether what they show has
changed since is.
"""

from pathlib import Path

from tools.docs import felt, marks, rooms, screens, tables, wiring
from tools.docs.drawing import Drawing
from tools.docs.rows import rows
from tools.flash.boards.check import FOLDER, read

ROOT = Path(__file__).resolve().parents[2]
PICTURES = "docs/pictures"


def blocks() -> dict[str, dict[str, str]]:
    """Return {document: {name: Markdown}} of all that stands between markers. Raises Unnamed."""
    return {
        "docs/architecture.md": {"alarm": Drawing(rows()).markdown()},
        "docs/hardware.md": {"draws": tables.draws()},
        "docs/protocol.md": {"frames": tables.frames()},
        "docs/technician.md": {"settings": tables.settings()},
    }


def pictures() -> dict[str, str]:
    """Return {path: text} of all files that are made from data as a whole: drawings, and the page of rooms."""
    made = {f"{PICTURES}/felt_{lang}.svg": felt.drawing(lang) for lang in ("da", "en")}
    made["docs/rooms.md"] = rooms.page()
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        made[f"{PICTURES}/wiring_{path.stem}.svg"] = wiring.drawing(path.stem, read(path))
    return made


def stale(root: Path, blocks: dict[str, dict[str, str]], pictures: dict[str, str]) -> dict[str, str]:
    """Return {path: fresh text} of what shows something older, or is not there. Raises Unmarked, OSError."""
    found = {}
    for path, drawings in blocks.items():
        text = (root / path).read_text(encoding="utf-8")
        try:
            fresh = marks.renewed(text, drawings)
        except marks.Unmarked as error:
            raise marks.Unmarked(f"{path}: {error}") from error
        if fresh != text:
            found[path] = fresh
    for path, fresh in pictures.items():
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != fresh:
            found[path] = fresh
    return found


def old_screens(root: Path) -> list[str]:
    """Return the paths of the pictures of screens whose pages have changed since they were taken."""
    taken = screens.taken(root)
    old = [name for name in screens.SCREENS if taken.get(name, {}).get("of") != screens.seen(name, taken)]
    return [f"{PICTURES}/{name}" for name in old]
