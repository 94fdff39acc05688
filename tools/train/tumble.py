"""Which falls must be found that are in no recording? Off a chair, soft, broken by a hand, off a ladder, down stairs.

Made from mechanics (scene.py), each from a seed, worn at the waist or at the chest. Where somebody lies after a fall is
60 to 110 degrees from upright. A figure on them says as little about the world as one on synth.py.
"""

from tools.train.scene import Scene, any_attitude, unit
from tools.train.stir import Random, Signal


def slump(random: Random) -> Signal:
    """Slumps off a chair: leans, slides, and strikes the floor."""
    scene = _worn(random, walking=False)
    lean = random.uniform(15, 45)
    side = scene.tip(lean, random.uniform(0.8, 3), 0.95, 30)
    scene.tip(random.uniform(60, 110) - lean, random.uniform(0.35, 0.8), random.uniform(0.4, 0.85), 120, side)
    scene.thump(random.uniform(1900, 4500), random.uniform(0.07, 0.15))
    return _lies(scene, random)


def soft(random: Random) -> Signal:
    """Falls softly, half held."""
    scene = _worn(random)
    scene.tip(random.uniform(60, 95), random.uniform(0.5, 1.1), random.uniform(0.4, 0.8), 120)
    scene.thump(random.uniform(1800, 2800), random.uniform(0.1, 0.22))
    return _lies(scene, random)


def by_hand(random: Random) -> Signal:
    """Breaks the fall with a hand or a knee, and then lies."""
    scene = _worn(random)
    first = random.uniform(30, 55)
    side = scene.tip(first, random.uniform(0.3, 0.7), random.uniform(0.35, 0.7), 120)
    scene.thump(random.uniform(1700, 3000), random.uniform(0.06, 0.12))
    scene.tip(random.uniform(65, 110) - first, random.uniform(0.15, 0.6), random.uniform(0.6, 0.9), 150, side)
    scene.thump(random.uniform(1900, 4500), random.uniform(0.06, 0.14))
    return _lies(scene, random)


def heavy(random: Random) -> Signal:
    """Tips over without ever being light."""
    scene = _worn(random)
    scene.tip(random.uniform(60, 95), random.uniform(0.6, 1.5), random.uniform(0.75, 0.95), 60)
    scene.thump(random.uniform(1900, 5000), random.uniform(0.07, 0.15))
    return _lies(scene, random)


def off_chair(random: Random) -> Signal:
    """Falls from a chair, the badge on the chest."""
    scene = Scene(random, random.uniform(3, 10), chest=True)
    scene.worn(random.uniform(4, 8), walking=False)
    scene.tip(random.uniform(60, 110), random.uniform(0.5, 1.2), random.uniform(0.3, 0.8), 100)
    scene.thump(random.uniform(2000, 6000), random.uniform(0.06, 0.13))
    return _lies(scene, random)


def off_ladder(random: Random) -> Signal:
    """Falls freely for up to 0.75 s, which is 2.8 m."""
    scene = _worn(random, walking=False)
    scene.tip(random.uniform(0, 25), random.uniform(0.1, 0.4), 0.5, 150)
    scene.limbs(random.uniform(0.25, 0.75), random.uniform(0.02, 0.15), random.uniform(90, 170))
    scene.up = unit(scene.up + random.uniform(0, 1.2) * any_attitude(random))
    scene.thump(random.uniform(5000, 15500), random.uniform(0.04, 0.1))
    scene.tip(random.uniform(30, 90), random.uniform(0.1, 0.3), 1, 300)
    scene.thump(random.uniform(1500, 4000), random.uniform(0.05, 0.1))
    return _lies(scene, random)


def down_stairs(random: Random) -> Signal:
    """Falls down a flight of stairs, one edge after the other."""
    scene = _worn(random, walking=True)
    scene.tip(random.uniform(20, 50), random.uniform(0.2, 0.5), random.uniform(0.2, 0.6), 150)
    for _ in range(random.integers(2, 6)):
        scene.thump(random.uniform(2000, 8000), random.uniform(0.04, 0.1))
        scene.tip(random.uniform(10, 60), random.uniform(0.15, 0.45), random.uniform(0.2, 0.9), 250)
    scene.thump(random.uniform(2000, 7000), random.uniform(0.05, 0.1))
    side = any_attitude(random)
    lying = unit(side - (side @ scene.upright) * scene.upright) + random.uniform(-0.4, 0.4) * scene.upright
    scene.turn_to(unit(lying), 0.4, 200)
    return _lies(scene, random)


FALLS = {function.__name__: function for function in (
    slump, soft, by_hand, heavy, off_chair, off_ladder, down_stairs,
)}


def _worn(random: Random, walking: bool | None = None) -> Scene:
    scene = Scene(random, random.uniform(3, 10), chest=random.random() < 0.5)
    scene.worn(random.uniform(3, 8), random.random() < 0.5 if walking is None else walking)
    return scene


def _lies(scene: Scene, random: Random) -> Signal:
    scene.settle(random.uniform(7, 12))
    return scene.done()
