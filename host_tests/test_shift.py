"""Does a badge watch over a shift: visits, check-ins, pauses, practice, test, being alone, and what bodies tell?"""

import pytest
from tools.sim.checks.wearer import Wearer
from tools.sim.rig import HOLD, Rig, close, mash, seen

from firmware.codes import (
    FELL, GREEN, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_FALL, KIND_MOTIONLESS, KIND_POSITION,
    KIND_TEST, KIND_TORN, MODE_CHARGING, MODE_NOT_READY, MODE_OFF, MODE_PAUSED, MODE_READY, NO_VISIT, ORDER_ALONE,
    ORDER_OFF, ORDER_PAUSE, ORDER_PRACTICE, ORDER_TEST, ORDER_VISIT, PASSED_ALL, PASSED_SENSOR, RECEIVED, RED,
    RELIEVED, RIGHTED, SAFE, STEP_TAKEN, STILL, TILTED, TORN_OFF, WARNED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
    YELLOW,
)
from firmware.feedback import patterns as feel
from firmware.limits import CHECK_IN_PRE_ALARM_MS, OFF_MS, PRE_ALARM_MS, READY_MS
from firmware.link import downlink, frame


def visit(rig, colour, interval_s):
    rig.order(ORDER_VISIT, colour << 14 | interval_s)


# Visits


def test_a_check_in_is_reminded_confirmed_and_asked_again():
    rig = Rig()
    visit(rig, GREEN, 300)
    rig.run(235000)
    assert feel.REMINDER not in rig.felt() and rig.beats()[-1][0] == GREEN
    rig.run(10000)
    assert rig.felt().count(feel.REMINDER) == 1
    rig.press(100)
    rig.run(230000)
    assert rig.badge.alarm.state == SAFE and rig.felt()[-1] == feel.CANCELLED and not rig.alarms()
    rig.run(12000)
    assert rig.felt().count(feel.REMINDER) == 2


def test_a_missed_check_in_asks_45_s_long_and_then_calls():
    rig = Rig()
    visit(rig, GREEN, 120)
    rig.run(120100)
    assert rig.badge.alarm.state == WARNED and rig.alarms()[-1][1:3] == (KIND_CHECK_IN, WHAT_PRE_ALARM)
    rig.run(CHECK_IN_PRE_ALARM_MS - 500)
    assert rig.badge.alarm.state == WARNED
    rig.run(700)
    assert rig.alarms()[-1][1:3] == (KIND_CHECK_IN, WHAT_RAISED) and rig.badge.alarm.state == RECEIVED


def test_a_press_in_the_pre_alarm_confirms_and_the_next_is_due_an_interval_later():
    rig = Rig()
    visit(rig, GREEN, 120)
    rig.run(130000)
    rig.press(100, 100)
    assert rig.badge.alarm.state == RELIEVED and rig.alarms()[-1][2] == WHAT_CANCELLED
    rig.run(110000)
    assert rig.badge.alarm.state == SAFE
    rig.run(12000)
    assert rig.badge.alarm.state == WARNED


def test_a_visit_ends_and_asks_no_more():
    rig = Rig()
    visit(rig, GREEN, 0)
    visit(rig, NO_VISIT, 0)
    rig.run(2000000, step=100)
    assert rig.badge.alarm.state == SAFE and feel.REMINDER not in rig.felt()


@pytest.mark.parametrize("spent", [False, True])
def test_check_ins_go_on_after_a_reset_and_are_asked_at_once_after_a_power_cut(spent):
    rig = Rig()
    visit(rig, GREEN, 1800)
    rig.run(60000)
    buf = bytearray(32)
    n = rig.badge.save(buf, rig.now)
    other = Rig(5000)
    assert other.badge.load(buf, n, other.now, undated=spent)
    other.run(2000)
    assert (feel.REMINDER in other.felt()) == spent and other.badge.shift.visit.colour == GREEN


# Automatic alarms


