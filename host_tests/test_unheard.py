"""Is a badge that nobody hears still lawful and still heard within a minute of the gateway's return, at every SF?"""

import types
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firmware.codes import CALLING, KIND_FALL, ORDER_NOTHING, RECEIVED, STEP_CLOSED, UNANSWERED
from firmware.limits import PRESS_GAP_MS, SCARCE_MS, TRIES_SOON
from firmware.link import downlink, frame, outbox, region
from firmware.link.airtime import airtime_ms
from firmware.link.ledger import PLEDGE_MS, RECORD_BYTES_MAX, Ledger
from firmware.link.outbox import Outbox
from firmware.link.seal import Seal
from tools.sim import sealed
from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock
from tools.sim.house.house import most_in_an_hour_permille
from tools.sim.house.wearer import Wearer
from tools.sim.rig import Rig

DEVICE, GATEWAY = 7, 1
UP, DOWN = bytes(range(16)), bytes(range(16, 32))
MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000


WORDS = {outbox.HEARTBEAT_RANK: frame.HEARTBEAT, outbox.TECHNICAL_RANK: frame.ABLE, outbox.TOLD_RANK: frame.TOLD,
         outbox.REPORT_RANK: frame.REPORT, outbox.ANSWER_RANK: frame.ANSWER, outbox.ALARM_RANK: frame.ALARM}


@given(st.lists(st.sampled_from(sorted(WORDS)), max_size=30))
@settings(max_examples=100, deadline=None)
def test_what_a_gateway_asks_for_again_takes_no_place_of_what_a_badge_says_itself_and_always_gives_its_own(ranks):
    box = Outbox()  # of a radio that is let say nothing, and so for an hour
    for number, rank in enumerate(ranks):
        before = bytes(box.rank)
        slot = box.put(rank, WORDS[rank], number, 0, 0, 0)
        said = [at for at in range(len(before)) if before[at] not in (outbox.FREE, outbox.TOLD_RANK)]
        if rank == outbox.TOLD_RANK:
            assert slot not in said
        elif len(said) < len(before):
            assert slot >= 0 and slot not in said and not box.lost


class Alone:
    """A wearer with an emergency, and a gateway that acks what it hears while it is `there`."""

    def __init__(self, sf, heartbeat_ms=300_000, phase_s=400):
        self.clock = Clock(start_us=5_000_000)
        self.air = Air(self.clock, aim=lambda sent: (self.wearer.radio,) if sent.payload[0] == frame.ACK else ())
        self.channel = {"khz": region.ALARM_KHZ, "sf": sf}
        row = types.SimpleNamespace(device=DEVICE, pairing=1, uplink_key=UP, downlink_key=DOWN)
        self.wearer = Wearer(self.air, row, 0, 0, 0, self.channel, heartbeat_ms)
        self.radio = Radio(self.air, 10, 0, self)
        self.radio.tune(1000 * region.ALARM_KHZ, sf)
        self.air.ears.add(self.radio)
        self.there = True
        self.lost = 0  # as many frames, or acks, are lost when it is there
        self.alarms = []  # when a frame of an alarm began, us
        self.radio.listen(True)
        self._seal = Seal(DOWN)
        self.run(phase_s * 1_000_000)
        self.there = False
        self.pressed_us = self.clock.now_us
        self.wearer.push(1000)
        self.run(2_000_000)
        assert self.wearer.badge.alarm.state == CALLING

    def run(self, us):
        self.clock.run(self.clock.now_us + us)

    def preamble(self):
        pass

    def header(self, ok):
        pass

    def frame(self, payload, rssi_dbm, snr_db, crc_ok):
        if payload[0] == frame.ALARM:
            self.alarms.append(self.clock.now_us)
        if not self.there:
            return
        if self.lost and payload[0] == frame.ALARM:
            self.lost -= 1
            return
        ack = sealed.ack(self._seal, DEVICE, GATEWAY, frame.get30(payload, 3))
        self.clock.at(self.clock.now_us + 20_000, self._say, ack)

    def _say(self, ack):
        ends_us = self.radio.transmit(ack, 14, 8).end_us
        self.clock.at(ends_us + 100, self.radio.listen, True)


def live(alone, hours):
    """Let `hours` pass, and see that in each minute a try was made, and that each hour was lawful."""
    alone.run(int(hours * HOUR_US))
    gaps = [later - one for one, later in pairwise([alone.pressed_us, *alone.alarms, alone.clock.now_us])]
    assert max(gaps) <= 28_500_000, max(gaps) / 1e6  # two of them, and the second one's ack, within a minute
    assert sum(at <= alone.pressed_us + MINUTE_US for at in alone.alarms) >= 12  # the first minute is quick
    assert most_in_an_hour_permille(alone.wearer.radio.sent) <= region.DUTY_PERMILLE[region.P]


