"""Does no room import one that imports it, and is the drawing of the rooms what the sources say?"""

import pytest

from tools.docs import rooms

TOOLS = {"bench", "cli", "docs", "flash", "gateway", "host", "sim", "train"}


def test_no_arrow_runs_back_up():
    assert rooms.circle(set(rooms.arrows())) == []


def test_a_circle_is_found_and_named():
    line = {("cli", "bench"), ("bench", "sim"), ("sim", "docs"), ("cli", "docs")}
    assert rooms.circle(line) == [] == rooms.circle(set())
    assert sorted(rooms.circle(line | {("docs", "bench")})) == ["bench", "docs", "sim"]
    assert rooms.circle({("a", "b"), ("b", "a"), ("x", "a")}) in (["a", "b"], ["b", "a"])


def test_tools_have_the_rooms_of_the_table():
    found = {path.name for path in (rooms.ROOT / "tools").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert found == TOOLS


def test_no_room_takes_a_file_of_the_tests():
    tests = {path.stem for path in (rooms.ROOT / "host_tests").glob("*.py")}
    for path in (rooms.ROOT / "tools").rglob("*.py"):
        taken = {name.split(".")[0] for name in rooms.names(path.read_text(encoding="utf-8"))}
        assert not taken & (tests | {"host_tests"}), path


def test_the_drawing_is_not_stale():
    page = rooms.ROOT / "docs" / "rooms.md"
    assert page.read_text(encoding="utf-8") == rooms.page(), "python3 tools/kald.py draw renews it"


@pytest.mark.parametrize("module, room", [
    ("firmware.app", "firmware.hallways"), ("firmware.codes", "firmware.ground"),
    ("firmware.link.seal", "firmware.link"), ("firmware.board.boards.devkit", "firmware.board"),
    ("tools.sim.story.day", "tools.sim.story"), ("tools.sim.body", "tools.sim"), ("tools.kald", "tools"),
])
def test_a_file_is_in_its_room(module, room):
    assert rooms.room_of(module) == room
