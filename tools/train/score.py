"""How well does a detector do? It wears every recording; what it says is counted.

    fall   detected when an event's impact lies within 2.5 s of the annotated impact (or of the largest magnitude)
    adl    a false alarm when any event is raised; for long recordings events per hour say more
"""

from array import array

import numpy as np

from firmware.ticks import since
from tools.train import sensor
from tools.train.recordings import CONTINUOUS_S

NEAR_S = 2.5
SAMPLE_MS = 20
MASK = 0x3FFFFFFF
BLOCK = 28  # samples that wait in the sensor when it wakes the badge, firmware/board/sensors.py
FIRST_MS = MASK - 20000  # badge time wraps during the wait before each recording


def wear(detector, recording, wearing=sensor.IDEAL, random=None, seen=None):
    """Let `detector` live through `recording`; return its events as [(impact_s, event_s)], in the recording's time.

    detector: has one of two doors. Either `sample(x, y, z, now)` returns true when it says "fell", and `impact_at` is
    when; or, as firmware/detect/body.py has it, `samples(block, at, end, now)` takes a block up to what it tells,
    `taken` says how far, and `fell(event)` returns when that began, or None for what is no fall. seen(event, event_s):
    called with all that it tells.
    """
    samples, times = sensor.measure(recording.accel, recording.fs, wearing, random)
    padded, head = sensor.pad(samples)
    events = []
    if not hasattr(detector, "samples"):
        now = FIRST_MS
        for at, (x, y, z) in enumerate(padded.tolist()):
            if detector.sample(x, y, z, now):
                impact = at - since(detector.impact_at, now) // SAMPLE_MS
                events.append((seconds(impact - head, times), seconds(at - head, times)))
            now = (now + SAMPLE_MS) & MASK
        return events
    rows = array("h", padded.astype(np.int16).tobytes())
    at = 0
    while at < len(padded):
        end = min(at + BLOCK, len(padded))
        now = (FIRST_MS + (end - 1) * SAMPLE_MS) & MASK
        while at < end:
            event = detector.samples(rows, at, end, now)
            at = detector.taken
            if not event:
                continue
            told = at - 1
            if seen is not None:
                seen(event, seconds(told - head, times))
            began_at = detector.fell(event)
            if began_at is not None:
                impact = told - since(began_at, (FIRST_MS + told * SAMPLE_MS) & MASK) // SAMPLE_MS
                events.append((seconds(impact - head, times), seconds(told - head, times)))
    return events


def seconds(at, times):
    """Return when sample `at` was, in the recording's time; before and after it the samples keep their pace."""
    if at < 0:
        return at * SAMPLE_MS / 1000
    if at >= len(times):
        return times[-1] + (at - len(times) + 1) * SAMPLE_MS / 1000
    return float(times[at])


def verdict(recording, events):
    """Return (found, delay_ms) of a fall: whether an event names its impact, and how long after it that came."""
    for impact_s, event_s in events:
        if abs(impact_s - recording.impact_s) <= NEAR_S:
            return True, round(1000 * (event_s - recording.impact_s))
    return False, None


class Tally:
    """Counts of one detector: add() each recording's events, then tables() gives plain numbers."""

    def __init__(self):
        self.rows = []

    def add(self, recording, events):
        """Count what a detector said about `recording`."""
        found, delay_ms = verdict(recording, events) if recording.is_fall else (False, None)
        hours = len(recording.accel) / recording.fs / 3600
        self.rows.append((recording.set, recording.position, recording.subject, recording.activity, recording.name,
                          recording.is_fall, found, delay_ms, len(events), hours))

    def tables(self):
        """Return {set: {position: counts}} in the form of the recordings' README."""
        sets = {}
        for row in self.rows:
            sets.setdefault(row[0], {}).setdefault(row[1], []).append(row)
        return {name: {place: _counts(rows) for place, rows in places.items()} for name, places in sets.items()}

    def wrong(self):
        """Return the names of falls that were missed and of daily activities that were taken for falls."""
        missed = [row[4] for row in self.rows if row[5] and not row[6]]
        false = [row[4] for row in self.rows if not row[5] and row[8]]
        return missed, false


def _counts(rows):
    counts = _basic(rows)
    delays = [row[7] for row in rows if row[6]]
    counts["delay_ms"] = {
        "median": round(float(np.median(delays))) if delays else None,
        "p95": round(float(np.percentile(delays, 95))) if delays else None,
        "worst": max(delays) if delays else None,
    }
    counts["by_activity"] = {key: _pair(part) for key, part in _parts(rows, lambda row: row[3])}
    counts["by_group"] = {key: _basic(part) for key, part in _parts(rows, lambda row: row[2][:2])}
    counts["by_subject"] = {key: _basic(part) for key, part in _parts(rows, lambda row: row[2])}
    return counts


def _parts(rows, key):
    return [(name, [row for row in rows if key(row) == name]) for name in sorted({key(row) for row in rows})]


def _pair(rows):
    # [detected, of] for a kind of fall, [false alarms, of] for a daily activity.
    if rows[0][5]:
        return [sum(row[6] for row in rows), len(rows)]
    return [sum(1 for row in rows if row[8]), len(rows)]


def _basic(rows):
    falls = [row for row in rows if row[5]]
    adl = [row for row in rows if not row[5]]
    detected = sum(row[6] for row in falls)
    false = sum(1 for row in adl if row[8])
    events = sum(row[8] for row in adl)
    hours = sum(row[9] for row in adl)
    return {
        "falls": len(falls),
        "detected": detected,
        "adl": len(adl),
        "false": false,
        "false_events": events,
        "adl_hours": round(hours, 3),
        "sensitivity": round(100 * detected / len(falls), 2) if falls else None,
        "specificity": round(100 - 100 * false / len(adl), 2) if adl else None,
        "false_per_hour": round(events / hours, 3) if hours else None,
        "continuous": bool(adl) and all(row[9] * 3600 >= CONTINUOUS_S for row in adl),
    }
