"""Is upright learned from steps alone, is a lost attitude told however it comes, and does life buy time and no more?"""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest
from test_fall_posture import RING, body, quiet, seconds, still, upright, watched

from firmware.badge import SAVED_BYTES, Badge
from firmware.codes import FELL, RIGHTED, SAFE, WARNED
from firmware.codes import STILL as BODY_STILL
from firmware.codes import TILTED as BODY_TILTED
from firmware.detect import window as c
from firmware.detect.body import Body
from firmware.detect.features import Axes
from firmware.detect.motionless import FELT_S, LIVED_S, MOVED, QUIET_S, STILL, STILL_S, UPRIGHT_S, Motionless
from firmware.detect.position import STAYS_S, TILTED, UPRIGHT, Steps
from firmware.limits import NOT_WORN_MS, PRE_ALARM_MS
from tools.sim.rig import DOWN, UP, Rig
from tools.train.scene import HZ, Scene, any_attitude
from tools.train.sensor import random_turn

WALKED = (70, 975, 200)  # tools/sim/body.py stands like this


def handled(seed, seconds_in_hand=20, hand_mg=250, rest=None):
    """Samples of a badge that is turned about in a hand, and then held in the attitude `rest`."""
    random = np.random.default_rng(seed)
    scene = Scene(random, 6)
    while sum(map(len, scene._parts)) < seconds_in_hand * HZ:
        if random.random() < 0.3:
            scene.shake(random.uniform(0.5, 2.5), random.uniform(1, 4), random.uniform(100, 900))
        else:
            scene.turn_to(any_attitude(random), random.uniform(0.4, 2), hand_mg)
        scene.hold(random.uniform(0.5, 6), random.uniform(30, hand_mg))
    if rest is not None:
        scene.turn_to(np.array(rest) / np.linalg.norm(rest), 1, hand_mg)
    rows = scene.done()
    return rows[: len(rows) // 4 * 4].reshape(-1, 4, 3).mean(axis=1)


def at(degrees, axis=0):
    """The walker's attitude, tilted by so many degrees towards an axis of the sensor across it."""
    up = np.array(WALKED) / np.linalg.norm(WALKED)
    side = np.eye(3)[axis] - up * up[axis]
    side /= np.linalg.norm(side)
    return 1000 * (np.cos(np.radians(degrees)) * up + np.sin(np.radians(degrees)) * side)


def lively(attitude, count_s, seed=3):
    rows = quiet(attitude, count_s, seed=seed)
    rows[::50] += (220, -130, 170)
    return rows


WALK = body(("walking", 500), ms=15000)


@pytest.mark.parametrize("seed", range(30))
def test_a_hand_teaches_nothing(seed):
    position, watch = upright()
    assert not seconds(handled(seed, 60), watch) and not position.known


def test_a_second_that_is_read_again_and_again_teaches_nothing():
    sways = 300 * np.sin(2 * np.pi * np.arange(50) / 25)
    again = np.array(WALKED) + sways[:, None] * np.array([0.1, 1, 0.2]) + np.resize([[30], [-30]], (50, 1))
    position, watch = upright()
    seconds(np.tile(again, (40, 1)), watch)
    assert not position.known
    drifts = np.concatenate([again + (i % 7) for i in range(40)])
    seconds(drifts, watch)
    assert position.known


@pytest.mark.parametrize("seed", range(10))
def test_steps_do_however_the_badge_is_turned(seed):
    position, watch = upright()
    turn = random_turn(np.random.default_rng(seed))
    seconds(body(("walking", 500), ms=12000, seed=seed, turn=turn), watch)
    learned = np.array([position._worn.x, position._worn.y, position._worn.z])
    assert position.known
    assert learned @ (turn @ np.array(WALKED)) > 0.99 * np.linalg.norm(learned) * np.linalg.norm(WALKED)


@pytest.mark.parametrize("seed", range(10))
def test_a_slump_into_the_attitude_in_which_it_was_held_is_found_and_stays(seed):
    lies = at(80 + 5 * seed, axis=0 if seed % 2 else 2)
    rows = np.concatenate([WALK, handled(seed, 6, rest=lies), quiet(lies, 8), quiet(WALKED, 20), quiet(lies, 60)])
    said = seconds(rows, upright()[1])
    assert [word for _, _, word in said][-1:] == [TILTED] and said[-1][0] >= (len(rows) // 50) - 60 + STAYS_S - 2


@pytest.mark.parametrize("tilt", [60, 75, 90, 120])
@pytest.mark.parametrize("axis", [0, 2])
def test_a_seated_wearer_who_slumps_is_found(tilt, axis):
    rows = np.concatenate([WALK, lively(at(25, 2), 40), quiet(at(tilt, axis), STAYS_S + 5)])
    assert [word for _, _, word in seconds(rows, upright()[1])] == [TILTED]


@pytest.mark.parametrize("tilt, asked", [(20, False), (45, False), (65, False), (80, True)])
def test_who_leans_and_lives_is_not_asked_and_who_lies_is(tilt, asked):
    said = seconds(np.concatenate([WALK, lively(at(tilt), 300)]), upright()[1])
    assert bool(said) == asked


def test_who_was_asked_and_then_lies_another_way_is_asked_again():
    rows = np.concatenate([WALK, quiet(at(60, 2), 60), quiet(at(60, 2), 60), quiet(at(90, 0), 60)])
    assert [word for _, _, word in seconds(rows, upright()[1])] == [TILTED, TILTED]
    back = np.concatenate([WALK, quiet(at(60), 60), quiet(at(40), 10), quiet(at(60), 60)])
    assert [word for _, _, word in seconds(back, upright()[1])] == [TILTED, UPRIGHT, TILTED]


def lived(rows, motionless_ms=45000):
    """Return (body, [(second, event)]) over rows, in blocks as on the badge."""
    from array import array

    told, wearer, now = [], Body(0, motionless_ms), 0
    block = array("h", np.clip(np.rint(rows), -18000, 18000).astype(np.int16).tobytes())
    for begin in range(0, len(rows), 28):
        done, end = begin, min(begin + 28, len(rows))
        now = 20 * end
        while done < end:
            event = wearer.samples(block, done, end, now)
            done = wearer.taken
            if event:
                told.append((done // 50, event))
    return wearer, told


@pytest.mark.parametrize("known, asked", [(False, True), (True, False)])
def test_who_lay_and_is_upright_afterwards_has_risen_and_not_fallen(known, asked):
    fall = body(("fall", 15000), ms=40000)
    lies, turn = fall[500:550].mean(axis=0), half_turn(fall[-50:].mean(axis=0))
    up = np.array(WALKED) / np.linalg.norm(WALKED)
    assert up @ turn @ lies < 300
    rows = np.concatenate([WALK][:known] + [lively(turn @ lies, 15), fall @ turn.T])
    told = [event for _, event in lived(rows)[1]]
    assert (FELL in told) == asked
    assert FELL in [event for _, event in lived(np.concatenate([WALK, fall]))[1]]


@pytest.mark.parametrize("lay, walks_s, asked", [(True, 25, False), (True, 2, True), (True, 0, True), (False, 9, True)])
def test_who_lay_and_walks_on_has_risen_though_nobody_had_seen_them_walk(lay, walks_s, asked):
    rows = np.concatenate([fallen(lay, walks_s), quiet(WALKED if walks_s else at(90), 12)])
    told = [(second, event) for second, event in lived(rows)[1] if event == FELL]
    assert len(told) == asked and all(second <= 15 + 2 + 6 + 5 for second, _ in told)


def test_of_two_falls_found_while_somebody_steps_the_first_is_told():
    found, lies = {3: 7000, 9: 8000}, Axes()
    wearer, told = Body(0, 45000), []
    wearer._walked_s = 2
    wearer._fall = SimpleNamespace(features=SimpleNamespace(worn=lies, last=lies))
    for i in range(12):
        wearer._fall.impact_at = found.get(i, 0)
        wearer._fall.sample = lambda *_, i=i: i in found
        told += [(i, wearer.began_at)] if wearer.sample(0, 0, 1000, 9000 + 20 * i) == FELL else []
    assert told == [(9, 7000)]


@pytest.mark.parametrize("undated", [False, True])
def test_a_fall_that_waits_for_steps_is_asked_about_after_a_reset(undated):
    rows = np.concatenate([fallen(True, 4), quiet(WALKED, 12)])
    saved, states = bytearray(SAVED_BYTES), []
    badge = Badge(7, UP, DOWN, 0)
    for n in range(0, len(rows), 10):
        badge.samples(array("h", np.int16(rows[n : n + 10]).ravel()), 10, 20 * n)
        if badge.unsaved:  # as the hallway keeps it, and nothing later
            badge.save(saved, 20 * n)
        anew = Badge(7, UP, DOWN, 0)
        anew.load(bytearray(saved), SAVED_BYTES, 0, undated)
        states.append((badge.alarm.state, anew.alarm.state))
    asked = states.index((WARNED, WARNED))
    assert (SAFE, SAFE) == states[0] and {(SAFE, WARNED)} == set(states[asked - 5 : asked])


@pytest.mark.parametrize("walks_s, kept", [(25, SAFE), (4, WARNED)])
def test_what_waited_for_steps_is_over_once_they_have_told(walks_s, kept):
    rig, rows = Rig(), np.concatenate([fallen(True, walks_s), quiet(WALKED, 12)])
    for n in range(0, len(rows), 10):
        rig.badge.samples(array("h", np.int16(rows[n : n + 10]).ravel()), 10, 20 * n)
    saved = bytearray(SAVED_BYTES)
    rig.badge.save(saved, 20 * len(rows))
    assert rig.badge.load(saved, SAVED_BYTES, 20 * len(rows)) and rig.badge.alarm.state == kept


def fallen(lay, walks_s):
    """Samples of an impact after 15 s, out of lying into upright if they `lay`, else the other way, and of a walk."""
    fall = body(("fall", 15000), ms=40000)
    lies, ends = fall[500:550].mean(axis=0), fall[-50:].mean(axis=0)
    turn = np.eye(3) if not lay else half_turn(ends)
    assert not lay or np.array(WALKED) @ turn @ lies < 300000
    return np.concatenate([lively(turn @ lies, 15), fall[750:860] @ turn.T, body(("walking", 0), ms=1000 * walks_s)
                           if walks_s else (fall @ turn.T)[860:1500]])


def half_turn(ends):
    """Return half a turn that makes an attitude that of who walks."""
    half = np.array(WALKED) / np.linalg.norm(WALKED) + ends / np.linalg.norm(ends)
    half /= np.linalg.norm(half)
    return 2 * np.outer(half, half) - np.eye(3)


def test_a_badge_that_lay_about_forgets_which_way_was_up_and_learns_again():
    table = np.tile([0.0, 0.0, 996.0], (NOT_WORN_MS // 20 + 3000, 1))
    wearer, _ = lived(np.concatenate([WALK, table]))
    assert not wearer._position.known
    turn = random_turn(np.random.default_rng(4))
    again = np.concatenate([WALK, table, body(("walking", 500), ms=12000, turn=turn), quiet(turn @ at(30), 40)])
    _, told = lived(again)
    assert not [event for second, event in told if event == BODY_TILTED and second > len(table) // 50 + 15]
    _, told = lived(np.concatenate([again, quiet(turn @ at(90), 40)]))
    assert told[-1][1] in (BODY_TILTED, BODY_STILL) and any(event == BODY_TILTED for _, event in told[-2:])


@pytest.mark.parametrize("up_s, righted", [(1, False), (4, False), (9, False), (12, True), (30, True)])
def test_who_is_turned_upright_for_a_moment_is_still_asked(up_s, righted):
    rows = np.concatenate([WALK, quiet(at(90), STAYS_S + 5), quiet(at(10), up_s), quiet(at(90), 20)])
    told = [event for _, event in lived(rows)[1]]
    assert told == [BODY_TILTED] + [RIGHTED] * righted


@pytest.mark.parametrize("moves, every_s, righted", [
    (1, 1, False), (2, 1, False), (2, 8, False), (6, 6, False), (3, 1, True), (3, 4, True), (10, 1, True),
])
def test_a_twitch_or_a_gasp_withdraws_no_question_and_who_goes_on_moving_does(moves, every_s, righted):
    moved = [lively(at(60), 1), quiet(at(60), every_s - 1)] * moves
    rows = np.concatenate([quiet(at(10), 3), quiet(at(60), STILL_S + 40), *moved, quiet(at(60), 20)])
    told = [event for _, event in lived(steps_of(16, rows))[1]]
    assert told == [BODY_STILL] + [RIGHTED] * righted


def steps_of(mg, rows):
    return np.rint(rows / mg) * mg


@pytest.mark.parametrize("seed", [*range(10), 60, 61])  # by the last two's breath the question went after 17 s
def test_who_comes_to_lie_and_breathes_is_found_in_time_whatever_the_attitude(seed):
    random = np.random.default_rng(seed)
    lies = at(10)
    while lies @ at(10) > 750000:
        lies = 1000 * any_attitude(random)
    lying = quiet(lies, 160, noise_mg=random.choice([3, 5]), breath_mg=random.uniform(5, 25), seed=seed)
    rows = np.concatenate([lively(at(10), 30), lying])
    said = seconds(steps_of(16, rows), still()[1])
    assert [word for _, _, word in said] == [STILL] and said[0][0] <= 30 + STILL_S + 15


def typing(attitude, count_s, every_s=20, by_mg=48, seed=5):
    """Samples of somebody at a desk: a hand on a key now and then is all that moves."""
    rows = quiet(attitude, count_s, noise_mg=0, breath_mg=0, seed=seed)
    rows[:: 50 * every_s] += (0, by_mg, 0)
    return steps_of(16, rows)


def asked_after(rows, from_s, **how):
    """Return how many seconds after `from_s` STILL is told first, None if it is not; how: of Motionless.second."""
    motionless, steps = Motionless(), Steps(RING)
    motionless.keen = how.pop("keen", False)

    def watch(second, now):
        steps.second(second)
        return motionless.second(second, now, **{"down": False, "sways": steps.sways, **how})
    said = seconds(rows, watch)
    return next((at - from_s for at, _, word in said if word == STILL), None)


SITS = {"known": True, "upright": True}


@pytest.mark.parametrize("lived_s, tilt, how, asked_s", [
    (60, 25, SITS, UPRIGHT_S), (60, 25, {}, UPRIGHT_S),  # the last: it has not seen them walk, but live there
    (5, 25, {}, QUIET_S), (60, 60, {}, STILL_S), (60, 60, {"known": True}, QUIET_S),  # slumped 35 degrees
    (60, 25, SITS | {"down": True}, STILL_S),
    (60, 25, SITS | {"keen": True}, QUIET_S), (60, 25, {"keen": True}, QUIET_S),
])
def test_who_no_longer_makes_the_least_movement_is_asked_the_sooner_the_less_they_sit_there(
        lived_s, tilt, how, asked_s):
    rows = np.concatenate([lively(at(-25), 60), lively(at(25), lived_s + 10), quiet(at(tilt), 120)])
    begins_s = 70 + lived_s
    assert abs(asked_after(rows, begins_s, **how) - asked_s) <= 2
    assert QUIET_S * 1000 + PRE_ALARM_MS + 2000 < 90000 and UPRIGHT_S * 1000 + PRE_ALARM_MS + 2000 < 120000


def test_whoever_types_is_not_asked_but_where_they_have_slumped():
    desk = lively(at(25), 60)
    assert asked_after(np.concatenate([desk, typing(at(25), 600, every_s=4)]), 60) is None
    assert abs(asked_after(np.concatenate([desk, typing(at(25), 100)]), 60, down=True) - STILL_S) <= 2
    assert abs(asked_after(np.concatenate([desk, typing(at(60), 100)]), 60) - STILL_S) <= 2


def felt_breath(attitude, count_s):
    """Samples of somebody whose breath spans more than the least movement."""
    return steps_of(16, quiet(attitude, count_s, noise_mg=3, breath_mg=28))


@pytest.mark.parametrize("tilt, breath_mg, breath_s", [(60, 60, 4), (90, 45, 4), (90, 60, 5), (150, 34, 5)])
def test_whose_breath_sways_them_lies_there_and_does_not_live_there(tilt, breath_mg, breath_s):
    lies = swaying(at(tilt), 120, breath_mg, breath_s)
    assert abs(asked_after(np.concatenate([lively(at(2), 30), lies]), 30) - STILL_S) <= 2
    taps = np.concatenate([quiet(at(tilt), 12), typing(at(tilt), 110, every_s=4, by_mg=breath_mg + 36)])
    assert asked_after(np.concatenate([lively(at(2), 30), taps]), 30) is None


def swaying(attitude, count_s, breath_mg, breath_s):
    """Samples of somebody who lies and whose breath turns the badge by so much either way."""
    breath = breath_mg * np.sin(2 * np.pi * np.arange(50 * count_s) / 50 / breath_s)
    return steps_of(16, np.array(attitude) + breath[:, None] * (0, 1, 0.1))


@pytest.mark.parametrize("settles_s", [0, 6, 9])
def test_settling_down_is_not_yet_life(settles_s):
    rows = [lively(at(2), 60), lively(at(60), settles_s), felt_breath(at(60), 90)]
    said = seconds(np.concatenate(rows), still()[1])
    assert [word for _, _, word in said] == [STILL] and said[0][0] <= 60 + settles_s + STILL_S + 2


@pytest.mark.parametrize("moves, asked", [(0, True), (1, True), (2, False), (3, False)])
def test_two_movements_that_breath_cannot_make_are_life(moves, asked):
    moved = [lively(at(35), 1), typing(at(35), 9)] * moves
    rows = [lively(at(2), 60), typing(at(35), 12), *moved, typing(at(35), 120, every_s=4)]
    assert bool(seconds(np.concatenate(rows), still()[1])) == asked


def test_who_is_known_to_be_upright_lives_without_having_moved_there_until_they_fall():
    sat_down = np.concatenate([lively(at(2), 60), typing(at(35), 120)])
    motionless, _ = still()
    assert not seconds(sat_down, lambda second, now: motionless.second(second, now, False, True))
    assert seconds(sat_down, still()[1])[0][2] == STILL
    motionless, _ = still()
    motionless.forget()
    said = seconds(typing(at(35), 120), lambda second, now: motionless.second(second, now, False, True))
    assert [word for _, _, word in said] == [STILL]


@pytest.mark.parametrize("keen, asked_s", [(False, FELT_S), (True, LIVED_S)])
def test_whose_breath_alone_is_felt_is_asked_later_all_the_same(keen, asked_s):
    rows = np.concatenate([lively(at(25), 60), typing(at(25), asked_s + 20, every_s=10)])
    assert abs(asked_after(rows, 60, keen=keen) - asked_s) <= 2
    rows = np.concatenate([lively(at(25), 60), typing(at(25), asked_s + 20, every_s=3)])
    assert asked_after(rows, 60, keen=keen) is None


def test_a_badge_that_was_just_started_has_somewhat_longer():
    said = seconds(quiet(at(60), 90), still()[1])
    assert [word for _, _, word in said] == [STILL] and STILL_S + 25 < said[0][0] <= STILL_S + 32


def test_who_moves_when_asked_has_longer_from_then_on_where_they_sit():
    desk, pause = lively(at(25), 60), quiet(at(25), LIVED_S - 5)
    asked = [desk, quiet(at(25), UPRIGHT_S + 10), desk]
    assert [word for _, _, word in seconds(np.concatenate([*asked, pause, desk, pause]), still()[1])] == [STILL, MOVED]
    longer = np.concatenate([*asked, pause, quiet(at(25), 10)])
    assert [word for _, _, word in seconds(longer, still()[1])] == [STILL, MOVED, STILL]
    elsewhere = np.concatenate([*asked, lively(at(60), 30), quiet(at(60), UPRIGHT_S + 2)])
    assert [word for _, _, word in seconds(elsewhere, still()[1])] == [STILL, MOVED, STILL]


def test_who_moves_when_asked_is_not_asked_again_at_once_where_they_sit():
    parts = [quiet(at(60), 5), quiet(at(25), STILL_S + 20), lively(at(25), 2), quiet(at(25), LIVED_S - 10)]
    assert [word for _, _, word in seconds(np.concatenate(parts), still()[1])] == [STILL, MOVED]
    late = [quiet(at(60), 5), quiet(at(25), STILL_S + 90), lively(at(25), 2), quiet(at(25), STILL_S + 5)]
    assert [word for _, _, word in seconds(np.concatenate(late), still()[1])] == [STILL, MOVED, STILL]


def test_life_before_a_fall_buys_no_time_after_it():
    motionless, watch = still()
    seconds(lively(at(25), 60), watch)
    motionless.forget()
    said = seconds(quiet(at(25), 100), watch)
    assert [word for _, _, word in said] == [STILL] and said[0][0] <= STILL_S + 2


def test_a_sensor_within_its_promise_is_believed_in_every_attitude():
    random = np.random.default_rng(8)
    for _ in range(120):
        signs = random.choice([-1, 1], 3)
        gain, offset = 1 + 0.05 * random.choice([-1, 1]) * np.ones(3), 60 * signs
        up = any_attitude(random) if random.random() < 0.5 else signs / np.sqrt(3) * random.choice([-1, 1])
        rows = steps_of(48, quiet(1000 * up * gain + offset, 45, noise_mg=random.uniform(0, 9)))
        assert not watched(rows)[1], (up, gain, offset)


def test_a_doubt_ends_with_the_first_second_that_is_right_moving_or_not():
    wrong = quiet((0, 0, 600), 40)
    check, said = watched(wrong)
    assert {word for _, _, word in said} == {c.SCALE}
    check, said = watched(np.concatenate([wrong, WALK]))
    assert check.wrong == c.GOOD and said[-1][0] <= 41
