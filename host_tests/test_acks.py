"""Does an ack name what is stored, and a step the wearer's last word, however frames and words overtake each other?"""

import itertools

import pytest
from gateway_rig import Rig as Gateway
from gateway_rig import badges, plan
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gateway import BEGAN_MS, House
from tools.sim.rig import Rig, mash

from firmware.alarm.alarm import NO_ID
from firmware.codes import (
    CALLING, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_FALL, RECEIVED, SAFE, STEP_CLOSED, STEP_RECEIVED,
    STEP_TAKEN, STEP_UNANSWERED, TAKEN, UNANSWERED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from firmware.feedback import patterns as feel
from firmware.link import downlink, frame
from tools.gateway import store
from tools.gateway.board import ALARMS_SHOWN


@pytest.fixture
def air(tmp_path):
    """Give a gateway and two badges that say what they are told to."""
    return Gateway(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))


def stored(alarm):
    """Return what stands in the database of an alarm."""
    return alarm["kind"], alarm["what"], alarm["revision"]


# The gateway: which frame is newer, and what is acked?


@pytest.mark.parametrize("revision", range(1, 17))
@pytest.mark.parametrize("kind, what, closed", [
    (KIND_ASSIST, WHAT_RAISED, False), (KIND_ASSIST, WHAT_RAISED, True), (KIND_CHECK_IN, WHAT_PRE_ALARM, False)],
    ids=["open", "closed", "asked"])
def test_a_later_frame_is_newer_however_many_revisions_nobody_heard(air, revision, kind, what, closed):
    anna = air["anna"]
    assert anna.alarm(kind, what=what)
    if closed:
        assert air.act("close", 1)
    assert anna.alarm(KIND_EMERGENCY, revision=revision & 15)
    assert stored(air.alarm()) == (KIND_EMERGENCY, WHAT_RAISED, revision & 15)
    assert air.alarm()["step"] == STEP_RECEIVED and air["bo"].got(frame.CALL)[-1][2] == KIND_EMERGENCY


@pytest.mark.parametrize("revision", range(16))
def test_a_frame_that_was_overtaken_changes_nothing_and_is_acked_only_for_what_is_stored(air, revision):
    anna = air["anna"]
    early = anna.sealed(frame.alarm, 50, KIND_ASSIST, WHAT_RAISED, revision, 12, 0, 0)
    counter = anna.counter
    assert anna.alarm(KIND_EMERGENCY, revision=3)
    air["bo"].answer(anna)
    before = {key: value for key, value in air.alarm().items() if key != "events"}
    air.carry([early])
    assert {key: value for key, value in air.alarm().items() if key != "events"} == before
    assert counter not in anna.acked
    early = anna.sealed(frame.alarm, 50, KIND_EMERGENCY, WHAT_RAISED, 3, 12, 0, 0)
    counter = anna.counter
    assert anna.alarm(KIND_EMERGENCY, revision=3)
    air.carry([early])
    assert counter in anna.acked  # it says what is stored


@pytest.mark.parametrize("kind", [KIND_EMERGENCY, KIND_ASSIST, KIND_FALL])
@pytest.mark.parametrize("what", [WHAT_CANCELLED, WHAT_PRE_ALARM])
def test_no_frame_takes_back_an_alarm_that_was_raised(air, kind, what):
    anna = air["anna"]
    assert anna.alarm(kind)
    for revision in (0, 1, 9):
        assert not anna.alarm(kind, what=what, revision=revision, refresh=False)
        assert air.alarm()["step"] != STEP_CLOSED and air.alarm()["what"] == WHAT_RAISED
    air.run(30)
    assert anna.steps() == [STEP_UNANSWERED]


