"""Does a pairing come to something or leave nothing, and is nobody's badge taken, doubled or forgotten by a name?"""

import argparse
import hashlib
import itertools
import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from tools import kald
from tools.cli import flash as flash_command
from tools.cli import pair as pair_command
from tools.cli import unpair as unpair_command
from tools.flash.cable import Refusal as CableRefusal
from tools.gateway import keys, pairings
from tools.gateway.store import Refusal, open_store
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
            raise CableRefusal("the badge refused")
        if done["does"] == "is stopped":
            raise KeyboardInterrupt
        done["written"] += 1

    def erase(port, only=0, seconds=30):
        done["erased"] += only >= 0
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


def row_of(store):
    with store.engine.connect() as db:
        return db.execute(BADGES.select()).one()


def rows(store):
    with store.engine.connect() as db:
        found = db.execute(BADGES.select().order_by(BADGES.c.device)).all()
    return [(row.device, row.name, row.revoked_ms is not None) for row in found]


def test_a_group_that_differs_in_case_alone_is_that_group_since_two_would_call_in_vain(tmp_path, store, cable):
    for name, group in (("Anna", "Århus S"), ("Bo", "A\u030aRHUS  s"), ("Carla", "HUSET"), ("Dan", "x")):
        assert pair(tmp_path, name, "--group", group) == 0
    with store.engine.connect() as db:
        teams = [row.team for row in db.execute(BADGES.select().order_by(BADGES.c.device))]
    assert teams == ["Århus S", "Århus S", "house", "x"]


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
    with store.engine.begin() as db:  # today a temp wears it, and tomorrow she again
        db.execute(BADGES.update().values(name="Temp", own_name=NAME))
    assert pair(tmp_path, again) == 2 and pair(tmp_path, "Temp") == 2 and cable["written"] == written


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


@pytest.mark.parametrize("words, says", [
    (["--name", "\u200b"], "a name has at most 40"), (["--name", "An\x1b[31mna"], "letters that can be printed"),
    (["--name", "x" * 41], "at most 40 letters"), (["--name", "\udcff"], "at most 40 letters"),
    (["--name", " \n"], "who wears it"),
    (["--ssid", "\udcff"], "letters in UTF-8"), (["--gateway", "\udcff"], "letters in UTF-8"),
    (["--name", "Ida 🚒"], ""),
])
def test_a_name_is_one_that_people_can_read_and_what_is_no_letter_is_refused_in_words(
    tmp_path, store, cable, capsys, words, says
):
    assert pair(tmp_path, NAME, *words) == (2 if says else 0)
    err = capsys.readouterr().err
    assert says in err and cable["written"] == (not says)


def test_for_machines_pairing_and_unpairing_are_one_object_whatever_comes_of_them(tmp_path, store, cable, capsys):
    def said(main, *words):
        code = main(["port", "--data", str(tmp_path), "--json", *words])
        out, err = capsys.readouterr()
        found = json.loads(out)
        assert found.pop("code") == code and "warning" in err or not err
        return code, found

    words = ["--name", NAME, "--gateway", "10.0.0.2", "--ssid", "house", "--open"]
    code, found = said(pair_command.main, *words)
    assert not code and found.pop("says")[-1].startswith(f"{NAME} is heard")
    assert found == {"device": 1, "bridge": 0, "name": NAME, "group": "house", "shut_out": []}
    heard(store, 1)
    code, found = said(pair_command.main, *words)
    assert code == 2 and found["device"] == 0 and "has badge 1 already" in found["says"][-1]
    assert said(unpair_command.main) == (1, {"device": 0, "alarm": False, "says": [
        "the board at port had no pairing of a badge; it has none now"]})
    cable["was"] = (1, "00000000")
    code, found = said(unpair_command.main)
    assert code == 2 and found["device"] == 1 and "of another house" in found["says"][-1]
    cable["was"] = (1, mark_of(row_of(store)))
    code, found = said(unpair_command.main)
    assert code == 0 and found["device"] == 1 and found["says"][-1].endswith("Next: kald pair")


def mark_of(row):
    return hashlib.sha256(row.uplink_key).hexdigest()[:8]


