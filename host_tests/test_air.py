"""Does the simulated air carry frames for exactly their time, and do they destroy each other as LoRa does?"""

import pytest
from ears import Ear, quiet_air
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.link.airtime import airtime_us
from tools.sim.air.phy import Dice, Shape, noise_dbm, weakest_dbm

POWER = 14


@given(st.integers(0, 255), st.integers(7, 12), st.integers(6, 1100))
def test_the_air_and_the_product_count_the_same_airtime(n, sf, preamble):
    assert Shape(n, sf, preamble=preamble).airtime_us == airtime_us(n, sf, preamble)


def test_what_a_receiver_needs():
    assert noise_dbm(125000) == pytest.approx(-117, abs=0.1)
    assert weakest_dbm(7, 125000) == pytest.approx(-124.5, abs=0.1)
    assert weakest_dbm(12, 125000) == pytest.approx(-137, abs=0.1)
    with pytest.raises(ValueError):
        Shape(10, 6)


def test_a_frame_arrives_at_its_end():
    air = quiet_air()
    ear, mouth = Ear(air, 30), Ear(air)
    mouth.radio.transmit(b"x" * 24, POWER)
    air.clock.run(1000000)
    times = [(word[0], word[1]) for word in ear.heard]
    assert times == [(5 * 1024, "preamble"), (round(20.25 * 1024), "header"), (61696, "frame")]
    assert ear.heard[-1][2:] == (b"x" * 24, round(14 - 31 - 30 * 1.4771))
    assert mouth.heard == [] and mouth.radio.sent == [(0, 61696, 869525000)]


def both(power_a, power_b, gap_us, sf_b=7, hz_b=869525000):
    """Two frames, the second `gap_us` later; return the ear that heard what it could."""
    air = quiet_air()
    ear, a, b = Ear(air, 50), Ear(air, 0, listening=False), Ear(air, 100, listening=False)
    b.radio.tune(hz_b, sf_b)
    air.clock.at(1000, a.radio.transmit, b"a" * 24, power_a)
    air.clock.at(1000 + gap_us, b.radio.transmit, b"b" * 24, power_b)
    air.clock.run(1000000)
    return ear


MS = 1000


@pytest.mark.parametrize(
    "power_a, power_b, gap_us, said",
    [
        (14, 14, 0, []),  # equal: neither
        (14, 9, 0, []),  # 5 dB are not enough
        (14, 8, 0, [b"a" * 24]),  # 6 dB are
        (8, 14, 0, [b"b" * 24]),
        (14, 8, 30 * MS, [b"a" * 24]),
        (14, 14, 15 * MS, ["bad header"]),
        (14, 14, 30 * MS, ["bad frame"]),
        (8, 14, 30 * MS, ["bad frame"]),  # the stronger comes too late: the radio stays with the first, and loses it
        (8, 14, 6 * MS, [b"b" * 24]),  # still in the preamble: the stronger takes over
        (14, 14, 61 * MS, ["bad frame", b"b" * 24]),  # the second begins in the last millisecond of the first
        (14, 14, 62 * MS, [b"a" * 24, b"b" * 24]),
    ],
)
def test_frames_that_overlap(power_a, power_b, gap_us, said):
    assert both(power_a, power_b, gap_us).said() == said


def test_other_channels_and_other_spreading_factors_hardly_disturb():
    assert both(14, 14, 20 * MS, hz_b=869525000 + 125000).said() == [b"a" * 24]
    assert both(14, 14, 20 * MS, sf_b=8).said() == [b"a" * 24]
    assert both(0, 15, 20 * MS, sf_b=8).said() == [b"a" * 24]
    assert both(0, 17, 30 * MS, sf_b=8).said() == ["bad frame"]  # 17 dB stronger


def test_far_is_far():
    air = quiet_air()
    mouth, near, far = Ear(air), Ear(air, 3700), Ear(air, 3900)
    mouth.radio.transmit(b"call", POWER)
    air.clock.run(MS * 1000)
    assert near.said() == [b"call"] and far.said() == []
    air.attenuate(mouth.radio, near.radio, 200)
    mouth.radio.transmit(b"call", POWER)
    air.clock.run(MS * 2000)
    assert near.said() == [b"call"]


@pytest.mark.parametrize("late_symbols, hears", [(0, True), (2.9, True), (3.1, False), (20, False)])
def test_a_preamble_needs_five_symbols(late_symbols, hears):
    air = quiet_air()
    ear, mouth = Ear(air, 10, listening=False), Ear(air)
    mouth.radio.transmit(b"call", POWER)
    air.clock.at(int(late_symbols * 1024), ear.radio.listen, True)
    air.clock.run(MS * 1000)
    assert (ear.said() == [b"call"]) is hears


