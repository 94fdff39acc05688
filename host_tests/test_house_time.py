"""Does a badge know the house's minute where people want to read it, and is nothing else the wiser for it?"""

import random

import pytest
from gateway_rig import BEGAN_MS, Fake
from gateway_rig import Rig as House
from tools.sim.rig import HOLD, Rig, mash

from firmware import codes
from firmware.link import downlink, frame
from firmware.ticks import after, since
from firmware.trace import FAULT
from tools.gateway import crashes, house_time
from tools.gateway.tables import DOWNLINKS

MINUTE_MS, MINUTES, DAY_S = 60_000, 65_535, 86_400
START = 2**30 - 90_000  # the badge's clock wraps a minute and a half later
TOLD = bytes((codes.TASK_TALK << 4 | codes.CAUSE_RESET, 1)) + b"Attr"


def wants(rig):
    """Return whether each heartbeat so far has asked for the time."""
    return [bool(frame.get16(plain, 9) & codes.WANTS_TIME) for type, plain in rig.heard if type == frame.HEARTBEAT]


def minute(rig):
    return rig.badge.uplink.minute(rig.now)


def test_it_asks_until_it_knows_and_then_goes_on_by_itself():
    rig = Rig(now=START)
    rig.run(70_000)
    assert wants(rig) == [True, True] and minute(rig) == 0
    rig.order(codes.ORDER_TIME, 1000)
    rig.run(20)
    assert rig.heard[-1][0] == frame.TOLD and minute(rig) == 1000
    began = rig.now
    while since(began, rig.now) < 30 * MINUTE_MS:
        rig.run(10_000, step=500)
        assert minute(rig) == 1000 + since(began, rig.now) // MINUTE_MS
    assert rig.now < began, "its own clock has wrapped"
    assert not any(wants(rig)[2:]) and len(wants(rig)) > 25


def test_it_counts_over_two_weeks_without_a_gateway_and_over_the_end_of_the_circle():
    rig = Rig(now=START)
    rig.run(20)
    rig.order(codes.ORDER_TIME, MINUTES - 100)
    rig.linked = False
    passed = 0
    while passed < 14 * 24 * 60:
        rig.now = after(rig.now, MINUTE_MS)
        passed += 1
        rig.badge.tick(rig.now)
    assert minute(rig) == (MINUTES - 100 + passed - 1) % MINUTES + 1 == 14 * 24 * 60 - 100


@pytest.mark.parametrize("told, kept", [
    (999, 1000), (1, 1000), (MINUTES - 31_000, 1000), (1000, 1000), (1001, 1001), (1000 + 30_000, 31_000), (0, 1000),
])
def test_an_earlier_minute_is_told_and_not_taken(told, kept):
    rig = Rig()
    rig.run(20)
    rig.order(codes.ORDER_TIME, 1000)
    before = len(rig.heard)
    rig.order(codes.ORDER_TIME, told)
    rig.run(20)
    assert minute(rig) == kept
    assert [type for type, _ in rig.heard[before:]].count(frame.TOLD) == 2, "or the gateway would say it for ever"


def test_a_minute_played_back_forged_or_of_another_life_is_not_taken():
    rig = Rig()
    rig.run(20)
    late = rig.down(downlink.order, codes.ORDER_TIME, 500)
    sealed = rig.down(downlink.order, codes.ORDER_TIME, 1000)
    rig.hand(sealed)
    rig.hand(late)  # it was held up on the way
    assert minute(rig) == 1000
    rig.run(2 * MINUTE_MS)
    for data in (sealed, late, sealed[:-1] + bytes((sealed[-1] ^ 1,))):
        refused = rig.badge.inbox.refused
        rig.hand(data)
        assert rig.badge.inbox.refused == refused + 1 and minute(rig) == 1002
    rig.hand(rig.down(downlink.order, codes.ORDER_TIME, 2000, heard=10))
    assert minute(rig) == 1002
    other = Rig(granted=2000)
    other.run(20)
    other.hand(sealed)
    assert minute(other) == 0


def test_another_order_or_a_key_whose_number_is_in_the_same_place_is_no_minute():
    rig = Rig()
    rig.run(20)
    rig.order(codes.ORDER_TIME, 1000)
    rig.hand(rig.down(downlink.key, 3000, bytes(16)))
    rig.hand(rig.down(downlink.stand_down, 9, 77))
    rig.order(codes.ORDER_ALONE, 1)
    assert minute(rig) == 1000


def _life(seed, told):
    """Live a random life; `told` gives the value of each ORDER of the time, or another order in its place."""
    dice = random.Random(seed)
    rig = Rig(now=START)
    states = []
    for _ in range(40):
        what = dice.randrange(9)
        if what == 0:
            rig.press(100)
        elif what == 1:
            mash(rig)
        elif what == 2:
            rig.press(HOLD)
        elif what == 3:
            rig.badge._seen(codes.FELL, rig.now, rig.now)
        elif what == 4:
            rig.order(codes.ORDER_VISIT, dice.randrange(4) << 14 | dice.choice((60, 300)))
        elif what == 5:
            rig.acking = not rig.acking
        elif what == 6:
            rig.hand(rig.down(downlink.call, 12, dice.randrange(1000), 3))
        elif what == 7 and rig.badge.alarm.is_open():
            rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, dice.randrange(2, 5), 9))
        else:
            rig.walk(1)
        rig.order(*told(dice.randrange(65_536)))
        rig.run(dice.choice((200, 3000, 35_000)), step=20)
        buf = bytearray(32)
        states.append((rig.badge.alarm.state, rig.badge.shift.mode(), bytes(buf[: rig.badge.save(buf, rig.now)])))
    return rig, states


