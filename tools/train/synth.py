"""What fools a fall detector, and is in no recording? A badge dropped, thrown, shaken, knocked or driven about.

Made from mechanics (scene.py), each from a seed. They help in training and are tested with other seeds; a figure on
them says that the detector knows these shapes, not that it knows the world. None of these is a fall of a person; the
made falls that must be found are in tumble.py.
"""

import numpy as np

from tools.train.recordings import Recording
from tools.train.scene import HZ, G, Scene, a_face, any_attitude, unit
from tools.train.stir import Random, Signal
from tools.train.tumble import FALLS

_NOISE_MG = 6
_MOST_MG = 16000


def make(kind: str, seed: int) -> Recording:
    """Return the recording of `kind`, one of KINDS or FALLS, that `seed` gives."""
    random = np.random.default_rng([seed, sum(map(ord, kind))])
    accel = (FALLS.get(kind) or KINDS[kind])(random)
    accel = np.clip(accel + random.normal(0, _NOISE_MG, accel.shape), -_MOST_MG, _MOST_MG)
    peak_s = int(np.argmax((accel**2).sum(axis=1))) / HZ
    return Recording("made", f"seed{seed}", "any", kind, f"{kind}#{seed}", kind in FALLS, float(HZ), peak_s,
                     np.rint(accel))


def dropped(random: Random) -> Signal:
    """Worn, taken off, let go over a table or a floor, and left there."""
    scene = Scene(random, random.uniform(5, 9))
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.5)
    scene.turn_to(any_attitude(random), random.uniform(0.6, 2.5), hand_mg=random.uniform(80, 500))
    if random.random() < 0.7:
        scene.hold(random.uniform(0.1, 3), hand_mg=random.uniform(20, 250))
    scene.fly(np.sqrt(2 * random.uniform(0.03, 1.2) / 9.81))
    scene.bounce(random.uniform(3000, 16000), int(random.integers(1, 5)), random.uniform(0.004, 0.02))
    scene.lie(a_face(random), random.uniform(6, 9))
    return scene.done()


def thrown(random: Random) -> Signal:
    """Worn, taken off, thrown into a bag or on a sofa, and left, or carried away."""
    scene = Scene(random, 5)
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.5)
    scene.turn_to(any_attitude(random), random.uniform(0.5, 2), hand_mg=random.uniform(150, 700))
    scene.push(random.uniform(800, 2500), random.uniform(0.1, 0.25))
    scene.fly(random.uniform(0.1, 0.5))
    scene.bounce(random.uniform(1500, 7000), int(random.integers(1, 3)), random.uniform(0.015, 0.06))
    if random.random() < 0.5:
        scene.lie(any_attitude(random), random.uniform(6, 9))
    else:
        scene.lie(any_attitude(random), random.uniform(0.5, 2.5))
        scene.hold(random.uniform(6, 9), hand_mg=random.uniform(100, 350))
    return scene.done()


def shaken(random: Random) -> Signal:
    """Taken in the hand and shaken."""
    scene = Scene(random, 6)
    scene.worn(random.uniform(2, 5), walking=False)
    scene.turn_to(any_attitude(random), random.uniform(0.5, 2), hand_mg=200)
    scene.shake(random.uniform(0.6, 8), random.uniform(1.5, 7), random.uniform(700, 6000))
    scene.turn_to(any_attitude(random), random.uniform(0.5, 2), hand_mg=200)
    if random.random() < 0.5:
        scene.lie(a_face(random), random.uniform(6, 9))
    else:
        scene.hold(random.uniform(6, 9), hand_mg=random.uniform(20, 150))
    return scene.done()


def knocked(random: Random) -> Signal:
    """Worn, and knocked against a door frame, or slapped; the wearer goes on."""
    scene = Scene(random, 4)
    walking = random.random() < 0.6
    scene.worn(random.uniform(3, 6), walking)
    for _ in range(random.integers(1, 4)):
        scene.bounce(random.uniform(1500, 12000), 1, random.uniform(0.005, 0.04))
        scene.worn(random.uniform(0.5, 3), walking)
    scene.worn(random.uniform(6, 8), walking)
    return scene.done()


