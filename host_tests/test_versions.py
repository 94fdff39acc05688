"""Do badges and gateways of different versions work together? What one does not know it refuses, and says so."""

import pytest
from gateway_rig import Rig as Gateway
from test_gateway import House
from test_gateway_page import source
from tools.sim.rig import GATEWAY, Rig, mash

from firmware import codes
from firmware.alarm.shift import NOTHING, Shift
from firmware.limits import ONCE_MOST_MS, OUTBOX_SLOTS, TRIES_OTHER
from firmware.link import downlink, frame, outbox
from firmware.link.seal import TAG_BYTES
from tools.gateway.pages.words import WORDS

TOLD = bytes((codes.TASK_TALK << 4 | codes.CAUSE_NONE, 1)) + b"Attr" + bytes(8)
HOUR_MS = 3_600_000


class Meeting(Rig):
    """A badge that meets a gateway of `version`; an older one (1) acks nothing of what it does not know."""

    def __init__(self, version, unknown=(frame.ABLE, frame.REFUSED)):
        super().__init__()
        self.version, self.unknown = version, unknown if version < codes.VERSION else ()

    def ack(self, counter, status=0):
        type = self.heard[-1][0]
        if type in self.unknown:
            return bytes(15)
        return super().ack(counter, self.version if type == frame.ABLE else status)

    def count(self, type):
        return [one for one, _ in self.heard].count(type)

    def met(self):
        """Let so much time pass that each has said what it is."""
        self.run(62_000, step=50)
        return self


@pytest.fixture
def air(tmp_path):
    return Gateway(tmp_path / "kald.sqlite", "anna", "bo")


# What a badge says of itself


def test_a_badge_says_once_what_it_can_and_learns_what_the_gateway_is():
    rig = Meeting(codes.VERSION).met()
    said = [plain for type, plain in rig.heard if type == frame.ABLE]
    able = codes.ABLE_REFUSES | codes.ABLE_AGAIN
    assert [(plain[7], frame.get16(plain, 8)) for plain in said] == [(codes.VERSION, able)]
    assert rig.badge.uplink.gateway == codes.VERSION
    rig.run(HOUR_MS, step=100)
    assert rig.count(frame.ABLE) == 1


def test_a_badge_that_no_gateway_answers_says_nothing_of_itself():
    rig = Meeting(codes.VERSION)
    rig.acking = False
    rig.run(130_000, step=50)
    assert rig.count(frame.HEARTBEAT) and not rig.count(frame.ABLE)


@pytest.mark.parametrize("type", [frame.REPORT, frame.ABLE])
def test_what_an_older_gateway_refuses_is_told_more_and_more_seldom(type):
    rig = Meeting(1, (frame.ABLE, frame.REPORT))
    rig.badge.uplink.report = TOLD
    hours = []
    for _ in range(4):
        before = rig.count(type)
        rig.run(HOUR_MS, step=100)
        hours.append(rig.count(type) - before)
    assert TRIES_OTHER < hours[0] <= 3 * TRIES_OTHER and all(1 <= hour <= 4 for hour in hours[1:]), hours
    rig.unknown = ()
    rig.run(ONCE_MOST_MS + 60_000, step=100)  # it was renewed
    assert rig.badge.uplink.report is None and rig.badge.uplink.gateway


@pytest.mark.parametrize("type", [frame.REPORT, frame.ABLE])
def test_the_ack_of_a_last_try_says_as_much_as_any_other(type):
    rig = Meeting(1, (type,))
    rig.badge.uplink.report = TOLD
    rig.run(62_000, step=50)
    while rig.waits(type):
        rig.run(50, step=50)
    last = max(frame.get30(plain, 3) for kind, plain in rig.heard if kind == type)
    for _ in range(2):  # a second says nothing more
        rig.hand(Rig.ack(rig, last, codes.VERSION))
    assert rig.badge.uplink.report is None if type == frame.REPORT else rig.badge.uplink.gateway == codes.VERSION


