"""How often is somebody asked who is well? Questions an hour of daily life, by what was done meanwhile.

A question is one of FELL, TILTED and STILL, felt for the pre-alarm; who comes upright or moves withdraws a TILTED or a
STILL before that ends, without a press. What is asked while another question is open is not felt again.
"""

from firmware.limits import PRE_ALARM_MS
from firmware.codes import FELL, RIGHTED, STILL, TILTED

WORDS = {FELL: "fell", TILTED: "tilted", STILL: "still"}
_PRE_ALARM_S = PRE_ALARM_MS / 1000
_UNNAMED = "unlabelled"


class Asked:
    """Counts of one detector: add() what it told of each recording of daily life, then tables() gives plain numbers."""

    def __init__(self):
        self.rows = []  # (set, subject, activity, hours, {word: asked}, of them to be pressed away)

    def add(self, recording, told):
        """Count what was told, [(event, event_s)] in order, over `recording`."""
        seconds = len(recording.accel) / recording.fs
        parts = {}
        for begin_s, end_s, code in recording.spans or [(0, seconds, recording.activity)]:
            part = parts.setdefault(code, [0.0, dict.fromkeys(WORDS.values(), 0), 0])
            part[0] += (min(end_s, seconds) - max(0, begin_s)) / 3600
        for word, at_s, pressed in _questions(told):
            if at_s < 0 or at_s > seconds:
                continue  # in the waits around it, which repeat a second and so hold stiller than anybody
            part = parts.setdefault(_doing(recording, at_s), [0.0, dict.fromkeys(WORDS.values(), 0), 0])
            part[1][word] += 1
            part[2] += pressed
        for code, (hours, words, pressed) in sorted(parts.items()):
            self.rows.append((recording.set, recording.subject, code, hours, words, pressed))

    def tables(self):
        """Return {set: {"hours", "asked", "per_hour", "press_per_hour", "by_activity": {code: the same}}}."""
        sets = {}
        for row in self.rows:
            sets.setdefault(row[0], []).append(row)
        return {name: {**_counts(rows), "by_activity": {
            code: _counts([row for row in rows if row[2] == code]) for code in sorted({row[2] for row in rows})
        }} for name, rows in sorted(sets.items())}


def _doing(recording, at_s):
    if not recording.spans:
        return recording.activity
    return next((code for begin_s, end_s, code in recording.spans if begin_s <= at_s < end_s), _UNNAMED)


def _questions(told):
    # [(word, at_s, pressed away)]: one that is open swallows the next, and RIGHTED in time withdraws it.
    found, open_until_s = [], -1e9
    for n, (event, at_s) in enumerate(told):
        if event not in WORDS or at_s < open_until_s:
            continue
        end_s = at_s + _PRE_ALARM_S
        righted_s = next((s for e, s in told[n:] if e == RIGHTED and s < end_s), None) if event != FELL else None
        open_until_s = end_s if righted_s is None else righted_s
        found.append((WORDS[event], at_s, righted_s is None))
    return found


def _counts(rows):
    hours = sum(row[3] for row in rows)
    asked = {word: sum(row[4][word] for row in rows) for word in WORDS.values()}
    count, pressed = sum(asked.values()), sum(row[5] for row in rows)
    return {"hours": round(hours, 3), "asked": asked, "per_hour": round(count / hours, 2) if hours else None,
            "press_per_hour": round(pressed / hours, 2) if hours else None}


def table(sets):
    """Return the counts as lines of text."""
    lines = [f"  questions in daily life\n  {'set':14}{'doing':34}{'hours':>8}{'fell':>6}{'tilted':>8}{'still':>7}"
             f"{'per h':>8}{'press/h':>9}"]
    for name, counts in sets.items():
        for code, part in [("all", counts), *counts["by_activity"].items()]:
            asked = part["asked"]
            if code != "all" and not sum(asked.values()) and len(counts["by_activity"]) > 12:
                continue
            counted = f"{part['hours']:>8.2f}{asked['fell']:>6}{asked['tilted']:>8}{asked['still']:>7}"
            lines.append(f"  {name:14}{code[:33]:34}{counted}{part['per_hour'] or 0:>8g}"
                         f"{part['press_per_hour'] or 0:>9g}")
    return "\n".join(lines)
