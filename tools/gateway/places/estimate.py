"""Which of the house's places is it, when a badge hears this? Plain numbers: no database, no socket, no clock.

A place is learnt from signatures, each a short list of what was heard there: (hash, dBm), as a SIGHTING tells it
(firmware/link/sighting.py). Of each address a place knows how often it was among the strongest, how strong it was, and
how much that varied. What is heard later is weighed against each place:

* an address that was told: how often it is told there, and how near its strength lies to what was learnt (a heavy
  tail: a door or a body may take 20 dB off one of them). What all of them lie too high or too low together is mostly
  left out: that is the badge, or the body that wears it;
* an address that was not told though it is strong there: the more surely it should have been told, the worse;
* an address that was never heard there: as if it had been told once in a hundred times. One that no place knows says
  nothing: it was put up since, or passes by;
* a bridge that has heard the badge over LoRa: how near the strength lies, and nothing else, since it depends on the way
  that the badge has taken whether there is one. Its SNR says nothing more: near by it stops at what the receiver can,
  and far away it is the strength, less the noise.

No house is walked through whole. Where a floor has no learnt place within a corridor's length of what was learnt right
above or below, a *gap* stands in for what nobody has learnt there: it sounds as the floors beside it do, but far less
surely. A gap has no name. It speaks for its floor, which a badge in an unlearnt wing would else never be found on, and
it makes the rooms of other floors less sure. It wants floors that are called by numbers, and plans that lie over each
other; without points on plans there are no gaps.

Addresses of one corner rise and fall together, so their sum is tempered before it becomes a probability. The figures
were chosen on UJIIndoorLoc with its people and phones left out, and judged on other scans, with other groups of people
left out, with access points renamed, and on a house of beacons; what is as good without a figure has none. `kald
evaluate --places` measures.
"""

import contextlib
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Observation = tuple[int, int]  # hash of kind and address, dBm; or BRIDGES + its number, dBm at the bridge
BRIDGES = 1 << 16  # above all hashes

FLOOR_SURE = 0.90  # a floor or a part of it is stated from this probability on: 99 of 100 are then right
ROOM_SURE = 0.90  # and a room, or two
NEAR_SURE = 0.50  # "near a room": it, or what lies beside it
ROOMS_MOST = 2  # places named beside each other; of three nobody knows where to run
RANKED_MOST = 5
KNOWN_LEAST = 2  # addresses that the house has learnt, or nothing is said: one alone may have been carried away
FULL = 8  # observations of the longest SIGHTING; who tells fewer has heard no more

_ADDRESSES_MOST = 200  # of one place, the most often told: what is rare there says little, and costs time
_SEEN_DOUBT, _SEEN_RARE = 2.0, 0.01  # so many signatures of doubt, and how often what was never told is told
_SPREAD_DB, _SPREAD_WORTH = 7.0, 4.0  # how much a strength varies before anything is learnt, worth so many signatures
_TAIL = 5.0
_COMMON_WORTH = 5.0  # what all differ by together is left out; so many observations' worth of doubt about it
_SURE_MOST = 0.95  # nothing is told so surely that its absence rules a place out
_EDGE_DB = 6.0  # how softly the weakest that was told bounds what was not
_GAP_M, _BESIDE_M, _ALIKE_M = 20.0, 6.0, 2.0  # so far from what is learnt; of what lies so near; one stands for so many
_GAP_TOLD, _GAP_RARE = 0.6, 0.002  # how much less often it is told there, and how often what was never told beside it
_TOGETHER = 4.0  # so many observations of one corner are worth two
_ROOM_CAUTION = 1.5  # which room is told by fewer of them than which floor is
_NEAR_TEMPER = 2.0  # for a point between places: the nearest count more
_NEAR_STEPS, _NEAR_M, _NEAR_LEAST = 6, 10.0, 1e-6  # towards where most of them lie: what is far from there pulls less
_STRANGE = math.log(_SPREAD_DB) + 0.5  # a bridge that is not known here fits as one that is a spread away
_MOVED_DBM, _MOVED_COST = -75, 5.0  # an address so strong that fits so badly has probably been moved


