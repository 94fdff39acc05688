"""draws a recording with gate, features and verdict, as an SVG picture"""

import struct
from pathlib import Path

import numpy as np

from tools.cli import _help
from tools.sim.recording import Recording as Played
from tools.train import picture, recordings


def _played(path: Path) -> recordings.Recording:
    """Return a KREC file (tools/sim/recording.py) as a recording of daily life at its own rate."""
    played = Played(str(path))
    data = path.read_bytes()[6:]
    accel = np.array(struct.unpack(f"<{len(data) // 2}h", data), dtype=np.int32).reshape(-1, 3)
    peak_s = int(np.argmax((accel**2).sum(axis=1))) / played.rate_hz
    return recordings.Recording("file", "", "badge", "unknown", path.name, False, float(played.rate_hz), peak_s, accel)


def _pick(path: Path, which: str) -> recordings.Recording:
    """Return the recording `which` (a number from 0, or a part of a name) of an .npz file. Raises Refusal."""
    found = recordings.read(path)
    if which.isdigit() and int(which) < len(found):
        return found[int(which)]
    named = [recording for recording in found if which in recording.name]
    if which.isdigit() or not named:
        some = ", ".join(recording.name for recording in found[:3])
        raise recordings.Refusal(f"{path} has {len(found)} recordings, {some} ...; none is {which}")
    return named[0]


@_help.refusing(recordings.Refusal, ValueError, OSError, name="kald replay")
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("replay", __doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="an .npz file of recordings, or a .krec file")
    parser.add_argument("--which", default="0", metavar="N", help="number of the recording, or a part of its name (0)")
    parser.add_argument("--out", type=Path, metavar="SVG", help="where the picture goes (default: the name, here)")
    given = parser.parse_args(words)
    if given.file.suffix == ".npz":
        recording = _pick(given.file, given.which)
    else:
        recording = _played(given.file)
    out = given.out or Path(f"{Path(recording.name).stem}.svg")
    out.write_text(picture.draw(recording))
    decisions, _ = picture.replay(recording)
    for impact_s, points, _, fell in decisions:
        print(f"{impact_s:8.2f} s  {points:+5d} points  {'FELL' if fell else '-'}")
    print(f"drawn in {out}")
    return 0
