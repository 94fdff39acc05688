"""Does every recording give the same verdicts on CPython, on MicroPython, and on a 32-bit MicroPython?

usage: verdicts.py FALLDATA     ($KALD_MICROPYTHON32 names the 32-bit one)

All recordings, measured as the badge's sensor would, go through firmware/detect/body.py as on the badge: falls,
position, stillness and the sensor's check. What each says, and every vote of the forest, is printed and compared. The
64-bit MicroPython, whose numbers are wider than a badge's, takes every third of them. Before and after each comes as
much of its first and last second as a verdict wants; more of the same is `kald evaluate`'s, which counts falls.
"""

import os
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD_S, TAIL_S = 6, 8  # with 30 and 15, as `kald evaluate` has, the same falls are found

LIFE = """
import struct, sys
sys.path[:0] = sys.argv[2:]
from array import array
from firmware.detect.body import Body
BLOCK = 28
with open(sys.argv[1], "rb") as file:
    while True:
        head = file.read(4)
        if not head:
            break
        left = struct.unpack("<I", head)[0]
        now = 0x3FFFFFFF - 20000
        body = Body(now, 45000)
        fall = body._fall
        decided = 0
        while left:
            n = min(left, BLOCK)
            block = array("h", file.read(6 * n))
            now = (now + 20 * n) & 0x3FFFFFFF
            at = 0
            while at < n:
                event = body.samples(block, at, n, now)
                at = body.taken
                if event:
                    print(event, now - 20 * (n - at), body.began_at)
                if fall.decided != decided:
                    decided = fall.decided
                    print("vote", fall.weighed_at, fall.points)
            left -= n
        print("end", decided, body.check.wrong)
"""


def write(falldata, path, some):
    """Write all recordings as the badge's sensor gives them: count, then x, y, z of 16 bits. Return the samples.

    Every third goes into the file `some`, too.
    """
    from tools.train import recordings, sensor

    total = count = 0
    with open(path, "wb") as out, open(some, "wb") as thirds:
        for file in recordings.files(falldata):
            for recording in recordings.read(file):
                samples, _ = sensor.measure(recording.accel, recording.fs)
                padded, _ = sensor.pad(samples, HEAD_S, TAIL_S)
                data = struct.pack("<I", len(padded)) + padded.astype("<i2").tobytes()
                out.write(data)
                if count % 3 == 0:
                    thirds.write(data)
                count += 1
                total += len(padded)
    return total


def every_third(said):
    """Return the lines of every third recording; each ends with the line "end"."""
    count, kept = 0, []
    for line in said.splitlines(keepends=True):
        if count % 3 == 0:
            kept.append(line)
        count += line.startswith("end")
    return "".join(kept)


def main(falldata):
    """Compare; return the exit code."""
    from tools.bench import pythons

    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        data, some, life = (Path(folder) / name for name in ("samples", "some", "life.py"))
        total = write(falldata, data, some)
        life.write_text(LIFE)
        there = {"CPython": sys.executable, "MicroPython": pythons.micropython(),
                 "32-bit MicroPython": pythons.micropython32()}
        for name, python in there.items():
            if not python:
                print(f"verdicts: there is no {name} here")
                return 1

        def said_by(name):
            taken = some if name == "MicroPython" else data
            words = [there[name], str(life), str(taken), str(ROOT), str(ROOT / "tools" / "host")]
            return subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ}).stdout

        with ThreadPoolExecutor() as pool:
            said = dict(zip(there, pool.map(said_by, there)))
        expected = {name: every_third(said["CPython"]) if name == "MicroPython" else said["CPython"] for name in there}
        lines = said["CPython"].splitlines()
        votes = sum(line.startswith("vote") for line in lines)
        print(f"{total} samples, {votes} votes, {len(lines)} lines: " + ", ".join(
            f"{name} {'equal' if text == expected[name] else 'DIFFERENT'}" for name, text in said.items()))
        return 0 if said == expected and votes > 1000 else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
