"""Is a backup one moment of the house, for nobody else to read, and is whatever was put back known as that?"""

import os
import sqlite3
import threading

import pytest
from hypothesis import given, settings, strategies as st

from firmware import codes
from gateway_rig import Rig
from tools.cli import backup as backup_command, restore as restore_command
from tools.gateway import backup, rollback
from tools.gateway.radio import Radio
from tools.gateway.store import Refusal, open_store

PASSPHRASE = "nine green bottles"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(backup, "SCRYPT_N", 2)


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "house").mkdir()
    rig = Rig(tmp_path / "house" / "kald.sqlite", "anna", "bo")
    rig.store.serve()
    rig.radio = Radio(rig.store)
    rig.beat()
    (tmp_path / "word").write_bytes(b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n")
    return rig


@pytest.fixture
def here(tmp_path, rig):
    """Return the words of both commands, and the file they are about."""
    file, word = tmp_path / "house.backup", ["--passphrase-file", str(tmp_path / "word")]
    return file, *([str(file), "--data", str(tmp_path / name), *word] for name in ("house", "new"))


def started(folder):
    store = open_store(folder / "kald.sqlite")
    return store, store.serve()


def test_a_house_is_put_back_from_a_backup_that_was_made_while_it_ran(rig, here, tmp_path, capsys):
    file, back_up, restore = here
    rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=7, refresh=False)
    assert backup_command.main(back_up) == 0
    assert "2 badges, 1 alarms" in capsys.readouterr().out
    assert file.stat().st_mode & 0o077 == 0 and sorted(os.listdir(tmp_path)) == ["house", "house.backup", "word"]
    assert rig["bo"].answer(rig["anna"], 7), "the gateway runs on"
    assert restore_command.main(restore) == 0
    assert (tmp_path / "new" / "kald.sqlite").stat().st_mode & 0o077 == 0
    assert sorted(os.listdir(tmp_path / "new")) == ["kald.line", "kald.sqlite"]
    store, known = started(tmp_path / "new")
    assert known is True and store.number != rig.store.number
    assert [row["alarm_id"] for row in store.alarms()] == [7]
    rig.store.close()
    rig.store, rig.radio = store, Radio(store)
    rig["anna"].deaf = True  # and so answers no challenge
    assert rig["anna"].alarm(codes.KIND_ASSIST, alarm_id=8)
    assert [row["unverified"] for row in rig.store.alarms() if row["alarm_id"] == 8] == [True]


def test_what_was_put_back_says_so_itself_whatever_lies_beside_it(rig, here, tmp_path):
    _, back_up, restore = here
    assert backup_command.main(back_up) == 0 and restore_command.main(restore) == 0
    rig.store.close()
    new, old = tmp_path / "new" / "kald.sqlite", tmp_path / "house" / "kald.sqlite"
    old.write_bytes(new.read_bytes())  # its marker is of just now, and of this line
    store, known = started(tmp_path / "house")
    assert known is True
    store.close()
    store, known = started(tmp_path / "house")
    assert known is False, "once"


def test_a_backup_is_one_moment_however_much_is_written_meanwhile(rig, here, tmp_path):
    stop, wrote = threading.Event(), threading.Event()

    rig["anna"].alarm(codes.KIND_FALL, refresh=False)

    def work():
        with sqlite3.connect(rig.path) as db:
            while not stop.is_set():
                for word in ("one", "other"):
                    db.execute("INSERT INTO events (at_ms, alarm, event, who, detail, brief) "
                               "VALUES (0, 1, ?, '', '', 0)", (word,))
                db.commit()
                wrote.set()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert wrote.wait(10)
        copies = [backup.snapshot(tmp_path / "house") for _ in range(20)]
    finally:
        stop.set()
        worker.join()
    for data in copies:
        with sqlite3.connect(":memory:") as db:
            db.deserialize(data)
            assert db.execute("SELECT sum(event = 'one') - sum(event = 'other') FROM events").fetchone() == (0,)


