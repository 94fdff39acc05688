"""Does a dozing badge hear every call, and what does that cost?"""

import pytest
from radio_rig import PACKAGE, TIME, air_in_our_time
from test_lora import FRAME, End

from firmware.board.lora import DOZING, HEARING
from tools.bench.lora import RECEIVE_UA, SLEEP_UA, STANDBY_UA, listening_ua
from tools.sim.chips.sx1262_modes import RX, SLEEP

pytestmark = pytest.mark.parametrize("sf", [7, 8], ids=lambda sf: f"SF{sf} over {PACKAGE}")

PHASES = 200


def pair(sf):
    air = air_in_our_time()
    caller, dozer = End(air, "sx1262", sf=sf), End(air, "sx1262", 20, sf=sf)
    dozer.lora.doze(True)
    turn(100, caller, dozer)
    assert dozer.lora.state == DOZING
    return caller, dozer


def turn(ms, *ends, until=lambda: False):
    for spent in range(0, ms, 10):
        for end in ends:
            end.turn()
        TIME.sleep_ms(10)
        if until():
            return spent + 10
    return ms


def test_a_call_is_heard_whenever_it_begins(sf):
    caller, dozer = pair(sf)
    missed = []
    slowest = 0
    for phase in range(PHASES):
        TIME.sleep_us(phase * 1000000 // PHASES + 137)
        before = len(dozer.got)
        assert caller.lora.send(FRAME, 24, is_alarm=True, calls=True)
        slowest = max(slowest, turn(2000, caller, dozer, until=lambda n=before: len(dozer.got) > n))
        if len(dozer.got) == before:
            missed.append(phase)
        turn(200, caller, dozer)
        caller.ledger.clear()  # two hundred calls in five minutes are for tests only
    assert missed == []
    assert slowest <= 1200
    longest_us = max(stop - start for start, stop, _ in caller.radio.sent)
    assert longest_us <= 1100000 + 113000  # a preamble of 1.1 s at most, and the frame
    dozer.place.clean()
    caller.place.clean()


def test_a_second_call_is_heard_too(sf):
    caller, dozer = pair(sf)
    for text in (b"first call", b"second call"):
        caller.lora.send(text, len(text), is_alarm=True, calls=True)
        turn(1500, caller, dozer)
    assert dozer.got == [b"first call", b"second call"] and dozer.lora.state == DOZING


def test_dozing_costs_less_than_100_microamperes(sf):
    caller, dozer = pair(sf)
    before = dozer.chip.times_us()
    turn(120000, dozer)
    spent = [now - then for now, then in zip(dozer.chip.times_us(), before, strict=True)]
    total = sum(spent)
    other = total - spent[SLEEP] - spent[RX]
    average_ua = (spent[SLEEP] * SLEEP_UA + spent[RX] * RECEIVE_UA + other * STANDBY_UA) / total
    print(f"SF{sf}: {average_ua:.1f} uA, {spent[RX] / total * 100:.3f} % receiving")
    assert 30 < average_ua <= 100 and listening_ua(sf) == pytest.approx(average_ua, rel=0.06)


def test_dozing_and_talking(sf):
    caller, dozer = pair(sf)
    assert dozer.lora.send(FRAME, 24)
    turn(400, caller, dozer)
    assert caller.got == [FRAME] and dozer.lora.state == DOZING
    dozer.lora.doze(False)
    turn(100, caller, dozer)
    assert dozer.lora.state == HEARING
    caller.lora.send(b"no call", 7)
    turn(400, caller, dozer)
    assert dozer.got == [b"no call"]
    dozer.lora.doze(True)
    turn(200, caller, dozer)
    assert dozer.lora.state == DOZING


def test_a_garbled_call_leaves_it_dozing(sf):
    caller, dozer = pair(sf)
    dozer.radio.air.garble_permille = 1000
    caller.lora.send(FRAME, 24, calls=True)
    turn(1500, caller, dozer)
    assert dozer.got == [] and dozer.lora.state == DOZING and dozer.lora.failures == 0
    spent = dozer.chip.times_us()[RX]
    turn(10000, dozer)
    assert dozer.chip.times_us()[RX] - spent < 300000
    dozer.radio.air.garble_permille = 0
    caller.lora.send(FRAME, 24, calls=True)
    turn(1500, caller, dozer)
    assert dozer.got == [FRAME]


def test_a_chip_that_fails_while_it_dozes_is_noticed(sf):
    caller, dozer = pair(sf)
    dozer.chip.fail = "reset"
    assert turn(70000, dozer, until=lambda: dozer.lora.failures) <= 61000
    turn(2000, dozer)
    assert dozer.lora.state == DOZING
    caller.lora.send(FRAME, 24, calls=True)
    turn(1500, caller, dozer)
    assert dozer.got == [FRAME]
