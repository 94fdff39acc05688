"""How often is somebody asked who is well? Questions an hour of daily life, by what was done meanwhile.

A question is one of FELL, TILTED and STILL, felt for the pre-alarm; who comes upright or moves withdraws a TILTED or a
STILL before that ends, without a press. What is asked while another question is open is not felt again.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from firmware.codes import FELL, RIGHTED, STILL, TILTED
from firmware.limits import PRE_ALARM_MS
from tools.train.recordings import Recording

WORDS = {FELL: "fell", TILTED: "tilted", STILL: "still"}
_PRE_ALARM_S = PRE_ALARM_MS / 1000
_UNNAMED = "unlabelled"

Told = tuple[int, float]  # event, event_s


class Row(NamedTuple):
    """What was asked while one thing was done. pressed: how many of all had to be pressed away."""

    set: str
    subject: str
    activity: str
    hours: float
    asked: dict[str, int]
    pressed: int


class Questions(TypedDict):
    """Counts of some rows."""

    hours: float
    asked: dict[str, int]
    per_hour: float | None
    press_per_hour: float | None


class SetQuestions(Questions):
    """Counts of a set, and of each activity in it."""

    by_activity: dict[str, Questions]


class _Part:
    def __init__(self) -> None:
        self.hours = 0.0
        self.asked = dict.fromkeys(WORDS.values(), 0)
        self.pressed = 0


class Asked:
    """Counts of one detector: add() what it told of each recording of daily life, then tables() gives plain numbers."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, recording: Recording, told: Sequence[Told]) -> None:
        """Count what was told, in order, over `recording`."""
        seconds = len(recording.accel) / recording.fs
        parts: dict[str, _Part] = {}
        for begin_s, end_s, code in recording.spans or [(0, seconds, recording.activity)]:
            parts.setdefault(code, _Part()).hours += (min(end_s, seconds) - max(0, begin_s)) / 3600
        for word, at_s, pressed in _questions(told):
            if at_s < 0 or at_s > seconds:
                continue  # in the waits around it, which repeat a second and so hold stiller than anybody
            part = parts.setdefault(_doing(recording, at_s), _Part())
            part.asked[word] += 1
            part.pressed += pressed
        for code, part in sorted(parts.items(), key=lambda each: each[0]):
            self.rows.append(Row(recording.set, recording.subject, code, part.hours, part.asked, part.pressed))

    def tables(self) -> dict[str, SetQuestions]:
        """Return the counts of each set."""
        sets: dict[str, list[Row]] = {}
        for row in self.rows:
            sets.setdefault(row.set, []).append(row)
        return {name: {**_counts(rows), "by_activity": {
            code: _counts([row for row in rows if row.activity == code])
            for code in sorted({row.activity for row in rows})
        }} for name, rows in sorted(sets.items())}


def _doing(recording: Recording, at_s: float) -> str:
    if not recording.spans:
        return recording.activity
    return next((code for begin_s, end_s, code in recording.spans if begin_s <= at_s < end_s), _UNNAMED)


def _questions(told: Sequence[Told]) -> list[tuple[str, float, bool]]:
    # (word, at_s, pressed away) each: one that is open swallows the next, and RIGHTED in time withdraws it.
    found: list[tuple[str, float, bool]] = []
    open_until_s = -1e9
    for n, (event, at_s) in enumerate(told):
        if event not in WORDS or at_s < open_until_s:
            continue
        end_s = at_s + _PRE_ALARM_S
        righted_s = next((s for e, s in told[n:] if e == RIGHTED and s < end_s), None) if event != FELL else None
        open_until_s = end_s if righted_s is None else righted_s
        found.append((WORDS[event], at_s, righted_s is None))
    return found


def _counts(rows: Sequence[Row]) -> Questions:
    hours = sum(row.hours for row in rows)
    asked = {word: sum(row.asked[word] for row in rows) for word in WORDS.values()}
    count, pressed = sum(asked.values()), sum(row.pressed for row in rows)
    return {"hours": round(hours, 3), "asked": asked, "per_hour": round(count / hours, 2) if hours else None,
            "press_per_hour": round(pressed / hours, 2) if hours else None}


def table(sets: dict[str, SetQuestions]) -> str:
    """Return the counts as lines of text."""
    lines = [f"  questions in daily life\n  {'set':14}{'doing':34}{'hours':>8}{'fell':>6}{'tilted':>8}{'still':>7}"
             f"{'per h':>8}{'press/h':>9}"]
    for name, counts in sets.items():
        parts: list[tuple[str, Questions]] = [("all", counts), *counts["by_activity"].items()]
        for code, part in parts:
            asked = part["asked"]
            if code != "all" and not sum(asked.values()) and len(counts["by_activity"]) > 12:
                continue
            counted = f"{part['hours']:>8.2f}{asked['fell']:>6}{asked['tilted']:>8}{asked['still']:>7}"
            lines.append(f"  {name:14}{code[:33]:34}{counted}{part['per_hour'] or 0:>8g}"
                         f"{part['press_per_hour'] or 0:>9g}")
    return "\n".join(lines)
