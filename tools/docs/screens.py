"""Are the pictures of screens (board, card) still those of the pages as they are? `kald pictures` takes them.

A picture cannot be compared byte by byte, since fonts and times of day differ. So `taken.json` beside the pictures
holds what each was made from: a digest of the page's own files, and of those of its words that were to be read on it.
When the digest differs, the picture is old; that it looks right only eyes can say.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tools.docs import card
from tools.gateway.pages import board as board_page
from tools.gateway.pages.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
TAKEN = "taken.json"
SCREENS = {"board.png": 900, "card_en.png": 600, "card_da.png": 600}  # file: width in pixels
LANG = "en"  # of the board
Notes = dict[str, dict[str, Any]]


def taken(root: Path = ROOT) -> Notes:
    """Return {picture: {"of": digest, "words": keys of the words on it}}, as it was when they were taken."""
    path = root / "docs" / "pictures" / TAKEN
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def seen(name: str, taken: Notes) -> str:
    """Return the digest of what picture `name` would be made from now. taken: which words were on it."""
    if name.startswith("card_"):
        text = card.page(name[5:7], "{}")
    else:
        words = {key: WORDS[LANG].get(key) for key in taken.get(name, {}).get("words", ())}
        found = [board_page.file(each, LANG) for each in ("board.css", *board_page.SCRIPTS)]
        files = [file[0].decode() for file in found if file]
        text = json.dumps([board_page.html(LANG), files, words])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def note(on_board: str) -> None:
    """Write down what pictures just taken were made from. on_board: the text that was to be read on the board's."""
    words = sorted(key for key, word in WORDS[LANG].items() if f" {word} " in f" {on_board} ")
    notes: Notes = {name: {"words": words} if name == "board.png" else {} for name in SCREENS}
    for name in SCREENS:
        notes[name]["of"] = seen(name, notes)
    (FOLDER / TAKEN).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
