"""wears recordings with the shipped detectors, through the door that the badge uses, and counts"""

import functools
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tools.cli import _help
from tools.train import apart, ask, figures, grow, places, recordings, score, sensor, stir
from tools.train.grow import Model
from tools.train.recordings import Recording
from tools.train.rules import RULES
from tools.train.score import Detector
from tools.train.sensor import Wearing
from tools.train.stir import Random
from tools.train.worn import Worn

PROCESSES = 2
HELD_OUT = Path(__file__).resolve().parent.parent / "train" / "held_out.json"
STRESSES = ("turned", "gain", "offset", "dropped", "slow", "fast", "narrow")
STIR_AFTER_S = 1.0

Make = Callable[[Recording], Detector]


def wearing(stress: str, random: Random, recording: Recording | None = None, stir_mg: float = 0) -> Wearing:
    """Return how the sensor is worn under `stress`, one of STRESSES or empty; who falls goes on moving by `stir_mg`."""
    worn = _stressed(stress, random)
    if recording is not None and recording.is_fall and stir_mg:
        way = stir.WAYS[random.integers(len(stir.WAYS))]
        worn = worn._replace(stir_s=recording.impact_s + STIR_AFTER_S, stir_mg=stir_mg, stir_way=way)
    return worn


def _stressed(stress: str, random: Random) -> Wearing:
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


def shipped(recording: Recording) -> Worn:
    """Return the body's detectors that are on the badge."""
    return Worn()


@functools.cache
def _held_out() -> dict[str, Model]:
    return grow.unpack(HELD_OUT.read_text())


def held_out(recording: Recording, points: int | None = None) -> Worn:
    """Return the same with the forest that saw nobody of this recording's group; `points`: another threshold."""
    return _worn(apart.person_model(recording.set, recording.subject), points)


def new_set(recording: Recording, points: int | None = None) -> Worn:
    """Return the same with the forest that saw nothing of this recording's experiment; `points` as above."""
    return _worn(apart.set_model(recording.set), points)


def _worn(name: str, points: int | None) -> Worn:
    forest = _held_out().get(name)
    return Worn(forest if forest is None or points is None else forest._replace(THRESHOLD=points))


def rule(name: str) -> Make:
    """Return the maker of the known rule `name`."""
    return functools.partial(_rule, name)


def _rule(name: str, recording: Recording) -> Detector:
    return RULES[name]()


def _job(job: tuple[Path, Make, str, int, float]) -> tuple[list[score.Row], list[ask.Row]]:
    # One file under one detector; the seed hangs on the recording alone, so the order of work changes nothing.
    path, make, stress, seed, stir_mg = job
    tally, asked = score.Tally(), ask.Asked()
    for number, recording in enumerate(recordings.read(path)):
        random = np.random.default_rng([seed, number, sum(map(ord, recording.name))])
        worn = wearing(stress, random, recording, stir_mg)
        told: list[tuple[int, float]] = []

        def seen(event: int, at_s: float, told: list[tuple[int, float]] = told) -> None:
            told.append((event, at_s))
        tally.add(recording, score.wear(make(recording), recording, worn, random, seen))
        if not recording.is_fall:
            asked.add(recording, told)
    return tally.rows, asked.rows


def evaluate(paths: Sequence[Path], make: Make, stress: str = "", seed: int = 1, processes: int = PROCESSES,
             say: Callable[[str], None] = lambda text: None, stir_mg: float = 0) -> tuple[score.Tally, ask.Asked]:
    """Return (Tally, Asked) of the detectors that `make(recording)` gives over all recordings in the files `paths`."""
    tally, asked = score.Tally(), ask.Asked()
    jobs = [(path, make, stress, seed, stir_mg) for path in paths]
    with multiprocessing.Pool(min(processes, len(jobs))) as pool:
        for done, (rows, questions) in enumerate(pool.imap(_job, jobs), 1):
            tally.rows.extend(rows)
            asked.rows.extend(questions)
            say(f"{done} of {len(jobs)} files")
    return tally, asked


@_help.refusing(recordings.Refusal, name="kald evaluate")
def _card(data: str, processes: int) -> int:
    makers: dict[str, Make] = {"unseen people": held_out, "unseen set": new_set, **{name: rule(name) for name in RULES}}

    def say(text: str) -> None:
        print(f"kald evaluate: {text}", file=sys.stderr, flush=True)

    rows = figures.gather(recordings.files(data), makers, wearing, processes, say)
    print(figures.table(rows, makers))
    return 0


