"""What does a badge hear in a building with walls? Rooms, access points, beacons and bridges, and what comes through.

Two rows of rooms and a corridor between them on each floor. A signal falls off with the logarithm of the distance, and
with each wall and ceiling on its straight way. Furniture adds what stays as it is (SHADOW_DB, one draw for a sender and
a square metre, from the seed), the moment adds what does not, and the body that wears the badge takes off from what
comes from behind it. Distances in metres, strengths in dBm. Walls and exponent after ITU-R P.1238 and the multi-wall
model of COST 231, rounded.
"""

import math
import random
from typing import NamedTuple

ROOM_M, DEEP_M, CORRIDOR_M, STOREY_M = 4.0, 5.0, 2.0, 3.2
FALLOFF = 20.0  # dB for ten times the way, walls apart
WALL_DB, CEILING_DB = 5.0, 16.0
SHADOW_DB, MOMENT_DB, BODY_DB = 3.0, 2.5, 8.0
AT_1_M = {"point": -38.0, "beacon": -59.0, "bridge": -20.0}  # the last is the badge, as a bridge hears it
WEAKEST_DBM = -92.0
CHANNELS = (1, 6, 11)


class Spot(NamedTuple):
    """A point: x along the corridor, y across it, floor 0 is the lowest."""

    x: float
    y: float
    floor: int


Point = tuple[bytes, bytes, int, int, int, bool]  # as WLAN.scan lists it: name, BSSID, channel, dBm, security, hidden
Beacon = tuple[int, bytes, int, int, bytes]  # as the port tells it: kind of address, address, form, dBm, data


class Sender(NamedTuple):
    """kind: "point", "beacon" or "bridge". address: six bytes. name: of the network, empty where it is hidden."""

    kind: str
    address: bytes
    spot: Spot
    name: bytes = b""
    channel: int = 1


class Building:
    """floors, rooms: how many, and how many of these on a floor. every: rooms for each access point, beacon."""

    def __init__(self, floors: int = 2, rooms: int = 20, seed: int = 1, every: tuple[int, int] = (3, 1)) -> None:
        self.floors, self.rooms = floors, floors * rooms
        self.seed = seed
        self._on_floor = rooms
        self._wide = (rooms + 1) // 2 * ROOM_M
        self._shadows: dict[tuple[bytes, int, int, int], float] = {}
        draw = random.Random(f"senders {seed}")
        self.senders: list[Sender] = []
        for floor in range(floors):
            for i in range(max(1, rooms // every[0])):
                middle = self.middle(floor * rooms + min(i * every[0] + i % 2, rooms - 1))  # on both sides by turns
                spot, address = middle._replace(x=middle.x + draw.uniform(-1, 1)), draw.randbytes(5)
                channel = CHANNELS[(i + floor) % 3]
                for last, name in ((0, b"house"), (1, b"")):  # and the guests' network, which is hidden
                    self.senders.append(Sender("point", address + bytes((last,)), spot, name, channel))
            for i in range(floor * rooms, (floor + 1) * rooms, every[1]):
                middle = self.middle(i)
                spot = middle._replace(x=middle.x + draw.uniform(-1.5, 1.5), y=middle.y + draw.uniform(-2, 2))
                self.senders.append(Sender("beacon", bytes((0xC0,)) + draw.randbytes(5), spot))

    def middle(self, room: int) -> Spot:
        """Return the middle of a room, 0 .. rooms - 1."""
        floor, i = divmod(room, self._on_floor)
        return Spot((i // 2 + 0.5) * ROOM_M, DEEP_M / 2 if i % 2 else 1.5 * DEEP_M + CORRIDOR_M, floor)

    def somewhere(self, room: int, draw: random.Random) -> Spot:
        """Return a point in a room, a pace from its walls."""
        middle = self.middle(room)
        return middle._replace(x=middle.x + draw.uniform(-1.4, 1.4), y=middle.y + draw.uniform(-1.9, 1.9))

    def neighbours(self, room: int) -> set[int]:
        """Return the rooms beside it, across the corridor, and the one itself."""
        floor, i = divmod(room, self._on_floor)
        near = {i, i - 2, i + 2, i ^ 1}
        return {floor * self._on_floor + each for each in near if 0 <= each < self._on_floor}

    def walls(self, here: Spot, there: Spot) -> int:
        """Return how many walls of one floor's plan lie on the straight way."""
        count = sum((here.y < y) != (there.y < y) for y in (DEEP_M, DEEP_M + CORRIDOR_M))
        span = there.x - here.x
        for i in range(1, int(self._wide / ROOM_M)):
            x = i * ROOM_M
            if (here.x < x) != (there.x < x):  # no wall stands across the corridor
                count += not DEEP_M < here.y + (there.y - here.y) * (x - here.x) / span < DEEP_M + CORRIDOR_M
        return count

    def strength(self, sender: Sender, here: Spot, facing: float, draw: random.Random) -> float:
        """Return how strong it is here, dBm. facing: which way the badge looks, radians."""
        away = math.dist((here.x, here.y, STOREY_M * here.floor),
                         (sender.spot.x, sender.spot.y, STOREY_M * sender.spot.floor))
        place = (sender.address[:5], int(here.x), int(here.y), here.floor)
        shadow = self._shadows.get(place)
        if shadow is None:
            shadow = self._shadows[place] = random.Random(f"{self.seed} {place}").gauss(0, SHADOW_DB)
        behind = math.cos(facing - math.atan2(sender.spot.y - here.y, sender.spot.x - here.x))
        lost = FALLOFF * math.log10(max(away, 1)) + WALL_DB * self.walls(here, sender.spot)
        lost += CEILING_DB * abs(here.floor - sender.spot.floor) + BODY_DB * max(0.0, -behind)
        return AT_1_M[sender.kind] - lost + shadow + draw.gauss(0, MOMENT_DB)


class Body:
    """Who wears the badge, at `spot`. seed: of the moments. dumb: addresses that say nothing any more."""

    def __init__(self, building: Building, spot: Spot, seed: int = 1) -> None:
        self.building, self.spot = building, spot
        self.facing = 0.0
        self.dumb: set[bytes] = set()
        self._draw = random.Random(f"body {seed}")

    def _heard(self, kind: str) -> list[tuple[Sender, int]]:
        found = []
        for sender in self.building.senders:
            if sender.kind == kind and sender.address not in self.dumb:
                dbm = self.building.strength(sender, self.spot, self.facing, self._draw)
                if dbm + self._draw.gauss(0, 1) >= WEAKEST_DBM:
                    found.append((sender, round(dbm)))
        return found

    def points(self) -> list[Point]:
        """Return what `WLAN.scan` lists, strongest first as the port has it."""
        found = [(one.name, one.address, one.channel, dbm, 3, False) for one, dbm in self._heard("point")]
        return sorted(found, key=lambda one: -one[3])

    def beacons(self) -> list[Beacon]:
        """Return the advertisements of a moment: a random address that lasts, and an iBeacon's frame."""
        head = bytes((2, 1, 6, 26, 0xFF, 0x4C, 0, 2, 0x15))
        heard = self._heard("beacon")
        return [(1, one.address, 0, dbm, head + bytes(14) + one.address + b"\xc5") for one, dbm in heard]
