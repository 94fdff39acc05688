"""Does a badge feel one call to all of its group, and can whoever steals the group's key do no more than buzz it?"""

import pytest
from tools.sim.rig import DEVICE, DOWN, Rig

from firmware import codes
from firmware.feedback import patterns as feel
from firmware.limits import CALL_SLOTS
from firmware.link import downlink, frame
from firmware.trace import REFUSED

NUMBER = 5
KEY = bytes(range(40, 56))
CALLER, ALARM = 9, 77
ANY_TURN_MS = 2600


def rig_of_a_group(**settings):
    rig = Rig(**settings)
    rig.walk(2)
    give(rig)
    return rig


def give(rig, number=NUMBER, key=KEY, **more):
    """Bring the group's key; return how many times its arrival was told."""
    return told(rig, frame.TOLD, lambda: rig.hand(rig.down(downlink.key, number, key, **more)))


def told(rig, type, act):
    """Return how many uplinks of `type` come of what `act` does."""
    before = [t for t, _ in rig.heard].count(type)
    act()
    rig.run(ANY_TURN_MS)
    return [t for t, _ in rig.heard].count(type) - before


def called(rig, *fields, number=NUMBER, key=KEY, **more):
    """Call the group; return how many times the badge says so."""
    fields = fields or (CALLER, ALARM, codes.KIND_EMERGENCY)
    return told(rig, frame.CALLED, lambda: rig.hand(rig.group_call(number, key, *fields, **more)))


def refused(rig):
    return rig.badge.trace.code[(rig.badge.trace.count - 1) % 64] == REFUSED


def test_a_call_to_the_group_is_felt_told_and_answered():
    rig = rig_of_a_group()
    assert called(rig) == 1
    assert rig.heard[-1][1][frame.UP_HEAD :] == bytes((0, CALLER, 0, 0, 0, ALARM, codes.KIND_EMERGENCY))
    assert rig.felt()[-1] == feel.CALLED_EMERGENCY
    rig.press(100, 1000)
    assert [b for t, b in rig.heard if t == frame.ANSWER][-1][7:] == bytes((0, CALLER, 0, 0, 0, ALARM))
    rig.hand(rig.down(downlink.stand_down, CALLER, ALARM))
    assert rig.felt()[-1] == feel.STOOD_DOWN


@pytest.mark.parametrize("first", ["group", "own"])
def test_who_is_called_both_ways_feels_one_call(first):
    rig = rig_of_a_group()
    ways = [lambda: rig.hand(rig.down(downlink.call, CALLER, ALARM, codes.KIND_FALL)),
            lambda: called(rig, CALLER, ALARM, codes.KIND_FALL)]
    before = rig.badge.trace.count
    for way in ways if first == "own" else ways[::-1]:
        way()
    assert [e for e in rig.felt() if e == feel.CALLED_FALL] == [feel.CALLED_FALL] and rig.badge.trace.count > before


def test_a_second_alarm_during_a_call_is_felt_too():
    rig = rig_of_a_group()
    assert called(rig, CALLER, ALARM, codes.KIND_ASSIST) == called(rig, 12, 5, codes.KIND_EMERGENCY) == 1
    felt = [pattern for pattern in rig.felt() if pattern in (feel.CALLED_ASSIST, feel.CALLED_EMERGENCY)]
    assert felt[:2] == [feel.CALLED_ASSIST, feel.CALLED_EMERGENCY]


def test_the_callers_own_badge_feels_nothing():
    rig = rig_of_a_group()
    assert called(rig, DEVICE, ALARM, codes.KIND_EMERGENCY) == 0 and rig.badge.calls.waiting() < 0 and not refused(rig)


@pytest.mark.parametrize("act", [
    lambda rig: rig.order(codes.ORDER_OFF, 1),
    lambda rig: rig.order(codes.ORDER_PAUSE, 10),
    lambda rig: rig.badge.battery(50, rig.now, charging=True),
    lambda rig: rig.run(601_000, step=20),
])
def test_who_is_off_duty_or_wears_no_badge_is_left_alone(act):
    rig = rig_of_a_group()
    act(rig)
    assert called(rig) == 0 and rig.badge.calls.waiting() < 0


def test_a_call_played_back_is_refused_before_and_after_a_reset():
    rig = rig_of_a_group()
    old = rig.group_call(NUMBER, KEY, CALLER, ALARM, codes.KIND_EMERGENCY)
    assert told(rig, frame.CALLED, lambda: rig.hand(old)) == 1
    rig.hand(rig.down(downlink.stand_down, CALLER, ALARM))
    assert told(rig, frame.CALLED, lambda: rig.hand(old)) == 0 and rig.badge.calls.waiting() < 0
    late = Rig(rig.now, granted=200000)
    late.run(100)
    late._counter = rig._counter
    late.hand(old)
    assert late.badge.inbox.refused == 1  # there is no key
    give(late)
    late.hand(old)
    assert late.badge.inbox.refused == 2 and called(late) == 1


