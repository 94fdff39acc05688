"""Do the documents show the alarm table, frames, settings and wiring as they are, and can a person read them?"""

import re
import xml.dom.minidom

import pytest

from firmware.alarm.table import IGNORED, STATES
from firmware.codes import CALLING, EVENTS, FELL, PRESSED, SAFE, WARNED
from firmware.link import frame
from firmware.link.seal import TAG_BYTES
from tools.cli import draw
from tools.docs import drawn, table_words, tables, wiring
from tools.docs.drawing import Drawing
from tools.docs.marks import END, Unmarked, begin, renewed
from tools.docs.rows import rows
from tools.flash.boards.check import LINES, read

EMPTY = f"before\n{begin('alarm')}\n{END}\nafter\n"


def alarm(rows=rows()):
    """Return the blocks of one document that holds the alarm table."""
    return {"alarm.md": {"alarm": Drawing(rows).markdown()}}


def drew(root, *words, rows=rows()):
    return draw.main(list(words), root, blocks={} if rows is None else alarm(rows), pictures={})


@pytest.fixture
def root(tmp_path):
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "alarm.md").write_text(EMPTY)
    return tmp_path


def test_no_document_and_no_drawing_is_stale():
    assert draw.main(["--check"]) == 0, "python3 tools/kald.py draw renews what is made from data"


def test_every_row_is_in_the_table_and_nothing_else():
    drawing = Drawing(rows())
    arrows = {(state, event): after for state, event, after, _ in rows()}
    words, events = table_words.states(), table_words.events()
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in drawing.table()]
    assert lines[0][1:] == [words[state][0] for state in range(STATES)]
    shown = {event: line for line in lines[2:] for event in events if events[event] in line[0].split(" / ")}
    assert set(shown) == {event for _, event, _, _ in rows()}
    for state in range(STATES):
        for event in shown:
            word = shown[event][1 + state].split(",")[0]
            after = arrows.get((state, event))
            assert word == ("·" if after is None else words[after][0]) or (word == "stays" and after == state)


def test_every_arrow_between_two_states_is_in_the_diagram_or_said_once():
    drawing, words, events = Drawing(rows()), table_words.states(), table_words.events()
    text = "\n".join(drawing.diagram())
    for state, event, after, _ in rows():
        line = f"{words[state][0]} --> {words[after][0]}: "
        drawn = any(part.strip().startswith(line) and events[event] in part for part in text.split("\n"))
        assert drawn or state == after or drawing.everywhere()[event] == after


def test_words_are_given_for_all_that_the_table_holds_and_for_nothing_else():
    assert set(table_words.states()) == set(range(STATES)) == {row[0] for row in rows()} | {row[2] for row in rows()}
    assert set(table_words.events()) == {row[1] for row in rows()} <= set(range(1, EVENTS))
    assert {row[3] for row in rows()} <= set(table_words.orders()) and IGNORED not in table_words.orders()
    for said in (table_words.STATES, table_words.ORDERS):
        marks = [mark for mark, _ in said.values() if mark]
        assert len(set(marks)) == len(marks)
    assert len(set(table_words.EVENTS.values())) == len(table_words.EVENTS)
    breaking = set("|:;/\n")  # what would break the drawing
    assert not [text for text in table_words.EVENTS.values() if set(text) & breaking]


@pytest.mark.parametrize("row, what", [
    ((STATES + 3, PRESSED, SAFE, 0), f"state with number {STATES + 3}"),
    ((SAFE, EVENTS + 7, SAFE, 0), f"event with number {EVENTS + 7}"),
    ((SAFE, PRESSED, WARNED, 77), "order with number 77"),
])
def test_what_has_no_words_is_named(row, what):
    with pytest.raises(table_words.Unnamed, match=what):
        alarm((*rows(), row))


def test_words_for_what_is_not_there_and_two_words_for_one_are_refused():
    with pytest.raises(table_words.Unnamed, match="no state called NOWHERE"):
        table_words.numbered(table_words.codes, {"NOWHERE": ""}, "state")
    with pytest.raises(table_words.Unnamed, match="which another state already has"):
        table_words.numbered(table_words.codes, {"SAFE": "", "KIND_NONE": ""}, "state")