@pytest.mark.parametrize("kind", [KIND_EMERGENCY, KIND_ASSIST, KIND_FALL])
@pytest.mark.parametrize("later", [KIND_FALL, KIND_CHECK_IN])
def test_what_a_person_has_closed_stays_what_was_raised_and_who_says_no_to_it_then_need_not_say_so_again(
        air, kind, later):
    anna = air["anna"]
    assert anna.alarm(kind) and air.act("close", 1)
    closed_ms = air.alarm()["closed_ms"]
    for revision in (0, 3, 3, 9):
        assert anna.alarm(later, what=WHAT_CANCELLED, revision=revision)
        assert (air.alarm()["kind"], air.alarm()["what"]) == (kind, WHAT_RAISED)
        assert (air.alarm()["step"], air.alarm()["closed_ms"]) == (STEP_CLOSED, closed_ms)
    assert anna.alarm(kind, revision=9)
    assert air.alarm()["step"] == STEP_RECEIVED and air.alarm()["closed_ms"] is None


def test_nobody_says_no_to_an_alarm_that_a_hand_has_raised_and_no_gateway_heard(air):
    for kind, what in itertools.product((KIND_ASSIST, KIND_EMERGENCY), (WHAT_CANCELLED, WHAT_PRE_ALARM)):
        assert not air["anna"].alarm(kind, what=what, refresh=False)
    assert not air.store.alarms() and air.radio.refused == {"content": 4}


def test_who_came_to_a_word_does_not_come_to_another_with_the_same_revision(air):
    anna, bo = air["anna"], air["bo"]
    anna.alarm(KIND_ASSIST)
    bo.answer(anna)
    anna.alarm(KIND_FALL, revision=1)
    anna.alarm(KIND_EMERGENCY, revision=16 & 15)
    assert air.alarm()["coming"] == [] and air.alarm()["step"] == STEP_RECEIVED
    assert bo.answer(anna) and [one["who"] for one in air.alarm()["coming"]] == ["bo"]


# Badge and gateway together


def hands(house, gesture):
    for span, level in gesture:
        house.pressed[0] = level
        house.run(span)
    house.pressed[0] = 0
    house.run(1400)


MASH = ((120, 1), (130, 0)) * 3
HOLD = ((900, 1),)


@pytest.mark.parametrize(("gesture", "times"), [(MASH, 4), (MASH, 5), (HOLD, 8), (HOLD, 15), (HOLD, 16), (HOLD, 17)],
                         ids=["4 mashes", "5 mashes", "8 holds", "15 holds", "16 holds", "17 holds"])
@pytest.mark.parametrize("first", [MASH[:4], HOLD], ids=["assist", "emergency"])
def test_what_is_pressed_while_nobody_hears_is_stored_before_it_is_felt_as_received(tmp_path, first, gesture, times):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    hands(house, first)
    house.press(1, 100, 1500)
    assert house.state(0) == TAKEN
    house.linked[0] = False
    for _ in range(times):
        hands(house, gesture)
    house.radio.close(1, "office", BEGAN_MS + house.now)
    assert house.state(0) == CALLING
    house.linked[0] = True
    house.run(6000)
    row, alarm = house.store.alarms()[0], house.badges[0].alarm
    assert stored(row) == (KIND_EMERGENCY, WHAT_RAISED, alarm.revision) and row["step"] == STEP_RECEIVED
    assert house.state(0) == RECEIVED and feel.CALLED_EMERGENCY in house.felt(1)


def test_a_close_that_was_decided_before_the_last_press_was_stored_closes_nothing(tmp_path):
    house = House(tmp_path / "kald.sqlite")
    house.run(1000)
    house.press(0, 900, 1500)
    receive, deliver, late = house.radio.receive, house.deliver, []
    house.radio.receive = lambda arrived, now: receive([one for one in arrived if one[0][0] != frame.ALARM], now)
    house.deliver = lambda out: deliver([one for one in out if one[0][0] != frame.STEP or late.append(one)])
    house.press(0)  # its frames are lost, and what is said after them is not
    house.badges[0]._beat(1, house.now)
    house.run(200)
    house.radio.close(1, "office", BEGAN_MS + house.now)
    house.run(1000)
    assert late and house.state(0) == CALLING
    house.radio.receive = receive
    house.run(3000)
    assert house.state(0) == RECEIVED
    deliver(late)
    assert house.state(0) == RECEIVED and house.store.alarms()[0]["step"] == STEP_RECEIVED


# The badge: acks and steps in any order


