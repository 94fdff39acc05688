"""Does who takes the disk of a sealed house have no key of it, and does everything go on as without the seal?"""

import secrets
import sqlite3

import pytest
from hypothesis import given, strategies as st

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig
from tools.cli import export
from tools.gateway import key_ring, shared
from tools.gateway.radio import Radio
from tools.gateway.store import Refusal, open_store


@given(st.binary(min_size=16, max_size=16))
def test_what_is_closed_is_opened_by_the_same_file_alone_and_what_was_never_closed_is_as_it_is(key):
    ring, other = key_ring.Ring(bytes(32)), key_ring.Ring(bytes(31) + b"1")
    kept = ring.close(key)
    assert key not in kept and ring.open(kept) == key == ring.open(key) and ring.close(key) != kept
    for wrong in (kept[:-1], kept[:20] + bytes([kept[20] ^ 1]) + kept[21:], b"", kept + b"1"):
        with pytest.raises(key_ring.Wrong):
            ring.open(wrong)
    with pytest.raises(key_ring.Wrong, match="another file"):
        other.open(kept)


@pytest.mark.parametrize("text, says", [
    ("", "64 hexadecimal"), ("ab" * 31, "64 hexadecimal"), ("x" * 64, "64 hexadecimal"), ("ab\ncd", "one line"),
])
def test_a_file_that_holds_no_key_is_refused_in_a_sentence(tmp_path, text, says):
    (tmp_path / "keys").write_text(text)
    with pytest.raises(key_ring.Wrong, match=says):
        key_ring.read(tmp_path / "keys")
    with pytest.raises(key_ring.Wrong, match="cannot read"):
        key_ring.read(tmp_path / "none")


class Sealed(Rig):
    """A house whose keys are sealed from the moment that `file` is set."""

    file = None

    def open(self):
        store = open_store(self.path)
        if self.file:
            store.seal_keys(self.file)
        return store


def secrets_of(rig):
    """Return the keys that the gateway has in memory."""
    rows = rig.radio._current().badges.rows.values()
    found = {key for row in rows for key in (row.uplink_key, row.downlink_key, row.next_secret) if key}
    return found | {row.key for row in rig.radio._house.group_keys.rows.values()}


def on_disk(rig):
    with sqlite3.connect(rig.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return b"".join(path.read_bytes() for path in rig.path.parent.glob("kald.sqlite*"))


def test_a_house_that_is_sealed_goes_on_and_no_key_is_on_its_disk(tmp_path):
    rig = Sealed(tmp_path / "kald.sqlite", "anna", "bo")
    plain = secrets_of(rig)
    assert all(key in on_disk(rig) for key in plain)
    rig.file = tmp_path / "elsewhere"
    rig.restart()
    assert not any(key in on_disk(rig) for key in plain), "nor where they lay before they were sealed"
    assert rig.file.stat().st_mode & 0o077 == 0 and len(secrets_of(rig)) == 4
    rig["anna"].beat(faults=codes.WANTS_GROUP)
    rig.run(3)
    assert rig["anna"].alarm(codes.KIND_EMERGENCY) and rig["bo"].got(frame.CALL)
    rig.act("rekey", 2)
    rig.act("revoke", 2)
    row = rig.store.pair("carla")
    rig.fakes["carla"] = type(rig["anna"])(rig, row)
    assert rig["carla"].beat() and len(secrets_of(rig)) > 6
    rig.restart()
    assert rig["carla"].beat() and rig["anna"].beat()
    kept = on_disk(rig)
    assert not any(key in kept for key in secrets_of(rig)) and b"carla" in kept


def test_without_its_file_or_with_another_a_sealed_house_is_refused_in_a_sentence(tmp_path, capsys):
    rig = Sealed(tmp_path / "kald.sqlite", "anna")
    rig.file = tmp_path / "keys"
    rig.restart()
    rig.store.close()
    plain = open_store(rig.path)
    for refused in (plain.serve, lambda: plain.pair("bo")):
        with pytest.raises(Refusal, match="--keys-from names the file"):
            refused()
    (tmp_path / "other").write_text(secrets.token_hex(32))
    with pytest.raises(Refusal, match="another file"):
        plain.seal_keys(tmp_path / "other")
    with pytest.raises(Refusal, match="cannot read"):
        plain.seal_keys(tmp_path / "none")
    assert not (tmp_path / "none").exists(), "no new file for a house that has one"
    plain.close()
    assert export.main(["--month", "2027-01", "--data", str(tmp_path)]) == 0 and capsys.readouterr().out


def test_over_postgresql_no_key_is_in_a_row(postgresql, tmp_path):
    postgresql.sql("CREATE DATABASE sealed")
    url = postgresql.url.replace("/postgres?", "/sealed?")
    store = shared.open_shared(url)
    store.seal_keys(tmp_path / "keys")
    row = store.pair("anna")
    store.serve(folder=tmp_path)
    radio = Radio(store)
    badge, = radio.badges()
    assert badge.uplink_key == row.uplink_key and len(badge.uplink_key) == 16
    assert radio.act("rekey", 1, {"by": "office"}, 1) and radio.act("revoke", 1, {"by": "office"}, 2)
    kept = postgresql.do("psql", "-h", postgresql.folder, "-U", "postgres", "-qtAc", "SELECT * FROM badges", "sealed")
    fresh, = radio._house.badges.rows.values()
    assert row.uplink_key.hex() not in kept and fresh.uplink_key.hex() not in kept and "anna" in kept
    with pytest.raises(Refusal, match="--keys-from"):
        shared.open_shared(url).serve(folder=tmp_path)
    store.close()
