"""Does every number in the detector fit 30 bits under the lens (host_tests/lens.py), over the worst samples?"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lens import Lens

LENS = Lens()
FALL, WINDOW, POSITION, MOTIONLESS, STRUGGLE, MODEL = [
    LENS.take(f"firmware.detect.{name}") for name in ("fall", "window", "position", "motionless", "struggle", "model")]
ENDS = (-32768, -24564, -18001, -18000, -8192, -1, 0, 1, 999, 8191, 18000, 24564, 32767)
END = st.sampled_from(ENDS)


def live(rows, start=0x3FFFFFFF - 3000):
    fall, second = FALL.FallDetector(MODEL), WINDOW.Window()
    position, motionless = POSITION.Position(2), MOTIONLESS.Motionless(2)
    check = WINDOW.Plausibility()
    steps, struggle = POSITION.Steps(fall), STRUGGLE.Struggle(fall)
    now = start
    for x, y, z in rows:
        now = (now + 20) & 0x3FFFFFFF
        quiet = fall.quiet((x, y, z), 0, 1)
        x, y, z = (max(-18000, min(18000, mg)) for mg in (x, y, z))  # these stand behind the body's door, which clamps
        if not quiet:
            fall.sample(x, y, z, now)
        if second.samples((x, y, z), 0, 1):
            position.second(second, now, steps.second(second))
            motionless.second(second, now, position.lost, position.known, position.upright, steps.sways)
            struggle.second(second)
            check.second(second)
    return fall


def test_noise_from_end_to_end():
    random = np.random.default_rng(1)
    assert live(random.integers(-32768, 32768, (2500, 3)).tolist()).decided > 8
    assert live(random.choice(ENDS, (2500, 3)).tolist()).decided > 8


@pytest.mark.parametrize("corner", list(itertools.product((-32767, 32767), repeat=3)))
def test_every_corner_held_and_turned_over(corner):
    other = tuple(-mg for mg in corner)
    assert live([corner] * 700 + [other] * 700 + [corner, other] * 350).decided > 2


@given(st.lists(st.tuples(END, END, END, st.integers(1, 400)), min_size=2, max_size=12))
@settings(derandomize=True, max_examples=25, deadline=None)
def test_any_steps_between_the_ends(steps):
    live([step[:3] for step in steps for _ in range(step[3])])