class Slow(Rig):
    """A badge whose frames and acks are lost or late as `fate` says: each 0 lost, 1 at once, more: later."""

    def __init__(self, fate):
        super().__init__()
        self.fate, self.late, self.told = list(fate), [], {}

    def ack(self, counter, status=0):
        type, plain = self.heard[-1]
        if type == frame.ALARM:
            self.told[counter] = plain[7:13]
        fate = self.fate.pop(0) if self.fate else 1
        sealed = super().ack(counter, status)
        if fate > 1:
            self.late.append((self.now + fate * 300, counter, sealed))
        return sealed if fate == 1 else bytes(15)

    def hand(self, sealed):
        before = self.badge.alarm.state
        super().hand(sealed)
        alarm = self.badge.alarm
        if before == CALLING and alarm.state == RECEIVED:
            told = self.told[self.badge.inbox.counter]
            assert told[4] == alarm.kind << 4 | alarm.told_what() and told[5] >> 4 == alarm.revision
            assert frame.get30(told, 0) == alarm.alarm_id

    def run(self, ms, step=10, pressed=0):
        for _ in range(ms // step):
            super().run(step, step, pressed)
            for late in [one for one in self.late if one[0] <= self.now]:
                self.late.remove(late)
                self.hand(late[2])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([(100, 100, 100), (900,), (100, 100, 100, 100, 100)]), min_size=1, max_size=5),
       st.lists(st.integers(0, 9), max_size=40))
def test_received_is_felt_only_for_an_ack_of_the_newest_word(gestures, fate):
    rig = Slow(fate)
    for gesture in gestures:
        rig.press(*gesture)
        rig.run(900)
    rig.run(12_000)
    assert rig.badge.alarm.state in (RECEIVED, UNANSWERED) and rig.badge.alarm.alarm_id != NO_ID


def test_a_newer_word_never_has_the_revision_that_a_gateway_said_it_has():
    rig = Rig()
    mash(rig)
    rig.run(2000)
    for _ in range(3):
        rig.badge.alarm.on(3, rig.now, rig.now)
    rig.run(2000)
    has = rig.badge.alarm.stored
    assert has == rig.badge.alarm.revision > 2
    seen = []
    for _ in range(40):
        rig.badge.alarm.on(3, rig.now, rig.now)
        seen.append(rig.badge.alarm.revision)
    assert has not in seen and set(seen) == set(range(16)) - {has}
    assert all(one != other for one, other in itertools.pairwise(seen))
    saved = bytearray(64)
    again = Rig()
    assert again.badge.load(saved, rig.badge.save(saved, rig.now), again.now)
    assert again.badge.alarm.stored == has


def _calls():
    rig = Rig()
    mash(rig)
    rig.run(1000)
    assert rig.badge.alarm.state == RECEIVED
    return rig


WORDS = ((STEP_UNANSWERED, 0), (STEP_TAKEN, 9), (STEP_UNANSWERED, 0), (STEP_TAKEN, 8), (STEP_CLOSED, 0))
ENDS = {STEP_UNANSWERED: UNANSWERED, STEP_TAKEN: TAKEN, STEP_CLOSED: SAFE}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_newest_word_of_a_gateway_wins_in_whatever_order_they_come(order):
    for words in (WORDS[:4], WORDS[1:]):
        rig = _calls()
        sent = [rig.down(downlink.step, rig.badge.alarm.alarm_id, *word) for word in words]
        for at in order:
            rig.hand(sent[at])
            rig.run(100)
        state, responder = ENDS[words[-1][0]], words[-1][1]
        assert rig.badge.alarm.state == state and (state != TAKEN or rig.badge.alarm.responder == responder)


def test_an_overtaken_word_is_not_felt_and_not_told_as_arrived():
    rig = _calls()
    alarm_id = rig.badge.alarm.alarm_id
    early = rig.down(downlink.step, alarm_id, STEP_TAKEN, 9)
    rig.hand(rig.down(downlink.step, alarm_id, STEP_UNANSWERED, 0))
    rig.run(5000)
    felt, told = rig.felt(), [type for type, _ in rig.heard].count(frame.TOLD)
    rig.hand(early)
    rig.run(5000)
    assert rig.felt() == felt and [type for type, _ in rig.heard].count(frame.TOLD) == told


