"""wears recordings with the shipped fall detector, and counts"""

import argparse
import functools
import json
import multiprocessing
import sys
from pathlib import Path

import numpy as np

from firmware.detect.fall import FallDetector
from tools.train import grow, recordings, score, sensor
from tools.train.rules import RULES

SETS = ("sisfall",)  # trained on; see tools/commands/train.py
PROCESSES = 2
HELD_OUT = Path(__file__).resolve().parent.parent / "train" / "held_out.json"
STRESSES = ("turned", "gain", "offset", "dropped", "slow", "fast", "narrow")


def wearing(stress, random):
    """Return how the sensor is worn under `stress`, one of STRESSES or empty."""
    if stress == "turned":
        return sensor.Wearing(turn=sensor.random_turn(random))
    if stress == "gain":
        return sensor.Wearing(gain=tuple(random.uniform(0.95, 1.05, 3)))
    if stress == "offset":
        return sensor.Wearing(offset_mg=tuple(random.uniform(-60, 60, 3)))
    if stress == "dropped":
        return sensor.Wearing(dropped=0.01)
    if stress in ("slow", "fast"):
        return sensor.Wearing(rate_hz=48 if stress == "slow" else 52)
    if stress == "narrow":
        return sensor.Wearing(bandwidth_hz=sensor.RATE_HZ / 9)
    return sensor.IDEAL


def shipped(recording):
    """Return the detector that is on the badge."""
    return FallDetector()


@functools.cache
def _held_out():
    return grow.unpack(HELD_OUT.read_text())


def held_out(recording):
    """Return the detector grown without this recording's person; the shipped one for people never trained on."""
    model = _held_out().get(recording.subject) if recording.set in SETS else None
    return FallDetector(model) if model else FallDetector()


def rule(name):
    """Return the maker of the known rule `name`."""
    return functools.partial(_rule, name)


def _rule(name, recording):
    return RULES[name]()


def _job(job):
    # One file under one detector; the seed hangs on the recording alone, so the order of work changes nothing.
    path, make, stress, seed = job
    tally = score.Tally()
    for number, recording in enumerate(recordings.read(path)):
        random = np.random.default_rng([seed, number, sum(map(ord, recording.name))])
        tally.add(recording, score.wear(make(recording), recording, wearing(stress, random), random))
    return tally.rows


def evaluate(paths, make, stress="", seed=1, processes=PROCESSES, say=lambda text: None):
    """Return the Tally of the detectors that `make(recording)` gives over all recordings in the files `paths`."""
    tally = score.Tally()
    jobs = [(path, make, stress, seed) for path in paths]
    with multiprocessing.Pool(min(processes, len(jobs))) as pool:
        for done, rows in enumerate(pool.imap(_job, jobs), 1):
            tally.rows.extend(rows)
            say(f"{done} of {len(jobs)} files")
    return tally


def table(sets, title):
    """Return the counts as lines of text."""
    lines = [f"{title}", f"  {'set':14}{'worn':8}{'group':8}{'falls':>12}{'sens %':>8}{'adl':>12}{'spec %':>8}"
             f"{'per h':>8}{'delay ms':>10}"]  # fmt: skip
    for name, places in sets.items():
        for place, counts in places.items():
            for group, part in [("all", counts), *sorted(counts["by_group"].items())]:
                delay = counts["delay_ms"]["median"] if group == "all" else None
                lines.append(
                    f"  {name:14}{place:8}{group:8}{part['detected']:>6} /{part['falls']:>4}"
                    f"{_figure(part['sensitivity']):>8}{part['false']:>6} /{part['adl']:>4}"
                    f"{_figure(part['specificity']):>8}{_figure(part['false_per_hour']):>8}{_figure(delay):>10}"
                )
            pairs = [f"{code} {hit}/{of}" for code, (hit, of) in counts["by_activity"].items()]
            lines += ["    " + "  ".join(pairs[i : i + 8]) for i in range(0, len(pairs), 8)]
    return "\n".join(lines)


def _figure(value):
    return "-" if value is None else f"{value:g}"


def main(words):
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="kald evaluate", description=__doc__)
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder of sets of .npz files, or one set")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--stress", choices=STRESSES, default="", help="wear the sensor like this")
    parser.add_argument("--held-out", action="store_true", help="judge each person by a forest grown without them")
    parser.add_argument("--rule", choices=sorted(RULES), help="use a known rule in place of the shipped detector")
    parser.add_argument("--compare", action="store_true", help="run the known rules too, into the same answer")
    parser.add_argument("--names", action="store_true", help="name the recordings that went wrong")
    parser.add_argument("--seed", type=int, default=1, help="of what --stress draws (1)")
    parser.add_argument("--processes", type=int, default=PROCESSES, help=f"at once ({PROCESSES})")
    given = parser.parse_args(words)
    answer = {}
    texts = []
    try:
        paths = recordings.files(given.data)
        makers = {"shipped": shipped}
        if given.held_out:
            makers = {"held out": held_out}
        if given.rule:
            makers = {given.rule: rule(given.rule)}
        if given.compare:
            makers.update({name: rule(name) for name in RULES})
        for name, make in makers.items():
            def say(text, name=name):
                print(f"kald evaluate: {name}: {text}", file=sys.stderr, flush=True)
            tally = evaluate(paths, make, given.stress, given.seed, given.processes, say)
            found = {"sets": tally.tables()}
            if given.names:
                found["missed"], found["false"] = tally.wrong()
            texts.append(table(found["sets"], name))
            if given.names:
                texts += ["  missed: " + " ".join(found["missed"]), "  false:  " + " ".join(found["false"])]
            if not answer:
                answer = {"stress": given.stress or None, "seed": given.seed, **found}
            else:
                answer.setdefault("compared", {})[name] = found
    except recordings.Refusal as refusal:
        print(f"kald evaluate: {refusal}", file=sys.stderr)
        return 2
    print(json.dumps(answer) if given.json else "\n".join(texts))
    return 0
