"""What did the detector see? A recording as a drawing (SVG): weight, attitude, each impact, features, the verdict."""

from collections.abc import Iterable

import numpy as np

from firmware.detect.fall import FallDetector
from tools.docs.sheet import Sheet
from tools.train import score, sensor
from tools.train.named import NAMES
from tools.train.recordings import Recording

WIDTH, LEFT, TOP, PLOT, GAP, COLUMN = 1200, 70, 60, 200, 40, 95
GATE_G = 1.6  # firmware/detect/fall.py
SPANS_S = (("before", -3.0, -1.0, "#cfe3f7"), ("around", -1.0, 1.5, "#f7d9c4"), ("after", 1.5, 5.0, "#d6efd0"))

Decision = tuple[float, int, tuple[int, ...], bool]  # impact_s, points, features, whether it was a fall


class Watched:
    """The detector, keeping of each decision (impact_at, points, features, fell)."""

    def __init__(self) -> None:
        self.impact_at = 0
        self.decisions: list[tuple[int, int, tuple[int, ...], bool]] = []
        self._detector = FallDetector()

    def sample(self, x: int, y: int, z: int, now: int) -> bool:
        """Take mg at `now`; return what the detector returns."""
        before = self._detector.decided
        fell = self._detector.sample(x, y, z, now)
        self.impact_at = self._detector.impact_at
        if self._detector.decided != before:
            detector = self._detector
            self.decisions.append((detector.weighed_at, detector.points, tuple(detector.features.values), bool(fell)))
        return bool(fell)


def replay(recording: Recording) -> tuple[list[Decision], sensor.Samples]:
    """Return the decisions, and the samples as the badge had them."""
    watched = Watched()
    score.wear(watched, recording)
    samples, times = sensor.measure(recording.accel, recording.fs)
    head = sensor.HEAD_S * sensor.RATE_HZ
    found: list[Decision] = []
    for at, points, values, fell in watched.decisions:
        place = ((at - score.FIRST_MS) & score.MASK) // score.SAMPLE_MS - head
        if place < 0:
            continue  # in the wait that repeats the first second
        found.append((score.seconds(place, times), points, values, fell))
    return found, samples


def draw(recording: Recording) -> str:
    """Return the drawing as SVG text."""
    decisions, samples = replay(recording)
    seconds = len(samples) / sensor.RATE_HZ
    size = np.linalg.norm(samples, axis=1) / 1000
    top_g = max(3.0, float(size.max()) * 1.05)
    first = samples[: sensor.RATE_HZ].mean(axis=0)
    sheet = Sheet(WIDTH)

    def across(t_s: float) -> float:
        return LEFT + (WIDTH - 2 * LEFT) * min(max(t_s, 0), seconds) / seconds

    def curve(values: Iterable[float], low: float, high: float, y: float, colour: str) -> None:
        points = [(across(i / sensor.RATE_HZ), y + PLOT * (1 - (min(max(v, low), high) - low) / (high - low)))
                  for i, v in enumerate(values)]
        sheet.curve(points, colour)

    def frame(y: float, low: float, high: float, title: str) -> None:
        sheet.box(LEFT, y, WIDTH - 2 * LEFT, PLOT, stroke="#999")
        sheet.text(LEFT - 6, y + 10, f"{high:g}", anchor="end")
        sheet.text(LEFT - 6, y + PLOT, f"{low:g}", anchor="end")
        sheet.text(LEFT + 6, y + 14, title)

    second_y = TOP + PLOT + GAP
    for impact_s, points, _, fell in decisions:
        if fell:
            for name, begin, end, colour in SPANS_S:
                x = across(impact_s + begin)
                sheet.box(x, TOP, across(impact_s + end) - x, PLOT, colour)
                sheet.text(x + 2, TOP + PLOT - 4, name, 10, "#555")
    curve(size, 0, top_g, TOP, "#1f4e8c")
    gate_y = TOP + PLOT * (1 - GATE_G / top_g)
    sheet.line(LEFT, gate_y, WIDTH - LEFT, gate_y, "#c33", dashes="5 4")
    frame(TOP, 0, round(top_g, 1), f"weight, g (gate at {GATE_G} g)")
    smooth = np.stack([np.convolve(samples[:, axis], np.ones(25) / 25, "same") for axis in range(3)], axis=1)
    lengths = np.linalg.norm(smooth, axis=1) * np.linalg.norm(first)
    cosines = np.clip((smooth @ first) / np.maximum(lengths, 1), -1, 1)
    curve(np.degrees(np.arccos(cosines)), 0, 180, second_y, "#2c7a3d")
    frame(second_y, 0, 180, "tilt from the first second's attitude, degrees")
    table_y = second_y + PLOT + 30
    for column, name in enumerate(("impact s", "points", *NAMES)):
        sheet.text(LEFT + 60 + COLUMN * column, table_y, name, anchor="end")
    for row, (impact_s, points, values, fell) in enumerate(decisions):
        x = across(impact_s)
        sheet.line(x, TOP, x, second_y + PLOT, "#c00" if fell else "#888", 2 if fell else 1)
        y, colour = table_y + 18 * (row + 1), "#c00" if fell else "#222"
        for column, told in enumerate((f"{impact_s:.2f}", f"{points:+d}", *values, "FELL" if fell else "-")):
            sheet.text(LEFT + 60 + COLUMN * column, y, f"{told}", 12, colour, "end")
    fallen = sum(fell for *_, fell in decisions)
    what = "a fall" if recording.is_fall else "daily life"
    sheet.text(LEFT, 26, f"{recording.set} {recording.name}: {recording.activity}, {what}, "
               f"worn: {recording.position}", 16)
    sheet.text(LEFT, 46, f"{seconds:.1f} s, {len(decisions)} impacts weighed, {fallen} taken for falls", 13, "#555")
    for tick in range(0, int(seconds) + 1, max(1, int(seconds) // 15)):
        sheet.text(across(tick), second_y + PLOT + 14, f"{tick} s", 10, "#555", "middle")
    return sheet.svg(table_y + 18 * (len(decisions) + 1) + 10)
