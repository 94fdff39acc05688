"""Does a life hold the promises whatever befalls it, and does the witness see it when one is broken?"""

import pytest

from firmware.codes import EMERGENCY_ASKED
from firmware.detect.body import Body
from firmware.feedback import patterns as feel
from gateway_rig import forget_alarms
from lives_met import LIVES
from tools.cli import hunt, story
from tools.gateway import radio, restore_guard, rollback
from tools.sim.story.day import Day
from tools.sim.story.listener import Listener
from tools.sim.story.narrator import NOTED
from tools.sim.story.people import CALLS
from tools.sim.story.plan import CAUSES, LONG, TROUBLES, Plan, smallest


def live(folder, seed, **given):
    day = Day(seed, folder, **{"habits": (), **given})
    day.live()
    day.world.close()
    return day


def broken(day):
    return {promise for promise, _, _ in day.promises.broken}


# Lives that broke a promise before what they are named after was mended: cause, habits, seed.
FOUND = {
    "eight revisions and more while nobody hears are stored as they were said": ("panics", (), 1),
    "two in alarm who touch their buttons once are not each other's help": ("both", (), 1),
    "who has come to an assist comes to the emergency too": ("called_again", (), 5),
    "the newest word about who comes wins, in whatever order words arrive": ("dither", ("late",), 2),
    "a contact that slips makes no gesture of one press": ("slips", (), 1),
    "edges on the wire are no press": ("noise", (), 3),
    "edges on the wire answer no question": ("fall_noise", (), 2),
    "who presses while the sensor tests itself is heard": ("in_the_test", (), 1),
    "the second emergency of a practice is real": ("practice", (), 1),
    "a check-in is not swallowed by a question that withdraws itself": ("check_in", (), 5),
    "a denied fall is followed up whatever the office orders": ("denied_and_sent", (), 1),
    "no duty outlives a power cut": ("duty_cut", (), 1),
    "a full cell is not taken off its charger": ("charger", (), 1),
    "more than fifty open alarms are all on the board": ("crowd", (), 2),
    "a badge that nobody knows is on the board when it calls": ("stranger", (), 1),
    "only a person closes what was once raised": ("cancels", (), 1),
    "garbage is no sign of a gateway": ("hold", ("babble",), 1),
}


@pytest.mark.parametrize("habit, befalls", [
    ("one_way", lambda day: any(kind == "frame" and "lost" in what for kind, what, _ in day.situations.met)),
    ("sags", lambda day: any(kind == "start" and what == "power on" for kind, what, _ in day.situations.met)),
    ("flaps", lambda day: sum("gateway dies" in line for line in day.narrator.lines()) > 4),
])
def test_a_weak_end_a_weak_cell_and_a_weak_supply_befall_a_house_and_break_no_promise(tmp_path, habit, befalls):
    plan = Plan(2, 1, ("hold",), ("none",), (habit,))
    plan.air = (0, 0, 0)
    day = Day(2, tmp_path, plan=plan)
    day.live()
    day.world.close()
    assert befalls(day) and not day.promises.broken


def test_who_is_called_by_a_thief_and_by_a_colleague_hears_both_and_comes_to_the_colleague(tmp_path):
    looked = 0
    for seed in (1, 3, 5):  # in which of them she hears both hangs on milliseconds
        folder = tmp_path / str(seed)
        folder.mkdir()
        day = live(folder, seed, scenes=2, causes=("colleague", "both"), troubles=("flash_cut",), habits=("replay",))
        assert not day.promises.broken
        looked += day.promises.looked_at["S3"]
    assert looked


def test_a_radio_that_is_deafened_in_an_open_alarm_soon_hears_that_it_is_received(tmp_path):
    day = Day(61508, tmp_path, plan=Plan(61508, 1, less=("sags",)))
    day.live()
    day.world.close()
    assert not day.promises.broken and day.promises.looked_at["L1"]