def test_a_stale_document_fails_and_drawing_renews_it_once(root, capsys):
    path = root / "alarm.md"
    assert drew(root, "--check") == 1 and "older" in capsys.readouterr().err and path.read_text() == EMPTY
    assert drew(root) == 0 and drew(root, "--check") == 0
    text = path.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    less = tuple(row for row in rows() if row[:2] != (CALLING, FELL))
    assert drew(root, "--check", rows=less) == 1
    assert drew(root, rows=less) == 0 and drew(root, "--check") == 1
    path.write_text(text)
    assert drew(root) == 0 and path.read_text() == text


def test_a_stale_drawing_fails_and_is_drawn_anew(root, capsys):
    wanted = {"docs/pictures/one.svg": "<svg/>"}
    assert draw.main(["--check"], root, {}, wanted) == 1 and "one.svg" in capsys.readouterr().err
    assert draw.main([], root, {}, wanted) == draw.main(["--check"], root, {}, wanted) == 0
    (root / "docs/pictures/one.svg").write_text("<svg></svg>")
    assert draw.main(["--check"], root, {}, wanted) == 1


BEGIN = begin("alarm")


@pytest.mark.parametrize("text", [
    "", BEGIN, END, END + BEGIN, BEGIN + BEGIN + END, BEGIN + END + END, begin("other") + END,
    BEGIN + END + begin("other") + END, BEGIN + END + BEGIN + END,
])
def test_a_text_without_its_markers_is_refused(root, capsys, text):
    with pytest.raises(Unmarked):
        renewed(text, {"alarm": "drawing"})
    (root / "alarm.md").write_text(text)
    assert drew(root) == 1 and "alarm.md" in capsys.readouterr().err and (root / "alarm.md").read_text() == text


def test_two_drawings_in_one_text_keep_their_places():
    text = f"{begin('one')}\nold\n{END}\nbetween\n{begin('two')}\n{END}\n"
    fresh = renewed(text, {"two": "2", "one": "1"})
    assert fresh == f"{begin('one')}\n1\n{END}\nbetween\n{begin('two')}\n2\n{END}\n"
    assert renewed(fresh, {"one": "1", "two": "2"}) == fresh


def test_a_document_that_is_not_there_is_said(root, capsys):
    (root / "alarm.md").unlink()
    assert drew(root) == 1 and "alarm.md" in capsys.readouterr().err


def test_every_frame_has_its_line_and_its_true_length():
    lines = [line.split(" | ") for line in tables.frames().splitlines()[2:]]
    others = re.compile(r"_|STREAM_|UNACKED|.*_(HEAD|BYTES|MAX|END)")
    types = {name: value for name, value in vars(frame).items() if name.isupper() and not others.match(name)}
    assert {line[0].strip("| "): int(line[1], 16) for line in lines} == types
    for line in lines:
        assert int(line[3]) == frame.expected(int(line[1], 16)) + TAG_BYTES <= frame.FRAME_BYTES_MAX


@pytest.mark.parametrize("path", sorted(drawn.FOLDER.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_pin_of_a_board_is_in_its_drawing(path):
    board, text = read(path), wiring.drawing(path.stem, read(path))
    pins = sorted(board[name] for name in LINES if name in board)
    assert sorted(int(pin) for pin in re.findall(r">GPIO (\d+)<", text)) == pins
    assert set(wiring.MOUNTED[path.stem]) <= {LINES[name].part for name in LINES} | {"light", "PMU"}
    xml.dom.minidom.parseString(text)


@pytest.mark.parametrize("path", sorted((drawn.ROOT / drawn.PICTURES).glob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_has_its_own_ground_since_a_dark_page_would_hide_its_ink(path):
    first = next(node for node in xml.dom.minidom.parse(str(path)).documentElement.childNodes if node.nodeType == 1)
    assert (first.tagName, first.getAttribute("width"), first.getAttribute("fill")) == ("rect", "100%", "white")
