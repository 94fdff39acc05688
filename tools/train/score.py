"""How well does a detector do? It wears every recording; what it says is counted.

    fall   detected when an event's impact lies within 2.5 s of the annotated impact (or of the largest magnitude)
    adl    a false alarm when any event is raised; for long recordings events per hour say more
"""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypedDict, runtime_checkable

import numpy as np

from firmware.ticks import since
from tools.train import sensor
from tools.train.recordings import CONTINUOUS_S, Recording
from tools.train.sensor import Wearing
from tools.train.stir import Random, Signal

NEAR_S = 2.5
SAMPLE_MS = 20
MASK = 0x3FFFFFFF
BLOCK = 28  # samples that wait in the sensor when it wakes the badge, firmware/board/sensors.py
FIRST_MS = MASK - 20000  # badge time wraps during the wait before each recording

Event = tuple[float, float]  # impact_s, event_s, in the recording's time


@runtime_checkable
class Sampled(Protocol):
    """A detector that takes one sample after the other."""

    impact_at: int

    def sample(self, x: int, y: int, z: int, now: int) -> bool:
        """Take mg at `now`, ms; return true for "fell", and have the impact's time in impact_at."""


@runtime_checkable
class Blocked(Protocol):
    """A detector that takes blocks, as firmware/detect/body.py does."""

    taken: int

    def samples(self, block: "array[int]", at: int, end: int, now: int) -> int:
        """Take `block` from `at` up to what it tells, `end` at most; return the event, and have how far in taken."""

    def fell(self, event: int) -> int | None:
        """Return when that began, badge time, or None for what is no fall."""


Detector = Sampled | Blocked


class Row(NamedTuple):
    """What was said of one recording. events: how many; delay_ms: of the one that names a fall's impact."""

    set: str
    position: str
    subject: str
    activity: str
    name: str
    is_fall: bool
    found: bool
    delay_ms: int | None
    events: int
    hours: float


class Basic(TypedDict):
    """Counts of some rows, in the form of the recordings' README."""

    falls: int
    detected: int
    adl: int
    false: int
    false_events: int
    adl_hours: float
    sensitivity: float | None
    specificity: float | None
    false_per_hour: float | None
    continuous: bool


class Counts(Basic):
    """Counts of a set, and of its parts. by_activity: [detected, of] falls, or [false alarms, of] others."""

    delay_ms: dict[str, int | None]
    by_activity: dict[str, list[int]]
    by_group: dict[str, Basic]
    by_subject: dict[str, Basic]


Sets = dict[str, dict[str, Counts]]  # {set: {position: counts}}


def wear(detector: Detector, recording: Recording, wearing: Wearing = sensor.IDEAL, random: Random | None = None,
         seen: Callable[[int, float], None] | None = None) -> list[Event]:
    """Let `detector` live through `recording`; return its events. seen(event, event_s): called with all it tells."""
    samples, times = sensor.measure(recording.accel, recording.fs, wearing, random)
    padded, head = sensor.pad(samples)
    events: list[Event] = []
    if not isinstance(detector, Blocked):
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


def seconds(at: int, times: Signal) -> float:
    """Return when sample `at` was, in the recording's time; before and after it the samples keep their pace."""
    if at < 0:
        return at * SAMPLE_MS / 1000
    if at >= len(times):
        return times[-1] + (at - len(times) + 1) * SAMPLE_MS / 1000
    return float(times[at])


def verdict(recording: Recording, events: Sequence[Event]) -> tuple[bool, int | None]:
    """Return (found, delay_ms) of a fall: whether an event names its impact, and how long after it that came."""
    for impact_s, event_s in events:
        if abs(impact_s - recording.impact_s) <= NEAR_S:
            return True, round(1000 * (event_s - recording.impact_s))
    return False, None


class Tally:
    """Counts of one detector: add() each recording's events, then tables() gives plain numbers."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, recording: Recording, events: Sequence[Event]) -> None:
        """Count what a detector said about `recording`."""
        found, delay_ms = verdict(recording, events) if recording.is_fall else (False, None)
        hours = len(recording.accel) / recording.fs / 3600
        self.rows.append(Row(recording.set, recording.position, recording.subject, recording.activity, recording.name,
                          recording.is_fall, found, delay_ms, len(events), hours))

    def tables(self) -> Sets:
        """Return the counts of each set."""
        sets: dict[str, dict[str, list[Row]]] = {}
        for row in self.rows:
            sets.setdefault(row.set, {}).setdefault(row.position, []).append(row)
        return {name: {place: _counts(rows) for place, rows in places.items()} for name, places in sets.items()}

    def wrong(self) -> tuple[list[str], list[str]]:
        """Return the names of falls that were missed and of daily activities that were taken for falls."""
        missed = [row.name for row in self.rows if row.is_fall and not row.found]
        false = [row.name for row in self.rows if not row.is_fall and row.events]
        return missed, false


def _counts(rows: list[Row]) -> Counts:
    delays = [row.delay_ms for row in rows if row.delay_ms is not None]
    return {
        **_basic(rows),
        "delay_ms": {
            "median": round(float(np.median(delays))) if delays else None,
            "p95": round(float(np.percentile(delays, 95))) if delays else None,
            "worst": max(delays) if delays else None,
        },
        "by_activity": {key: _pair(part) for key, part in _parts(rows, lambda row: row.activity)},
        "by_group": {key: _basic(part) for key, part in _parts(rows, lambda row: row.subject[:2])},
        "by_subject": {key: _basic(part) for key, part in _parts(rows, lambda row: row.subject)},
    }


def _parts(rows: list[Row], key: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    return [(name, [row for row in rows if key(row) == name]) for name in sorted({key(row) for row in rows})]


def _pair(rows: list[Row]) -> list[int]:
    if rows[0].is_fall:
        return [sum(row.found for row in rows), len(rows)]
    return [sum(1 for row in rows if row.events), len(rows)]


def _basic(rows: list[Row]) -> Basic:
    falls = [row for row in rows if row.is_fall]
    adl = [row for row in rows if not row.is_fall]
    detected = sum(row.found for row in falls)
    false = sum(1 for row in adl if row.events)
    events = sum(row.events for row in adl)
    hours = sum(row.hours for row in adl)
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
        "continuous": bool(adl) and all(row.hours * 3600 >= CONTINUOUS_S for row in adl),
    }
