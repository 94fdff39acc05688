"""Which recordings are there? Reads folders of `.npz` files, one a subject, as the recordings' README describes them.

A folder given as DIR holds one folder per set, or is itself one set. Nothing is changed or written.
"""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SKIP_S = {"casale_chest": 60}  # begins with the sensor being shaken as a mark
CONTINUOUS_S = 600  # a recording as long is a piece of a day: its false alarms are counted by the hour

Span = tuple[float, float, str]  # begin_s, end_s, activity code
Arrays = dict[str, npt.NDArray[Any]]  # of a file, by name


class Recording(NamedTuple):
    """One recording: accel is int16 (N, 3) in mg at fs samples per second; impact_s is when a fall's impact was.

    spans: where the recording has parts.
    """

    set: str
    subject: str
    position: str
    activity: str
    name: str
    is_fall: bool
    fs: float
    impact_s: float
    accel: npt.NDArray[np.int32]
    spans: tuple[Span, ...] = ()


class Refusal(Exception):
    """The folder does not hold recordings; the sentence says what was wanted."""


def files(folder: str | Path) -> list[Path]:
    """Return the `.npz` files in `folder` and below, sorted. Raises Refusal if there are none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise Refusal(f"{folder} is not a folder")
    found = sorted(folder.rglob("*.npz"))
    if not found:
        raise Refusal(f"{folder} holds no .npz files, nor do the folders below it")
    return found


def read(path: str | Path) -> list[Recording]:
    """Return the recordings in the file `path`. Raises Refusal when it is not of the form."""
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {key: data[key] for key in data.files}
            return [_one(path.resolve().parent.name, arrays, r) for r in range(len(arrays["fs"]))]
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise Refusal(f"{path} is not a file of recordings: {error}") from error


def _one(set_name: str, data: Arrays, r: int) -> Recording:
    first, end = int(data["start"][r]), int(data["start"][r + 1])
    fs = float(data["fs"][r])
    skip = int(SKIP_S.get(set_name, 0) * fs)
    at = int(data["impact"][r]) if int(data["impact"][r]) >= 0 else int(data["peak"][r])
    accel = np.asarray(data["accel"][first + skip : end], dtype=np.int32)
    if accel.ndim != 2 or accel.shape[1] != 3 or len(accel) < 2:
        raise ValueError(f"recording {r} has no samples of three axes")
    label = str(data["label"][r])
    if label not in ("fall", "adl"):
        raise ValueError(f"recording {r} is labelled {label!r}, not fall or adl")
    return Recording(set_name, str(data["subject"][r]), str(data["position"][r]), str(data["activity"][r]),
                     str(data["name"][r]), label == "fall", fs, (at - skip) / fs, accel,
                     _spans(data, r, skip, fs))


def _spans(data: Arrays, r: int, skip: int, fs: float) -> tuple[Span, ...]:
    if "seg" not in data or "segcode" not in data:
        return ()
    return tuple(
        ((int(first) - skip) / fs, (int(end) - skip) / fs, str(code))
        for (which, first, end), code in zip(data["seg"], data["segcode"], strict=True)
        if which == r and end > skip
    )
