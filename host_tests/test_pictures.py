"""Are the pictures of board and card those of the pages as they are? By what they were made from, and not by pixels."""

import json
from pathlib import Path

import pytest

from tools.cli import pictures
from tools.docs import card_words, drawn, screens
from tools.gateway.pages import board

ROOT = Path(__file__).resolve().parent.parent


def test_no_picture_is_of_an_older_page():
    assert drawn.old_screens(ROOT) == [], "python3 tools/kald.py pictures takes them anew; look at them"


def test_every_picture_is_there_and_small():
    for name in screens.SCREENS:
        assert 10_000 < (screens.FOLDER / name).stat().st_size < 200_000


@pytest.fixture
def root(tmp_path):
    """Return a folder whose notes say that all pictures were taken just now."""
    place = tmp_path / "docs" / "pictures"
    place.mkdir(parents=True)
    notes = screens.taken(ROOT)
    (place / screens.TAKEN).write_text(json.dumps({
        name: {**notes.get(name, {}), "of": screens.seen(name, notes)} for name in screens.SCREENS}))
    assert drawn.old_screens(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize("what", ["css", "word", "card", "absent"])
def test_a_picture_of_a_screen_that_has_changed_is_old(root, monkeypatch, what):
    name = "docs/pictures/card_da.png" if what == "card" else "docs/pictures/board.png"
    if what == "css":
        real = board.file
        monkeypatch.setattr(board, "file", lambda name, lang: (real(name, lang)[0] + b" ", "text/css"))
    elif what == "word":
        shown = screens.taken(root)["board.png"]["words"]
        assert {"is_coming", "agreement", "kind_3", "tested"} <= set(shown)  # an alarm is open, and somebody comes
        monkeypatch.setitem(board.WORDS["en"], "is_coming", "is on the way")
    elif what == "card":
        monkeypatch.setitem(card_words.CARD["da"], "title", "Dit kort")
    else:
        (root / "docs/pictures/taken.json").unlink()
    assert name in drawn.old_screens(root)


def test_a_word_that_is_not_on_the_picture_makes_no_picture_old(root, monkeypatch):
    monkeypatch.setitem(board.WORDS["en"], "fault_none_of_ours", "a fault that nobody has yet")
    assert drawn.old_screens(root) == []


def test_without_a_browser_no_picture_is_touched(monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda name: None)
    before = {path: path.read_bytes() for path in screens.FOLDER.iterdir()}
    assert pictures.main([]) == 2 and "want a browser" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in screens.FOLDER.iterdir()} == before
