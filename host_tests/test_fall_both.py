"""Does the detector decide the same on CPython and on MicroPython, with nothing allocated and in small slices?"""

import struct

import numpy as np
from counted import lines_of
from lived import ROOT, alike, lived

from firmware.detect.fall import FallDetector
from tools.sim.body import Body
from tools.train import sensor, synth, tumble

LIFE = """
import struct, sys
sys.path[:0] = sys.argv[2:]
from array import array
from firmware.detect.fall import FallDetector
from firmware.detect.window import Plausibility, Window
from firmware.detect.position import Position
from firmware.detect.motionless import Motionless
from firmware.detect.position import Steps
from firmware.detect.struggle import Struggle
import micropython
lock = getattr(micropython, "heap_lock", lambda: None)
unlock = getattr(micropython, "heap_unlock", lambda: None)
with open(sys.argv[1], "rb") as file:
    data = file.read()
fall, second, position, motionless, check = FallDetector(), Window(), Position(5), Motionless(5), Plausibility()
steps, struggle = Steps(fall), Struggle(fall)
now = 0x3FFFFFFF - 100000
decided = 0
one = array("h", (0, 0, 0))
for k in range(len(data) // 6):
    x, y, z = [max(-18000, min(18000, mg)) for mg in struct.unpack_from("<hhh", data, 6 * k)]
    one[0] = x
    one[1] = y
    one[2] = z
    now = (now + 20) & 0x3FFFFFFF
    a = b = c = d = 0
    lock()
    fell = fall.sample(x, y, z, now)
    if second.samples(one, 0, 1):
        a = position.second(second, now, steps.second(second))
        b = motionless.second(second, now, position.lost, position.known, position.upright, steps.sways)
        d = struggle.second(second)
        c = check.second(second)
    unlock()
    if fall.decided != decided:
        decided = fall.decided
        print(k, fell, fall.weighed_at, fall.points, fall.features.thing, list(fall.features.values))
    if a or b or c or d:
        print(k, a, b, c, d)
print("lived", decided)
"""

SIZE = """
import gc, sys
sys.path[:0] = sys.argv[1:]
from firmware.detect import model
from firmware.detect.fall import FallDetector
kept, taken = [None] * 9, [0] * 9
for n in range(9):
    kept[n] = FallDetector(model)
    gc.collect()
    taken[n] = gc.mem_alloc()
# the middle one, since an old word on the stack may look like something that is kept
print(sorted(taken[n + 1] - taken[n] for n in range(8))[4])
"""


def rows():
    """Bodies that fall and live, made scenes, noise from end to end of the range, and the ends themselves."""
    parts, out = [], [0, 0, 0]
    for seed in (1, 2, 3):
        body = Body(seed)
        for activity, at_s in (("walking", 2), ("jump", 9), ("sitting", 13), ("walking", 16), ("fall", 26)):
            body.play(activity, 1000 * at_s)
        for t_ms in range(0, 50000, 20):
            body.milli_g(t_ms, out)
            parts.append(tuple(out))
    for kind in [*synth.KINDS, *tumble.FALLS]:
        recording = synth.make(kind, 5000)
        parts += sensor.measure(recording.accel, recording.fs)[0].tolist()
    random = np.random.default_rng(11)
    parts += random.integers(-32768, 32768, (3000, 3)).tolist()
    parts += random.choice([-32768, -18000, 0, 18000, 32767], (3000, 3)).tolist()
    parts += [(0, 0, 0)] * 700 + [(0, 0, 1000)] * 3500
    return parts


def written(folder, life):
    """Write the script `life` and the rows into `folder`; return both paths."""
    (folder / "life.py").write_text(life)
    (folder / "rows.bin").write_bytes(b"".join(struct.pack("<hhh", *row) for row in rows()))
    return folder / "life.py", folder / "rows.bin"


def test_equal_decisions_under_a_locked_heap(tmp_path, either):
    there, here = alike(either, *written(tmp_path, LIFE), ROOT)
    assert here.count(" 1 ") >= 3 and "lived" in here
    assert there == here


def test_a_quiet_sample_and_a_slice_are_cheap():
    fall = FallDetector()
    quiet = [lines_of(lambda: fall.sample(12, 996, k & 15, 0)) for k in range(400)]
    assert max(quiet) <= 23 and sum(quiet) <= 14 * len(quiet)
    fall.sample(9000, 9000, 0, 0)
    waiting = [lines_of(lambda: fall.sample(12, 996, k & 15, 0)) for k in range(300)]
    assert fall.decided == 1
    assert max(waiting) <= 3400 and sum(waiting) <= 22_500


def test_buffers_take_four_kilobytes_where_pointers_are_the_badges(tmp_path, micropython32):
    (tmp_path / "size.py").write_text(SIZE)
    assert int(lived(micropython32, tmp_path / "size.py", ROOT)) <= 4096
