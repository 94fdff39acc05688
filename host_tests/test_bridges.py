"""Does the gateway keep its bridges through unplugging, noise and twins, and answer through the one that heard?"""

import os
from pathlib import Path

import pytest
from bridge_ends import FakeBridge

from firmware.badge import Badge
from firmware.link import cobs, frame
from tools.gateway.bridges import PAUSE_MS, SILENT_MS, Bridges
from tools.gateway.radio import Radio
from tools.gateway.store import open_store

ROOT = Path(__file__).resolve().parent.parent
T0 = 1_700_000_000_000


class Desk:
    """A gateway's Bridges, and the bridges that are plugged in."""

    def __init__(self, *numbers):
        self.now_ms = T0
        self.plugged = [FakeBridge(number) for number in numbers]
        self.bridges = Bridges(find=lambda: [bridge.path for bridge in self.plugged])
        self.turn(0)

    def turn(self, ms=100, turns=1):
        """Let `ms` pass `turns` times; return all that was received."""
        found = []
        for _ in range(turns):
            self.now_ms += ms
            self.bridges.tend(self.now_ms)
            for bridge in self.plugged:
                bridge.serve()
            found += self.bridges.receive(self.now_ms)
        return found

    def unplug(self, bridge):
        self.plugged.remove(bridge)
        bridge.unplug()

    def plug(self, number):
        self.plugged.append(FakeBridge(number))
        return self.plugged[-1]

    def numbers(self):
        return sorted(fact["number"] for fact in self.bridges.facts() if fact["number"] is not None)


@pytest.fixture
def desk():
    made = []

    def make(*numbers):
        made.append(Desk(*numbers))
        return made[-1]

    yield make
    for one in made:
        one.bridges.close()
        for bridge in one.plugged:
            bridge.unplug()


def test_a_bridge_is_known_by_its_number_and_tells_how_it_is(desk):
    one = desk(31)
    assert one.numbers() == [31]
    fact = one.bridges.facts()[0]
    assert fact["left_s"] == 350 and fact["rssi_dbm"] == -80 and fact["snr_db"] == 0 and fact["state"] == 1


def test_frames_come_with_the_bridges_address_and_go_out_through_it(desk):
    one = desk(31, 32)
    one.plugged[1].hear(b"\x02sealed bytes", -70)
    assert one.turn() == [(b"\x02sealed bytes", ("bridge", 32))]
    assert one.bridges.send(b"\x24order", ("bridge", 32), one.now_ms)
    one.turn()
    assert one.plugged[1].sends == [(cobs.ORDINARY, b"\x24order")] and one.plugged[0].sends == []


def test_if_the_bridge_that_heard_a_badge_is_gone_another_tries(desk):
    one = desk(31, 32)
    assert one.bridges.send(b"\x24order", ("bridge", 7), one.now_ms)
    one.unplug(one.plugged[0])
    one.turn(1000)
    assert one.bridges.send(b"\x24order", ("bridge", 31), one.now_ms)
    one.turn(400)
    assert [data for _, data in one.plugged[0].sends] == [b"\x24order"] * 2 or one.plugged[0].number == 32
    one.unplug(one.plugged[0])
    one.turn(1000)
    assert not one.bridges.send(b"\x24order", ("bridge", 31), one.now_ms) and one.bridges.counts["no bridge"] == 1


def test_who_heard_it_better_sends_the_next_even_if_it_told_later(desk):
    one = desk(31, 32)
    one.plugged[0].hear(b"\x02\0\x05sealed bytes", -100)
    assert one.turn() == [(b"\x02\0\x05sealed bytes", ("bridge", 31))]
    assert one.bridges.send(bytes([frame.ACK]) + b"\0\x05\1al", ("bridge", 31), one.now_ms)
    one.plugged[1].hear(b"\x02\0\x05sealed bytes", -60)
    assert one.turn() == []
    assert one.bridges.send(b"\x24\0\x05order", ("bridge", 31), one.now_ms)
    assert one.bridges.send(b"\x24\0\x06other", ("bridge", 31), one.now_ms)
    one.turn(400)
    assert [send[1] for send in one.plugged[1].sends] == [b"\x24\0\x05order"]
    assert [send[1] for send in one.plugged[0].sends][1:] == [b"\x24\0\x06other"]
    one.plugged[0].hear(b"\x02\0\x05and then here", -50)
    one.turn()
    assert one.bridges.send(bytes([frame.ACK]) + b"\0\x05\1 t", ("bridge", 31), one.now_ms)
    assert one.bridges.send(b"\x25\0\x05order", ("bridge", 31), one.now_ms)
    one.turn(400)
    assert one.plugged[0].sends[-1][1] == b"\x25\0\x05order"


