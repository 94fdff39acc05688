"""Does the badge's Wi-Fi come back from everything that a house's Wi-Fi does, with one owner and without a leak?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lived import ROOT, TESTS, lived
import wifi_rig
from wifi_rig import begin, house, run

HOUR_MS = 3600000
STATIC = ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1")


@pytest.fixture(autouse=True)
def one_owner():
    yield
    assert house.wrong == [] and house.sockets <= 1 and house.sockets_most <= 1


def test_it_joins_and_carries_frames():
    wifi = begin()
    run(wifi, 3000)
    assert wifi.up() and len(house.tries) == 1
    assert run(wifi, 10000, 1000) == (10, 10)
    assert {"reconnects": 0} in house.configs


@pytest.mark.parametrize("what, lasts_ms, tried, least, most", [
    ("there", HOUR_MS, lambda: len(house.tries), 100, 700), ("password", 600_000, lambda: len(house.tries), 20, 80),
    ("memory", 60_000, lambda: len(house.tries), 0, 0), ("dns", 60_000, lambda: house.named, 16, 40),
])
def test_what_fails_for_a_while_is_tried_at_a_pace_and_works_once_it_is_right(what, lasts_ms, tried, least, most):
    wifi = begin(memory=what != "memory")
    run(wifi, 20000 if what == "there" else 0, 1000)
    setattr(house, what, False)
    before = tried()
    run(wifi, lasts_ms, 1000)
    assert not wifi.up() and least <= tried() - before <= most
    assert house.switched_off > 20 or what != "there"
    setattr(house, what, True)
    run(wifi, 25000, 1000)
    assert wifi.up() and house.got[-1][0] > house.now - 2000


def test_a_short_loss_after_a_connection_that_held_is_mended_at_once():
    wifi = begin()
    run(wifi, 20000, 1000)
    house.there = False
    run(wifi, 500)
    assert not wifi.up()
    house.there = True
    run(wifi, 2500)
    assert wifi.up()


def test_a_connection_that_never_holds_makes_the_pauses_grow():
    wifi = begin()
    times = []
    for _ in range(12):
        while not wifi.up():
            run(wifi, 20)
        times.append(house.now)
        run(wifi, 1000, 200)
        house.there = False
        run(wifi, 100)
        house.there = True
    gaps = [later - one for one, later in zip(times, times[1:])]
    assert gaps[0] < 4000 and min(gaps[-3:]) > 8000


def test_without_dhcp_only_a_static_address_joins():
    wifi = begin()
    house.dhcp = False
    run(wifi, 120000)
    assert not wifi.up() and len(house.tries) > 4
    wifi = begin(address=STATIC)
    house.dhcp = False
    run(wifi, 3000)
    assert wifi.up() and house.static == STATIC


def test_a_gateway_that_has_moved_is_found_under_its_name():
    wifi = begin()
    run(wifi, 20000, 1000)
    house.address = "10.0.0.9"
    run(wifi, 30000, 1000)
    assert house.got[-1][1] == "10.0.0.9" and house.got[-1][0] > house.now - 2000
    assert len(house.tries) == 1  # a new socket was enough


def test_what_the_port_says_of_the_try_before_ends_no_try():
    wifi = begin()
    house.there = False
    run(wifi, 10000)
    assert house.said == 201 and not wifi.up()  # and it goes on saying so until there is an address
    house.there = True
    run(wifi, 12000, 1000)
    assert wifi.up() and house.got


def test_a_silent_name_server_holds_nobody_up_and_the_address_of_last_time_will_do():
    wifi = begin()
    run(wifi, 20000, 1000)
    assert house.named == 1
    house.dns = False
    house.there = False
    run(wifi, 5000)
    house.there = True
    run(wifi, 10000, 1000)
    assert wifi.up() and house.got[-1][0] > house.now - 2000 and house.named == 1 + 3


@pytest.mark.parametrize("refuses", ["sendto", "connect", "send", None])
def test_who_has_joined_and_gets_no_frame_out_joins_anew_and_asks_at_a_pace(monkeypatch, refuses):
    """A router that is half up gives a name server that is none, or no way; only a new lease makes it good."""
    count = []

    def refuse(*_):
        count.append(house.now)
        raise OSError(118)

    wifi = begin()
    if refuses:
        monkeypatch.setattr(wifi_rig.Socket, refuses, refuse)
    house.dns = bool(refuses)
    run(wifi, 600000, 5000)
    assert 6 <= len(house.tries) <= 15 and len(count) + house.named < 250
    house.dns = True
    monkeypatch.undo()
    run(wifi, 30000, 1000)
    assert wifi.up() and house.got and house.got[-1][0] > house.now - 2000


def test_an_address_asks_no_name_server():
    wifi = begin(gateway="10.0.0.2")
    run(wifi, 5000, 1000)
    assert wifi.up() and house.named == 0


def test_after_a_connection_that_held_the_first_try_begins_at_its_channel_and_the_next_anywhere():
    wifi = begin(bssid=b"\x24\xa1\xb2\xc3\xd4\xe5")
    run(wifi, 20000, 1000)
    house.there = False
    run(wifi, 500)
    house.there = True
    lost_at = house.now
    while not wifi.up():
        run(wifi, 20)
    assert [channel for _, _, channel in house.tries] == [0, 6] and house.now - lost_at < 1000
    assert house.tries[1][1] == b"\x24\xa1\xb2\xc3\xd4\xe5"
    run(wifi, 20000, 1000)
    house.there = False
    run(wifi, 40000)
    assert [channel for _, _, channel in house.tries[2:6]] == [6, 0, 0, 13]


def test_an_access_point_that_is_gone_while_the_port_says_joined_is_noticed_by_silence():
    wifi = begin()
    run(wifi, 20000, 1000)
    house.lies = True
    house.there = False
    run(wifi, 70000, 5000)
    assert len(house.tries) >= 2 and not wifi.up()
    house.there = True
    run(wifi, 25000, 1000)
    assert wifi.up() and house.got[-1][0] > house.now - 2000


def test_a_silent_gateway_does_not_keep_the_badge_off_the_air():
    wifi = begin()
    house.gateway = False
    ups = 0
    for _ in range(600):
        run(wifi, 1000, 1000)
        ups += wifi.up()
    assert ups > 450  # somebody may come back any time, and an alarm is sent over whatever is up


def joins_in_ten_minutes():
    before = len(house.tries)
    return lambda wifi: run(wifi, 600000, 5000) and len(house.tries) - before


def silent():
    house.gateway = False


def garbled():
    house.answer = lambda data: b"x"


@pytest.mark.parametrize("what", [silent, garbled])
def test_bytes_that_nobody_has_sealed_are_no_answer_and_the_network_is_joined_anew(what):
    wifi = begin()
    run(wifi, 20000, 1000)
    joins = joins_in_ten_minutes()
    what()
    assert 7 <= joins(wifi) <= 20 and not wifi._believed
    house.gateway, house.answer = True, bytes
    run(wifi, 60000, 1000)
    assert wifi.up() and house.got[-1][0] > house.now - 2000


def test_a_forged_answer_to_the_name_holds_a_badge_for_a_minute_at_most():
    wifi = begin()
    run(wifi, 20000, 1000)
    house.evil = "10.0.0.66"  # all who ask are told this address, where somebody answers with bytes of his own
    house.there = False
    run(wifi, 1000)
    house.there = True
    began = house.now
    run(wifi, 1_200_000, 1000)
    times = [began, *[at for at, to in house.got if at >= began], house.now]
    assert max(later - one for one, later in zip(times, times[1:])) <= 60000
    house.evil, house.address = "", "10.0.0.9"  # and a gateway that moves is found by its name all the same
    moved = house.now
    run(wifi, 120_000, 1000)
    assert next(at for at, to in house.got if to == "10.0.0.9") - moved <= 90_000


@pytest.mark.parametrize("channel", [12, 13])
def test_a_network_without_a_name_is_found_on_the_channels_that_are_only_listened_to(channel):
    wifi = begin()
    house.channel, house.hidden = channel, True
    run(wifi, 120_000, 5000)
    assert wifi.up() and house.got


def test_the_access_point_of_the_pairing_is_tried_first_and_any_other_after_it():
    wifi = begin(bssid=b"\x24\xa1\xb2\xc3\xd4\xe5")
    house.there = False
    run(wifi, 60000)
    assert [bssid for _, bssid, _ in house.tries[:4]] == [b"\x24\xa1\xb2\xc3\xd4\xe5"] * 2 + [None] * 2


def test_two_badges_do_not_come_back_together():
    tries = []
    for device in (7, 8):
        wifi = begin(device=device)
        house.there = False
        run(wifi, 300000)
        tries.append([when for when, _, _ in house.tries])
    together = [when for when in tries[0][2:] if any(abs(when - other) < 100 for other in tries[1][2:])]
    assert len(together) < len(tries[0]) / 3


def test_it_listens_less_while_it_dozes():
    wifi = begin()
    wifi.doze(False)
    run(wifi, 5000, 1000)
    wifi.doze(True)
    run(wifi, 100)
    assert [values["pm"] for values in house.configs if "pm" in values] == [1, 2]


@pytest.mark.parametrize("dips, least_ms", [(1, 1000), (3, 4000), (200, 16000)])
def test_after_a_dip_of_the_supply_wifi_waits_and_is_weak(dips, least_ms):
    wifi = begin(dips=dips)
    run(wifi, 30000)
    assert least_ms <= house.tries[0][0] - 1000 < 2 * least_ms and {"txpower": 11} in house.configs


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 60000), st.integers(1, 400), st.lists(st.integers(0, 4), max_size=12))
def test_errors_from_any_call_end_in_nothing_but_another_try(seed, permille, troubles):
    wifi = begin(seed=seed)
    house.errors_permille = permille
    for trouble in troubles:
        name = ("there", "password", "dhcp", "gateway", "lies")[trouble]
        setattr(house, name, not getattr(house, name))
        run(wifi, 7000, 700)
    assert house.wrong == [] and house.sockets <= 1
    house.errors_permille = 0
    house.there = house.password = house.dhcp = house.gateway = True
    house.lies = False
    run(wifi, 120000, 1000)
    assert wifi.up() and house.got[-1][0] > house.now - 2000


def test_a_thousand_reconnects_leave_nothing_behind(either):
    lines = lived(either, "wifi_life.py", ROOT, TESTS).splitlines()
    for name in ("gone", "troubles", "own"):
        words = [line.split() for line in lines if line.startswith(name + " ")][-1]
        assert words[1] == "grown" and abs(int(words[2])) <= 128, words
    counted = [line for line in lines if "sockets" in line and not line.startswith("own")]
    assert len(counted) == 4 and all(line.endswith("sockets 1 most 1 wrong 0") for line in counted)
    after = [line for line in lines if line.startswith("after ")]
    assert len(after) == 217 and all(line.endswith(" True") for line in after)
    assert "joined True module 7" in lines and "files 0 answered True" in lines
