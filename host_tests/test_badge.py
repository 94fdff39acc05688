"""Does a press become an alarm, an answer a feeling, and nothing more than is true?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.sim.rig import DEVICE, Rig, mash

from firmware.codes import (
    CALLING, FAULT_BUTTON_STUCK, FAULT_NO_GATEWAY, FAULT_NOT_WORN, FAULT_SENSOR_SILENT, FELL, KIND_ASSIST,
    KIND_EMERGENCY, KIND_FALL, RECEIVED, RELIEVED, SAFE, STEP_CLOSED, STEP_TAKEN, STEP_UNANSWERED, TAKEN, UNANSWERED,
    WARNED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from firmware.feedback import patterns as feel
from firmware.link import downlink, frame
from firmware.ticks import since

WRAP = 2**30


def played(rig):
    """Return a list to which every (pattern, when) that is played from now on is added."""
    found, play = [], rig.badge.player.play
    rig.badge.player.play = lambda pattern, now: (found.append((pattern, now)), play(pattern, now))
    return found


def fall(rig):
    rig.badge._event(FELL, rig.now, rig.now)


@pytest.mark.parametrize("start", (0, WRAP - 1000))
def test_an_emergency_from_press_to_closed(start):
    rig = Rig(start)
    rig.run(100)
    mash(rig)
    assist, emergency = rig.alarms()[0], rig.alarms()[-1]
    assert assist[1:] == (KIND_ASSIST, WHAT_RAISED, 0)
    assert emergency == (assist[0], KIND_EMERGENCY, WHAT_RAISED, 1)
    assert rig.badge.alarm.state == RECEIVED and feel.RECEIVED in rig.felt()
    rig.hand(rig.down(downlink.step, emergency[0], STEP_TAKEN, 9))
    assert rig.badge.alarm.state == TAKEN and rig.badge.alarm.responder == 9 and rig.felt()[-1] == feel.TAKEN
    rig.hand(rig.down(downlink.step, emergency[0], STEP_CLOSED, 0))
    rig.run(20)
    assert rig.badge.alarm.state == SAFE and rig.felt()[-1] == feel.CLOSED
    assert [type for type, _ in rig.heard].count(frame.TOLD) == 2


def test_unheard_is_felt_within_ten_seconds_then_again_and_heals():
    rig = Rig()
    rig.linked = False
    rig.press(900)
    rig.run(9200)
    assert rig.felt().count(feel.UNHEARD) == 1 and feel.RECEIVED not in rig.felt()
    rig.run(60000)
    assert rig.felt().count(feel.UNHEARD) >= 2
    rig.linked = True
    rig.run(3000)
    assert rig.badge.alarm.state == RECEIVED and rig.felt().count(feel.RECEIVED) == 1


@pytest.mark.parametrize("state", [RECEIVED, UNANSWERED, TAKEN])
def test_a_link_lost_in_an_alarm_that_was_heard_is_felt_within_a_minute_and_again(state):
    rig = Rig(now=2**30 - 30000)
    rig.run(500)
    rig.press(900)
    rig.run(1000)
    alarm_id = rig.alarms()[-1][0]
    if state != RECEIVED:
        rig.hand(rig.down(downlink.step, alarm_id, {UNANSWERED: STEP_UNANSWERED, TAKEN: STEP_TAKEN}[state], 9))
    found = played(rig)
    rig.run(70000)
    assert feel.UNHEARD not in dict(found)
    rig.linked, began = False, rig.now
    rig.run(200000)
    times = [since(began, now) for pattern, now in found if pattern == feel.UNHEARD]
    gaps = [b - a for a, b in zip([0, *times], times, strict=False)]
    assert len(times) >= 3 and max(gaps) <= 60000, times
    rig.linked = True
    rig.run(3000)
    found.clear()
    rig.run(120000)
    assert feel.UNHEARD not in dict(found)


def test_a_lost_link_without_an_alarm_is_felt_every_few_minutes_and_no_more():
    rig = Rig()
    rig.run(500)
    rig.linked, found = False, played(rig)
    rig.run(1200000, step=20)
    times = [now for pattern, now in found if pattern == feel.TROUBLE]
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert times[0] <= 160000 and len(gaps) >= 3 and all(100000 <= gap <= 310000 for gap in gaps), times


def test_a_told_is_said_once_for_every_copy_of_a_downlink_acked_or_not():
    rig = Rig()
    rig.press(900)
    rig.run(100)
    rig.acking = False
    for _ in range(3):
        rig.hand(rig.down(downlink.step, rig.alarms()[0][0], STEP_TAKEN, 9))
        rig.run(8000)
    assert [type for type, _ in rig.heard].count(frame.TOLD) == 3


def test_retries_carry_the_same_alarm_until_it_is_acked():
    rig = Rig()
    rig.acking = False
    rig.press(900)
    rig.run(20000)
    assert 12 < len(rig.alarms()) < 20 and len(set(rig.alarms())) == 1
    assert rig.badge.alarm.state == CALLING
    rig.acking = True
    rig.run(3000)
    count = len(rig.alarms())
    rig.run(15000)
    assert rig.badge.alarm.state == RECEIVED and len(rig.alarms()) - count <= 1


def test_an_ack_of_the_assist_does_not_say_that_the_emergency_was_received():
    rig = Rig()
    rig.acking = False
    rig.press(100, 100, 100)
    old = [frame.get30(b, 3) for type, b in rig.heard if type == frame.ALARM]
    rig.press(100, 100)
    rig.press(100)
    assert rig.badge.alarm.kind == KIND_EMERGENCY
    for counter in old:
        rig.hand(rig.ack(counter))
    assert rig.badge.alarm.state == CALLING


@pytest.mark.parametrize(("step", "state"), [(STEP_TAKEN, TAKEN), (STEP_UNANSWERED, UNANSWERED), (STEP_CLOSED, SAFE)])
def test_who_speaks_of_an_alarm_that_has_had_one_word_only_has_it_on_disk_though_no_ack_has_come(step, state):
    rig = Rig()
    rig.acking = False
    rig.press(900)
    alarm_id = rig.alarms()[-1][0]
    rig.hand(rig.down(downlink.step, alarm_id, step, 9, heard=rig.badge.uplink.told_counter - 1))
    assert rig.badge.alarm.state == CALLING  # it is no word about this
    rig.hand(rig.down(downlink.step, alarm_id, step, 9))
    assert rig.badge.alarm.state == state and feel.RECEIVED not in rig.felt()
    rig.acking = True
    rig.run(25_000)
    assert rig.badge.alarm.state == state


def test_who_speaks_of_an_alarm_that_has_had_two_words_may_have_the_first():
    rig = Rig()
    rig.acking = False
    rig.press(100, 100, 1000)
    rig.press(900)
    assert rig.badge.alarm.kind == KIND_EMERGENCY and rig.badge.alarm.revision
    rig.hand(rig.down(downlink.step, rig.alarms()[-1][0], STEP_TAKEN, 9))
    assert rig.badge.alarm.state == CALLING


def test_nobody_answers_and_then_somebody_does():
    rig = Rig()
    rig.press(900)
    rig.run(30500)
    assert rig.badge.alarm.state == UNANSWERED and feel.UNANSWERED in rig.felt()
    rig.hand(rig.down(downlink.step, rig.alarms()[-1][0], STEP_TAKEN, 3))
    assert rig.badge.alarm.state == TAKEN
    rig.hand(rig.down(downlink.step, rig.alarms()[-1][0], STEP_UNANSWERED, 0))
    assert rig.badge.alarm.state == UNANSWERED


def test_a_fall_asks_first_and_calls_when_nobody_says_no():
    rig = Rig()
    fall(rig)
    rig.run(100)
    assert rig.badge.alarm.state == WARNED and rig.alarms()[-1][1:] == (KIND_FALL, WHAT_PRE_ALARM, 0)
    assert feel.RECEIVED not in rig.felt()
    rig.run(30000)
    assert rig.alarms()[-1][1:] == (KIND_FALL, WHAT_RAISED, 1) and rig.badge.alarm.state == RECEIVED
    assert rig.felt().count(feel.PRE_ALARM) > 5


def test_one_press_cancels_a_fall_and_a_mash_brings_it_back():
    rig = Rig()
    fall(rig)
    rig.press(100, 100)
    assert rig.badge.alarm.state == RELIEVED and rig.alarms()[-1][2] == WHAT_CANCELLED
    rig.press(100, 100, 100)
    rig.run(100)
    first, last = rig.alarms()[0], rig.alarms()[-1]
    assert last[0] == first[0] and last[1:3] == (KIND_EMERGENCY, WHAT_RAISED)
    quiet = Rig()
    fall(quiet)
    quiet.press(100, 3000)
    assert quiet.badge.alarm.state == SAFE and quiet.alarms()[-1][2] == WHAT_CANCELLED


def test_a_colleague_calls_and_one_press_answers_but_only_from_a_worn_badge():
    rig = Rig()
    rig.run(70000)
    rig.hand(rig.down(downlink.call, 12, 4000, KIND_EMERGENCY))
    rig.run(6000)
    assert rig.felt().count(feel.CALLED_EMERGENCY) == 2
    rig.press(100, 1000)
    assert frame.ANSWER not in [type for type, _ in rig.heard]
    rig.walk(2)
    rig.press(100, 1000)
    answers = [b for type, b in rig.heard if type == frame.ANSWER]
    assert len(answers) == 1 and frame.get16(answers[0], 7) == 12 and frame.get30(answers[0], 9) == 4000
    rig.run(3000)
    assert feel.ANSWERED in rig.felt()
    rig.hand(rig.down(downlink.stand_down, 12, 4000))
    assert rig.felt()[-1] == feel.STOOD_DOWN


def test_heartbeats_every_minute_and_faults_at_once():
    rig = Rig()
    rig.run(125000)
    assert [type for type, _ in rig.heard].count(frame.HEARTBEAT) == 3
    for _ in range(300):
        rig.now += 10
        rig.badge.tick(rig.now)
        rig.deliver()
    assert frame.get16(rig.heard[-1][1], 9) & FAULT_SENSOR_SILENT
    rig.acking = False
    rig.run(160000)
    assert rig.badge.faults & FAULT_NO_GATEWAY and not rig.badge.faults & FAULT_SENSOR_SILENT


def test_an_alarm_goes_on_after_a_reset_and_is_not_felt_as_received_twice():
    rig = Rig()
    rig.linked = False
    rig.press(810)
    buf = bytearray(32)
    assert rig.badge.unsaved
    n = rig.badge.save(buf, rig.now)
    alarm_id = rig.badge.alarm.alarm_id
    again = Rig(now=5, granted=200000)
    assert again.badge.load(buf, n, again.now)
    again.run(30)
    assert again.alarms()[0] == (alarm_id, KIND_EMERGENCY, WHAT_RAISED, 0)
    assert again.felt() == [feel.RECEIVED]


def test_without_a_counter_nothing_is_sent_and_the_alarm_waits():
    rig = Rig(granted=None)
    rig.press(900)
    rig.run(9000)
    assert rig.heard == [] and feel.UNHEARD in rig.felt()
    rig.badge.counter.grant(0, 256)
    rig.run(1000)
    assert rig.badge.alarm.state == RECEIVED


@given(st.lists(st.sampled_from([(1, 10), (1, 100), (0, 100), (1, 900), (0, 800), (2, 0)]), max_size=30))
def test_an_outbox_that_is_pushed_never_loses_the_alarm(script):
    rig = Rig()
    rig.acking = rig.linked = False
    rig.press(900)
    for level, ms in script:
        if level == 2:
            for caller in range(1, 12):
                rig.hand(rig.down(downlink.call, caller, 4000 + caller, KIND_FALL))
                rig.badge.uplink.answer(caller, 4000 + caller, rig.now)
        else:
            rig.run(ms, pressed=level)
    rig.linked = rig.acking = True
    rig.run(3000)
    assert any(alarm[1] == KIND_EMERGENCY for alarm in rig.alarms()) and DEVICE == 7


def test_what_is_silent_for_weeks_stays_silent():
    # half the clock's circle is 6.2 days, all of it 12.4
    rig = Rig(WRAP - 1000)
    badge = rig.badge
    wanted = FAULT_SENSOR_SILENT | FAULT_NO_GATEWAY | FAULT_NOT_WORN | FAULT_BUTTON_STUCK
    badge.button(1, rig.now)
    for hour in range(30 * 24):
        rig.now = (rig.now + 3600000) % WRAP
        badge.button(1, rig.now)
        badge.tick(rig.now)
        if hour > 1:
            assert badge.faults & wanted == wanted and not badge.body.moved_within(60000, rig.now)


def test_an_alarm_is_as_old_as_its_own_cause_not_as_the_one_that_was_denied():
    rig = Rig()
    fall(rig)
    rig.run(20000)
    rig.press(100)
    rig.run(1000)
    assert rig.badge.alarm.state == RELIEVED and rig.ages()[-1] >= 20
    mash(rig)
    assert rig.alarms()[-1][1:3] == (KIND_EMERGENCY, WHAT_RAISED) and rig.ages()[-1] <= 1


def test_an_alarm_that_nobody_hears_for_weeks_never_grows_young():
    rig = Rig()
    rig.linked = False
    mash(rig)
    for _ in range(30 * 24):
        rig.now = (rig.now + 3600000) % WRAP
        rig.badge.button(0, rig.now)
        rig.badge.tick(rig.now)
        rig.badge.next_frame(bytearray(frame.FRAME_BYTES_MAX), rig.now)
    rig.linked = True
    rig.run(21000)
    assert rig.ages() and min(rig.ages()) == 255