def driven(random: Random) -> Signal:
    """Sat down into a car and driven: a road, holes in it, braking and bends."""
    scene = Scene(random, 4)
    scene.worn(random.uniform(2, 4), walking=False)
    scene.lean(random.uniform(10, 45), random.uniform(0.7, 1.6))
    scene.bounce(random.uniform(300, 2200), 1, random.uniform(0.04, 0.12))
    for _ in range(random.integers(2, 6)):
        scene.road(random.uniform(1.5, 5), random.uniform(30, 160))
        if random.random() < 0.6:
            scene.bounce(random.uniform(400, 2500), int(random.integers(1, 3)), random.uniform(0.03, 0.1))
    scene.road(8, random.uniform(30, 160))
    return scene.done()


def put_away(random: Random) -> Signal:
    """Taken off and laid on a table with a click; sometimes picked up again."""
    scene = Scene(random, 5)
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.3)
    scene.turn_to(a_face(random), random.uniform(0.8, 2.5), hand_mg=random.uniform(60, 300))
    scene.bounce(random.uniform(500, 5000), 1, random.uniform(0.004, 0.015))
    scene.lie(None, random.uniform(2, 9))
    if random.random() < 0.3:
        scene.turn_to(any_attitude(random), random.uniform(0.5, 1.5), hand_mg=200)
        scene.lie(None, 6)
    return scene.done()


def let_go(random: Random) -> Signal:
    """Taken off and let go over a table or a floor: it flies as a thing does, and bounces as it must."""
    scene = _taken(random)
    height_m = random.uniform(0.05, 1.4)
    scene.fall_free(np.sqrt(2 * height_m / G))
    scene.land(np.sqrt(2 * G * height_m), random.uniform(0.15, 0.6), random.uniform(0.004, 0.012))
    return _left(scene, random)


def slipped(random: Random) -> Signal:
    """The clip gives way: from the belt to the floor, and nobody had it in the hand."""
    scene = Scene(random, random.uniform(3, 10), random.random() < 0.5)
    scene.worn(random.uniform(4, 9), walking=random.random() < 0.7)
    height_m = random.uniform(0.6, 1.3)
    scene.fall_free(np.sqrt(2 * height_m / G))
    scene.land(np.sqrt(2 * G * height_m), random.uniform(0.15, 0.6), random.uniform(0.004, 0.012))
    return _left(scene, random)


def tossed(random: Random) -> Signal:
    """Taken off and thrown into a bag that is left or carried away, or onto a bed."""
    scene = _taken(random)
    count = scene.count(random.uniform(0.1, 0.3))
    way = unit(scene.up + random.normal(0, 0.7, 3))
    scene.add(1000 * scene.up + random.uniform(500, 2500) * np.sin(np.pi * np.arange(count) / count)[:, None] * way)
    flight_s = random.uniform(0.15, 0.7)
    scene.fall_free(flight_s)
    scene.land(G * flight_s * random.uniform(0.5, 1), random.uniform(0.05, 0.4), random.uniform(0.012, 0.09))
    scene.lie(any_attitude(random), random.uniform(0.3, 3))
    if random.random() < 0.4:
        scene.hold(random.uniform(6, 9), random.uniform(80, 400))
    else:
        scene.lie(None, random.uniform(6, 9))
    return scene.done()