@_help.refusing(places.Refusal, OSError, name="kald evaluate")
def _places(folder: Path, every: int, splits: int, svg: Path | None, as_json: bool) -> int:
    found = places.evaluate(folder, every, splits)
    if svg is not None:
        svg.write_text(places.drawing(found), encoding="utf-8")
    print(json.dumps(found) if as_json else places.table(found))
    return 0


def table(sets: score.Sets, title: str) -> str:
    """Return the counts as lines of text."""
    lines = [f"{title}", f"  {'set':14}{'worn':8}{'group':8}{'falls':>12}{'sens %':>8}{'adl':>12}{'spec %':>8}"
             f"{'per h':>8}{'delay ms':>10}"]
    for name, wearings in sets.items():
        for place, counts in wearings.items():
            parts: list[tuple[str, score.Basic]] = [("all", counts), *sorted(counts["by_group"].items())]
            for group, part in parts:
                delay = counts["delay_ms"]["median"] if group == "all" else None
                lines.append(
                    f"  {name:14}{place:8}{group:8}{part['detected']:>6} /{part['falls']:>4}"
                    f"{_figure(part['sensitivity']):>8}{part['false']:>6} /{part['adl']:>4}"
                    f"{_figure(part['specificity']):>8}{_figure(part['false_per_hour']):>8}{_figure(delay):>10}"
                )
            pairs = [f"{code} {hit}/{of}" for code, (hit, of) in counts["by_activity"].items()]
            lines += ["    " + "  ".join(pairs[i : i + 8]) for i in range(0, len(pairs), 8)]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


@_help.refusing(recordings.Refusal, name="kald evaluate")
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("evaluate", __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="DIR", help="a folder of sets of .npz files, or one set")
    source.add_argument("--places", type=Path, metavar="DIR", help="find places instead, in measured houses")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="with --places: ask only each N-th scan")
    parser.add_argument("--splits", type=int, default=0, metavar="N",
                        help="with --places: leave groups of people out as well, N times anew")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="with --places: draw what was stated and was right")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--stress", choices=STRESSES, default="", help="wear the sensor like this")
    parser.add_argument("--stir", type=int, default=0, metavar="MG", help="who falls goes on moving, from 1 s after")
    parser.add_argument("--questions", action="store_true", help="count what is asked in daily life, an hour")
    parser.add_argument("--held-out", action="store_true", help="judge people by a forest grown without them")
    parser.add_argument("--new-set", action="store_true", help="judge each set by a forest grown without it")
    parser.add_argument("--points", type=int, metavar="N", help="with either: fallen is what gets more than N points")
    parser.add_argument("--rule", choices=sorted(RULES), help="use a known rule in place of the shipped detector")
    parser.add_argument("--compare", action="store_true", help="run the known rules too, into the same answer")
    parser.add_argument("--names", action="store_true", help="name the recordings that went wrong")
    parser.add_argument("--seed", type=int, default=1, help="of what --stress and --stir draw (1)")
    parser.add_argument("--processes", type=int, default=PROCESSES, help=f"at once ({PROCESSES})")
    parser.add_argument("--card", action="store_true", help="print the card's table: unseen people, sets, known rules")
    given = parser.parse_args(words)
    if given.places:
        return _places(given.places, max(1, given.every), max(0, given.splits), given.svg, given.json)
    if given.card:
        return _card(given.data, given.processes)
    answer: dict[str, object] = {}
    compared: dict[str, object] = {}
    texts: list[str] = []
    paths = recordings.files(given.data)
    makers: dict[str, Make] = {"shipped": shipped}
    if given.held_out:
        makers = {"held out": functools.partial(held_out, points=given.points)}
    if given.new_set:
        makers = {"new set": functools.partial(new_set, points=given.points)}
    if given.rule:
        makers = {given.rule: rule(given.rule)}
    if given.compare:
        makers.update({name: rule(name) for name in RULES})
    for name, make in makers.items():
        def say(text: str, name: str = name) -> None:
            print(f"kald evaluate: {name}: {text}", file=sys.stderr, flush=True)
        tally, asked = evaluate(paths, make, given.stress, given.seed, given.processes, say, given.stir)
        sets = tally.tables()
        found: dict[str, object] = {"sets": sets}
        texts.append(table(sets, name))
        if given.questions and name not in RULES:
            questions = asked.tables()
            found["questions"] = questions
            texts.append(ask.table(questions))
        if given.names:
            found["missed"], found["false"] = missed, false = tally.wrong()
            texts += ["  missed: " + " ".join(missed), "  false:  " + " ".join(false)]
        if not answer:
            answer = {"stress": given.stress or None, "stir_mg": given.stir, "seed": given.seed, **found}
        else:
            compared[name] = found
            answer["compared"] = compared
    print(json.dumps(answer) if given.json else "\n".join(texts))
    return 0