@pytest.mark.parametrize("cause", ["mash", "hold", "broken_tree"])
@pytest.mark.parametrize("sf", [0, 7, 9])  # over LoRa an ack comes later, but before flash has the alarm
def test_no_hand_that_goes_on_and_no_ack_puts_off_the_write_of_an_alarm_to_flash(tmp_path, sf, cause):
    plan = Plan(sf, 1, (cause,), ("none",), ())
    plan.ways, plan.air = [sf] * 3, (0, 0, 0)
    day = Day(sf, tmp_path, plan=plan)
    hero, written = day.world.people[0], []
    write = hero.chip.write
    hero.chip.write = lambda key, value: (key.startswith("alarm") and written.append(hero.local), write(key, value))
    day.live()
    day.world.close()
    edges_ms = [cause.edge_ms for cause in day.promises.causes]
    assert edges_ms and all(any(at_ms - edge_ms in range(24, 360) for at_ms in written) for edge_ms in edges_ms)


PLAIN = sorted(set(CAUSES) - set(LONG) - {cause for cause, _, _ in FOUND.values()})


@pytest.mark.parametrize("cause", PLAIN)
def test_every_cause_holds(tmp_path, cause):
    day = live(tmp_path, 5, scenes=1, causes=(cause,), troubles=("none",))
    assert not day.promises.broken
    lines = "\n".join(day.narrator.lines())
    if cause in ("mash", "hold", "assist", "fall"):
        assert day.promises.looked_at["S2"] and "Received." in lines
    if cause == "stray_press":
        assert not day.promises.causes and "Received." not in lines


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_holds(tmp_path, trouble):
    day = live(tmp_path, 11, scenes=1, causes=("mash", "assist_grows"), troubles=(trouble,))
    assert not day.promises.broken
    assert day.promises.looked_at["L1"] >= 1 or trouble in ("any_tick", "cut", "flash_cut")
    told = {"none": "feels", "link": "out of reach", "gateway": "dies", "restored": "from a backup", "cut": "power",
            "flash_cut": "power"}.get(trouble, "restarts")
    assert told in "\n".join(day.narrator.lines())


@pytest.mark.parametrize("name", FOUND)
def test_what_lives_have_found_stays_mended(tmp_path, name):
    cause, habits, seed = FOUND[name]
    day = live(tmp_path, seed, scenes=1, causes=(cause,), troubles=("none",), habits=habits)
    assert not day.promises.broken, name


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


class Spoiler(Listener):
    """Does something bad to a world when it hears of something good."""

    def __init__(self, world, when, act, times):
        self._world, self._when, self._act, self._times = world, when, act, times

    def noted(self, at_ms, event):
        """Act when the gateway has written down the step that was waited for."""
        if event.step == self._when and self._times:
            self._times -= 1
            self._act(self._world, event)


def forgotten(world, _alarm):
    with world.store.engine.begin() as db:
        forget_alarms(db)

    def look():  # the numbers of events begin again
        del world.look
        world._told = 0
        world.look()

    world.look = look
    world.stir()


def taken(world, alarm):
    world.radio.act("take", alarm.id, {"by": "nobody"}, world.unix_ms())


def closed(world, alarm):
    world.radio.close(alarm.id, "nobody", world.unix_ms())


def raised(world, _alarm):
    person = world.people[2]
    person.badge.alarm.on(EMERGENCY_ASKED, person.clock(world.now), person.clock(world.now))


@pytest.mark.parametrize("act, times, promises", [
    (forgotten, 1, {"S1"}),  # the badge tells it again, so it is not lost
    (forgotten, 1000, {"S1", "S2", "L1"}),
    (taken, 1, {"S1"}),
    (closed, 1, {"S1"}),
    (raised, 1, {"S2"}),
])
def test_a_bad_gateway_or_badge_is_seen(tmp_path, act, times, promises):
    def spoil(day):
        day.world.listeners.append(Spoiler(day.world, "received", act, times))

    assert broken(spoiled(tmp_path, spoil)) == promises


def spoiled(path, spoil, seed=8, cause="hold"):
    """Live a day of one scene that spoil(day) has spoiled; return it."""
    day = Day(seed, path, scenes=1, causes=(cause,), troubles=("none",), habits=())
    spoil(day)
    day.live()
    day.world.close()
    return day


