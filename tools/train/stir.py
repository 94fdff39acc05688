"""How does somebody move who has fallen and goes on? From a stir to a fight, made: no recordings have enough of it.

    pushes    straight lines between random pushes, five a second
    steady    random movement between 0.4 and 6 Hz
    bursts    the same for 0.4 to 2 s, then a pause as long, and so on
    rolling   steady, and the trunk rolls besides: with each 100 mg of movement by some 5 degrees more

`mg` is the standard deviation along each axis: 100 is a restless sleeper, 250 somebody who struggles up, 700 a fight.
"""

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]  # (n, 3), one row a moment, or (n,)
Random = np.random.Generator

WAYS = ("pushes", "steady", "bursts", "rolling")
_PUSHES_HZ = 5
_LEAST_HZ, _MOST_HZ = 0.4, 6.0
_BURST_S = (0.4, 2.0)
_PAUSE = 0.1  # of the movement that is left in a pause
_ROLL_S = 1.5  # from one attitude to the next
_ROLL_LEAST, _ROLL_MOST, _ROLL_A_MG = 8, 45, 0.05  # degrees


def stirred(signal: Signal, fs: float, first: int, mg: float, way: str, random: Random) -> Signal:
    """Return `signal`, mg (n, 3) at `fs` a second, with movement from sample `first` on in one of WAYS."""
    count = len(signal) - first
    if count <= 0:
        return signal
    moved = signal.copy()
    if way == "rolling":
        moved[first:] = _rolled(moved[first:], fs, mg, random)
    if way == "pushes":
        moved[first:] += unrest(count, fs, _PUSHES_HZ, mg, random)
    else:
        moved[first:] += mg * _band(count, fs, random) * (_bursts(count, fs, random) if way == "bursts" else 1)
    return moved


def unrest(count: int, fs: float, hz: float, mg: float, random: Random) -> Signal:
    """Return mg (count, 3) at `fs`: lines between `hz` random pushes a second, of `mg` along each axis."""
    pushes = mg * random.normal(size=(int(count / fs * hz) + 2, 3))
    at = np.arange(count) / fs * hz
    return np.stack([np.interp(at, np.arange(len(pushes)), pushes[:, axis]) for axis in range(3)], axis=1)


def _band(count: int, fs: float, random: Random) -> Signal:
    # White noise, of which only the band is kept; 4 s at least, so that there is something in it.
    n = max(count, int(4 * fs))
    pace = np.fft.rfftfreq(n, 1 / fs)
    spectrum = np.fft.rfft(random.normal(size=(n, 3)), axis=0)
    spectrum[(pace < _LEAST_HZ) | (pace > _MOST_HZ)] = 0
    moved = np.fft.irfft(spectrum, n, axis=0)
    return (moved / moved.std())[:count]


def _bursts(count: int, fs: float, random: Random) -> Signal:
    share = np.empty((count, 1))
    at, on = 0, True
    while at < count:
        n = max(1, int(random.uniform(*_BURST_S) * fs))
        share[at : at + n] = 1 if on else _PAUSE
        at, on = at + n, not on
    return share


def _rolled(signal: Signal, fs: float, mg: float, random: Random) -> Signal:
    # Turns about an axis that wanders, by an angle that wanders; it begins as it was (Rodrigues' formula).
    at = np.arange(len(signal)) / fs / _ROLL_S
    most = np.radians(min(_ROLL_MOST, _ROLL_LEAST + _ROLL_A_MG * mg))
    places = random.normal(size=(int(at[-1]) + 2, 3)) * most / np.sqrt(3)
    places[0] = 0
    turn = np.stack([np.interp(at, np.arange(len(places)), places[:, axis]) for axis in range(3)], axis=1)
    angle = np.linalg.norm(turn, axis=1, keepdims=True)
    axis = turn / np.maximum(angle, 1e-9)
    along = axis * (axis * signal).sum(axis=1, keepdims=True)
    return signal * np.cos(angle) + np.cross(axis, signal) * np.sin(angle) + along * (1 - np.cos(angle))
