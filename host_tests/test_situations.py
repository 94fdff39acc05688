"""Is it counted in which situations lives have been, and can each fault of before be put back?"""

from collections import Counter

import pytest

import firmware.badge
from firmware.alarm.hysteresis import Hysteresis
from firmware.badge import Badge
from firmware.codes import GREEN, NO_VISIT
from firmware.limits import BATTERY_LOW
from firmware.link.uplink import Uplink
from tools.cli import hunt
from tools.sim.story import put_back, situations
from tools.sim.story.day import Day
from tools.sim.story.listener import Listener
from tools.sim.story.plan import Plan


def test_what_was_never_met_is_told_by_name_and_what_was_is_not():
    met = Counter({("row", "safe", "a fall"): 2, ("task", "keep", "taken"): 1, ("write", "alarm_a", "keys"): 1})
    lines = situations.told(met)
    text = "\n".join(lines)
    assert next(line for line in lines if line.strip().startswith("safe:")).count("a fall") == 0
    assert "asked: anywhere" in text and "task: 1 of 35; never:" in text and "cut: 0 of 1; never:" in text
    assert "keep: safe, asked" in text and "alarm_a: keys" in text and "ack forged: anywhere" in text
    every = Counter(dict.fromkeys(((kind, *each) for kind, all in situations._ALL.items() for each in all), 1))
    assert not any("never" in line for line in situations.told(every))


def test_to_count_changes_no_life_and_a_life_counts_what_it_met(monkeypatch):
    found = hunt.life(6)
    assert {kind for kind, _, _ in found.met} >= {"row", "frame", "older", "write"}
    assert found.met["row", "safe", "two presses"] and not found.met["row", "safe", "a fall"]
    monkeypatch.setattr(situations.Situations, "_watched", lambda _, alarm: alarm)
    monkeypatch.setattr(situations.Situations, "_frame", lambda *_: None)
    assert hunt.life(6).digest() == found.digest()


def test_tasks_that_err_and_cuts_between_two_writes_are_counted(tmp_path):
    day = Day(1, tmp_path, plan=Plan(1, 1, ("lies",), ("none",), ("restless",)))
    day.live()
    day.world.close()
    assert not day.promises.broken
    kinds = Counter(kind for kind, _, _ in day.situations.met)
    assert kinds["task"] and kinds["start"] and kinds["cut"] and kinds["cut"] <= kinds["write"]
    assert {what for kind, what, _ in day.situations.met if kind == "task"} <= set(situations.TASKS)


def test_whoever_is_in_an_alarm_falls_and_is_pushed_too(tmp_path):
    day = Day(3, tmp_path, plan=Plan(3, 1, ("stray_press",), ("none",), ("beset",)))
    day.live()
    day.world.close()
    assert not day.promises.broken
    rows = {(state, event) for kind, state, event in day.situations.met if kind == "row"}
    assert {("unanswered", "a fall"), ("unanswered", "a struggle, where set")} <= rows


def test_what_is_seldom_said_meets_each_fate_of_the_air(tmp_path):
    day = Day(8, tmp_path, plan=Plan(8, 1, ("hold",), ("none",), ("picky",)))
    day.live()
    day.world.close()
    assert not day.promises.broken
    frames = {what for kind, what, _ in day.situations.met if kind == "frame"}
    assert {"sighting held", "refused lost", "wish lost"} <= frames


FAULTS = {defect.name: defect for defect in put_back.known()}


def test_each_number_of_the_list_of_faults_is_there():
    numbers = {int(name.rstrip("abc")) for name in FAULTS}
    assert numbers == set(range(1, 31)) and all(fault.tests and fault.edits for fault in FAULTS.values())


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_before_has_its_place_in_the_sources_and_leaves_them_sound(name):
    edited = {}
    for path, now, before in FAULTS[name].edits:
        text = edited.get(path) or (put_back.ROOT / path).read_text()
        assert text.count(now) == 1, f"{path}: the lines of defects.txt stand there {text.count(now)} times"
        edited[path] = text.replace(now, before)
    for path, text in edited.items():
        compile(text, path, "exec")
    for test in FAULTS[name].tests:
        assert (put_back.ROOT / "host_tests" / f"{test}.py").exists(), test


def test_a_hunt_may_ask_for_lives_that_have_something_in_them():
    seeds = list(hunt._seeds("1..200", None, "panics,babble"))
    visited = {seed: set(Plan(seed, hunt.scenes_of(seed)).visited()) for seed in range(1, 201)}
    assert seeds == [seed for seed in visited if visited[seed] & {"panics", "babble"}] and 2 < len(seeds) < 60


@pytest.mark.parametrize("habit", ["torn", "untold", "edge"])
@pytest.mark.parametrize("right", [True, False])
def test_a_badge_that_is_torn_off_is_heard_and_what_an_old_gateway_or_a_low_battery_repeats_is_told_seldom(
        tmp_path, monkeypatch, habit, right):
    if not right:
        once = Uplink._once

        def often(self, *words):
            self._pause_ms[:] = type(self._pause_ms)("i", bytes(4 * len(self._pause_ms)))
            once(self, *words)

        monkeypatch.setattr(Uplink, "_once", often)
        monkeypatch.setattr(Badge, "clip", lambda *_: None)
        monkeypatch.setattr(Hysteresis, "steady", lambda _, bit, on, *more: on)
        monkeypatch.setattr(firmware.badge, "BATTERY_WELL", BATTERY_LOW)
    plan = Plan(4, 1, ("stray_press",), ("none",), (habit,))
    plan.air = (0, 0, 0)
    day = Day(4, tmp_path, plan=plan)
    day.live()
    day.world.close()
    assert bool(day.promises.broken) != right and (habit != "torn" or day.promises.looked_at["L2"])


def test_who_presses_a_function_button_has_a_visit_until_it_is_ended(tmp_path):
    plan = Plan(3, 1, ("stray_press",), ("none",), ("wishes",))
    plan.air = (0, 0, 0)
    day = Day(3, tmp_path, plan=plan)
    colours, looker = [], Listener()
    looker.spoken = lambda data: colours.append(day.world.people[0].badge.shift.visit.colour)
    day.world.listeners.append(looker)
    day.live()
    day.world.close()
    assert day.world.people[0].badge.shift.visit.colour == NO_VISIT
    assert not day.promises.broken and {NO_VISIT, GREEN} == set(colours)


def test_who_is_pushed_about_is_asked_whether_it_is_a_struggle_where_the_house_wants_that(tmp_path):
    plan = Plan(3, 1, ("stray_press",), ("none",), ("struggles",))
    plan.air = (0, 0, 0)
    day = Day(3, tmp_path, plan=plan)
    day.live()
    day.world.close()
    assert not day.promises.broken and day.situations.met["row", "safe", "a struggle, where set"]


def test_what_a_thief_has_called_is_on_no_badge_and_a_slow_office_may_leave_it_open():
    assert not hunt.life(101).broken
