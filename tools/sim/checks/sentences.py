"""Which sentences hold at every step of the alarm? One function each, named so; False is a broken promise.

A step is (before, event, after): what `tools/sim/checks/walk.py` saw of the alarm on both sides of one event.
`TIMED_OUT` is the deadline reached, `WAITED` is time that passed short of it, `RESET` is a reset of the chip in
between.
"""

from typing import TYPE_CHECKING

from firmware.alarm.alarm import KIND_OF, RANKS
from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, CLOSE_TOLD, EMERGENCY_ASKED, EVENTS, KIND_ASSIST, KIND_EMERGENCY, KIND_MOTIONLESS,
    KIND_NONE, KIND_POSITION, KIND_TORN, PRESSED, RECEIVED, RELIEVED, RIGHTED, SAFE, TAKE_TOLD, TAKEN, TIMED_OUT,
    TORN_OFF, UNANSWERED, WARNED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from firmware.limits import (
    CHECK_IN_PRE_ALARM_MS, FEEL_UNHEARD_AGAIN_MS, FEEL_UNHEARD_MS, REFRESH_MS, RELIEVED_MS, TAKEN_MS,
    UNANSWERED_AGAIN_MS, UNANSWERED_MS,
)

if TYPE_CHECKING:
    from tools.sim.checks.walk import Side

# Is it read from body, clip or clock, and not from the hand?
AUTOMATIC = tuple(kind not in (KIND_NONE, KIND_ASSIST, KIND_EMERGENCY) for kind in KIND_OF)

WAITED = EVENTS  # no event of the table
RESET = EVENTS + 1
TIME = (TIMED_OUT, WAITED, RESET)
OPEN = (CALLING, RECEIVED, UNANSWERED, TAKEN)
LONGEST_MS = {
    WARNED: CHECK_IN_PRE_ALARM_MS, RELIEVED: RELIEVED_MS, CALLING: FEEL_UNHEARD_AGAIN_MS, RECEIVED: UNANSWERED_MS,
    UNANSWERED: UNANSWERED_AGAIN_MS, TAKEN: TAKEN_MS,
}


def every_alarm_gesture_calls_at_once_in_every_state(before: "Side", event: int, after: "Side") -> bool:
    """After two presses, three, or a hold the wearer is calling, and the word is there to be sent."""
    if event not in (ASSIST_ASKED, EMERGENCY_ASKED):
        return True
    return after.state == CALLING and after.what == WHAT_RAISED and after.unsent


def an_emergency_is_never_delayed_by_anything(before: "Side", event: int, after: "Side") -> bool:
    """Whatever was open, asked or cancelled before, it is an emergency from its own press on."""
    if event != EMERGENCY_ASKED:
        return True
    return after.took and after.state == CALLING and after.kind == KIND_EMERGENCY and after.unsent


def a_torn_clip_calls_without_asking(before: "Side", event: int, after: "Side") -> bool:
    """Unless something graver calls already."""
    if event != TORN_OFF or before.state in OPEN and RANKS[before.kind] >= RANKS[KIND_TORN]:
        return True
    return after.state == CALLING and after.unsent


def no_alarm_disappears_without_closed(before: "Side", event: int, after: "Side") -> bool:
    """From an open alarm there is no way out but a person's."""
    return before.state not in OPEN or after.state in OPEN or event == CLOSE_TOLD


def no_question_disappears_without_an_answer(before: "Side", event: int, after: "Side") -> bool:
    """A pre-alarm ends by the wearer's no, by standing up again where that counts, or in an alarm."""
    if before.state != WARNED or after.state == WARNED or after.state == CALLING:
        return True
    return after.state == RELIEVED and after.unsent and event in (PRESSED, RIGHTED)


def a_question_that_nobody_answers_calls(before: "Side", event: int, after: "Side") -> bool:
    """The end of a pre-alarm is an alarm of the same kind."""
    if before.state != WARNED or event != TIMED_OUT:
        return True
    return after.state == CALLING and after.kind == before.kind and after.what == WHAT_RAISED and after.unsent


def only_position_and_stillness_are_withdrawn_by_standing_up(before: "Side", event: int, after: "Side") -> bool:
    """A fall, a missed check-in and a hand's word stay, however upright the wearer is."""
    return event != RIGHTED or not after.took or before.kind in (KIND_POSITION, KIND_MOTIONLESS)


def received_is_never_felt_before_a_gateway_stored_the_newest_word(before: "Side", event: int, after: "Side") -> bool:
    """RECEIVED is entered by an ack of the newest revision, and by nothing else."""
    if after.state != RECEIVED:
        return True
    return after.stored and (before.state == RECEIVED or event == ACKED)


def what_comes_after_received_has_been_received(before: "Side", event: int, after: "Side") -> bool:
    """UNANSWERED and TAKEN are not reached past the gateway."""
    return after.state not in (UNANSWERED, TAKEN) or after.stored


def taken_is_never_felt_before_a_person_took_it(before: "Side", event: int, after: "Side") -> bool:
    """TAKEN is entered by a colleague's word about the newest revision, and by nothing else."""
    if after.state != TAKEN:
        return True
    return after.person and (before.state == TAKEN or event == TAKE_TOLD)


