"""Is a gateway that is gone missed and another's lead taken over, and is nothing said twice by what was put back?"""

import time
from contextlib import suppress

import pytest

from firmware import codes
from postgres_rig import fresh, jobs, three, until_acked
from tools.cli import gateway as command
from tools.gateway import gateway_watch, rollback, shared
from tools.gateway.core.storage import Unavailable
from waits import until


@pytest.fixture
def house(postgresql, tmp_path):
    with three(postgresql, tmp_path) as rig:
        yield rig


def missing(rig):
    """Return what the board says of gateways that are missed, "" if none is."""
    told = {fact["detail"] for fact in rig.facts() if fact["fault"] == gateway_watch.FAULT and not fact["until_ms"]}
    return told.pop() if told else ""


def test_a_gateway_that_is_away_for_half_a_minute_is_a_trouble_with_its_place_whoever_leads(house):
    gone = house.gateways[1]
    number, folder = gone.store.number, gone.store.folder
    house.kill(gone)
    house.run(25)
    assert missing(house) == "", "it may only be started again"
    house.run(10)
    told, _, place = missing(house).partition(":")
    assert told.startswith(f"{number} ") and place and str(folder).startswith(place)  # it may be cut short
    leader = house.leader()
    house.kill(leader)
    house.run(20)
    assert missing(house).startswith(f"{number} ") and ";" not in missing(house), "who leads now goes on to know it"
    house.run(20)
    both = [str(one) for one in sorted((number, leader.store.number))]
    assert [part.split()[0] for part in missing(house).split("; ")] == both
    house.start()
    house.start()
    house.run(3)
    assert missing(house) == "" and len(house.gateways[0]._disk.stations()) == 3, "whoever comes takes their numbers"


def test_a_gateway_that_the_house_has_no_more_is_forgotten_by_a_person_and_one_that_runs_is_not(house, capsys):
    number = house.gateways[1].store.number
    assert command.main(["forget", str(number), "--store", house.path]) == 2
    assert f"gateway {number} runs" in capsys.readouterr().err
    house.kill(house.gateways[1])
    house.run(40)
    assert missing(house)
    assert command.main(["forget", str(number), "--store", house.path]) == 0
    house.run(3)
    assert missing(house) == "" and number not in house.gateways[0]._disk.stations()
    assert command.main(["forget", str(number), "--store", house.path]) == 1
    radio = house.start()
    assert radio.store.number != number, "nothing is ever sealed under it again"


def test_who_stands_still_between_two_turns_loses_the_lead_and_does_nothing_of_it_when_it_goes_on(house):
    asleep = house.leader()
    awake = [radio for radio in house.gateways if radio is not asleep]
    assert asleep._disk._ask("SHOW idle_session_timeout").fetchone() == ("15min",)
    asleep._disk._db.execute("SET idle_session_timeout = 100")
    until(lambda: [radio.tick(house.now_ms) for radio in awake] and any(radio.leads() for radio in awake))
    with pytest.raises(Unavailable):
        asleep.tick(house.now_ms)
    until_acked(house["anna"], house, codes.KIND_EMERGENCY, refresh=False)
    house.run(8)
    assert house.leader() in awake and jobs(house) == [1]


def test_two_gateways_on_an_old_dump_take_no_counter_of_the_life_that_came_after_it(postgresql, tmp_path,
                                                                                                  monkeypatch):
    monkeypatch.setattr(rollback.secrets, "choice", min)  # as if the same were drawn

    def lives(url, names):
        """Let gateways begin on `url`; return the counters that they reserve, each with its number."""
        stores, taken = [], set()
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            stores.append(shared.open_shared(url))
            stores[-1].serve(folder=tmp_path / name)
        for store in stores * 2:
            with suppress(Unavailable):  # the other one has seen that this database is old: it takes a number anew
                store.disk().reserve(1, 0)
            first = store.disk().reserve(1000, 0)
            taken |= {(store.number, first + n) for n in range(1000)}
        for store in stores:
            store.close()
        return taken

    url = fresh(postgresql)
    lives(url, ["one"])
    dump = fresh(postgresql, template=url)
    later = lives(url, ["one", "two"])
    now = time.time
    monkeypatch.setattr(rollback.time, "time", lambda: now() + 86_400)
    assert not later & lives(dump, ["one", "two"])
