"""Is nothing from the air believed twice, nor taken for a sign that a gateway is there; and whose numbers are known?"""

import random

import pytest
from tools.sim.rig import Rig
from tools.sim.story import machine
from tools.sim.story.day import Day

from firmware import codes
from firmware.limits import HEARTBEAT_MS, NO_GATEWAY_MS
from firmware.link import downlink, frame


def believed(rig, sealed):
    """Hand over `sealed`; return whether it was believed."""
    refused = rig.badge.inbox.refused
    rig.hand(sealed)
    return rig.badge.inbox.refused == refused


def test_an_ack_is_believed_once():
    rig = Rig()
    rig.acking = False
    rig.run(500)
    ack = rig.ack(rig.newest)
    assert believed(rig, ack) and not believed(rig, ack)


def test_each_try_of_one_thing_has_an_ack_of_its_own_and_the_first_frees_it():
    rig = Rig()
    rig.acking = False
    rig.press(900)
    rig.run(2000)
    tried = [frame.get30(plain, 3) for type, plain in rig.heard if type == frame.ALARM]
    assert len(tried) >= 2
    assert believed(rig, rig.ack(tried[0])) and rig.badge.alarm.state == codes.RECEIVED
    assert believed(rig, rig.ack(tried[1])) and rig.badge.alarm.state == codes.RECEIVED
    assert not believed(rig, rig.ack(tried[0]))


@pytest.mark.parametrize("played", ["acks", "orders", "nothing"])
def test_a_dead_gateway_is_missed_in_time_though_its_last_frames_are_played_again_and_again(played):
    rig = Rig()
    kept = []
    hand = rig.hand

    def tape(sealed):
        kept.append(sealed)
        hand(sealed)

    rig.hand = tape
    rig.run(130_000, step=20)
    for _ in range(3):
        rig.order(codes.ORDER_ALONE, 1)
    rig.run(200)
    rig.acking, rig.hand = False, hand
    tape = [sealed for sealed in kept if played == "acks" and sealed[0] == frame.ACK or played == "orders" and
            sealed[0] == frame.ORDER]
    assert bool(tape) == (played != "nothing")
    died = rig.now
    while not rig.badge.faults & codes.FAULT_NO_GATEWAY:
        rig.run(1000, step=20)
        for sealed in tape:
            assert not believed(rig, sealed)
        assert rig.now - died <= NO_GATEWAY_MS + 1000
    assert rig.now - died >= NO_GATEWAY_MS - 61_000


@pytest.mark.parametrize("every_s", [20, 60, 140])
def test_a_dead_gateway_is_missed_however_many_of_its_downlinks_were_held_back_and_come_now(every_s):
    rig = Rig()
    rig.run(130_000, step=20)
    held = [rig.down(downlink.order, codes.ORDER_ALONE, n % 2) for n in range(40)]
    rig.acking, died = False, rig.now
    while not rig.badge.faults & codes.FAULT_NO_GATEWAY:
        assert believed(rig, held.pop(0))
        rig.run(1000 * every_s, step=20)
        assert rig.now - died <= NO_GATEWAY_MS + 2 * HEARTBEAT_MS + 1000 * every_s
    assert believed(rig, held.pop(0)) and not rig.badge.alarm.is_open()
    rig.run(100)
    assert rig.badge.faults & codes.FAULT_NO_GATEWAY
    rig.acking = True
    rig.run(61_000, step=20)
    assert not rig.badge.faults & codes.FAULT_NO_GATEWAY


class Gateways:
    """Many sender numbers over one badge; `tape`: what was believed of them."""

    def __init__(self, granted=1000):
        self.rig = Rig(granted=granted)
        self.rig.run(100)
        self.counters = {}
        self.tape = []

    def say(self, gateway, heard=None, ahead=1):
        """Send an order from the number `gateway`; return whether it was believed."""
        counter = self.counters[gateway] = self.counters.get(gateway, 100) + ahead
        words = (downlink.order, codes.ORDER_NOTHING, 0)
        sealed = self.rig.down(*words, heard=heard, counter=counter, gateway=gateway)
        if believed(self.rig, sealed):
            self.tape.append(sealed)
            return True
        return False

    def uplink(self):
        """Have the badge send something new, which its gateways then name."""
        newest = self.rig.newest
        self.rig.badge.uplink.heartbeat(2, 0, 50, 0, self.rig.now)
        self.rig.run(20)
        assert self.rig.newest > newest