class Place(NamedTuple):
    """A place that the house has entered. area: a part of its floor, or "". x, y: on the floor's plan, if known."""

    id: int
    name: str
    floor: str
    area: str = ""
    x: float | None = None
    y: float | None = None


class Estimate(NamedTuple):
    """Where a badge probably is.

    ranked: (place's id, probability), the likeliest first. floor: the likeliest. said: ids of the one or two places
    that may be named as where she is; without them near is the id of one that she is at or beside, or None; part_sure
    says that floor and area may be stated, and floor_sure that the floor may.
    doubtful: (hash, id of the place where it was
    strongest) of what does not fit where all others are: probably moved. x, y, ring: a point on the floor's plan and
    how far about it, if its places have points.
    """

    ranked: tuple[tuple[int, float], ...] = ()
    floor: str = ""
    floor_probability: float = 0.0
    area: str = ""
    said: tuple[int, ...] = ()
    near: int | None = None
    part_sure: bool = False
    floor_sure: bool = False
    doubtful: tuple[tuple[int, int], ...] = ()
    x: float | None = None
    y: float | None = None
    ring: float | None = None


UNKNOWN = Estimate()


class _Known(NamedTuple):
    """An address at one place. place: its index."""

    place: int
    told: float  # log of how often
    absent: float  # log of how often not
    mean_dbm: float
    spread: float  # 2 * _TAIL * variance
    log_sd: float


