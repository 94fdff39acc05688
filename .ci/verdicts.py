"""Does every recording give the same verdicts on CPython, on MicroPython, and on a 32-bit MicroPython?

usage: verdicts.py FALLDATA     ($KALD_MICROPYTHON32 names the 32-bit one)

All recordings, measured as the badge's sensor would, go through firmware/detect/body.py as on the badge: falls,
position, stillness and the sensor's check. What each says, and every vote of the forest, is printed and compared.
"""

import os
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

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


def write(falldata, path):
    """Write all recordings as the badge's sensor gives them: count, then x, y, z of 16 bits. Return the samples."""
    from tools.train import recordings, sensor

    total = 0
    with open(path, "wb") as out:
        for file in recordings.files(falldata):
            for recording in recordings.read(file):
                samples, _ = sensor.measure(recording.accel, recording.fs)
                padded, _ = sensor.pad(samples)
                out.write(struct.pack("<I", len(padded)) + padded.astype("<i2").tobytes())
                total += len(padded)
    return total


def main(falldata):
    """Compare; return the exit code."""
    from tools.bench import pythons

    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        data, life = Path(folder) / "samples", Path(folder) / "life.py"
        total = write(falldata, data)
        life.write_text(LIFE)
        there = {"CPython": sys.executable, "MicroPython": pythons.micropython(),
                 "32-bit MicroPython": pythons.micropython32()}
        for name, python in there.items():
            if not python:
                print(f"verdicts: there is no {name} here")
                return 1

        def said_by(python):
            words = [python, str(life), str(data), str(ROOT), str(ROOT / "tools" / "host")]
            return subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ}).stdout

        with ThreadPoolExecutor() as pool:
            said = dict(zip(there, pool.map(said_by, there.values())))
        lines = said["CPython"].splitlines()
        votes = sum(line.startswith("vote") for line in lines)
        print(f"{total} samples, {votes} votes, {len(lines)} lines: " + ", ".join(
            f"{name} {'equal' if text == said['CPython'] else 'DIFFERENT'}" for name, text in said.items()))
        return 0 if len(set(said.values())) == 1 and votes > 1000 else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