def test_what_was_never_acked_leads_no_downlink_elsewhere(desk):
    one = desk(31, 32)
    for strong, counter in ((31, b"ed"), (32, b"ed"), (32, b"xx")):
        forged = b"\x01\0\x05\0\0" + counter + b"forged" + bytes([strong])
        one.plugged[0].hear(forged, -50 if strong == 31 else -90)
        one.plugged[1].hear(forged, -90 if strong == 31 else -50)
        one.turn()
    one.plugged[0].hear(b"\x02\0\x05\0\0yes genuine", -80)
    one.turn()
    for ack in (None, b"ye", b"ed"):  # the last: with a forged head beside it nobody knows which was meant
        if ack:
            assert one.bridges.send(bytes([frame.ACK]) + b"\0\x05\1" + ack, ("bridge", 31), one.now_ms)
        assert one.bridges.send(b"\x24\0\x05order", ("bridge", 31), one.now_ms)
        one.turn(2000)
    assert not one.plugged[1].sends and len(one.plugged[0].sends) == 5


def test_who_may_doze_is_called_with_a_preamble_that_wakes_and_who_was_just_acked_without(desk):
    one = desk(31)
    call = bytes((frame.CALL, 0, 9)) + bytes(20)
    for expected in (cobs.CALLS, cobs.URGENT, cobs.CALLS):
        if expected == cobs.URGENT:
            assert one.bridges.send(bytes((frame.ACK, 0, 9)) + bytes(12), ("bridge", 31), one.now_ms)
        assert one.bridges.send(call, ("bridge", 31), one.now_ms)
        one.turn(1300, 2)
        assert one.plugged[0].sends[-1] == (expected, call)


def test_a_group_is_always_woken_and_who_is_stood_down_never_since_who_is_called_listens(desk):
    one = desk(31)
    call, down = bytes((frame.CALL, 0, 9)) + bytes(20), bytes((frame.STAND_DOWN, 0, 8)) + bytes(20)
    first, second = (bytes((frame.GROUP_CALL, 0, 1, 1, 0, 0, 0, n)) + bytes(15) for n in (1, 2))
    for data in (call, first, second, down):
        assert one.bridges.send(data, ("bridge", 31), one.now_ms)
    one.turn(1300, 5)
    assert one.plugged[0].sends == [(cobs.CALLS, first), (cobs.URGENT, down), (cobs.CALLS, second), (cobs.CALLS, call)]


def test_who_leaves_says_so(desk):
    one = desk(31)
    said = []
    one.plugged[0].other = said.append
    one.bridges.close()
    one.plugged[0].serve()
    assert said == [bytes([cobs.BYE])]


def test_unplugged_and_back_under_another_name(desk):
    one = desk(31)
    path = one.plugged[0].path
    one.unplug(one.plugged[0])
    one.turn(100, 3)
    blocker = FakeBridge(99)  # takes the freed name, so that the next has another
    assert one.numbers() == [] and one.bridges.counts["gone"] >= 1
    assert not one.bridges.send(b"\x24order", ("bridge", 31), one.now_ms)
    back = one.plug(31)
    assert back.path != path
    one.turn(500, 6)
    assert one.numbers() == [31]
    back.hear(b"\x02again and again", -60)
    assert one.turn() == [(b"\x02again and again", ("bridge", 31))]
    blocker.unplug()


def test_noise_when_it_is_connected_hides_no_frame(desk):
    one = desk(31)
    bridge = one.plugged[0]
    for noise in (b"rst:0x1 (POWERON_RESET),boot:0x13\r\nkald: bridge\r\n", b"\0\0\x05abcd\0", bytes(range(1, 256))):
        os.write(bridge.ours, noise)
        bridge.hear(b"\x02" + noise[:20], -70)
        assert one.turn() == [(b"\x02" + noise[:20], ("bridge", 31))]


def test_messages_that_are_not_ours_are_counted(desk):
    one = desk(31)
    for message in (b"\x55what", bytes([cobs.STATUS]) + b"short", bytes([cobs.HEARD, 1, 2])):
        one.plugged[0].say(message)
    assert one.turn() == [] and one.bridges.counts["message"] == 3


def test_nothing_is_believed_before_a_number_was_said(desk):
    one = desk()
    bridge = one.plug(31)
    bridge.silent = True
    one.turn(1000)
    bridge.hear(b"\x02who says so", -70)
    assert one.turn() == [] and one.numbers() == []


def test_a_port_that_is_no_bridge_is_left_alone_for_longer_and_longer(desk):
    one = desk()
    one.plug(31).silent = True
    opened = []
    for _ in range(300):
        one.turn(1000)
        if one.bridges._links and (not opened or opened[-1] != next(iter(one.bridges._links.values())).opened_ms):
            opened.append(next(iter(one.bridges._links.values())).opened_ms)
    gaps = [b - a for a, b in zip(opened, opened[1:])]
    assert gaps == sorted(gaps) and gaps[-1] >= SILENT_MS + PAUSE_MS[-1] and len(opened) <= 10


def test_two_bridges_with_one_number_are_one_and_a_count(desk):
    one = desk(31, 31)
    assert one.numbers() == [31]
    assert one.bridges.counts["two bridges have the number 31"] >= 1


