"""What does a badge feel in a scene that is made by hand? Weight from mechanics: a hand, a floor, a road, a body.

Attitudes turn smoothly between way-points, weight is gravity plus what pushes, and a thing at rest feels nothing but
the sensor's noise. 200 samples a second, mg. Nothing here is fitted to a recording, but for the unrest of limbs in
flight.
"""

import numpy as np

from tools.train.sensor import random_turn
from tools.train.stir import Random, Signal, unrest

HZ = 200
G = 9.81


def turned(vector: Signal, axis: Signal, angle: float) -> Signal:
    """Return `vector` turned about the unit vector `axis` by `angle`, radians."""
    return unit(vector * np.cos(angle) + np.cross(axis, vector) * np.sin(angle)
                + axis * (axis @ vector) * (1 - np.cos(angle)))


def unit(vector: Signal) -> Signal:
    """Return `vector` at length 1."""
    return vector / max(1e-9, float(np.linalg.norm(vector)))


def any_attitude(random: Random) -> Signal:
    """Return a direction, all equally likely."""
    return unit(random.normal(size=3))


def a_face(random: Random) -> Signal:
    """Return a direction near one of the badge's six faces."""
    face = np.zeros(3)
    face[random.integers(3)] = random.choice([-1, 1])
    return unit(face + random.normal(0, 0.03, 3))


