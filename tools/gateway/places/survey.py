"""How well is a house known by what was learnt of it? Each place heard well, badly or not, and which look the same.

Half of the signatures are kept back in turn and looked for among the other half: where they are found again says which
places cannot be told apart. A drawing and a table for a spreadsheet come of it.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from statistics import median
from typing import NamedTuple

from tools.gateway.places.estimate import BRIDGES, Model, Observation, Place

WELL, BADLY, NOT = "heard well", "heard badly", "not heard"
ADDRESSES_LEAST = 3  # fewer tell a floor, and no room
STRONG_DBM = -80  # a place all of whose addresses are weaker is lost with the first closed door
MIXED = 0.2  # so many of a place's signatures found at another: they cannot be told apart
COLUMNS = ("place", "floor", "area", "verdict", "signatures", "addresses", "strongest_dbm", "found_here_percent",
           "cannot_be_told_from")
_MARKS = {WELL: ("#0b6e4f", "✓"), BADLY: ("#b45309", "!"), NOT: ("#b00020", "✗")}
_CELL, _ROW, _MOST_IN_ROW = 150, 90, 8

Heard = Mapping[int, Sequence[Sequence[Observation]]]  # of each place's id, its signatures


class Known(NamedTuple):
    """How well one place is known."""

    place: Place
    verdict: str
    signatures: int
    addresses: float  # told at once, the median
    strongest_dbm: float | None
    found: float | None  # share of its signatures that are found there again
    mixed: tuple[str, ...]  # names of places that look the same


def survey(places: Sequence[Place], heard: Heard) -> list[Known]:
    """Return how well each place is known, in the order of `places`."""
    names = {place.id: place.name for place in places}
    found: dict[int, dict[int, int]] = {place.id: {} for place in places}
    for part in (0, 1):
        learnt = [(place, one) for place, some in heard.items() for one in some[part::2]]
        model = Model(places, learnt)
        for place, some in heard.items():
            for one in some[1 - part :: 2]:
                ranked = model.estimate(one).ranked
                at = ranked[0][0] if ranked else 0
                found.setdefault(place, {})[at] = found.get(place, {}).get(at, 0) + 1
    return [_known(place, heard.get(place.id, ()), found[place.id], names) for place in places]


def _known(place: Place, some: Sequence[Sequence[Observation]], found: Mapping[int, int],
           names: Mapping[int, str]) -> Known:
    some = [[(address, dbm) for address, dbm in one if address < BRIDGES] for one in some if one]
    if not some:
        return Known(place, NOT, 0, 0, None, None, ())
    addresses = float(median(len(one) for one in some))
    strongest = float(median(max(dbm for _, dbm in one) for one in some))
    well = addresses >= ADDRESSES_LEAST and strongest >= STRONG_DBM
    asked = sum(found.values())
    mixed = tuple(names[other] for other, count in sorted(found.items())
                  if other in names and other != place.id and count >= MIXED * asked)
    here = found.get(place.id, 0) / asked if asked else None
    return Known(place, WELL if well else BADLY, len(some), addresses, strongest, here, mixed)


def table(known: Sequence[Known]) -> str:
    """Return the survey as CSV text (RFC 4180)."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for one in known:
        lines.writerow((
            _plain(one.place.name), _plain(one.place.floor), _plain(one.place.area), one.verdict, one.signatures,
            f"{one.addresses:g}", "" if one.strongest_dbm is None else f"{one.strongest_dbm:g}",
            "" if one.found is None else f"{100 * one.found:.0f}", _plain(", ".join(one.mixed)),
        ))
    return out.getvalue()


def _plain(cell: str) -> str:
    return "'" + cell if cell[:1] in ("=", "+", "@", "\t", "\r") else cell  # a spreadsheet would run it


def drawing(known: Sequence[Known]) -> str:
    """Return the house as an SVG: a row of places for each floor, and a line between those that look the same."""
    floors = sorted({one.place.floor for one in known}, key=height)
    at: dict[str, tuple[int, int]] = {}
    shapes, top = [], 70
    for floor in floors:
        some = [one for one in known if one.place.floor == floor]
        if all(one.place.x is not None for one in some):
            some.sort(key=lambda one: (one.place.y or 0, one.place.x or 0))
        shapes.append(f'<text x="10" y="{top + 35}" font-weight="bold">{escape(floor)}</text>')
        for i, one in enumerate(some):
            x, y = 80 + _CELL * (i % _MOST_IN_ROW), top + _ROW * (i // _MOST_IN_ROW)
            at[one.place.name] = x + 60, y + 30
            colour, mark = _MARKS[one.verdict]
            shapes.append(
                f'<g><title>{escape(one.place.name)}: {one.verdict}, {one.signatures} signatures</title>'
                f'<rect x="{x}" y="{y}" width="120" height="60" rx="6" fill="#fff" stroke="{colour}" stroke-width="3"/>'
                f'<text x="{x + 8}" y="{y + 24}">{escape(one.place.name[:15])}</text>'
                f'<text x="{x + 8}" y="{y + 48}" fill="{colour}">{mark} {one.verdict}</text></g>')
        top += _ROW * (1 + (len(some) - 1) // _MOST_IN_ROW) + 20
    lines = {tuple(sorted((one.place.name, other))) for one in known for other in one.mixed}
    for a, b in sorted(lines):
        (x1, y1), (x2, y2) = at[a], at[b]
        shapes.insert(0, f'<path d="M{x1} {y1} Q{(x1 + x2) // 2} {min(y1, y2) - 50} {x2} {y2}" fill="none" '
                         'stroke="#8a3ffc" stroke-width="3" stroke-dasharray="6 4"/>')
    legend = f'<text x="10" y="30">{" · ".join(f"{mark} {name}" for name, (_, mark) in _MARKS.items())}</text>'
    legend += '<text x="10" y="50" fill="#8a3ffc">- - - cannot be told apart</text>'
    wide = 80 + _CELL * min(_MOST_IN_ROW, max((sum(one.place.floor == floor for one in known) for floor in floors),
                                              default=1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(wide, 400)} {top}" font-family="sans-serif" '
            f'font-size="14">{legend}{"".join(shapes)}</svg>\n')


def height(floor: str) -> tuple[int, float, str]:
    """Return by what floors are put in order: the highest first, and what is no number after them."""
    try:
        return 0, -float(floor), floor
    except ValueError:
        return 1, 0.0, floor
