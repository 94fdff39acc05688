"""Does the ledger keep the law, whatever happens to the badge?"""

import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.link import region
from firmware.link.ledger import PLEDGE_MS, RECORD_BYTES_MAX, SLOT_MS, SLOTS, Ledger

BAND = region.M
BUDGET_MS = region.budget_ms(BAND)
HOUR_MS = 3600000


class Life:
    """A badge's ledger in true time, with the records that outlive it. `sent`: (start, end) of every frame, true ms."""

    def __init__(self, clock_permille=1000, ticks=0):
        self.true_ms = 0
        self.permille = clock_permille  # how fast the badge's clock runs
        self.base = ticks
        self.booted_ms = 0
        self.sent = []
        self.ordinary_ms = 0
        self.ledger = Ledger((region.P, BAND))
        self.ledger.clear()
        self.rtc = None
        self.flash = None
        self.full = False  # flash takes nothing
        self.pledge()

    def now(self):
        return (self.base + (self.true_ms - self.booted_ms) * self.permille // 1000) % 2**30

    def pledge(self, fails=False):
        buf = bytearray(RECORD_BYTES_MAX)
        n = self.ledger.pledge(buf)
        if fails or self.full:
            self.ledger.refused = True
        else:
            self.flash = bytes(buf[:n])
            self.ledger.pledged()
            self.keep()

    def keep(self):
        buf = bytearray(RECORD_BYTES_MAX)
        self.rtc = bytes(buf[: self.ledger.save(buf)])

    def send(self, airtime_ms, is_alarm):
        if self.ledger.wants_pledge:
            self.pledge()
        if not self.ledger.may(BAND, airtime_ms, is_alarm, self.now()):
            return False
        self.ledger.spend(BAND, airtime_ms, self.now())
        self.keep()
        self.sent.append((self.true_ms, self.true_ms + airtime_ms))
        self.true_ms += airtime_ms
        return True

    def start(self, record, ticks):
        self.ledger = Ledger((region.P, BAND))
        self.booted_ms = self.true_ms
        self.base = ticks
        known = record is not None and self.ledger.load(record, len(record))
        if known and record is self.flash:
            self.ledger.owe()
            self.full = False  # or it could reserve no counter
        return known

    def worst_hour_ms(self):
        """Return the most airtime in any hour that ends or begins with a frame."""
        starts = [start for start, _ in self.sent]
        ends = [end for _, end in self.sent]
        before = [0]
        for start, end in self.sent:
            before.append(before[-1] + end - start)

        def until(t):  # airtime before t
            i = bisect.bisect_right(starts, t)
            return before[i] - (max(0, ends[i - 1] - t) if i else 0)

        edges = [*starts, *(end - HOUR_MS for end in ends)]
        return max((until(edge + HOUR_MS) - until(edge) for edge in edges), default=0)


STEP = st.one_of(
    st.tuples(st.just("send"), st.integers(1, PLEDGE_MS), st.booleans()),
    st.tuples(st.just("send"), st.integers(1000, PLEDGE_MS), st.just(True)),
    st.tuples(st.just("flood"), st.integers(200, PLEDGE_MS), st.booleans()),
    st.tuples(st.just("wait"), st.integers(0, 2 * SLOT_MS), st.none()),
    st.tuples(st.just("wait"), st.sampled_from((HOUR_MS - 1, HOUR_MS, HOUR_MS + SLOT_MS, 2**29, 2**30)), st.none()),
    st.tuples(st.just("reset"), st.integers(0, 2**30 - 1), st.none()),
    st.tuples(st.just("power cut"), st.integers(0, 2**30 - 1), st.none()),
    st.tuples(st.just("full"), st.booleans(), st.none()),
    st.tuples(st.just("torn"), st.integers(0, 2**30 - 1), st.none()),
    st.tuples(st.just("all lost"), st.integers(0, 2**30 - 1), st.none()),
    st.tuples(st.just("clock jumps back"), st.integers(0, 2**29 - 1), st.none()),
)


def lived(life, steps):
    for what, number, is_alarm in steps:
        if what == "send":
            life.send(number, is_alarm)
        elif what == "flood":
            for _ in range(60):
                life.send(number, is_alarm)
        elif what == "wait":
            life.true_ms += number
        elif what == "full":
            life.full = number
        elif what == "reset":
            assert life.start(life.rtc or life.flash, number)
        elif what == "power cut":
            life.rtc = None
            assert life.start(life.flash, number)
        elif what == "torn":  # power fails while a pledge is being written: the slot before it stays
            life.pledge(fails=True)
            assert life.start(life.flash, number)
        elif what == "all lost":
            assert not life.start(None, number)
        elif what == "clock jumps back":
            life.base, life.booted_ms = (life.now() - number) % 2**30, life.true_ms


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(STEP, max_size=60), st.integers(900, 1060), st.integers(0, 2**30 - 1))
def test_no_hour_exceeds_the_law(steps, permille, ticks):
    life = Life(permille, ticks)
    lived(life, steps)
    assert life.worst_hour_ms() <= BUDGET_MS