def every_state_but_safe_has_a_deadline_ahead(before: "Side", event: int, after: "Side") -> bool:
    """And no farther away than its limit. After a reset it may be due at once, until time is let pass."""
    if after.state == SAFE:
        return True
    least = 0 if event == RESET or event not in TIME and before.left_ms == 0 else 1
    return least <= after.left_ms <= LONGEST_MS[after.state]


def a_new_alarm_that_nobody_hears_is_felt_within_8_s(before: "Side", event: int, after: "Side") -> bool:
    """The first "unheard" is due FEEL_UNHEARD_MS after the call began."""
    return after.state != CALLING or before.state == CALLING or event == RESET or after.left_ms <= FEEL_UNHEARD_MS


def a_second_cause_never_pushes_a_question_away(before: "Side", event: int, after: "Side") -> bool:
    """Nor does it make what is asked less grave."""
    if before.state != WARNED or after.state != WARNED:
        return True
    return after.left_ms <= before.left_ms and RANKS[after.kind] >= RANKS[before.kind]


def an_impatient_hand_never_pushes_unheard_away(before: "Side", event: int, after: "Side") -> bool:
    """While calling, only "unheard" itself begins a new wait for it."""
    if before.state != CALLING or after.state != CALLING or event == TIMED_OUT:
        return True
    return after.left_ms <= before.left_ms


def an_open_alarm_never_becomes_less_grave(before: "Side", event: int, after: "Side") -> bool:
    """Its kind may rise; so an assist is overtaken by an emergency and never the other way round."""
    return before.state not in OPEN or after.state not in OPEN or RANKS[after.kind] >= RANKS[before.kind]


def a_body_says_nothing_new_about_an_open_alarm_unless_it_is_graver(before: "Side", event: int, after: "Side") -> bool:
    """Thrown about in a struggle it would only hide what has been received. Whatever is real outranks practice."""
    if event in TIME or not AUTOMATIC[event] or before.state not in OPEN:
        return True
    if before.practice and not after.practising:
        return after.took
    return after.took == (RANKS[KIND_OF[event]] > RANKS[before.kind])


def a_newer_word_has_a_newer_revision(before: "Side", event: int, after: "Side") -> bool:
    """So no ack, TAKEN or CLOSED of an older one is believed for it; what is only said again keeps its number.

    It is the next number, or the one after that where a gateway has last stored the next.
    """
    if event in (WAITED, RESET) or not after.took or before.state == SAFE:
        return True
    ahead = (after.revision - before.revision) % 16
    return 1 <= ahead <= 2 if after.fresh else ahead == 0


def a_new_alarm_has_a_new_number_and_an_old_one_keeps_it(before: "Side", event: int, after: "Side") -> bool:
    """From SAFE a new alarm begins at revision 0; in no other state does the number change."""
    if before.state == SAFE and after.state != SAFE:
        return after.new_id and after.revision == 0
    return not after.new_id


def an_open_alarm_is_said_again_within_20_s(before: "Side", event: int, after: "Side") -> bool:
    """Well inside the minute of the standard; after a reset as soon as time is let pass."""
    if after.state not in OPEN or event not in TIME and before.state in OPEN and before.refresh_ms == 0:
        return True
    if before.state in OPEN and event in (TIMED_OUT, WAITED) and after.waited_ms == before.refresh_ms:
        return after.unsent
    return after.unsent or 0 < after.refresh_ms <= REFRESH_MS


def a_real_alarm_never_becomes_practice(before: "Side", event: int, after: "Side") -> bool:
    """And a gesture that is real makes an alarm real."""
    if before.state not in (SAFE,) and after.state != SAFE and not before.practice and after.practice:
        return False
    return event not in (ASSIST_ASKED, EMERGENCY_ASKED) or after.practising or not after.practice


def what_happens_after_practice_is_never_practice(before: "Side", event: int, after: "Side") -> bool:
    """Hand, body, clip or clock: once practice is over, what they say calls, though a practised alarm is still open."""
    return event in TIME or not KIND_OF[event] or after.practising or not after.practice


def what_is_told_is_what_is_true(before: "Side", event: int, after: "Side") -> bool:
    """Asked is a pre-alarm, relieved is cancelled, open is raised; SAFE is about nothing."""
    if after.state == SAFE:
        return after.kind == KIND_NONE
    told = {WARNED: WHAT_PRE_ALARM, RELIEVED: WHAT_CANCELLED}.get(after.state, WHAT_RAISED)
    return after.what == told and after.kind != KIND_NONE


def what_is_not_in_the_table_changes_nothing(before: "Side", event: int, after: "Side") -> bool:
    """An event that is ignored leaves no trace."""
    if event in TIME or after.took:
        return True
    same = all(getattr(before, name) == getattr(after, name) for name in before.__slots__[:7])
    return same and not after.unsent


def a_reset_loses_nothing(before: "Side", event: int, after: "Side") -> bool:
    """The alarm goes on as it was, at most a second nearer to its deadline, and is told at once."""
    if event != RESET:
        return True
    same = all(getattr(before, name) == getattr(after, name) for name in ("state", "kind", "what", "practice"))
    if before.state == SAFE:
        return same and not after.unsent
    return same and after.unsent and before.left_ms - 1000 < after.left_ms <= before.left_ms


ALL = {name: told for name, told in list(globals().items()) if name.islower() and callable(told)}


def text(name: str) -> str:
    """Return the sentence that a function's name is, and what its docstring adds."""
    return f"{name.replace('_', ' ').capitalize()}. {ALL[name].__doc__}"