@pytest.mark.parametrize("seed, cause, door, does, promises", [
    (8, "hold", "button", lambda level, now: None, {"S2", "L1"}),  # it reads no press
    (8, "hold", "frame", lambda *_: None, {"L1"}),  # no ack arrives
    (8, "hold", "motor", lambda now: 0, {"L1"}),  # the motor never runs
    *((2, cause, "fault", lambda *_: None, {"L2"}) for cause in ("sensor", "motor", "full_flash")),  # nothing is told
])
def test_a_door_of_the_badge_that_does_nothing_is_seen(tmp_path, seed, cause, door, does, promises):
    def spoil(day):
        setattr(day.world.people[0].badge, door, does)

    assert broken(spoiled(tmp_path, spoil, seed, cause)) == promises


def test_what_patterns_leave_where_they_meet_is_not_believed(tmp_path):
    day = Day(1, tmp_path)
    anna = day.world.people[0]
    day.promises.felt(anna, 5000, feel.RECEIVED)
    assert not broken(day)  # no alarm of hers is open, so it can say nothing about one
    anna.badge.alarm.on(EMERGENCY_ASKED, 0, 0)
    day.promises.felt(anna, 5000, feel.RECEIVED)
    assert broken(day) == {"S1"}
    day.narrator.felt(anna, 6000, feel.TAKEN)
    assert day.narrator.lines()[-1].endswith("patterns ran together, or one broke another off.")
    day.world.close()


def test_calls_and_steps_have_names():
    assert len(CALLS) >= 3 and {"received", "taken", "closed", "unanswered"} <= set(NOTED)


def lived(seed, plan=None):
    plan = plan or Plan(seed, 2)
    bad = seed == 2 and plan.scenes[1][0]
    told = [f"12:00:00.0  {len(plan.less)} parts are left out."]
    return hunt.Life(plan, ["mash"], BROKEN if bad else [], 60_000, told)


def test_a_hunt_tells_the_smallest_day_that_breaks_the_promise_and_ends_with_one(capsys, monkeypatch):
    monkeypatch.setattr(hunt, "life", lived)
    monkeypatch.setattr(hunt.multiprocessing, "Pool", Alone)
    assert hunt.main(["--seeds", "1..3"]) == 1
    out = capsys.readouterr().out
    line = next(line for line in out.split("\n") if line.startswith("kald story --seed 2 --scenes 2 --without scene-1"))
    assert line.endswith("# S1 at 1.0 s: too much was said  [mash]") and "parts are left out." in out
    assert "3 lives" in out and "1 broke" in out and "mash 3" in out
    assert hunt.main(["--seeds", "2..2", "--brief"]) == 1
    assert "kald story --seed 2 --scenes 2  # S1" in capsys.readouterr().out
    assert hunt.main(["--seeds", "1..1"]) == 0
    for words in ("", "1.5", "nan", "1..", "..3", "-1", "1..2..3", "1..x"):
        with pytest.raises(SystemExit, match="2"):
            hunt.main(["--seeds", words])


BROKEN = [("S1", 1000, "too much was said")]


@pytest.mark.parametrize("seed", range(20))
def test_a_part_that_is_left_out_changes_nothing_else_that_was_drawn(seed):
    whole = Plan(seed)
    for name in whole.parts():
        less = whole.without(name)
        assert name not in less.parts() and set(less.parts()) < set(whole.parts())
        assert [scene[2] for scene in less.scenes] == [scene[2] for scene in whole.scenes]
    small = smallest(whole, lambda plan: plan.scenes[-1][0])
    assert small.parts() == ["scene-3"] and Plan(seed, 3, less=small.less).scenes == small.scenes


def test_a_part_that_a_day_does_not_have_cannot_be_left_out(capsys):
    with pytest.raises(SystemExit):
        story.main(["--seed", "3", "--scenes", "1", "--without", "scene-2"])
    assert "--without scene-2: this day has scene-1" in capsys.readouterr().err


