"""Do both ends refuse a million hostile frames, each of them counted, with nothing else changed?

    .venv/bin/python .ci/fuzz.py [FRAMES [SEED]]

Half go to a badge on MicroPython, half to a gateway, in parts over all cores. Every part prints its seed, which alone
makes the same frames again. Exit 1 if one frame was heeded, not counted, or raised.
"""

import collections
import os
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "host"), str(ROOT / "lib"), str(TESTS)]
FRAMES = 1_000_000
PART = 125_000  # a part begins with a badge or a house that has lived, which costs as much as 50,000 frames


def badge(seed, count):
    """Send `count` frames to a badge on MicroPython; return how many of each kind."""
    from tools.bench.pythons import micropython

    words = [micropython(), "-X", "heapsize=16m", TESTS / "hostile.py", seed, count, ROOT, TESTS]
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if run.returncode:
        raise AssertionError(run.stdout + run.stderr)
    return eval(run.stdout)  # the dict that hostile.py has just printed


def gateway(seed, count):
    """Send `count` frames to a gateway; return how many of each kind."""
    import hostile

    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="kald-", dir=memory if memory.is_dir() else None) as folder:
        return hostile.gateway(seed, count, Path(folder) / "kald.sqlite")


def main(words):
    """Send them all; return the exit code."""
    frames = int(words[0]) if words else FRAMES
    seed = int(words[1]) if len(words) > 1 else secrets.randbelow(1_000_000)
    began, found, wrong = time.monotonic(), {badge: collections.Counter(), gateway: collections.Counter()}, 0
    parts = [(end, seed + n, min(PART, frames // 2 - n * PART)) for n in range(-(-frames // 2 // PART))
             for end in (gateway, badge)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        under_way = {pool.submit(end, part, count): (end, part, count) for end, part, count in parts}
        for done in as_completed(under_way):
            end, part, count = under_way[done]
            try:
                found[end].update(done.result())
            except Exception as error:  # whatever it is, it is what is looked for; the seed is what matters
                wrong += 1
                print(f"{end.__name__}, seed {part}, {count} frames: {type(error).__name__}: {error}", flush=True)
    for end, counts in found.items():
        print(f"{end.__name__:8} {counts.total():8,} refused and counted: "
              + ", ".join(f"{how} {n:,}" for how, n in sorted(counts.items())))
    print(f"seeds {seed} to {seed + len(parts) // 2 - 1}, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
