"""Are visits, pauses, silence, tests and being alone known at the board, ordered to badges, and true?"""

import pytest

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig, on_file
from tools.gateway import board, duty

ALONE, TOGETHER = (codes.ORDER_ALONE, 1), (codes.ORDER_ALONE, 0)


rig = on_file("anna", "bo", ("carla", "east"))


def orders(rig, name, what):
    """Return the values of all orders of one kind that a badge has heard."""
    return [value for order, value in rig[name].got(frame.ORDER) if order == what]


def troubles(rig):
    """Return {(name, fault)} of the technical alarms that stand."""
    with rig.store.engine.connect() as db:
        return {(row["name"], row["fault"]) for row in board.troubles(db) if row["until_ms"] is None}


@pytest.mark.parametrize("colour, number, interval_s", [("green", 1, 1800), ("yellow", 2, 900), ("red", 3, 300)])
def test_a_visit_is_ordered_with_the_interval_of_its_colour(rig, colour, number, interval_s):
    rig.act("visit", 1, colour=colour, minutes=20)
    assert orders(rig, "anna", codes.ORDER_VISIT) == [number << 14 | interval_s]
    rig["anna"].colour = number
    rig["anna"].beat()
    assert rig.badge("anna")["visit"]["colour"] == colour
    rig.run(20 * 60 - 1)
    assert ("anna", "visit_overdue") not in troubles(rig)
    rig.run(1)
    assert ("anna", "visit_overdue") in troubles(rig) and rig.badge("anna")["visit"]
    assert rig.act("prolong", 1, minutes=10) and ("anna", "visit_overdue") not in troubles(rig)
    assert len(orders(rig, "anna", codes.ORDER_VISIT)) == 1, "to prolong must not put off a check-in"
    assert rig.act("end", 1) and orders(rig, "anna", codes.ORDER_VISIT)[-1] == 0
    assert not rig.act("end", 1) and not rig.act("prolong", 1, minutes=10)


def test_a_badge_that_forgot_its_visit_is_told_again(rig):
    rig.act("visit", 1, colour="red")
    rig.run(61)
    assert orders(rig, "anna", codes.ORDER_VISIT) == [3 << 14 | 300] * 2
    rig["anna"].colour = codes.RED
    rig.run(300)
    assert len(orders(rig, "anna", codes.ORDER_VISIT)) == 2


def test_an_alarm_in_a_visit_has_its_colour(rig):
    rig.act("visit", 1, colour="yellow")
    rig["anna"].alarm(codes.KIND_CHECK_IN)
    assert rig.alarm()["colour"] == "yellow"


@pytest.mark.parametrize("verb, order, mode", [("pause", codes.ORDER_PAUSE, codes.MODE_PAUSED),
                                               ("practice", codes.ORDER_PRACTICE, codes.MODE_PRACTICE)])
def test_a_pause_and_practice_end_by_themselves_even_if_the_badge_forgets(rig, verb, order, mode):
    rig.act(verb, 1, minutes=10)
    rig["anna"].mode = mode
    rig["anna"].beat()
    assert rig.badge("anna")["mode"] == duty.MODES[mode] and rig.badge("anna")["until_ms"] == rig.now_ms + 600_000
    rig.run(599)
    assert orders(rig, "anna", order) == [10]
    rig.run(1)
    assert orders(rig, "anna", order) == [10, 0] and rig.badge("anna")["until_ms"] is None


@pytest.mark.parametrize(("what", "age_s", "again"), [
    (codes.WHAT_RAISED | codes.WHAT_PRACTICE, 0, False),
    (codes.WHAT_RAISED | codes.WHAT_PRACTICE, 60, True),  # it began before the order, and proves nothing
    (codes.WHAT_RAISED, 0, False),  # whoever calls for real is not to practise after that
    (codes.WHAT_PRE_ALARM, 0, True),
])
def test_who_calls_has_the_order_to_practise_or_needs_none_and_no_copy_of_it_comes(rig, what, age_s, again):
    anna = rig["anna"]
    anna.deaf = True  # its answers are lost
    rig.act("practice", 1, minutes=10)
    rig.run(5)
    copies = len(anna.orders)
    assert copies and {order[0] for order in anna.orders} == {codes.ORDER_PRACTICE}
    anna.alarm(codes.KIND_FALL, what=what, age_s=age_s, refresh=False)
    rig.run(60)
    assert (len([one for one in anna.orders if one[0] == codes.ORDER_PRACTICE]) > copies) == again


