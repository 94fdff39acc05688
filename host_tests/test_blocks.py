"""Does a block of samples tell what its samples tell one by one, with nothing allocated, wherever it begins?"""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st
from lived import HERE, ROOT, SHIMS, lived
from test_fall_both import written

from firmware.detect.body import Body
from firmware.detect.features import Axes

MASK = 0x3FFFFFFF
BEGIN = MASK - 100000

LIFE = """
import sys
sys.path[:0] = sys.argv[3:]
from array import array
import micropython
from firmware.detect.body import Body
lock = getattr(micropython, "heap_lock", lambda: None)
unlock = getattr(micropython, "heap_unlock", lambda: None)
with open(sys.argv[1], "rb") as file:
    data = array("h", file.read())
step = int(sys.argv[2])  # samples a block; 0: one by one
now = 0x3FFFFFFF - 100000
body = Body(now, 10000, 5000)
decided = 0
block = array("h", bytes(6 * 32))
at = 0
while at < len(data) // 3:
    n = min(step or 1, len(data) // 3 - at)
    for i in range(3 * n):
        block[i] = data[3 * at + i]
    now = (now + 20 * n) & 0x3FFFFFFF
    done = 0
    while done < n:
        lock()
        if step:
            event = body.samples(block, done, n, now)
            done = body.taken
        else:
            event = body.sample(block[0], block[1], block[2], now)
            done = 1
        unlock()
        if event:
            print("event", event, at + done, body.began_at)
    at += n
    step = step and step % 32 + 1  # blocks of every length, beginning at every place of a second
print("end", body._fall.decided, body._fall.points, body.check.wrong, body._motionless.moved_at)
"""


def test_blocks_tell_what_their_samples_tell(tmp_path, either):
    life = written(tmp_path, LIFE)
    one_by_one = lived(HERE, *life, 0, ROOT, SHIMS)
    assert one_by_one.count("event") > 20
    assert lived(HERE, *life, 25, ROOT, SHIMS) == lived(either, *life, 25, ROOT) == one_by_one


MG = st.one_of(st.integers(-32768, 32767), st.sampled_from((-32768, -18000, -2049, -2048, 2047, 2048, 18000, 32767)),
               st.integers(-1100, 1100))
RUN = st.tuples(MG, MG, MG, st.integers(1, 70))


def _state(part):
    return {name: vars(value) if isinstance(value, Axes) else value for name, value in vars(part).items()}


@given(st.lists(RUN, min_size=1, max_size=12), st.integers(1, 32))
@settings(deadline=None)
def test_any_samples_in_any_blocks(runs, length):
    block = array("h", [mg for x, y, z, n in runs for mg in (x, y, z) * n])
    count = len(block) // 3
    alone, together = Body(BEGIN, 3000, 2000), Body(BEGIN, 3000, 2000)
    single = []
    for i in range(count):
        event = alone.sample(*block[3 * i : 3 * i + 3], (BEGIN + 20 * i) & MASK)
        if event:
            single.append((event, i, alone.began_at))
    told = []
    for at in range(0, count, length):
        part = block[3 * at : 3 * (at + length)]
        n, done = len(part) // 3, 0
        while done < n:
            event = together.samples(part, done, n, (BEGIN + 20 * (at + n - 1)) & MASK)
            done = together.taken
            if event:
                told.append((event, at + done - 1, together.began_at))
    assert told == single
    for part in ("_second", "_position", "_motionless", "check"):
        assert _state(getattr(alone, part)) == _state(getattr(together, part))
    assert list(alone._fall.xs) == list(together._fall.xs) and alone._fall._count == together._fall._count