class Model:
    """What the house has learnt, ready to be asked. signatures: (place's id, observations).

    A place without signatures is never found, and a signature of no place is left out.
    """

    def __init__(self, places: Iterable[Place], signatures: Iterable[tuple[int, Sequence[Observation]]]) -> None:
        heard: dict[int, list[Sequence[Observation]]] = {}
        for where, observations in signatures:
            if observations:
                heard.setdefault(where, []).append(observations)
        self.places = [place for place in places if place.id in heard]
        gaps = _gaps(self.places)
        self._spots = self.places + [gap for gap, _ in gaps]
        self._known: dict[int, list[_Known]] = {}
        self._here: list[list[_Known]] = []
        self._rare: list[float] = []
        self._silence: dict[int | None, list[float]] = {}
        for index, place in enumerate(self.places):
            self._learn(index, heard[place.id])
        for index, (_, beside) in enumerate(gaps, len(self.places)):
            self._learn(index, [one for place in beside for one in heard[place]], gap=True)

    def _learn(self, index: int, signatures: list[Sequence[Observation]], gap: bool = False) -> None:
        levels: dict[int, list[int]] = {}
        for observations in signatures:
            for address, dbm in dict(observations).items():
                levels.setdefault(address, []).append(dbm)
        count, here = len(signatures), []
        often = sorted(levels.items(), key=lambda one: (-len(one[1]), one[0]))[:_ADDRESSES_MOST]
        for address, some in often:
            told = (len(some) + _SEEN_DOUBT * _SEEN_RARE) / (count + _SEEN_DOUBT)
            mean = sum(some) / len(some)
            squares = sum((dbm - mean) ** 2 for dbm in some) + _SPREAD_DB**2 * _SPREAD_WORTH
            variance = squares / (len(some) + _SPREAD_WORTH)
            if gap:
                told, variance = told * _GAP_TOLD, variance + _SPREAD_DB**2
            often_log, seldom_log = math.log(told), math.log(1 - min(told, _SURE_MOST))
            if address >= BRIDGES:
                often_log = seldom_log = 0.0
            known = _Known(index, often_log, seldom_log, mean, 2 * _TAIL * variance, math.log(variance) / 2)
            here.append(known)
            self._known.setdefault(address, []).append(known)
        self._here.append(here)
        self._rare.append(math.log(_GAP_RARE if gap else _SEEN_DOUBT * _SEEN_RARE / (count + _SEEN_DOUBT)))

    def knows(self, address: int) -> bool:
        """Return whether any place was learnt with this hash."""
        return address in self._known

    def estimate(self, observations: Sequence[Observation], full: int = FULL) -> Estimate:
        """Return where it is. full: how many a frame of that radio can tell; who tells fewer hears no more."""
        heard = dict(observations)
        own = {address: dbm for address, dbm in heard.items() if address < BRIDGES}
        weakest = min(own.values()) if len(own) >= full else None
        heard = {address: dbm for address, dbm in heard.items() if self.knows(address)}
        own = {address: dbm for address, dbm in own.items() if address in heard}
        if len(own) < KNOWN_LEAST:
            return UNKNOWN
        scores, costs = self._weigh(heard, weakest)
        temper, best = 1 + len(own) / _TOGETHER, max(scores)
        chances = _shares([(score - best) / temper for score in scores])
        nearness = [math.exp((score - best) / _NEAR_TEMPER) for score in scores]
        doubtful = self._doubtful(own, chances, costs)
        flat = len(own) > KNOWN_LEAST and len(set(own.values())) == 1
        return self._stated(chances, nearness, doubtful, exact=not flat)

    def _weigh(self, heard: dict[int, int], weakest: int | None) -> tuple[list[float], list[dict[int, float]]]:
        """Return for each place its score, and what each address that it knows has taken from it."""
        count = len(self._spots)
        found: list[list[tuple[int, float, _Known]]] = [[] for _ in range(count)]
        own = sum(address < BRIDGES for address in heard)
        bridges = len(heard) - own
        for address, dbm in heard.items():
            for known in self._known.get(address, ()):
                found[known.place].append((address, dbm - known.mean_dbm, known))
        scores = list(self._absent(weakest))
        costs: list[dict[int, float]] = [{} for _ in range(count)]
        for index in range(count):
            mine = [by for address, by, _ in found[index] if address < BRIDGES]
            score = scores[index] + self._rare[index] * (own - len(mine))
            score -= _STRANGE * (bridges - len(found[index]) + len(mine))
            common = sum(mine) / (len(mine) + _COMMON_WORTH)
            for address, by, known in found[index]:
                by -= common if address < BRIDGES else 0
                off = _TAIL * math.log1p(by**2 / known.spread)
                costs[index][address] = off
                score += known.told - known.absent * _expected(known.mean_dbm, weakest) - off - known.log_sd
            scores[index] = score
        return scores, costs

    def _absent(self, weakest: int | None) -> list[float]:
        """Return for each place what it costs when nothing of it is told; of a strength it is reckoned once."""
        if weakest not in self._silence:
            self._silence[weakest] = [
                sum(known.absent * _expected(known.mean_dbm, weakest) for known in here) for here in self._here
            ]
        return self._silence[weakest]

    def _doubtful(self, heard: dict[int, int], chances: list[float], costs: list[dict[int, float]]
                  ) -> tuple[tuple[int, int], ...]:
        # what is strong here, belongs to the house, and fits none of the likely places
        likely = [index for index, chance in enumerate(chances) if chance >= 0.1]
        return tuple(
            (address, self._strongest(address)) for address, dbm in heard.items()
            if dbm >= _MOVED_DBM and all(costs[index].get(address, math.inf) > _MOVED_COST for index in likely)
        )

    def _strongest(self, address: int) -> int:
        learnt = (known for known in self._known[address] if known.place < len(self.places))
        return self.places[max(learnt, key=lambda known: known.mean_dbm).place].id

    def _stated(self, chances: list[float], nearness: list[float], doubtful: tuple[tuple[int, int], ...],
                exact: bool) -> Estimate:
        order = sorted(range(len(chances)), key=lambda index: -chances[index])
        rooms = [chance ** (1 / _ROOM_CAUTION) for chance in chances]
        whole = sum(rooms)
        named = [index for index in order if index < len(self.places)]
        ranked = tuple((self.places[index].id, round(rooms[index] / whole, 4)) for index in named[:RANKED_MOST])
        floors: dict[str, float] = {}
        parts: dict[tuple[str, str], float] = {}
        for place, chance in zip(self._spots, chances):
            floors[place.floor] = floors.get(place.floor, 0) + chance
            if place.area:
                parts[place.floor, place.area] = parts.get((place.floor, place.area), 0) + chance
        floor = max(floors, key=lambda one: floors[one])
        (_, area), part = max(((one, p) for one, p in parts.items() if one[0] == floor),
                              key=lambda both: both[1], default=((floor, ""), 0.0))
        said: tuple[int, ...] = ()
        if exact and not doubtful:
            for many in range(1, ROOMS_MOST + 1):
                some = named[:many]
                alike = all(self.places[index].floor == floor for index in some)
                if alike and sum(rooms[index] for index in some) >= ROOM_SURE * whole:
                    said = tuple(self.places[index].id for index in some)
                    break
        sure = floors[floor] >= FLOOR_SURE
        first = self.places[named[0]]
        near = first.id if sure and exact and first.floor == floor and ranked[0][1] >= NEAR_SURE else None
        part_sure = bool(area) and part >= FLOOR_SURE and not doubtful
        return Estimate(ranked, floor, round(floors[floor], 4), area, said if sure else (), near, part_sure, sure,
                        doubtful, *self._point(floor, nearness))

    def _point(self, floor: str, nearness: list[float]) -> tuple[float | None, float | None, float | None]:
        found = [(weight, place.x, place.y) for weight, place in zip(nearness, self._spots)
                 if place.floor == floor and place.x is not None and place.y is not None]
        most = max((weight for weight, _, _ in found), default=0.0)
        if not most:
            return None, None, None
        found = [one for one in found if one[0] >= _NEAR_LEAST * most]
        pulls = [weight for weight, _, _ in found]
        for _ in range(1 + _NEAR_STEPS):
            whole = sum(pulls)
            x = sum(pull * at for pull, (_, at, _) in zip(pulls, found)) / whole
            y = sum(pull * at for pull, (_, _, at) in zip(pulls, found)) / whole
            pulls = [weight / (1 + ((at - x) ** 2 + (to - y) ** 2) / _NEAR_M**2) for weight, at, to in found]
        whole = sum(weight for weight, _, _ in found)
        ring = math.sqrt(sum(weight * ((at - x) ** 2 + (to - y) ** 2) for weight, at, to in found) / whole)
        return x, y, ring


