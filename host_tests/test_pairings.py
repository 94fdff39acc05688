"""Does a pairing come to something or leave nothing, and is nobody's badge taken, doubled or forgotten by a name?"""

import unicodedata

import pytest

from tools import kald
from tools.cli import pair as pair_command
from tools.cli import unpair as unpair_command
from tools.flash.cable import Refusal
from tools.gateway import pairings
from tools.gateway.store import open_store
from tools.gateway.tables import BADGES

NAME = "Åse Bjørn"


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "kald.sqlite")
    yield store
    store.close()


@pytest.fixture
def cable(monkeypatch):
    """Stand for the cable: `does` is what fails, and what was done is noted."""
    done = {"does": None, "written": 0, "erased": 0, "was": (0, "")}

    def write(port, pairing, settings):
        if done["does"] == "refuses":
            raise Refusal("the badge refused")
        if done["does"] == "is stopped":
            raise KeyboardInterrupt
        done["written"] += 1

    def erase(port, only=0, seconds=30):
        done["erased"] += 1
        return done["was"]

    monkeypatch.setattr(pair_command, "check", lambda port: None)
    monkeypatch.setattr(pair_command.fit, "asked", lambda port, board: None)
    monkeypatch.setattr(pair_command, "write", write)
    monkeypatch.setattr(pair_command, "erase", erase)
    monkeypatch.setattr(pair_command, "trouble", lambda port: "nobody answers")
    monkeypatch.setattr(pair_command, "_wait", lambda store, device, seconds: done["does"] != "is silent")
    monkeypatch.setattr(unpair_command, "check", lambda port: None)
    monkeypatch.setattr(unpair_command, "erase", erase)
    return done


def pair(folder, name, *more):
    words = ["port", "--name", name, "--gateway", "10.0.0.2", "--ssid", "house", "--open", "--data", str(folder)]
    return pair_command.main([*words, *more])


def heard(store, device):
    with store.engine.begin() as db:
        db.execute(BADGES.update().where(BADGES.c.device == device).values(heartbeat_ms=1, uplink_counter=7))


def rows(store):
    with store.engine.connect() as db:
        found = db.execute(BADGES.select().order_by(BADGES.c.device)).all()
    return [(row.device, row.name, row.revoked_ms is not None) for row in found]


@pytest.mark.parametrize("does", ["refuses", "is silent", "is stopped"])
def test_a_pairing_that_fails_leaves_no_row_and_no_keys(tmp_path, store, cable, does, capsys):
    cable["does"] = does
    for _ in range(3):
        if does == "is stopped":
            with pytest.raises(KeyboardInterrupt):
                pair(tmp_path, NAME)
        else:
            assert pair(tmp_path, NAME) == 2
            assert "refused" in capsys.readouterr().err or does == "is silent"
    assert rows(store) == [] and cable["erased"] == 3
    cable["does"] = None
    assert pair(tmp_path, NAME) == 0 and rows(store) == [(1, NAME, False)]


@pytest.mark.parametrize("again", [NAME, NAME.upper(), unicodedata.normalize("NFD", NAME), "  Åse  Bjørn "])
def test_a_name_that_has_a_badge_is_asked_about_however_it_is_typed(tmp_path, store, cable, capsys, again):
    assert pair(tmp_path, unicodedata.normalize("NFD", NAME)) == 0
    heard(store, 1)
    written = cable["written"]
    assert pair(tmp_path, again) == 2
    assert "has badge 1 already: --replace" in capsys.readouterr().err and cable["written"] == written
    assert rows(store) == [(1, NAME, False)]


def test_replace_shuts_the_old_one_out_once_the_new_one_is_heard_and_another_lets_it_be(tmp_path, store, cable, capsys):
    assert pair(tmp_path, NAME) == 0
    heard(store, 1)
    cable["does"] = "is silent"
    assert pair(tmp_path, NAME, "--replace") == 2 and rows(store) == [(1, NAME, False)]
    cable["does"] = None
    assert pair(tmp_path, NAME, "--another") == 0 and rows(store) == [(1, NAME, False), (2, NAME, False)]
    heard(store, 2)
    assert pair(tmp_path, NAME, "--replace") == 0
    assert rows(store) == [(1, NAME, True), (2, NAME, True), (3, NAME, False)]
    assert "badge 1, which was" in capsys.readouterr().out
    assert pairings.named(store, NAME) == [(3, None)]


def test_unpair_shuts_out_its_own_badge_and_nobody_else_s(tmp_path, store, cable, capsys):
    import hashlib

    row = store.pair(NAME)
    heard(store, row.device)
    words = ["port", "--data", str(tmp_path)]
    assert unpair_command.main(words) == 1 and "had no pairing" in capsys.readouterr().out
    cable["was"] = (row.device, "00000000")
    assert unpair_command.main(words) == 2 and "of another house" in capsys.readouterr().err
    assert rows(store) == [(1, NAME, False)]
    cable["was"] = (row.device, hashlib.sha256(row.uplink_key).hexdigest()[:8])
    assert unpair_command.main(words) == 0 and rows(store) == [(1, NAME, True)]
    assert unpair_command.main(["port", "--data", str(tmp_path / "none")]) == 2


@pytest.mark.parametrize(("word", "means"), [("flahs", "flash"), ("pare", "pair"), ("montor", "monitor"), ("x", None)])
def test_a_command_that_there_is_not_suggests_the_nearest(word, means, capsys):
    with pytest.raises(SystemExit) as ended:
        kald.main([word])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1
    assert f"do you mean {means}?" in said if means else "do you mean" not in said


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help_is_an_answer_and_no_error(word, capsys):
    assert kald.main([word]) == 0
    said = capsys.readouterr()
    assert "for example" in said.out and not said.err and all(f"  {name} " in said.out for name in kald.commands())