@pytest.mark.parametrize("more", [
    {"number": 4}, {"key": DOWN}, {"key": bytes(16)}, {"gateway": 2}, {"number": 4, "key": bytes(16)},
])
def test_another_groups_another_gateways_and_the_badges_own_key_call_no_group(more):
    rig = rig_of_a_group()
    assert called(rig, **more) == 0 and rig.badge.inbox.refused == 1 and rig.badge.calls.waiting() < 0
    assert called(rig) == 1


def test_a_new_key_ends_the_old_one_and_an_older_one_that_comes_late_is_neither_taken_nor_told():
    rig = rig_of_a_group()
    late = rig.down(downlink.key, NUMBER, KEY)
    new = bytes(range(70, 86))
    assert give(rig, 6, new) == 1
    assert told(rig, frame.TOLD, lambda: rig.hand(late)) == 0
    assert called(rig) == 0 and called(rig, number=6, key=new) == 1


def test_a_key_that_is_given_again_ends_no_call_that_it_overtakes():
    rig = rig_of_a_group()
    late = [rig.group_call(NUMBER, KEY, CALLER, n, codes.KIND_FALL) for n in range(3)]
    assert give(rig) == 1
    assert [told(rig, frame.CALLED, lambda one=one: rig.hand(one)) for one in late[1:]] == [1, 1]
    assert give(rig, 6, bytes(range(70, 86))) == 1 and give(rig) == 1
    assert told(rig, frame.CALLED, lambda: rig.hand(late[0])) == 0


def test_of_gateways_that_share_a_house_each_calls_the_group_once_it_has_spoken_to_the_badge():
    rig = rig_of_a_group()
    recorded = rig.group_call(NUMBER, KEY, CALLER, 1, codes.KIND_FALL, gateway=2)
    assert told(rig, frame.CALLED, lambda: rig.hand(recorded)) == 0
    rig.hand(rig.down(downlink.order, codes.ORDER_NOTHING, 0, gateway=2))
    assert told(rig, frame.CALLED, lambda: rig.hand(recorded)) == 0, "it may be from before this life"
    assert called(rig, CALLER, 2, codes.KIND_FALL, gateway=2) == 1 and called(rig, CALLER, 3, codes.KIND_FALL) == 1
    same = rig._counter + 1
    assert [called(rig, CALLER, 3 + by, codes.KIND_FALL, gateway=by, counter=same) for by in (1, 2)] == [1, 1]


@pytest.mark.parametrize("forged", [1, 3, 30])
def test_a_thief_who_spends_all_counters_ends_no_call_of_the_gateways(forged):
    rig = rig_of_a_group()
    for n in range(forged):
        assert called(rig, CALLER, ALARM + n, codes.KIND_FALL, counter=frame.COUNTER_END - 1 - n) == 1
        rig.hand(rig.down(downlink.stand_down, CALLER, ALARM + n))
    for n in range(3):
        assert called(rig, 12, n, codes.KIND_EMERGENCY) == 1 and rig.felt()[-1] == feel.CALLED_EMERGENCY
        rig.hand(rig.down(downlink.stand_down, 12, n))


def test_a_call_played_back_is_refused_whether_the_gateway_has_spoken_since_or_not():
    rig = rig_of_a_group()
    kept = []
    for n in range(12):
        kept.append(rig.group_call(NUMBER, KEY, CALLER, n, codes.KIND_FALL))
        assert told(rig, frame.CALLED, lambda: rig.hand(kept[-1])) == 1
        for _ in range(2):
            rig.hand(rig.down(downlink.stand_down, CALLER, n))
        assert all(told(rig, frame.CALLED, lambda one=one: rig.hand(one)) == 0 for one in kept[-3:])
    assert all(told(rig, frame.CALLED, lambda one=one: rig.hand(one)) == 0 for one in kept)


def test_what_the_gateway_says_to_one_badge_alone_moves_the_floor_and_leaves_room_for_what_overtakes():
    rig = rig_of_a_group()
    late = [rig.group_call(NUMBER, KEY, CALLER, n, codes.KIND_FALL) for n in range(3)]
    rig.order(codes.ORDER_NOTHING)
    assert told(rig, frame.CALLED, lambda: rig.hand(late[0])) == 1
    for _ in range(13):
        rig.order(codes.ORDER_NOTHING)
        rig.run(20)
    assert told(rig, frame.CALLED, lambda: rig.hand(late[2])) == 1
    rig.order(codes.ORDER_NOTHING)
    assert told(rig, frame.CALLED, lambda: rig.hand(late[1])) == 0