@pytest.mark.parametrize("step", [STEP_TAKEN, STEP_UNANSWERED, STEP_CLOSED])
def test_a_word_about_an_older_revision_closes_nothing_and_takes_nothing_back(step):
    rig = _calls()
    before, revision = rig.newest, rig.badge.alarm.revision
    rig.press(900, 500)
    assert rig.badge.alarm.revision == revision + 1 and rig.badge.alarm.state == RECEIVED
    rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, step, 9, heard=before))
    assert rig.badge.alarm.state == RECEIVED


# The board: what is open is seen


@pytest.mark.parametrize("count", [20, 60])
def test_no_limit_hides_an_open_alarm(tmp_path, count):
    nobody = plan({"do": "notify", "after_s": 600, "to": []})
    air = Gateway(tmp_path / "kald.sqlite", *(f"wearer {n}" for n in range(count)), "bo", plan=nobody)
    for turn, fake in enumerate(air.fakes.values()):
        if fake.name != "bo":
            fake.alarm((KIND_ASSIST, KIND_EMERGENCY, KIND_FALL)[turn % 3], refresh=False)
    for alarm_id in range(60, 60 + ALARMS_SHOWN):
        air["bo"].alarm(KIND_FALL, alarm_id, WHAT_CANCELLED, refresh=False)
    shown = air.store.alarms()
    assert {alarm["name"] for alarm in shown if alarm["step"] != STEP_CLOSED} == {f"wearer {n}" for n in range(count)}
    assert len(shown) == max(count, ALARMS_SHOWN)
    grave = [alarm["kind"] == KIND_EMERGENCY for alarm in shown[:count]]
    assert grave == sorted(grave, reverse=True)


# The wire: a number past 30 bits is none


@settings(deadline=None, derandomize=True)
@given(st.binary(min_size=4, max_size=4), st.integers(0, 3))
def test_no_number_past_30_bits_is_read(four, at):
    number = int.from_bytes(four, "big")
    assert frame.get30(bytes(at) + four, at) == (number if number < 1 << 30 else -1)


def _raw(writer, place, top):
    def write(buf, *fields):
        n = writer(buf, *fields)
        buf[place] |= top
        return n

    return write


@pytest.mark.parametrize("top", [0x40, 0x80, 0xC0])
def test_a_frame_with_a_number_past_30_bits_is_refused_by_both_ends(air, top):
    anna = air["anna"]
    anna.alarm(KIND_ASSIST)
    for writer, place, fields in (
        (frame.alarm, 7, (50, KIND_EMERGENCY, 0, 1, 12, 0, 0)), (frame.alarm, 3, (50, KIND_FALL, 0, 1, 12, 0, 0)),
        (frame.answer, 9, (2, 50)), (frame.called, 9, (2, 50, KIND_FALL)), (frame.told, 8, (1, 3)),
    ):
        assert not anna.send(_raw(writer, place, top), *fields), writer
    assert stored(air.alarm())[0] == KIND_ASSIST and air.alarm()["coming"] == []
    for writer, place, fields in (
        (downlink.step, 12, (-1, STEP_TAKEN, 9)), (downlink.call, 14, (9, 5, KIND_FALL)),
        (downlink.stand_down, 14, (9, 5)), (downlink.order, 8, (1, 60)), (downlink.order, 4, (1, 60)),
    ):
        rig = _calls()
        rig.run(1000)
        alarm_id, felt = rig.badge.alarm.alarm_id, rig.felt()
        refused = rig.badge.inbox.refused
        rig.hand(rig.down(_raw(writer, place, top), *(alarm_id if field == -1 else field for field in fields)))
        assert (rig.badge.inbox.refused, rig.felt()) == (refused + 1, felt), writer


def test_a_badge_gets_a_number_that_fits_the_wire_or_none(air, monkeypatch):
    with air.store.engine.begin() as db:
        db.exec_driver_sql("update badges set device = 65533 where device = 2")
    assert [air.store.pair("one more").device for _ in range(3)] == [2, 3, 4]
    monkeypatch.setattr(store, "DEVICE_MOST", 4)
    with pytest.raises(store.Refusal):
        air.store.pair("too many")
