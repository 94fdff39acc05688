"""Does the lifeboat do as the app does, keep what was open, and let the app try again? On real MicroPython."""

import ast

import pytest
from lived import ROOT, lived

from firmware.codes import FAULT_LIFEBOAT
from firmware.feedback import patterns as feel
from firmware.limits import NO_GATEWAY_FELT_MS


@pytest.fixture(scope="module")
def facts(either):
    return lived(either, "lifeboat_life.py", ROOT).splitlines()


def said(facts, name):
    [line] = [line[len(name) :] for line in facts if line.startswith(name + " ")]
    return line.strip()


def test_the_same_hands_are_told_and_felt_in_the_same_way_as_in_the_app(facts):
    assert not [line for line in facts if line.startswith("differs")], "\n".join(facts)
    told = [int(line.split()[-4]) for line in facts if line.startswith("same ")]
    assert len(told) >= 18 and sum(told) >= 22, "and not by saying nothing"


def test_what_a_gateway_says_of_the_alarm_is_believed_once_in_its_order_and_after_this_start(facts):
    nobody, comes = feel.UNANSWERED, feel.TAKEN
    assert said(facts, "played_back") == f"{[comes, nobody, comes, nobody]} [1, 2, 3, 4]", "first what held"


def test_an_open_alarm_is_felt_as_it_stands_after_a_reset_and_as_unheard_after_a_power_cut_as_in_the_app(facts):
    for name, holds in (("received", feel.RECEIVED), ("nobody", feel.UNANSWERED), ("comes", feel.TAKEN)):
        assert said(facts, f"resumed {name} False") == f"True [{holds}]"
        assert said(facts, f"resumed {name} True") == f"True [{feel.UNHEARD}]"


def test_an_alarm_that_was_practice_stays_practice_until_it_is_raised_for_real(facts):
    assert set(ast.literal_eval(said(facts, "practice"))) == {"0x38"}
    assert said(facts, "practice_in_the_app") == "['0x38']" and said(facts, "real_again") == "0x30"


def test_a_question_that_was_open_is_answered_with_a_yes(facts):
    assert set(ast.literal_eval(said(facts, "question"))) == {("0x20", 1)}


def test_an_alarm_keeps_the_id_that_was_taken_for_it_through_a_reset_at_any_moment(facts):
    assert said(facts, "one_id") == "1 1"


def test_who_runs_well_gives_way_to_the_app_and_waits_longer_the_next_time(facts):
    first, second = [line for line in facts if line.startswith("gives_way ")]
    assert first == f"gives_way reset 120 3 1 {FAULT_LIFEBOAT}"
    assert second == f"gives_way reset 480 3 3 {FAULT_LIFEBOAT}"
    why, after_s = said(facts, "gives_way_when_heard").split()
    assert why == "reset" and 400 <= int(after_s) <= 411, "not while nobody has heard the alarm"


def test_the_wearer_feels_again_and_again_that_only_the_lifeboat_runs(facts):
    assert int(said(facts, "trouble_felt")) == 1200000 // NO_GATEWAY_FELT_MS
