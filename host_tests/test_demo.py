"""Does the demo play the story that was asked for, say what is under way, and tell why it cannot go on?"""

import io
import json
import signal

import pytest

from tools.cli import demo
from tools.sim.demo import house as house_module
from tools.sim.demo.house import House, Trouble
from tools.sim.demo.progress import Progress
from tools.sim.demo.timeline import Missing, Timeline


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("words, played", [
    ([], ["alarm"]), (["--story", "shift"], ["shift"]), (["--story", "all"], ["alarm", "shift"]),
])
def test_the_story_that_is_asked_for_is_played(words, played, monkeypatch, capsys):
    seen = []
    steps = {"ok": True, "steps": [{"step": "pressed"}]}
    monkeypatch.setattr(demo, "_play", lambda given, name, folder: seen.append(name) or steps)
    assert demo.main([*words, "--headless", "--json"]) == 0 and seen == played
    assert [step["story"] for step in json.loads(capsys.readouterr().out)["steps"]] == played


@pytest.mark.parametrize("error, code", [(KeyboardInterrupt(), 130), (Trouble("no badge"), 2), (OSError(28, "?"), 2)])
def test_what_ends_it_early_is_one_line(error, code, monkeypatch, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(demo, "_play", fail)
    assert demo.main([]) == code and len(capsys.readouterr().err.splitlines()) == 1


def test_where_there_is_no_terminal_each_step_is_a_line_once():
    stream = io.StringIO()
    progress = Progress(stream)
    for text in ("flashing", "flashing", "pairing", "", "pairing"):
        progress.now(text)
    with progress:
        print("between", file=stream)
    assert stream.getvalue() == "kald demo: flashing\nkald demo: pairing\nkald demo: pairing\nbetween\n"


def test_on_a_terminal_the_line_is_redrawn_and_makes_room():
    stream = Screen()
    progress = Progress(stream)
    progress.now("waiting for: bo received")
    with progress:
        stream.write("  1.000 s bo received\n")
    progress.now("")
    rows, clear = stream.getvalue().split("\n"), "\r\x1b[K"
    assert rows[0] == f"{clear}kald demo: waiting for: bo received{clear}  1.000 s bo received"
    assert rows[1].endswith(clear), "nothing is left behind"


def test_what_is_waited_for_is_said():
    stream = io.StringIO()
    timeline = Timeline(False, Progress(stream))
    timeline.note(timeline.start_ms, "bo", "received")
    assert timeline.wait("bo", "received", 0, 0)["t_ms"] == 0
    with pytest.raises(Missing):
        timeline.wait("bo", "taken", 0, 0)
    timeline.say("The Wi-Fi is gone.")
    assert [line.split(": ", 1)[1] for line in stream.getvalue().splitlines()] == [
        "waiting for: bo received", "waiting for: bo taken", "The Wi-Fi is gone.",
    ]


class Badge:
    """One that has a port."""

    def __init__(self, folder, name, **_):
        self.port = f"/dev/{name}"

    def start(self):
        return self


def moved_in(monkeypatch, flash=0, pair=0):
    """Move three into a house whose flash and pair return these codes; return what is said meanwhile."""
    house, said = House.__new__(House), []
    house.folder, house.badges, house._names, house._settings = house_module.Path("."), {}, {}, "settings.json"
    house._tap = type("Tap", (), {"port": 1})
    house._on_motor = lambda name, at_ms, level: None
    monkeypatch.setattr(house_module, "VirtualBadge", Badge)
    house._flash_command = lambda words: print("flashed", words) or flash
    house._pair_command = lambda words: print("paired", words) or pair
    house.move_in(("anna", "bo", "carla"), said.append)
    return said


def test_moving_in_says_which_badge_it_is_at_and_nothing_else(monkeypatch, capsys):
    assert moved_in(monkeypatch) == [
        *(f"flashing badge {number} of 3 ..." for number in (1, 2, 3, 3)),
        *(f"pairing badge {number} of 3 ..." for number in (1, 2, 3)),
    ]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("codes, says", [({"flash": 2}, "flashed ['/dev/anna']"), ({"pair": 2}, "paired ['/dev/anna'")])
def test_a_badge_that_cannot_be_had_is_said_with_the_commands_own_words(codes, says, monkeypatch, capsys):
    with pytest.raises(Trouble, match="could not be"):
        moved_in(monkeypatch, **codes)
    out, err = capsys.readouterr()
    assert out == "" and says in err
