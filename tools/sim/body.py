"""What does a badge on a body feel? Acceleration in milli-g at any time, from a seeded script or a recording.

A body has an attitude (where gravity points in the badge's axes) and pulses that make gravity heavier or lighter for a
while. An activity moves the attitude and adds pulses; how strong and how long is drawn from the seed. Whole numbers
only, so that CPython and MicroPython give equal values. The shapes are made by hand and fitted to no recording:
0.3 to 0.6 s of partial free fall, an impact of 4 to 7 g, two bounces, then lying almost still.
"""

TYPE_CHECKING = False  # MicroPython has no types with parts; mypy takes this name for true
if TYPE_CHECKING:
    Vector = tuple[int, int, int]  # mg
    Pulse = tuple[int, int, int]  # from ms, for ms, as high as mg

_STANDING = (70, 975, 200)  # mg; each of these is 1 g long
_SEATED = (60, 880, 470)
_LYING = (930, 120, 340)
_ON_A_TABLE = (0, 0, 1000)
ACTIVITIES = ("standing", "walking", "sitting", "fall", "slump", "jump", "taken_off")
_STEP_MS = 540  # one step of quiet walking
_SWAY_MS = 3300
_BREATH_MS = 4000
_NOISE_MG = 8
_LIGHTEST_MG = 200  # nobody falls as freely as a stone
_PUSH_MS, _PUSH_MG = 220, 1200


