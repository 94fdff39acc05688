"""How well are places found in houses that others have measured? Users and phones are left out in turn.

Two forms of data are read, and never copied: a folder with an .npz of scans (rssi N x addresses, -128 unheard; x, y,
floor, building, user, phone), such as UJIIndoorLoc; and the BLE fingerprints of github
philotuxo/Position-Annotated-BLE-RSSI-Dataset (hst/set_1 is learnt, trk/ is walked by another hand on another day).
Every scan goes through what a badge can tell: its strongest observations, 22 bits each. The product's estimator stands
beside plain nearest neighbours, which see the same. One split says little, so on request the people are left out in
groups as well, drawn anew for each split, and the mean and the worst of all splits are told; in every second split one
access point in ten has got another address since the house was learnt, as some have months later.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.link.sighting import LEVEL_TOP_DBM, level
from tools.gateway.places import estimate
from tools.gateway.places.estimate import Observation, Place

BOTH = ("ours", "neighbours")
NEIGHBOURS = 5
UNHEARD_DBM = -105  # for the neighbours' distance
TOLD = (8, 4)  # observations: over Wi-Fi, over LoRa
BLOCK = 200  # scans at once, for speed
BINS = 10
TOGETHER = 2  # people of a split who are left out at once, with their phones
RENAMED = 0.1  # of the addresses, in every second split
WINDOW_S = 2.0  # what a beacon's listeners hear in so long is one scan
Numbers = NDArray[np.float64]


class Refusal(Exception):
    """A sentence for the person at the command line."""


class Scans(NamedTuple):
    """Scans of one set. dbm: N x addresses, NaN where unheard. at: N x 2 in m. floor, point: numbers."""

    dbm: Numbers
    at: Numbers
    floor: NDArray[np.int64]
    point: NDArray[np.int64]


class Fold(NamedTuple):
    """Who is asked (rows), and who was learnt from."""

    asked: NDArray[np.int64]
    learnt: NDArray[np.int64]


class Whose(NamedTuple):
    """Whose scan is each, and from which phone."""

    user: NDArray[Any]
    phone: NDArray[Any]


class Found(NamedTuple):
    """What was found of one scan, and whether it is so. known: others have learnt that very point."""

    right: bool
    off_m: float
    known: bool
    chance: float
    sure: bool


def _points(*columns: NDArray[Any]) -> NDArray[np.int64]:
    return np.unique(np.stack(columns, 1), axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def read(folder: Path) -> tuple[Scans, list[Fold], Whose | None]:
    """Return the scans of a folder and how they are split: each person alone. Raises Refusal."""
    files = sorted(folder.glob("*.npz"))
    if files:
        return _npz(files[0])
    if (folder / "hst" / "set_1").is_dir():
        return _ble(folder)
    raise Refusal(f"there is neither an .npz of scans nor hst/set_1 in {folder}")


def _npz(path: Path) -> tuple[Scans, list[Fold], Whose | None]:
    with np.load(path, allow_pickle=False) as data:
        missing = {"rssi", "x", "y", "floor", "building", "user", "phone"} - set(data)
        if missing:
            raise Refusal(f"{path.name} has no {', '.join(sorted(missing))}")
        rssi, user, phone = data["rssi"].astype(float), data["user"], data["phone"]
        at = np.stack([data["x"].astype(float), data["y"].astype(float)], 1)
        floor = data["building"].astype(np.int64) * 10 + data["floor"]
    decimetres = np.round(at * 10).astype(np.int64)
    scans = Scans(np.where(rssi > -128, rssi, np.nan), at, floor, _points(floor, decimetres[:, 0], decimetres[:, 1]))
    whose = Whose(user, phone)
    return scans, [_without(scans, whose, np.array([one])) for one in np.unique(user)], whose


def _without(scans: Scans, whose: Whose, people: NDArray[Any]) -> Fold:
    heard, asked = ~np.isnan(scans.dbm).all(1), np.isin(whose.user, people)
    others = heard & ~asked & ~np.isin(whose.phone, np.unique(whose.phone[asked]))
    return Fold(np.flatnonzero(heard & asked), np.flatnonzero(others))


def split(scans: Scans, whose: Whose, seed: int) -> list[Fold]:
    """Return folds that leave out TOGETHER people each, by chance; who stands on a floor that is left is asked."""
    people, folds = np.random.default_rng(seed).permutation(np.unique(whose.user)), []
    for first in range(0, len(people), TOGETHER):
        fold = _without(scans, whose, people[first : first + TOGETHER])
        there = np.isin(scans.floor[fold.asked], np.unique(scans.floor[fold.learnt]))
        folds.append(Fold(fold.asked[there], fold.learnt))
    return folds


def renamed(say: list[list[Observation]], seed: int, width: int) -> list[list[Observation]]:
    """Return what is told when some of 1 .. `width` addresses are others, which nobody has learnt."""
    new = np.random.default_rng(seed).random(width + 1) < RENAMED
    return [[(address + width * bool(new[address]), dbm) for address, dbm in some] for some in say]


def _windows(lines: Sequence[str], columns: dict[str, int]) -> Iterator[tuple[list[float], int]]:
    """Yield one scan for each WINDOW_S of `lines`, and the number of its last line."""
    scan, begun = [math.nan] * len(columns), -math.inf
    for number, line in enumerate(lines):
        part = line.split(",")
        if float(part[0]) - begun > WINDOW_S:
            if begun > 0:
                yield scan, number - 1
            scan, begun = [math.nan] * len(columns), float(part[0])
        if part[1] in columns:
            scan[columns[part[1]]] = float(part[3])


def _ble(folder: Path) -> tuple[Scans, list[Fold], Whose | None]:
    learnt = sorted((folder / "hst" / "set_1").glob("*.mbd"))
    walked = sorted((folder / "trk").glob("*_all_sensors.mbd"))
    places: dict[tuple[float, float], list[str]] = {}
    for path in learnt:
        x, y = path.stem.split("_")[1:3]
        places.setdefault((float(x), float(y)), []).extend(path.read_text().splitlines())
    names = sorted({line.split(",")[1] for lines in places.values() for line in lines})
    columns = {name: i for i, name in enumerate(names)}
    dbm, at = [], []
    for place, lines in places.items():
        for scan, _ in _windows(sorted(lines), columns):
            dbm.append(scan)
            at.append(place)
    first = len(dbm)
    for path in walked:
        lines = path.read_text().splitlines()
        for scan, last in _windows(lines, columns):
            dbm.append(scan)
            part = lines[last].split(",")
            at.append((float(part[4]), float(part[5])))
    spots = np.array(at)
    scans = Scans(np.array(dbm), spots, np.zeros(len(dbm), np.int64), _points(spots[:, 0], spots[:, 1]))
    return scans, [Fold(np.arange(first, len(dbm)), np.arange(first))], None


def told(dbm: Numbers, most: int) -> list[list[Observation]]:
    """Return what a badge would tell of each scan: at most so many observations, the strongest first."""
    found = []
    for row in dbm:
        heard = np.flatnonzero(~np.isnan(row))
        first = heard[np.argsort(-row[heard], kind="stable")][:most]
        found.append([(int(one) + 1, LEVEL_TOP_DBM - level(int(row[one]))) for one in first])
    return found


def _dense(observed: Sequence[Sequence[Observation]], width: int) -> NDArray[np.float32]:
    table = np.full((len(observed), width), UNHEARD_DBM, np.float32)
    for i, some in enumerate(observed):
        for address, dbm in some:
            table[i, address - 1] = dbm
    return table


def neighbours(scans: Scans, fold: Fold, asked: NDArray[np.int64], say: list[list[Observation]],
               learnt: list[list[Observation]]) -> list[Found]:
    """Return what plain nearest neighbours find."""
    width = 2 * scans.dbm.shape[1]  # with room for renamed ones
    known = _dense([learnt[i] for i in fold.learnt], width)
    there = set(scans.point[fold.learnt].tolist())
    squares = (known * known).sum(1)
    found = []
    for first in range(0, len(asked), BLOCK):
        rows = asked[first : first + BLOCK]
        off2 = squares - 2 * (_dense([say[row] for row in rows], width) @ known.T)
        for row, near in zip(rows, fold.learnt[np.argpartition(off2, NEIGHBOURS)[:, :NEIGHBOURS]]):
            floors, votes = np.unique(scans.floor[near], return_counts=True)
            floor = floors[votes.argmax()]
            off = scans.at[near[scans.floor[near] == floor]].mean(0) - scans.at[row]
            found.append(Found(bool(floor == scans.floor[row]), float(np.hypot(*off)), int(scans.point[row]) in there,
                               float(votes.max() / NEIGHBOURS), bool(votes.max() == NEIGHBOURS)))
    return found


def model(scans: Scans, fold: Fold, learnt: list[list[Observation]]) -> estimate.Model:
    """Return the product's model of what was learnt: a place for each point."""
    first = {int(scans.point[row]): row for row in fold.learnt}
    places = [Place(point, str(point), str(scans.floor[row]), "", *map(float, scans.at[row]))
              for point, row in first.items()]
    return estimate.Model(places, ((int(scans.point[row]), learnt[row]) for row in fold.learnt))