@pytest.mark.parametrize("before_s, moves, colour, most_ms", [
    (60, True, YELLOW, 120000), (200, False, YELLOW, 120000), (200, False, RED, 90000),
])
def test_who_keeps_still_already_as_a_visit_begins_is_asked_and_calls_in_time(before_s, moves, colour, most_ms):
    rig = Wearer()
    rig.walk(10)
    rig.attitude = (0, 300, 950)
    rig.run(1000 * before_s, step=20)
    if moves:  # nobody has asked her anything: this is no answer
        rig.walk(1)
        rig.run(1000, step=20)
    visit(rig, colour, 0)
    assert rig.until(rig.raised(KIND_MOTIONLESS), most_ms, step=20)


@pytest.mark.parametrize("open_s", [20, 70, 400])
@pytest.mark.parametrize("colour, attitude, kind", [
    (RED, (0, 300, 950), KIND_MOTIONLESS), (GREEN, (950, 0, 300), KIND_POSITION),
])
def test_who_kept_still_or_lay_in_a_graver_alarm_is_asked_and_calls_once_that_is_closed(open_s, colour, attitude, kind):
    rig = Wearer()
    rig.walk(10)
    visit(rig, colour, 0)
    mash(rig)
    rig.attitude = attitude
    rig.run(1000 * open_s, step=20)
    close(rig)
    assert rig.until(rig.raised(kind), 90000, step=20)


def test_motionless_is_watched_from_yellow_on():
    rig = Rig()
    visit(rig, GREEN, 1800)
    rig.run(150000)
    assert not rig.alarms()
    rig.walk(1)
    visit(rig, RED, 300)
    rig.run(44000)
    assert not rig.alarms()
    rig.run(6000)
    assert rig.alarms()[-1][1:3] == (KIND_MOTIONLESS, WHAT_PRE_ALARM)
    rig.run(PRE_ALARM_MS)
    assert rig.alarms()[-1][1:3] == (KIND_MOTIONLESS, WHAT_RAISED)


def test_standing_up_withdraws_a_question_of_position_but_no_alarm_and_no_fall():
    rig = Rig()
    seen(rig, TILTED)
    assert rig.badge.alarm.state == WARNED
    seen(rig, RIGHTED)
    assert rig.badge.alarm.state == RELIEVED
    rig.run(3000)
    seen(rig, FELL)
    seen(rig, RIGHTED)
    assert rig.badge.alarm.state == WARNED and rig.badge.alarm.kind == KIND_FALL
    rig.run(PRE_ALARM_MS + 200)
    assert rig.badge.alarm.state == RECEIVED
    seen(rig, RIGHTED)
    assert rig.badge.alarm.state == RECEIVED


def test_a_lost_attitude_is_asked_about_after_30_s_and_withdrawn_when_upright_for_10():
    rig = Rig()
    rig.walk(10)
    rig.attitude = (1000, 0, 100)
    rig.run(29000)
    assert rig.badge.alarm.state == SAFE
    rig.run(3000)
    assert rig.alarms()[-1][1:3] == (KIND_POSITION, WHAT_PRE_ALARM)
    rig.attitude = (0, 0, 1000)
    rig.run(9000)
    assert rig.badge.alarm.state == WARNED
    rig.run(4000)
    assert rig.alarms()[-1][1:3] == (KIND_POSITION, WHAT_CANCELLED)


def test_a_lost_attitude_that_stays_is_an_alarm_within_90_s_and_a_switch_turns_it_off():
    rig, off = Rig(), Rig(position=False)
    for each in (rig, off):
        each.walk(10)
        each.attitude = (1000, 0, 100)
        each.run(70000)
    assert rig.alarms()[-1][1:3] == (KIND_POSITION, WHAT_RAISED) and not off.alarms()


def test_a_second_cause_makes_the_question_graver_and_never_later():
    rig = Rig()
    seen(rig, TILTED)
    rig.run(20000)
    seen(rig, FELL)
    assert rig.badge.alarm.kind == KIND_FALL
    seen(rig, STILL)
    assert rig.badge.alarm.kind == KIND_FALL
    rig.run(PRE_ALARM_MS - 20000 + 100)
    assert rig.badge.alarm.state == RECEIVED and rig.alarms()[-1][1] == KIND_FALL