class Body:
    """A wearer who stands from the beginning. The same seed and the same plays give the same acceleration."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0
        self._scenes = [_Scene(0, "standing", _STANDING, _STANDING, 0, [])]

    def play(self, activity: str, at_ms: int) -> None:
        """Do `activity` (one of ACTIVITIES) from `at_ms` on.

        Raises ValueError for an unknown activity, and for a time before that of the play before.
        """
        before = self._scenes[-1]
        if activity not in ACTIVITIES:
            raise ValueError("no such activity: %s; there are %s" % (activity, ", ".join(ACTIVITIES)))
        if at_ms < before.at_ms:
            raise ValueError("activities are played in the order of time")
        if activity == "fall":
            free_ms = self._draw(300, 600)
            pulses = [(0, free_ms, -1100), (free_ms, 100, self._draw(3500, 5500))]
            pulses += [(free_ms + 170, 80, self._draw(900, 1800)), (free_ms + 330, 80, self._draw(300, 800))]
            scene = _Scene(at_ms, activity, before.after, _LYING, free_ms, pulses)
        elif activity == "slump":
            scene = _Scene(at_ms, activity, before.after, _LYING, self._draw(1500, 3000), [])
        elif activity == "jump":
            air_ms = self._draw(300, 420)
            pulses = [(0, 220, -350), (220, 220, self._draw(800, 1200)), (440, air_ms, -1300)]
            pulses += [(440 + air_ms, 130, self._draw(2000, 3400)), (600 + air_ms, 200, 300)]
            scene = _Scene(at_ms, activity, before.after, _STANDING, 200, pulses)
        elif activity == "sitting":
            pulses = [(200, 600, -self._draw(150, 300)), (800, 160, self._draw(250, 550))]
            scene = _Scene(at_ms, activity, before.after, _SEATED, 900, pulses)
        elif activity == "taken_off":
            pulses = [(100, 500, self._draw(150, 350)), (700, 400, -200), (1900, 60, self._draw(300, 600))]
            scene = _Scene(at_ms, activity, before.after, _ON_A_TABLE, 1800, pulses)
        else:
            scene = _Scene(at_ms, activity, before.after, _STANDING, 800, [])
        self._scenes.append(scene)

    def forget(self, after_ms: int) -> None:
        """Do nothing of what was to be played later: something else befalls it."""
        self._scenes = [scene for scene in self._scenes if scene.at_ms <= after_ms]

    def milli_g(self, t_ms: int, out: list[int]) -> None:
        """Write x, y, z at `t_ms` into `out` (3 places), in milli-g."""
        scene = self._scenes[0]
        for later in self._scenes:
            if later.at_ms <= t_ms:
                scene = later
        scene.milli_g(t_ms, out)
        for axis in range(3):
            out[axis] += _noise(self._seed, t_ms, axis)

    def _draw(self, low: int, high: int) -> int:
        self._drawn += 1
        return low + _hash(self._seed, self._drawn, 7) % (high - low + 1)


class _Scene:
    """One activity: from the attitude `before` to `after` in `turn_ms`, with pulses (from_ms, length_ms, height_mg)."""

    def __init__(self, at_ms: int, activity: str, before: "Vector", after: "Vector", turn_ms: int,
                 pulses: "list[Pulse]") -> None:
        self.at_ms = at_ms
        self.after = after
        self._activity = activity
        self._before = before
        self._turn_ms = turn_ms
        self._pulses = pulses

    def milli_g(self, t_ms: int, out: list[int]) -> None:
        into_ms = t_ms - self.at_ms
        weight_mg = self._weight_mg(into_ms)
        share = 1000 if into_ms >= self._turn_ms else max(0, into_ms) * 1000 // self._turn_ms
        for axis in range(3):
            gravity = (self._before[axis] * (1000 - share) + self.after[axis] * share) // 1000
            out[axis] = gravity * weight_mg // 1000
        if weight_mg > 2000:  # what hits the floor is also thrown sideways
            out[2] -= (weight_mg - 1000) // 4
        self._move(t_ms, into_ms, out)

    def _weight_mg(self, into_ms: int) -> int:
        weight_mg = 1000
        for from_ms, length_ms, height_mg in self._pulses:
            if from_ms <= into_ms < from_ms + length_ms:
                weight_mg += height_mg * _sine((into_ms - from_ms) * 500 // length_ms) // 1000
        return max(_LIGHTEST_MG, weight_mg)

    def _move(self, t_ms: int, into_ms: int, out: list[int]) -> None:
        if self._activity == "walking":
            step = into_ms * 1000 // _STEP_MS
            out[1] += 260 * _sine(step) // 1000 + 110 * _sine(2 * step + 150) // 1000
            out[2] += 150 * _sine(step + 250) // 1000
            out[0] += 90 * _sine(step // 2) // 1000
        elif self._activity in ("fall", "slump"):
            out[2] += 8 * _sine(t_ms * 1000 // _BREATH_MS) // 1000
        elif self._activity != "taken_off":
            out[0] += 14 * _sine(t_ms * 1000 // _SWAY_MS) // 1000
            out[2] += 10 * _sine(t_ms * 1000 // _BREATH_MS) // 1000


def _sine(turn: int) -> int:
    """Return 1000 times the sine; `turn` is in thousandths of a turn. Bhaskara's formula, wrong by less than 2."""
    turn %= 1000
    half = turn % 500
    product = half * (500 - half)
    height = 16 * product * 1000 // (5 * 250000 - 4 * product)
    return height if turn < 500 else -height


def _hash(seed: int, t: int, lane: int) -> int:
    # Robert Jenkins' way of mixing in 32 bits: near inputs give far outputs, the same on every machine.
    mixed = (seed * 2654435761 + t * 40503 + lane * 97) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 16) * 0x45D9F3B) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 16) * 0x45D9F3B) & 0xFFFFFFFF
    return mixed ^ mixed >> 16


def push_mg(seed: int, t_ms: int, axis: int) -> int:
    """Return what being pushed about adds: lines between pushes of up to 1.2 g, which have no rhythm."""
    n, into_ms = divmod(t_ms, _PUSH_MS)
    one, next_one = (_hash(seed, n + i, 17 + axis) % (2 * _PUSH_MG + 1) - _PUSH_MG for i in range(2))
    return one + (next_one - one) * into_ms // _PUSH_MS


def _noise(seed: int, t_ms: int, axis: int) -> int:
    # The sum of two even draws: a sensor's noise without floats.
    mixed = _hash(seed, t_ms, 11 + axis)
    return (mixed & 0xFFFF) % (2 * _NOISE_MG + 1) // 2 + (mixed >> 16) % (2 * _NOISE_MG + 1) // 2 - _NOISE_MG