@pytest.mark.parametrize(("verb", "given", "shown", "again"), [
    ("practice", {"minutes": 10}, {"mode": codes.MODE_PRACTICE}, False),
    ("pause", {"minutes": 10}, {"mode": codes.MODE_PAUSED}, False),
    ("off", {}, {"mode": codes.MODE_OFF}, False),
    ("off", {}, {"mode": codes.MODE_TESTING}, True),
    ("test", {}, {"mode": codes.MODE_TESTING}, False),
    ("visit", {"colour": "red"}, {"colour": codes.RED}, False),
    ("visit", {"colour": "red"}, {"colour": codes.GREEN}, True),
])
def test_whose_heartbeat_shows_that_an_order_is_done_is_given_no_copy_of_it(rig, verb, given, shown, again):
    anna = rig["anna"]
    anna.deaf = True  # its answers are lost
    rig.act(verb, 1, **given)
    rig.run(5)
    copies = len(anna.orders)
    vars(anna).update(shown)
    anna.beat()
    rig.run(60)
    assert copies and (len(anna.orders) > copies) == again


@pytest.mark.parametrize("passed", [codes.PASSED_ALL, codes.PASSED_SENSOR])
def test_whose_test_is_told_is_given_no_copy_of_the_order(rig, passed):
    anna = rig["anna"]
    anna.deaf = True
    rig.act("test", 1)
    rig.run(5)
    copies = len(anna.orders)
    anna.alarm(codes.KIND_TEST, passed=passed)
    rig.run(60)
    assert copies == len(anna.orders)


def test_the_end_of_a_shift_ends_the_visit(rig):
    rig.act("visit", 1, colour="red")
    assert rig["anna"].wish(codes.ORDER_OFF, 1)
    assert rig.badge("anna")["visit"] is None and orders(rig, "anna", codes.ORDER_OFF) == [1]


def goes_home(rig):
    rig["bo"].mode = codes.MODE_OFF
    rig["bo"].beat()


def charges(rig):
    rig["bo"].mode = codes.MODE_CHARGING
    rig["bo"].beat()


def pauses(rig):
    rig["bo"].mode = codes.MODE_PAUSED
    rig["bo"].beat()


def puts_it_down(rig):
    rig["bo"].beat(faults=codes.FAULT_NOT_WORN)


def hears_nobody(rig):
    rig["bo"].beat(faults=codes.FAULT_NO_GATEWAY)


def falls_silent(rig):
    rig["bo"].on = False
    rig.run(178)
    assert ALONE not in rig["anna"].got(frame.ORDER)
    rig.run(2)


@pytest.mark.parametrize("leaves", [goes_home, charges, pauses, puts_it_down, hears_nobody, falls_silent])
def test_the_last_colleague_leaves_and_comes_back(rig, leaves):
    rig.run(120)
    assert rig.badge("anna")["alone"] is False and not orders(rig, "anna", codes.ORDER_ALONE)
    leaves(rig)
    rig.run(2)
    assert orders(rig, "anna", codes.ORDER_ALONE) == [1] and rig.badge("anna")["alone"] is True
    assert rig.badge("bo")["alone"] is None
    rig.run(300)
    rig["bo"].on, rig["bo"].mode = True, codes.MODE_READY
    rig["bo"].beat(faults=0)
    rig.run(2)
    assert orders(rig, "anna", codes.ORDER_ALONE) == [1, 0] and rig.badge("anna")["alone"] is False


def test_a_wearer_in_an_open_alarm_is_no_help_to_the_other_and_is_not_alone_herself(rig):
    rig["bo"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED | codes.WHAT_PRACTICE)
    rig.run(61)
    assert not orders(rig, "anna", codes.ORDER_ALONE), "practice"
    rig["bo"].alarm(codes.KIND_EMERGENCY, alarm_id=60)
    rig.run(2)
    assert orders(rig, "anna", codes.ORDER_ALONE) == [1] and rig.badge("anna")["alone"] is True
    assert rig.badge("bo")["alone"] is False and not orders(rig, "bo", codes.ORDER_ALONE)
    rig["anna"].alarm(codes.KIND_FALL, alarm_id=61)
    rig.run(2)
    assert orders(rig, "bo", codes.ORDER_ALONE) == [1]
    assert rig.act("close", rig.alarm()["id"]) and rig.act("close", 2)
    rig.run(2)
    assert orders(rig, "anna", codes.ORDER_ALONE) == [1, 0] and orders(rig, "bo", codes.ORDER_ALONE) == [1, 0]