def test_half_duplex():
    air = quiet_air()
    a, b = Ear(air), Ear(air, 10)
    a.radio.transmit(b"from a", POWER)
    air.clock.run(20 * MS)
    b.radio.transmit(b"from b", POWER)
    air.clock.run(MS * 1000)
    assert a.said() == b.said() == []
    b.radio.listen(True)
    a.radio.transmit(b"from a", POWER)
    air.clock.run(MS * 2000)
    assert b.said() == [b"from a"]


@pytest.mark.parametrize("tuning, said", [
    ({"sync": 0x34}, []), ({"inverts_tx": True}, []), ({"sf": 8}, []), ({"header": False}, ["bad header"]),
    ({}, [b"?"]),
])
def test_other_settings_are_not_heard(tuning, said):
    air = quiet_air()
    ear, mouth = Ear(air), Ear(air, 10, **tuning)
    mouth.radio.transmit(b"?", POWER)
    air.clock.run(MS * 1000)
    assert ear.said() == said


def test_a_sender_that_stops_is_not_read():
    air = quiet_air()
    ear, mouth = Ear(air), Ear(air, 10)
    mouth.radio.transmit(b"long" * 20, POWER)
    air.clock.run(50 * MS)
    mouth.radio.hush()
    air.clock.run(MS * 1000)
    assert ear.said() == ["bad frame"] and mouth.radio.sent == [(0, 50 * MS, 869525000)]
    assert not air.live


def test_activity():
    air = quiet_air()
    ear, mouth, other = Ear(air), Ear(air, 10), Ear(air, 10, sf=9)
    assert not ear.radio.busy()
    other.radio.transmit(b"y" * 24, POWER)
    air.clock.run(20 * MS)
    assert not ear.radio.busy() and ear.radio.rssi_dbm() == pytest.approx(-47, abs=1)
    air.clock.run(300 * MS)
    mouth.radio.transmit(b"x" * 24, POWER)
    air.clock.run(305 * MS)
    assert ear.radio.busy() and ear.radio.busy(preamble_only=True)
    air.clock.run(340 * MS)
    assert ear.radio.busy() and not ear.radio.busy(preamble_only=True)
    air.clock.run(400 * MS)
    assert not ear.radio.busy() and ear.radio.rssi_dbm() == pytest.approx(-117, abs=0.5)


def crowd(seed, **chances):
    """Twelve radios that send every second or so for a minute; return all that the thirteenth heard, with times."""
    air = quiet_air(seed=seed, shadowing=True, **chances)
    ear = Ear(air, 40, 40)
    dice = Dice(seed + 1)
    for i in range(12):
        mouth = Ear(air, dice.below(80), dice.below(80), listening=False)
        for n in range(60):
            air.clock.at(n * 1000000 + dice.below(900000), mouth.radio.transmit, bytes((i, n)), POWER)
    air.clock.run(61000000)
    return ear


@pytest.mark.parametrize("seed", [3, 4])
def test_one_seed_one_story(seed):
    assert crowd(seed).heard == crowd(seed).heard != crowd(seed + 10).heard
    counts = crowd(seed).radio.counts
    assert counts["heard"] > 300 and counts["collided"] > 50


def test_losses_are_drawn_as_asked():
    air = quiet_air(loss_permille=300, garble_permille=200)
    ear, mouth = Ear(air), Ear(air, 10)
    for n in range(1000):
        air.clock.at(n * 100 * MS, mouth.radio.transmit, b"call", POWER)
    air.clock.run(200000 * MS)
    counts = ear.radio.counts
    assert counts["lost"] + counts["heard"] + counts["garbled"] == 1000
    assert 270 < counts["lost"] < 330 and 115 < counts["garbled"] < 165
    assert ear.said().count("bad frame") == counts["garbled"] and ear.said().count(b"call") == counts["heard"]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.integers(0, 14)), max_size=12))
def test_every_frame_heard_was_sent_and_ended_then(plan):
    air = quiet_air()
    mouths = [Ear(air, 20 * i) for i in range(4)]
    for n, (ms, who, power) in enumerate(plan):
        mouth = mouths[who].radio
        air.clock.at(ms * MS, lambda m=mouth, b=bytes((n, who)), p=power: m.sending or m.transmit(b, p))
    air.clock.run(10000 * MS)
    ends = [end for mouth in mouths for _, end, _ in mouth.radio.sent]
    for mouth in mouths:
        for word in mouth.heard:
            if word[1] == "frame":
                assert word[0] in ends and plan[word[2][0]][1] == word[2][1] and mouth is not mouths[word[2][1]]
