"""Does the radio's owner live through any storm of faults, keep the law in it, and talk again when it is over?"""

import pytest
from radio_rig import PACKAGE, TIME, Place, air_in_our_time
from test_lora import End

from firmware.link import region
from tools.sim.air.phy import Dice

FAULTS = {
    "sx1262": (None, "busy", "silent", "wrong", "reset", "deaf", "agc", "no_irq", "no_tx"),
    "sx1276": (None, "silent", "reset", "deaf", "agc", "no_irq", "no_tx"),
}


@pytest.mark.parametrize("seed", [*range(12), 65], ids=lambda seed: f"seed {seed} over {PACKAGE}")
def test_a_storm_passes(seed):
    dice = Dice(seed + 100)
    air = air_in_our_time(seed=seed + 1, garble_permille=100, loss_permille=100)
    kinds = [("sx1262", "sx1276")[dice.below(2)] for _ in range(3)]
    ends = [End(air, kind, 25 * i) for i, kind in enumerate(kinds)]
    taken = 0
    for turn in range(6000):
        for i, end in enumerate(ends):
            end.turn()
            what = dice.below(400)
            if what == 0:
                end.chip.fail = FAULTS[kinds[i]][dice.below(len(FAULTS[kinds[i]]))]
            elif what == 1:
                end.lora.doze(dice.below(2) == 0)
            elif what < 8:
                n = 10 + dice.below(54)
                taken += end.lora.send(bytes([i] * n), n, dice.below(3) == 0, dice.below(5) == 0)
        TIME.sleep_us(9000 + dice.below(2000))
        if turn % 500 == 499 and dice.below(3) == 0:
            TIME.sleep_ms(dice.below(300))  # the flash stalls the chip
    assert taken > 20
    for end in ends:
        end.chip.fail = None
        end.lora.doze(False)
        true_ms = sum(stop - start for start, stop, _ in end.radio.sent) / 1000
        assert true_ms <= end.ledger.spent_ms(region.P, TIME.ticks_ms()) <= region.budget_ms(region.P)
        assert len(end.radio.sent) <= end.kept
    air.garble_permille = air.loss_permille = 0
    for _ in range(7000):  # a chip that failed while it dozed, or went deaf, is started anew after a minute
        for end in ends:
            end.turn()
        TIME.sleep_ms(10)
    for i, end in enumerate(ends):
        for _ in range(4):  # it may be settling just now
            TIME.sleep_ms(0 if end.lora.up() else 10)
            end.turn()
        assert end.lora.up(), f"seed {seed}"
        frame = bytes([seed, i] * 12)
        heard = set()
        for _ in range(2):  # one in a thousand meets a receiver that is just being started anew
            assert end.lora.send(frame, 24)
            for _ in range(40):
                for other in ends:
                    other.turn()
                TIME.sleep_ms(10)
            heard.update(number for number, other in enumerate(ends) if other.got[-1:] == [frame])
        assert heard == {0, 1, 2} - {i}, f"seed {seed}"
        assert end.place.spi.violations == []


def test_two_radios_in_a_time_that_runs_elsewhere():
    """A chip is asked only now and then, as in a process of its own; what happened meanwhile has happened in order."""
    air = air_in_our_time()
    place, other = Place(air, "sx1262"), Place(air, "sx1276", 20)
    sender, receiver = place.plain(), other.plain()
    receiver.start_recv(continuous=True)
    now_us = [air.clock.now_us + 5000]
    air.clock._source = lambda: now_us[0]
    sender.prepare_send(b"while nobody looked")
    sender.start_send()
    now_us[0] += 3000000
    assert bytes(receiver.poll_recv()) == b"while nobody looked"
    assert sender.poll_send() is not True
    place.clean()
    other.clean()