def test_a_thief_makes_no_gateway_seem_to_be_there():
    rig = rig_of_a_group()
    rig.linked = False
    for _ in range(20):
        rig.run(10_000)
        rig.hand(rig.group_call(NUMBER, KEY, CALLER, ALARM, codes.KIND_FALL))
    assert rig.badge.faults & codes.FAULT_NO_GATEWAY


def test_a_thief_who_fills_the_table_keeps_nobody_from_being_called():
    rig = rig_of_a_group()
    for alarm in range(CALL_SLOTS):
        assert called(rig, CALLER, alarm, codes.KIND_EMERGENCY) == 1
    assert called(rig, CALLER, 50, codes.KIND_EMERGENCY) == 0  # no room, so it is not told: it is called by its own key
    rig.hand(rig.down(downlink.call, 12, 5, codes.KIND_ASSIST))
    assert rig.badge.calls.find(12, 5) >= 0 and rig.felt()[-1] == feel.CALLED_ASSIST


def test_a_thief_takes_no_place_of_a_call_that_came_by_the_badges_own_key():
    rig = rig_of_a_group()
    for alarm in range(CALL_SLOTS):
        rig.hand(rig.down(downlink.call, 12, alarm, codes.KIND_ASSIST))
    assert called(rig, CALLER, ALARM, codes.KIND_EMERGENCY) == 0
    assert all(rig.badge.calls.find(12, alarm) >= 0 for alarm in range(CALL_SLOTS))
    rig.hand(rig.down(downlink.call, 13, 1, codes.KIND_EMERGENCY))  # by its own key it does
    assert rig.badge.calls.find(13, 1) >= 0 and rig.felt()[-1] == feel.CALLED_EMERGENCY


@pytest.mark.parametrize("kind", [codes.KIND_EMERGENCY, codes.KIND_FALL, codes.KIND_MOTIONLESS])
@pytest.mark.parametrize("thieves", [1, 3])
@pytest.mark.parametrize("first", ["thief", "own", "group"])
def test_of_calls_that_feel_alike_the_press_answers_what_came_by_the_badges_own_key(kind, thieves, first):
    rig = rig_of_a_group()
    if first == "group":
        called(rig, 12, 5, kind)
    elif first == "own":
        rig.hand(rig.down(downlink.call, 12, 5, kind))
    for n in range(thieves):
        called(rig, CALLER, ALARM + n, codes.KIND_EMERGENCY)
    if first != "own":
        rig.hand(rig.down(downlink.call, 12, 5, kind))
    answered = []
    for _ in range(thieves + 1):
        rig.press(100, 1000)
        answered.append(frame.get30([b for t, b in rig.heard if t == frame.ANSWER][-1], 9))
    assert answered[0] == 5 and sorted(answered[1:]) == [*range(ALARM, ALARM + thieves)]


def test_a_graver_feeling_is_answered_before_a_call_that_came_by_the_badges_own_key():
    rig = rig_of_a_group()
    rig.hand(rig.down(downlink.call, 12, 5, codes.KIND_ASSIST))
    called(rig, CALLER, ALARM, codes.KIND_FALL)
    rig.press(100, 1000)
    assert frame.get30([b for t, b in rig.heard if t == frame.ANSWER][-1], 9) == ALARM


def test_what_was_answered_and_never_confirmed_makes_room_for_any_call():
    rig = rig_of_a_group()
    for n in range(CALL_SLOTS):
        called(rig, CALLER, ALARM + n, codes.KIND_EMERGENCY)
        rig.press(100, 1000)
    assert called(rig, 12, 5, codes.KIND_CHECK_IN) == 1 and rig.badge.calls.find(12, 5) >= 0


def test_who_has_answered_a_thief_is_stood_down_and_tells_no_more():
    rig = rig_of_a_group()
    called(rig)
    rig.acking = False
    rig.press(100, 1000)
    assert rig.waits(frame.ANSWER)
    rig.hand(rig.down(downlink.stand_down, CALLER, ALARM))
    assert not rig.waits(frame.ANSWER)


def test_turns_are_spread_by_device():
    rig = rig_of_a_group()
    begin = rig.now
    rig.hand(rig.group_call(NUMBER, KEY, CALLER, ALARM, codes.KIND_FALL))
    while rig.heard[-1][0] != frame.CALLED:
        rig.run(10)
    assert rig.now - begin == DEVICE * 80


def test_a_heartbeat_asks_for_the_key_until_it_has_come():
    rig = Rig()
    rig.badge.inbox.wants_group = codes.WANTS_GROUP
    rig.run(100)
    rig.run(61_000, step=20)
    give(rig)
    rig.run(61_000, step=20)
    asked = [frame.get16(b, 9) & codes.WANTS_GROUP for t, b in rig.heard if t == frame.HEARTBEAT]
    assert asked[0] and asked[-2] and not asked[-1]