class Scene:
    """Weight felt so far, in the badge's axes; `up` is where gravity points in them.

    Strengths are in mg, times in seconds, speeds in m/s. `chest`: worn there, a little tilted, and not on the belt.
    """

    def __init__(self, random: Random, sway: float, chest: bool = False) -> None:
        self.random = random
        self.turn = random_turn(random)
        self._parts: list[Signal] = []
        self.upright = unit(self.turn @ np.array([0.05, 1.0, random.uniform(0, 0.4) if chest else 0.1]))
        self.up = self.upright
        self.sway = sway

    def done(self) -> Signal:
        """Return the weights felt, mg (n, 3)."""
        return np.concatenate(self._parts)

    def add(self, weight: Signal) -> None:
        """Go on with `weight`, mg (n, 3)."""
        self._parts.append(weight)

    def count(self, seconds: float) -> int:
        """Return how many samples `seconds` are."""
        return max(1, int(seconds * HZ))

    def rough(self, count: int, hz: float, mg: float) -> Signal:
        """Return noise with most below `hz`: a hand's or a road's."""
        white = self.random.normal(size=(count + HZ, 3))
        keep = np.exp(-2 * np.pi * hz / HZ)
        response = keep ** np.arange(int(5 / (2 * np.pi * hz / HZ)) + 2)
        smooth = np.stack([np.convolve(white[:, axis], response)[HZ // 2 : HZ // 2 + count] for axis in range(3)], 1)
        return mg * smooth / max(1e-9, smooth.std())

    def worn(self, seconds: float, walking: bool) -> None:
        """Stand or walk."""
        count = self.count(seconds)
        t = np.arange(count) / HZ
        weight = 1000 * self.up + self.rough(count, 1, 2 * self.sway)
        if walking:
            pace = self.random.uniform(1.6, 2.2)
            beat = np.sin(2 * np.pi * pace * t) + 0.5 * np.sin(4 * np.pi * pace * t + 1)
            weight = weight + self.random.uniform(100, 320) * beat[:, None] * self.up + self.rough(count, 4, 60)
        self.add(weight)

    def turn_to(self, attitude: Signal, seconds: float, hand_mg: float) -> None:
        """Turn to `attitude` in a hand that shakes by `hand_mg`."""
        count = self.count(seconds)
        share = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
        path = (1 - share)[:, None] * self.up + share[:, None] * (attitude + 0.01)
        path /= np.maximum(0.05, np.linalg.norm(path, axis=1))[:, None]
        self.add(1000 * path + self.rough(count, 3, hand_mg))
        self.up = unit(attitude)

    def lean(self, degrees: float, seconds: float) -> None:
        """Lean over by so many degrees."""
        side = unit(np.cross(self.up, self.random.normal(size=3)))
        angle = np.radians(degrees)
        self.turn_to(np.cos(angle) * self.up + np.sin(angle) * side, seconds, 80)

    def hold(self, seconds: float, hand_mg: float) -> None:
        """Be held in a hand."""
        count = self.count(seconds)
        self.add(1000 * self.up + self.rough(count, 2, hand_mg))

    def push(self, mg: float, seconds: float) -> None:
        """Be pushed once, any way."""
        count = self.count(seconds)
        pulse = np.sin(np.pi * np.arange(count) / count)
        self.add(1000 * self.up + mg * pulse[:, None] * any_attitude(self.random))

    def fly(self, seconds: float) -> None:
        """Be weightless, with a constant spin."""
        count = self.count(seconds)
        spin = self.random.normal(0, 60, 3)
        self.add(spin + np.zeros((count, 3)))

    def bounce(self, mg: float, times: int, seconds: float) -> None:
        """Knock against something `times` times, each weaker."""
        way = unit(self.up + self.random.normal(0, 0.7, 3))
        for _ in range(times):
            count = max(2, int(seconds * HZ))
            pulse = np.sin(np.pi * (np.arange(count) + 0.5) / count)
            self.add(1000 * self.up + mg * pulse[:, None] * way)
            gap = max(1, int(self.random.uniform(0.02, 0.15) * HZ))
            self.add(self.random.uniform(0.1, 0.9) * 1000 * self.up + np.zeros((gap, 3)))
            mg *= self.random.uniform(0.2, 0.6)
            way = unit(self.up + self.random.normal(0, 0.7, 3))

    def lie(self, attitude: Signal | None, seconds: float) -> None:
        """Lie without anything but noise."""
        if attitude is not None:
            self.up = unit(attitude)
        self.add(1000 * self.up + np.zeros((self.count(seconds), 3)))

    def shake(self, seconds: float, hz: float, mg: float) -> None:
        """Be shaken to and fro."""
        count = self.count(seconds)
        t = np.arange(count) / HZ
        way = unit(self.random.normal(size=3))
        wander = self.rough(count, 0.5, 0.4)
        path = self.up + wander
        path /= np.linalg.norm(path, axis=1)[:, None]
        pace = hz * (1 + 0.1 * np.sin(0.7 * t))
        self.add(1000 * path + mg * np.sin(2 * np.pi * np.cumsum(pace) / HZ)[:, None] * way)

    def road(self, seconds: float, mg: float) -> None:
        """Be driven over a road."""
        count = self.count(seconds)
        lean = self.rough(count, 0.3, 60)
        self.add(1000 * self.up + lean + self.rough(count, 8, mg))

    def fall_free(self, seconds: float, spin_hz: float | None = None) -> None:
        """Fly as a thing does: weightless but for its spin, and turning over."""
        turn = 2 * np.pi * (self.random.uniform(0, 2.2) if spin_hz is None else spin_hz)
        away_m = self.random.uniform(0, 0.008)  # of the sensor from the middle of the mass
        axis = unit(self.random.normal(size=3))
        pull = unit(self.random.normal(size=3)) * turn * turn * away_m / G * 1000
        self.add(pull + np.zeros((self.count(seconds), 3)))
        self.up = turned(self.up, axis, turn * seconds)

    def land(self, speed: float, back: float, seconds: float) -> None:
        """Land at `speed`, come back up with a share `back` of it, and so on; each contact takes `seconds`."""
        while speed > 0.08:
            count = max(1, round(seconds * HZ))
            pulse = np.sin(np.pi * (np.arange(count) + 0.5) / count)
            way = unit(self.up + self.random.normal(0, 0.35, 3))
            stop = (1 + back) * speed / G * 1000 * HZ
            self.add(stop * (pulse / pulse.sum())[:, None] * way + 500 * self.up)
            speed *= back
            if speed < G * 0.005:
                return
            self.fall_free(2 * speed / G, self.random.uniform(0, 1.6))
            back *= self.random.uniform(0.6, 1)

    def tip(self, degrees: float, seconds: float, left: float, unrest_mg: float, side: Signal | None = None) -> Signal:
        """Tip over towards `side` while weight falls to the share `left`; return the side it then tips to."""
        count = self.count(seconds)
        if side is None:
            side = unit(np.cross(self.up, self.random.normal(size=3)))
        angle = np.radians(degrees) * (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 1) / count))
        path = np.cos(angle)[:, None] * self.up + np.sin(angle)[:, None] * side
        weight = np.linspace(1000, 1000 * left, count)
        self.add(weight[:, None] * path + self.rough(count, 4, unrest_mg))
        self.up = unit(path[-1])
        return unit(side - (side @ self.up) * self.up)

    def limbs(self, seconds: float, left: float, unrest_mg: float) -> None:
        """Fall freely as a body does: arms and legs push."""
        self.add(1000 * left * self.up + unrest(self.count(seconds), HZ, 20, unrest_mg, self.random))

    def thump(self, mg: float, seconds: float, spread: float = 0.6) -> None:
        """Strike the ground as a body does: soft, and slower than a thing."""
        count = max(3, self.count(seconds))
        pulse = np.sin(np.pi * ((np.arange(count) + 0.5) / count) ** self.random.uniform(0.6, 1.2))
        way = unit(self.up + self.random.normal(0, spread, 3))
        self.add(1000 * self.up + (mg - 1000) * pulse[:, None] * way + self.rough(count, 8, 0.06 * mg))

    def settle(self, seconds: float) -> None:
        """Lie as a body does: it breathes, and stirs a little, much, or not at all."""
        count = self.count(seconds)
        t = np.arange(count) / HZ
        breath = self.random.uniform(3, 15) * np.sin(2 * np.pi * t / self.random.uniform(3, 5))
        stirs_mg = self.random.choice([0, 0, 10, 40, 120]) + 150 * np.exp(-t / self.random.uniform(0.2, 0.6))
        self.add(1000 * self.up + breath[:, None] * unit(self.random.normal(size=3))
                 + stirs_mg[:, None] * self.rough(count, 3, 1))