@pytest.mark.parametrize("heartbeat_ms", [60_000, 300_000])
@pytest.mark.parametrize("sf", range(7, 13))
def test_in_every_minute_without_a_gateway_an_alarm_is_tried_and_the_hour_stays_lawful(sf, heartbeat_ms):
    alone = Alone(sf, heartbeat_ms)
    live(alone, 2.5 if sf > 10 else 0.5)  # where the law is not near, all minutes are the same


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.sampled_from([7, 9, 11, 12, 12]), st.floats(0, 75), st.sampled_from([60_000, 300_000]), st.integers(0, 2000))
def test_whenever_the_gateway_is_back_received_is_felt_within_a_minute_and_one_frame_may_be_lost(
        sf, away_min, heartbeat_ms, phase_s):
    alone = Alone(sf, heartbeat_ms, phase_s=phase_s)
    alone.run(int(away_min * MINUTE_US))
    alone.there, alone.lost = True, 1
    alone.run(MINUTE_US)
    assert alone.wearer.badge.alarm.state in (RECEIVED, UNANSWERED)


def test_an_hour_of_new_gestures_that_nobody_hears_leaves_a_try_in_every_minute():
    alone = Alone(12)
    for _ in range(180):
        alone.wearer.push(1000)
        alone.run(MINUTE_US // 3)
    gaps = [later - one for one, later in pairwise([*alone.alarms, alone.clock.now_us])]
    assert max(gaps) <= 60_000_000, max(gaps) / 1e6


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(7, 12), st.integers(12, 29), st.integers(0, 252_000), st.integers(1, 40))
def test_whatever_the_hour_was_spent_on_the_pace_leaves_a_try_in_every_minute(sf, n, spent_ms, over_min):
    book = Ledger((region.P,))
    book.clear()
    record, now, air_ms = bytearray(RECORD_BYTES_MAX), 0, airtime_ms(n, sf)

    def spend(ms):
        while ms > 0:
            book.pledge(record)
            book.pledged()
            book.spend(region.P, min(ms, PLEDGE_MS), now)
            ms -= PLEDGE_MS

    for _ in range(over_min):  # at most what is no alarm may spend
        spend(spent_ms // over_min)
        now += 60_000
    last, tries, longest = now, 0, 0
    while now < 4 * 3_600_000:
        book.pledge(record)
        book.pledged()
        paced = now - last >= book.pace_ms(region.P, air_ms, tries, now)
        if (paced or not tries) and book.may(region.P, air_ms, True, now):
            book.spend(region.P, air_ms, now)
            longest, last, tries = max(longest, now - last), now, tries + 1
            now += air_ms
        now += max(1000, air_ms)
    assert longest <= SCARCE_MS + 4000


def test_where_the_law_allows_less_than_a_try_a_minute_it_is_not_spent_at_once():
    book = Ledger((region.M,))
    book.clear()
    record, now, sent = bytearray(RECORD_BYTES_MAX), 0, [0]
    while now < 6 * 3_600_000:
        book.pledge(record)
        book.pledged()
        if now - sent[-1] >= book.pace_ms(region.M, airtime_ms(24, 12), len(sent), now):
            if book.may(region.M, airtime_ms(24, 12), True, now):
                book.spend(region.M, airtime_ms(24, 12), now)
                sent.append(now)
        now += 2000
    assert max(later - one for one, later in pairwise(sent)) <= 500_000


RANKS = {"told": outbox.TOLD_RANK, "heartbeat": outbox.HEARTBEAT_RANK, "technical": outbox.TECHNICAL_RANK,
         "report": outbox.REPORT_RANK, "answer": outbox.ANSWER_RANK, "pre-alarm": outbox.PRE_ALARM_RANK,
         "alarm": outbox.ALARM_RANK}
MOST_IN_AN_HOUR = {"told": 1, "heartbeat": 5, "technical": 5, "report": 136, "answer": 24, "pre-alarm": 770,
                   "alarm": 770}


@pytest.mark.parametrize("name", RANKS)
def test_nothing_that_has_no_answer_is_tried_faster_than_its_rank_may_be(name):
    box, now, sent = Outbox(), 0, []
    slot = box.put(RANKS[name], 1, 5, 0, 0, now)
    while now < 3_600_000:
        if box.next(now) == slot:
            box.sent(slot, len(sent), now)
            sent.append(now)
        now += 100
    assert len(sent) <= MOST_IN_AN_HOUR[name]
    assert box.lost == (name == "answer")  # what a person said is not given up unsaid
    if name in ("alarm", "pre-alarm", "report"):
        assert max(later - one for one, later in pairwise(sent)) <= 64_000
    if name in ("alarm", "pre-alarm"):
        assert sum(at < 60_000 for at in sent) >= 30


@pytest.mark.parametrize("phase", range(0, 2000, 370))
def test_nothing_less_grave_takes_the_moments_that_the_law_leaves_to_an_alarm_that_nobody_hears(phase):
    box, now, allowed_at, sent = Outbox(), 0, 0, []
    for number, word in enumerate((frame.WISH, frame.ANSWER, frame.REPORT, frame.ANSWER)):
        box.put(outbox.REPORT_RANK if word == frame.REPORT else outbox.ANSWER_RANK, word, number, 0, 0, now)
    alarm = box.put(outbox.ALARM_RANK, frame.ALARM, 5, 0, 0, now)
    while now < 900_000:
        slot = box.next(now)
        if slot >= 0 and (now >= allowed_at or box.tries[slot] < TRIES_SOON):
            box.sent(slot, len(sent), now)
            sent += [now] if slot == alarm else []
            allowed_at = now + 23_700 + phase  # as frames of SF12 are let out
        elif slot >= 0:
            box.wait(slot, now)
        now += 20
    assert max(later - one for one, later in pairwise(sent)) < 60_000


def test_what_is_said_to_an_alarm_comes_through_soon_after_a_gap_however_long_that_was():
    box, now, sent = Outbox(), 0, []
    slot = box.put(outbox.ANSWER_RANK, frame.ANSWER, 5, 0, 0, now)
    while box.rank[slot]:
        if box.next(now) == slot:
            box.sent(slot, len(sent), now)
            sent.append(now)
        now += 100
    assert all(later - one <= max(1000, min(one, 30_000)) for one, later in pairwise(sent))
    assert 240_000 <= sent[-1] <= 300_000


def test_what_is_said_again_is_made_due_and_begins_no_new_row_of_quick_tries():
    box, now, sent = Outbox(), 0, 0
    while now < 3_600_000:
        if not now % 20_000:
            slot = box.put(outbox.ALARM_RANK, frame.ALARM, 5, 0, 0, now)
        if box.next(now) == slot:
            box.sent(slot, sent, now)
            sent += 1
        now += 100
    assert sent <= MOST_IN_AN_HOUR["alarm"] + 180
    box.put(outbox.ALARM_RANK, frame.ALARM, 5, 0, 1, now)  # a newer revision
    assert box.tries[slot] == 0


SAID = {"an answer": (outbox.ANSWER_RANK, frame.ANSWER), "a wish": (outbox.ANSWER_RANK, frame.WISH),
        "a denial": (outbox.REPORT_RANK, frame.ALARM), "an alarm": (outbox.ALARM_RANK, frame.ALARM)}
HEARD = {"that it doubts her": (downlink.order, ORDER_NOTHING, 0), "a call": (downlink.call, 9, 70, KIND_FALL),
         "of an alarm": (downlink.step, 70, STEP_CLOSED, 0)}


@pytest.mark.parametrize("vain_s", [31, 95, 230])
@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("heard", HEARD)
def test_what_was_said_in_vain_is_said_at_once_when_a_gateway_is_heard_again_and_no_faster_for_all_that_follows(
        heard, said, vain_s):
    rig, (rank, type) = Rig(), SAID[said]
    rig.run(1000)
    rig.acking = False
    rig.badge.outbox.put(rank, type, 5, 0, 0, rig.now)
    rig.run(1000 * vain_s, step=50)
    tried = []
    for _ in range(60):
        before = [kind for kind, _ in rig.heard].count(type)
        rig.hand(rig.down(*HEARD[heard]))
        rig.run(1000, step=50)
        tried.append([kind for kind, _ in rig.heard].count(type) - before)
    assert tried[0] and sum(tried) <= (60 if heard == "that it doubts her" else 31 if type == frame.ALARM else 4)


def test_who_is_doubted_while_the_gateway_hears_her_says_so_first_and_then_all_that_waits():
    rig = Rig()
    rig.badge.uplink.answer(9, 500, rig.now)
    rig.ack = lambda counter: bytes(15) if rig.heard[-1][0] == frame.ANSWER else Rig.ack(rig, counter)
    rig.run(70_000, step=50)
    assert sum(type == frame.HEARTBEAT for type, _ in rig.heard) == 2, "both are acked"
    rig.order(ORDER_NOTHING)
    before = len(rig.heard)
    rig.run(1000)
    assert [type for type, _ in rig.heard[before:]] == [frame.TOLD, frame.ANSWER]


def test_heartbeats_that_nobody_acks_are_tried_less_until_one_is_heard():
    box, now, sent = Outbox(), 0, []
    for beat in range(10):
        box.put(outbox.HEARTBEAT_RANK, frame.HEARTBEAT, 0, beat, 0, now)
        before = len(sent)
        for _ in range(600):
            if box.next(now) >= 0:
                box.sent(box.next(now), len(sent), now)
                sent.append(now)
            now += PRESS_GAP_MS // 7
        assert len(sent) - before == (5 if beat < 3 else 2)
    slot = box.put(outbox.HEARTBEAT_RANK, frame.HEARTBEAT, 0, 99, 0, now)
    box.sent(slot, 9999, now)
    assert box.acked(9999) == slot
    box.free(slot)
    box.put(outbox.HEARTBEAT_RANK, frame.HEARTBEAT, 0, 100, 0, now)
    for counter in range(4):
        box.sent(slot, 20000 + counter, now)
        assert box.rank[slot]


def test_an_alarm_that_no_route_will_have_yet_lets_the_rest_go_first_and_not_for_long():
    box = Outbox()
    alarm = box.put(outbox.ALARM_RANK, frame.ALARM, 5, 0, 0, 0)
    beat = box.put(outbox.HEARTBEAT_RANK, frame.HEARTBEAT, 0, 0, 0, 0)
    assert box.next(0) == alarm
    box.wait(alarm, 0)
    assert box.next(10) == beat and box.next(60) == alarm