def test_the_measure_can_fail():
    life = Life()
    life.sent = [(i * 4000, i * 4000 + 100) for i in range(400)]
    assert life.worst_hour_ms() == 40000 > BUDGET_MS


def test_a_greedy_badge_gets_nearly_all_of_it_and_no_more():
    life = Life(ticks=2**30 - 5000)
    while life.true_ms < 6 * HOUR_MS:
        if not life.send(62, True):
            life.true_ms += 500
    assert 0.93 * BUDGET_MS < life.worst_hour_ms() <= BUDGET_MS
    assert sum(end - start for start, end in life.sent) > 0.9 * 6 * BUDGET_MS


@pytest.mark.parametrize("permille", [900, 1000, 1060])
@pytest.mark.parametrize("phase_ms", [0, 1, SLOT_MS // 2, *(SLOT_MS - ms for ms in (40000, 36002, 20000, 1))])
def test_bursts_at_the_worst_moment_keep_the_law(phase_ms, permille):
    life = Life(permille)
    life.send(1, True)
    life.true_ms += phase_ms * 1000 // permille
    for _ in range(5):
        while life.send(PLEDGE_MS, True):
            pass
        while not life.send(PLEDGE_MS, True):
            life.true_ms += max(life.ledger.wait_ms(BAND, PLEDGE_MS, True, life.now()) * 1000 // permille, 1)
    assert 0.9 * BUDGET_MS < life.worst_hour_ms() <= BUDGET_MS


def test_ordinary_frames_leave_the_alarms_share():
    life = Life()
    while life.send(100, False):
        pass
    ordinary = sum(end - start for start, end in life.sent)
    assert BUDGET_MS * 0.7 - 100 < ordinary <= BUDGET_MS * 0.7
    assert not life.ledger.may(BAND, 100, False, life.now())
    while life.send(100, True):
        pass
    assert sum(end - start for start, end in life.sent) == BUDGET_MS
    assert life.ledger.spent_ms(BAND, life.now()) == BUDGET_MS


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, PLEDGE_MS), st.integers(0, SLOT_MS * 2)), max_size=50), st.booleans())
def test_wait_is_exact(frames, is_alarm):
    life = Life(ticks=2**30 - 100000)
    for airtime_ms, pause in frames:
        life.send(airtime_ms, True)
        life.true_ms += pause
    while life.send(500, is_alarm):
        pass
    wait = life.ledger.wait_ms(BAND, 500, is_alarm, life.now())
    assert 0 < wait <= SLOT_MS * SLOTS
    life.pledge()
    life.true_ms += wait - 1
    assert not life.ledger.may(BAND, 500, is_alarm, life.now())
    assert life.ledger.wait_ms(BAND, 500, is_alarm, life.now()) == 1
    life.true_ms += 1
    assert life.ledger.wait_ms(BAND, 500, is_alarm, life.now()) == 0
    assert life.ledger.may(BAND, 500, is_alarm, life.now())


def test_a_clock_that_jumps_back_silences_nobody_for_days():
    life = Life(ticks=2**28)
    while life.send(500, True):
        pass
    lived(life, [("clock jumps back", 2**28, None)])
    wait = life.ledger.wait_ms(BAND, 500, True, life.now())
    life.pledge()
    life.true_ms += wait
    assert 0 < wait <= SLOTS * SLOT_MS and life.send(500, True)


