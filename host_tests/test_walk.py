"""Does the alarm keep its promises along every sequence of events? They stand in tools/sim/checks/sentences.py."""

import pytest

from firmware.alarm import alarm as alarms
from firmware.alarm.alarm import NO_ID, Alarm
from firmware.alarm.table import CANCEL, END, NOTHING, RAISE, WARN
from firmware.codes import (
    ASSIST_ASKED, CALLING, EMERGENCY_ASKED, EVENTS, FELL, KIND_FALL, PRESSED, RECEIVED, RELIEVED, RIGHTED, SAFE,
    TAKE_TOLD, TAKEN, TIMED_OUT, TORN_OFF, UNANSWERED, WARNED,
)
from firmware.limits import FEEL_UNHEARD_MS, REFRESH_MS
from firmware.ticks import after, due
from tools.sim.checks import sentences, walk
from tools.sim.checks.sentences import RESET, WAITED
from tools.sim.checks.walk import ID, PRACTISED, Walk, complaint

PRE_ALARMS_MS = (5000, 30000, 39000)  # what a house can set at the ends, and what it finds
COUNT = len(walk.events())


@pytest.fixture(scope="module")
def walks():
    return {pre_alarm_ms: Walk(pre_alarm_ms) for pre_alarm_ms in PRE_ALARMS_MS}


@pytest.mark.parametrize("pre_alarm_ms", PRE_ALARMS_MS)
def test_every_sentence_holds_at_every_step_of_every_sequence(walks, pre_alarm_ms):
    walked = walks[pre_alarm_ms]
    assert not walked.broken, "\n" + complaint(walked.broken)
    assert walked.steps == COUNT * len(walked.sides)
    assert {side.state for side in walked.sides.values()} == {
        SAFE, WARNED, RELIEVED, CALLING, RECEIVED, UNANSWERED, TAKEN
    }
    print(f"{len(walked.sides)} states, {walked.steps} steps; of six events {walked.sequences(6)[0]} sequences")


def test_the_graph_stands_for_every_sequence_of_six(walks):
    sequences, ends = walks[30000].sequences(6)
    assert sequences == COUNT**6 and ends > 500
    events = {event & ~PRACTISED for event in walk.events()}
    assert events | {TIMED_OUT} == {*range(1, EVENTS), WAITED, RESET}  # a deadline is reached by waiting


# The same again, without the graph: one real alarm lives through each sequence, and its clock goes on.


def test_every_sequence_of_four_as_it_is_finds_nothing_that_the_graph_has_not(walks):
    known = walks[30000].sides
    seen = {walk.Side().key()}
    lived = live(Alarm(), walk.Side(), 2**30 - 11000, 4, known, seen)
    assert lived == sum(COUNT**length for length in range(1, 5))
    assert seen <= set(known) and len(seen) > 200


def live(alarm, before, now, length, known, seen):
    lived = 0
    for event in walk.events():
        mine = twin(alarm)
        mine.unsent = False
        if mine.alarm_id == NO_ID:
            mine.alarm_id = ID
        told, at, took, practising = event & ~PRACTISED, now, False, event >= PRACTISED
        if event == WAITED:
            at = after(now, walk.next_ms(before))
            took = mine.tick(at)
            told = TIMED_OUT if took else WAITED
        elif event == RESET:
            saved = bytearray(16)
            n = mine.save(saved, at)
            mine = Alarm()
            took = mine.load(saved, n, at)
        else:
            took = mine.on(told, at, at, practising)
        side = walk.side_of(mine, before, told, took, at, practising)
        for name, holds in sentences.ALL.items():
            assert holds(before, told, side), sentences.text(name)
        assert side.key() in known, side.key()
        seen.add(side.key())
        lived += 1
        if length > 1:
            lived += live(mine, side, at, length - 1, known, seen)
    return lived


def twin(alarm):
    other = Alarm.__new__(Alarm)
    other.__dict__.update(alarm.__dict__)
    return other


# Each sentence can be broken, and is then named.


class Deaf(Alarm):
    """Says no deadline."""

    def _set_deadline(self, before, event, now):
        pass


class Late(Alarm):
    """Waits too long before "unheard" is felt."""

    def _set_deadline(self, before, event, now):
        super()._set_deadline(before, event, now)
        if self.state == CALLING and before != CALLING:
            self.deadline = after(now, 3 * FEEL_UNHEARD_MS)


class Pushed(Alarm):
    """Begins to wait anew with every event."""

    def _set_deadline(self, before, event, now):
        super()._set_deadline(SAFE, event, now)


class Heedful(Alarm):
    """Believes a body whatever is open."""

    def _fresh(self, event, practice):
        return True


class Credulous(Alarm):
    """Lets a practised alarm outrank what a body really says."""

    def _fresh(self, event, practice):
        return super()._fresh(event, self.practice)


