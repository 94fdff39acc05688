"""Does a life hold the promises whatever befalls it, and does the witness see it when one is broken?"""

import pytest

from firmware.feedback.patterns import COMING, HEARD
from firmware.words import EMERGENCY_ASKED
from tools.commands import story
from tools.gateway.tables import ALARMS
from tools.story.day import CAUSES, TROUBLES, Day
from tools.story.people import CALLS
from tools.story.teller import NOTED


def live(folder, seed, **given):
    day = Day(seed, folder, **given)
    day.live()
    day.world.close()
    return day


def broken(day):
    return {promise for promise, _, _ in day.promises.broken}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_holds(tmp_path, cause):
    day = live(tmp_path, 5, scenes=1, causes=(cause,))
    assert not day.promises.broken
    pressed = day.promises.looked_at["S2"]
    assert pressed == 0 if cause in ("stray_press", "fall_denied") else pressed >= 1
    lines = "\n".join(day.teller.lines())
    # who was out of reach until it was over has only felt that it is closed
    assert ("Received." in lines or "Over." in lines) == bool(pressed)
    assert ("Noted." in lines) >= (cause == "fall_denied")
    assert ("falls" in lines or "thrown" in lines) == ("Is all well?" in lines)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_holds(tmp_path, trouble):
    day = live(tmp_path, 11, scenes=2, causes=("mash", "assist_grows"), troubles=(trouble,))
    assert not day.promises.broken and day.promises.looked_at["L1"] >= 2
    told = {"none": "feels", "link": "out of reach", "gateway": "dies", "restart": "restarts"}[trouble]
    assert told in "\n".join(day.teller.lines())


def test_the_same_seed_tells_the_same_story_and_another_does_not(tmp_path, capsys):
    words = ["--scenes", "1", "--seed"]
    assert [story.main([*words, seed]) for seed in ("3", "3", "4")] == [0, 0, 0]
    first, second, third = capsys.readouterr().out.split("The story of seed ")[1:]
    assert first == second and first[1:] != third[1:]
    for name, sentence in story.PROMISES.items():
        assert f"{name}  {sentence}: held" in first
    times = [line[:10] for line in first.split("\n") if line[2:3] == ":"]
    assert times == sorted(times) and len(times) > 3


def test_a_broken_promise_is_said_and_ends_with_one(capsys, monkeypatch):
    def live_badly(day):
        day.promises.broken.append(("S1", 1234, "somebody was told too much"))

    monkeypatch.setattr(Day, "live", live_badly)
    assert story.main([]) == 1
    out = capsys.readouterr().out
    assert "never told more than is true: BROKEN" in out and "at 1.2 s of the story: somebody was told too much" in out
    assert "no press lost, none accepted twice: held" in out


class Listener:
    """Does something bad to a world when it hears of something good."""

    def __init__(self, world, when, act, times):
        self._world, self._when, self._act, self._times = world, when, act, times

    def noted(self, alarm, _at_ms, event):
        """Act when the gateway has written down the step that was waited for."""
        if event["step"] == self._when and self._times:
            self._times -= 1
            self._act(self._world, alarm)

    def meant(self, *_):
        """Not waited for."""

    felt = meant


def forgotten(world, _alarm):
    with world.store.engine.begin() as db:
        db.execute(ALARMS.delete())


def taken(world, alarm):
    world.radio.take(alarm["id"], "nobody", world.unix_ms())


def closed(world, alarm):
    world.radio.close(alarm["id"], "nobody", world.unix_ms())


def raised(world, _alarm):
    person = world.people[2]
    person.badge.alarm.on(EMERGENCY_ASKED, person.clock(world.now), person.clock(world.now))


@pytest.mark.parametrize("act, times, promises", [
    (forgotten, 1, {"S1"}),  # the badge tells it again, so it is not lost
    (forgotten, 1000, {"S1", "S2", "L1"}),
    (taken, 1, {"S1"}),
    (closed, 1, {"S1"}),
    (raised, 1, {"S2"}),
])  # fmt: skip
def test_a_bad_gateway_or_badge_is_seen(tmp_path, act, times, promises):
    day = Day(8, tmp_path, scenes=1, causes=("hold",), troubles=("none",))
    day.world.listeners.append(Listener(day.world, "received", act, times))
    day.live()
    day.world.close()
    assert broken(day) == promises


def test_a_press_that_the_badge_does_not_read_is_seen(tmp_path):
    day = Day(8, tmp_path, scenes=1, causes=("hold",), troubles=("none",))
    day.world.people[0].badge.button = lambda level, now: None
    day.live()
    day.world.close()
    assert broken(day) == {"S2", "L1"}


def test_an_ack_that_never_arrives_and_a_motor_that_never_runs_are_seen(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    day = Day(8, tmp_path / "a", scenes=1, causes=("hold",), troubles=("none",))
    day.world.people[0].badge.frame = lambda buf, n, now: None
    day.live()
    day.world.close()
    assert broken(day) == {"L1"}
    day = Day(8, tmp_path / "b", scenes=1, causes=("hold",), troubles=("none",))
    day.world.people[0].badge.motor = lambda now: 0
    day.live()
    day.world.close()
    assert broken(day) == {"L1"}


def test_what_patterns_leave_where_they_meet_is_not_believed(tmp_path):
    day = Day(1, tmp_path)
    anna = day.world.people[0]
    day.promises.felt(anna, 5000, HEARD)
    assert not broken(day)  # no alarm of hers is open, so it can say nothing about one
    anna.badge.alarm.on(EMERGENCY_ASKED, 0, 0)
    day.promises.felt(anna, 5000, HEARD)
    assert broken(day) == {"S1"}
    day.teller.felt(anna, 6000, COMING)
    assert day.teller.lines()[-1].endswith("patterns ran together, or one broke another off.")
    day.world.close()


def test_calls_and_steps_have_names():
    assert len(CALLS) >= 3 and {"received", "taken", "closed", "unanswered"} <= set(NOTED)
