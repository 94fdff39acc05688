"""Is what the board orders done once, however often, late and after whatever else its copies come?"""

import pytest
from gateway_rig import Rig as Gateway
from hypothesis import given, settings
from hypothesis import strategies as st
from tools.sim.rig import GATEWAY, Rig, close, mash, seen

from firmware import codes
from firmware.codes import FELL, ORDERS
from firmware.feedback import patterns as feel
from firmware.link import downlink, frame
from firmware.ticks import since

VALUES = (0, 1, 2, 30, codes.RED << 14 | 300, codes.GREEN << 14, 0xFFFF)
KIND = st.integers(0, ORDERS)
ORDER = st.tuples(st.just("order"), KIND, st.sampled_from(VALUES))
AGAIN = st.tuples(st.just("again"), st.integers(0, 7))
OTHER = st.sampled_from([("press",), ("mash",), ("fall",), ("close",), ("test",), ("charger",), ("wait", 400),
                         ("wait", 21_000), ("wait", 70_000)])


class House(Rig):
    """A badge, and a board that orders; `orders`: [(counter, order, value)] as they were first sent."""

    def __init__(self):
        super().__init__()
        self.orders = []
        self.run(200)
        self.badge.uplink.gateway = codes.VERSION

    def order(self, order, value=0):
        super().order(order, value)
        self.orders.append((self._counter, order, value))

    def again(self, which=-1):
        """Say an order once more; return what the badge answers."""
        counter, order, value = self.orders[which]
        self.hand(self.down(downlink.order_again, order, value, self._counter + 1 - counter))
        return self.answers()

    def answers(self):
        """Return what the badge says of the downlink that was made last: [(type, why)]."""
        self.deliver()
        return [(type, plain[12:13]) for type, plain in self.heard if type in (frame.TOLD, frame.REFUSED)
                and frame.get30(plain, 8) == self._counter]

    def state(self):
        """Return all that an order could change, and when it ends."""
        badge, shift = self.badge, self.badge.shift
        ends = [since(self.now, at) for at in (*shift.duty._ends, shift.visit._due_at, shift.test._due_at)]
        visit = (shift.visit.colour, shift.visit.asked, shift.visit._waiting, shift.visit._after_fall)
        return (bytes(shift.duty._on), shift.duty.practised, visit, shift.visit._interval_ms, shift.test.stage, ends,
                shift.test.passed, shift.alone, badge.alarm.state, badge.alarm.revision, self.felt())

    def does(self, what, *given):
        """Let something happen."""
        if what == "wait":
            self.run(given[0], step=50)
        elif what == "press":
            self.press(100, 900)
        elif what == "mash":
            mash(self)
        elif what == "fall":
            seen(self, FELL)
        elif what == "close":
            close(self)
        elif what == "test":
            self.badge.self_tested(True, self.now)
        elif what == "charger":
            self.badge.battery(80, self.now, True)
            self.badge.battery(80, self.now, False)


@given(st.lists(st.one_of(ORDER, AGAIN, OTHER), max_size=14))
@settings(max_examples=100, deadline=None)
def test_an_order_that_comes_again_changes_nothing_and_is_answered_as_it_was(happens):
    house = House()
    answers = {}
    for what, *more in happens:
        if what == "order":
            house.order(*more)
            answers[house._counter] = house.answers()
        elif what != "again":
            house.does(what, *more)
        elif house.orders:
            which = more[0] % len(house.orders)
            counter, order, _ = house.orders[which]
            newest = max(at for at, kind, _ in house.orders if kind == order) == counter
            house.deliver()
            before = house.state()
            said = house.again(which)
            assert house.state() == before, house.orders[which]
            assert len(said) == 1 and (not newest or said == answers[counter])


def test_what_was_lost_at_first_is_done_when_its_copy_comes_and_what_was_overtaken_is_not():
    house = House()
    house.down(downlink.order, codes.ORDER_PAUSE, 30)
    first = house._counter
    house.hand(house.down(downlink.order_again, codes.ORDER_PAUSE, 30, house._counter + 1 - first))
    assert house.badge.shift.mode() == codes.MODE_PAUSED
    house.order(codes.ORDER_PAUSE, 0)
    house.hand(house.down(downlink.order_again, codes.ORDER_PAUSE, 30, house._counter + 1 - first))
    assert house.badge.shift.mode() == codes.MODE_NOT_READY


