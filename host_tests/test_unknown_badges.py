"""Is a call from a badge that this database does not know seen, in words, and at the cost of a row?"""

import pytest
from gateway_rig import BEGAN_MS, Rig, on_file

from firmware.codes import KIND_EMERGENCY
from firmware.link import frame
from tools.gateway import unknown_badges
from tools.gateway.tables import TROUBLES


rig = on_file("anna", "bo")


@pytest.fixture
def other(tmp_path):
    return Rig(tmp_path / "other.sqlite", *(f"wearer {n}" for n in range(9)))


def call(other, name, counter=None):
    """Return an alarm of a badge that is paired with another database."""
    fake = other[name]
    fake._counter = fake._counter if counter is None else counter
    return fake.sealed(frame.alarm, 50, KIND_EMERGENCY, 0, 0, 12, 0, 0)


def stands(rig):
    return {one["fault"]: one for one in rig.facts() if one["fault"] in unknown_badges.FAULTS and not one["until_ms"]}


def rows(rig):
    with rig.store.engine.connect() as db:
        return db.execute(TROUBLES.select()).all()


@pytest.mark.parametrize("beats", [False, True], ids=["alarm", "heartbeat"])
def test_a_badge_of_another_database_is_a_trouble_with_count_and_last_time(rig, other, beats):
    said = other["wearer 7"].sealed(frame.heartbeat, 0, 80, 0) if beats else call(other, "wearer 7")
    rig.carry([said])
    rig.run(10)
    rig.carry([said])
    rig.run(10)
    seen = stands(rig)[unknown_badges.UNKNOWN]
    assert (seen["count"], seen["detail"], seen["name"]) == (2, "8", "")
    assert 0 <= rig.now_ms - seen["last_ms"] <= 2 * unknown_badges.WRITE_MS and seen["since_ms"] <= BEGAN_MS + 6000
    assert rig.store.alarms() == [] and rig.radio.refused == {"unknown device": 2}


@pytest.mark.parametrize("counter", [None, 3], ids=["newer", "older than the window"])
def test_an_alarm_under_other_keys_and_one_of_a_revoked_badge_are_troubles_too(rig, other, counter):
    for _ in range(200):
        rig["anna"].beat()
    if counter is None:
        other["wearer 0"]._counter = 900
    rig.carry([call(other, "wearer 0", counter)])
    rig.act("revoke", 2)
    rig["bo"].alarm(KIND_EMERGENCY, refresh=False)
    rig.run(6)
    assert set(stands(rig)) == {unknown_badges.FOREIGN, unknown_badges.REVOKED}
    assert [stands(rig)[fault]["detail"] for fault in (unknown_badges.FOREIGN, unknown_badges.REVOKED)] == ["1", "2"]


def test_a_flood_is_one_row_one_count_and_the_latest_numbers(rig, other):
    for turn in range(1000):
        data = bytearray(call(other, "wearer 3")[0])
        frame.put16(data, 1, 100 + turn)
        rig.radio.prepare()
        rig.radio.hear([(bytes(data), ("127.0.0.1", 1 + turn))] * 3, rig.now_ms)
        if turn % 10 == 0:
            rig.run(1)
    rig.run(6)
    seen = stands(rig)[unknown_badges.UNKNOWN]
    assert seen["count"] == 3000 and seen["detail"] == "1099, 1098, 1097, 1096, 1095"
    assert len(rows(rig)) == 1 and len(rig.radio._strangers._heard) == 0


def test_it_goes_on_after_a_restart_and_is_over_when_nothing_more_comes(rig, other):
    rig.carry([call(other, "wearer 5")])
    rig.run(6)
    rig.restart()
    rig.carry([call(other, "wearer 6")])
    rig.run(6)
    assert (stands(rig)[unknown_badges.UNKNOWN]["count"], stands(rig)[unknown_badges.UNKNOWN]["detail"]) == (2, "7, 6")
    rig.now += unknown_badges.QUIET_MS
    rig.run(6)
    assert not stands(rig) and rows(rig)[0].until_ms
    rig.carry([call(other, "wearer 5")])
    rig.run(6)
    assert stands(rig)[unknown_badges.UNKNOWN]["count"] == 1
