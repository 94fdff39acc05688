"""What fools a fall detector, and is in no recording? A badge dropped, thrown, shaken, knocked or driven about.

Made by hand from mechanics, not fitted to anything: attitudes turn smoothly between way-points, weight is gravity plus
what a hand, a floor or a road adds, and at rest there is nothing but the sensor's noise. None of them is a fall of a
person. 200 samples a second, mg, from a seed. They help in training and are tested with other seeds; a figure on them
says that the detector knows these shapes, not that it knows the world.
"""

import numpy as np

from tools.train.recordings import Recording
from tools.train.sensor import random_turn

HZ = 200
_NOISE_MG = 6


def make(kind, seed):
    """Return the recording (an adl) of `kind`, one of KINDS, that `seed` gives."""
    random = np.random.default_rng([seed, sum(map(ord, kind))])
    accel = KINDS[kind](random)
    accel = accel + random.normal(0, _NOISE_MG, accel.shape)
    peak_s = int(np.argmax((accel**2).sum(axis=1))) / HZ
    return Recording("made", f"seed{seed}", "any", kind, f"{kind}#{seed}", False, float(HZ), peak_s, np.rint(accel))


def dropped(random):
    """Worn, taken off, let go over a table or a floor, and left there."""
    scene = _Scene(random, random.uniform(5, 9))
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.5)
    scene.turn_to(_any_attitude(random), random.uniform(0.6, 2.5), hand_mg=random.uniform(80, 500))
    if random.random() < 0.7:
        scene.hold(random.uniform(0.1, 3), hand_mg=random.uniform(20, 250))
    scene.fly(np.sqrt(2 * random.uniform(0.03, 1.2) / 9.81))
    scene.bounce(random.uniform(3000, 16000), random.integers(1, 5), random.uniform(0.004, 0.02))
    scene.lie(_face(random), random.uniform(6, 9))
    return scene.done()


def thrown(random):
    """Worn, taken off, thrown into a bag or on a sofa, and left, or carried away."""
    scene = _Scene(random, 5)
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.5)
    scene.turn_to(_any_attitude(random), random.uniform(0.5, 2), hand_mg=random.uniform(150, 700))
    scene.push(random.uniform(800, 2500), random.uniform(0.1, 0.25))
    scene.fly(random.uniform(0.1, 0.5))
    scene.bounce(random.uniform(1500, 7000), random.integers(1, 3), random.uniform(0.015, 0.06))
    if random.random() < 0.5:
        scene.lie(_any_attitude(random), random.uniform(6, 9))
    else:
        scene.lie(_any_attitude(random), random.uniform(0.5, 2.5))
        scene.hold(random.uniform(6, 9), hand_mg=random.uniform(100, 350))
    return scene.done()


def shaken(random):
    """Taken in the hand and shaken."""
    scene = _Scene(random, 6)
    scene.worn(random.uniform(2, 5), walking=False)
    scene.turn_to(_any_attitude(random), random.uniform(0.5, 2), hand_mg=200)
    scene.shake(random.uniform(0.6, 8), random.uniform(1.5, 7), random.uniform(700, 6000))
    scene.turn_to(_any_attitude(random), random.uniform(0.5, 2), hand_mg=200)
    if random.random() < 0.5:
        scene.lie(_face(random), random.uniform(6, 9))
    else:
        scene.hold(random.uniform(6, 9), hand_mg=random.uniform(20, 150))
    return scene.done()


def knocked(random):
    """Worn, and knocked against a door frame, or slapped; the wearer goes on."""
    scene = _Scene(random, 4)
    walking = random.random() < 0.6
    scene.worn(random.uniform(3, 6), walking)
    for _ in range(random.integers(1, 4)):
        scene.bounce(random.uniform(1500, 12000), 1, random.uniform(0.005, 0.04))
        scene.worn(random.uniform(0.5, 3), walking)
    scene.worn(random.uniform(6, 8), walking)
    return scene.done()


def driven(random):
    """Sat down into a car and driven: a road, holes in it, braking and bends."""
    scene = _Scene(random, 4)
    scene.worn(random.uniform(2, 4), walking=False)
    scene.lean(random.uniform(10, 45), random.uniform(0.7, 1.6))
    scene.bounce(random.uniform(300, 2200), 1, random.uniform(0.04, 0.12))
    for _ in range(random.integers(2, 6)):
        scene.road(random.uniform(1.5, 5), random.uniform(30, 160))
        if random.random() < 0.6:
            scene.bounce(random.uniform(400, 2500), random.integers(1, 3), random.uniform(0.03, 0.1))
    scene.road(8, random.uniform(30, 160))
    return scene.done()


def put_away(random):
    """Taken off and laid on a table with a click; sometimes picked up again."""
    scene = _Scene(random, 5)
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.3)
    scene.turn_to(_face(random), random.uniform(0.8, 2.5), hand_mg=random.uniform(60, 300))
    scene.bounce(random.uniform(500, 5000), 1, random.uniform(0.004, 0.015))
    scene.lie(None, random.uniform(2, 9))
    if random.random() < 0.3:
        scene.turn_to(_any_attitude(random), random.uniform(0.5, 1.5), hand_mg=200)
        scene.lie(None, 6)
    return scene.done()


