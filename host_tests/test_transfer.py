"""Does a house come whole from one kind of database into another, by a backup, and is nothing said twice there?"""

import re
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Boolean, Engine, Float, Integer, LargeBinary, String, event, insert, select

from firmware import codes
from gateway_rig import Rig, badges, plan
from postgres_rig import NOTIFY, fresh, three
from test_core import NAMES, STORY, tell
from test_migrations import UP, old_house
from tools.cli import backup as backup_command, restore as restore_command
from tools.gateway import backup, rollback, shared, transfer
from tools.gateway.columns import Code, Key
from tools.gateway.radio import Radio
from tools.gateway.store import Refusal, open_at, open_store
from tools.gateway.tables import GATEWAYS, META

PASSPHRASE = "nine green bottles"
TIMES = 1_800_000_000_000
# what a house that was put back no longer believes (rollback.py)
DOUBTED = {("badges", "unverified"), ("badges", "group_key"), ("downlinks", "counters")}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(backup, "SCRYPT_N", 2)


def value(column, n):
    """Return what may stand in the column of row `n`; of the rows some have all that may be absent, others nothing."""
    checks = [str(one.sqltext) for one in column.constraints]
    if column.nullable and not n % 3:
        return None
    if column.foreign_keys or column.primary_key and isinstance(column.type, Integer):
        return n
    if isinstance(column.type, Code):
        return column.type.pairs[n % len(column.type.pairs)][0]
    if checks and " IN " in checks[0]:
        words = re.findall(r"'([^']*)'", checks[0])
        return words[n % len(words)]
    if checks:
        least, most = map(int, re.findall(r"\d+", checks[0]))
        return n if column.unique else (least, most)[n % 2]
    if isinstance(column.type, Boolean):
        return n % 2 == 0
    if isinstance(column.type, Key):
        return bytes([n]) * 16
    if isinstance(column.type, LargeBinary):
        return bytes(range(256)) * n
    if isinstance(column.type, Float):
        return n / 3
    if isinstance(column.type, String):
        return f"{column.name} {n}: æøå \N{SNOWMAN} '\"%s\\ :x"
    return TIMES + n if column.name.endswith("_ms") and column.name != "beat_ms" else 2**30 + n


def filled(store, count=7):
    """Put rows into every table there is; return nothing."""
    with store.engine.begin() as db:
        for table in META.sorted_tables:
            db.execute(table.delete())
        for table in META.sorted_tables:
            db.execute(insert(table), [{column.name: value(column, n) for column in table.columns}
                                       for n in range(1, count + 1)])


def everything(store):
    with store.engine.connect() as db:
        return {table.name: [dict(row) for row in db.execute(select(table).order_by(*table.primary_key)).mappings()]
                for table in META.sorted_tables}


def assert_same(before, after):
    """Fail unless two houses have the same rows, but for what is doubted of one that was put back."""
    for name, rows in before.items():
        if name == "settings":
            after = after | {name: [row for row in after[name] if row["key"] != "restored"]}
        if name != "gateways":
            kept = [[{key: one for key, one in row.items() if (name, key) not in DOUBTED} for row in some]
                    for some in (rows, after[name])]
            assert kept[0] == kept[1], name
    used = {row["number"] for row in before["gateways"]}
    now = {row["number"]: row["retired"] for row in after["gateways"]}
    assert used <= set(now), "a number that was used is known as used"
    return used, now


@pytest.mark.parametrize("route", [("file", "server"), ("server", "file"), ("server", "server")])
def test_every_row_of_every_table_comes_along_whichever_database_it_lies_in(postgresql, tmp_path, route):
    urls = [fresh(postgresql) if kind == "server" else None for kind in route]
    store = open_at(tmp_path, urls[0], make=True)
    filled(store)
    before = everything(store)
    data = backup.snapshot(tmp_path, url=urls[0])
    assert backup.counts(data) == (7, 7, 7)
    if urls[1] is None:
        assert backup.restore(data, tmp_path / "new") is None
    else:
        assert transfer.into(data, urls[1]) is None
    again = open_at(tmp_path / "new", urls[1])
    used, now = assert_same(before, everything(again))
    if urls[1]:
        assert [number for number, retired in now.items() if not retired][0] not in used and len(now) == len(used) + 1
    (tmp_path / "one").mkdir()
    assert again.serve(False, tmp_path / "one") is True and again.number not in used, "it says that it was put back"
    assert again.pair("carla").pairing == 8, "what counts by itself goes on"
    for each in (store, again):
        each.close()


class Moving(Rig):
    """A house whose database is moved while its badges go on; a badge fails when a downlink's nonce comes twice."""

    url, keys = None, None

    def open(self):
        store = open_at(self.path, self.url, make=True)
        if self.keys:
            store.seal_keys(self.keys)
        assert store.serve(False, self.path) in (self.moved, False)
        return store

    def move(self, url, folder):
        """Back up while it runs, let it live on, and begin anew from the backup."""
        self.moved = True
        data = backup.snapshot(self.path, url=self.url)
        self.run(3)
        self.store.close()
        if url is None:
            backup.restore(data, folder)
        else:
            folder.mkdir()
            transfer.into(data, url)
        self.url, self.path = url, folder
        self.again()

    def again(self):
        """Begin anew on what is stored."""
        self.store.close()
        self.store = self.open()
        self.radio = Radio(self.store)