def test_what_nobody_was_there_to_refuse_is_told_as_soon_as_somebody_is():
    rig = Meeting(codes.VERSION)
    rig.run(1000)
    rig.acking = False
    rig.run(HOUR_MS // 6, step=50)
    rig.acking = True
    assert rig.met().badge.uplink.gateway == codes.VERSION


def test_a_row_of_crashes_is_no_row_of_reports_to_a_gateway_that_refuses_them():
    rig = Meeting(1, (frame.REPORT,))
    for crashes in range(1, 9):
        rig.badge.uplink.report = bytes((TOLD[0], crashes)) + TOLD[2:]
        rig.badge.fault(codes.FAULT_STORAGE, crashes % 2 == 1, rig.now)  # another word beside it
        rig.run(15_000, step=50)
    assert 8 <= rig.count(frame.REPORT) <= TRIES_OTHER + 2 * 7


def test_another_crash_is_told_at_once_however_seldom_the_last_was():
    rig = Meeting(1, (frame.REPORT,))
    rig.badge.uplink.report = TOLD
    rig.run(HOUR_MS, step=100)
    rig.unknown = ()
    rig.badge.uplink.report = bytes((TOLD[0], 2)) + TOLD[2:]
    rig.run(61_000, step=50)
    assert rig.badge.uplink.report is None


def test_what_found_no_place_among_graver_things_has_not_been_told_and_does_not_wait():
    rig = Meeting(codes.VERSION)
    rig.run(1000)
    rig.linked = False
    for counter in range(OUTBOX_SLOTS):
        rig.badge.outbox.put(outbox.ANSWER_RANK, frame.ANSWER, counter, GATEWAY, 0, rig.now)
    rig.badge.fault(codes.FAULT_STORAGE, True, rig.now)  # a heartbeat, and what is told beside it
    assert not rig.waits(frame.ABLE)
    rig.linked = True
    rig.run(1000)
    rig.badge.fault(codes.FAULT_STORAGE, False, rig.now)
    rig.run(1000)
    assert rig.badge.uplink.gateway == codes.VERSION


# Orders that a badge does not carry out


REFUSALS = [(99, 1, codes.WHY_UNKNOWN), (codes.ORDERS, 0, codes.WHY_UNKNOWN),
           (codes.ORDER_PAUSE, 500, codes.WHY_WRONG), (codes.ORDER_OFF, 2, codes.WHY_WRONG),
           (codes.ORDER_VISIT, 1 << 14 | 60, codes.WHY_WRONG),
           (codes.ORDER_PRACTICE, 11, codes.WHY_WRONG), (codes.ORDER_ALONE, 2, codes.WHY_WRONG),
           (codes.ORDER_UPDATE, 0x1A3, codes.WHY_NOT_NOW)]
CARRIED = [(codes.ORDER_NOTHING, 0), (codes.ORDER_PAUSE, 10), (codes.ORDER_VISIT, 1 << 14 | 300), (codes.ORDER_OFF, 0),
           (codes.ORDER_PRACTICE, 5), (codes.ORDER_ALONE, 0), (codes.ORDER_TIME, 77),
           (codes.ORDER_UPDATE, codes.AT_WORK | 0x1A3), (codes.ORDER_TEST, 0)]


@pytest.mark.parametrize(("order", "value", "why"), REFUSALS)
@pytest.mark.parametrize("version", [1, codes.VERSION])
def test_an_order_that_is_not_carried_out_is_never_told_as_arrived(order, value, why, version):
    rig = Meeting(version).met()
    told = rig.count(frame.TOLD)
    rig.order(order, value)
    rig.run(200)
    assert rig.count(frame.TOLD) == told
    said = [(plain[7], frame.get30(plain, 8), plain[12]) for type, plain in rig.heard if type == frame.REFUSED]
    assert said == ([(GATEWAY, rig._counter, why)] if version == codes.VERSION else [])


def test_who_cannot_say_yet_that_an_order_is_refused_asks_at_once_what_the_gateway_is_and_an_older_one_not_for_ever():
    rig = Meeting(codes.VERSION)
    rig.run(1000)
    assert not rig.badge.uplink.gateway
    rig.order(99, 1)
    rig.run(2000)
    rig.order(99, 1)
    rig.run(200)
    assert rig.count(frame.REFUSED) == 1
    rig = Meeting(1)
    rig.run(1000)
    for _ in range(600):
        rig.order(99, 1)
        rig.run(1000, step=50)
    assert TRIES_OTHER <= rig.count(frame.ABLE) <= 3 * TRIES_OTHER and not rig.count(frame.REFUSED)


@pytest.mark.parametrize(("order", "value"), CARRIED)
def test_an_order_that_is_carried_out_is_told_as_arrived(order, value):
    rig = Meeting(codes.VERSION).met()
    for _ in range(2):  # the second time it changes nothing, and has arrived all the same
        told = rig.count(frame.TOLD)
        rig.order(order, value)
        rig.run(200)
        assert rig.count(frame.TOLD) == told + 1 and not rig.count(frame.REFUSED)


def test_a_test_is_refused_while_an_alarm_is_open():
    rig = Meeting(codes.VERSION).met()
    mash(rig)
    rig.order(codes.ORDER_TEST)
    rig.run(200)
    assert [plain[12] for type, plain in rig.heard if type == frame.REFUSED] == [codes.WHY_NOT_NOW]


def test_an_order_of_before_does_not_colour_what_comes_after():
    rig = Meeting(codes.VERSION).met()
    rig.order(99, 1)
    rig.run(200)
    told = rig.count(frame.TOLD)
    rig.hand(rig.down(downlink.call, 9, 77, codes.KIND_FALL))
    rig.run(200)
    assert rig.count(frame.TOLD) == told + 1 and rig.count(frame.REFUSED) == 1


@pytest.mark.parametrize("type", range(0x27, 0x30))
@pytest.mark.parametrize("length", [12, 13, 20, 30])
def test_a_downlink_of_a_newer_gateway_is_refused_as_unknown_and_changes_nothing(type, length):
    def write(buf, device, gateway, counter, heard):
        downlink._down(buf, type, device, gateway, counter, heard)
        return length

    rig = Meeting(codes.VERSION).met()
    before = rig.badge.alarm.state, list(rig.badge.calls.kind), rig.badge.shift.mode(), rig.felt()
    rig.hand(rig.down(write))
    rig.run(200)
    assert [plain[12] for kind, plain in rig.heard if kind == frame.REFUSED] == [codes.WHY_UNKNOWN]
    assert (rig.badge.alarm.state, list(rig.badge.calls.kind), rig.badge.shift.mode(), rig.felt()) == before
    assert frame.expected(type) == 0 and length + TAG_BYTES <= frame.FRAME_BYTES_MAX


def test_every_order_is_carried_out_or_refused_with_a_reason():
    for order in range(256):
        for value in (0, 1, 2, 60, 0xFFFF):
            shift = Shift()
            before = bytearray(64), bytearray(64)
            shift.save(before[0], 0, 0)
            word = shift.order(order, value, False, 0)
            shift.save(before[1], 0, 0)
            assert not shift.why(order) or (word == NOTHING and before[0] == before[1]), (order, value)
            assert order < codes.ORDERS or shift.why(order) == codes.WHY_UNKNOWN


# The gateway and its board


def test_what_a_badge_can_is_kept_and_acked_with_the_gateways_version(tmp_path):
    house = House(tmp_path / "kald.sqlite")
    house.run(62_000)
    assert [badge["version"] for badge in house.store.badges()] == [codes.VERSION] * 2
    assert {badge.uplink.gateway for badge in house.badges} == {codes.VERSION}


@pytest.mark.parametrize("why", [codes.WHY_UNKNOWN, codes.WHY_WRONG, codes.WHY_NOT_NOW, 200])
def test_a_refused_order_is_shown_in_words_and_not_as_arrived(air, why):
    anna = air["anna"]
    anna.deaf = True
    air.act("pause", anna.device, minutes=10)
    assert air.badge("anna")["waiting"] == ["pause"]
    anna.send(frame.refused, air.store.number, min(counter for _, counter in anna._down), why)
    anna.send(frame.refused, air.store.number, max(counter for _, counter in anna._down), why)
    shown = air.badge("anna")
    known = why if why < 200 else 0
    assert shown["waiting"] == [] and [(one["order"], one["why"]) for one in shown["refused"]] == [("pause", known)]
    air.run(30)
    assert len(anna._down) <= 2, "it was ordered on"
    assert all(WORDS[lang][f"why_{known}"] for lang in WORDS) and "b.refused" in source("badges.js")
    air.run(3601)
    assert air.badge("anna")["refused"] == []


def test_a_newer_order_takes_the_place_of_a_refusal_and_a_late_refusal_says_nothing_of_it(air):
    anna = air["anna"]
    anna.deaf = True
    air.act("pause", anna.device, minutes=10)
    old = max(counter for _, counter in anna._down)
    anna.send(frame.refused, air.store.number, old, codes.WHY_WRONG)
    air.act("pause", anna.device, minutes=20)
    assert air.badge("anna")["refused"] == []
    anna.send(frame.refused, air.store.number, old, codes.WHY_WRONG)
    assert air.badge("anna")["refused"] == [] and air.badge("anna")["waiting"] == ["pause"]


def test_a_refusal_of_what_was_never_sent_or_by_another_gateways_number_changes_nothing(air):
    anna = air["anna"]
    air.act("pause", anna.device, minutes=10)
    for number, counter in ((air.store.number, 12345), (9, 1)):
        anna.send(frame.refused, number, counter, codes.WHY_WRONG)
    assert air.badge("anna")["refused"] == [] and air.badge("anna")["waiting"] == []