@pytest.mark.parametrize("clip, step_ms, is_open, calls", [
    (True, 100, lambda turn: 1, True), (False, 100, lambda turn: 1, False),
    (True, 100, lambda turn: turn % 15 < 12, False),  # it is touched
    *[(True, 10, lambda turn, every=every: turn % every > 0, True) for every in (2, 7, 50)],  # the open line sparks
])
def test_a_torn_clip_calls_within_ten_seconds_and_only_once(clip, step_ms, is_open, calls):
    rig = Rig(clip=clip)
    for turn in range(10_000 // step_ms):
        rig.run(step_ms)
        rig.badge.clip(is_open(turn), rig.now)
    assert {alarm[1] for alarm in rig.alarms()} == ({KIND_TORN} if calls else set()) and len(set(rig.alarms())) == calls
    assert rig.badge.alarm.state == (RECEIVED if calls else SAFE)


# Duty


@pytest.mark.parametrize("order, value, mode, span_ms", [
    (ORDER_PAUSE, 5, MODE_PAUSED, 300000), (ORDER_OFF, 1, MODE_OFF, OFF_MS),
])
def test_a_pause_silences_the_body_never_the_hand_and_ends_by_itself(order, value, mode, span_ms):
    rig = Rig()
    rig.order(order, value)
    rig.run(100)
    assert rig.beats()[-1][1] == mode
    for event in (FELL, STILL, TILTED, TORN_OFF):
        seen(rig, event)
    assert rig.badge.alarm.state == SAFE
    mash(rig)
    assert rig.badge.alarm.kind == KIND_EMERGENCY and rig.badge.alarm.state == RECEIVED
    close(rig)
    rig.now = (rig.now + span_ms) % 2**30
    rig.run(1000)
    assert rig.beats()[-1][1] == MODE_NOT_READY
    seen(rig, FELL)
    assert rig.badge.alarm.state == WARNED


def test_orders_that_make_no_sense_change_nothing():
    rig = Rig()
    rig.run(100)
    for order, value in ((ORDER_PAUSE, 121), (ORDER_OFF, 2), (ORDER_PRACTICE, 11), (ORDER_VISIT, 3 << 14 | 5), (77, 1)):
        rig.order(order, value)
        rig.run(100)
    assert rig.badge.shift.mode() == MODE_NOT_READY and rig.badge.shift.visit.colour == NO_VISIT
    assert not rig.badge.shift.duty.practising()


def test_the_charger_pauses_and_taking_it_away_begins_a_shift():
    rig = Rig()
    rig.badge.battery(80, rig.now, charging=True)
    seen(rig, FELL)
    assert rig.badge.alarm.state == SAFE and rig.badge.shift.mode() == MODE_CHARGING
    rig.badge.battery(80, rig.now, charging=False)
    assert rig.badge.shift.test.sensor_wanted()


# The shift's test


def test_the_test_asks_and_tells_and_makes_ready_for_a_day():
    rig = Rig()
    rig.order(ORDER_TEST)
    assert rig.badge.shift.test.sensor_wanted()
    rig.badge.self_tested(True, rig.now)
    rig.run(3000)
    assert feel.TEST_ASK in rig.felt()
    rig.press(100)
    rig.run(500)
    tests = [b for type, b in rig.heard if type == frame.ALARM]
    assert [b[11] >> 4 for b in tests] == [KIND_TEST] and frame.get16(tests[0], 13) == PASSED_ALL
    assert rig.felt()[-1] == feel.READY and rig.beats()[-1][1] == MODE_READY
    rig.now = (rig.now + READY_MS) % 2**30
    rig.run(500)
    assert rig.beats()[-1][1] == MODE_NOT_READY


@pytest.mark.parametrize("right, pressed", [(False, True), (True, False)])
def test_what_did_not_prove_itself_is_missing_and_the_badge_is_not_ready(right, pressed):
    rig = Rig()
    rig.order(ORDER_TEST)
    rig.badge.self_tested(right, rig.now)
    rig.run(2000)
    if pressed:
        rig.press(100)
    rig.run(25000)
    tests = [b for type, b in rig.heard if type == frame.ALARM]
    assert frame.get16(tests[0], 13) == (PASSED_SENSOR if right else PASSED_ALL - PASSED_SENSOR)
    assert rig.badge.shift.mode() == MODE_NOT_READY and feel.READY not in rig.felt()


def test_an_emergency_in_the_test_is_real_and_the_test_is_over():
    rig = Rig()
    rig.order(ORDER_TEST)
    rig.badge.self_tested(True, rig.now)
    rig.press(HOLD)
    assert rig.badge.alarm.kind == KIND_EMERGENCY and not rig.badge.shift.test.stage
    rig.run(30000)
    assert {kind for _, kind, _, _ in rig.alarms()} == {KIND_EMERGENCY}


def test_a_test_that_cannot_be_told_does_not_stop_the_watching():
    rig = Rig()
    rig.order(ORDER_TEST)
    rig.linked = False
    rig.badge.self_tested(True, rig.now)
    rig.press(100)
    rig.run(60000)
    seen(rig, FELL)
    assert rig.badge.alarm.state == WARNED


# Colleagues


def test_a_second_responder_is_felt_and_the_same_told_twice_is_not():
    rig = Rig()
    rig.press(HOLD)
    for responder, times in ((9, 1), (9, 1), (4, 2)):
        rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, STEP_TAKEN, responder))
        rig.run(2000)
        assert rig.felt().count(feel.TAKEN) == times