def test_a_group_of_one_is_shown_alone_and_not_told_so(rig):
    rig.run(120)
    assert rig.badge("carla")["alone"] is True and not orders(rig, "carla", codes.ORDER_ALONE)


def test_a_gateway_that_was_down_calls_nobody_alone_for_it(rig):
    rig.run(120)
    rig.restart(600)
    rig.run(30)
    assert not orders(rig, "anna", codes.ORDER_ALONE) and rig.badge("anna")["alone"] is False


def test_who_has_crashed_is_told_again_that_it_is_alone(rig):
    rig.run(120)
    goes_home(rig)
    rig.run(10)
    rig["anna"].beat(faults=codes.FAULT_CRASHED)
    rig.run(10)
    assert orders(rig, "anna", codes.ORDER_ALONE) == [1, 1]


@pytest.mark.parametrize("bit", [1 << n for n in range(16) if n < 14])
def test_every_fault_is_raised_and_cleared(rig, bit):
    rig["anna"].beat(faults=bit)
    (name, fault), = troubles(rig)
    assert name == "anna"
    rig.run(120)
    rig["anna"].beat(faults=0)
    with rig.store.engine.connect() as db:
        (row,) = [row for row in board.troubles(db) if row["fault"] == fault]
    assert row["until_ms"] - row["since_ms"] == 120_000


def test_a_silent_badge_is_a_technical_alarm_until_it_speaks(rig):
    rig["bo"].on = False
    rig.run(179)
    assert troubles(rig) == set()
    rig.run(1)
    assert troubles(rig) == {("bo", "silent")} and rig.badge("bo")["silent"]
    rig["bo"].on = True
    rig["bo"].beat()
    assert troubles(rig) == set() and not rig.badge("bo")["silent"]


def test_a_badge_heard_last_through_a_bridge_may_beat_as_seldom_as_lora_wants(rig):
    rig["bo"].route = ("bridge", rig["bo"].device)
    rig["bo"].beat()
    rig["bo"].on = False
    rig.run(899)
    assert ("bo", "silent") not in troubles(rig)
    rig.run(1)
    assert ("bo", "silent") in troubles(rig)
    rig["bo"].on = True
    rig["bo"].route = None
    rig["bo"].beat()  # over Wi-Fi again: three minutes are enough
    rig["bo"].on = False
    rig.run(180)
    assert ("bo", "silent") in troubles(rig)


def test_a_badge_at_home_may_be_silent(rig):
    goes_home(rig)
    rig["bo"].on = False
    rig.run(600)
    assert troubles(rig) == set()


def test_a_disk_that_fills_up_is_a_technical_alarm(rig):
    rig.radio.storage(10_000_000, rig.now_ms)
    assert troubles(rig) == {("", "storage_full")}
    rig.radio.storage(10_000_000_000, rig.now_ms)
    assert troubles(rig) == set()


def test_who_is_called_is_worn_tested_and_heard_where_there_is_such_a_one(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "ready", "untested", "down", "off", "mute")
    rig["untested"].mode = codes.MODE_NOT_READY
    rig["down"].faults = codes.FAULT_NOT_WORN
    rig["off"].mode = codes.MODE_OFF
    rig.beat()
    rig["mute"].on = False
    rig.run(200)

    def called():
        with_call = {name for name in rig.fakes if rig[name].got(frame.CALL)}
        for fake in rig.fakes.values():
            fake.heard.clear()
        return with_call

    rig["anna"].alarm(codes.KIND_FALL, refresh=False)
    assert called() == {"ready"}
    rig.run(30)
    assert called() == {"ready", "untested", "down"}
    rig.act("close", 1)
    rig["ready"].mode = codes.MODE_CHARGING
    rig["ready"].beat()
    called()
    rig["anna"].alarm(codes.KIND_FALL, alarm_id=51, refresh=False)
    assert called() == {"untested"}, "an untested badge is better than none"


def test_a_test_that_is_not_done_is_missed_once_a_day(rig):
    rig["anna"].mode = codes.MODE_NOT_READY
    rig["anna"].beat()
    rig.run(1799)
    assert missed(rig) == 0
    rig.run(1)
    assert missed(rig) == 1
    rig.run(3600)
    assert missed(rig) == 1
    rig["anna"].mode = codes.MODE_READY
    rig.run(60)
    rig["anna"].mode = codes.MODE_NOT_READY
    rig.run(1920)
    assert missed(rig) == 2


def missed(rig):
    from sqlalchemy import func, select

    from tools.gateway.tables import TESTS

    with rig.store.engine.connect() as db:
        return db.execute(select(func.count()).where(TESTS.c.missed)).scalar()
