"""What would the badge's sensor have measured? A recording becomes whole mg, 50 a second, as of an LIS3DH at 8 g.

The recording is drawn as a line through its samples and averaged over each sampling interval (an anti-alias filter,
about 22 Hz), then turned, scaled, shifted and rounded to steps of 16 mg; what is cut off at 8 g is given as 18 g, as
lib/lis3dh.py does. With `bandwidth_hz` a single pole comes first: data sheet DocID17530, table 10, gives ODR/9 for the
high-resolution mode.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tools.train.stir import Random, Signal, stirred, unrest

Samples = npt.NDArray[np.int32]  # mg (n, 3)

RATE_HZ = 50
STEP_MG = 16
MOST_MG = 8160  # what is beyond was cut off
CLAMP_MG = 18000
_FINE = 4  # fine samples that are averaged into one
HEAD_S = 30
TAIL_S = 15
_BREATH_MG = 8
_BREATH_S = 4
_LIMBS_HZ = 20
_LIMBS_MG = 130


class Wearing(NamedTuple):
    """How a sensor differs from the ideal. The default is an ideal one, worn as in the recording."""

    turn: Signal | None = None  # 3 x 3 rotation
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset_mg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    dropped: float = 0.0  # share of samples that are lost
    rate_hz: float = RATE_HZ  # the chip's true rate; the badge believes 50
    bandwidth_hz: float = 0.0  # 0: only the averaging
    clip_mg: float = 0.0  # range of the sensor that recorded; 0: as recorded
    source_hz: float = 0.0  # as if recorded at this rate; 0: as recorded
    stretch: float = 1.0  # pace of the movement; 1.1 is slower
    strength: float = 1.0  # of the movement, gravity left alone
    drop_s: float = 0.0  # so long weightless before `drop_until_s`: from a ladder, not from one's feet
    drop_until_s: float = 0.0
    still_s: float = 0.0  # from this moment on the wearer only breathes; 0: as recorded
    stir_s: float = 0.0  # from this moment on the wearer stirs besides, by `stir_mg`; 0: as recorded
    stir_mg: float = 0.0
    stir_way: str = "pushes"  # one of stir.WAYS


IDEAL = Wearing()


def measure(accel: npt.ArrayLike, fs: float, wearing: Wearing = IDEAL, random: Random | None = None) -> tuple[Samples,
            Signal]:
    """Return (samples, kept): int32 (n, 3) mg as the badge would get them, and the time of each in seconds.

    accel: mg (N, 3) at `fs` per second. random: a numpy Generator, wanted when samples are dropped or thinned.
    """
    signal = np.asarray(accel, dtype=np.float64)
    times = np.arange(len(signal)) / fs
    if wearing.strength != 1.0:
        signal = _strengthen(signal, fs, wearing.strength)
    if wearing.drop_s:
        signal = _drop(signal, fs, wearing.drop_until_s, wearing.drop_s, _wanted(random))
    if wearing.still_s:
        signal = _calm(signal, fs, int(wearing.still_s * fs))
    if wearing.stir_s:
        signal = stirred(signal, fs, int(wearing.stir_s * fs), wearing.stir_mg, wearing.stir_way,
                         _wanted(random))
    if wearing.source_hz and wearing.source_hz < fs:
        signal, times = _thin(signal, times, wearing.source_hz, random)
    if wearing.clip_mg:
        signal = np.clip(signal, -wearing.clip_mg, wearing.clip_mg)
    times = times * wearing.stretch
    fine_hz = _FINE * wearing.rate_hz
    count = int(times[-1] * fine_hz + 1.001) // _FINE
    at = np.arange(count * _FINE) / fine_hz
    fine = np.stack([np.interp(at, times, signal[:, axis]) for axis in range(3)], axis=1)
    if wearing.bandwidth_hz:
        fine = _low_pass(fine, wearing.bandwidth_hz / fine_hz)
    coarse = fine.reshape(count, _FINE, 3).mean(axis=1)
    if wearing.turn is not None:
        coarse = coarse @ wearing.turn.T
    coarse = coarse * np.array(wearing.gain) + np.array(wearing.offset_mg)
    samples = np.rint(coarse / STEP_MG) * STEP_MG
    samples = np.where(abs(samples) > MOST_MG, np.sign(samples) * CLAMP_MG, samples).astype(np.int32)
    kept = np.arange(count) / wearing.rate_hz / wearing.stretch
    if wearing.dropped:
        keep = _wanted(random).random(count) >= wearing.dropped
        keep[0] = True
        samples, kept = samples[keep], kept[keep]
    return samples, kept


def pad(samples: Samples, head_s: int = HEAD_S, tail_s: int = TAIL_S) -> tuple[Samples, int]:
    """Return (padded, head): the first second again for `head_s`, the samples, the last one again for `tail_s`."""
    first, last = samples[:RATE_HZ], samples[-RATE_HZ:]
    head = np.tile(first, (-(-head_s * RATE_HZ // len(first)), 1))[: head_s * RATE_HZ]
    tail = np.tile(last, (-(-tail_s * RATE_HZ // len(last)), 1))[: tail_s * RATE_HZ]
    return np.concatenate([head, samples, tail]), len(head)


def random_turn(random: Random) -> Signal:
    """Return a 3 x 3 rotation, all attitudes equally likely (a random unit quaternion)."""
    w, x, y, z = _unit(random.normal(size=4))
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])


def _wanted(random: Random | None) -> Random:
    if random is None:
        raise ValueError("this wearing draws, and was given nothing to draw from")
    return random


def _unit(vector: Signal) -> Signal:
    return vector / np.linalg.norm(vector)


def _thin(signal: Signal, times: Signal, source_hz: float, random: Random | None) -> tuple[Signal, Signal]:
    # As another logger would: it takes what is there at its own instants, without an anti-alias filter.
    first = 0.0 if random is None else random.random() / source_hz
    at = np.arange(first, times[-1], 1 / source_hz)
    thinned = np.stack([np.interp(at, times, signal[:, axis]) for axis in range(3)], axis=1)
    return thinned, at


def _low_pass(signal: Signal, turn: float) -> Signal:
    # A single pole, exactly 3 dB down at `turn` of the sampling rate, by its impulse response cut where it is nothing.
    decay = np.exp(-2 * np.pi * turn)
    response = (1 - decay) * decay ** np.arange(int(8 / (2 * np.pi * turn)) + 1)
    response /= response.sum()
    lead = np.repeat(signal[:1], len(response) - 1, axis=0)
    whole = np.concatenate([lead, signal])
    return np.stack([np.convolve(whole[:, axis], response, "valid") for axis in range(3)], axis=1)


def _strengthen(signal: Signal, fs: float, strength: float) -> Signal:
    # Gravity is what a slow average keeps; only the rest is made stronger or weaker.
    slow = _slow(signal, int(fs))
    return slow + strength * (signal - slow)


def _drop(signal: Signal, fs: float, until_s: float, seconds: float, random: Random) -> Signal:
    # Nobody is quite weightless, nor quiet: arms and legs push. As in the jumps of SisFall: 0.18 g, and seldom smooth.
    end = max(1, int(until_s * fs))
    first = max(0, end - int(seconds * fs))
    dropped = signal.copy()
    dropped[first:end] = signal[first:end] * 0.1 + unrest(end - first, fs, _LIMBS_HZ, _LIMBS_MG, random)
    return dropped


def _calm(signal: Signal, fs: float, first: int) -> Signal:
    if first >= len(signal):
        return signal
    rest = _slow(signal[first:], 2 * int(fs))
    breath = _BREATH_MG * np.sin(2 * np.pi * np.arange(len(rest)) / fs / _BREATH_S)
    return np.concatenate([signal[:first], rest + breath[:, None] * np.array([0.3, 0.2, 0.9])])


def _slow(signal: Signal, width: int) -> Signal:
    width = max(3, width) | 1
    kernel = np.ones(width) / width
    edge = width // 2
    whole = np.concatenate([np.repeat(signal[:1], edge, 0), signal, np.repeat(signal[-1:], edge, 0)])
    return np.stack([np.convolve(whole[:, axis], kernel, "valid") for axis in range(3)], axis=1)