def test_being_alone_is_felt_and_felt_again_until_somebody_is_there():
    rig = Rig()
    rig.order(ORDER_ALONE, 1)
    rig.run(601000, step=50)
    assert rig.felt().count(feel.ALONE) == 2
    rig.order(ORDER_ALONE, 0)
    rig.run(700000, step=50)
    assert rig.felt().count(feel.ALONE) == 2 and rig.felt().count(feel.TOGETHER) == 1


def test_who_is_called_is_not_told_beside_it_that_the_caller_is_no_help_to_her():
    rig = Rig()
    rig.walk(2)
    rig.run(700_000, step=20)
    felt = len(rig.felt())
    rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
    rig.order(ORDER_ALONE, 1)
    rig.run(20_000)
    rig.hand(rig.down(downlink.stand_down, 9, 500))
    rig.order(ORDER_ALONE, 0)
    rig.run(4000)
    assert set(rig.felt()[felt:]) == {feel.CALLED_EMERGENCY, feel.STOOD_DOWN}
    rig.order(ORDER_ALONE, 1)
    assert rig.felt()[-1] == feel.ALONE
    rig.order(ORDER_ALONE, 0)
    assert rig.felt()[-1] == feel.TOGETHER


def test_a_press_that_cancels_answers_no_colleague():
    rig = Rig()
    rig.hand(rig.down(downlink.call, 9, 77, KIND_ASSIST))
    seen(rig, FELL)
    rig.walk(1)
    rig.press(100)
    rig.run(5000)
    assert rig.badge.alarm.state == SAFE
    assert frame.ANSWER not in [type for type, _ in rig.heard]


@pytest.mark.parametrize("level_ms, value", [(100, GREEN << 14), (1000, 0)])
def test_the_function_button_wishes_for_a_visit_and_for_its_end(level_ms, value):
    rig = Rig()
    for turn in range(200):
        rig.run(10)
        rig.badge.function(1 if turn * 10 < level_ms else 0, rig.now)
    wishes = [b for type, b in rig.heard if type == frame.WISH]
    assert [(b[7], frame.get16(b, 8)) for b in wishes] == [(ORDER_VISIT, value)]
