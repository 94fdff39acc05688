"""Does the README show the alarm table as it is, and can a person read it?"""

import pytest

from firmware.alarm.table import IGNORED, STATES
from tools.docs.rows import rows
from firmware.codes import CALLING, EVENTS, FELL, PRESSED, SAFE, WARNED
from tools.cli import draw
from tools.docs import table_words
from tools.docs.drawing import Drawing
from tools.docs.readme import BEGIN, END, Unmarked, renewed

EMPTY = f"before\n{BEGIN}\n{END}\nafter\n"


def test_the_readme_is_not_stale():
    assert draw.main(["--check"]) == 0, "python3 tools/kald.py draw renews it"


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
def test_what_has_no_words_is_named(tmp_path, capsys, row, what):
    path = tmp_path / "README.md"
    path.write_text(EMPTY)
    assert draw.main([], path, (*rows(), row)) == 1
    assert what in capsys.readouterr().err and path.read_text() == EMPTY


def test_words_for_what_is_not_there_and_two_words_for_one_are_refused():
    with pytest.raises(table_words.Unnamed, match="no state called NOWHERE"):
        table_words.numbered(table_words.codes, {"NOWHERE": ""}, "state")
    with pytest.raises(table_words.Unnamed, match="which another state already has"):
        table_words.numbered(table_words.codes, {"SAFE": "", "KIND_NONE": ""}, "state")


def test_a_stale_readme_fails_and_drawing_renews_it_once(tmp_path, capsys):
    path = tmp_path / "README.md"
    path.write_text(EMPTY)
    assert draw.main(["--check"], path) == 1 and "older" in capsys.readouterr().err and path.read_text() == EMPTY
    assert draw.main([], path) == 0 and draw.main(["--check"], path) == 0
    text = path.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    less = tuple(row for row in rows() if row[:2] != (CALLING, FELL))
    assert draw.main(["--check"], path, less) == 1
    assert draw.main([], path, less) == 0 and draw.main(["--check"], path) == 1
    path.write_text(text)
    assert draw.main([], path) == 0 and path.read_text() == text


@pytest.mark.parametrize("text", ["", BEGIN, END, END + BEGIN, BEGIN + BEGIN + END, BEGIN + END + END])
def test_a_text_without_its_markers_is_refused(tmp_path, text):
    with pytest.raises(Unmarked):
        renewed(text, "drawing")
    path = tmp_path / "README.md"
    path.write_text(text)
    assert draw.main([], path) == 1 and path.read_text() == text


def test_a_readme_that_is_not_there_is_said(tmp_path, capsys):
    assert draw.main([], tmp_path / "README.md") == 1 and "README.md" in capsys.readouterr().err