def test_acks_go_at_once_and_downlinks_one_at_a_time_the_newest_of_each_kind(desk):
    one = desk(31)
    for n in range(3):
        for device in (1, 2):
            assert one.bridges.send(bytes((frame.STEP, 0, device, n)), ("bridge", 31), one.now_ms)
    assert one.bridges.send(bytes((frame.ACK, 0, 9)) + bytes(12), ("bridge", 31), one.now_ms)
    bridge = one.plugged[0]
    bridge.serve()
    assert [send[1][0] for send in bridge.sends] == [frame.ACK] and one.bridges.waiting()
    one.turn(20)
    one.turn(20)
    assert [send[1] for send in bridge.sends[1:]] == [bytes((frame.STEP, 0, 1, 2))]
    one.turn(280)
    one.turn(280)
    assert [send[1] for send in bridge.sends[1:]] == [bytes((frame.STEP, 0, device, 2)) for device in (1, 2)]
    assert not one.bridges.waiting()


class Wearer:
    """A badge, a Radio and a desk with bridges that hear it."""

    def __init__(self, desk, folder):
        self.desk = desk
        self.store = open_store(folder / "kald.sqlite")
        self.radio = Radio(self.store)
        row = self.store.pair("anna")
        self.badge = Badge(row.device, row.uplink_key, row.downlink_key, 1000)
        self.badge.counter.grant(100, 356)
        self.ms = 1000

    def calls(self):
        """Hold the button; return the first alarm frame."""
        buf = bytearray(80)
        for _ in range(300):
            self.ms += 10
            self.badge.samples((0, 0, 1000), 1, self.ms)
            self.badge.button(1, self.ms)
            self.badge.tick(self.ms)
            n = self.badge.next_frame(buf, self.ms)
            if n and buf[0] == frame.ALARM:
                return bytes(buf[:n])

    def gateway(self):
        """One turn of the gateway; return [(bridge's number, rank, frame)] that were sent."""
        heard = self.desk.turn()
        self.radio.prepare()
        for data, address in self.radio.receive(heard, self.desk.now_ms):
            assert self.desk.bridges.send(data, address, self.desk.now_ms)
        self.desk.turn()
        out = [(bridge.number, *send) for bridge in self.desk.plugged for send in bridge.sends]
        for bridge in self.desk.plugged:
            bridge.sends.clear()
        return out

    def takes(self, sealed):
        buf = bytearray(80)
        buf[: len(sealed)] = sealed
        self.badge.frame(buf, len(sealed), self.ms)
        return self.badge.alarm.state


def test_two_bridges_hear_an_alarm_one_is_stored_one_ack_goes_out_where_it_was_heard_better(desk, tmp_path):
    wearer = Wearer(desk(31, 32), tmp_path)
    sealed = wearer.calls()
    wearer.desk.plugged[0].hear(sealed, -110)
    wearer.desk.plugged[1].hear(sealed, -60)
    [(number, rank, ack)] = wearer.gateway()
    assert (number, rank, ack[0]) == (32, cobs.ALARM_ACKS, frame.ACK) and len(wearer.store.alarms()) == 1
    assert wearer.takes(ack) == 4  # received
    wearer.desk.plugged[0].hear(sealed, -110)  # later by a turn: the Radio never sees it
    assert wearer.gateway() == []
    assert wearer.desk.bridges.counts["second copy"] == 2 and wearer.radio.refused == {}


def test_a_forged_head_hides_no_true_frame(desk, tmp_path):
    wearer = Wearer(desk(31), tmp_path)
    sealed = wearer.calls()
    wearer.desk.plugged[0].hear(sealed[: frame.UP_HEAD] + bytes(len(sealed) - frame.UP_HEAD), -40)
    assert wearer.gateway() == []
    wearer.desk.plugged[0].hear(sealed, -90)
    assert [ack[0] for _, _, ack in wearer.gateway()] == [frame.ACK]


def test_unplugged_between_hearing_and_ack_the_badge_is_told_nothing_and_its_retry_is_acked(desk, tmp_path):
    wearer = Wearer(desk(31), tmp_path)
    wearer.desk.plugged[0].hear(wearer.calls(), -70)
    heard = wearer.desk.turn()
    wearer.desk.unplug(wearer.desk.plugged[0])
    acks = wearer.radio.receive(heard, wearer.desk.now_ms)
    assert [wearer.desk.bridges.send(*ack, wearer.desk.now_ms) for ack in acks] == [False]
    assert wearer.badge.alarm.state == 3  # calling
    wearer.desk.plug(31)
    wearer.desk.turn(500, 6)
    wearer.desk.plugged[0].hear(wearer.calls(), -70)
    [(_, rank, ack)] = wearer.gateway()
    assert rank == cobs.ALARM_ACKS and wearer.takes(ack) == 4 and len(wearer.store.alarms()) == 1