def rattled(random: Random) -> Signal:
    """Taken in the hand and shaken along two ways at once; then worn again, laid down, held, or left."""
    scene = Scene(random, random.uniform(3, 10), random.random() < 0.5)
    scene.worn(random.uniform(3, 8), walking=random.random() < 0.4)
    scene.turn_to(any_attitude(random), random.uniform(0.4, 2), hand_mg=200)
    if random.random() < 0.5:
        scene.hold(random.uniform(0.2, 2), 100)
    count = scene.count(random.uniform(1, 9))
    t = np.arange(count) / HZ
    turns = 2 * np.pi * np.cumsum(random.uniform(1.5, 7) * (1 + 0.15 * np.sin(1.1 * t + random.uniform(0, 6)))) / HZ
    strength = random.uniform(900, 7000) * np.minimum(1, np.minimum(t, t[::-1]) / 0.3 + 0.2)
    path = scene.up + scene.rough(count, 0.7, random.uniform(0, 0.5))
    path /= np.linalg.norm(path, axis=1)[:, None]
    across = random.uniform(0, 0.6) * np.sin(turns * random.choice([1, 2]) + random.uniform(0, 6))
    ways = np.sin(turns)[:, None] * any_attitude(random) + across[:, None] * any_attitude(random)
    scene.add(1000 * path + strength[:, None] * ways)
    scene.up = unit(path[-1])
    end = random.integers(4)
    if end == 0:
        scene.turn_to(scene.upright, random.uniform(0.5, 2), 200)
        scene.worn(random.uniform(7, 9), walking=False)
    elif end == 1:
        scene.turn_to(a_face(random), random.uniform(0.5, 2), 200)
        scene.bounce(random.uniform(500, 3000), 1, 0.01)
        scene.lie(None, 8)
    elif end == 2:
        scene.hold(random.uniform(7, 10), random.uniform(20, 200))
    else:
        scene.lie(None, 8)
    return scene.done()


def banged(random: Random) -> Signal:
    """Taken off and banged on a table."""
    scene = _taken(random)
    scene.turn_to(a_face(random), random.uniform(0.25, 0.9), random.uniform(100, 500))
    scene.bounce(random.uniform(1500, 14000), int(random.integers(1, 3)), random.uniform(0.004, 0.015))
    scene.lie(None, random.uniform(6, 10))
    return scene.done()


def sat_down(random: Random) -> Signal:
    """Sat down hard, or let oneself fall into a chair."""
    scene = Scene(random, random.uniform(3, 10), random.random() < 0.5)
    scene.worn(random.uniform(3, 6), walking=random.random() < 0.5)
    scene.tip(random.uniform(5, 40), random.uniform(0.3, 0.7), random.uniform(0.3, 0.8), 80)
    scene.thump(random.uniform(1700, 4500), random.uniform(0.06, 0.14), 0.3)
    scene.turn_to(unit(scene.upright + random.uniform(0, 0.75) * any_attitude(random)), random.uniform(0.2, 0.8), 150)
    scene.worn(random.uniform(7, 9), walking=False)
    return scene.done()


def jumped(random: Random) -> Signal:
    """Jumped, once or a few times."""
    scene = Scene(random, random.uniform(3, 10), random.random() < 0.5)
    scene.worn(3, walking=True)
    for _ in range(random.integers(1, 5)):
        scene.thump(random.uniform(1600, 2500), random.uniform(0.15, 0.3), 0.2)
        scene.limbs(random.uniform(0.1, 0.4), random.uniform(0.03, 0.3), 130)
        scene.thump(random.uniform(2500, 8000), random.uniform(0.05, 0.12), 0.3)
        scene.worn(random.uniform(0.3, 1), walking=False)
    scene.worn(8, walking=random.random() < 0.5)
    return scene.done()


def _taken(random: Random) -> Scene:
    scene = Scene(random, random.uniform(3, 10), random.random() < 0.5)
    scene.worn(random.uniform(3, 8), walking=random.random() < 0.5)
    scene.turn_to(any_attitude(random), random.uniform(0.5, 2.5), hand_mg=random.uniform(60, 500))
    if random.random() < 0.7:
        scene.hold(random.uniform(0.1, 4), hand_mg=random.uniform(15, 250))
    return scene


def _left(scene: Scene, random: Random) -> Signal:
    scene.lie(a_face(random) if random.random() < 0.8 else any_attitude(random), random.uniform(6, 12))
    return scene.done()


KINDS = {function.__name__: function for function in (
    dropped, thrown, shaken, knocked, driven, put_away, let_go, slipped, tossed, rattled, banged, sat_down, jumped,
)}