def ours(scans: Scans, asked: NDArray[np.int64], say: list[list[Observation]], known: estimate.Model,
         most: int) -> list[Found]:
    """Return what the product's estimator finds. A scan of which nothing is known is off by the whole house."""
    there = {place.id for place in known.places}
    house_m = float(np.hypot(*(scans.at.max(0) - scans.at.min(0))))
    found = []
    for row in asked:
        guess = known.estimate(say[row], most)
        off_m = house_m if guess.x is None or guess.y is None else math.hypot(
            guess.x - scans.at[row, 0], guess.y - scans.at[row, 1])
        found.append(Found(guess.floor == str(scans.floor[row]), off_m, int(scans.point[row]) in there,
                           guess.floor_probability, guess.floor_sure))
    return found


def _figures(found: Sequence[Found]) -> dict[str, float | int | None]:
    if not found:
        return {"scans": 0, "floor": None, "median_m": None, "sure": None, "sure_right": None}
    sure = [one.right for one in found if one.sure]
    return {"scans": len(found), "floor": round(100 * float(np.mean([one.right for one in found])), 2),
            "median_m": round(float(np.median([one.off_m for one in found])), 2),
            "sure": round(100 * len(sure) / len(found), 1),
            "sure_right": round(100 * float(np.mean(sure)), 2) if sure else None}