def test_what_never_may_be_sent():
    life = Life()
    assert life.ledger.wait_ms(BAND, PLEDGE_MS + 1, True, 0) == -1
    assert life.ledger.wait_ms(region.K, 10, True, 0) == -1
    assert not life.ledger.may(region.K, 10, True, 0)
    small = Ledger((region.K,))  # 3.6 s an hour, 2.52 of them for all
    assert small.wait_ms(region.K, 2000, False, 0) > 0
    with pytest.raises(ValueError):
        life.ledger.spend(region.K, 10, 0)


def test_a_badge_that_knows_nothing_waits_for_an_hour():
    ledger = Ledger((BAND,))
    ledger.pledge(bytearray(RECORD_BYTES_MAX))
    ledger.pledged()
    assert not ledger.may(BAND, 1, True, 0)
    assert HOUR_MS < ledger.wait_ms(BAND, 62, True, 0) <= SLOTS * SLOT_MS
    assert ledger.may(BAND, 62, True, SLOTS * SLOT_MS)


def test_a_power_cut_costs_a_pledge_and_no_hour():
    life = Life()
    for _ in range(10):
        life.rtc = None
        life.start(life.flash, 0)
        assert life.send(62, True)
    assert life.ledger.spent_ms(BAND, life.now()) <= 10 * (PLEDGE_MS + BUDGET_MS // 30) + 62


def test_an_alarm_goes_on_where_flash_refuses_the_pledge_and_nothing_else_does_and_no_loan_is_given_twice():
    life, gone = Life(), 0
    life.full = True
    while life.send(62, False):
        gone += 1
    assert gone * 62 <= PLEDGE_MS
    lent = [0, 0]
    for reset in range(2):
        while life.send(62, True):
            lent[reset] += 1
        assert life.start(life.rtc, 5)
        life.ledger.refused = True
    assert lent == [BUDGET_MS // 30 // 62, 0]
    life.rtc, life.full = None, False
    assert life.start(life.flash, 0)
    life.full = True
    assert not life.send(62, True)  # flash has not been told of the first loan
    life.full = False
    assert life.send(62, True)


def test_what_was_lent_before_a_power_cut_breaks_no_law_after_it():
    life = Life()
    for _ in range(5):
        life.full = True
        while life.send(30, True):
            life.true_ms += 100
        life.rtc = None
        life.start(life.flash, 0)
    while life.send(30, True):
        life.true_ms += 100
    assert BUDGET_MS - 1000 < life.worst_hour_ms() <= BUDGET_MS


def test_a_reset_costs_nothing():
    life = Life()
    for _ in range(100):
        before = life.ledger.spent_ms(BAND, life.now())
        assert life.start(life.rtc, 5)
        assert before <= life.ledger.spent_ms(BAND, 5) < before + 8 * SLOTS
        assert life.send(62, True)
    assert life.ledger.spent_ms(BAND, life.now()) <= 100 * (62 + 8)  # rounded up to 8 ms at every reset


def test_nothing_is_sent_without_a_pledge():
    ledger = Ledger((BAND,))
    ledger.clear()
    assert ledger.wants_pledge and not ledger.may(BAND, 62, True, 0)
    ledger.pledge(bytearray(RECORD_BYTES_MAX))
    assert not ledger.may(BAND, 62, True, 0)  # the flash has not said so yet
    ledger.pledged()
    assert not ledger.wants_pledge and ledger.may(BAND, 62, True, 0)
    for _ in range(17):
        ledger.spend(BAND, 62, 0)
    assert ledger.wants_pledge and ledger.may(BAND, 62, True, 0)  # in good time
    for _ in range(15):
        ledger.spend(BAND, 62, 0)
    assert not ledger.may(BAND, 62, True, 0) and ledger.wait_ms(BAND, 62, True, 0) == 0


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_are_a_record_or_nothing(noise, with_head):
    bands = (region.P, BAND)
    ledger = Ledger(bands)
    noise = (bytes((0x4C, 2, region.P)) + noise if with_head else noise).ljust(108, b"\0")[:108]
    before = bytearray(RECORD_BYTES_MAX)
    ledger.save(before)
    if not ledger.load(noise, len(noise)):
        after = bytearray(RECORD_BYTES_MAX)
        ledger.save(after)
        assert before == after
    for band in bands:
        assert not ledger.may(band, PLEDGE_MS + 1, False, 0), "more than was ever pledged"
        assert -1 <= ledger.wait_ms(band, 62, True, 0) <= SLOTS * SLOT_MS
    assert not ledger.load(noise, len(noise) - 1)
