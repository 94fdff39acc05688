"""Does the simulated body move as it says, the same every time, and does a recording play as it was written?"""

import math

import pytest

from tools.sim.body import ACTIVITIES, Body
from tools.sim.recording import Recording, write_recording

SEEDS = range(30)


def felt(body, from_ms, to_ms):
    out = [0, 0, 0]
    samples = []
    for t_ms in range(from_ms, to_ms, 20):
        body.milli_g(t_ms, out)
        samples.append(tuple(out))
    return samples


def doing(seed, activity):
    body = Body(seed)
    body.play(activity, 3000)
    return felt(body, 3000, 9000)


def sizes(samples):
    return [math.hypot(*sample) for sample in samples]


def tilt(a, b):
    dot = sum(p * q for p, q in zip(a, b, strict=True))
    return math.degrees(math.acos(max(-1, min(1, dot / math.hypot(*a) / math.hypot(*b)))))


@pytest.mark.parametrize("seed", SEEDS)
def test_standing_is_one_g_with_a_little_life(seed):
    samples = felt(Body(seed), 0, 5000)
    assert all(960 < size < 1040 for size in sizes(samples)) and len(set(samples)) > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fall_is_light_then_hard_then_still_on_another_side(seed):
    samples = doing(seed, "fall")
    size = sizes(samples)
    impact = size.index(max(size))
    light_ms = 20 * sum(1 for g in size[:impact] if g < 700)
    assert 200 <= light_ms <= 620 and min(size[:impact]) < 400
    assert 4000 <= max(size) <= 7000
    assert sum(1 for g in size[impact + 5 : impact + 30] if g > 1150) >= 2  # it bounces
    lying = samples[impact + 75 :]
    restless = sum(sum(abs(p - q) for p, q in zip(a, b, strict=True)) for a, b in zip(lying, lying[1:], strict=False))
    assert restless / len(lying) < 50
    assert tilt(lying[0], (70, 975, 200)) > 60


@pytest.mark.parametrize("seed", SEEDS)
def test_daily_life_keeps_its_bounds(seed):
    assert max(sizes(doing(seed, "walking"))) < 1600
    assert max(sizes(doing(seed, "sitting"))) < 1800
    jump = doing(seed, "jump")
    assert 2400 < max(sizes(jump)) < 5000 and min(sizes(jump)) < 300 and tilt(jump[-1], (70, 975, 200)) < 5
    table = doing(seed, "taken_off")[-100:]
    assert all(max(abs(x), abs(y), abs(z - 1000)) <= 8 for x, y, z in table)


def test_the_same_seed_and_plays_give_the_same_in_any_order_of_asking():
    times = list(range(2900, 6000, 70))
    for activity in ACTIVITIES:
        one, two = Body(5), Body(5)
        one.play(activity, 3000)
        two.play(activity, 3000)
        here, there, out = {}, {}, [0, 0, 0]
        for t_ms in times:
            one.milli_g(t_ms, out)
            here[t_ms] = tuple(out)
        for t_ms in reversed(times):
            two.milli_g(t_ms, out)
            there[t_ms] = tuple(out)
        assert here == there
    assert doing(1, "fall") != doing(2, "fall")


def test_an_unknown_activity_and_a_time_gone_by_are_refused():
    body = Body(1)
    with pytest.raises(ValueError, match="standing, walking"):
        body.play("flying", 0)
    body.play("walking", 1000)
    with pytest.raises(ValueError, match="order of time"):
        body.play("fall", 999)


def test_a_recording_comes_back_and_is_held_still_around(tmp_path):
    triplets = [(i, -i, 1000) for i in range(200)] + [(900, 0, 400)] * 100
    path = str(tmp_path / "fall.krec")
    write_recording(path, 100, triplets)
    assert (tmp_path / "fall.krec").read_bytes()[:8] == b"KREC\x64\x00\x00\x00"
    recording = Recording(path)
    assert (recording.rate_hz, recording.samples, recording.length_ms) == (100, 300, 3000)
    out = [0, 0, 0]
    recording.milli_g(50, out)
    assert all(abs(mg - held) <= 3 for mg, held in zip(out, (49, -50, 1000), strict=True))
    recording.play(5000)
    for i in range(300):
        recording.milli_g(5000 + 10 * i, out)
        assert tuple(out) == triplets[i]
    for t_ms, held in ((4999, (49, -50, 1000)), (8000, (900, 0, 400)), (60000, (900, 0, 400))):
        recording.milli_g(t_ms, out)
        assert all(abs(mg - wanted) <= 3 for mg, wanted in zip(out, held, strict=True))


@pytest.mark.parametrize("data", [b"", b"KREC\x64\x00", b"KREX\x64\x00" + bytes(6), b"KREC\x00\x00" + bytes(6),
                                  b"KREC\x64\x00" + bytes(7)])
def test_what_is_no_recording_is_refused(tmp_path, data):
    path = tmp_path / "bad.krec"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="recording|damaged"):
        Recording(str(path))


@pytest.mark.parametrize("rate_hz, triplets", [(0, [(0, 0, 0)]), (65536, [(0, 0, 0)]), (50, []), (50, [(0, 40000, 0)])])
def test_what_cannot_be_written_is_refused(tmp_path, rate_hz, triplets):
    path = tmp_path / "bad.krec"
    with pytest.raises(ValueError, match="recording"):
        write_recording(str(path), rate_hz, triplets)
    assert not path.exists()