@pytest.mark.parametrize("sealed", [False, True])
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORY)
def test_a_house_moves_to_a_server_and_back_while_its_badges_go_on(postgresql, tmp_path_factory, sealed, story):
    folder = tmp_path_factory.mktemp("h")
    (folder / "0").mkdir()
    Moving.moved, Moving.url, Moving.keys = False, None, folder / "keys" if sealed else None
    rig = Moving(folder / "0", *NAMES, plan=plan(badges(0), NOTIFY))
    alarms = {}
    for turn, place in enumerate((None, fresh(postgresql), None)):
        if turn:
            rig.move(place, folder / str(turn))
        for one in story:
            tell(rig, alarms, *one)
            rig.run(2)
        for fake in rig.fakes.values():
            fake.on, fake.deaf = True, False
        rig.run(70)
        assert not any(row["unverified"] for row in everything(rig.store)["badges"]), "all have answered"
        alarms["anna"] = alarms.get("anna", 50) + 1
        assert rig["anna"].alarm(codes.KIND_EMERGENCY, alarm_id=alarms["anna"], refresh=False)
        assert not rig.alarm()["unverified"] and rig.act("close", rig.alarm()["id"])
    rig.store.close()


def test_a_house_is_put_over_another_only_when_that_is_said_and_the_other_is_kept_beside(postgresql, tmp_path, capsys):
    url, file, word = fresh(postgresql), tmp_path / "kald.backup", tmp_path / "word"
    word.write_text(PASSPHRASE)
    store = shared.open_shared(url)
    store.pair("anna")
    restore = [str(file), "--store", url, "--passphrase-file", str(word)]
    assert backup_command.main([str(file), "--store", url, "--passphrase-file", str(word)]) == 0
    assert "1 badges" in capsys.readouterr().out
    store.pair("bo")
    assert restore_command.main(restore) == 2 and "--force" in capsys.readouterr().err
    (tmp_path / "one").mkdir()
    store.serve(folder=tmp_path / "one")
    number = store.number
    assert restore_command.main([*restore, "--force"]) == 2 and "a gateway runs on" in capsys.readouterr().err
    assert [row["name"] for row in store.badges()] == ["anna", "bo"]
    store.close()
    assert restore_command.main([*restore, "--force"]) == 0
    kept = re.search(r"in the schema (\w+)", capsys.readouterr().out)[1]
    with psycopg.connect(url) as db:
        assert db.execute(f"SELECT count(*) FROM {kept}.badges").fetchone() == (2,)
    store = shared.open_shared(url)
    assert [row["name"] for row in store.badges()] == ["anna"]
    assert store.serve(folder=tmp_path / "one") is True and store.number != number
    store.close()


def test_what_the_server_refuses_changes_nothing_and_is_said_in_a_sentence(postgresql, tmp_path, capsys):
    url, file = fresh(postgresql), tmp_path / "kald.backup"
    store = open_store(tmp_path / "kald.sqlite")
    store.pair("an\0na")  # what SQLite keeps and PostgreSQL does not
    file.write_bytes(backup.seal(backup.snapshot(tmp_path), None))
    beside = shared.open_shared(url)
    beside.pair("bo")
    for place, words in ((url, "cannot use the database"), (f"{url}0", "cannot use"), ("mysql://x/y", "alone")):
        assert restore_command.main([str(file), "--store", place, "--force"]) == 2
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1
    assert [row["name"] for row in beside.badges()] == ["bo"]
    assert backup_command.main([str(file), "--store", f"{url}0", "--without-keys", "--force"]) == 2
    for each in (store, beside):
        each.close()


def test_a_backup_of_a_server_is_one_moment_and_without_keys_has_none(postgresql, tmp_path):
    with three(postgresql, tmp_path) as house:
        house["anna"].alarm(codes.KIND_FALL)
        wrote = []

        def meanwhile(_connection, _cursor, statement, *_more):
            if "FROM events" in statement and not wrote:
                wrote.append(True)
                house.run(3)
                house["bo"].alarm(codes.KIND_ASSIST, alarm_id=9)
                house.run(3)
                assert len(house.store.alarms()) == 2

        event.listen(Engine, "before_cursor_execute", meanwhile)
        try:
            data = backup.snapshot(tmp_path, keys=False, url=house.path)
        finally:
            event.remove(Engine, "before_cursor_execute", meanwhile)
        assert wrote and backup.counts(data).alarms == 1
        for fake in house.fakes.values():
            assert fake.row.uplink_key not in data and fake.row.downlink_key not in data
        backup.restore(data, tmp_path / "new")
    store = open_store(tmp_path / "new" / "kald.sqlite")
    assert store.serve() is True and all(row["revoked_ms"] for row in everything(store)["badges"])
    store.close()


def test_a_backup_of_an_older_version_comes_into_a_server_too(postgresql, tmp_path):
    old_house(tmp_path / "kald.sqlite", "4", 4)
    url = fresh(postgresql)
    transfer.into(backup.snapshot(tmp_path), url)
    store = shared.open_shared(url)
    anna = everything(store)["badges"][0]
    assert (anna["name"], anna["uplink_key"], anna["unverified"]) == ("anna", UP, True)
    store.close()


@contextmanager
def spent(db):
    yield db.execute(insert(GATEWAYS), [{"number": n, "next_counter": 1, "line": "", "retired": True}
                                        for n in range(2, 256)])


def test_where_every_sender_number_was_used_nothing_is_put_back(postgresql, tmp_path):
    store = open_store(tmp_path / "kald.sqlite")
    with store.engine.begin() as db, spent(db):
        assert rollback.present(db).number == 1
    with pytest.raises(Refusal, match="pair the badges again"):
        transfer.into(backup.snapshot(tmp_path), fresh(postgresql))
    store.close()