def test_an_update_is_sealed_with_the_keys_that_the_badge_has_and_with_nobody_else_s(tmp_path, store):
    row = store.pair(NAME)
    own = (row.uplink_key, row.downlink_key)
    assert pairings.sealing(store, row.device, mark_of(row)) == own
    assert pairings.sealing(store, row.device, "00000000") is None
    assert pairings.sealing(store, row.device + 1, mark_of(row)) is None
    with store.engine.begin() as db:
        db.execute(BADGES.update().values(next_secret=bytes(16)))
        row = db.execute(BADGES.select()).one()
    following = keys.following(row)
    assert pairings.sealing(store, row.device, mark_of(row)) == own, "it may not have taken the new ones yet"
    assert pairings.sealing(store, row.device, hashlib.sha256(following[0]).hexdigest()[:8]) == following
    store.seal_keys(tmp_path / "secret")
    again = open_store(tmp_path / "kald.sqlite")
    with pytest.raises(Refusal, match="--keys-from"):
        pairings.sealing(again, row.device, mark_of(row))
    assert pairings.sealing(again, row.device, mark_of(row), tmp_path / "secret") == own
    pairings.shut_out(again, row.device, "test")
    assert pairings.sealing(again, row.device, mark_of(row)) is None
    again.close()


@pytest.mark.parametrize("words, seals, says", [
    ([], False, "it is badge 1, and nobody has said .*: .*, --data house, other, shared, torn, or say --unsealed"),
    (["--data", "none"], False, "it is badge 1, and nobody has said of which house: .* or say --unsealed"),
    (["--data", "house", "--unsealed"], None, ""), (["--unsealed"], None, ""), (["--data", "house"], True, ""),
    (["--data", "other"], False, "badge 1, but not of the house in other, .* or say --unsealed"),
    (["--data", "shared"], False, "--store names it; --unsealed does without"),
    (["--data", "torn"], False, "--unsealed does without"),
])
def test_whose_keys_a_flash_seals_with_is_said_by_the_gateway_s_folder(tmp_path, monkeypatch, words, seals, says):
    monkeypatch.chdir(tmp_path)
    for name in ("none", "house", "other", "shared", "torn"):
        (tmp_path / name).mkdir()
    (tmp_path / "shared" / "kald.line").write_text("")
    (tmp_path / "torn" / "kald.sqlite").write_bytes(b"no database" * 100)
    rows = {name: open_store(tmp_path / name / "kald.sqlite").pair(NAME) for name in ("house", "other")}
    given = argparse.Namespace(data=None, store=None, keys_from=None, unsealed=False)
    for word, value in itertools.zip_longest(words, words[1:]):
        if word.startswith("--"):
            setattr(given, word[2:], True if word == "--unsealed" else Path(value))
    keys_of = flash_command._keys_of(given)
    if seals is None:
        assert keys_of is None
    elif seals:
        assert keys_of(1, mark_of(rows["house"])) == (rows["house"].uplink_key, rows["house"].downlink_key)
    else:
        with pytest.raises(CableRefusal, match=says):
            keys_of(1, mark_of(rows["house"]))


@pytest.mark.parametrize("here", [".", "house"])
def test_the_only_house_that_is_here_seals_without_being_named_and_where_there_is_none_that_is_said(
    tmp_path, monkeypatch, here
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    given = argparse.Namespace(data=None, store=None, keys_from=None, unsealed=False)
    with pytest.raises(CableRefusal, match="name the folder of its gateway, --data DIR, or say --unsealed"):
        flash_command._keys_of(given)(1, "00000000")
    (tmp_path / here).mkdir(exist_ok=True)
    row = open_store(tmp_path / here / "kald.sqlite").pair(NAME)
    assert flash_command._folder(given) == Path(here), "it lends the port, and has the images"
    assert flash_command._keys_of(given)(1, mark_of(row)) == (row.uplink_key, row.downlink_key)
    monkeypatch.delattr("tools.gateway.pairings")
    monkeypatch.setitem(sys.modules, "tools.gateway.pairings", None)
    with pytest.raises(CableRefusal, match=f"say --data {re.escape(here)}, and what opens its house is brought"):
        flash_command._keys_of(given)(1, mark_of(row))


def test_unpair_shuts_out_its_own_badge_and_nobody_else_s(tmp_path, store, cable, capsys):
    row = store.pair(NAME)
    heard(store, row.device)
    words = ["port", "--data", str(tmp_path)]
    assert unpair_command.main(words) == 1 and "had no pairing" in capsys.readouterr().out
    cable["was"], cable["erased"] = (row.device, "00000000"), 0
    assert unpair_command.main(words) == 2 and "of another house, and nothing was changed" in capsys.readouterr().err
    assert not cable["erased"], "its keys are not lost by a wrong folder"
    assert unpair_command.main([*words, "--foreign"]) == 0 and "kald keys revoke" in capsys.readouterr().out
    assert rows(store) == [(1, NAME, False)] and cable["erased"] == 1
    cable["was"] = (row.device, mark_of(row))
    assert unpair_command.main(words) == 0 and rows(store) == [(1, NAME, True)] and cable["erased"] == 2
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
