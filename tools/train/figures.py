"""What holds on people and sets that were not in training, beside known rules? The card's table, in one run.

Each recording is worn through the badge's door by the forest that saw nobody of its person's group, by the one that saw
nothing of its experiment, and by the rules of rules.py; each fall once more for each movement after it, in mg. Shares
in percent, with the interval that holds the true one nineteen times in twenty (Wilson).
"""

import multiprocessing
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from tools.train import recordings, score
from tools.train.gather import WITH_FALLS
from tools.train.recordings import Recording
from tools.train.rules import RULES
from tools.train.sensor import Wearing

STIRS_MG = (0, 250, 700)
_Z = 1.96
_IN_BED = ("A016", "A017", "A018")  # FallAllD: lying down, turning over, getting up

Row = tuple[str, str, str, int, bool, bool]  # detector, part, activity, stir, is a fall, was told
Wear = Callable[[str, np.random.Generator, Recording, int], Wearing]
Make = Callable[[Recording], score.Detector]


def share(hits: int, of: int) -> str:
    """Return `hits` of `of` in percent, with its interval."""
    if not of:
        return "–"
    p = hits / of
    middle = (p + _Z * _Z / 2 / of) / (1 + _Z * _Z / of)
    half = _Z / (1 + _Z * _Z / of) * (p * (1 - p) / of + _Z * _Z / 4 / of / of) ** 0.5
    low, high = max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))
    return f"{100 * p:.1f} [{low:.1f}–{high:.1f}]"


def part(recording: Recording) -> str:
    """Return the line that a recording is counted in: set, place, and the group of age where a set has both."""
    groups = {"SA": ", young", "SE": ", elderly"}
    group = groups.get(recording.subject[:2], "") if recording.set == "sisfall" else ""
    return f"{recording.set.split('_')[0]} {recording.position}{group}"


def judge(path: Path, makers: dict[str, Make], wearing: Wear, seed: int = 1) -> list[Row]:
    """Return what each of `makers` said of each recording in the file `path`; rules only where there are falls."""
    found = recordings.read(path)
    rows: list[Row] = []
    if not any(recording.is_fall for recording in found) and found[0].set not in WITH_FALLS:
        makers = {name: make for name, make in makers.items() if name not in RULES}
    for number, recording in enumerate(found):
        for mg in STIRS_MG if recording.is_fall else (0,):
            for name, make in makers.items():
                random = np.random.default_rng([seed, number, sum(map(ord, recording.name))])
                worn = wearing("", random, recording, mg)
                events = score.wear(make(recording), recording, worn, random)
                told = score.verdict(recording, events)[0] if recording.is_fall else bool(events)
                rows.append((name, part(recording), recording.activity, mg, recording.is_fall, told))
    return rows


def _job(job: tuple[Path, dict[str, Make], Wear]) -> list[Row]:
    return judge(*job)


def gather(paths: Iterable[Path], makers: dict[str, Make], wearing: Wear, processes: int,
           say: Callable[[str], None]) -> list[Row]:  # fmt: skip
    """Return the rows of all files."""
    jobs = [(path, makers, wearing) for path in paths]
    rows: list[Row] = []
    with multiprocessing.Pool(min(processes, len(jobs))) as pool:
        for done, found in enumerate(pool.imap(_job, jobs), 1):
            rows += found
            say(f"{done} of {len(jobs)} files")
    return rows


def table(rows: list[Row], names: Iterable[str]) -> str:
    """Return `rows` as a table in Markdown, one line a figure, one column for each detector of `names`."""
    names = list(names)
    lines = [" | ".join(["| set, place", "figure", *names]) + " |", "|---" * (2 + len(names)) + "|"]
    for where in sorted({row[1] for row in rows}):
        here = [row for row in rows if row[1] == where]
        falls = [row for row in here if row[4]]
        lived = [row for row in here if not row[4]]
        figures = [(f"found, {mg} mg" if mg else "found", [row for row in falls if row[3] == mg]) for mg in STIRS_MG]
        figures += [("left alone", lived)]
        if any(row[2] in _IN_BED for row in lived):
            figures += [("left alone, without bed", [row for row in lived if row[2] not in _IN_BED])]
        for figure, counted in figures:
            if counted:
                cells = [_cell([row for row in counted if row[0] == name]) for name in names]
                lines.append(" | ".join([f"| {where}", figure, *cells]) + " |")
    return "\n".join(lines)


def _cell(rows: list[Row]) -> str:
    return share(sum(row[5] == row[4] for row in rows), len(rows))