def then(act):
    """Return an Alarm that does act(itself, event, practice, whether it took it) after each event."""

    class Then(Alarm):
        def on(self, event, now, edge_at, practice=False):
            took = super().on(event, now, edge_at, practice)
            act(self, event, practice, took)
            return took

    return Then


def meek(alarm, event, practice, took):
    """Takes the newest kind for the gravest."""
    alarm.kind = alarms.KIND_OF[event] if took and alarms.KIND_OF[event] else alarm.kind


def playful(alarm, event, practice, took):
    """Takes anything pressed in practice for practice."""
    alarm.practice = practice if took and alarms.KIND_OF[event] else alarm.practice


def stained(alarm, event, practice, took):
    """Changes at what it ignores."""
    alarm.unsent = alarm.unsent or not took


def fallen(alarm, event, practice, took):
    """Calls every unanswered question a fall."""
    alarm.kind = KIND_FALL if event == TIMED_OUT and alarm.state == CALLING else alarm.kind


def unnumbered(alarm, event, practice, took):
    """Does not count its revisions."""
    alarm.revision = 0


class Renumbered(Alarm):
    """Takes a new number for an open alarm."""

    def on(self, event, now, edge_at, practice=False):
        if event == EMERGENCY_ASKED:
            self.alarm_id = NO_ID
        return super().on(event, now, edge_at, practice)


class Silent(Alarm):
    """Says an open alarm once."""

    def tick(self, now):
        if self.is_open() and due(self.refresh_at, now):
            self.refresh_at = after(now, REFRESH_MS)
        return self.state != SAFE and due(self.deadline, now) and self.on(TIMED_OUT, now, now)


class Forgetful(Alarm):
    """Loses with a reset how long it has waited."""

    def load(self, buf, n, now):
        took = super().load(buf, n, now)
        self.deadline = after(now, 200)
        return took


# sentence: the alarm that breaks it, or (state, event, next state, order) of the table that does
BREAKERS = {
    "every_alarm_gesture_calls_at_once_in_every_state": (TAKEN, ASSIST_ASKED, TAKEN, NOTHING),
    "an_emergency_is_never_delayed_by_anything": (RELIEVED, EMERGENCY_ASKED, WARNED, WARN),
    "a_torn_clip_calls_without_asking": (SAFE, TORN_OFF, WARNED, WARN),
    "no_alarm_disappears_without_closed": (UNANSWERED, TIMED_OUT, SAFE, END),
    "no_question_disappears_without_an_answer": (WARNED, PRESSED, SAFE, END),
    "a_question_that_nobody_answers_calls": then(fallen),
    "only_position_and_stillness_are_withdrawn_by_standing_up": Heedful,
    "received_is_never_felt_before_a_gateway_stored_the_newest_word": (CALLING, TIMED_OUT, RECEIVED, NOTHING),
    "what_comes_after_received_has_been_received": (CALLING, TAKE_TOLD, TAKEN, NOTHING),
    "taken_is_never_felt_before_a_person_took_it": (RECEIVED, TIMED_OUT, TAKEN, NOTHING),
    "every_state_but_safe_has_a_deadline_ahead": Deaf,
    "a_new_alarm_that_nobody_hears_is_felt_within_8_s": Late,
    "a_second_cause_never_pushes_a_question_away": Pushed,
    "an_impatient_hand_never_pushes_unheard_away": Pushed,
    "an_open_alarm_never_becomes_less_grave": then(meek),
    "a_body_says_nothing_new_about_an_open_alarm_unless_it_is_graver": Heedful,
    "a_newer_word_has_a_newer_revision": then(unnumbered),
    "a_new_alarm_has_a_new_number_and_an_old_one_keeps_it": Renumbered,
    "an_open_alarm_is_said_again_within_20_s": Silent,
    "a_real_alarm_never_becomes_practice": then(playful),
    "what_happens_after_practice_is_never_practice": Credulous,
    "what_is_told_is_what_is_true": (WARNED, PRESSED, RELIEVED, RAISE),
    "what_is_not_in_the_table_changes_nothing": then(stained),
    "a_reset_loses_nothing": Forgetful,
}


@pytest.mark.parametrize("name", sentences.ALL)
def test_a_broken_sentence_is_named_with_the_way_that_broke_it(name, monkeypatch):
    breaker, make = BREAKERS[name], Alarm
    if isinstance(breaker, tuple):
        state, event, following, order = breaker
        table = bytearray(alarms.TABLE)
        table[state * EVENTS + event] = order << 4 | following
        monkeypatch.setattr(alarms, "TABLE", bytes(table))
    else:
        make = breaker
    broken = Walk(30000, make, until=name).broken
    assert name in dict(broken), complaint(broken)
    assert sentences.text(name).split(".")[0] in complaint(broken)


def test_the_right_arrows_are_there_to_be_broken():
    right = {(WARNED, RIGHTED): (RELIEVED, CANCEL), (SAFE, FELL): (WARNED, WARN)}
    for (state, event), (following, order) in right.items():
        assert alarms.TABLE[state * EVENTS + event] == order << 4 | following