KINDS = {"dropped": dropped, "thrown": thrown, "shaken": shaken, "knocked": knocked, "driven": driven,
         "put_away": put_away}  # fmt: skip


def _unit(vector):
    return vector / max(1e-9, float(np.linalg.norm(vector)))


def _any_attitude(random):
    return _unit(random.normal(size=3))


def _face(random):
    face = np.zeros(3)
    face[random.integers(3)] = random.choice([-1, 1])
    return _unit(face + random.normal(0, 0.03, 3))


class _Scene:
    """Weight felt so far, in the badge's axes; `up` is where gravity points in them."""

    def __init__(self, random, sway):
        self._random = random
        self._turn = random_turn(random)
        self._parts = []
        self.up = _unit(self._turn @ np.array([0.05, 1.0, 0.1]))
        self._sway = sway

    def done(self):
        return np.concatenate(self._parts)

    def _add(self, weight):
        self._parts.append(weight)

    def _count(self, seconds):
        return max(1, int(seconds * HZ))

    def _rough(self, count, hz, mg):
        # Noise with most below `hz`: a hand's or a road's.
        white = self._random.normal(size=(count + HZ, 3))
        keep = np.exp(-2 * np.pi * hz / HZ)
        response = keep ** np.arange(int(5 / (2 * np.pi * hz / HZ)) + 2)
        smooth = np.stack([np.convolve(white[:, axis], response)[HZ // 2 : HZ // 2 + count] for axis in range(3)], 1)
        return mg * smooth / max(1e-9, smooth.std())

    def worn(self, seconds, walking):
        count = self._count(seconds)
        t = np.arange(count) / HZ
        weight = 1000 * self.up + self._rough(count, 1, 2 * self._sway)
        if walking:
            pace = self._random.uniform(1.6, 2.2)
            beat = np.sin(2 * np.pi * pace * t) + 0.5 * np.sin(4 * np.pi * pace * t + 1)
            weight = weight + self._random.uniform(100, 320) * beat[:, None] * self.up + self._rough(count, 4, 60)
        self._add(weight)

    def turn_to(self, attitude, seconds, hand_mg):
        count = self._count(seconds)
        share = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
        path = (1 - share)[:, None] * self.up + share[:, None] * (attitude + 0.01)
        path /= np.maximum(0.05, np.linalg.norm(path, axis=1))[:, None]
        self._add(1000 * path + self._rough(count, 3, hand_mg))
        self.up = _unit(attitude)

    def lean(self, degrees, seconds):
        side = _unit(np.cross(self.up, self._random.normal(size=3)))
        angle = np.radians(degrees)
        self.turn_to(np.cos(angle) * self.up + np.sin(angle) * side, seconds, 80)

    def hold(self, seconds, hand_mg):
        count = self._count(seconds)
        self._add(1000 * self.up + self._rough(count, 2, hand_mg))

    def push(self, mg, seconds):
        count = self._count(seconds)
        pulse = np.sin(np.pi * np.arange(count) / count)
        self._add(1000 * self.up + mg * pulse[:, None] * _any_attitude(self._random))

    def fly(self, seconds):
        count = self._count(seconds)
        spin = self._random.normal(0, 60, 3)
        self._add(spin + np.zeros((count, 3)))

    def bounce(self, mg, times, seconds):
        way = _unit(self.up + self._random.normal(0, 0.7, 3))
        for _ in range(times):
            count = max(2, int(seconds * HZ))
            pulse = np.sin(np.pi * (np.arange(count) + 0.5) / count)
            self._add(1000 * self.up + mg * pulse[:, None] * way)
            gap = max(1, int(self._random.uniform(0.02, 0.15) * HZ))
            self._add(self._random.uniform(0.1, 0.9) * 1000 * self.up + np.zeros((gap, 3)))
            mg *= self._random.uniform(0.2, 0.6)
            way = _unit(self.up + self._random.normal(0, 0.7, 3))

    def lie(self, attitude, seconds):
        if attitude is not None:
            self.up = _unit(attitude)
        self._add(1000 * self.up + np.zeros((self._count(seconds), 3)))

    def shake(self, seconds, hz, mg):
        count = self._count(seconds)
        t = np.arange(count) / HZ
        way = _unit(self._random.normal(size=3))
        wander = self._rough(count, 0.5, 0.4)
        path = self.up + wander
        path /= np.linalg.norm(path, axis=1)[:, None]
        pace = hz * (1 + 0.1 * np.sin(0.7 * t))
        self._add(1000 * path + mg * np.sin(2 * np.pi * np.cumsum(pace) / HZ)[:, None] * way)

    def road(self, seconds, mg):
        count = self._count(seconds)
        lean = self._rough(count, 0.3, 60)
        self._add(1000 * self.up + lean + self._rough(count, 8, mg))