def _bins(found: Sequence[Found]) -> list[dict[str, float | int]]:
    rows: list[dict[str, float | int]] = []
    for i in range(BINS):
        some = [one for one in found if i <= min(one.chance * BINS, BINS - 0.001) < i + 1]
        if some:
            rows.append({"stated": round(100 * float(np.mean([one.chance for one in some])), 1), "scans": len(some),
                         "right": round(100 * float(np.mean([one.right for one in some])), 1)})
    return rows


def _asked(scans: Scans, folds: Sequence[Fold], say: dict[int, list[list[Observation]]],
           learnt: list[list[Observation]], first: int, every: int) -> dict[tuple[int, str], list[Found]]:
    found: dict[tuple[int, str], list[Found]] = {(most, who): [] for most in TOLD for who in BOTH}
    for fold in folds:
        asked, known = fold.asked[first::every], model(scans, fold, learnt)
        for most in TOLD:
            found[most, "ours"] += ours(scans, asked, say[most], known, most)
            found[most, "neighbours"] += neighbours(scans, fold, asked, say[most], learnt)
    return found


def evaluate(folder: Path, every: int = 1, splits: int = 0) -> dict[str, Any]:
    """Return all figures of a folder. every: only each so manieth scan is asked; splits: so many by groups as well."""
    scans, folds, whose = read(folder)
    say = {most: told(scans.dbm, most) for most in TOLD}
    learnt, width = say[TOLD[0]], scans.dbm.shape[1]
    found = _asked(scans, folds, say, learnt, 0, every)
    some: dict[tuple[int, str], list[dict[str, Any]]] = {both: [] for both in found}
    for seed in range(splits):
        if whose is None:
            break  # one walker: there is nobody else to leave out
        later = {most: renamed(say[most], seed, width) if seed % 2 else say[most] for most in TOLD}
        for both, one in _asked(scans, split(scans, whose, seed), later, learnt, seed % every, every).items():
            some[both].append(_figures(one))
    return {str(most): {
        who: {"all": _figures(found[most, who]), "learnt": _figures([one for one in found[most, who] if one.known]),
              "calibration": _bins(found[most, who]), "splits": _over(some[most, who])} for who in BOTH
    } for most in TOLD}