def test_a_life_told_twice_has_one_digest(tmp_path):
    lives = [hunt.life(seed) for seed in (6, 6, 8)]
    assert lives[0].digest() == lives[1].digest() != lives[2].digest()


def test_who_is_about_to_press_once_does_not_press_once_more_for_what_is_asked_meanwhile(tmp_path):
    day = Day(8, tmp_path, scenes=1, causes=("hold",), troubles=("none",), habits=())
    anna = day.world.people[0]
    for at_ms in (5000, 5400):  # the badge asks, loses its power, and asks again
        day.colleagues.meant(anna, at_ms, feel.TEST_ASK)
    assert len(anna.button.closed) == 1
    day.world.close()


@pytest.mark.parametrize("name", LIVES)
def test_what_random_lives_have_met_stays_mended(tmp_path, name):
    seed, scenes, less = (*LIVES[name].split(), "")[:3]
    day = Day(int(seed), tmp_path, plan=Plan(int(seed), int(scenes), less=tuple(filter(None, less.split(",")))))
    day.live()
    day.world.close()
    assert not day.promises.broken, name


def test_a_motor_that_runs_on_while_the_loop_stands_still_is_seen(tmp_path):
    def spoil(day):
        day.world.people[0].moved(10_000, 255)
        day.world.people[0].moved(12_000, 0)

    assert broken(spoiled(tmp_path, spoil, 2, "stalls")) == {"S1"}


def badge_stays(day):
    counter, given = day.world.people[0].badge.counter, []
    take = counter.take
    counter.take = lambda: given[0] if len(given) == 5 else given.append(take()) or given[-1]


def gateway_stays(day):
    day.world.radio._down_counter = lambda: 7


@pytest.mark.parametrize("who", [badge_stays, gateway_stays])
def test_a_counter_that_is_used_twice_is_seen(tmp_path, who):
    assert "S3" in broken(spoiled(tmp_path, who))


@pytest.mark.parametrize("notices", [True, False])
def test_a_second_gateway_on_a_copy_of_the_disk_uses_no_counter_of_the_first(tmp_path, monkeypatch, notices):
    monkeypatch.setattr(radio, "DOWN_BLOCK", 24)
    if not notices:
        monkeypatch.setattr(rollback.Marker, "behind", lambda *_: False)
    day = live(tmp_path, 5, scenes=3, causes=("hold",), troubles=("none",), habits=("twin",))
    assert broken(day) == (set() if notices else {"S3"})


@pytest.mark.parametrize("challenged", [True, False])
def test_nobody_is_said_to_come_by_a_press_of_long_ago_that_somebody_has_kept_off_the_air(
        tmp_path, monkeypatch, challenged):
    if not challenged:
        monkeypatch.setattr(restore_guard, "speaks_now", lambda *_: True)

    def hoards(world, _alarm):
        for person in world.people[1:]:
            person.held_until_ms = world.now + 500_000

    def spoil(day):
        day.office.slow_ms, day.colleagues.sure = 900_000, True
        day.world.listeners.append(Spoiler(day.world, "called", hoards, 1))

    assert broken(spoiled(tmp_path, spoil)) == (set() if challenged else {"S1"})


@pytest.mark.parametrize("knows", [True, False])
def test_a_badge_that_takes_its_own_motor_for_its_wearer_who_keeps_still_is_seen(tmp_path, monkeypatch, knows):
    if not knows:
        monkeypatch.setattr(Body, "shaken", lambda _, level, now: level)
    day = Day(9, tmp_path, scenes=1, causes=("stray_press",), troubles=("none",), habits=("faints",))
    day.world.people[-1].quivers_mg = 400
    day.live()
    day.world.close()
    assert broken(day) == (set() if knows else {"L2"})


class Alone:
    """A pool of one, here."""

    def __init__(self, jobs):
        self.jobs = jobs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    @staticmethod
    def imap_unordered(act, given):
        return [act(each) for each in given]


def test_what_can_befall_a_life_is_listed(capsys):
    hunt.main(["--list"])
    out = capsys.readouterr().out
    assert all(f" {name} " in out for name in (*CAUSES, *TROUBLES))
