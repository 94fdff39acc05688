"""Does every number in the detector fit 30 bits? Each operator's result is looked at, over the worst samples.

The ESP32 has 31-bit small ints; a result past 2^30 would be put on the heap, and under a locked heap raise. Neither
CPython nor a 64-bit MicroPython would notice. So the detector's modules are compiled here with every operator wrapped.
"""

import ast
import importlib.util
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("features", "model", "fall", "window", "position", "motionless", "struggle")
ENDS = (-32768, -24564, -18001, -18000, -8192, -1, 0, 1, 999, 8191, 18000, 24564, 32767)
END = st.sampled_from(ENDS)
counted = [0]


def fit(value):
    """Return `value`, which must be a small int of a 32-bit MicroPython when it is an int at all."""
    counted[0] += 1
    if type(value) is int:
        assert -(2**30) <= value < 2**30, value
    else:
        assert not isinstance(value, float), value
    return value


class Wrap(ast.NodeTransformer):
    """Puts `_fit(...)` around each operator; `a += b` becomes `a = _fit(a + b)`."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return ast.Call(ast.Name("_fit", ast.Load()), [node], [])

    visit_UnaryOp = visit_BinOp

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        old = ast.parse(ast.unparse(node.target), mode="eval").body
        whole = ast.Call(ast.Name("_fit", ast.Load()), [ast.BinOp(old, node.op, node.value)], [])
        return ast.Assign([node.target], whole)


@pytest.fixture(scope="module")
def room():
    """The detector's modules, wrapped, in place of the plain ones while these tests run."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith("firmware.detect.")}
    made = {}
    try:
        for name in kept:
            del sys.modules[name]
        for name in NAMES:
            path = ROOT / "firmware" / "detect" / f"{name}.py"
            tree = ast.fix_missing_locations(Wrap().visit(ast.parse(path.read_text())))
            spec = importlib.util.spec_from_file_location(f"firmware.detect.{name}", path)
            module = importlib.util.module_from_spec(spec)
            module._fit = fit
            sys.modules[spec.name] = module
            exec(compile(tree, str(path), "exec"), module.__dict__)
            made[name] = module
        yield made
    finally:
        for name in [name for name in sys.modules if name.startswith("firmware.detect.")]:
            del sys.modules[name]
        sys.modules.update(kept)


def live(room, rows, start=0x3FFFFFFF - 3000):
    fall, second = room["fall"].FallDetector(room["model"]), room["window"].Window()
    position, motionless = room["position"].Position(2), room["motionless"].Motionless(2)
    check = room["window"].Plausibility()
    steps, struggle = room["position"].Steps(fall), room["struggle"].Struggle(fall)
    now = start
    for x, y, z in rows:
        now = (now + 20) & 0x3FFFFFFF
        quiet = fall.quiet((x, y, z), 0, 1)
        x, y, z = (max(-18000, min(18000, mg)) for mg in (x, y, z))  # these stand behind the body's door, which clamps
        if not quiet:
            fall.sample(x, y, z, now)
        if second.samples((x, y, z), 0, 1):
            position.second(second, now, steps.second(second))
            motionless.second(second, now, position.lost, position.known)
            struggle.second(second)
            check.second(second)
    return fall


def test_the_hook_sees(room):
    with pytest.raises(AssertionError):
        room["features"].isqrt(2**31) if fit(2**30) else None
    before = counted[0]
    live(room, [(0, 0, 1000)] * 100)
    assert counted[0] > before + 500


def test_noise_from_end_to_end(room):
    random = np.random.default_rng(1)
    assert live(room, random.integers(-32768, 32768, (2500, 3)).tolist()).decided > 8
    assert live(room, random.choice(ENDS, (2500, 3)).tolist()).decided > 8


@pytest.mark.parametrize("corner", list(itertools.product((-32767, 32767), repeat=3)))
def test_every_corner_held_and_turned_over(room, corner):
    other = tuple(-mg for mg in corner)
    assert live(room, [corner] * 700 + [other] * 700 + [corner, other] * 350).decided > 2


@given(st.lists(st.tuples(END, END, END, st.integers(1, 400)), min_size=2, max_size=12))
@settings(derandomize=True, max_examples=25, deadline=None)
def test_any_steps_between_the_ends(room, steps):
    live(room, [step[:3] for step in steps for _ in range(step[3])])
