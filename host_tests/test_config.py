"""Are a house's settings a file that people can read, and is what a badge has held against it and changed rightly?"""

import json
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.settings import RANGES, SWITCHES, read_settings
from tools.cli import config
from tools.cli.config import main
from tools.docs import setting_words
from tools.flash import settings_file
from tools.sim.virtual import VirtualBadge
from waits import until


@pytest.fixture
def house(tmp_path):
    path = tmp_path / "house.toml"
    path.write_text('\ufeffhold_ms = 1000  # gloves\nlight = "calls"\n\n[night]\npre_alarm_ms = 20000\nhold_ms = 900\n',
                    encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_new_file_changes_nothing_and_with_all_its_lines_in_force_says_what_is_usual(language):
    text = setting_words.template(language)
    assert tomllib.loads(text) == {}
    forced = "\n".join(line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line
                       and line[2:].split(" = ")[0] in setting_words.WORDS)
    usual = tomllib.loads(forced.rsplit("\n", 1)[0])  # the last is the profile's
    assert read_settings(json.dumps(usual)) == {**read_settings("{}"), "place": 1}
    assert set(usual) == set(setting_words.WORDS)
    for name, (_, least, most) in RANGES.items():
        assert str(least) in text and str(most) in text and name in text


def test_every_setting_has_words_in_both_languages(monkeypatch):
    assert all(set(words) == {"da", "en"} and all(words.values()) for words in setting_words.WORDS.values())
    monkeypatch.delitem(setting_words.WORDS, "clip")
    with pytest.raises(setting_words.Unnamed, match="clip has no words"):
        setting_words.rows()


def test_a_profile_comes_over_what_stands_above_it(house):
    assert json.loads(settings_file.read(house)) == {"hold_ms": 1000, "light": "calls"}
    assert json.loads(settings_file.read(house, "night")) == {"hold_ms": 900, "light": "calls", "pre_alarm_ms": 20000}
    assert settings_file.profiles(house) == ["night"]


BAD = [
    ("h.toml", "hold_ms = 5", [], "h.toml: hold_ms must be a whole number from 400 to 1900"),
    ("h.toml", "hold_ms = 1000\n[night]\nhold_ms = 5", [], r"h.toml, \[night\]: hold_ms must be"),
    ("h.toml", "hold_ms = 2026-01-01", [], "hold_ms must be a whole number"),
    ("h.toml", "colour = 3", [], "there is no setting called colour"),
    ("h.toml", "hold_ms 5", [], "h.toml is no TOML"),
    ("h.toml", "[a.b]\nx = 1", [], "there is no setting called b"),
    ("h.json", '{"hold_ms": 5}', [], "h.json: hold_ms must be a whole number"),
    ("h.json", "hold_ms = 1000", [], "h.json is not JSON"),
    ("h.json", '{"hold_ms": 900, "hold_ms": 800}', [], "h.json says hold_ms twice"),
    ("h.toml", "hold_ms = 900\nhold_ms = 800", [], "h.toml is no TOML"),
    ("h.toml", "hold_ms = 1000", ["diff", "--profile", "night"], "has no profile night; it has none"),
    ("h.json", "{}", ["write", "--profile", "night"], "has no profiles: only a file called .toml"),
    ("h.toml", None, [], "No such file"),
    ("h.txt", "", ["new"], "must end with .toml"),
    *[(f"h.{form}", text, [], "h.* is no settings file: it nests deeper") for form, text in (
        ("json", "[" * 100_000), ("json", '{"a":' * 50_000), ("toml", "a = " + "[" * 100_000),
        ("toml", "hold_ms = " + "9" * 5000))],
    ("h.json", '{"hold_ms": ' + "9" * 5000 + "}", [], "h.json is not JSON"), ("h.json", "null", [], "one JSON object"),
    ("h.json", '{"light": {"a": [1]}}', [], "light must be never, calls or always"), ("h.json", "", [], "is not JSON"),
    ("h.toml", "place = [1, 2]", [], "place must be never"), ("h.toml", "hold_ms = nan", [], "a whole number from 400"),
    ("h.toml", "hold_ms = true", [], "a whole number from 400"), ("h.toml", "clip = 1", [], "must be true or false"),
]


@pytest.mark.parametrize("name, text, words, why", BAD)
def test_what_is_wrong_in_a_file_is_named_before_a_badge_is_touched(tmp_path, capsys, name, text, words, why):
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    does, *more = words or ["check"]
    at = ["--out", str(path)] if does == "new" else [str(path)]
    assert main([does, *at, *more]) == 2
    assert re.search(why, capsys.readouterr().err)


def test_a_new_file_takes_no_other_s_place(house, capsys):
    before = house.read_bytes()
    assert main(["new", "--out", str(house)]) == 2 and house.read_bytes() == before
    assert main(["new", "--out", str(house.with_name("new.toml"))]) == 0
    assert main(["check", str(house.with_name("new.toml"))]) == 0
    assert main(["check", str(house)]) == 0 and "is right, with the profiles night" in capsys.readouterr().out


SETTINGS = st.fixed_dictionaries({}, optional={
    **{name: st.integers(least, most) for name, (_, least, most) in RANGES.items()},
    **{name: st.booleans() for name in SWITCHES}, "light": st.sampled_from(["never", "calls", "always"])})


@given(SETTINGS, SETTINGS)
def test_two_files_are_alike_where_a_badge_does_the_same_by_both(one, other):
    found = config.differences(one, other)
    assert (not found) == (read_settings(json.dumps(one)) == read_settings(json.dumps(other)))
    assert found == {name: (b, a) for name, (a, b) in config.differences(other, one).items()}


def test_a_badge_is_held_against_the_file_and_given_it(tmp_path, house, capsys, monkeypatch):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        until(lambda: badge.console.endswith(">>> "))
        monkeypatch.setattr(config.device_settings, "started", lambda prompt: "as it should")
        assert main(["diff", str(house), badge.port, "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["differs"] == {
            "hold_ms": {"file": "1000", "badge": "800"}, "light": {"file": '"calls"', "badge": '"never"'}}
        assert main(["write", str(house), badge.port, "--profile", "night"]) == 0, capsys.readouterr()
        assert json.loads((badge.flash / "settings.json").read_text())["hold_ms"] == 900
        until(lambda: main(["diff", str(house), badge.port, "--profile", "night"]) == 0)  # it starts meanwhile
        assert "has what house.toml says" in capsys.readouterr().out


class Prompt:
    """A badge's prompt, of which only what it is asked and told is known."""

    def __init__(self, board, wifi, settings, alarm=False):
        self.answers = [alarm, (board, wifi, json.dumps(settings))]
        self.ran = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, script):
        return self.answers.pop(0)

    def run(self, script):
        self.ran.append(script)


@pytest.mark.parametrize("prompt, chosen, says", [
    (Prompt("devkit", False, {"heartbeat_ms": 300000}), {"heartbeat_ms": 60000}, "its gateway counts on that: pair it"),
    (Prompt("devkit", True, {}, alarm=True), {}, "an alarm is open on this badge"),
    (Prompt("devkit", True, {}), {"place": "both"}, "place: a devkit cannot do that"),
])
def test_a_badge_keeps_its_settings_where_others_would_do_harm(monkeypatch, prompt, chosen, says):
    monkeypatch.setattr(config.device_settings, "opened", lambda port: prompt)
    with pytest.raises(config.Refusal, match=says):
        config.device_settings.write("port", json.dumps(chosen))
    assert not [script for script in prompt.ran if script.startswith("put")]


def test_a_badge_s_heartbeat_stays_what_its_gateway_was_told(monkeypatch):
    prompt = Prompt("heltec_v3", False, {"heartbeat_ms": 300000, "hold_ms": 900})
    monkeypatch.setattr(config.device_settings, "opened", lambda port: prompt)
    monkeypatch.setattr(config.device_settings, "started", lambda prompt: "well")
    assert config.device_settings.write("port", '{"clip": true}') == "well"
    assert '{"clip": true, "heartbeat_ms": 300000}' in prompt.ran[-1]
