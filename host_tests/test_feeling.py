"""Is what a motor did read back as what the firmware played?"""

import pytest

from firmware.feedback import patterns
from firmware.feedback.patterns import RHYTHMS
from firmware.feedback.player import Player
from tools.sim.demo.feeling import NAMES, Feeling


def play(orders, until_ms, jitter):
    """Play (t_ms, pattern) orders on the firmware's player, looked at every 20 ms and late by up to `jitter` ms."""
    player, feeling, found = Player(), Feeling(), []
    for turn in range(until_ms // 20):
        now = turn * 20
        for at, pattern in orders:
            if at == now:
                player.play(pattern, now)
        late = now + (turn * 7919 % (jitter + 1))
        feeling.level(late, player.level(now))
        found += feeling.felt(late)
    return [number for _, number in found]


@pytest.mark.parametrize("jitter", [0, 15])
@pytest.mark.parametrize("number", list(NAMES))
def test_every_pattern_is_read(number, jitter):
    assert play([(100, number), (6000, number)], 12000, jitter) == [RHYTHMS[number]] * 2


def test_a_graver_pattern_is_felt_whole_wherever_it_breaks_in():
    for at in range(120, 1500, 20):
        orders = [(100, patterns.CALLED_ASSIST), (at, patterns.CALLED_EMERGENCY), (5000, patterns.TROUBLE)]
        assert play(orders, 9000, 0)[-2:] == [patterns.CALLED_FALL, patterns.CANCELLED], at
        assert play([(100, patterns.CALLED_EMERGENCY), (at, patterns.TAKEN)], 6000, 0)[-1] == patterns.TAKEN, at


def test_patterns_in_a_queue_are_all_read():
    orders = [(100, patterns.TAKEN), (200, patterns.TROUBLE)]
    assert play(orders, 5000, 10) == [patterns.TAKEN, patterns.CANCELLED]


@pytest.mark.parametrize("late_ms", range(0, 1000, 60))
def test_taken_that_breaks_off_received_is_felt_as_taken(late_ms):
    player, feeling, found = Player(), Feeling(), []
    player.play(patterns.RECEIVED, 0)
    for now in range(0, 5000, 20):
        feeling.level(now, player.level(now))
        found += [number for _, number in feeling.felt(now)]
        if now == late_ms:
            player.play(patterns.TAKEN, now)  # the motor has just been looked at, and stops at the next look
    assert found[-1] == patterns.TAKEN and len(found) <= 2
