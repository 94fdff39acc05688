"""Is a bridge that is gone, deaf or spent a technical alarm on the board, and one that is well again none?"""

import json

import pytest
from sqlalchemy import update

from firmware.board.lora import DOWN, HEARING
from firmware.bridge import ABSENT
from tools.gateway import board, duty, bridge_watch
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.gateway.tables import BADGES

T0 = 1_700_000_000_000
WELL = {"number": 3, "port": "/dev/ttyUSB0", "state": HEARING, "khz": 869525, "sf": 7, "left_s": 350, "rssi_dbm": -80}


class Office:
    """A gateway that looks at its bridges once a second."""

    def __init__(self, folder):
        self.store = open_store(folder / "kald.sqlite")
        self.radio = Radio(self.store)
        self.now_ms = T0

    def look(self, *facts, seconds=1):
        for _ in range(seconds):
            self.now_ms += 1000
            self.radio.bridges(list(facts), self.now_ms)
        with self.store.engine.connect() as db:
            return sorted((each["bridge"], each["fault"]) for each in board.troubles(db) if each["until_ms"] is None)


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def test_a_bridge_that_is_gone_is_missed_after_a_moment_and_is_back_at_once(office):
    assert office.look() == [] == office.look(seconds=60)  # a house without a bridge lacks none
    assert office.look(WELL) == []
    assert office.look(seconds=9) == []
    assert office.look(seconds=3) == [(3, "bridge_gone")]
    assert office.look({**WELL, "number": None}, seconds=3) == [(3, "bridge_gone")]  # somebody there says nothing
    assert office.look({**WELL, "number": 4}) == [(3, "bridge_gone")]
    assert office.look({**WELL, "number": 4}, WELL) == []


def test_a_gateway_that_starts_knows_which_bridge_it_should_have(office, tmp_path):
    office.look(WELL)
    again = Office(tmp_path)
    assert again.look(seconds=5) == [] and again.look(seconds=10) == [(3, "bridge_gone")]
    with again.radio.moment(again.now_ms) as at:
        assert bridge_watch.forget(at, 3) and not bridge_watch.forget(at, 3)
    assert again.look(seconds=60) == []


@pytest.mark.parametrize("state", [DOWN, ABSENT])
def test_a_bridge_without_radio_is_one_that_hears_nobody(office, state):
    assert office.look({**WELL, "state": state}, seconds=9) == []
    assert office.look({**WELL, "state": state}, seconds=5) == [(3, "bridge_no_radio")]
    assert office.look(WELL) == []


def test_a_bridge_that_hears_nobody_any_more_is_told_though_it_looks_well(office):
    badge = office.store.pair("Anna")
    other = office.store.pair("Bo")

    def stands(pairing, silent, number=3):
        where = BADGES.c.pairing == pairing.pairing
        with office.store.engine.begin() as db:
            db.execute(update(BADGES).where(where).values(silent=silent, address=json.dumps(["bridge", number])))

    heard = {**WELL, "heard": 70}
    assert office.look(heard, seconds=1000) == []  # nobody was ever heard here
    stands(badge, False)
    stands(other, True)
    assert office.look(heard, seconds=1000) == []  # one of them is
    stands(badge, True)
    assert office.look(heard, seconds=890) == []
    assert office.look(heard, seconds=20) == [(3, "bridge_deaf")]
    assert office.look({**WELL, "heard": 71}) == []
    assert office.look({**WELL, "heard": 71}, seconds=890) == []
    stands(badge, True, 4)
    stands(other, True, 4)
    assert office.look({**WELL, "heard": 71}, seconds=890) == []  # they are heard elsewhere


def test_spent_airtime_is_an_alarm_that_does_not_flutter(office):
    assert office.look({**WELL, "left_s": 108}) == []  # of 360 s in band P
    assert office.look({**WELL, "left_s": 107}) == [(3, "duty_spent")]
    assert office.look({**WELL, "left_s": 120}) == [(3, "duty_spent")]
    assert office.look({**WELL, "left_s": 126}) == []
    assert office.look({**WELL, "khz": 868100, "left_s": 30}) == []  # of 36 s there


def test_the_board_shows_each_bridge(office):
    office.look(WELL, {**WELL, "number": 5})
    with office.store.engine.connect() as db:
        shown = bridge_watch.board(db, [WELL, {**WELL, "number": 9, "state": ABSENT, "left_s": 0}])
    assert [(each["number"], each["there"], each["radio"]) for each in shown] == [
        (3, True, True), (5, False, False), (9, True, False)]
    assert shown[0]["left"] == 972 and shown[2]["left"] is None


def test_silence_is_judged_by_each_badges_own_heartbeat(office):
    slow, fast = office.store.pair("lora", beat_ms=300_000), office.store.pair("wifi")
    with office.radio.moment(T0) as tx:
        for badge in (slow, fast):
            tx.badges.put(badge.pairing, heard_ms=T0, mode=1)

    def silent(after_ms):
        office.radio.tick(T0 + after_ms)
        with office.store.engine.connect() as db:
            return {row["device"] for row in board.badges(db) if row["silent"]}

    assert silent(3 * 60_000 - 2000) == set()
    assert silent(3 * 60_000) == {fast.device}
    assert silent(15 * 60_000 - 2000) == {fast.device}
    assert silent(15 * 60_000) == {fast.device, slow.device}
    assert duty.BEATS == 3