def _over(some: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Return {figure: [mean, worst]} over splits; empty without any."""
    worst = {"floor": min, "median_m": max, "sure": min, "sure_right": min}
    return {name: [round(float(np.mean([one[name] or 0 for one in some])), 2), pick(one[name] or 0 for one in some)]
            for name, pick in worst.items() if some}


def table(figures: dict[str, Any]) -> str:
    """Return the figures as lines of text. learnt: scans at points where somebody else has learnt."""
    lines = [f"{'told':>5}  {'by':12}{'scans':12}{'n':>7}{'floor %':>9}{'median m':>10}{'stated %':>10}{'right %':>9}"]
    for most, both in figures.items():
        for who, parts in both.items():
            for part in ("learnt", "all"):
                row = parts[part]
                cells = ["-" if row[key] is None else row[key] for key in ("floor", "median_m", "sure", "sure_right")]
                lines.append(f"{most:>5}  {who:12}{part:12}{row['scans']:>7}{cells[0]:>9}{cells[1]:>10}{cells[2]:>10}"
                             f"{cells[3]:>9}")
            if parts["splits"]:
                for which, name in enumerate(("mean", "worst")):
                    cells = [parts["splits"][key][which] for key in ("floor", "median_m", "sure", "sure_right")]
                    lines.append(f"{most:>5}  {who:12}{'splits, ' + name:19}{cells[0]:>9}{cells[1]:>10}{cells[2]:>10}"
                                 f"{cells[3]:>9}")
    for most, both in figures.items():
        rows = both["ours"]["calibration"]
        lines.append(f"  {most} told, floor: " + "  ".join(f"{row['stated']:g}>{row['right']:g} ({row['scans']})"
                                                           for row in rows))
    return "\n".join(lines)


def drawing(figures: dict[str, Any]) -> str:
    """Return the calibration as an SVG: what was stated from left to right, what was right upwards."""
    colours = dict(zip(figures, ("#0b6e4f", "#8a3ffc")))
    shapes = ['<rect width="100%" height="100%" fill="white"/>',
              '<path d="M40 360 L360 40" stroke="#999" stroke-dasharray="4 4"/>',
              '<path d="M40 40 V360 H360" fill="none" stroke="#333"/>']
    for most, both in figures.items():
        points = [(40 + 3.2 * row["stated"], 360 - 3.2 * row["right"], row["scans"])
                  for row in both["ours"]["calibration"]]
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
        shapes.append(f'<polyline points="{line}" fill="none" stroke="{colours[most]}"/>')
        shapes += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{2 + math.log10(n):.1f}" fill="{colours[most]}"/>'
                   for x, y, n in points]
    for i, (most, colour) in enumerate(colours.items()):
        shapes.append(f'<text x="60" y="{60 + 18 * i}" fill="{colour}">{most} observations</text>')
    shapes.append('<text x="150" y="390">floor, stated %</text><text x="8" y="30">right %</text>')
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" font-family="sans-serif" font-size="13">'
            f'{"".join(shapes)}</svg>\n')