def _but_the_asking(heard):
    return [(type, plain[:9] + bytes((plain[9] & 0x7F,)) + plain[10:] if type == frame.HEARTBEAT else plain)
            for type, plain in heard]


@pytest.mark.parametrize("seed", range(6))
def test_no_decision_frame_or_feeling_is_another_with_a_clock_that_is_set_at_random(seed):
    without, states = _life(seed, lambda value: (codes.ORDER_ALONE, 0))
    with_it, same = _life(seed, lambda value: (codes.ORDER_TIME, value))
    assert all(wants(without)) and not all(wants(with_it)) and minute(with_it)
    assert same == states
    assert with_it.motor == without.motor
    assert _but_the_asking(with_it.heard) == _but_the_asking(without.heard)


# The gateway's side


class Asker(Fake):
    """A Fake that asks for the time until it has it, as a badge does."""

    known = None

    def beat(self, faults=None):
        """Send a heartbeat."""
        return super().beat((faults or 0) | (codes.WANTS_TIME if self.known is None else 0))

    def times(self):
        """Return the minutes that it was told."""
        return [value for order, value in self.got(frame.ORDER) if order == codes.ORDER_TIME]


@pytest.fixture
def house(tmp_path):
    rig = House(tmp_path / "kald.sqlite")
    rig.fakes["anna"] = Asker(rig, rig.store.pair("anna"))
    return rig


def _told(rig):
    with rig.store.engine.connect() as db:
        return db.execute(DOWNLINKS.select().where(DOWNLINKS.c.order_code == codes.ORDER_TIME)).all()


def test_who_asks_is_told_the_minute_at_which_it_is_sent(house):
    anna = house["anna"]
    anna.deaf = True
    house.now += 65_000 - 14_000  # so that a minute ends meanwhile
    anna.beat()
    house.now += 10_000
    house.carry([])  # sent again, and not heard
    house.now += 4000
    assert not anna.times()
    assert house.badge("anna")["waiting"] == [], "nobody has ordered anything"
    anna.deaf = False
    anna.beat()
    assert anna.times() == [house_time.minute(BEGAN_MS + 65_000)]
    anna.known = True
    for _ in range(20):
        house.now += 3 * MINUTE_MS
        anna.beat()
    assert len(anna.times()) == 1 == len([row for row in _told(house) if row.delivered_ms])


def test_it_is_told_anew_each_day_and_when_the_clock_of_the_house_was_put_back(house):
    anna = house["anna"]
    anna.beat()
    anna.known = True
    for days in (1, 2, 3):
        house.now += DAY_S * 1000 - MINUTE_MS
        anna.beat()
        assert len(anna.times()) == days
        house.now += MINUTE_MS
        anna.beat()
        assert len(anna.times()) == days + 1
    house.now -= 2 * DAY_S * 1000
    anna.beat()
    anna.beat()
    assert len(anna.times()) == 5, "once"
    assert anna.times()[-1] == house_time.minute(house.now_ms)


def test_an_order_of_the_time_that_is_lost_is_asked_for_again(house):
    anna = house["anna"]
    anna.deaf = True
    anna.beat()
    for _ in range(6):
        house.now += 10_000
        anna.beat()
    assert not anna.times() and len(_told(house)) >= 3, "given up after 15 s, and asked for again"
    anna.known = True  # by what it was told a day before
    house.now += 20_000
    house.carry([])
    anna.beat()
    assert not [row for row in _told(house) if row.delivered_ms]
    anna.known = None
    anna.deaf = False
    anna.beat()
    assert anna.times() == [house_time.minute(house.now_ms)]


def test_who_never_asked_is_not_told(house):
    house["anna"].known = True
    for _ in range(20):
        house.now += DAY_S * 100
        house["anna"].beat()
    assert not _told(house)


@pytest.mark.parametrize("ago", [0, 1, 59, 1440, 32_766])
def test_a_minute_is_found_again_in_the_gateways_time(ago):
    for now_ms in (BEGAN_MS, BEGAN_MS + 59_999, MINUTES * MINUTE_MS * 30_000, (MINUTES * 30_000 + 1) * MINUTE_MS):
        then_ms = now_ms - ago * MINUTE_MS
        assert house_time.when_ms(house_time.minute(then_ms), now_ms) == then_ms // MINUTE_MS * MINUTE_MS


def test_a_minute_that_is_not_known_or_still_to_come_is_no_time():
    assert house_time.when_ms(0, BEGAN_MS) is None
    assert house_time.when_ms(house_time.minute(BEGAN_MS + 2 * MINUTE_MS), BEGAN_MS) == BEGAN_MS // 60_000 * 60_000
    for ahead in (3, 60, 1440, 30_000):  # the house's clock was put back after the badge had learned it
        assert house_time.when_ms(house_time.minute(BEGAN_MS + ahead * MINUTE_MS), BEGAN_MS) is None


def test_a_crash_is_shown_at_the_badges_own_minute_however_late_it_is_told(tmp_path):
    rig = House(tmp_path / "kald.sqlite", "anna")
    then = house_time.minute(rig.now_ms)
    crashed_ms = rig.now_ms
    rig.now += 7_200_000
    facts = bytes((FAULT, 0, 32, 0, 0, 0))
    assert rig["anna"].report(TOLD + then.to_bytes(2) + facts)
    assert rig["anna"].report(TOLD + bytes(2) + facts)
    with rig.store.engine.connect() as db:
        unknown, known = crashes.shown(db)
    assert known["happened_ms"] == crashed_ms // MINUTE_MS * MINUTE_MS and known["at_ms"] == rig.now_ms
    assert unknown["happened_ms"] is None
    assert crashes.says(TOLD + facts) == crashes.says(TOLD + bytes(2) + facts), "as an older version has kept it"
    assert crashes.happened_ms(TOLD + facts, rig.now_ms) is None
