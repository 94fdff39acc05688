"""Does a small house on one LoRa channel keep its promises for an hour? The long days are in .ci/air.py."""

import pytest

from firmware.limits import HOLD_MS
from firmware.link import frame
from tools.bench.world import Whole
from tools.sim.building import Building
from tools.sim.house.house import HOUR_US, Alarm, House, most_in_an_hour_permille, report
from tools.sim.house.wearer import Wearer


def lived(folder, badges, hours, alarms, **more):
    house = House(folder, badges, **more)
    try:
        house.live(hours, alarms)
        return report(house)
    finally:
        house.close()


def test_with_a_free_channel_received_is_felt_within_400_ms_of_the_deciding_edge(tmp_path):
    facts = lived(tmp_path, 1, 1, 15, seed=3, heartbeat_ms=300_000)
    assert facts["on_disk"] == facts["felt_received"] == 15
    assert facts["felt_ms"][0] <= 400 and facts["disk_ms"][0] < facts["felt_ms"][0]


def test_five_badges_in_an_hour(tmp_path):
    facts = lived(tmp_path, 5, 1, 6, seed=1)
    assert facts["on_disk"] == facts["felt_received"] == facts["alarms"] == 6
    assert facts["felt_ms"][1] <= 2000 and facts["calls_felt"] == "24 of 24"
    assert facts["lawful"] and 0 < facts["badge_permille"] < facts["gateway_permille"][0]
    assert facts["refused"] == {} and facts["put_off_by_law"] == 0


def test_over_lora_a_place_is_told_within_ten_seconds_of_the_press_and_costs_no_alarm_its_time(tmp_path):
    facts = {}
    for building in (None, Building()):
        folder = tmp_path / str(building is None)
        folder.mkdir()
        facts[building is None] = lived(folder, 5, 1, 6, seed=1, building=building)
    plain, placed = facts[True], facts[False]
    assert plain["seen_ms"] == [None, None] and placed["seen_ms"][1] <= 10_000 - HOLD_MS
    assert placed["on_disk"] == placed["felt_received"] == 6 and placed["lawful"] and placed["refused"] == {}
    assert placed["felt_ms"][1] <= 2000 and placed["uplinks"][frame.SIGHTING] <= 6 * 10


def test_thin_time_tells_a_quiet_house_as_whole_time_does_in_a_twentieth_of_the_turns(tmp_path):
    told = {}
    for kind in (Wearer, Whole):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        house = House(folder, 2, seed=7, kind=kind)
        try:
            house.live(0.4, 0)
            told[kind] = [(wearer.frames, wearer.badge.faults, wearer.badge.shift.mode(), wearer.badge.alarm.state,
                           wearer.badge.outbox.lost) for wearer in house.wearers.values()]
            turns = sum(wearer._turns for wearer in house.wearers.values())
            if kind is Wearer:
                few = turns
        finally:
            house.close()
    assert told[Wearer] == told[Whole] and 20 * few < turns


def test_three_receptions_in_ten_lost_and_two_bridges(tmp_path):
    facts = lived(tmp_path, 5, 1, 6, seed=2, loss_permille=300, bridges=2)
    assert facts["on_disk"] == facts["felt_received"] == 6 and facts["counts"]["lost"] > 100
    assert facts["disk_ms"][2] <= 10_000 and facts["felt_ms"][2] <= 10_000 and facts["lawful"]
    assert facts["bridges"]["second copy"] + facts["refused"].get("replay", 0) > 50 and min(facts["downlinks"]) > 10


def test_dozing_badges_are_called_with_their_group_within_two_seconds_for_a_fraction_of_the_air(tmp_path):
    facts = {}
    for grouped in (True, False):
        folder = tmp_path / str(grouped)
        folder.mkdir()
        facts[grouped] = lived(folder, 5, 0.5, 4, seed=5, dozes=True, grouped=grouped)
        assert facts[grouped]["calls_felt"] == "16 of 16" and facts[grouped]["on_disk"] == 4
    assert facts[True]["call_ms"][0] <= 2000 < facts[False]["call_ms"][0]
    assert facts[True]["gateway_s"][0] < facts[False]["gateway_s"][0] and facts[True]["refused"] == {}


def test_a_badge_out_of_reach_is_heard_by_nobody_and_counted_as_such(tmp_path):
    house = House(tmp_path, 2, seed=4)
    try:
        house.clock.run(house.clock.now_us + 301_000_000)
        for wearer in house.wearers.values():
            house.air.attenuate(wearer.radio, house.posts[0].radio, 200)
        wearer = house.wearers[1]
        house._open[1] = Alarm(wearer, house.clock.now_us)
        house.alarms.append(house._open[1])
        wearer.push(1000)
        house.clock.run(house.clock.now_us + 60_000_000)
        facts = report(house)
    finally:
        house.close()
    assert facts["alarms"] == 1 and facts["on_disk"] == facts["felt_received"] == 0
    assert wearer.frames[1] > 20  # it goes on trying


@pytest.mark.parametrize("sent, permille", [
    ([(0, 36_000_000, 1)], 10),
    ([(0, 180_000_000, 1), (HOUR_US // 2, HOUR_US // 2 + 180_000_001, 1)], 100.0000003),
    ([(0, 180_000_000, 1), (HOUR_US + 180_000_000, HOUR_US + 360_000_000, 1)], 50),
    ([(n * 60_000_000, n * 60_000_000 + 600_000, 1) for n in range(600)], 10),
])
def test_the_hour_that_slides(sent, permille):
    assert most_in_an_hour_permille(sent) == pytest.approx(permille, rel=1e-6)