def test_a_house_may_be_put_back_as_often_as_it_likes_in_one_life_of_a_badge():
    house = Gateways()
    for number in range(1, 101):
        house.uplink()
        assert house.say(number) and house.say(number) and house.say(number, ahead=5)
    for sealed in house.tape:
        assert not believed(house.rig, sealed)


def test_a_fifth_number_must_name_an_uplink_that_nobody_named_before():
    house = Gateways()
    house.uplink()
    assert all(house.say(number) for number in (1, 2, 3, 4))
    assert not house.say(5) and all(house.say(number) for number in (1, 2, 3, 4))
    house.uplink()
    assert house.say(1) and not house.say(5), "the first has named it"
    house.uplink()
    assert house.say(5) and house.say(1)
    assert not house.say(2), "whoever was pushed out"
    house.uplink()
    assert house.say(2) and house.say(5) and house.say(1)


def test_the_number_in_use_stays_while_others_come_and_go():
    house = Gateways()
    for number in range(2, 60):
        house.uplink()
        assert house.say(1) or number == 2
        house.uplink()
        assert house.say(number)
        assert house.say(1)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_whatever_order_nothing_is_believed_twice(seed):
    dice = random.Random(seed)
    house = Gateways()
    accepted = 0
    for _ in range(400):
        what = dice.randrange(10)
        if what < 3:
            house.uplink()
        elif what < 8:
            heard = dice.choice((None, None, max(1000, house.rig.newest - dice.randrange(5))))
            accepted += house.say(dice.randrange(1, 9), heard, dice.randrange(1, 20))
        elif house.tape:
            assert not believed(house.rig, dice.choice(house.tape))
    assert accepted > 50
    assert not any(believed(house.rig, sealed) for sealed in house.tape)


def test_keys_and_groups_of_one_gateway_take_one_window_however_many_there_are():
    rig = Rig()
    rig.run(100)
    for number in range(1, 40):
        key = bytes([number] * 16)
        assert believed(rig, rig.down(downlink.key, number, key))
        assert believed(rig, rig.group_call(number, key, 8, 1000 + number, 3))
        rig.run(100)
    assert sum(number > 0 for number in rig.badge.inbox._gateway) == 1


def test_noise_proves_no_gateway_however_much_of_it_has_been_counted():
    rig = Rig()
    rig.run(100)
    for counted in (0, 0xFFFFFF):  # where the count stops
        rig.badge.inbox.refused = counted
        for noise in (b"x", b"\x10" + bytes(14), b"\x21" + bytes(26)):
            buf = bytearray(80)
            buf[: len(noise)] = noise
            assert rig.badge.frame(buf, len(noise), rig.now) is False
    ack = bytearray(rig.ack(rig.newest)) + bytes(8)
    assert rig.badge.frame(ack, 15, rig.now) is False  # it was believed once


@pytest.mark.parametrize("boat", [False, True])
def test_app_and_lifeboat_tell_a_route_of_an_answer_only_when_it_is_believed(tmp_path, boat):
    day = Day(8, tmp_path, scenes=1, causes=("hold",), troubles=("none",), habits=())
    anna, answers = day.world.people[0], []
    if boat:
        anna.chip.missing = True
        anna.reset(0, machine.HARD)
        day._run(20_000)
    assert bool(anna.boat) == boat
    anna.board.routes[0].answered = lambda: answers.append(day.world.now)
    day._run(65_000)  # a heartbeat, and its ack
    believed = len(answers)
    assert believed
    acks = [data for data, _ in day.world.air.recorded if data[0] == frame.ACK]
    for garbage in (b"x", bytes(15), acks[-1], bytes((frame.ACK, 0, anna.device)) + bytes(12), bytes(40)):
        anna.hear(garbage, day.world.now)
        day._run(300)
    day.world.close()
    assert len(answers) == believed
