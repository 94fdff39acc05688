"""What did the detector see? A recording as a drawing (SVG): weight, attitude, each impact, features, the verdict."""

from html import escape

import numpy as np

from firmware.detect.fall import FallDetector
from firmware.detect.features import NAMES
from tools.train import score, sensor

WIDTH, LEFT, TOP, PLOT, GAP, COLUMN = 1200, 70, 60, 200, 40, 95
GATE_G = 1.6  # firmware/detect/fall.py
SPANS_S = (("before", -3.0, -1.0, "#cfe3f7"), ("around", -1.0, 1.5, "#f7d9c4"), ("after", 1.5, 5.0, "#d6efd0"))


class Watched:
    """The detector, keeping of each decision (impact_at, points, features, fell)."""

    def __init__(self):
        self.impact_at = 0
        self.decisions = []
        self._detector = FallDetector()

    def sample(self, x, y, z, now):
        """Take mg at `now`; return what the detector returns."""
        before = self._detector.decided
        fell = self._detector.sample(x, y, z, now)
        self.impact_at = self._detector.impact_at
        if self._detector.decided != before:
            detector = self._detector
            self.decisions.append((detector.weighed_at, detector.points, tuple(detector.features.values), bool(fell)))
        return fell


def replay(recording):
    """Return (decisions, samples): [(impact_s, points, features, fell)] and the mg (n, 3) as the badge had them."""
    watched = Watched()
    score.wear(watched, recording)
    samples, times = sensor.measure(recording.accel, recording.fs)
    head = sensor.HEAD_S * sensor.RATE_HZ
    found = []
    for at, points, values, fell in watched.decisions:
        place = ((at - score.FIRST_MS) & score.MASK) // score.SAMPLE_MS - head
        if place < 0:
            continue  # in the wait that repeats the first second
        found.append((score.seconds(place, times), points, values, fell))
    return found, samples


def draw(recording):
    """Return the drawing as SVG text."""
    decisions, samples = replay(recording)
    seconds = len(samples) / sensor.RATE_HZ
    size = np.linalg.norm(samples, axis=1) / 1000
    top_g = max(3.0, float(size.max()) * 1.05)
    first = samples[: sensor.RATE_HZ].mean(axis=0)
    lines = []

    def across(t_s):
        return LEFT + (WIDTH - 2 * LEFT) * min(max(t_s, 0), seconds) / seconds

    def text(x, y, words, size_px=12, colour="#222", anchor="start"):
        lines.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size_px}" fill="{colour}" text-anchor="{anchor}">'
                     f"{escape(words)}</text>")  # fmt: skip

    def curve(values, low, high, y, colour):
        points = " ".join(
            f"{across(i / sensor.RATE_HZ):.1f},{y + PLOT * (1 - (min(max(v, low), high) - low) / (high - low)):.1f}"
            for i, v in enumerate(values)
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1"/>')

    def frame(y, low, high, title):
        lines.append(f'<rect x="{LEFT}" y="{y}" width="{WIDTH - 2 * LEFT}" height="{PLOT}" fill="none" stroke="#999"/>')
        text(LEFT - 6, y + 10, f"{high:g}", anchor="end")
        text(LEFT - 6, y + PLOT, f"{low:g}", anchor="end")
        text(LEFT + 6, y + 14, title)

    second_y = TOP + PLOT + GAP
    for impact_s, points, _, fell in decisions:
        if fell:
            for name, begin, end, colour in SPANS_S:
                x = across(impact_s + begin)
                lines.append(f'<rect x="{x:.1f}" y="{TOP}" width="{across(impact_s + end) - x:.1f}" height="{PLOT}" '
                             f'fill="{colour}"/>')  # fmt: skip
                text(x + 2, TOP + PLOT - 4, name, 10, "#555")
    curve(size, 0, top_g, TOP, "#1f4e8c")
    gate_y = TOP + PLOT * (1 - GATE_G / top_g)
    lines.append(f'<line x1="{LEFT}" x2="{WIDTH - LEFT}" y1="{gate_y:.1f}" y2="{gate_y:.1f}" stroke="#c33" '
                 'stroke-dasharray="5 4"/>')  # fmt: skip
    frame(TOP, 0, round(top_g, 1), f"weight, g (gate at {GATE_G} g)")
    smooth = np.stack([np.convolve(samples[:, axis], np.ones(25) / 25, "same") for axis in range(3)], axis=1)
    lengths = np.linalg.norm(smooth, axis=1) * np.linalg.norm(first)
    cosines = np.clip((smooth @ first) / np.maximum(lengths, 1), -1, 1)
    curve(np.degrees(np.arccos(cosines)), 0, 180, second_y, "#2c7a3d")
    frame(second_y, 0, 180, "tilt from the first second's attitude, degrees")
    table_y = second_y + PLOT + 30
    for column, name in enumerate(("impact s", "points", *NAMES)):
        text(LEFT + 60 + COLUMN * column, table_y, name, anchor="end")
    for row, (impact_s, points, values, fell) in enumerate(decisions):
        x = across(impact_s)
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{second_y + PLOT}" '
                     f'stroke="{"#c00" if fell else "#888"}" stroke-width="{2 if fell else 1}"/>')  # fmt: skip
        y, colour = table_y + 18 * (row + 1), "#c00" if fell else "#222"
        for column, told in enumerate((f"{impact_s:.2f}", f"{points:+d}", *values, "FELL" if fell else "-")):
            text(LEFT + 60 + COLUMN * column, y, f"{told}", 12, colour, "end")
    fallen = sum(fell for *_, fell in decisions)
    what = "a fall" if recording.is_fall else "daily life"
    text(LEFT, 26, f"{recording.set} {recording.name}: {recording.activity}, {what}, worn: {recording.position}", 16)
    text(LEFT, 46, f"{seconds:.1f} s, {len(decisions)} impacts weighed, {fallen} taken for falls", 13, "#555")
    for tick in range(0, int(seconds) + 1, max(1, int(seconds) // 15)):
        text(across(tick), second_y + PLOT + 14, f"{tick} s", 10, "#555", "middle")
    height = table_y + 18 * (len(decisions) + 1) + 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            'font-family="monospace">\n<rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(lines) + "\n</svg>\n")  # fmt: skip