def test_one_without_keys_has_none_in_any_byte_and_its_badges_are_shut_out(rig, here, tmp_path, capsys):
    file = tmp_path / "open.backup"
    assert backup_command.main([str(file), "--data", str(tmp_path / "house"), "--without-keys"]) == 0
    assert "paired anew" in capsys.readouterr().out
    data = backup.unseal(file.read_bytes(), None)
    with_keys = backup.snapshot(tmp_path / "house")
    for row in (rig["anna"].row, rig["bo"].row):
        assert row.uplink_key in with_keys and row.uplink_key not in data and row.downlink_key not in data
    assert restore_command.main([str(file), "--data", str(tmp_path / "new")]) == 0
    store, _ = started(tmp_path / "new")
    rig.store.close()
    rig.store, rig.radio = store, Radio(store)
    assert not rig["anna"].alarm(codes.KIND_EMERGENCY)
    assert rig.radio.refused == {"revoked": 1}
    store.pair("anna")
    assert backup.counts(backup.snapshot(tmp_path / "new")).badges == 3


def test_what_is_sealed_shows_nothing(rig, here, tmp_path):
    file, back_up, _ = here
    assert backup_command.main(back_up) == 0
    content = file.read_bytes()
    assert rig["anna"].row.uplink_key not in content and b"anna" not in content and b"SQLite" not in content


SMALL = {passphrase: None for passphrase in (PASSPHRASE, None)}


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from([PASSPHRASE, None]))
def test_any_flipped_bit_and_any_cut_is_refused(data, passphrase):
    backup.SCRYPT_N = 2
    SMALL[passphrase] = SMALL[passphrase] or backup.seal(b"the database" * 20, passphrase)
    whole = SMALL[passphrase]
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    assert backup.unseal(whole, passphrase) == b"the database" * 20
    for wrong in (bytes(flipped), whole[:at], whole + b"\0"):
        with pytest.raises(Refusal):
            backup.unseal(wrong, passphrase)


def test_a_letter_that_another_machine_types_in_two_signs_opens_it():
    one, two = "bl\u00e5b\u00e6rgr\u00f8d", "bla\u030ab\u00e6rgr\u00f8d"
    assert backup.unseal(backup.seal(b"a house", one), two) == b"a house"


@pytest.mark.parametrize("spoil, words", [
    (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "damaged"),
    (lambda content: content[:200], "damaged"),
    (lambda content: b"", "no backup"),
    (lambda content: b"SQLite format 3\0" + bytes(500), "no backup"),
    (lambda content: backup.seal(b"no database at all" * 100, PASSPHRASE), "no database"),
    (lambda content: backup.seal(b"", PASSPHRASE), "no database"),
    (lambda content: backup.seal(foreign("PRAGMA user_version=1"), PASSPHRASE), "not one of Kald"),
    (lambda content: backup.seal(foreign(f"PRAGMA application_id={backup.APPLICATION_ID}", "PRAGMA user_version=99"),
                                 PASSPHRASE), "newer"),
    (lambda content: backup.seal(backup.unseal(content, PASSPHRASE), "another passphrase"), "passphrase is another"),
])
def test_what_is_no_whole_backup_of_ours_changes_nothing_and_says_why(spoil, words, rig, here, tmp_path, capsys):
    file, back_up, restore = here
    assert backup_command.main(back_up) == 0
    file.write_bytes(spoil(file.read_bytes()))
    capsys.readouterr()
    assert restore_command.main(restore) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def foreign(*pragmas):
    """Return another program's database."""
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE things (a)")
        for pragma in pragmas:
            db.execute(pragma)
        return db.serialize()