def _gaps(places: Sequence[Place]) -> list[tuple[Place, list[int]]]:
    """Return what stands for the parts of floors that nobody has learnt, each with the ids of what lies beside it."""
    levels: dict[float, list[Place]] = {}
    for place in places:
        if place.x is not None:
            with contextlib.suppress(ValueError):
                levels.setdefault(float(place.floor), []).append(place)
    found: list[tuple[Place, list[int]]] = []
    for level, learnt in levels.items():
        beside = levels.get(level + 1, []) + levels.get(level - 1, [])
        here: list[Place] = []
        for place in beside:
            if any(_off(place, one) < _GAP_M for one in learnt) or any(_off(place, one) < _ALIKE_M for one in here):
                continue
            here.append(place._replace(id=0, name="", floor=learnt[0].floor, area=""))
            found.append((here[-1], [one.id for one in beside if _off(place, one) < _BESIDE_M]))
    return found


def _off(one: Place, other: Place) -> float:
    return math.dist((one.x or 0.0, one.y or 0.0), (other.x or 0.0, other.y or 0.0))


def _expected(mean_dbm: float, weakest: int | None) -> float:
    """Return how surely an address of that strength is among those told, of which the weakest is so strong."""
    if weakest is None:
        return 1.0
    return 1 / (1 + math.exp(min((weakest - mean_dbm) / _EDGE_DB, 50.0)))


def _shares(logs: Sequence[float]) -> list[float]:
    some = [math.exp(one) for one in logs]
    whole = sum(some)
    return [one / whole for one in some]