def test_an_order_that_is_given_anew_is_done_anew():
    house = House()
    for _ in range(2):
        house.order(codes.ORDER_TEST)
        house.badge.self_tested(True, house.now)
        house.run(3000)
        house.press(100, 900)
        house.run(2000)
    assert house.felt().count(feel.TEST_ASK) == 2


@pytest.mark.parametrize("asked", [False, True])
def test_a_test_that_is_being_done_is_not_begun_anew_though_the_other_gateway_has_heard_the_badge_since(asked):
    house = House()
    house.order(codes.ORDER_TEST)
    if asked:
        house.badge.self_tested(True, house.now)
    house.run(3000)
    house.badge.fault(codes.FAULT_STORAGE, True, house.now)  # another word is heard, and what it says of the order lost
    house.run(1000)
    before = house.state()
    house.hand(house.down(downlink.order, codes.ORDER_TEST, 0, gateway=GATEWAY + 1))
    assert house.state() == before and house.answers()
    house.badge.self_tested(True, house.now)
    house.run(3000)
    house.press(100, 900)
    assert house.badge.shift.test.passed == codes.PASSED_ALL


def test_each_gateway_counts_its_own_orders():
    house = House()
    house.order(codes.ORDER_ALONE, 1)
    house.run(200)  # the other has heard that it arrived
    house.hand(house.down(downlink.order, codes.ORDER_ALONE, 0, counter=3, gateway=GATEWAY + 1))
    assert not house.badge.shift.alone


KINDS = [(codes.ORDER_VISIT, codes.RED << 14 | 300, 0), (codes.ORDER_PAUSE, 30, 0), (codes.ORDER_OFF, 1, 0),
         (codes.ORDER_PRACTICE, 5, 0), (codes.ORDER_TEST, 0, 0), (codes.ORDER_ALONE, 1, 0)]


@given(st.sampled_from(KINDS), st.booleans(), st.booleans(), st.lists(st.booleans(), min_size=1, max_size=5),
       st.sampled_from([200, 2000]))
@settings(max_examples=25, deadline=None)
def test_what_another_gateway_says_without_having_heard_the_badge_since_its_last_order_is_not_done(
        kind, turned, lost, copies, ms):
    order, *values = kind
    first, last = reversed(values) if turned else values
    house = House()
    if not lost:
        house.hand(house.down(downlink.order, order, first))
        house.run(ms, step=50)
    heard = house.newest
    house.hand(house.down(downlink.order, order, last, gateway=GATEWAY + 1))
    house.run(ms, step=50)
    for same in copies:  # the last order once more, whose answer was lost, or the one that it has overtaken
        before = house.state()
        house.hand(house.down(downlink.order, order, last if same else first, heard=heard))
        assert house.state() == before and not house.answers()
    house.order(order, first)
    assert house.answers()


# The gateway


@pytest.mark.parametrize("abilities", [None, codes.ABLE_REFUSES, codes.ABLE_REFUSES | codes.ABLE_AGAIN])
def test_a_gateway_says_since_when_it_has_ordered_to_who_knows_that_and_orders_anew_who_does_not(tmp_path, abilities):
    rig = Gateway(tmp_path / "kald.sqlite", "anna")
    anna = rig["anna"]
    anna.beat()
    if abilities is not None:
        anna.send(frame.able, codes.VERSION, abilities)
    anna.deaf = True
    rig.act("pause", anna.device, minutes=30)
    rig.run(300)
    knows = bool(abilities and abilities & codes.ABLE_AGAIN)
    copies = [copy[1:] for copy in anna.orders if copy[0] == codes.ORDER_PAUSE]
    assert len(copies) > 10 and copies[0][0] == frame.ORDER
    assert {type for type, _, _ in copies[1:]} == {frame.ORDER_AGAIN if knows else frame.ORDER}
    assert {counter - since for _, counter, since in copies} == ({copies[0][1]} if knows else {c for _, c, _ in copies})
    anna.deaf = False
    rig.run(70)
    assert (codes.ORDER_PAUSE, 30) in anna.got(frame.ORDER)