def test_nothing_is_overwritten_unless_somebody_says_so(rig, here, tmp_path, capsys):
    file, back_up, _ = here
    file.write_bytes(b"mine")
    assert backup_command.main(back_up) == 2 and file.read_bytes() == b"mine"
    with pytest.raises(Refusal, match="there already"):
        backup.write(file, b"other")
    assert backup_command.main([*back_up, "--force"]) == 0 and file.read_bytes() != b"mine"

    restore = [str(file), "--data", str(tmp_path / "house"), "--passphrase-file", str(tmp_path / "word")]
    assert restore_command.main(restore) == 2
    assert restore_command.main([*restore, "--force"]) == 2
    assert "a gateway runs" in capsys.readouterr().err
    rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=7, refresh=False)
    rig.store.close()
    assert restore_command.main([*restore, "--force"]) == 0
    assert restore_command.main([*restore, "--force"]) == 0, "twice in a second"
    assert "holds keys" in capsys.readouterr().out
    kept = sorted(path for path in (tmp_path / "house").iterdir() if path.name.startswith("kald.sqlite."))
    assert len(kept) == 2 and all(path.stat().st_mode & 0o077 == 0 for path in kept)
    assert sorted(len(open_store(path).alarms()) for path in kept) == [0, 1]
    store, known = started(tmp_path / "house")
    assert known is True and store.alarms() == []


def test_a_database_that_is_damaged_is_no_backup_and_gives_way_to_one(rig, here, tmp_path, capsys):
    file, back_up, _ = here
    assert backup_command.main(back_up) == 0
    rig.store.close()
    path = tmp_path / "house" / "kald.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    (tmp_path / "house" / "kald.sqlite-wal").write_bytes(b"left over")
    assert backup_command.main([*back_up, "--force"]) == 2
    restore = [str(file), "--data", str(tmp_path / "house"), "--passphrase-file", str(tmp_path / "word"), "--force"]
    assert restore_command.main(restore) == 0
    assert len(started(tmp_path / "house")[0].badges()) == 2


@pytest.mark.parametrize("word, words", [(b"short\n", "12 letters"), (None, "cannot read"), (b"a\nb" * 12, "one line")])
def test_a_passphrase_that_is_none_is_refused_in_a_sentence(word, words, rig, here, tmp_path, capsys):
    file, back_up, _ = here
    (tmp_path / "word").unlink()
    if word is not None:
        (tmp_path / "word").write_bytes(word)
    assert backup_command.main(back_up) == 2 and words in capsys.readouterr().err and not file.exists()


def test_a_passphrase_is_asked_on_a_terminal_twice_when_it_seals(rig, here, tmp_path, capsys, monkeypatch):
    file, back_up, restore = here
    assert backup_command.main(back_up[:3]) == 2 and "nobody to ask" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    typed = iter([PASSPHRASE, PASSPHRASE + "!", PASSPHRASE, PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert backup_command.main(back_up[:3]) == 2 and "two passphrases" in capsys.readouterr().err
    assert backup_command.main(back_up[:3]) == 0 and restore_command.main(restore[:3]) == 0

    def leave(prompt):
        raise EOFError

    monkeypatch.setattr("getpass.getpass", leave)
    assert backup_command.main([*back_up[:3], "--force"]) == 2 and "no passphrase" in capsys.readouterr().err


def test_a_folder_without_a_house_or_without_room_is_refused_and_nothing_is_left(rig, here, tmp_path, capsys,
                                                                                  monkeypatch):
    file, back_up, restore = here
    assert backup_command.main([str(file), "--data", str(tmp_path), *back_up[3:]]) == 2
    assert "name the gateway's folder" in capsys.readouterr().err
    assert backup_command.main([str(tmp_path / "none" / "file"), *back_up[1:]]) == 2
    assert restore_command.main([str(tmp_path / "none"), *restore[1:]]) == 2
    assert backup_command.main(back_up) == 0
    assert restore_command.main([str(file), "--data", str(tmp_path / "a" / "b"), *restore[3:]]) == 2

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = file.read_bytes()
    capsys.readouterr()
    assert backup_command.main([*back_up, "--force"]) == 2 and "No space left" in capsys.readouterr().err
    assert file.read_bytes() == before and sorted(os.listdir(tmp_path)) == ["house", "house.backup", "word"]
    assert restore_command.main(restore) == 2
    assert os.listdir(tmp_path / "new") == [rollback.NAME]
