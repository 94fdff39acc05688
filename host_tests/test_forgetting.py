"""Does one person go out of every paper of the house, and does what happened stay true?"""

import json

import pytest
from sqlalchemy import select

from firmware import codes
from gateway_rig import Rig, on_file, served
from postgres_rig import three, until_acked
from test_sign_in import Browser, made, quick
from tools.cli import forget as command
from tools.gateway import forgetting, records, report
from tools.gateway.store import Refusal
from tools.gateway.tables import META

__all__ = ["quick"]
rig = on_file("Berit Ås", "Bo", "Bo Hansen", "Leder")


def told(rig):
    with rig.store.engine.connect() as db:
        return {name: [tuple(row) for row in db.execute(select(table)).all()] for name, table in META.tables.items()}


def lived(rig):
    """Berit calls, is called otherwise, comes to an alarm, writes, visits, and hands her badge on."""
    rig["Berit Ås"].alarm(codes.KIND_EMERGENCY, alarm_id=71, refresh=False)
    rig.act("take", 1, by="Bo")
    rig.act("note", 1, by="Berit Ås", text="Berit Ås and Bo Hansen talked; Bo too")
    rig.act("close", 1, by="berit ås", outcome="real")
    rig.act("introduced", 1, by="Leder", text="card")
    rig["Bo"].alarm(codes.KIND_ASSIST, alarm_id=72, refresh=False)
    rig.act("take", 2, by="Berit Ås")
    rig.act("withdraw", 2, by="Leder", who="Berit Ås")
    rig.act("unneeded", 2, by="Berit Ås")
    rig.act("close", 2, by="Bo")
    rig.act("owner", 2, by="Leder", owner="Berit Ås")
    rig.run(90)
    assert rig.act("rename", 1, by="Leder", name="Berit Lund", same=1)
    made(rig.store, "Berit Lund", "administrator")


def forget(rig, name):
    with rig.store.engine.begin() as db:
        return forgetting.forget(db, rig.now_ms, name, "test")


def test_a_name_is_in_no_table_any_more_and_what_happened_stays_as_it_was(rig):
    lived(rig)
    made(rig.store, "Eva", "administrator")
    assert rig.act("rename", 1, by="Leder", name="Ny", same=0)
    before = told(rig)
    with rig.store.engine.connect() as db:
        figures = report.month(db, "2027-01")
    assert forget(rig, "BERIT LUND")
    after = told(rig)
    assert "Berit" not in repr(after) and "berit" not in repr(after), [
        row for rows in after.values() for row in rows if "erit" in repr(row)]
    assert {name: len(rows) for name, rows in after.items() if name not in (
        "accounts", "account_events", "sessions", "house_events")} == {
        name: len(rows) for name, rows in before.items() if name not in (
            "accounts", "account_events", "sessions", "house_events")}
    with rig.store.engine.connect() as db:
        again, record = report.month(db, "2027-01"), records.read(db, 1)
    assert {**again, "practised": 0} == {**figures, "practised": 0}
    assert record["name"] == "–" and record["taken_by"] == "Bo" and record["outcome"] == "real"
    assert record["notes"][0]["text"] == "– and Bo Hansen talked; Bo too"
    rig.store.close()
    content = rig.path.read_bytes()
    assert b"Leder" in content and b"Berit" not in content, "not in what is free of the file either"


def test_who_has_part_of_anothers_name_leaves_the_other_alone(rig):
    lived(rig)
    rig.act("rename", 2, by="Leder", name="Ny", same=0)
    assert forget(rig, "bo")
    said = repr(told(rig))
    assert "Bo Hansen talked; – too" in said and "Berit Lund" in said and "'Bo'" not in said


def test_nobody_is_forgotten_with_a_badge_in_an_open_alarm_or_as_the_last_administrator(rig):
    before = told(rig)
    for name, why in (("BO", "badge 2"), ("Nobody", "nobody is called Nobody")):
        with pytest.raises(Refusal, match=why):
            forget(rig, name)
    rig["Bo"].alarm(codes.KIND_ASSIST, alarm_id=73, refresh=False)
    rig.act("take", 1, by="Vikar")
    with pytest.raises(Refusal, match="alarm 1 is open"):
        forget(rig, "vikar")
    rig.act("close", 1, by="Leder")
    made(rig.store, "Eva", "administrator")
    with pytest.raises(Refusal, match="last administrator"):
        forget(rig, "Eva")
    assert forget(rig, "Vikar") and told(rig)["badges"][0][2] == before["badges"][0][2] == "Berit Ås"


async def test_who_was_signed_in_is_out_at_once_beside_a_gateway_that_goes_on(tmp_path, capsys):
    rig = Rig(tmp_path / "kald.sqlite", "Anna")
    made(rig.store, "Eva", "administrator")
    made(rig.store, "Gerda", "manager")
    async with served(rig.store) as (url, _), Browser(url) as one, Browser(url) as other:
        await one.sign_in("Gerda")
        await other.sign_in("Eva")
        assert command.main(["gerda", "--data", str(tmp_path)]) == 0
        assert "gerda is in" in capsys.readouterr().out
        assert (await one.get("/api/me"))[0] == 401 and (await one.sign_in("Gerda"))[0] == 403
        people = json.loads((await other.get("/api/people"))[1])["people"]
        assert [each["name"] for each in people] == ["Eva"]
        assert command.main(["gerda", "--data", str(tmp_path)]) == 2 and "nobody" in capsys.readouterr().err
    rig.store.close()


def test_over_postgresql_gateways_that_know_the_name_do_not_write_it_again(postgresql, tmp_path, capsys):
    with three(postgresql, tmp_path) as rig:
        until_acked(rig["anna"], rig, codes.KIND_EMERGENCY, alarm_id=71, refresh=False)
        for verb, more in (("take", {}), ("note", {"text": "Berit Ås and anna talked"}), ("close", {})):
            assert rig.act(verb, 1, by="Berit Ås", **more)
        until_acked(rig["bo"], rig, codes.KIND_ASSIST, alarm_id=72, refresh=False)
        assert rig.act("rename", 1, by="Leder", name="Ny", same=0)
        rig.run(3)
        for name in ("berit ås", "anna"):
            assert command.main([name, "--store", rig.path]) == 0 and f"{name} is in" in capsys.readouterr().out
        assert rig.act("take", 2, by="Leder") and rig.act("close", 2, by="Leder")
        rig.beat()
        rig.run(30)
        said = repr(told(rig)).casefold()
        assert "bo: assist" in said and "– and – talked" in said and "berit" not in said and "anna" not in said
        assert command.main(["anna", "--store", rig.path]) == 2 and "nobody" in capsys.readouterr().err
